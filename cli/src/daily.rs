//! `milkrun daily`: has days' numbers computed now, instead of by their schedule.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_types::SdkConfig;
use indicatif::{HumanBytes, HumanCount};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::date::date;
use crate::deployment::Target;
use crate::outcome::Output;

/// The function stops itself before, with an error that says more.
pub(crate) const PATIENCE: Duration = Duration::from_mins(16);

/// Have the numbers of days computed now from what is in the lake
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
    /// The day, such as 2026-11-20; may be given several times [default: those that late events may still change]
    #[arg(long = "date", value_name = "DATE", value_parser = date)]
    dates: Vec<Date>,
}

/// A day whose numbers were computed.
#[derive(Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Computed {
    pub(crate) date: String,
    /// How often its numbers have changed, 1 at first.
    revision: u64,
    /// Whether they changed now.
    changed: bool,
    /// Whether the bus was told now.
    published: bool,
    events: u64,
    /// What Athena bills.
    scanned_bytes: u64,
}

/// What the function answers. Its text is a table.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Answer {
    pub(crate) days: Vec<Computed>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let answer = options.target.run(async |deployment| {
        compute(&deployment.sdk, deployment.output("AggregatorDailyFunction")?, &options.dates).await
    })?;
    options.output.write(&answer, false)
}

/// Has the function of this name compute these days, or without any those that late events may still change.
/// Oldest first.
pub(crate) async fn compute(sdk: &SdkConfig, name: &str, dates: &[Date]) -> Result<Answer> {
    run_with(sdk, name, &payload(dates)).await
}

/// Has the function of this name do what a payload asks for.
pub(crate) async fn run_with(sdk: &SdkConfig, name: &str, payload: &Value) -> Result<Answer> {
    let config = aws_sdk_lambda::config::Builder::from(sdk)
        // Both: of what is not said here, the SDK keeps what all its clients have.
        .timeout_config(TimeoutConfig::builder().read_timeout(PATIENCE).operation_attempt_timeout(PATIENCE).build())
        // A second try would compute everything a second time.
        .retry_config(RetryConfig::disabled());
    let invoked = Client::from_conf(config.build())
        .invoke()
        .function_name(name)
        .payload(Blob::new(payload.to_string()))
        .send()
        .await
        .with_context(|| format!("{name} cannot be invoked"))?;
    let answer = invoked.payload().map(|payload| payload.as_ref()).unwrap_or_default();
    if invoked.function_error().is_some() {
        bail!("{name} failed: {}", reason(answer));
    }
    serde_json::from_slice(answer).with_context(|| format!("unexpected answer of {name}"))
}

fn payload(dates: &[Date]) -> Value {
    if dates.is_empty() {
        return json!({});
    }
    json!({"dates": dates.iter().map(|date| date.to_string()).collect::<Vec<_>>()})
}

/// What the function says went wrong.
fn reason(answer: &[u8]) -> String {
    let error: Option<Value> = serde_json::from_slice(answer).ok();
    let message = error.as_ref().and_then(|error| error.get("errorMessage")?.as_str());
    message.map_or_else(|| String::from_utf8_lossy(answer).into_owned(), ToOwned::to_owned)
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<10}  {:>8}  {:>11}  {:>11}  numbers", "date", "revision", "events", "scanned")?;
        for Computed { date, revision, changed, published, events, scanned_bytes } in &self.days {
            let (events, scanned) = (HumanCount(*events).to_string(), HumanBytes(*scanned_bytes).to_string());
            let numbers = if *changed { "changed" } else { "as before" };
            let told = if *published { ", published" } else { "" };
            write!(f, "\n{date:<10}  {revision:>8}  {events:>11}  {scanned:>11}  {numbers}{told}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::{Arc, Mutex};

    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use ureq::http;

    use super::*;
    use crate::environment::tests::unreachable;

    const DAYS: &str = r#"{"days": [
        {"date": "2026-11-19", "revision": 1, "changed": false, "published": false, "events": 0, "scanned_bytes": 0},
        {"date": "2026-11-20", "revision": 3, "changed": true, "published": true, "events": 267030,
         "scanned_bytes": 12582912}]}"#;

    /// What was asked of a function that answers so, and what came of it.
    async fn ask(dates: &[&str], error: Option<&str>, answer: &str) -> (String, Result<Answer>) {
        let dates: Vec<_> = dates.iter().map(|date| date.parse().unwrap()).collect();
        let asked: Arc<Mutex<String>> = Arc::default();
        let (seen, error, answer) = (Arc::clone(&asked), error.map(ToOwned::to_owned), answer.to_owned());
        let client = infallible_client_fn(move |request: http::Request<SdkBody>| {
            let body = String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned();
            *seen.lock().unwrap() = format!("{} {body}", request.uri().path());
            let mut response = http::Response::new(SdkBody::from(answer.as_str()));
            if let Some(error) = &error {
                response.headers_mut().insert("X-Amz-Function-Error", error.parse().unwrap());
            }
            response
        });
        let environment = unreachable();
        let sdk = environment.aws().into_builder().http_client(client).build();
        let computed = compute(&sdk, &environment.aggregator_daily_function, &dates).await;
        let asked = asked.lock().unwrap().clone();
        (asked, computed)
    }

    #[tokio::test]
    async fn days_are_asked_for_by_date() {
        let (asked, days) = ask(&[], None, DAYS).await;
        assert_eq!((asked.as_str(), days.unwrap().days.len()), ("/2015-03-31/functions/daily/invocations {}", 2));
        let (asked, _) = ask(&["2026-11-20", "2026-11-01"], None, DAYS).await;
        assert!(asked.ends_with(r#" {"dates":["2026-11-20","2026-11-01"]}"#), "{asked}");
    }

    #[tokio::test]
    async fn what_came_of_each_day_is_a_line() {
        assert_eq!(
            ask(&[], None, DAYS).await.1.unwrap().to_string(),
            "date        revision       events      scanned  numbers\n\
             2026-11-19         1            0          0 B  as before\n\
             2026-11-20         3      267,030    12.00 MiB  changed, published"
        );
    }

    #[tokio::test]
    async fn the_functions_own_words_are_shown() {
        let failed =
            r#"{"errorType": "RunError", "errorMessage": "2026-11-21 has not begun: in UTC it is 2026-11-20"}"#;
        let error = ask(&["2026-11-21"], Some("Unhandled"), failed).await.1.unwrap_err();
        assert_eq!(error.to_string(), "daily failed: 2026-11-21 has not begun: in UTC it is 2026-11-20");
        let error = unreachable().explain(&error).to_string();
        assert!(error.contains("`make logs` shows what the functions say"), "{error}");
        let error = ask(&[], Some("Unhandled"), "killed").await.1.unwrap_err();
        assert_eq!(error.to_string(), "daily failed: killed");
    }

    #[test]
    fn without_a_milkrun_it_says_make_up() {
        let environment = unreachable();
        let error = environment.wait(compute(&environment.aws(), "daily", &[])).err().unwrap();
        assert!(error.to_string().ends_with("run `make up` first"), "{error:#}");
    }
}
