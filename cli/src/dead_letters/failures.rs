//! The failures bucket: batches of a stream that Lambda gave up, whole, under the id of the mapping that read them.

use anyhow::Result;
use table_item::REPLAYED;

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;
use crate::lambda_failure::FailedBatch;
use crate::objects::{Bucket, Listed};
use crate::stream_batch::{Batch, Record, StreamFunctions, stream_of};

/// A mapping of a stream, and what its batches are called here.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) source: &'static str,
    id: String,
    /// Whom it invokes.
    function: String,
    stream: String,
}

/// What came of a batch.
pub(super) struct Given {
    pub(super) delivered: usize,
    /// What could not be delivered, and why.
    pub(super) left: Option<(FailedBatch, String)>,
}

/// The mappings of milkrun's streams.
pub(super) async fn mappings(deployment: &Deployment, functions: &StreamFunctions) -> Result<Vec<Mapping>> {
    let minutes = base_name(deployment.output("AggregatorMinutesFunction")?);
    let mut mappings = Vec::new();
    for (output, of_relay) in [("EventsTable", "relay-events"), ("AssignmentsTable", "relay-assignments")] {
        let stream = stream_of(deployment, output).await?;
        for (id, function) in functions.mappings(&stream).await? {
            let source = if base_name(&function) == minutes { "aggregator-minutes" } else { of_relay };
            mappings.push(Mapping { source, id, function, stream: stream.clone() });
        }
    }
    Ok(mappings)
}

/// A function's name without account and alias.
fn base_name(function: &str) -> &str {
    let name = function.split_once(":function:").map_or(function, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// A function's name without what its stack adds, another for each.
fn stem(function: &str) -> &str {
    let name = base_name(function);
    name.rsplit_once('-').map_or(name, |(stem, _)| stem)
}

/// The table that a stream is of.
fn table(stream: &str) -> Option<&str> {
    stream.split('/').nth(1)
}

/// The mapping whose batch an object is: its key has the mapping's id.
pub(super) fn mapping_of<'a>(mappings: &'a [Mapping], key: &str) -> Option<&'a Mapping> {
    mappings.iter().find(|mapping| key.split('/').any(|part| part == mapping.id))
}

/// The mapping that reads the same stream for the same function, where the one that read the batch was made again.
pub(super) fn successor<'a>(mappings: &'a [Mapping], batch: &FailedBatch) -> Option<&'a Mapping> {
    let (function, table_of_batch) = (batch.function()?, table(batch.stream()?)?);
    let of_table = || mappings.iter().filter(|mapping| table(&mapping.stream) == Some(table_of_batch));
    if let Some(same) = of_table().find(|mapping| base_name(&mapping.function) == base_name(function)) {
        return Some(same);
    }
    let mut alike = of_table().filter(|mapping| stem(&mapping.function) == stem(function));
    alike.next().filter(|_| alike.next().is_none())
}

/// What an object says about its batch.
pub(super) fn describe(source: &'static str, bucket: &Bucket, listed: Listed, bytes: &[u8]) -> Waiting {
    let batch = match FailedBatch::read(bytes) {
        Ok(batch) => batch,
        Err(error) => return Waiting::unreadable(source, bucket, listed, &error),
    };
    let (since, records) = (Some(listed.modified.clone()), Some(batch.records.len()));
    let place = Place::Object(bucket.clone(), listed);
    Waiting { source, place, since, condition: batch.condition().to_owned(), records }
}

/// Gives a batch's records to its function again, as many at once as it takes.
pub(super) async fn deliver(functions: &StreamFunctions, mapping: &Mapping, mut failed: FailedBatch) -> Given {
    let (batches, mut left) = batches(&failed);
    let mut reasons = Vec::new();
    if !left.is_empty() {
        reasons.push("no function can read it".to_owned());
    }
    for (batch, places) in batches {
        let delivered = functions.deliver(&mapping.function, &batch.records).await;
        left.extend(delivered.left.iter().map(|place| places[*place]));
        reasons.extend(delivered.reasons.into_iter().filter(|reason| !reasons.contains(reason)).collect::<Vec<_>>());
    }
    let total = failed.records.len();
    let delivered = total - left.len();
    if left.is_empty() {
        return Given { delivered, left: None };
    }
    let mut place = 0..;
    failed.records.retain(|_| place.next().is_some_and(|place| left.contains(&place)));
    let function = base_name(&mapping.function);
    let reason = format!("{function} could deliver {delivered} of {total} records: {}", reasons.join("; "));
    Given { delivered, left: Some((failed, reason)) }
}

/// The records in batches, with the records' places; and the places of those that no function can read.
fn batches(failed: &FailedBatch) -> (Vec<(Batch, Vec<usize>)>, Vec<usize>) {
    let (mut batches, mut unreadable) = (Vec::new(), Vec::new());
    let (mut batch, mut places) = (Batch::default(), Vec::new());
    for (place, record) in failed.records.iter().enumerate() {
        let mut record = record.clone();
        // What was stored long ago says nothing about how fast things are now.
        if let Some(record) = record.as_object_mut() {
            record.insert("eventSource".to_owned(), REPLAYED.into());
        }
        let Some(record) = Record::of(&record) else {
            unreadable.push(place);
            continue;
        };
        if let Some(full) = batch.push(record) {
            batches.push((full, std::mem::take(&mut places)));
        }
        places.push(place);
    }
    if !places.is_empty() {
        batches.push((batch, places));
    }
    (batches, unreadable)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn mapping(source: &'static str, id: &str, function: &str) -> Mapping {
        let stream = "arn:aws:dynamodb:us-east-1:1:table/events/stream/2026".to_owned();
        Mapping { source, id: id.to_owned(), function: function.to_owned(), stream }
    }

    fn failed(function: &str, records: &[Value]) -> FailedBatch {
        let failure = json!({
            "requestContext": {"condition": "x", "functionArn": format!("arn:aws:lambda:us-east-1:1:function:{function}")},
            "DDBStreamBatchInfo": {"streamArn": "arn:aws:dynamodb:us-east-1:1:table/events/stream/2025"},
            "payload": json!({ "Records": records }).to_string(),
        });
        FailedBatch::read(failure.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_function_is_told_without_account_and_alias() {
        for function in ["relay", "relay:live", "arn:aws:lambda:us-east-1:111111111111:function:relay:live"] {
            assert_eq!(base_name(function), "relay", "{function}");
        }
    }

    #[test]
    fn a_key_names_its_mapping() {
        let mappings = [mapping("relay-events", "a1", ""), mapping("aggregator-minutes", "b2", "")];
        let key = "aws/lambda/b2/shardId-1/2026/11/20/2026-11-20T09.30.00-0.json";
        assert_eq!(mapping_of(&mappings, key).unwrap().source, "aggregator-minutes");
        assert!(mapping_of(&mappings, "aws/lambda/c3/a1b2").is_none());
    }

    #[test]
    fn a_mapping_that_was_made_again_has_a_successor() {
        let mut other = mapping("relay-assignments", "a1", "outbox-Relay1-NEW");
        other.stream = other.stream.replace("events", "assignments");
        let mappings = [
            other,
            mapping("aggregator-minutes", "b2", "outbox-Minutes2-NEW:live"),
            mapping("relay-events", "c3", "outbox-Relay1-NEW:live"),
        ];
        let source = |function| successor(&mappings, &failed(function, &[])).map(|mapping| mapping.source);
        assert_eq!(source("outbox-Relay1-NEW:live"), Some("relay-events"));
        // The stack was made again, and its functions with it.
        assert_eq!(source("outbox-Relay1-OLD:live"), Some("relay-events"));
        assert_eq!(source("outbox-Minutes2-OLD:live"), Some("aggregator-minutes"));
        assert_eq!(source("outbox-Another-OLD:live"), None);
        // Names of one stem do not say which.
        let two = [mapping("relay-events", "a", "o-Relay"), mapping("aggregator-minutes", "b", "o-Minutes")];
        assert!(successor(&two, &failed("o-Other", &[])).is_none());
    }

    #[test]
    fn records_keep_their_places_in_batches() {
        let record = |size: usize| {
            let image = json!({"driver_id": {"S": "d".repeat(size)}});
            json!({"eventName": "INSERT", "eventSource": "aws:dynamodb",
                "dynamodb": {"SequenceNumber": "1", "NewImage": image}})
        };
        let records = [json!({"odd": true}), record(3_000_000), record(10), record(2_500_000)];
        let (batches, unreadable) = batches(&failed("f", &records));
        assert_eq!(unreadable, [0]);
        assert_eq!(batches.iter().map(|(_, places)| places.clone()).collect::<Vec<_>>(), [vec![1, 2], vec![3]]);
        let payload = String::from_utf8(crate::stream_batch::payload(&batches[1].0.records)).unwrap();
        assert!(payload.contains("milkrun:replay") && !payload.contains("aws:dynamodb"));
    }
}
