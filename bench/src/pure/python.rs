//! The same work in Python's standard library (`python/normalise.py`), in one process that is asked for
//! a round at a time.

use anyhow::Context as _;
use serde_json::{Value, json};

use super::Input;
use crate::python;

pub(super) struct Python(python::Python);

impl Python {
    pub(super) fn start() -> anyhow::Result<Self> {
        python::Python::start("normalise.py").map(Self)
    }

    /// Gives Python an input, and returns the events that it makes of it.
    pub(super) fn load(&mut self, input: &Input) -> anyhow::Result<Vec<Value>> {
        let headers: Value = input.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.0.ask(&json!({
            "case": input.name, "body": input.body, "secret": input.secret,
            "headers": headers, "received_at": input.received_at,
        }))?;
        let texts: Vec<String> = serde_json::from_value(answer["events"].clone())?;
        Ok(texts.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?)
    }

    /// Seconds that Python takes for so many times the whole work on a loaded input.
    pub(super) fn run(&mut self, input: &Input, iterations: u32) -> anyhow::Result<f64> {
        let answer = self.0.ask(&json!({ "case": input.name, "iterations": iterations }))?;
        answer["seconds"].as_f64().context("Python measured nothing")
    }
}
