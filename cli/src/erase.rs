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
mod streams;
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
    if changes && !options.yes && !io::stdin().is_terminal() {
        bail!("there is no terminal to ask at: add --yes to erase, or --dry-run to see what would be");
    }
    let receipt = options.target.run(async |deployment| erase(deployment, options).await)?;
    options.output.write(&receipt, receipt.needs_attention())
}

/// Says what is about to be erased, and where.
fn announce(eraser: &Eraser<'_>) -> io::Result<()> {
    let (deployment, names) = (eraser.deployment, &eraser.names);
    let region = deployment.sdk.region().map_or("no region", |region| region.as_ref());
    // A queue's address ends with the account and the queue's name.
    let queue = deployment.output("SubscriberQueueUrl").unwrap_or_default();
    let account = queue.rsplit('/').nth(1).unwrap_or("unknown");
    let mut out = io::stderr().lock();
    writeln!(out, "{}, {region}, account {account}: to be erased are", deployment.name)?;
    for id in names.ids() {
        writeln!(out, "  {id:?}: {} items and rows, and what names it", eraser.records_of(id))?;
    }
    for name in names.further().into_iter().filter(|name| !names.is_own(name)) {
        writeln!(out, "  {name:?}, learned from these: what names it, and has no other driver")?;
    }
    for id in names.contested() {
        let count = eraser.records_of(id);
        writeln!(
            out,
            "  not {id:?}, learned as well: its {count} items and rows may be another's (--name, --not-name)"
        )?;
    }
    Ok(())
}

fn confirm(driver: &str) -> Result<()> {
    let (input, mut prompt) = (io::stdin(), io::stderr());
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
    let settle = Duration::from_secs(options.settle);
    eraser.learn().await?;
    if mode == Mode::Remove {
        announce(&eraser)?;
        if !options.yes {
            confirm(&options.driver)?;
        }
        let removed = remove(&mut eraser, settle).await;
        let rerun = || rerun(std::env::args(), eraser.names.learned());
        receipt.waited_s =
            removed.with_context(|| format!("not everything is erased: run it again, as {}", rerun()))?.as_secs();
        eraser.pass(Mode::Search).await?;
    } else {
        eraser.pass(mode).await?;
        if mode == Mode::Search {
            eraser.streams(settle).await?;
        }
    }
    eraser.limits();
    receipt.end(eraser);
    Ok(receipt)
}

/// Removes everything, and once more what has arrived since. How long that was waited for.
async fn remove(eraser: &mut Eraser<'_>, settle: Duration) -> Result<Duration> {
    // Before the wait: what is read late by then may arrive after it.
    eraser.streams(settle).await?;
    eraser.pass(Mode::Remove).await?;
    let wait = eraser.until_settled(settle);
    if !wait.is_zero() {
        let seconds = wait.as_secs();
        // What cannot be shown is not worth failing for.
        let _ = writeln!(io::stderr(), "waiting {seconds} s for what was under way: the driver was heard of just now");
        tokio::time::sleep(wait).await;
    }
    eraser.learn().await?;
    eraser.pass(Mode::Remove).await?;
    eraser.subscriber_queue().await?;
    Ok(wait)
}

/// The same command, with the ids that its next run can no longer learn from what is erased by now.
fn rerun<'a>(command: impl Iterator<Item = String>, learned: impl Iterator<Item = &'a str>) -> String {
    let learned = learned.flat_map(|id| ["--name".to_owned(), id.to_owned()]);
    command.chain(learned).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// A word as a shell takes it as it is: ids are what senders wrote.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_broke_off_is_repeated_with_what_it_learned() {
        let command = ["milkrun", "erase", "--driver", "o'neil", "--not-name", "phone 9", "--yes"];
        let again = rerun(command.map(str::to_owned).into_iter(), ["$(reboot)", "7"].into_iter());
        let expected = r"milkrun erase --driver 'o'\''neil' --not-name 'phone 9' --yes --name '$(reboot)' --name 7";
        assert_eq!(again, expected);
        assert_eq!(quoted(""), "''");
    }
}
