//! A batch of a table's stream, given to a function as the stream's poller would: how what it gave up is delivered
//! after all, and how what is long delivered is delivered again.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use serde::Deserialize;

use crate::deployment::Deployment;

/// The functions stop themselves before, with an answer that says more.
const PATIENCE: Duration = Duration::from_secs(90);
/// Tries of a throttled call, the SDK's pauses between them.
const TRIES: u32 = 8;

/// Whom batches are given to.
#[derive(Clone, Debug)]
pub(crate) struct StreamFunctions(Client);

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
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES));
        Self(Client::from_conf(config.build()))
    }

    /// Gives a batch to a function, and waits. The answer is the sequence number of the first record that is not
    /// finished; `None`: all are.
    pub(crate) async fn give(&self, function: &str, batch: Vec<u8>) -> Result<Option<String>> {
        let invoked = self.0.invoke().function_name(function).payload(Blob::new(batch)).send().await;
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
        let pages = self.0.list_event_source_mappings().event_source_arn(stream).into_paginator().send();
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
