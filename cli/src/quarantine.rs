//! `milkrun quarantine`: what was refused, and its way into the log once it is not any more.

mod bucket;
mod list;
mod record;
mod replay;
mod verdict;

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use jiff::civil::Date;
use location_event::Reason;

use crate::date::date;
use crate::deployment::Target;
use crate::outcome::{DryRun, Output};

/// List, show and replay requests that were refused
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Say what was refused, when and why; never the requests themselves
    List {
        #[command(flatten)]
        filter: Filter,
        /// How many to describe, the newest first; all are counted
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
    },
    /// Show one, whole; it holds positions: keep it off chat and tickets
    Show {
        /// The object's key, as `list` shows it
        key: String,
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
    },
    /// Send again what would be accepted now, and delete what the log then has
    #[command(group = clap::ArgGroup::new("which").required(true).multiple(true).args(["keys", "reason", "from", "to", "all"]))]
    Replay {
        /// Objects' keys, as `list` shows them
        #[arg(value_name = "KEY", conflicts_with_all = ["reason", "from", "to", "all"])]
        keys: Vec<String>,
        #[command(flatten)]
        filter: Filter,
        /// Everything in the quarantine
        #[arg(long)]
        all: bool,
        /// Send also what this version of the tool would refuse: where what is deployed is newer
        #[arg(long)]
        unchecked: bool,
        #[command(flatten)]
        target: Target,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        dry_run: DryRun,
    },
}

/// Which of them.
#[derive(clap::Args)]
struct Filter {
    /// Only what was refused for this reason, such as `recorded_at_in_future`
    #[arg(long, value_parser = reason)]
    reason: Option<Reason>,
    /// Only what arrived on this day (UTC) or later, such as 2026-11-20
    #[arg(long, value_name = "DATE", value_parser = date)]
    from: Option<Date>,
    /// Only what arrived on this day (UTC) or before
    #[arg(long, value_name = "DATE", value_parser = date)]
    to: Option<Date>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    match &options.command {
        Command::List { filter, limit, target, output } => {
            let listed = target.run(async |deployment| list::list(&bucket::of(deployment)?, filter, *limit).await)?;
            output.write(&listed, false)
        }
        Command::Show { key, target, output } => {
            let record = target.run(async |deployment| {
                let record = bucket::read(&bucket::of(deployment)?, key).await?;
                record.with_context(|| format!("the quarantine has no {key}: it was replayed, or has expired"))
            })?;
            output.write(&record, false)
        }
        Command::Replay { keys, filter, unchecked, target, output, dry_run, all: _ } => {
            let replayed = target.run(async |deployment| {
                let bucket = bucket::of(deployment)?;
                let objects = if keys.is_empty() { bucket::find(&bucket, filter).await? } else { bucket::named(keys)? };
                replay::replay(deployment, &bucket, objects, *unchecked, dry_run.dry_run).await
            })?;
            let code = output.write(&replayed, !replayed.is_complete())?;
            match replayed.stopped {
                Some(why) => bail!(why),
                None => Ok(code),
            }
        }
    }
}

fn reason(code: &str) -> Result<Reason, String> {
    let known = || Reason::ALL.map(Reason::code).join(", ");
    Reason::ALL.into_iter().find(|reason| reason.code() == code).ok_or_else(|| format!("the reasons are {}", known()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        _options: Options,
    }

    fn parse(arguments: &[&str]) -> Result<(), String> {
        let line = Line::try_parse_from([&["quarantine"], arguments].concat());
        line.map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_replay_says_of_what() {
        for good in
            [&["replay", "--all"][..], &["replay", "a", "b"], &["replay", "--reason", "not_json", "--to", "2026-11-20"]]
        {
            assert_eq!(parse(good), Ok(()));
        }
        for bad in
            [&["replay"][..], &["replay", "--dry-run"], &["replay", "a", "--all"], &["replay", "--from", "today"]]
        {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        assert!(parse(&["list", "--reason", "no_reason"]).unwrap_err().contains("latitude_out_of_range"));
    }
}
