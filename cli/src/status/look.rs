//! The places where it shows that something is wrong.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue, Statistic};
use aws_sdk_sqs::types::QueueAttributeName;
use location_event::{Reason, Timestamp};
use serde::Deserialize;

use super::finding::{Look, State};
use crate::deployment::Deployment;

/// The namespace of milkrun's own metrics.
const NAMESPACE: &str = "milkrun";
/// The time that events are counted for.
const RECENTLY: Duration = Duration::from_mins(15);

#[derive(Deserialize)]
struct Health {
    status: String,
    version: String,
}

/// What the read edge says of itself. It asks nobody for a key.
pub(super) fn health(deployment: &Deployment) -> Result<Look> {
    let url = format!("{}/v1/health", deployment.read_edge()?);
    let answer = deployment.http().get(&url, &[], &[])?;
    let Health { status, version } = answer.json()?;
    let state = if status == "ok" { State::Ok } else { State::Attention };
    Ok(Look::new(state, format!("{status}, version {version}")))
}

/// How many events came lately.
pub(super) async fn events(deployment: &Deployment) -> Result<Look> {
    let client = aws_sdk_cloudwatch::Client::new(&deployment.sdk);
    let known = client.list_metrics().namespace(NAMESPACE).metric_name("AcceptedEvents").send().await;
    if known.context("the metrics cannot be listed")?.metrics().is_empty() {
        // Not the same as none: a first event, or CloudWatch itself, may be missing.
        return Ok(Look::new(State::Unknown, "there is no metric of accepted events yet"));
    }
    let now = SystemTime::now();
    let mut counts = Vec::new();
    for (metric, name) in [
        ("AcceptedEvents", "new events"),
        ("DuplicateEvents", "duplicates"),
        ("QuarantinedRequests", "refused requests"),
    ] {
        let statistics = client
            .get_metric_statistics()
            .namespace(NAMESPACE)
            .metric_name(metric)
            .statistics(Statistic::Sum)
            .period(60)
            .start_time(DateTime::from(now - RECENTLY))
            .end_time(DateTime::from(now))
            .send()
            .await;
        let statistics = statistics.with_context(|| format!("the metric {metric} cannot be read"))?;
        let sum: f64 = statistics.datapoints().iter().filter_map(aws_sdk_cloudwatch::types::Datapoint::sum).sum();
        counts.push(format!("{sum:.0} {name}"));
    }
    Ok(Look::new(State::Ok, format!("{} in {} minutes", counts.join(", "), RECENTLY.as_secs() / 60)))
}

/// Alarms that are on.
pub(super) async fn alarms(deployment: &Deployment) -> Result<Look> {
    let client = aws_sdk_cloudwatch::Client::new(&deployment.sdk);
    let pages = client
        .describe_alarms()
        .alarm_name_prefix(prefix(deployment))
        .alarm_types(AlarmType::MetricAlarm)
        .alarm_types(AlarmType::CompositeAlarm)
        .into_paginator()
        .send();
    let pages = pages.try_collect().await.context("the alarms cannot be read")?;
    let (mut total, mut on) = (0, Vec::new());
    let metric = pages.iter().flat_map(|page| page.metric_alarms());
    let metric = metric.map(|alarm| (alarm.alarm_name(), alarm.state_value(), alarm.alarm_description()));
    let composite = pages.iter().flat_map(|page| page.composite_alarms());
    let composite = composite.map(|alarm| (alarm.alarm_name(), alarm.state_value(), alarm.alarm_description()));
    for (name, state, description) in metric.chain(composite) {
        total += 1;
        if state == Some(&StateValue::Alarm) {
            on.push(format!("{}: {}", name.unwrap_or_default(), description.unwrap_or_default()));
        }
    }
    if total == 0 {
        return Ok(Look::new(State::Unknown, "there are no alarms"));
    }
    Ok(Look::none_of(on.len(), format!("{} of {total} on", on.len())).with(on))
}

/// Whether the tables' streams are read.
pub(super) async fn streams(deployment: &Deployment) -> Result<Look> {
    let client = aws_sdk_lambda::Client::new(&deployment.sdk);
    let mappings = client.list_event_source_mappings().into_paginator().items().send();
    let mappings = mappings.try_collect().await.context("the functions' streams cannot be listed")?;
    let ours = format!(":function:{}", prefix(deployment));
    let ours: Vec<_> =
        mappings.iter().filter(|one| one.function_arn().is_some_and(|arn| arn.contains(&ours))).collect();
    let stopped: Vec<_> = ours
        .iter()
        .filter(|mapping| mapping.state() != Some("Enabled"))
        .map(|mapping| {
            let function = mapping.function_arn().and_then(|arn| arn.split(":function:").nth(1)).unwrap_or_default();
            format!("{function} is {}: {}", mapping.state().unwrap_or_default(), mapping.uuid().unwrap_or_default())
        })
        .collect();
    if ours.is_empty() {
        return Ok(Look::new(State::Attention, "no function reads a stream: nothing reaches the lake and the bus"));
    }
    Ok(Look::none_of(stopped.len(), format!("{} of {} read", ours.len() - stopped.len(), ours.len())).with(stopped))
}

/// Messages that nobody could deliver or treat.
pub(super) async fn dead_letters(deployment: &Deployment) -> Result<Look> {
    let client = aws_sdk_sqs::Client::new(&deployment.sdk);
    let urls = client.list_queues().queue_name_prefix(prefix(deployment)).into_paginator().items().send();
    let urls = urls.try_collect().await.context("the queues cannot be listed")?;
    let (mut messages, mut full) = (0, Vec::new());
    for url in urls.iter().filter(|url| url.contains("DeadLetters")) {
        let count = QueueAttributeName::ApproximateNumberOfMessages;
        let known = client.get_queue_attributes().queue_url(url).attribute_names(count.clone()).send().await;
        let known = known.with_context(|| format!("the queue {url} cannot be read"))?;
        let waiting: usize = known.attributes().and_then(|all| all.get(&count)?.parse().ok()).unwrap_or_default();
        if waiting > 0 {
            messages += waiting;
            full.push(format!("{} has {waiting}", url.rsplit('/').next().unwrap_or_default()));
        }
    }
    Ok(Look::none_of(messages, format!("{messages} messages")).with(full))
}

/// Batches of the streams that functions gave up on.
pub(super) async fn given_up(deployment: &Deployment) -> Result<Look> {
    let (count, more) = count(deployment, deployment.output("RelayFailuresBucket")?, "").await?;
    Ok(Look::none_of(count, format!("{count}{more} batches that a function gave up on")))
}

/// Records that Firehose could not convert.
pub(super) async fn errors(deployment: &Deployment, bucket: &str) -> Result<Look> {
    let (count, more) = count(deployment, deployment.output(bucket)?, "errors/").await?;
    Ok(Look::none_of(count, format!("{count}{more} files of records that were not converted")))
}

/// What was refused today. Some always is, so it needs nobody by itself: there is an alarm for too much of it.
pub(super) async fn quarantine(deployment: &Deployment) -> Result<Look> {
    let (bucket, today) = (deployment.output("QuarantineBucket")?, Timestamp::from(SystemTime::now()).date());
    let mut found = Vec::new();
    for reason in Reason::ALL {
        let (count, more) = count(deployment, bucket, &format!("quarantine/{reason}/dt={today}/")).await?;
        if count > 0 {
            found.push(format!("{reason} {count}{more}"));
        }
    }
    let says =
        if found.is_empty() { "nothing was refused today".to_owned() } else { format!("today {}", found.join(", ")) };
    Ok(Look::new(State::Ok, says))
}

/// Objects under a prefix: their number up to 1,000, and a plus where there are more.
async fn count(deployment: &Deployment, bucket: &str, prefix: &str) -> Result<(usize, &'static str)> {
    let page = deployment.s3().list_objects_v2().bucket(bucket).prefix(prefix).send().await;
    let page = page.with_context(|| format!("the bucket {bucket} cannot be listed"))?;
    Ok((page.contents().len(), if page.is_truncated() == Some(true) { "+" } else { "" }))
}

/// What all names that a deployment makes begin with.
fn prefix(deployment: &Deployment) -> String {
    format!("milkrun-{}-", deployment.name)
}
