//! `milkrun`, the command line tool.

mod daily;
mod date;
mod demo;
mod environment;
mod generate;
mod http;
mod report;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for milkrun.
#[derive(Parser)]
#[command(name = "milkrun", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Daily(daily::Options),
    Demo(demo::Options),
    Generate(generate::Options),
    Report(report::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Daily(options) => daily::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Generate(options) => generate::run(&options),
        Command::Report(options) => report::run(&options),
    };
    outcome.unwrap_or_else(|error| {
        // Where even this cannot be written, the exit code says it.
        let _ = writeln!(std::io::stderr(), "milkrun: {error:#}");
        ExitCode::FAILURE
    })
}
