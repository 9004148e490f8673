//! The failures bucket: batches of a stream that Lambda gave up, whole, under the id of the mapping that read them.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html>

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use serde_json::Value;
use table_item::REPLAYED;

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;
use crate::objects::{Bucket, Listed};
use crate::stream_batch::{StreamFunctions, stream_of};

/// A mapping of a stream, and what its batches are called here.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) source: &'static str,
    id: String,
    /// Whom it invokes.
    function: String,
}

/// What Lambda writes about a batch that it gave up, as far as it is of use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    request_context: Context,
    /// The batch as the function got it, mostly as JSON in a text.
    payload: Option<Value>,
}

#[derive(Deserialize)]
struct Context {
    condition: String,
}

/// The mappings of milkrun's streams.
pub(super) async fn mappings(deployment: &Deployment, functions: &StreamFunctions) -> Result<Vec<Mapping>> {
    let minutes = base_name(deployment.output("AggregatorMinutesFunction")?);
    let mut mappings = Vec::new();
    for (output, of_relay) in [("EventsTable", "relay-events"), ("AssignmentsTable", "relay-assignments")] {
        for (id, function) in functions.mappings(&stream_of(deployment, output).await?).await? {
            let source = if base_name(&function) == minutes { "aggregator-minutes" } else { of_relay };
            mappings.push(Mapping { source, id, function });
        }
    }
    Ok(mappings)
}

/// A function's name without account and alias.
fn base_name(function: &str) -> &str {
    let name = function.split_once(":function:").map_or(function, |(_, name)| name);
    name.split(':').next().unwrap_or(name)
}

/// The mapping whose batch an object is: its key has the mapping's id.
pub(super) fn mapping_of<'a>(mappings: &'a [Mapping], key: &str) -> Option<&'a Mapping> {
    mappings.iter().find(|mapping| key.split('/').any(|part| part == mapping.id))
}

/// What an object says about its batch.
pub(super) fn describe(source: &'static str, bucket: &Bucket, listed: Listed, bytes: &[u8]) -> Waiting {
    let read = read(bytes);
    let (condition, records) = match &read {
        Ok((failure, batch)) => (failure.request_context.condition.clone(), records(batch).map(<[_]>::len)),
        Err(error) => (format!("unreadable: {error:#}"), None),
    };
    let since = listed.modified.clone();
    Waiting { source, place: Place::Object(bucket.clone(), listed), since: Some(since), condition, records }
}

/// Gives a batch to its function again, whole.
pub(super) async fn deliver(functions: &StreamFunctions, mapping: &Mapping, bytes: &[u8]) -> Result<usize> {
    let (_, mut batch) = read(bytes)?;
    for record in batch["Records"].as_array_mut().into_iter().flatten() {
        // What was stored long ago says nothing about how fast things are now.
        record["eventSource"] = REPLAYED.into();
    }
    let total = records(&batch).map_or(0, <[_]>::len);
    let payload = serde_json::to_vec(&batch)?;
    match functions.give(&mapping.function, payload).await? {
        None => Ok(total),
        Some(number) => {
            let before = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str() != Some(&number);
            let done = records(&batch).map_or(0, |records| records.iter().take_while(|record| before(record)).count());
            Err(anyhow!("{} could deliver {done} of {total} records: its log says why", base_name(&mapping.function)))
        }
    }
}

fn read(bytes: &[u8]) -> Result<(Failure, Value)> {
    let mut failure: Failure = serde_json::from_slice(bytes).context("not what Lambda writes about a batch")?;
    let batch = match failure.payload.take() {
        Some(Value::String(text)) => serde_json::from_str(&text).context("the batch is not JSON")?,
        Some(batch @ Value::Object(_)) => batch,
        _ => return Err(anyhow!("it does not have the batch")),
    };
    Ok((failure, batch))
}

fn records(batch: &Value) -> Option<&[Value]> {
    batch["Records"].as_array().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_without_account_and_alias() {
        for function in ["relay", "relay:live", "arn:aws:lambda:us-east-1:111111111111:function:relay:live"] {
            assert_eq!(base_name(function), "relay", "{function}");
        }
    }

    #[test]
    fn a_batch_is_read_in_both_forms() {
        let text = r#"{"requestContext": {"condition": "RetryAttemptsExhausted"}, "payload": "{\"Records\":[{},{}]}"}"#;
        let object = r#"{"requestContext": {"condition": "RecordAgeExceeded"}, "payload": {"Records": [{}]}}"#;
        for (form, condition, count) in [(text, "RetryAttemptsExhausted", 2), (object, "RecordAgeExceeded", 1)] {
            let (failure, batch) = read(form.as_bytes()).unwrap();
            assert_eq!(failure.request_context.condition, condition);
            assert_eq!(records(&batch).unwrap().len(), count);
        }
        let error = read(br#"{"requestContext": {"condition": "x"}}"#).err().unwrap();
        assert_eq!(error.to_string(), "it does not have the batch");
    }

    #[test]
    fn a_key_names_its_mapping() {
        let mapping = |source, id: &str| Mapping { source, id: id.to_owned(), function: String::new() };
        let mappings = [mapping("relay-events", "a1"), mapping("aggregator-minutes", "b2")];
        let key = "aws/lambda/b2/shardId-1/2026/11/20/2026-11-20T09.30.00-0.json";
        assert_eq!(mapping_of(&mappings, key).unwrap().source, "aggregator-minutes");
        assert!(mapping_of(&mappings, "aws/lambda/c3/a1b2").is_none());
    }
}
