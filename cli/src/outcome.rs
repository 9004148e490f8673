//! What every operator's command has in common: `--json`, `--dry-run`, and exit codes that scripts can trust.
//!
//! | exit code | |
//! | --- | --- |
//! | 0 | done |
//! | 1 | failed: standard error says why, and what to do |
//! | 2 | not understood: an option is wrong |
//! | 3 | done, and something needs attention: standard output says what |

use std::fmt::Display;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use serde::Serialize;

/// The exit code of what was done and needs attention.
pub(crate) const ATTENTION: u8 = 3;

/// How a command's result is written.
#[derive(clap::Args)]
pub(crate) struct Output {
    /// Write the result as one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

/// What writes can be tried with.
#[derive(clap::Args)]
pub(crate) struct DryRun {
    /// Say what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

impl Output {
    /// Writes a result to standard output: as its text, or as JSON. `attention`: it asks for somebody's.
    pub(crate) fn write(&self, result: &(impl Serialize + Display), attention: bool) -> Result<ExitCode> {
        let mut out = io::stdout().lock();
        let written = if self.json {
            serde_json::to_writer_pretty(&mut out, result).map_err(io::Error::from).and_then(|()| writeln!(out))
        } else {
            writeln!(out, "{result}")
        };
        written.and_then(|()| out.flush()).context("the result cannot be written")?;
        Ok(if attention { ATTENTION.into() } else { ExitCode::SUCCESS })
    }
}
