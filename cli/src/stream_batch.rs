//! A batch of a table's stream, given to a function as the stream's poller would: how what it gave up is delivered
//! after all, and how what is long delivered is delivered again.

mod batch;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;

pub(crate) use self::batch::{Batch, Record, payload};
use crate::deployment::Deployment;

/// The functions stop themselves before, with an answer that says more.
const PATIENCE: Duration = Duration::from_secs(90);
/// Tries of a throttled call, the SDK's pauses between them.
const CALL_TRIES: u32 = 8;
/// Tries of a batch that does not get further, with pauses between them.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Records of a batch that are left behind one by one before all that follow are: an outage is no odd record.
const MOST_LEFT: usize = 3;

/// Whom batches are given to.
#[derive(Clone, Debug)]
pub(crate) struct StreamFunctions {
    client: Client,
    first_pause: Duration,
}

/// What came of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    /// The places of the records that could not be delivered.
    pub(crate) left: Vec<usize>,
    /// Why, each reason once.
    pub(crate) reasons: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    batch_item_failures: Vec<ItemFailure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemFailure {
    item_identifier: String,
}

impl StreamFunctions {
    pub(crate) fn of(deployment: &Deployment) -> Self {
        let config = aws_sdk_lambda::config::Builder::from(&deployment.sdk)
            .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(PATIENCE).build())
            .retry_config(RetryConfig::standard().with_max_attempts(CALL_TRIES));
        Self { client: Client::from_conf(config.build()), first_pause: FIRST_PAUSE }
    }

    /// Gives a batch to a function, and goes on where the function stopped, as the stream's poller would. A record
    /// that it does not get past is left behind.
    pub(crate) async fn deliver(&self, function: &str, records: &[Record]) -> Delivered {
        let mut delivered = Delivered::default();
        let (mut at, mut tries, mut left_behind) = (0, 0, 0);
        while at < records.len() {
            let left = &records[at..];
            let reason = match self.give(function, payload(left)).await {
                Ok(None) => break,
                Ok(Some(number)) => {
                    let place = left.iter().position(|record| record.number == number).unwrap_or_default();
                    if place > 0 {
                        (at, tries) = (at + place, 0);
                    }
                    "the function could not deliver it: its log says why".to_owned()
                }
                Err(error) => format!("{error:#}"),
            };
            tries += 1;
            if tries < TRIES {
                tokio::time::sleep(self.first_pause * 2_u32.pow(tries - 1)).await;
                continue;
            }
            left_behind += 1;
            let next = if left_behind <= MOST_LEFT { at + 1 } else { records.len() };
            delivered.left.extend(at..next);
            if !delivered.reasons.contains(&reason) {
                delivered.reasons.push(reason);
            }
            (at, tries) = (next, 0);
        }
        delivered
    }

    /// Gives a batch to a function, and waits. The answer is the sequence number of the first record that is not
    /// finished; `None`: all are.
    async fn give(&self, function: &str, batch: Vec<u8>) -> Result<Option<String>> {
        let invoked = self.client.invoke().function_name(function).payload(Blob::new(batch)).send().await;
        let invoked = invoked.with_context(|| format!("{function} cannot be invoked"))?;
        let answer = invoked.payload().map(|payload| payload.as_ref()).unwrap_or_default();
        if invoked.function_error().is_some() {
            bail!("{function} failed: {}", String::from_utf8_lossy(answer));
        }
        let answer: Answer =
            serde_json::from_slice(answer).with_context(|| format!("unexpected answer of {function}"))?;
        Ok(answer.batch_item_failures.into_iter().next().map(|failure| failure.item_identifier))
    }

    /// The event source mappings of a stream: their ids, and the functions that they invoke.
    pub(crate) async fn mappings(&self, stream: &str) -> Result<Vec<(String, String)>> {
        let pages = self.client.list_event_source_mappings().event_source_arn(stream).into_paginator().send();
        let pages: Vec<_> =
            pages.try_collect().await.context("the mappings of the tables' streams cannot be listed")?;
        let mappings = pages.into_iter().flat_map(|page| page.event_source_mappings.unwrap_or_default());
        Ok(mappings.filter_map(|mapping| Some((mapping.uuid?, mapping.function_arn?))).collect())
    }
}

/// A table's stream.
pub(crate) async fn stream_of(deployment: &Deployment, output: &str) -> Result<String> {
    let table = deployment.output(output)?;
    let client = aws_sdk_dynamodb::Client::new(&deployment.sdk);
    let described = client.describe_table().table_name(table).send().await;
    let described = described.with_context(|| format!("{table} cannot be described"))?;
    let stream = described.table.and_then(|described| described.latest_stream_arn);
    stream.with_context(|| format!("{table} has no stream: the outbox does not work without, deploy again"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use serde_json::{Value, json};
    use ureq::http::{Request, Response};

    use super::*;

    /// What comes of a batch of records 1 to `most` where the function stops at these; and the batches' first records.
    async fn delivered(most: usize, odd: &'static [&'static str]) -> (Delivered, Vec<String>) {
        let given: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&given);
        let client = infallible_client_fn(move |request: Request<SdkBody>| {
            let batch: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            let numbers = batch["Records"].as_array().unwrap().iter();
            let numbers: Vec<_> =
                numbers.map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned()).collect();
            seen.lock().unwrap().push(numbers[0].clone());
            let stops = numbers.iter().find(|number| odd.contains(&number.as_str()));
            let failures: Vec<_> = stops.map(|number| json!({"itemIdentifier": number})).into_iter().collect();
            Response::new(SdkBody::from(json!({"batchItemFailures": failures}).to_string()))
        });
        let sdk = crate::aws::emulator("http://127.0.0.1:9", "us-east-1").into_builder().http_client(client).build();
        let functions = StreamFunctions { client: Client::new(&sdk), first_pause: Duration::ZERO };
        let record = |number| json!({"eventName": "INSERT", "dynamodb": {"SequenceNumber": format!("{number}")}});
        let records: Vec<_> = (1..=most).map(|number| Record::of(&record(number)).unwrap()).collect();
        let delivered = functions.deliver("f", &records).await;
        let given = given.lock().unwrap().clone();
        (delivered, given)
    }

    #[tokio::test]
    async fn what_a_function_does_not_get_past_is_left_behind() {
        assert_eq!(delivered(3, &[]).await, (Delivered::default(), vec!["1".to_owned()]));
        let (first, given) = delivered(3, &["1"]).await;
        assert_eq!((first.left, given), (vec![0], ["1", "1", "1", "1", "2"].map(ToOwned::to_owned).to_vec()));
        // What was finished before it is not given again.
        let (second, given) = delivered(3, &["2"]).await;
        assert_eq!((second.left, given), (vec![1], ["1", "2", "2", "2", "3"].map(ToOwned::to_owned).to_vec()));
        assert_eq!(second.reasons.len(), 1);
    }

    #[tokio::test]
    async fn an_outage_is_not_tried_record_by_record() {
        let (delivered, given) = delivered(9, &["1", "2", "3", "4", "5", "6", "7", "8", "9"]).await;
        assert_eq!((delivered.left, given.len()), ((0..9).collect(), 16));
    }
}
