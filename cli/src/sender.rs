//! Posting to the write edge as its senders do.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use location_event::{Provider, SignatureScheme};
use serde::Deserialize;
use webhook_signature::{Secrets, radar, standard};

use crate::deployment::Deployment;
use crate::http::{Answer, Client};
use crate::secrets::Store;

/// What was answered about the events of a request.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Receipt {
    // A request of which nothing was accepted is answered with a problem, which has neither.
    #[serde(default)]
    pub(crate) accepted: usize,
    #[serde(default)]
    pub(crate) duplicates: usize,
    pub(crate) quarantined: Vec<Refusal>,
}

/// An event that was refused; or, without an index, the request.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) index: Option<usize>,
    pub(crate) reason: String,
}

impl Receipt {
    /// Every other status says that the request was not dealt with: then nothing can be counted.
    pub(crate) fn of(answer: &Answer) -> Result<Self> {
        match answer.status {
            202 | 400 | 422 => answer.json(),
            _ => bail!("unexpected answer {answer}"),
        }
    }
}

/// The headers that sign a body, with an id of its own: a sender signs every attempt.
pub(crate) fn signed(scheme: SignatureScheme, secret: &str, body: &[u8]) -> Result<Vec<(&'static str, String)>> {
    let id = format!("{:032x}", fastrand::u128(..));
    Ok(match scheme {
        SignatureScheme::Radar => {
            let signature = radar::sign(secret, &id);
            vec![(radar::SIGNING_ID_HEADER, id), (radar::SIGNATURE_HEADER, signature)]
        }
        SignatureScheme::StandardWebhooks => {
            let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
            let signature = standard::sign(secret, &id, now, body)?;
            vec![
                (standard::ID_HEADER, id),
                (standard::TIMESTAMP_HEADER, now.to_string()),
                (standard::SIGNATURE_HEADER, signature),
            ]
        }
    })
}

/// A sender to one route, with the secrets of now.
#[derive(Clone)]
pub(crate) struct Sender {
    http: Client,
    scheme: SignatureScheme,
    secret: String,
    url: String,
}

impl Sender {
    pub(crate) async fn of(deployment: &Deployment, provider: Provider) -> Result<Self> {
        let scheme = provider.signature;
        let held = Store::of(deployment, scheme)?.read().await?;
        // The parser's message would quote the secret.
        let secrets: Option<Secrets> = serde_json::from_value(held.fields.into()).ok();
        let secrets = secrets.with_context(|| format!("the secrets for {} are not texts", provider.route))?;
        let secret = secrets.live().next().with_context(|| format!("{} has no current secret", provider.route))?;
        let secret = secret.to_owned();
        let mut url = format!("{}{}", deployment.write_edge()?, provider.route);
        if let Some(token) = secrets.path_token() {
            url = format!("{url}/{token}");
        }
        Ok(Self { http: deployment.http(), scheme, secret, url })
    }

    /// Posts a body, signed.
    pub(crate) fn post(&self, body: &[u8]) -> Result<Answer> {
        let headers = signed(self.scheme, &self.secret, body)?;
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.http.post_json(&self.url, &headers, body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Receipt> {
        Receipt::of(&Answer { status, body: body.to_owned() })
    }

    #[test]
    fn receipts_and_problems_are_read() {
        let refusal = |index| Refusal { index, reason: "driver_missing".to_owned() };
        let partly = r#"{"accepted":2,"duplicates":1,"quarantined":[{"index":1,"reason":"driver_missing"}]}"#;
        assert_eq!(
            read(202, partly).unwrap(),
            Receipt { accepted: 2, duplicates: 1, quarantined: vec![refusal(Some(1))] }
        );
        let problem =
            r#"{"status":422,"reason":"driver_missing","quarantined":[{"index":null,"reason":"driver_missing"}]}"#;
        assert_eq!(
            read(422, problem).unwrap(),
            Receipt { accepted: 0, duplicates: 0, quarantined: vec![refusal(None)] }
        );
    }

    #[test]
    fn what_says_nothing_about_the_events_is_an_error() {
        let answers = [(400, r#"{"message":"Bad Request"}"#), (401, r#"{"quarantined":[]}"#), (503, ""), (202, "")];
        for (status, body) in answers {
            let error = read(status, body).err().unwrap();
            assert!(error.to_string().contains(&status.to_string()), "{error:#}");
        }
    }

    #[test]
    fn what_is_signed_is_let_in() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let secrets: Secrets = serde_json::from_str(&format!(r#"{{"current":"{secret}"}}"#)).unwrap();
        let headers = signed(SignatureScheme::StandardWebhooks, secret, b"{}").unwrap();
        let value = |name| headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.as_str());
        let signature = standard::Headers {
            id: value(standard::ID_HEADER),
            timestamp: value(standard::TIMESTAMP_HEADER),
            signature: value(standard::SIGNATURE_HEADER),
        };
        let now = value(standard::TIMESTAMP_HEADER).unwrap().parse().unwrap();
        assert_eq!(standard::verify(&secrets, signature, b"{}", now), Ok(()));
        let headers = signed(SignatureScheme::Radar, secret, b"{}").unwrap();
        assert_eq!(radar::verify(&secrets, Some(&headers[0].1), Some(&headers[1].1)), Ok(()));
    }
}
