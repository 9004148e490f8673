//! Reading and giving, side by side, and what came of it.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::Options;
use super::log::Reading;
use super::record::{Batch, Record, Records, payload};
use crate::deployment::Deployment;
use crate::progress::Progress;
use crate::stream_batch::{StreamFunctions, stream_of};

/// Tries of a batch that does not get further, with pauses between them.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Records of a batch that are left behind one by one before all that follow are: an outage is no odd record.
const MOST_LEFT: usize = 3;

/// What was replayed.
#[derive(Default, Serialize)]
pub(super) struct Replayed {
    dry_run: bool,
    from: String,
    to: String,
    /// By which clock.
    clock: &'static str,
    into: &'static str,
    /// Items of the log that were read.
    read: usize,
    /// Those of the period.
    events: usize,
    batches: usize,
    /// Events that could not be delivered.
    failed: usize,
    /// Why, each reason once.
    reasons: Vec<String>,
}

struct Replay<'a> {
    functions: StreamFunctions,
    function: &'a str,
    reading: Reading,
    stream: String,
    replayed: RefCell<Replayed>,
    progress: RefCell<Progress>,
}

pub(super) async fn replay(deployment: &Deployment, options: &Options) -> Result<Replayed> {
    let reading = Reading {
        client: aws_sdk_dynamodb::Client::new(&deployment.sdk),
        table: deployment.output("EventsTable")?.to_owned(),
        from: options.from,
        to: options.to,
        driver: options.driver.clone(),
        parts: if options.driver.is_some() { 1 } else { options.at_once },
    };
    let replay = Replay {
        functions: StreamFunctions::of(deployment),
        function: deployment.output(options.into.output())?,
        stream: stream_of(deployment, "EventsTable").await?,
        progress: Progress::new("reading the log", reading.estimate().await?.unwrap_or_default()).into(),
        replayed: RefCell::new(Replayed {
            dry_run: options.try_out.dry_run,
            from: options.from.to_string(),
            to: options.to.to_string(),
            clock: "received_at",
            into: match options.into {
                super::Destination::LakeAndBus => "lake-and-bus",
                super::Destination::Minutes => "minutes",
            },
            ..Replayed::default()
        }),
        reading,
    };
    let parts = stream::iter(0..replay.reading.parts).map(|part| replay.part(part));
    parts.buffer_unordered(options.at_once.into()).try_collect::<()>().await?;
    replay.progress.borrow().finish();
    Ok(replay.replayed.into_inner())
}

impl Replay<'_> {
    /// Reads a part of the log, and gives each batch as soon as it is full.
    async fn part(&self, part: u8) -> Result<()> {
        let (mut batch, mut records) = (Batch::default(), Records::of(self.stream.clone()));
        let mut start = None;
        loop {
            let page = self.reading.page(part, start).await?;
            let read = {
                let mut replayed = self.replayed.borrow_mut();
                replayed.read += page.read;
                replayed.events += page.items.len();
                replayed.read
            };
            self.progress.borrow_mut().reach(read);
            for item in page.items {
                if let Some(full) = batch.push(records.insertion(item)?) {
                    self.give(&full.records).await;
                }
            }
            start = page.next;
            if start.is_none() {
                self.give(&batch.records).await;
                return Ok(());
            }
        }
    }

    /// Gives a batch, and goes on where the function stopped, as the stream's poller would.
    async fn give(&self, mut left: &[Record]) {
        if left.is_empty() {
            return;
        }
        self.replayed.borrow_mut().batches += 1;
        if self.replayed.borrow().dry_run {
            return;
        }
        let (mut tries, mut left_behind) = (0, 0);
        while !left.is_empty() {
            let reason = match self.functions.give(self.function, payload(left)).await {
                Ok(None) => return,
                Ok(Some(number)) => {
                    let place = left.iter().position(|record| record.number == number).unwrap_or_default();
                    if place > 0 {
                        (left, tries) = (&left[place..], 0);
                    }
                    "the function could not deliver it: its log says why".to_owned()
                }
                Err(error) => format!("{error:#}"),
            };
            tries += 1;
            if tries < TRIES {
                tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1)).await;
                continue;
            }
            left_behind += 1;
            let skipped = if left_behind <= MOST_LEFT { 1 } else { left.len() };
            self.replayed.borrow_mut().fail(skipped, reason);
            (left, tries) = (&left[skipped..], 0);
        }
    }
}

impl Replayed {
    fn fail(&mut self, events: usize, reason: String) {
        self.failed += events;
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed > 0
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dry_run, from, to, clock, into, read, events, batches, failed, reasons } = self;
        let done = if *dry_run { "would replay" } else { "replayed" };
        write!(
            out,
            "{done} {} events in {batches} batches into {into}: those of {read} in the log that were received from \
             {from} on and before {to} ({clock})",
            events - failed
        )?;
        for reason in reasons {
            write!(out, "\nfailed: {failed} events: {reason}")?;
        }
        Ok(())
    }
}
