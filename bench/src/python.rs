//! A Python process beside the benchmark, which is asked a JSON line at a time.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use serde_json::Value;

use crate::environment;

/// Ends when it is dropped.
pub(crate) struct Python {
    process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Python {
    /// Starts a script of `bench/python`.
    pub(crate) fn start(script: &str) -> anyhow::Result<Self> {
        let mut process = Command::new(environment::python())
            .arg(environment::bench().join("python").join(script))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Python cannot be started")?;
        let requests = process.stdin.take().context("no pipe to Python")?;
        let answers = BufReader::new(process.stdout.take().context("no pipe from Python")?).lines();
        Ok(Self { process, requests, answers })
    }

    pub(crate) fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
        writeln!(self.requests, "{request}")?;
        let answer = self.answers.next().context("Python has ended; its message is above")??;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
