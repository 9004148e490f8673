//! `milkrun dead-letters`: what was given up on the way to lake, bus, minutes and subscribers, and waits for a person.

mod crossings;
mod daily;
mod delivery;
mod failures;
mod listing;
mod queue;
mod redriving;
mod unconverted;

use std::process::ExitCode;

use anyhow::Result;

use crate::deployment::Target;
use crate::outcome::{DryRun, Output};

/// List what was given up on the way to lake, bus, minutes and subscribers, and deliver it after all
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Show what waits, by source; exit code 3 if anything does
    List {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
    },
    /// Deliver it after all, and remove what was delivered; exit code 3 if some could not be
    ///
    /// Remove the cause first. Nothing is lost by doing it twice: readers tell repeats by the event's key.
    Redrive {
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        try_out: DryRun,
        /// Sources or keys of objects, as `list` shows them [default: all sources]
        #[arg(value_name = "SOURCE|KEY")]
        chosen: Vec<String>,
    },
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    match &options.command {
        Command::List { target, output } => {
            let listing = target.run(async |deployment| listing::list(deployment).await)?;
            output.write(&listing, !listing.is_empty())
        }
        Command::Redrive { target, output, try_out, chosen } => {
            let redriven =
                target.run(async |deployment| redriving::redrive(deployment, chosen, try_out.dry_run).await)?;
            output.write(&redriven, redriven.has_failed())
        }
    }
}
