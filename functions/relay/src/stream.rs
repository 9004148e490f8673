//! The stream's records, as Lambda's poller brings them, and what it is answered.

use event_log::item::{self, StreamImage};
use location_event::lake;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::bus::Publication;
use crate::deliver::Entry;

/// A batch of records, in the order of their shard.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    #[serde(rename = "Records")]
    records: Vec<StreamRecord>,
}

#[derive(Debug, Deserialize)]
struct StreamRecord {
    #[serde(rename = "eventName")]
    event_name: String,
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
    // Read later, each for itself: one odd record must not make the batch unreadable.
    #[serde(rename = "NewImage")]
    new_image: Option<Box<RawValue>>,
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
    pub(crate) rows: Vec<Entry<Vec<u8>>>,
    /// Events for the bus.
    pub(crate) publications: Vec<Entry<Publication>>,
    /// The first record that is no event of ours. Nothing after it was read: it will come again.
    pub(crate) unreadable: Option<usize>,
}

impl StreamEvent {
    /// The events that were inserted. The log never changes one, and what its retention removes (REMOVE)
    /// stays in the lake.
    pub(crate) fn insertions(&self) -> Batch {
        let mut batch = Batch::default();
        for (index, record) in self.records.iter().enumerate().filter(|(_, record)| record.event_name == "INSERT") {
            match record.dynamodb.deliveries() {
                Ok((row, publication)) => {
                    batch.rows.push(Entry { record: index, size: row.len(), payload: row });
                    batch.publications.extend(publication.map(|publication| publication.into_entry(index)));
                }
                Err(error) => {
                    tracing::error!(
                        record.sequence_number = record.dynamodb.sequence_number,
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
        let failure = self
            .records
            .get(index)
            .map(|record| ItemFailure { item_identifier: record.dynamodb.sequence_number.clone() });
        BatchResponse { batch_item_failures: failure.into_iter().collect() }
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }
}

/// A record that can never be delivered. After the mapping's retries it goes to the failures bucket.
#[derive(Debug, thiserror::Error)]
enum RecordError {
    #[error("the record has no image of the item")]
    NoImage,
    #[error("the record is not the JSON that it must be")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Item(#[from] item::ItemError),
}

impl Change {
    fn deliveries(&self) -> Result<(Vec<u8>, Option<Publication>), RecordError> {
        let image = self.new_image.as_ref().ok_or(RecordError::NoImage)?;
        let image: StreamImage = serde_json::from_str(image.get())?;
        let event = item::to_event(&image)?;
        let mut row = Vec::with_capacity(1024);
        lake::write_row(&event, &mut row)?;
        Ok((row, Publication::of(&event)?))
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
