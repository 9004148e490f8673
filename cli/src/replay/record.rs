//! An item of the log as its stream told it, and batches of such records.

use std::collections::HashMap;

use anyhow::{Result, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

/// Records of a batch, at most: half a minute's work for relay where all of them go to the bus.
const MOST_RECORDS: usize = 500;
/// Bytes of a batch, at most: Lambda takes 6 MB.
const MOST_BYTES: usize = 4_000_000;

/// A record as text, and its sequence number.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) number: String,
    json: String,
}

/// Makes records of items.
#[derive(Clone, Debug)]
pub(super) struct Records {
    /// The stream that they say they are from: relay tells its two by it.
    stream: String,
    next: u64,
}

/// Records that are given to a function together.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    bytes: usize,
}

impl Records {
    pub(super) fn of(stream: String) -> Self {
        Self { stream, next: 1 }
    }

    /// The record of an item's insertion.
    pub(super) fn insertion(&mut self, item: HashMap<String, AttributeValue>) -> Result<Record> {
        let number = format!("{:021}", self.next);
        self.next += 1;
        let image = item.into_iter().map(|(name, value)| Ok((name, image(value)?))).collect::<Result<Map<_, _>>>()?;
        let json = json!({
            "eventID": format!("replay-{number}"),
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": table_item::REPLAYED,
            "eventSourceARN": self.stream,
            "dynamodb": {"NewImage": image, "SequenceNumber": number, "StreamViewType": "NEW_IMAGE"},
        });
        Ok(Record { number, json: json.to_string() })
    }
}

impl Batch {
    /// Adds a record; where there is no room for it, the batch as it was is returned, and a new one begun.
    pub(super) fn push(&mut self, record: Record) -> Option<Self> {
        let is_full = self.records.len() == MOST_RECORDS || self.bytes + record.json.len() > MOST_BYTES;
        let full = (is_full && !self.records.is_empty()).then(|| std::mem::take(self));
        self.bytes += record.json.len() + 1;
        self.records.push(record);
        full
    }
}

/// What a function gets of these records.
pub(super) fn payload(records: &[Record]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|record| record.json.as_str()).collect();
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

/// A value in DynamoDB's own JSON.
fn image(value: AttributeValue) -> Result<Value> {
    Ok(match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(flag) => json!({"BOOL": flag}),
        AttributeValue::Null(_) => json!({"NULL": true}),
        AttributeValue::B(bytes) => json!({"B": BASE64.encode(bytes)}),
        AttributeValue::Ss(texts) => json!({"SS": texts}),
        AttributeValue::Ns(numbers) => json!({"NS": numbers}),
        AttributeValue::L(values) => json!({"L": values.into_iter().map(image).collect::<Result<Vec<_>>>()?}),
        AttributeValue::M(values) => {
            let values = values.into_iter().map(|(name, value)| Ok((name, image(value)?)));
            json!({"M": values.collect::<Result<Map<_, _>>>()?})
        }
        other => bail!("the log has a value that it never writes: {other:?}"),
    })
}

#[cfg(test)]
mod tests {
    use table_item::StreamEvent;

    use super::*;

    fn item(size: usize) -> HashMap<String, AttributeValue> {
        HashMap::from([
            ("driver_id".to_owned(), AttributeValue::S("d".repeat(size))),
            ("latitude".to_owned(), AttributeValue::N("1.5".to_owned())),
            ("live".to_owned(), AttributeValue::Bool(true)),
        ])
    }

    #[test]
    fn a_record_reads_as_the_streams_own() {
        let mut records = Records::of("arn:aws:dynamodb:eu-west-1:1:table/t/stream/2026".to_owned());
        let batch = [records.insertion(item(3)).unwrap(), records.insertion(item(4)).unwrap()];
        let event: StreamEvent = serde_json::from_slice(&payload(&batch)).unwrap();
        let read = &event.records[1];
        assert_eq!((read.event_name(), read.sequence_number()), ("INSERT", batch[1].number.as_str()));
        assert!(read.stream_arn().ends_with("/stream/2026") && !read.is_new());
        let image = read.image().unwrap();
        assert_eq!(table_item::required(&image, "driver_id").unwrap(), "dddd");
        assert_eq!(table_item::number(&image, "latitude"), Ok(Some(1.5)));
        assert!(batch[0].number < batch[1].number);
    }

    #[test]
    fn a_batch_ends_where_it_is_full() {
        let mut records = Records::of(String::new());
        let mut sizes = |item_bytes: usize, items: usize| {
            let mut batch = Batch::default();
            let full = (0..items).filter_map(|_| batch.push(records.insertion(item(item_bytes)).unwrap()));
            full.map(|batch| batch.records.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(10, 1_001), [500, 500]);
        assert_eq!(sizes(1_500_000, 5), [2, 2]);
        // One that is too large by itself is sent, to be refused.
        assert_eq!(sizes(5_000_000, 2), [1]);
    }
}
