//! Which minutes a batch touched.

use std::collections::HashMap;

use aggregation::minute::Minute;
use event_log::RecordedPosition;
use location_event::DriverId;
use table_item::{Fields as _, RecordError, StreamEvent, StreamRecord};

/// A minute of a driver that has a new position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TouchedMinute {
    pub(crate) driver_id: DriverId,
    pub(crate) minute: Minute,
    /// The first record that touched it.
    pub(crate) record: usize,
}

/// What a batch asks for.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// Each once, in the order of their first records.
    pub(crate) minutes: Vec<TouchedMinute>,
    /// The first record that is no event of ours. Nothing after it was read: it will come again.
    pub(crate) unreadable: Option<usize>,
}

impl Touched {
    /// Of the records up to the first unreadable one.
    pub(crate) fn of(event: &StreamEvent) -> Self {
        let mut first = HashMap::new();
        let mut unreadable = None;
        for (index, record) in event.records.iter().enumerate() {
            match touched(record) {
                Ok(Some(minute)) => {
                    first.entry(minute).or_insert(index);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        record.sequence_number = record.sequence_number(),
                        event_id = event_id(record),
                        error = lambda_boot::with_causes(&error),
                        "record is not an event"
                    );
                    unreadable = Some(index);
                    break;
                }
            }
        }
        let mut minutes: Vec<_> = first
            .into_iter()
            .map(|((driver_id, minute), record)| TouchedMinute { driver_id, minute, record })
            .collect();
        minutes.sort_unstable_by_key(|minute| minute.record);
        Self { minutes, unreadable }
    }
}

/// The event's id, for the log, as far as the record says it.
pub(crate) fn event_id(record: &StreamRecord) -> Option<String> {
    table_item::optional(&record.image().ok()?, "event_id")
}

/// Only a new live event with a position changes a minute. What retention removes (REMOVE) stays counted.
fn touched(record: &StreamRecord) -> Result<Option<(DriverId, Minute)>, RecordError> {
    if record.event_name() != "INSERT" {
        return Ok(None);
    }
    let image = record.image()?;
    if image.number("latitude").is_none() {
        return Ok(None);
    }
    let position = RecordedPosition::from_item(&image)?;
    Ok(position.live.then(|| (position.driver_id, Minute::of(position.recorded_at))))
}
