//! How long events take to the bus.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use location_event::Timestamp;

use crate::bus::Publication;
use crate::deliver::{Entry, Sink};

/// The bus, with a note of how long each location event had been on its way when the bus took it.
pub(crate) struct TimedBus<'a, B> {
    bus: &'a B,
    now: fn() -> Timestamp,
    taken: Mutex<Vec<(usize, Duration)>>,
}

impl<'a, B> TimedBus<'a, B> {
    pub(crate) fn new(bus: &'a B, now: fn() -> Timestamp) -> Self {
        Self { bus, now, taken: Mutex::default() }
    }

    /// Of the events of records that count.
    pub(crate) fn durations(self, counts: impl Fn(usize) -> bool) -> Vec<Duration> {
        let taken = self.taken.into_inner().unwrap_or_else(PoisonError::into_inner);
        taken.into_iter().filter(|(record, _)| counts(*record)).map(|(_, duration)| duration).collect()
    }
}

impl<B: Sink<Payload = Publication> + Sync> Sink for TimedBus<'_, B> {
    type Payload = Publication;
    const MAX_ENTRIES: usize = B::MAX_ENTRIES;
    const MAX_BYTES: usize = B::MAX_BYTES;

    async fn send(&self, entries: &[Entry<Publication>]) -> Vec<bool> {
        let answers = self.bus.send(entries).await;
        let now = (self.now)().as_millis();
        let taken = entries.iter().zip(&answers).filter(|(_, taken)| **taken).filter_map(|(entry, _)| {
            // The clock that received it may be ahead of ours: nothing takes less than no time.
            let millis = now - entry.payload.received_at?.as_millis();
            Some((entry.record, Duration::from_millis(millis.try_into().unwrap_or(0))))
        });
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).extend(taken);
        answers
    }
}
