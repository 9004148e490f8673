//! To the bus, for what somebody may be waiting for.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use delivery::DeliveryEvent;
use lambda_boot::SdkConfig;
use location_event::{LocationEvent, Timestamp, bus};

use crate::deliver::{Entry, Sink};

/// The bus, as the relay sees it.
#[derive(Clone, Debug)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The bus of this name.
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }
}

/// One event as the bus takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    detail_type: &'static str,
    detail: String,
    /// Of a location event: when it was received.
    pub(crate) received_at: Option<Timestamp>,
}

impl Publication {
    /// What is published of a location event, if anything is.
    pub(crate) fn of_location(event: &LocationEvent) -> Result<Option<Self>, serde_json::Error> {
        let Some(detail_type) = bus::detail_type(event.kind) else { return Ok(None) };
        let detail = serde_json::to_string(&bus::Detail::from(event))?;
        Ok(Some(Self { detail_type, detail, received_at: Some(event.received_at) }))
    }

    /// What is published of a change of a delivery: all of them are.
    pub(crate) fn of_delivery(event: &DeliveryEvent) -> Result<Self, serde_json::Error> {
        let detail = serde_json::to_string(&delivery::bus::Detail::from(event))?;
        Ok(Self { detail_type: event.event_type.name(), detail, received_at: None })
    }

    /// The JSON that subscribers get.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn into_entry(self, record: usize) -> Entry<Self> {
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
        let size = bus::SOURCE.len() + self.detail_type.len() + self.detail.len();
        Entry { record, size, payload: self }
    }
}

impl Sink for Bus {
    type Payload = Publication;
    const MAX_ENTRIES: usize = 10;
    /// EventBridge takes 256 KiB a request.
    const MAX_BYTES: usize = 256 * 1024;

    async fn send(&self, entries: &[Entry<Publication>]) -> Vec<bool> {
        let entry = |entry: &Entry<Publication>| {
            PutEventsRequestEntry::builder()
                .event_bus_name(&self.name)
                .source(bus::SOURCE)
                .detail_type(entry.payload.detail_type)
                .detail(&entry.payload.detail)
                .build()
        };
        match self.client.put_events().set_entries(Some(entries.iter().map(entry).collect())).send().await {
            Ok(response) => response.entries().iter().map(|entry| entry.error_code().is_none()).collect(),
            Err(error) => {
                tracing::warn!(error = lambda_boot::with_causes(&error), "the bus took nothing of a request");
                Vec::new()
            }
        }
    }
}
