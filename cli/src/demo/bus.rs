//! The run's crossings on the bus, as a subscriber gets them: from its queue.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, Message};
use aws_types::SdkConfig;
use serde::Deserialize;

use super::PATIENCE;
use super::drive::Run;
use crate::environment::Environment;
use crate::progress::wait_until;

/// How long one request waits for messages.
const RECEIVE_WAIT_S: i32 = 1;

/// What the queue had of the run.
#[derive(Default)]
pub(crate) struct Crossings {
    /// By `recorded_at` and `event_id`, which with the driver's id tell an event from others: delivery is at least once.
    pub(crate) events: BTreeMap<(String, String), Crossing>,
    /// Messages, repeats included.
    pub(crate) messages: usize,
}

#[derive(Deserialize)]
pub(crate) struct Crossing {
    #[serde(rename = "detail-type")]
    pub(crate) detail_type: String,
    pub(crate) detail: Detail,
}

#[derive(Deserialize)]
pub(crate) struct Detail {
    event_id: String,
    driver_id: String,
    pub(crate) geofence_external_id: Option<String>,
    pub(crate) recorded_at: String,
}

impl Crossings {
    /// Whether a message is the run's; then it is counted.
    fn take(&mut self, run: &Run, body: &str) -> bool {
        // What is not even such an event is somebody else's.
        let Ok(crossing) = serde_json::from_str::<Crossing>(body) else { return false };
        if crossing.detail.driver_id != run.driver() {
            return false;
        }
        self.messages += 1;
        let Detail { recorded_at, event_id, .. } = &crossing.detail;
        self.events.insert((recorded_at.clone(), event_id.clone()), crossing);
        true
    }
}

/// Receives until the run's `expected` crossings are there and nothing follows them, or patience is over.
///
/// Deletes what is the run's. The rest stays for whom it concerns.
pub(crate) async fn settled(
    sdk: &SdkConfig,
    environment: &Environment,
    run: &Run,
    expected: usize,
) -> Result<Crossings> {
    let client = Client::new(sdk);
    let mut crossings = Crossings::default();
    let count = async || {
        while receive(&client, environment, run, &mut crossings).await? {}
        Ok(crossings.events.len())
    };
    wait_until("waiting for the bus", expected, PATIENCE, count).await?;
    Ok(crossings)
}

/// One request's messages. Whether any was the run's.
async fn receive(client: &Client, environment: &Environment, run: &Run, crossings: &mut Crossings) -> Result<bool> {
    let queue = &environment.subscriber_queue_url;
    let received = client
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .wait_time_seconds(RECEIVE_WAIT_S)
        .send()
        .await
        .context("the subscriber queue cannot be read")?;
    let own = received.messages().iter().filter(|message| crossings.take(run, message.body().unwrap_or_default()));
    let entries = own.enumerate().map(deletion).collect::<Result<Vec<_>>>()?;
    if entries.is_empty() {
        return Ok(false);
    }
    let deleted = client
        .delete_message_batch()
        .queue_url(queue)
        .set_entries(Some(entries))
        .send()
        .await
        .context("messages of the subscriber queue cannot be deleted")?;
    ensure!(deleted.failed().is_empty(), "the subscriber queue did not delete all messages");
    Ok(true)
}

fn deletion((index, message): (usize, &Message)) -> Result<DeleteMessageBatchRequestEntry> {
    let receipt = message.receipt_handle().unwrap_or_default();
    Ok(DeleteMessageBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::drive::tests::run;

    fn message(event: &str, driver: &str) -> String {
        message_at("09:30:00.000", event, driver)
    }

    fn message_at(time: &str, event: &str, driver: &str) -> String {
        format!(
            r#"{{"source":"milkrun","detail-type":"geofence.entered","detail":{{"event_id":"{event}",
            "driver_id":"{driver}","geofence_external_id":"depot","recorded_at":"2026-11-20T{time}Z"}}}}"#
        )
    }

    #[test]
    fn the_runs_crossings_are_counted_once() {
        let mut crossings = Crossings::default();
        let own = run().driver();
        assert!(crossings.take(&run(), &message("a", &own)));
        assert!(crossings.take(&run(), &message("a", &own)));
        assert!(crossings.take(&run(), &message("b", &own)));
        // Some senders give all events one id.
        assert!(crossings.take(&run(), &message_at("09:30:00.001", "b", &own)));
        assert_eq!((crossings.events.len(), crossings.messages), (3, 4));
    }

    #[test]
    fn what_is_somebody_elses_is_left() {
        let mut crossings = Crossings::default();
        for body in [message("a", "another driver").as_str(), "{}", "", "not JSON"] {
            assert!(!crossings.take(&run(), body), "{body}");
        }
        assert_eq!((crossings.events.len(), crossings.messages), (0, 0));
    }
}
