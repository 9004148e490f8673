//! A batch of a table's stream, as Lambda's poller brings it, and what it is answered.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{ItemError, StreamImage};

/// The `eventSource` of a record that an operator gives to a function again, long after the stream did.
pub const REPLAYED: &str = "milkrun:replay";

/// A batch of records of one stream, in the order of their shard.
#[derive(Debug, Deserialize)]
pub struct StreamEvent {
    /// The records.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// A change of one item.
#[derive(Debug, Deserialize)]
pub struct StreamRecord {
    #[serde(rename = "eventName")]
    event_name: String,
    #[serde(rename = "eventSource", default)]
    source: String,
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

/// A record that can never be read. After the mapping's retries it goes to the failures bucket.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Streams of ours have the new image.
    #[error("the record has no image of the item")]
    NoImage,
    /// The image, or JSON within it.
    #[error("the record is not the JSON that it must be")]
    Json(#[from] serde_json::Error),
    /// The item.
    #[error(transparent)]
    Item(#[from] ItemError),
}

/// The first unfinished record, if any: the poller comes back with it and all that follow.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html>
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

impl StreamRecord {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    pub fn event_name(&self) -> &str {
        &self.event_name
    }

    /// Whether the stream brings it, and not an operator who has it delivered again.
    pub fn is_new(&self) -> bool {
        self.source != REPLAYED
    }

    /// The stream that it is from.
    pub fn stream_arn(&self) -> &str {
        &self.stream_arn
    }

    /// Its number in the shard.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The item after the change.
    pub fn image(&self) -> Result<StreamImage, RecordError> {
        let image = self.dynamodb.new_image.as_ref().ok_or(RecordError::NoImage)?;
        Ok(serde_json::from_str(image.get())?)
    }
}

impl StreamEvent {
    /// The answer where this record and all that follow are unfinished; `None`: no record is.
    pub fn unfinished_from(&self, index: Option<usize>) -> BatchResponse {
        let first = index.and_then(|index| self.records.get(index));
        let failure = first.map(|record| ItemFailure { item_identifier: record.sequence_number().to_owned() });
        BatchResponse { batch_item_failures: failure.into_iter().collect() }
    }
}

impl BatchResponse {
    /// Whether any record is unfinished.
    pub fn is_unfinished(&self) -> bool {
        !self.batch_item_failures.is_empty()
    }

    /// The sequence number of the first unfinished record.
    pub fn first_unfinished(&self) -> Option<&str> {
        self.batch_item_failures.first().map(|failure| failure.item_identifier.as_str())
    }
}
