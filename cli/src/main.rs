//! `milkrun`, the command line tool.

mod aws;
mod daily;
mod date;
mod dead_letters;
mod demo;
mod deployment;
mod environment;
mod erase;
mod failure;
mod firehose_error;
mod generate;
mod http;
mod keys;
mod lambda_failure;
mod objects;
mod outcome;
mod progress;
mod quarantine;
mod replay;
mod report;
mod secrets;
mod sender;
mod smoke;
mod status;
mod stream_batch;

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
    DeadLetters(dead_letters::Options),
    Demo(demo::Options),
    Erase(erase::Options),
    Generate(generate::Options),
    Keys(keys::Options),
    Quarantine(quarantine::Options),
    Replay(replay::Options),
    Report(report::Options),
    Secrets(secrets::Options),
    Smoke(smoke::Options),
    Status(status::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Daily(options) => daily::run(&options),
        Command::DeadLetters(options) => dead_letters::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Erase(options) => erase::run(&options),
        Command::Generate(options) => generate::run(&options),
        Command::Keys(options) => keys::run(&options),
        Command::Quarantine(options) => quarantine::run(&options),
        Command::Replay(options) => replay::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Secrets(options) => secrets::run(&options),
        Command::Smoke(options) => smoke::run(&options),
        Command::Status(options) => status::run(&options),
    };
    outcome.unwrap_or_else(|error| {
        // Where even this cannot be written, the exit code says it.
        let _ = writeln!(std::io::stderr(), "milkrun: {error:#}");
        ExitCode::FAILURE
    })
}
