//! `milkrun smoke`: whether what is deployed works, from a signed post to an answer of the read edge.

mod steps;

use std::fmt;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Serialize;

use self::steps::Smoke;
use crate::deployment::{Deployment, Target};
use crate::outcome::{DryRun, Output};

/// Check that what is deployed works: post a test event, and read it back
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The version that has to answer, such as v1.2.0-3-g3f2c1ab
    #[arg(long, value_name = "VERSION")]
    expect_version: Option<String>,
    /// How long a fresh deployment may need until each step works
    #[arg(long, value_name = "SECONDS", default_value_t = 90)]
    patience: u64,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Serialize)]
struct Passed {
    environment: String,
    dry_run: bool,
    version: String,
    /// Absent from a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Step {
    name: &'static str,
    took_ms: u128,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let passed = options.target.run(async |deployment| check(deployment, options).await)?;
    options.output.write(&passed, false)
}

async fn check(deployment: &Deployment, options: &Options) -> Result<Passed> {
    let smoke = Smoke::of(deployment, Duration::from_secs(options.patience))?;
    let mut steps = Steps(Vec::new());
    let expected = options.expect_version.as_deref();
    let version = steps.take("health", smoke.health(expected)).await?;
    let mut event_id = None;
    if !options.dry_run.dry_run {
        let key = steps.take("API key", smoke.key()).await?;
        let event = steps.take("post", smoke.post()).await?;
        steps.take("read by driver", smoke.read_by_driver(&key, &event)).await?;
        steps.take("read by order", smoke.read_by_order(&key, &event)).await?;
        steps.take("repeat", smoke.repeat(&event)).await?;
        event_id = Some(event.id);
    }
    Ok(Passed { environment: deployment.name.clone(), dry_run: event_id.is_none(), version, event_id, steps: steps.0 })
}

/// What has worked, with its time.
struct Steps(Vec<Step>);

impl Steps {
    async fn take<T>(&mut self, name: &'static str, step: impl Future<Output = Result<T>>) -> Result<T> {
        let started = Instant::now();
        let result = step.await.with_context(|| format!("the smoke test failed at {name}"))?;
        let took_ms = started.elapsed().as_millis();
        // What cannot be shown is not worth failing for.
        let _ = writeln!(std::io::stderr(), "{name}: ok in {took_ms} ms");
        self.0.push(Step { name, took_ms });
        Ok(result)
    }
}

impl fmt::Display for Passed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { environment, version, event_id, .. } = self;
        match event_id {
            Some(id) => {
                write!(f, "{environment} works: version {version}, event {id} was stored, found and known again")
            }
            None => {
                write!(f, "dry run: {environment} answers, version {version}; a test event would be posted and read")
            }
        }
    }
}
