//! `milkrun status`: one look at everything that may need somebody.

mod finding;
mod look;

use std::fmt;
use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;

use self::finding::{Finding, State};
use crate::deployment::{Deployment, Target};
use crate::outcome::Output;

/// Say whether anything needs attention: exit code 3 where something does
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Status {
    environment: String,
    attention: bool,
    findings: Vec<Finding>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let status = options.target.run(async |deployment| Ok(Status::of(deployment).await))?;
    options.output.write(&status, status.attention)
}

impl Status {
    async fn of(deployment: &Deployment) -> Self {
        let findings = vec![
            Finding::of("health", look::health(deployment), deployment),
            Finding::of("events", look::events(deployment).await, deployment),
            Finding::of("alarms", look::alarms(deployment).await, deployment),
            Finding::of("streams", look::streams(deployment).await, deployment),
            Finding::of("dead letters", look::dead_letters(deployment).await, deployment),
            Finding::of("given up", look::given_up(deployment).await, deployment),
            Finding::of("lake errors", look::errors(deployment, "LakeBucket").await, deployment),
            Finding::of("operations log errors", look::errors(deployment, "OperationsLogBucket").await, deployment),
            Finding::of("quarantine", look::quarantine(deployment).await, deployment),
        ];
        Self::new(deployment.name.clone(), findings)
    }

    fn new(environment: String, findings: Vec<Finding>) -> Self {
        Self { environment, attention: findings.iter().any(|finding| finding.state == State::Attention), findings }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.findings.iter().filter(|finding| finding.state == State::Attention).count();
        match count {
            0 => write!(f, "{}: nothing needs attention", self.environment)?,
            _ => write!(f, "{}: {count} of {} need attention", self.environment, self.findings.len())?,
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, state: State, says: &str, details: &[&str]) -> Finding {
        Finding { name, state, says: says.to_owned(), details: details.iter().map(ToString::to_string).collect() }
    }

    #[test]
    fn what_needs_attention_is_counted() {
        let status = Status::new(
            "prod".to_owned(),
            vec![
                finding("health", State::Ok, "version 1", &[]),
                finding("events", State::Unknown, "no metric yet", &[]),
                finding("alarms", State::Attention, "1 of 20 is on", &["RelayLag since 09:30"]),
            ],
        );
        assert!(status.attention);
        insta::assert_snapshot!(status, @r"
        prod: 1 of 3 need attention
        ok         health                 version 1
        unknown    events                 no metric yet
        ATTENTION  alarms                 1 of 20 is on
                                          RelayLag since 09:30
        ");
    }

    #[test]
    fn what_is_unknown_needs_nobody() {
        let status = Status::new("dev".to_owned(), vec![finding("events", State::Unknown, "no metric yet", &[])]);
        assert!(!status.attention && status.to_string().starts_with("dev: nothing needs attention"), "{status}");
    }
}
