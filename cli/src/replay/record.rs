//! An item of the log as its stream told it.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::stream_batch::Record;

/// Makes records of items.
#[derive(Clone, Debug)]
pub(super) struct Records {
    /// The stream that they say they are from: relay tells its two by it.
    stream: String,
    next: u64,
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
        Record::of(&json).context("a record that functions cannot read")
    }
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
    use crate::stream_batch::payload;

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
        assert_eq!((read.event_name(), read.sequence_number()), ("INSERT", format!("{:021}", 2).as_str()));
        assert!(read.stream_arn().ends_with("/stream/2026") && !read.is_new());
        let image = read.image().unwrap();
        assert_eq!(table_item::required(&image, "driver_id").unwrap(), "dddd");
        assert_eq!(table_item::number(&image, "latitude"), Ok(Some(1.5)));
        assert!(event.records[0].sequence_number() < read.sequence_number());
    }
}
