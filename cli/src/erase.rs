//! `milkrun erase`: removes a driver from every store, says what was removed, and looks whether anything is left.
//!
//! The order matters: the day's lists and plans before the table that is written from them, the log before what is
//! derived from it, the lake before the days that are computed from it. What was under way when the log was emptied
//! arrives later, so that everything is gone through again once it has.

mod days;
mod dispatch;
mod eraser;
mod judged;
mod names;
mod parquet;
mod queues;
mod receipt;
mod tables;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::deployment::{Deployment, Target};
use crate::outcome::{DryRun, Output};
use eraser::{Eraser, Mode};
use names::Names;
use receipt::Receipt;

/// Remove a driver from every store, and write a receipt
///
/// Nobody may send for the driver any more, or it begins anew. Reads every file of the lake; exit code 3 if anything
/// is left. Doing it again does no harm.
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    try_out: DryRun,
    /// The driver's id, as events have it (`driver_id`)
    #[arg(long, value_name = "ID")]
    driver: String,
    /// Another id of the driver, besides those that its events have; may be given several times
    #[arg(long = "name", value_name = "ID")]
    names: Vec<String>,
    /// Not the driver's, although its events have it: an id or a device that others share
    #[arg(long = "not-name", value_name = "ID")]
    not_names: Vec<String>,
    /// Only look whether anything is left
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Seconds until all that was stored has arrived everywhere: Firehose waits up to 15 minutes for more
    #[arg(long, value_name = "SECONDS", default_value = "1200")]
    settle: u64,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let changes = !options.check && !options.try_out.dry_run;
    if changes && !options.yes {
        confirm(&options.driver)?;
    }
    let receipt = options.target.run(async |deployment| erase(deployment, options).await)?;
    options.output.write(&receipt, receipt.needs_attention())
}

fn confirm(driver: &str) -> Result<()> {
    let (input, mut prompt) = (io::stdin(), io::stderr());
    if !input.is_terminal() {
        bail!("there is no terminal to ask at: add --yes to erase, or --dry-run to see what would be");
    }
    write!(prompt, "This cannot be undone. The driver's id again: ").and_then(|()| prompt.flush())?;
    let mut line = String::new();
    input.read_line(&mut line).context("the answer cannot be read")?;
    ensure!(line.trim_end_matches(['\r', '\n']) == driver, "that is not the same id: nothing was erased");
    Ok(())
}

async fn erase(deployment: &Deployment, options: &Options) -> Result<Receipt> {
    let names = Names::new(&options.driver, &options.names, &options.not_names);
    let mode = match (options.check, options.try_out.dry_run) {
        (true, _) => Mode::Search,
        (_, true) => Mode::Count,
        _ => Mode::Remove,
    };
    let mut receipt = Receipt::begin(&deployment.name, &options.driver, mode);
    let mut eraser = Eraser::new(deployment, names);
    eraser.learn().await?;
    if mode == Mode::Remove {
        let removed = remove(&mut eraser, Duration::from_secs(options.settle)).await;
        let names: Vec<_> = eraser.names.further().iter().map(|name| format!(" --name {name}")).collect();
        receipt.waited_s = removed
            .with_context(|| format!("not everything is erased: run it again, with --yes{}", names.concat()))?
            .as_secs();
        eraser.pass(Mode::Search).await?;
    } else {
        eraser.pass(mode).await?;
    }
    receipt.end(eraser);
    Ok(receipt)
}

/// Removes everything, and once more what has arrived since. How long that was waited for.
async fn remove(eraser: &mut Eraser<'_>, settle: Duration) -> Result<Duration> {
    eraser.pass(Mode::Remove).await?;
    let wait = eraser.until_settled(settle);
    if !wait.is_zero() {
        let seconds = wait.as_secs();
        // What cannot be shown is not worth failing for.
        let _ = writeln!(io::stderr(), "waiting {seconds} s for what was under way: the driver was heard of just now");
        tokio::time::sleep(wait).await;
    }
    if !wait.is_zero() || eraser.is_unfinished {
        eraser.learn().await?;
        eraser.pass(Mode::Remove).await?;
    }
    eraser.subscriber_queue().await?;
    Ok(wait)
}
