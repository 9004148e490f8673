//! `milkrun dead-letters redrive`: each thing that waits is delivered, then removed.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::listing::{Form, Found, UNKNOWN, objects};
use super::{crossings, daily, failures, unconverted};
use crate::deployment::Deployment;
use crate::lambda_failure::FailedBatch;
use crate::progress::Progress;
use crate::stream_batch::StreamFunctions;

/// What can be chosen by name.
const SOURCES: [&str; 9] = [
    crossings::SOURCE,
    daily::SOURCE,
    "relay-events",
    "relay-assignments",
    "aggregator-minutes",
    "lake",
    "assignments-log",
    "updates-log",
    UNKNOWN,
];

/// What became of it.
#[derive(Default, Serialize)]
pub(super) struct Redriven {
    dry_run: bool,
    /// Objects that were delivered, and deleted.
    objects: usize,
    /// Records that were delivered.
    records: usize,
    /// Messages that were moved back to their queue.
    messages: usize,
    /// Messages that asked for a run of aggregator-daily, which was made.
    runs: usize,
    failed: Vec<Failed>,
}

/// What still waits.
#[derive(Serialize)]
struct Failed {
    source: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    reason: String,
}

pub(super) async fn redrive(deployment: &Deployment, chosen: &[String], dry_run: bool) -> Result<Redriven> {
    let functions = StreamFunctions::of(deployment);
    let found = objects(deployment, &functions).await?;
    let known = |name: &String| SOURCES.contains(&name.as_str()) || found.iter().any(|found| &found.listed.key == name);
    if let Some(name) = chosen.iter().find(|name| !known(name)) {
        bail!("{name} is neither a source ({}) nor the key of anything that waits", SOURCES.join(", "));
    }
    let is_chosen = |source: &str, key: &str| {
        chosen.is_empty() || chosen.iter().any(|name| name == source || (!key.is_empty() && name == key))
    };
    let mut redriven = Redriven { dry_run, ..Redriven::default() };
    if is_chosen(crossings::SOURCE, "") {
        redriven.crossings(deployment).await?;
    }
    if is_chosen(daily::SOURCE, "") {
        redriven.daily(deployment).await?;
    }
    let found: Vec<_> = found.into_iter().filter(|found| is_chosen(found.source, &found.listed.key)).collect();
    let firehose = aws_sdk_firehose::Client::new(&deployment.sdk);
    let mut progress = Progress::new("delivering what waits", found.len());
    // One after the other: what could not be delivered once should not be pressed upon anybody.
    for (done, Found { source, bucket, listed, form }) in found.into_iter().enumerate() {
        progress.reach(done);
        let mut records = 0;
        let delivered = async {
            let Some(object) = bucket.get(&listed).await? else { return Ok(false) };
            if dry_run {
                return Ok(true);
            }
            let gone = "whatever read it is not there any more";
            match form {
                Form::Batch(mapping) => {
                    let batch = FailedBatch::read(&object.bytes)?;
                    let given = failures::deliver(&functions, &mapping.context(gone)?, batch).await;
                    records = given.delivered;
                    if let Some((left, reason)) = given.left {
                        // What was delivered is not delivered again next time.
                        if records > 0 && !bucket.replace(&listed, &object, left.write()?).await? {
                            bail!("{reason}; all of them are kept: somebody else has changed the object meanwhile");
                        }
                        bail!(reason);
                    }
                }
                Form::Records(stream) => {
                    records = unconverted::deliver(&firehose, &stream.context(gone)?, &object.bytes).await?;
                }
            }
            bucket.delete(&listed).await?;
            anyhow::Ok(true)
        };
        match delivered.await {
            Ok(is_delivered) => redriven.objects += usize::from(is_delivered),
            Err(error) => redriven.failed.push(Failed { source, key: Some(listed.key), reason: format!("{error:#}") }),
        }
        redriven.records += records;
    }
    progress.finish();
    Ok(redriven)
}

impl Redriven {
    async fn crossings(&mut self, deployment: &Deployment) -> Result<()> {
        let dead_letters = crossings::DeadLetters::of(deployment)?;
        if self.dry_run {
            self.messages = dead_letters.count().await?;
            return Ok(());
        }
        let moved = dead_letters.redrive().await?;
        self.messages = moved.messages;
        let failed = moved.failed.into_iter().map(|reason| Failed { source: crossings::SOURCE, key: None, reason });
        self.failed.extend(failed);
        Ok(())
    }

    async fn daily(&mut self, deployment: &Deployment) -> Result<()> {
        let runs = daily::Runs::of(deployment)?;
        if self.dry_run {
            self.runs = runs.count().await?;
            return Ok(());
        }
        let made = runs.redrive().await?;
        self.runs = made.messages;
        let failed = made.failed.into_iter().map(|reason| Failed { source: daily::SOURCE, key: None, reason });
        self.failed.extend(failed);
        Ok(())
    }

    pub(super) fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dry_run, objects, records, messages, runs, failed } = self;
        if *dry_run {
            return write!(
                out,
                "would deliver {objects} objects, move {messages} messages back to their queue, and make up for {runs} \
                 runs of aggregator-daily"
            );
        }
        write!(
            out,
            "delivered {objects} objects ({records} records), moved {messages} messages back to their queue, made up \
             for {runs} runs of aggregator-daily"
        )?;
        for Failed { source, key, reason } in failed {
            write!(out, "\nfailed: {source} {}: {reason}", key.as_deref().unwrap_or("message"))?;
        }
        Ok(())
    }
}
