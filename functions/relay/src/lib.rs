//! The outbox: every event that the log took in goes to the lake, and those that others wait for to the bus;
//! every change of an assignment goes to the operations log and to the bus.
//!
//! Delivery is at least once: a record is finished when its log and the bus have it, and the first that
//! is not is reported, so that the stream's poller comes back with it and all after it. Consumers tell
//! repeats by `event_id`.

mod batch;
mod bus;
mod config;
mod deliver;
mod firehose;
mod record;

use std::time::Duration;

pub use bus::{Bus, Publication};
pub use config::Config;
pub use deliver::{Entry, Sink};
pub use firehose::Firehose;
pub use record::AssignmentsStream;

use batch::Batch;
use deliver::deliver;
use firehose::pack;
use table_item::{BatchResponse, StreamEvent};

/// How long one request may take with the SDK's own retries.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// Where records go.
#[derive(Clone, Debug)]
pub struct Sinks<L, B> {
    /// All location events.
    pub lake: L,
    /// The operations log's assignments.
    pub assignments: L,
    /// The operations log's updates.
    pub updates: L,
    /// What others wait for.
    pub bus: B,
}

/// Delivers a batch of one stream's records, and reports the first that could not be.
pub async fn relay<L, B>(event: &StreamEvent, assignments: &AssignmentsStream, sinks: &Sinks<L, B>) -> BatchResponse
where
    L: Sink<Payload = Vec<u8>>,
    B: Sink<Payload = Publication>,
{
    let batch = Batch::of(event, assignments);
    let (lake, assignments, updates, bus) = tokio::join!(
        deliver(&sinks.lake, pack(batch.lake)),
        deliver(&sinks.assignments, pack(batch.assignments)),
        deliver(&sinks.updates, pack(batch.updates)),
        deliver(&sinks.bus, batch.publications),
    );
    let first = [lake, assignments, updates, bus, batch.unreadable].into_iter().flatten().min();
    if let Some(first) = first {
        tracing::warn!(
            records.total = event.records.len(),
            records.finished = first,
            lake.unfinished = lake.is_some(),
            assignments_log.unfinished = assignments.is_some(),
            updates_log.unfinished = updates.is_some(),
            bus.unfinished = bus.is_some(),
            record.unreadable = batch.unreadable.is_some(),
            "batch not finished"
        );
    }
    event.unfinished_from(first)
}

#[cfg(test)]
mod tests;
