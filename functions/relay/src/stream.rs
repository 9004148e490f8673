//! A batch of a stream's records, as Lambda's poller brings it, and what it is answered.

use serde::{Deserialize, Serialize};

use crate::bus::Publication;
use crate::deliver::Entry;
use crate::record::{AssignmentsStream, Row, StreamRecord};

/// A batch of records of one stream, in the order of their shard.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<StreamRecord>,
}

/// The first unfinished record, if any: the poller comes back with it and all that follow.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

/// What a batch brought to deliver.
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

impl StreamEvent {
    /// What is delivered of the records, up to the first unreadable one.
    pub(crate) fn deliveries(&self, assignments: &AssignmentsStream) -> Batch {
        let mut batch = Batch::default();
        for (index, record) in self.records.iter().enumerate() {
            match record.deliveries(assignments) {
                Ok(Some((row, publication))) => batch.add(index, row, publication),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(
                        record.sequence_number = record.sequence_number(),
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

    pub(crate) fn unfinished_from(&self, index: usize) -> BatchResponse {
        let failure =
            self.records.get(index).map(|record| ItemFailure { item_identifier: record.sequence_number().to_owned() });
        BatchResponse { batch_item_failures: failure.into_iter().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }
}

impl BatchResponse {
    pub(crate) fn finished() -> Self {
        Self { batch_item_failures: Vec::new() }
    }

    /// The sequence number of the first unfinished record.
    pub fn first_unfinished(&self) -> Option<&str> {
        self.batch_item_failures.first().map(|failure| failure.item_identifier.as_str())
    }
}
