//! Whether the tables' streams are read in time: what a function has not read yet arrives after it was looked for.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Datapoint, Dimension, Statistic};
use location_event::Timestamp;

use super::eraser::Eraser;

const STORE: &str = "streams";
/// What a stream remembers.
const MEMORY: Duration = Duration::from_hours(24);
/// A datapoint of these, and how many of the last say how late a function is.
const PERIOD_S: i32 = 300;
const RECENT: usize = 3;

impl Eraser<'_> {
    /// Leaves word of each function that does not read its stream, or reads it later than `settle`.
    pub(super) async fn streams(&mut self, settle: Duration) -> Result<()> {
        let client = aws_sdk_lambda::Client::new(&self.deployment.sdk);
        let mappings = client.list_event_source_mappings().into_paginator().items().send();
        let mappings = mappings.try_collect().await.context("the functions' streams cannot be listed")?;
        let prefix = format!("milkrun-{}-", self.deployment.name);
        for mapping in mappings {
            let arn = mapping.function_arn().unwrap_or_default();
            // The alias stands behind the name.
            let function = arn.split(":function:").nth(1).and_then(|name| name.split(':').next()).unwrap_or_default();
            if !function.starts_with(&prefix) {
                continue;
            }
            let state = mapping.state().unwrap_or("in no known state");
            if state != "Enabled" {
                let reason =
                    format!("{function}'s mapping is {state}: enable it, and run --check once it has caught up");
                self.leave(STORE, function, &reason);
            } else if let Some(late) = self.late(function, settle).await? {
                self.leave(STORE, function, &late);
            }
        }
        Ok(())
    }

    /// Why a function may still have something of the driver to read.
    async fn late(&self, function: &str, settle: Duration) -> Result<Option<String>> {
        if self.deployment.sdk.endpoint_url().is_some() {
            // An emulator measures no ages.
            return Ok(None);
        }
        let now = SystemTime::now();
        let ages = aws_sdk_cloudwatch::Client::new(&self.deployment.sdk)
            .get_metric_statistics()
            .namespace("AWS/Lambda")
            .metric_name("IteratorAge")
            .dimensions(Dimension::builder().name("FunctionName").value(function).build())
            .statistics(Statistic::Maximum)
            .period(PERIOD_S)
            .start_time(DateTime::from(now - MEMORY))
            .end_time(DateTime::from(now))
            .send()
            .await;
        let age = recent_age(ages.context("the functions' ages cannot be read")?.datapoints());
        let heard = self.newest.is_some_and(|newest| newest >= Timestamp::from(now - MEMORY));
        Ok(lateness(age, heard, settle).map(|late| format!("{function} {late}")))
    }
}

/// The largest of the last ages.
fn recent_age(ages: &[Datapoint]) -> Option<Duration> {
    let mut ages: Vec<_> = ages.iter().collect();
    ages.sort_by_key(|age| std::cmp::Reverse(age.timestamp().map(DateTime::secs)));
    let largest = ages.iter().take(RECENT).filter_map(|age| age.maximum()).reduce(f64::max)?;
    Some(Duration::from_secs_f64(largest.max(0.0) / 1000.0))
}

/// `heard`: the stream may still have something of the driver.
fn lateness(age: Option<Duration>, heard: bool, settle: Duration) -> Option<String> {
    match age {
        Some(age) if age > settle => Some(format!("reads {} s late: run --check once it has caught up", age.as_secs())),
        None if heard => Some("does not say how late it reads: run --check in 24 hours".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ages_count() {
        let age =
            |seconds, maximum| Datapoint::builder().timestamp(DateTime::from_secs(seconds)).maximum(maximum).build();
        let ages = [age(0, 9e6), age(900, 1000.0), age(300, 2000.0), age(600, 500.0)];
        assert_eq!(recent_age(&ages), Some(Duration::from_secs(2)));
        assert_eq!(recent_age(&[]), None);
    }

    #[test]
    fn who_is_late_or_unknown_is_told() {
        let settle = Duration::from_mins(20);
        assert_eq!(lateness(Some(settle), true, settle), None);
        assert!(lateness(Some(Duration::from_hours(6)), false, settle).unwrap().contains("21600 s late"));
        assert!(lateness(None, true, settle).unwrap().contains("24 hours"));
        assert_eq!(lateness(None, false, settle), None, "nothing of the driver is in the stream any more");
    }
}
