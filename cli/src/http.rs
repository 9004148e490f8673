//! HTTP to the edges of a milkrun.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
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
    let outcome = outcome.map_err(|error| match error {
        // It would quote the address.
        ureq::Error::BadUri(_) => anyhow!("its address is not a URL"),
        other => other.into(),
    });
    let mut response = outcome.with_context(|| format!("{} does not answer", host(url)))?;
    let body = response.body_mut().read_to_string().with_context(|| format!("{} broke off its answer", host(url)))?;
    Ok(Answer { status: response.status().as_u16(), body })
}

/// An address up to its path: that may end in a secret.
fn host(url: &str) -> &str {
    let begin = url.find("://").map_or(0, |colon| colon + 3);
    let end = url[begin..].find(['/', '?', '#']).map_or(url.len(), |end| begin + end);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    const TOKEN: &str = "hush-hush";

    #[test]
    fn what_fails_does_not_tell_the_path() {
        // Nothing listens there.
        let closed = "http://127.0.0.1:9/v1/webhooks/radar/hush-hush";
        for (url, named) in [
            (closed, "http://127.0.0.1:9 does not answer"),
            ("http:///hush-hush", "does not answer"),
            ("http://127.0.0.1:9/hush-hush/ü \"", "http://127.0.0.1:9 does not answer"),
        ] {
            let error = Client::new().post_json(url, &[], b"{}").err().unwrap();
            let text = format!("{error:#}");
            assert!(text.contains(named) && !text.contains(TOKEN), "{text}");
        }
    }

    #[test]
    fn an_answer_that_breaks_off_does_not_tell_the_path() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{TOKEN}", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").unwrap();
        });
        let error = Client::new().get(&url, &[], &[]).err().unwrap();
        server.join().unwrap();
        let text = format!("{error:#}");
        assert!(text.contains("broke off its answer") && !text.contains(TOKEN), "{text}");
    }
}
