//! [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details: the one body that errors have.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Response;

/// What went wrong, for the caller. What is logged is another message, written where it is handled.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// `urn:milkrun:problem:<code>`, stable: callers branch on it.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

impl Problem {
    /// A problem of this code.
    pub fn new(status: u16, code: &str, title: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("urn:milkrun:problem:{code}");
        Self { kind, title, status, detail: detail.into(), extensions: Map::new() }
    }

    /// The same with one more member.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(member.to_owned(), value.into());
        self
    }

    /// The answer that carries it.
    pub fn into_response(self, request_id: &str) -> Response {
        let problem = self.with("request_id", request_id);
        Response::json(problem.status, "application/problem+json", &problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_answered_as_one() {
        let response = Problem::new(422, "not_an_event", "Nothing was accepted", "the body is an array")
            .with("reason", "not_an_event")
            .into_response("r1");
        insta::assert_json_snapshot!(response);
    }
}
