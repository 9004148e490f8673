//! The steps of a smoke test. Each is tried until it works, since a fresh deployment takes a while: a new API key, for
//! example, opens the gateway after up to a minute.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, anyhow, bail};
use location_event::{PROVIDERS, Provider, SignatureScheme, Timestamp};
use serde::Deserialize;
use serde_json::json;

use crate::deployment::Deployment;
use crate::http::{Answer, Client};
use crate::keys::plan::Plan;
use crate::sender::{Receipt, Sender};

/// The driver of all test events, and the name of the API key that they are read with.
const NAME: &str = "milkrun-smoke";
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

pub(super) struct Smoke<'a> {
    deployment: &'a Deployment,
    http: Client,
    read_edge: String,
    patience: Duration,
}

/// The test event.
pub(super) struct Event {
    pub(super) id: String,
    order_id: String,
    recorded_at: Timestamp,
    body: Vec<u8>,
}

#[derive(Deserialize)]
struct Health {
    status: String,
    version: String,
}

#[derive(Deserialize)]
struct Location {
    event_id: String,
    recorded_at: Timestamp,
    live: bool,
}

impl Event {
    fn new(run: u64, now: Timestamp) -> Self {
        let (id, order_id) = (format!("smoke-{run:016x}"), format!("smoke-order-{run:016x}"));
        let body = json!({
            "event_id": id,
            "driver_id": NAME,
            "order_id": order_id,
            // In the ocean, where no courier is.
            "latitude": 0.0,
            "longitude": 0.0,
            "recorded_at": now,
            "live": false,
        });
        Self { id, order_id, recorded_at: now, body: body.to_string().into_bytes() }
    }
}

impl<'a> Smoke<'a> {
    pub(super) fn of(deployment: &'a Deployment, patience: Duration) -> Result<Self> {
        Ok(Self { deployment, http: deployment.http(), read_edge: deployment.read_edge()?, patience })
    }

    /// The version that answers.
    pub(super) async fn health(&self, expected: Option<&str>) -> Result<String> {
        self.until_it_works(|| {
            let answer = self.http.get(&format!("{}/v1/health", self.read_edge), &[], &[])?;
            // 503 says so in the same shape.
            let Health { status, version } = answer.json()?;
            if status != "ok" {
                bail!("{answer}");
            }
            match expected.filter(|expected| *expected != version) {
                Some(expected) => bail!("version {version} answers, and not {expected}"),
                None => Ok(version),
            }
        })
        .await
    }

    /// The value of the key that smoke tests read with, made if there is none.
    pub(super) async fn key(&self) -> Result<String> {
        let plan = Plan::of(self.deployment, None)?;
        if let Some(key) = plan.keys_of(NAME).await?.iter().rfind(|key| key.enabled) {
            return plan.value(key).await;
        }
        let key = plan.issue(NAME, Some("Reads back the test events of `milkrun smoke`"), &[]).await?;
        key.value.context("the new key has no value")
    }

    /// Posts a test event.
    pub(super) async fn post(&self) -> Result<Event> {
        let event = Event::new(fastrand::u64(..), SystemTime::now().into());
        let (receipt, tries) = self.send(&event).await?;
        match (receipt.accepted, receipt.duplicates) {
            (1, 0) => Ok(event),
            // A try before had stored it, and was not answered so.
            (0, 1) if tries > 1 => Ok(event),
            _ => bail!("the test event was not stored as new: {receipt:?}"),
        }
    }

    /// Posts it again.
    pub(super) async fn repeat(&self, event: &Event) -> Result<()> {
        let (receipt, _) = self.send(event).await?;
        match (receipt.accepted, receipt.duplicates) {
            (0, 1) => Ok(()),
            _ => bail!("the repeated event was not known again: {receipt:?}"),
        }
    }

    pub(super) async fn read_by_driver(&self, key: &str, event: &Event) -> Result<()> {
        self.read(&format!("drivers/{NAME}"), key, |location| {
            // Another smoke test may have posted a newer one meanwhile.
            location.event_id == event.id || location.recorded_at > event.recorded_at
        })
        .await
    }

    pub(super) async fn read_by_order(&self, key: &str, event: &Event) -> Result<()> {
        self.read(&format!("orders/{}", event.order_id), key, |location| location.event_id == event.id).await
    }

    async fn read(&self, whose: &str, key: &str, is_it: impl Fn(&Location) -> bool) -> Result<()> {
        let url = format!("{}/v1/{whose}/location", self.read_edge);
        self.until_it_works(|| {
            let answer = self.http.get(&url, &[], &[("x-api-key", key)])?;
            if answer.status != 200 {
                bail!("{}", described(&answer));
            }
            let location: Location = answer.json()?;
            if !is_it(&location) {
                bail!("{} is not the test event", location.event_id);
            }
            if location.live {
                bail!("the test event came back as live traffic");
            }
            Ok(())
        })
        .await
    }

    /// Posts the event until there is a receipt; returns it, and how many tries it took.
    async fn send(&self, event: &Event) -> Result<(Receipt, usize)> {
        let sender = Sender::of(self.deployment, positions()?).await?;
        let mut tries = 0;
        let receipt = self.until_it_works(|| {
            tries += 1;
            let answer = sender.post(&event.body)?;
            Receipt::of(&answer).map_err(|_| anyhow!("{}", described(&answer)))
        });
        Ok((receipt.await?, tries))
    }

    /// Tries again until it succeeds or patience is over; the last failure is the reason.
    async fn until_it_works<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + self.patience;
        loop {
            match attempt() {
                Err(_) if Instant::now() + BETWEEN_TRIES < deadline => tokio::time::sleep(BETWEEN_TRIES).await,
                result => return result,
            }
        }
    }
}

fn positions() -> Result<Provider> {
    let is_ours = |provider: &Provider| provider.signature == SignatureScheme::StandardWebhooks;
    PROVIDERS.into_iter().find(is_ours).context("this version has no route for positions")
}

/// An answer, with what to do about it where that is known.
fn described(answer: &Answer) -> String {
    let advice = match answer.status {
        401 => "; are the secret of standard-webhooks and the clock of this machine right?",
        403 => "; a new API key works after a minute at most",
        429 => "; the usage plan's or the gateway's limit is reached",
        503 => "; docs/runbooks/write-edge-server-errors.md and read-edge-server-errors.md say where to look",
        _ => "",
    };
    format!("{answer}{advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_event_is_one_that_ingest_takes_as_test_traffic() {
        let now = Timestamp::from(SystemTime::now());
        let event = Event::new(7, now);
        let mut outcomes = positions().unwrap().normalise(&event.body, now).unwrap();
        let stored = outcomes.remove(0).unwrap();
        assert!(!stored.live && outcomes.is_empty());
        assert_eq!((stored.event_id.as_str(), stored.recorded_at), (event.id.as_str(), now));
        assert_eq!(stored.order_id.unwrap().as_str(), event.order_id);
    }

    #[test]
    fn a_refusal_says_what_to_look_at() {
        let answer = Answer { status: 403, body: r#"{"detail":"no key"}"#.to_owned() };
        assert_eq!(described(&answer), r#"403 {"detail":"no key"}; a new API key works after a minute at most"#);
    }
}
