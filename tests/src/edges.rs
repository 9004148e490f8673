//! Posting and reading as milkrun's users do.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};
use webhook_signature::{radar, standard};

use crate::{MILKRUN, unique};

/// What was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type.
    pub media_type: String,
    /// `Retry-After`, seconds.
    pub retry_after: Option<String>,
    /// The body, which is always JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

/// A request's signature headers.
#[derive(Clone, Debug)]
pub struct Signature(Vec<(&'static str, String)>);

impl Signature {
    /// Radar's, made with `secret` over `signing_id`.
    pub fn radar(secret: &str, signing_id: &str) -> Self {
        Self(vec![
            (radar::SIGNING_ID_HEADER, signing_id.to_owned()),
            (radar::SIGNATURE_HEADER, radar::sign(secret, signing_id)),
        ])
    }

    /// Standard Webhooks', made with `secret`, `age_s` seconds ago.
    pub fn standard(secret: &str, body: &[u8], age_s: i64) -> Self {
        Self::standard_of(&unique("msg"), secret, body, age_s)
    }

    /// As [`standard`](Self::standard), of a message with this id.
    pub fn standard_of(id: &str, secret: &str, body: &[u8], age_s: i64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
        let timestamp = i64::try_from(now).expect("a clock of our time") - age_s;
        let code = standard::sign(secret, id, timestamp, body).expect("a secret in the scheme's form");
        Self(vec![
            (standard::ID_HEADER, id.to_owned()),
            (standard::TIMESTAMP_HEADER, timestamp.to_string()),
            (standard::SIGNATURE_HEADER, code),
        ])
    }

    /// None at all.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The same without one header, or with another value of it.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.0.retain_mut(|(header, old)| {
            if *header == name {
                let Some(value) = value else { return false };
                value.clone_into(old);
            }
            true
        });
        self
    }
}

/// Posts a body with any signature.
pub fn post(url: &str, signature: &Signature, body: &[u8]) -> Answer {
    let mut request = agent().post(url).content_type("application/json");
    for (name, value) in &signature.0 {
        request = request.header(*name, value);
    }
    answer(request.send(body))
}

/// Posts to Radar's webhook, signed with the current secret.
pub fn post_radar(body: &Value) -> Answer {
    let signature = Signature::radar(&MILKRUN.radar_secret, &unique("sign"));
    post(&MILKRUN.webhook_url, &signature, body.to_string().as_bytes())
}

/// Posts positions, signed with the current secret.
pub fn post_positions(body: &Value) -> Answer {
    let body = body.to_string();
    let signature = Signature::standard(&MILKRUN.standard_webhooks_secret, body.as_bytes(), 0);
    post(&MILKRUN.positions_url, &signature, body.as_bytes())
}

/// Reads a path of the read edge, such as `/v1/health`.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = agent().get(format!("{}{path}", MILKRUN.api_url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request.call())
}

/// Sends something to a path of the read edge, such as `/assign`.
pub fn send(method: &Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("{}{path}", MILKRUN.api_url));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(agent().run(request.body(body).expect("a request")))
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    config.into()
}

fn answer(outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = outcome.expect("an answer");
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (media_type, retry_after) = (header("content-type").unwrap_or_default(), header("retry-after"));
    let text = response.body_mut().read_to_string().expect("a text");
    if media_type.contains("json") {
        note_json(&text);
    }
    let body = serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone()));
    Answer { status: response.status().as_u16(), media_type, retry_after, body, text }
}

/// Appends an answer to the file that `MILKRUN_ANSWERS` names, as a JSON text sequence (RFC 7464): other parsers than
/// this one are to read every answer (`local/strict_json.py`).
fn note_json(text: &str) {
    static ANSWERS: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
        let path = std::env::var_os("MILKRUN_ANSWERS")?;
        let file = OpenOptions::new().create(true).append(true).open(path).expect("a file for the answers");
        Some(Mutex::new(file))
    });
    if let Some(answers) = &*ANSWERS {
        let mut file = answers.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(file, "\u{1e}{text}").expect("an answer is written");
    }
}
