//! [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details: the one body that errors have.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Response;

/// What went wrong, for the caller. What is logged is another message, written where it is handled.
///
/// The type is `about:blank`: a problem means what its status says, and `reason`, where there is one, is the
/// code that programs branch on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(flatten)]
    extensions: Map<String, Value>,
}

impl Problem {
    /// A problem of this HTTP status; `detail` says what was wrong in this case, and what is accepted.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { kind: "about:blank", title: title(status), status, detail: detail.into(), extensions: Map::new() }
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

/// The phrase of a status, of those that our functions answer:
/// <https://www.iana.org/assignments/http-status-codes>.
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_answered_as_one() {
        let response = Problem::new(422, "the body is an array").with("reason", "not_an_event").into_response("r1");
        insta::assert_json_snapshot!(response);
    }
}
