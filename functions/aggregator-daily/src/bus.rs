//! The bus: tells that a day's numbers have changed.

use aggregation::day::{DETAIL_TYPE, Day, Published};
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use location_event::bus::SOURCE;

use crate::call::CallError;

/// The bus.
#[derive(Clone, Debug)]
pub(crate) struct Bus {
    client: Client,
    name: String,
}

/// The bus did not take the event.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It could not be reached or used.
    #[error(transparent)]
    Call(#[from] CallError),
    /// It took the request, and not what was in it.
    #[error("the bus did not take the event: {code}")]
    NotTaken {
        /// `EventBridge`'s code for why.
        code: String,
    },
    /// The event could not be written.
    #[error("the event is no JSON")]
    Json(#[from] serde_json::Error),
}

impl Bus {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Publishes one revision of a day's numbers.
    pub(crate) async fn publish(&self, day: &Day, revision: u64) -> Result<(), PublishError> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .source(SOURCE)
            .detail_type(DETAIL_TYPE)
            .detail(serde_json::to_string(&Published::new(day, revision))?)
            .build();
        let response = self.client.put_events().entries(entry).send().await.map_err(CallError::of("the bus"))?;
        match response.entries().first().and_then(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(PublishError::NotTaken { code: code.to_owned() }),
        }
    }
}
