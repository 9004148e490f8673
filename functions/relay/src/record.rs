//! One record of a stream, and what is delivered of it.

use delivery::{EventType, operations_log};
use delivery_assignments::Change;
use event_log::item;
use location_event::lake;
use serde::Deserialize;
use serde_json::value::RawValue;
use table_item::{ItemError, StreamImage};

use crate::bus::Publication;

/// Bytes of a row, mostly; a longer one costs a copy.
const ROW_BYTES: usize = 1024;

/// By which a record of the table of assignments is told from one of the event log.
#[derive(Clone, Debug)]
pub struct AssignmentsStream(String);

impl AssignmentsStream {
    /// The stream of the table of this name.
    pub fn of(table: &str) -> Self {
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
        Self(format!(":table/{table}/stream/"))
    }

    fn has(&self, record: &StreamRecord) -> bool {
        record.stream_arn.contains(&self.0)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct StreamRecord {
    #[serde(rename = "eventName")]
    event_name: String,
    #[serde(rename = "eventSourceARN", default)]
    stream_arn: String,
    dynamodb: ItemChange,
}

#[derive(Debug, Deserialize)]
struct ItemChange {
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
    // Read later, each for itself: one odd record must not make the batch unreadable.
    #[serde(rename = "NewImage")]
    new_image: Option<Box<RawValue>>,
}

/// A line of JSON, and where it goes.
#[derive(Debug)]
pub(crate) enum Row {
    Lake(Vec<u8>),
    Assignment(Vec<u8>),
    Update(Vec<u8>),
}

/// A record that can never be delivered. After the mapping's retries it goes to the failures bucket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    #[error("the record has no image of the item")]
    NoImage,
    #[error("the record is not the JSON that it must be")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Item(#[from] ItemError),
}

impl StreamRecord {
    pub(crate) fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// What is delivered of the record, if anything is.
    ///
    /// The log never changes an event, so one is an insertion. An assignment changes and every change is an
    /// event. What retention removes (REMOVE) is none, and stays where it was delivered.
    pub(crate) fn deliveries(
        &self,
        assignments: &AssignmentsStream,
    ) -> Result<Option<(Row, Option<Publication>)>, RecordError> {
        match (assignments.has(self), self.event_name.as_str()) {
            (false, "INSERT") => self.of_location().map(Some),
            (true, "INSERT" | "MODIFY") => self.of_assignment().map(Some),
            _ => Ok(None),
        }
    }

    fn of_location(&self) -> Result<(Row, Option<Publication>), RecordError> {
        let event = item::to_event(&self.image()?)?;
        let mut row = Vec::with_capacity(ROW_BYTES);
        lake::write_row(&event, &mut row)?;
        Ok((Row::Lake(row), Publication::of_location(&event)?))
    }

    fn of_assignment(&self) -> Result<(Row, Option<Publication>), RecordError> {
        let Change { event, package } = Change::last_of(&self.image()?)?;
        let mut row = Vec::with_capacity(ROW_BYTES);
        let publication = Publication::of_delivery(&event)?;
        let row = match event.event_type {
            EventType::Assigned => {
                operations_log::write_assignment(&event, &package, &mut row)?;
                Row::Assignment(row)
            }
            EventType::StatusChanged => {
                operations_log::write_update(&event, &mut row)?;
                Row::Update(row)
            }
        };
        Ok((row, Some(publication)))
    }

    fn image(&self) -> Result<StreamImage, RecordError> {
        let image = self.dynamodb.new_image.as_ref().ok_or(RecordError::NoImage)?;
        Ok(serde_json::from_str(image.get())?)
    }
}
