//! What was found at one place.

use std::fmt;

use anyhow::Result;
use serde::Serialize;

use crate::deployment::Deployment;
use crate::failure;

#[derive(Debug, Serialize)]
pub(super) struct Finding {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) says: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) details: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    /// Somebody should look.
    Attention,
    /// There is nothing to tell it from.
    Unknown,
}

/// What a look says before it has a name.
pub(super) struct Look {
    pub(super) state: State,
    pub(super) says: String,
    pub(super) details: Vec<String>,
}

impl Look {
    pub(super) fn new(state: State, says: impl Into<String>) -> Self {
        Self { state, says: says.into(), details: Vec::new() }
    }

    /// Good where there is none of something.
    pub(super) fn none_of(count: usize, says: impl Into<String>) -> Self {
        Self::new(if count == 0 { State::Ok } else { State::Attention }, says)
    }

    pub(super) fn with(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

impl Finding {
    /// Where nobody could look, somebody should.
    pub(super) fn of(name: &'static str, look: Result<Look>, deployment: &Deployment) -> Self {
        let Look { state, says, details } = look.unwrap_or_else(|error| {
            let place = deployment.sdk.endpoint_url().unwrap_or(&deployment.name);
            Look::new(State::Attention, failure::explain(&error, place).to_string())
        });
        Self { name, state, says, details }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Attention => "ATTENTION",
            State::Unknown => "unknown",
        };
        write!(f, "{state:<9}  {:<21}  {}", self.name, self.says)?;
        for detail in &self.details {
            write!(f, "\n{:<34}{detail}", "")?;
        }
        Ok(())
    }
}
