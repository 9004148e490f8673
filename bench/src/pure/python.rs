//! The same work in Python's standard library (`python/normalise.py`), in one process that is asked for
//! a round at a time.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Input;
use crate::environment;

pub(super) struct Python {
    process: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Python {
    pub(super) fn start() -> anyhow::Result<Self> {
        let mut process = Command::new(environment::python())
            .arg(environment::bench().join("python/normalise.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("Python cannot be started")?;
        let requests = process.stdin.take().context("no pipe to Python")?;
        let answers = BufReader::new(process.stdout.take().context("no pipe from Python")?).lines();
        Ok(Self { process, requests, answers })
    }

    /// Gives Python an input, and returns the events that it makes of it.
    pub(super) fn load(&mut self, input: &Input) -> anyhow::Result<Vec<Value>> {
        let headers: Value = input.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.ask(&json!({
            "case": input.name, "body": input.body, "secret": input.secret,
            "headers": headers, "received_at": input.received_at,
        }))?;
        let texts: Vec<String> = serde_json::from_value(answer["events"].clone())?;
        Ok(texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?)
    }

    /// Seconds that Python takes for so many times the whole work on a loaded input.
    pub(super) fn run(&mut self, input: &Input, iterations: u32) -> anyhow::Result<f64> {
        let answer = self.ask(&json!({ "case": input.name, "iterations": iterations }))?;
        answer["seconds"].as_f64().context("Python measured nothing")
    }

    fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
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
