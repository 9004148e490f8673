//! The outbox: every event that the log took in goes to the lake, and those that others wait for to the bus;
//! every change of an assignment goes to the operations log and to the bus.
//!
//! Delivery is at least once: a record is finished when its log and the bus have it, and the first that
//! is not is reported, so that the stream's poller comes back with it and all after it. Consumers tell
//! repeats by the event's key.

mod batch;
mod bus;
mod config;
mod deliver;
mod firehose;
mod record;
mod timed_bus;

use std::time::Duration;

pub use bus::{Bus, Publication};
pub use config::Config;
pub use deliver::{Entry, Sink};
pub use firehose::Firehose;
pub use record::AssignmentsStream;

use batch::Batch;
use deliver::deliver;
use firehose::pack;
use location_event::Timestamp;
use metrics::Metrics;
use table_item::{BatchResponse, StreamEvent};
use timed_bus::TimedBus;

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
///
/// Metrics are of the records before that one: what comes again is counted when it is finished, once, also if a service
/// has it already. Only a call whose answer Lambda does not get counts what will be counted again. What an operator has
/// delivered again does not count.
pub async fn relay<L, B>(
    event: &StreamEvent,
    stream: &AssignmentsStream,
    sinks: &Sinks<L, B>,
    metrics: &Metrics,
    now: fn() -> Timestamp,
) -> BatchResponse
where
    L: Sink<Payload = Vec<u8>>,
    B: Sink<Payload = Publication> + Sync,
{
    let batch = Batch::of(event, stream);
    let timed_bus = TimedBus::new(&sinks.bus, now);
    let (lake, assignments, updates, bus) = tokio::join!(
        deliver(&sinks.lake, pack(batch.lake)),
        deliver(&sinks.assignments, pack(batch.assignments)),
        deliver(&sinks.updates, pack(batch.updates)),
        deliver(&timed_bus, batch.publications),
    );
    let first = [lake, assignments, updates, bus, batch.unreadable].into_iter().flatten().min();
    let finished = &event.records[..first.unwrap_or(event.records.len())];
    metrics.accepted_events(finished.iter().filter(|record| stream.is_new_event(record)).count());
    let counts = |record| finished.get(record).is_some_and(|record| stream.is_new_event(record));
    metrics.stored_to_bus(&timed_bus.durations(counts));
    if let Some(first) = first {
        let record = &event.records[first];
        tracing::warn!(
            record.sequence_number = record.sequence_number(),
            event_id = record::event_id(record, stream),
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
