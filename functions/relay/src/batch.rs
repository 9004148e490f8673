//! What a batch of a stream's records brings to deliver.

use table_item::StreamEvent;

use crate::bus::Publication;
use crate::deliver::Entry;
use crate::record::{self, AssignmentsStream, Row};

/// What a batch brings to deliver.
#[derive(Default)]
pub(crate) struct Batch {
    /// Rows of the lake.
    pub(crate) lake: Vec<Entry<Vec<u8>>>,
    /// Rows of the operations log's assignments.
    pub(crate) assignments: Vec<Entry<Vec<u8>>>,
    /// Rows of the operations log's updates.
    pub(crate) updates: Vec<Entry<Vec<u8>>>,
    /// Events for the bus.
    pub(crate) publications: Vec<Entry<Publication>>,
    /// The first record that is no event of ours. Nothing after it was read: it will come again.
    pub(crate) unreadable: Option<usize>,
}

impl Batch {
    /// What is delivered of the records, up to the first unreadable one.
    pub(crate) fn of(event: &StreamEvent, assignments: &AssignmentsStream) -> Self {
        let mut batch = Self::default();
        for (index, record) in event.records.iter().enumerate() {
            match record::deliveries(record, assignments) {
                Ok(Some((row, publication))) => batch.add(index, row, publication),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        record.sequence_number = record.sequence_number(),
                        event_id = record::event_id(record, assignments),
                        error = lambda_boot::with_causes(&error),
                        "record is not an event"
                    );
                    batch.unreadable = Some(index);
                    break;
                }
            }
        }
        batch
    }

    fn add(&mut self, record: usize, row: Row, publication: Option<Publication>) {
        let (rows, row) = match row {
            Row::Lake(row) => (&mut self.lake, row),
            Row::Assignment(row) => (&mut self.assignments, row),
            Row::Update(row) => (&mut self.updates, row),
        };
        rows.push(Entry { record, size: row.len(), payload: row });
        self.publications.extend(publication.map(|publication| publication.into_entry(record)));
    }
}
