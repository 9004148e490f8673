//! `milkrun generate`: invents a day's two lists, and hands them to dispatch where it is asked to.

mod list;
mod upload;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use clap::ValueEnum;
use clap::builder::RangedU64ValueParser;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sample_day::{RuleCount, SampleDay};

use self::list::{Format, List};
use crate::date::date;
use crate::environment;

/// Invent a day's drivers and packages: the same seed gives the same lists
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many drivers
    #[arg(long, value_name = "N", default_value_t = 99, value_parser = up_to(1_000_000))]
    drivers: u32,
    /// How many packages [default: ten for each driver]
    #[arg(long, value_name = "N", value_parser = up_to(10_000_000))]
    packages: Option<u32>,
    /// How many rules each driver has
    #[arg(long, value_enum, default_value_t = Rules::ZeroToTwo)]
    rules: Rules,
    /// Another seed gives another day
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The day that the lists are for, such as 2026-11-21 [default: today in UTC]
    #[arg(long, value_name = "DATE", value_parser = date)]
    date: Option<Date>,
    /// The directory that they are written to [default: .milkrun/days/DATE]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A JSON array with one element a line, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Compress them
    #[arg(long)]
    gzip: bool,
    /// Put them into the dispatch bucket of the running milkrun, too
    #[arg(long)]
    upload: bool,
    #[command(flatten)]
    environment: environment::Source,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rules {
    #[value(name = "0-2")]
    ZeroToTwo,
    #[value(name = "2-4")]
    TwoToFour,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    // Before anything is written: without a milkrun there is nothing to upload to.
    let environment = options.upload.then(|| options.environment.read()).transpose()?;
    let date = options.date.unwrap_or_else(|| Timestamp::now().to_zoned(TimeZone::UTC).date());
    let lists = List::both(&options.day(), options.format, options.gzip)?;

    let directory = options.out.clone().unwrap_or_else(|| Path::new(".milkrun/days").join(date.to_string()));
    write(&directory, &lists)?;
    let mut out = std::io::stdout().lock();
    let [drivers, packages] = &lists;
    writeln!(out, "wrote {drivers} and {packages} to {}", directory.display()).context(UNWRITTEN)?;
    if let Some(environment) = environment {
        let place = upload::lists(&environment, date, lists)?;
        writeln!(out, "uploaded both to {place}").context(UNWRITTEN)?;
    }
    Ok(ExitCode::SUCCESS)
}

const UNWRITTEN: &str = "what was done cannot be written to standard output";

impl Options {
    fn day(&self) -> SampleDay {
        let usual = SampleDay::new(self.drivers);
        let rules = match self.rules {
            Rules::ZeroToTwo => RuleCount::ZeroToTwo,
            Rules::TwoToFour => RuleCount::TwoToFour,
        };
        SampleDay { packages: self.packages.unwrap_or(usual.packages), rules, seed: self.seed, ..usual }
    }
}

fn write(directory: &Path, lists: &[List]) -> Result<()> {
    let write = || {
        fs::create_dir_all(directory)?;
        lists.iter().try_for_each(|list| fs::write(directory.join(&list.file), &list.bytes))
    };
    write().map_err(|error| {
        anyhow!("{} cannot be written to ({error}): name another directory with --out", directory.display())
    })
}

fn up_to(limit: u64) -> RangedU64ValueParser<u32> {
    RangedU64ValueParser::new().range(..=limit)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        options: Options,
    }

    fn parse(arguments: &[&str]) -> Result<Options, String> {
        let command = Command::try_parse_from([&["milkrun"], arguments].concat());
        command.map(|command| command.options).map_err(|error| error.to_string())
    }

    #[test]
    fn without_options_it_is_99_drivers_with_10_packages_each() {
        let day = parse(&[]).unwrap().day();
        assert_eq!(day, SampleDay { drivers: 99, packages: 990, rules: RuleCount::ZeroToTwo, seed: 1 });
    }

    #[test]
    fn options_choose_the_day() {
        let day = parse(&["--drivers", "3", "--rules", "2-4", "--seed", "7"]).unwrap().day();
        assert_eq!(day, SampleDay { drivers: 3, packages: 30, rules: RuleCount::TwoToFour, seed: 7 });
        assert_eq!(parse(&["--packages", "0"]).unwrap().day().packages, 0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for date in ["today", "2026-02-29", "20261121", "2026-11-21T00:00"] {
            let error = parse(&["--date", date]).err().unwrap();
            assert!(error.contains("write the day of a calendar as 2026-11-21"), "{error}");
        }
        assert!(parse(&["--drivers", "-1"]).is_err());
        assert!(parse(&["--drivers", "1000001"]).is_err());
        assert!(parse(&["--rules", "1-3"]).is_err());
    }

    #[test]
    fn a_directory_that_cannot_be_written_to_is_named() {
        let error = write(Path::new("Cargo.toml/days"), &[]).err().unwrap();
        let error = error.to_string();
        assert!(error.starts_with("Cargo.toml/days cannot be written to (") && error.ends_with("--out"), "{error}");
    }
}
