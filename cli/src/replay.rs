//! `milkrun replay`: events of the log once more through the functions that its stream feeds, as if they were new.
//!
//! Readers tell repeats by the event's key; the lake's view has each event once; a minute is computed from the log.

mod log;
mod record;
mod replayed;

use std::process::ExitCode;

use anyhow::{Result, bail};
use location_event::Timestamp;

use crate::deployment::Target;
use crate::outcome::{DryRun, Output};

/// Have events of the log delivered again: into the lake and to the bus, or into drivers' minutes
///
/// Reads the whole log, in parts at once, unless a driver is named; exit code 3 if some could not be delivered.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    try_out: DryRun,
    /// Events received from this time on, by our clock (`received_at`), such as 2026-11-20T09:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Timestamp,
    /// Events received before this time
    #[arg(long, value_name = "TIME")]
    to: Timestamp,
    /// Where to
    #[arg(long, value_enum, default_value = "lake-and-bus")]
    into: Destination,
    /// Only this driver's
    #[arg(long, value_name = "ID")]
    driver: Option<String>,
    /// Batches that are under way at once, and parts in which the log is read
    #[arg(long, value_name = "NUMBER", default_value = "4", value_parser = clap::value_parser!(u8).range(1..=64))]
    at_once: u8,
}

/// Which of the stream's functions gets the events.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Destination {
    /// Through relay: Firehose to the lake, and what others wait for to the bus
    LakeAndBus,
    /// Through aggregator-minutes
    Minutes,
}

impl Destination {
    /// The stacks' name of the function.
    fn output(self) -> &'static str {
        match self {
            Self::LakeAndBus => "RelayFunction",
            Self::Minutes => "AggregatorMinutesFunction",
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    if options.from >= options.to {
        bail!("--from must be before --to: events are replayed from the one on and before the other");
    }
    let replayed = options.target.run(async |deployment| replayed::replay(deployment, options).await)?;
    options.output.write(&replayed, replayed.has_failed())
}
