//! `milkrun report`: a day as a page to look at, computed anew while its numbers may change.

pub(crate) mod day;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aggregation::day::State;
use anyhow::{Context as _, Result, anyhow};
use jiff::civil::Date;

use crate::daily::{self, Computed};
use crate::date::date;
use crate::environment::{self, Environment};
use crate::http;

/// Write a page about a day, computed anew unless it is final, and print where it is
#[derive(clap::Args)]
pub(crate) struct Options {
    #[command(flatten)]
    environment: environment::Source,
    /// The day, such as 2026-11-20 [default: today in milkrun's time zone]
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<Date>,
    /// The file that it is written to [default: .milkrun/reports/DATE.html]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let environment = options.environment.read()?;
    let (date, page) = environment.wait(page(&environment, options.date))?;
    let name = || environment.state.join("reports").join(format!("{date}.html"));
    let file = options.output.clone().unwrap_or_else(name);
    write(&file, &page)?;
    writeln!(std::io::stdout(), "{}", file.display()).context("where the page is cannot be written")?;
    Ok(ExitCode::SUCCESS)
}

/// The page, and the day that it is about. A day that nothing changes any more is shown as it is: computed anew, it
/// would lack what has been forgotten since.
async fn page(environment: &Environment, date: Option<Date>) -> Result<(String, String)> {
    let http = http::Client::new();
    if let Some(date) = date {
        let date = date.to_string();
        if let Some((day, stamp)) =
            day::known(&http, environment, &date)?.filter(|(_, stamp)| stamp.state == State::Final)
        {
            return Ok((date, daily_report::render(&day, &stamp)));
        }
    }
    let answer = daily::compute(&environment.aws(), &environment.aggregator_daily_function, date.as_slice()).await?;
    let date = latest(answer.days).context("aggregator-daily computed no day")?;
    let (day, stamp) = day::read(&http, environment, &date)?;
    Ok((date, daily_report::render(&day, &stamp)))
}

/// Without a date today is computed, and days before it that may still change.
fn latest(computed: Vec<Computed>) -> Option<String> {
    computed.into_iter().map(|day| day.date).max()
}

fn write(file: &Path, page: &str) -> Result<()> {
    let write = || {
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, page)
    };
    write().map_err(|error| anyhow!("{} cannot be written ({error}): name another file with --output", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_gets_a_directory() {
        let directory = std::env::temp_dir().join(format!("milkrun-report-{:016x}", fastrand::u64(..)));
        let file = directory.join("reports/2026-11-20.html");
        write(&file, "<html>").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "<html>");
        fs::remove_dir_all(&directory).unwrap();
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let error = write(Path::new("Cargo.toml/report.html"), "").err().unwrap().to_string();
        assert!(
            error.starts_with("Cargo.toml/report.html cannot be written (") && error.ends_with("--output"),
            "{error}"
        );
    }

    #[test]
    fn without_a_milkrun_it_says_make_up() {
        let environment = environment::tests::unreachable();
        let error = environment.wait(page(&environment, None)).err().unwrap();
        assert!(error.to_string().ends_with("run `make up` first"), "{error:#}");
    }
}
