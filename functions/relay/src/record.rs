//! One record of a stream, and what is delivered of it.

use delivery::{EventType, operations_log};
use delivery_assignments::{Change, Delivered};
use event_log::item;
use location_event::lake;
use table_item::{RecordError, StreamImage, StreamRecord};

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
        record.stream_arn().contains(&self.0)
    }

    /// Whether a record is of a new event of the log, delivered for the first time as far as can be known.
    pub(crate) fn is_new_event(&self, record: &StreamRecord) -> bool {
        !self.has(record) && record.event_name() == "INSERT" && record.is_new()
    }
}

/// A line of JSON, and where it goes.
#[derive(Debug)]
pub(crate) enum Row {
    Lake(Vec<u8>),
    Assignment(Vec<u8>),
    Update(Vec<u8>),
}

/// What is delivered of a record, if anything is.
///
/// The log never changes an event, so one is an insertion. An assignment changes and every change is an
/// event; the note that a package is delivered is none. What retention removes (REMOVE) is none, and stays where it was
/// delivered.
pub(crate) fn deliveries(
    record: &StreamRecord,
    assignments: &AssignmentsStream,
) -> Result<Option<(Row, Option<Publication>)>, RecordError> {
    match (assignments.has(record), record.event_name()) {
        (false, "INSERT") => of_location(&record.image()?).map(Some),
        (true, "INSERT" | "MODIFY") => {
            let image = record.image()?;
            if Delivered::is_note(&image) { Ok(None) } else { of_assignment(&image).map(Some) }
        }
        _ => Ok(None),
    }
}

/// The event's id, for the log, as far as the record says it.
pub(crate) fn event_id(record: &StreamRecord, assignments: &AssignmentsStream) -> Option<String> {
    let image = record.image().ok()?;
    if assignments.has(record) {
        Change::last_of(&image).ok().map(|change| change.event.event_id.as_str().to_owned())
    } else {
        table_item::optional(&image, "event_id")
    }
}

fn of_location(image: &StreamImage) -> Result<(Row, Option<Publication>), RecordError> {
    let event = item::to_event(image)?;
    let mut row = Vec::with_capacity(ROW_BYTES);
    lake::write_row(&event, &mut row)?;
    Ok((Row::Lake(row), Publication::of_location(&event)?))
}

fn of_assignment(image: &StreamImage) -> Result<(Row, Option<Publication>), RecordError> {
    let Change { event, package } = Change::last_of(image)?;
    let mut row = Vec::with_capacity(ROW_BYTES);
    let publication = Publication::of_delivery(&event)?;
    let row = match event.event_type {
        EventType::Assigned => {
            operations_log::write_assignment(&event, &package, &mut row)?;
            Row::Assignment(row)
        }
        EventType::StatusChanged | EventType::Amended => {
            operations_log::write_update(&event, &mut row)?;
            Row::Update(row)
        }
    };
    Ok((row, Some(publication)))
}
