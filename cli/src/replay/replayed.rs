//! Reading and giving, side by side, and what came of it.

use std::cell::RefCell;
use std::fmt;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::Options;
use super::log::Reading;
use super::record::Records;
use crate::deployment::Deployment;
use crate::progress::Progress;
use crate::stream_batch::{Batch, Delivered, Record, StreamFunctions, stream_of};

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
                match records.insertion(item) {
                    Ok(record) => {
                        if let Some(full) = batch.push(record) {
                            self.give(&full.records).await;
                        }
                    }
                    Err(error) => {
                        let reasons = vec![format!("{error:#}")];
                        self.replayed.borrow_mut().fail(Delivered { left: vec![0], reasons });
                    }
                }
            }
            start = page.next;
            if start.is_none() {
                self.give(&batch.records).await;
                return Ok(());
            }
        }
    }

    async fn give(&self, records: &[Record]) {
        if records.is_empty() {
            return;
        }
        self.replayed.borrow_mut().batches += 1;
        if self.replayed.borrow().dry_run {
            return;
        }
        let delivered = self.functions.deliver(self.function, records).await;
        self.replayed.borrow_mut().fail(delivered);
    }
}

impl Replayed {
    fn fail(&mut self, delivered: Delivered) {
        self.failed += delivered.left.len();
        for reason in delivered.reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
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
