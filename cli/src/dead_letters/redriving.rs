//! `milkrun dead-letters redrive`: each thing that waits is delivered, then removed.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::listing::{Found, UNKNOWN, objects};
use super::{failures, queue, unconverted};
use crate::deployment::Deployment;
use crate::progress::Progress;
use crate::stream_batch::StreamFunctions;

/// What can be chosen by name.
const SOURCES: [&str; 8] = [
    queue::SOURCE,
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
    /// Their records.
    records: usize,
    /// Messages that were moved back to their queue.
    messages: usize,
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
    if is_chosen(queue::SOURCE, "") {
        redriven.queue(deployment).await?;
    }
    let found: Vec<_> = found.into_iter().filter(|found| is_chosen(found.source, &found.listed.key)).collect();
    let mappings = failures::mappings(deployment, &functions).await?;
    let streams = unconverted::streams(deployment)?;
    let firehose = aws_sdk_firehose::Client::new(&deployment.sdk);
    let mut progress = Progress::new("delivering what waits", found.len());
    // One after the other: what could not be delivered once should not be pressed upon anybody.
    for (done, Found { source, bucket, listed, is_batch }) in found.into_iter().enumerate() {
        progress.reach(done);
        let delivered = async {
            let Some(object) = bucket.get(&listed).await? else { return Ok(None) };
            if dry_run {
                return Ok(Some(0));
            }
            let gone = "whatever read it is not there any more";
            let records = if is_batch {
                let mapping = failures::mapping_of(&mappings, &listed.key).context(gone)?;
                failures::deliver(&functions, mapping, &object.bytes).await?
            } else {
                let stream = unconverted::stream_of(&streams, &bucket, &listed.key).context(gone)?;
                unconverted::deliver(&firehose, stream, &object.bytes).await?
            };
            bucket.delete(&listed).await?;
            anyhow::Ok(Some(records))
        };
        match delivered.await {
            Ok(None) => {}
            Ok(Some(records)) => {
                redriven.objects += 1;
                redriven.records += records;
            }
            Err(error) => redriven.failed.push(Failed { source, key: Some(listed.key), reason: format!("{error:#}") }),
        }
    }
    progress.finish();
    Ok(redriven)
}

impl Redriven {
    async fn queue(&mut self, deployment: &Deployment) -> Result<()> {
        let dead_letters = queue::DeadLetters::of(deployment)?;
        if self.dry_run {
            self.messages = dead_letters.count().await?;
            return Ok(());
        }
        let moved = dead_letters.redrive().await?;
        self.messages = moved.messages;
        let failed = moved.refused.into_iter().map(|reason| Failed { source: queue::SOURCE, key: None, reason });
        self.failed.extend(failed);
        Ok(())
    }

    pub(super) fn has_failed(&self) -> bool {
        !self.failed.is_empty()
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dry_run, objects, records, messages, failed } = self;
        if *dry_run {
            return write!(out, "would deliver {objects} objects, and move {messages} messages back to their queue");
        }
        write!(out, "delivered {objects} objects ({records} records), moved {messages} messages back to their queue")?;
        for Failed { source, key, reason } in failed {
            write!(out, "\nfailed: {source} {}: {reason}", key.as_deref().unwrap_or("message"))?;
        }
        Ok(())
    }
}
