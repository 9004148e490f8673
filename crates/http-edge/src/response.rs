//! What a function answers to API Gateway, in the form that both kinds of API take.

use std::collections::BTreeMap;

use serde::Serialize;

/// An answer: status, headers, a text body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: String,
    is_base64_encoded: bool,
}

impl Response {
    /// An answer with a JSON body of the given media type.
    pub fn json(status: u16, media_type: &str, body: &impl Serialize) -> Self {
        // Our answers are structs with text keys, whose serialisation cannot fail.
        Self::text(status, media_type, serde_json::to_string(body).unwrap_or_default())
    }

    /// An answer whose body is text of the given media type already, mostly JSON.
    pub fn text(status: u16, media_type: &str, body: String) -> Self {
        let headers =
            BTreeMap::from([("content-type", media_type.to_owned()), ("cache-control", "no-store".to_owned())]);
        Self { status_code: status, headers, body, is_base64_encoded: false }
    }

    /// The same with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status_code
    }

    /// Whether the fault is ours: a 5xx.
    pub fn is_server_error(&self) -> bool {
        self.status_code >= 500
    }

    /// The body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// A header, by its lowercase name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}
