//! HTTP to the edges of a milkrun.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::de::DeserializeOwned;
use ureq::{Agent, Proxy};

/// A client with its open connections.
#[derive(Clone)]
pub(crate) struct Client(Agent);

/// What was answered, whatever the status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

impl Client {
    /// For this machine: no proxy of the environment may stand between it and itself.
    pub(crate) fn new() -> Self {
        Self::through(None)
    }

    /// For other machines, through the proxy that `HTTPS_PROXY` or its like names, if one does.
    pub(crate) fn with_proxy_of_environment() -> Self {
        Self::through(Proxy::try_from_env())
    }

    fn through(proxy: Option<Proxy>) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(proxy)
            .timeout_global(Some(Duration::from_secs(30)))
            .build();
        Self(config.into())
    }

    pub(crate) fn get(&self, url: &str, query: Pairs<'_>, headers: Pairs<'_>) -> Result<Answer> {
        let mut request = self.0.get(url).query_pairs(query.iter().copied());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(url, request.call())
    }

    pub(crate) fn post_json(&self, url: &str, headers: Pairs<'_>, body: &[u8]) -> Result<Answer> {
        let mut request = self.0.post(url).content_type("application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(url, request.send(body))
    }
}

impl Answer {
    /// The body of an answer that had to be a success.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).with_context(|| format!("unexpected answer {self}"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let start: String = self.body.chars().take(300).collect();
        write!(f, "{} {start}", self.status)
    }
}

fn answer(url: &str, outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response = outcome.with_context(|| format!("{url} does not answer"))?;
    let body = response.body_mut().read_to_string().with_context(|| format!("{url} broke off its answer"))?;
    Ok(Answer { status: response.status().as_u16(), body })
}
