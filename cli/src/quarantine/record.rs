//! What an object of the quarantine says, as ingest wrote it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use location_event::{PROVIDERS, Provider};
use serde::{Deserialize, Serialize};

/// A request that was refused, or some of whose events were.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    pub(crate) reason: String,
    pub(crate) route: String,
    pub(crate) request_id: String,
    pub(crate) received_at: String,
    pub(crate) faults: Vec<Fault>,
    headers: BTreeMap<String, String>,
    #[serde(flatten)]
    body: Body,
}

#[derive(Debug, Deserialize, Serialize)]
enum Body {
    #[serde(rename = "body")]
    Text(String),
    /// Not UTF-8.
    #[serde(rename = "body_base64")]
    Base64(String),
}

/// An event that was refused; or, without an index, the request.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Fault {
    pub(crate) index: Option<usize>,
    pub(crate) event_id: Option<String>,
    /// It may quote the input.
    pub(crate) detail: String,
}

impl Record {
    /// The body as it was received.
    pub(crate) fn body(&self) -> Result<Vec<u8>> {
        match &self.body {
            Body::Text(text) => Ok(text.as_bytes().to_vec()),
            Body::Base64(text) => BASE64.decode(text).context("the record's body is not base64"),
        }
    }

    /// Who sent it.
    pub(crate) fn provider(&self) -> Result<Provider> {
        let provider = PROVIDERS.into_iter().find(|provider| provider.route == self.route);
        provider.with_context(|| format!("this version knows no route {}", self.route))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, route, request_id, received_at, .. } = self;
        writeln!(f, "{reason}\nroute        {route}\nreceived at  {received_at}\nrequest id   {request_id}")?;
        for Fault { index, event_id, detail } in &self.faults {
            let place = index.map_or_else(|| "the request".to_owned(), |index| format!("event {index}"));
            let id = event_id.as_ref().map_or_else(String::new, |id| format!(" ({id})"));
            writeln!(f, "{place}{id}: {detail}")?;
        }
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {value}")?;
        }
        let (Body::Text(body) | Body::Base64(body)) = &self.body;
        write!(f, "\n{body}")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As ingest writes one.
    pub(crate) const WRITTEN: &str = r#"{"schema_version":1,"reason":"latitude_out_of_range","route":"/v1/positions",
        "request_id":"r1","received_at":"2026-11-20T09:30:00.000Z","faults":[{"index":1,"event_id":"e1",
        "reason":"latitude_out_of_range","detail":"latitude is 91"}],"headers":{"webhook-id":"m1"},"body":"[{},{}]"}"#;

    #[test]
    fn a_record_is_read_as_ingest_writes_it() {
        let record: Record = serde_json::from_str(WRITTEN).unwrap();
        assert_eq!((record.body().unwrap().as_slice(), record.provider().unwrap().name), (&b"[{},{}]"[..], "milkrun"));
        assert_eq!((record.faults[0].index, record.faults[0].event_id.as_deref()), (Some(1), Some("e1")));
        insta::assert_snapshot!(record, @r"
        latitude_out_of_range
        route        /v1/positions
        received at  2026-11-20T09:30:00.000Z
        request id   r1
        event 1 (e1): latitude is 91
        webhook-id: m1

        [{},{}]
        ");
    }

    #[test]
    fn bytes_that_are_no_text_come_back() {
        let written = WRITTEN.replace(r#""body":"[{},{}]""#, r#""body_base64":"//4A""#);
        let record: Record = serde_json::from_str(&written).unwrap();
        assert_eq!(record.body().unwrap(), [0xff, 0xfe, 0]);
    }
}
