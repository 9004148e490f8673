//! From the log to minutes: for each driver and UTC minute that a batch of the log's stream touched, reads that
//! minute's events from the log and replaces what is known of it.
//!
//! A minute is computed anew from all of its events, never incremented. So it does not matter how often an event is
//! delivered, in which order, in which batches, or where a try before broke off: the last one to come to its end
//! leaves what the log says.

mod config;
mod touched;

use std::time::Duration;

use aggregates_table::{Aggregates, MinuteWrite, TableError};
use aggregation::minute::{Fix, MinuteAggregate, Position};
use event_log::{EventLog, LogError};
use futures_util::{StreamExt as _, stream};
use location_event::Timestamp;
use table_item::{BatchResponse, StreamEvent};

pub use config::Config;

use touched::{Touched, TouchedMinute};

/// How long one request may take with the SDK's own retries.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// Minutes that are computed at once. Each is a read and a write of milliseconds.
const AT_ONCE: usize = 16;
/// When a batch ends, whatever is left: with a last minute's read and write it stays within the function's minute, so
/// that what was computed is reported.
const BUDGET: Duration = Duration::from_secs(40);

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Computes minutes from one table into another.
#[derive(Debug)]
pub struct Aggregator {
    log: EventLog,
    aggregates: Aggregates,
    retention_days: u32,
}

/// A minute could not be computed.
#[derive(Debug, thiserror::Error)]
enum MinuteError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("the time for the batch was used up")]
    OutOfTime,
}

impl Aggregator {
    /// From this log into this table, where a minute is kept for so many days.
    pub fn new(log: EventLog, aggregates: Aggregates, retention_days: u32) -> Self {
        Self { log, aggregates, retention_days }
    }

    /// Computes the minutes that a batch touched, and reports the first record whose minute could not be. Those that
    /// are too old to be kept at the time `now` are left out.
    pub async fn aggregate(&self, event: &StreamEvent, now: Timestamp) -> BatchResponse {
        let deadline = tokio::time::Instant::now() + BUDGET;
        let touched = Touched::of(event);
        let total = touched.minutes.len();
        let failed: Vec<_> = stream::iter(touched.minutes)
            .map(async |minute| {
                let computed = if tokio::time::Instant::now() < deadline {
                    self.compute(&minute, now).await
                } else {
                    Err(MinuteError::OutOfTime)
                };
                computed.err().map(|error| (minute.record, error))
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(async |failure| failure)
            .collect()
            .await;
        // Minutes fail together, mostly for the same reason: one line for all.
        if let Some((first, error)) = failed.iter().min_by_key(|(record, _)| *record) {
            let record = &event.records[*first];
            tracing::warn!(
                record.sequence_number = record.sequence_number(),
                event_id = touched::event_id(record),
                records.total = event.records.len(),
                records.finished = first,
                minutes.total = total,
                minutes.failed = failed.len(),
                error = lambda_boot::with_causes(error),
                "batch not finished"
            );
        }
        event.unfinished_from(failed.into_iter().map(|(record, _)| record).chain(touched.unreadable).min())
    }

    async fn compute(&self, touched: &TouchedMinute, now: Timestamp) -> Result<(), MinuteError> {
        let TouchedMinute { driver_id, minute, .. } = touched;
        let expires_at = minute.from().as_millis() / 1000 + i64::from(self.retention_days) * SECONDS_OF_A_DAY;
        // A device's clock may be years behind (such events are in `quality.too_late` of the day on which they arrive),
        // and DynamoDB never removes what expired more than five years ago:
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
        if expires_at <= now.as_millis() / 1000 {
            return Ok(());
        }
        let positions = self.log.positions(driver_id, minute.from(), minute.to()).await?;
        let positions: Vec<_> = positions
            .iter()
            .filter(|recorded| recorded.live)
            .map(|recorded| Position {
                fix: Fix {
                    recorded_at: recorded.recorded_at,
                    latitude: recorded.latitude,
                    longitude: recorded.longitude,
                },
                speed_mps: recorded.speed_mps,
                is_doubtful: recorded.is_doubtful(),
            })
            .collect();
        // The log may have forgotten them since: then there is nothing to say.
        let Some(aggregate) = MinuteAggregate::of(*minute, &positions) else { return Ok(()) };
        // A struct of numbers and times cannot fail to serialise.
        let body = serde_json::to_string(&aggregate).unwrap_or_default();
        let written =
            self.aggregates.put_minute(driver_id, minute.from(), aggregate.positions, body, expires_at).await?;
        if written == MinuteWrite::Outdated {
            tracing::info!(positions = aggregate.positions, "the table knows a minute from more positions");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
