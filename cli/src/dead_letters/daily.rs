//! aggregator-daily's dead-letter queue: runs that its schedule could not start, and runs that failed.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_sqs::types::Message;
use serde_json::Value;

use super::delivery::Waiting;
use super::queue::{Queue, error_code};
use crate::daily;
use crate::deployment::Deployment;

/// What the queue's messages are called here.
pub(super) const SOURCE: &str = "aggregator-daily";
const RUNBOOK: &str = "docs/runbooks/schedule-dead-letters.md";
/// What a run can be asked for.
const ASKED: [&str; 3] = ["date", "dates", "late_days"];
/// Messages that are deleted at once.
const MOST_DELETED: usize = 10;

pub(super) struct Runs<'a> {
    queue: Queue,
    deployment: &'a Deployment,
}

/// What became of the queue's messages.
#[derive(Default)]
pub(super) struct Made {
    pub(super) messages: usize,
    pub(super) failed: Vec<String>,
}

impl<'a> Runs<'a> {
    pub(super) fn of(deployment: &'a Deployment) -> Result<Self> {
        Ok(Self { queue: Queue::of(deployment, "AggregatorDailyDeadLettersUrl")?, deployment })
    }

    pub(super) async fn count(&self) -> Result<usize> {
        self.queue.count().await
    }

    pub(super) async fn describe(&self) -> Result<Option<Waiting>> {
        let waiting = self.queue.describe(SOURCE, condition).await?;
        Ok(waiting.map(|waiting| {
            let hint = format!("the next run computes the same days; now: `milkrun daily`, or redrive; {RUNBOOK}");
            Waiting { condition: format!("{}; {hint}", waiting.condition), ..waiting }
        }))
    }

    /// Has the runs made, each that asks for the same once, and deletes their messages.
    pub(super) async fn redrive(&self) -> Result<Made> {
        let mut made = Made::default();
        // None of them must come again before the end.
        let out_of_sight = i32::try_from(daily::PATIENCE.as_secs() * 2)?;
        let (mut runs, mut others) = (BTreeMap::<String, (Value, Vec<Message>)>::new(), Vec::new());
        loop {
            let messages = self.queue.receive(Some(out_of_sight)).await?;
            if messages.is_empty() {
                break;
            }
            for message in messages {
                if let Some(payload) = asked(message.body().unwrap_or_default()) {
                    let (_, of_this) = runs.entry(payload.to_string()).or_insert_with(|| (payload, Vec::new()));
                    of_this.push(message);
                } else {
                    others.push(message);
                }
            }
        }
        if !others.is_empty() {
            let count = others.len();
            made.failed.push(format!("{count} messages do not say what was to be run: see {RUNBOOK}"));
        }
        let name = self.deployment.output("AggregatorDailyFunction")?;
        for (payload, messages) in runs.into_values() {
            if let Err(error) = daily::run_with(&self.deployment.sdk, name, &payload).await {
                made.failed.push(format!("{error:#}"));
                others.extend(messages);
                continue;
            }
            for messages in messages.chunks(MOST_DELETED) {
                let kept = self.queue.delete(&messages.iter().collect::<Vec<_>>()).await?;
                made.messages += messages.len() - kept.len();
                made.failed.extend(kept.into_iter().map(|why| format!("run, but not deleted: {why}")));
            }
        }
        for message in others {
            let show = self.queue.client.change_message_visibility().queue_url(&self.queue.url).visibility_timeout(0);
            let shown = show.set_receipt_handle(message.receipt_handle).send().await;
            shown.context("a message cannot be given back")?;
        }
        Ok(made)
    }
}

/// What a run was asked for: in what Lambda writes about one that failed, or as Scheduler would have said it.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>
fn asked(body: &str) -> Option<Value> {
    let mut body: Value = serde_json::from_str(body).ok()?;
    let asked = match body.get_mut("requestPayload").map(Value::take) {
        Some(payload) => payload,
        None => body,
    };
    let is_known = asked.as_object()?.keys().all(|name| ASKED.contains(&name.as_str()));
    is_known.then_some(asked)
}

/// Why a message is here.
fn condition(message: &Message) -> String {
    if let Some(code) = error_code(message) {
        return format!("never started: {code}");
    }
    let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or_default();
    let condition = body["requestContext"]["condition"].as_str();
    condition.map_or_else(|| "not known".to_owned(), |condition| format!("the run failed: {condition}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_asked_for_is_found_in_both_forms() {
        let lambda = json!({
            "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": {"late_days": 0},
            "responsePayload": {"errorMessage": "no"},
        });
        assert_eq!(asked(&lambda.to_string()), Some(json!({"late_days": 0})));
        assert_eq!(asked("{}"), Some(json!({})));
        assert_eq!(asked(r#"{"dates":["2026-11-20"]}"#), Some(json!({"dates": ["2026-11-20"]})));
        for odd in [r#"{"requestPayload":null}"#, r#"{"detail":{}}"#, "[]", "nonsense", ""] {
            assert_eq!(asked(odd), None, "{odd}");
        }
    }

    #[test]
    fn why_a_message_is_here_is_told() {
        let told = |body: &str| condition(&Message::builder().body(body).build());
        assert_eq!(told(r#"{"requestContext":{"condition":"RetriesExhausted"}}"#), "the run failed: RetriesExhausted");
        assert_eq!(told("nonsense"), "not known");
    }
}
