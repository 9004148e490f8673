//! A call: the days that it asks for, one after the other.

use std::time::{Duration, SystemTime};

use aggregates_table::Aggregates;
use aggregation::day::State;
use daily_report::Stamp;
use jiff::civil::Date;
use lambda_boot::SdkConfig;
use lambda_runtime::Diagnostic;
use location_event::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::Config;
use crate::athena::Athena;
use crate::bus::Bus;
use crate::days::{Computed, DayError, Days};
use crate::quarantine::Quarantine;
use crate::report::Reports;
use crate::request::{RequestError, Wanted, wanted};

/// Everything that a call needs, made once.
#[derive(Clone, Debug)]
pub struct Handler {
    config: Config,
    days: Days,
}

/// What a call answers: `{"days":[{"date":"2026-11-20","revision":3,"changed":true,…}]}`, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    days: Vec<AnswerDay>,
}

/// One day of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct AnswerDay {
    date: String,
    revision: u64,
    changed: bool,
    published: bool,
    events: u64,
    scanned_bytes: u64,
}

/// A call that did not do all that it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing was done.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Some days failed; all others are done.
    #[error("{} of {asked} days failed: {}", .failed.len(), list(.failed))]
    Days {
        /// How many were asked for.
        asked: usize,
        /// Which failed.
        failed: Vec<(Date, DayError)>,
    },
}

impl From<RunError> for Diagnostic {
    /// What whoever called is told, and Lambda logs.
    fn from(error: RunError) -> Self {
        let error_type = match error {
            RunError::Request(_) => "InvalidRequest",
            RunError::Days { .. } => "DaysFailed",
        };
        Self { error_type: error_type.to_owned(), error_message: error.to_string() }
    }
}

impl Handler {
    /// The function upon these services.
    pub fn new(sdk: &SdkConfig, config: Config) -> Self {
        let s3 = aws_sdk_s3::Client::new(sdk);
        let (workgroup, database) = (config.athena_workgroup.clone(), config.glue_database.clone());
        let days = Days {
            athena: Athena::new(aws_sdk_athena::Client::new(sdk), workgroup, database),
            quarantine: Quarantine::new(s3.clone(), config.quarantine_bucket.clone()),
            aggregates: Aggregates::new(aws_sdk_dynamodb::Client::new(sdk), config.aggregates_table.clone()),
            bus: Bus::new(aws_sdk_eventbridge::Client::new(sdk), config.bus_name.clone()),
            reports: config.reports_bucket.clone().map(|bucket| Reports::new(s3, bucket)),
        };
        Self { config, days }
    }

    /// Computes the days that the payload asks for. `time` is how long all of them may wait for the lake and the
    /// quarantine.
    pub async fn handle(&self, payload: &Value, now: SystemTime, time: Duration) -> Result<Answer, RunError> {
        let now = Timestamp::from(now);
        let end = Instant::now() + time;
        let days = wanted(payload, &self.config, now)?;
        let asked = days.len();
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for (index, day) in (0..).zip(&days) {
            // Those that are to come must have their share.
            let time = end.saturating_duration_since(Instant::now()) / (asked - index).try_into().unwrap_or(u32::MAX);
            match self.day(day, now, Instant::now() + time).await {
                Ok(day) => done.push(day),
                Err(error) => {
                    let date = day.day.date();
                    tracing::error!(day.date = %date, error = lambda_boot::with_causes(&error), "day failed");
                    failed.push((date, error));
                }
            }
        }
        if failed.is_empty() { Ok(Answer { days: done }) } else { Err(RunError::Days { asked, failed }) }
    }

    async fn day(&self, wanted: &Wanted, now: Timestamp, end: Instant) -> Result<AnswerDay, DayError> {
        let start = Instant::now();
        let computed = self.days.compute(wanted, now, end).await?;
        let Computed { numbers, revision, changed, published, scanned_bytes, query_time } = computed;
        let days_ago = (self.config.time_zone.today(now) - wanted.day.date()).get_days();
        let state = State::of(days_ago, self.config.late_days);
        self.days.report(&numbers, &Stamp { state, revision, computed_at: now.to_string() }).await?;
        tracing::info!(
            day.date = numbers.date,
            day.revision = revision,
            day.changed = changed,
            day.published = published,
            day.events = numbers.events.total,
            day.drivers = numbers.drivers.len(),
            day.geofences = numbers.geofences.len(),
            query.scanned_bytes = scanned_bytes,
            query.duration_ms = milliseconds(query_time),
            duration_ms = milliseconds(start.elapsed()),
            "day computed"
        );
        let events = numbers.events.total;
        Ok(AnswerDay { date: numbers.date, revision, changed, published, events, scanned_bytes })
    }
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

fn list(failed: &[(Date, DayError)]) -> String {
    failed.iter().map(|(date, error)| format!("{date} ({error})")).collect::<Vec<_>>().join(", ")
}
