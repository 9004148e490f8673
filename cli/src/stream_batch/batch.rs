//! Records of a stream, and batches of them that a function takes.

use serde_json::Value;
use table_item::StreamRecord;

/// Records of a batch, at most: half a minute's work for relay where all of them go to the bus.
const MOST_RECORDS: usize = 500;
/// Bytes of a batch, at most: Lambda takes 6 MB.
const MOST_BYTES: usize = 4_000_000;

/// A record as text, and its sequence number.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(super) number: String,
    json: String,
}

/// Records that are given to a function together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) records: Vec<Record>,
    bytes: usize,
}

impl Record {
    /// A record that functions can read; one that they cannot would make them refuse its whole batch.
    pub(crate) fn of(record: &Value) -> Option<Self> {
        let json = record.to_string();
        let number = serde_json::from_str::<StreamRecord>(&json).ok()?.sequence_number().to_owned();
        Some(Self { number, json })
    }
}

impl Batch {
    /// Adds a record; where there is no room for it, the batch as it was is returned, and a new one begun.
    pub(crate) fn push(&mut self, record: Record) -> Option<Self> {
        let is_full = self.records.len() == MOST_RECORDS || self.bytes + record.json.len() > MOST_BYTES;
        let full = (is_full && !self.records.is_empty()).then(|| std::mem::take(self));
        self.bytes += record.json.len() + 1;
        self.records.push(record);
        full
    }
}

/// What a function gets of these records.
pub(crate) fn payload(records: &[Record]) -> Vec<u8> {
    let records: Vec<_> = records.iter().map(|record| record.json.as_str()).collect();
    format!(r#"{{"Records":[{}]}}"#, records.join(",")).into_bytes()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn record(number: &str, size: usize) -> Record {
        let image = json!({"driver_id": {"S": "d".repeat(size)}});
        let record = json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": number, "NewImage": image}});
        Record::of(&record).unwrap()
    }

    #[test]
    fn a_batch_ends_where_it_is_full() {
        let sizes = |record_bytes: usize, records: usize| {
            let mut batch = Batch::default();
            let full = (0..records).filter_map(|_| batch.push(record("1", record_bytes)));
            full.map(|batch| batch.records.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(10, 1_001), [500, 500]);
        assert_eq!(sizes(1_500_000, 5), [2, 2]);
        // One that is too large by itself is sent, to be refused.
        assert_eq!(sizes(5_000_000, 2), [1]);
    }

    #[test]
    fn what_no_function_can_read_is_no_record() {
        for odd in [json!(null), json!({"eventName": "INSERT", "dynamodb": {}}), json!({"eventName": "INSERT"})] {
            assert!(Record::of(&odd).is_none(), "{odd}");
        }
    }
}
