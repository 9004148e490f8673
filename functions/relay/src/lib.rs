//! The outbox: every event that the log took in goes to the lake, and those that others wait for to the bus.
//!
//! Delivery is at least once: a record is finished when the lake and the bus have it, and the first that
//! is not is reported, so that the stream's poller comes back with it and all after it. Consumers tell
//! repeats by `event_id`.

mod bus;
mod config;
mod deliver;
mod lake;
mod stream;

use std::time::Duration;

pub use bus::{Bus, Publication};
pub use config::Config;
pub use deliver::{Entry, Sink};
pub use lake::Lake;
pub use stream::{BatchResponse, StreamEvent};

/// How long one request may take with the SDK's own retries.
pub const PATIENCE: Duration = Duration::from_secs(8);

/// Delivers a batch of the stream's records, and reports the first that could not be.
pub async fn relay(
    event: &StreamEvent,
    lake: &impl Sink<Payload = Vec<u8>>,
    bus: &impl Sink<Payload = Publication>,
) -> BatchResponse {
    let batch = event.insertions();
    let (rows, publications) =
        tokio::join!(deliver::deliver(lake, lake::pack(batch.rows)), deliver::deliver(bus, batch.publications),);
    let Some(first) = [rows, publications, batch.unreadable].into_iter().flatten().min() else {
        return BatchResponse::finished();
    };
    tracing::warn!(
        records.total = event.len(),
        records.finished = first,
        lake.unfinished = rows.is_some(),
        bus.unfinished = publications.is_some(),
        record.unreadable = batch.unreadable.is_some(),
        "batch not finished"
    );
    event.unfinished_from(first)
}

#[cfg(test)]
mod tests;
