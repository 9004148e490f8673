//! The webhook secrets: read from Secrets Manager, kept for five minutes at most.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::Client;
use location_event::SignatureScheme;
use tokio::sync::Mutex;
use webhook_signature::Secrets;

/// How old a secret may be: a withdrawn one is refused after this at the latest.
const MAX_AGE: Duration = Duration::from_mins(5);
/// How soon after one look-up a mismatch may cause another: a forger must not make us ask at every try.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(1);

/// The secrets could not be had. Nothing can be verified, so nothing is let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretsError {
    #[error("the webhook secrets are unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the webhook secret is not the JSON object that it must be")]
    Malformed,
}

/// One scheme's secrets, and when they were read.
pub(crate) struct SecretCache {
    client: Client,
    radar: Slot,
    standard_webhooks: Slot,
}

struct Slot {
    secret_id: String,
    // Held while reading, so that requests that come together read once.
    entry: Mutex<Option<Entry>>,
}

#[derive(Clone)]
struct Entry {
    secrets: Secrets,
    // By the wall clock: a monotonic one stands still while Lambda freezes the function.
    read_at: SystemTime,
}

impl SecretCache {
    pub(crate) fn new(client: Client, radar: String, standard_webhooks: String) -> Self {
        let slot = |secret_id| Slot { secret_id, entry: Mutex::new(None) };
        Self { client, radar: slot(radar), standard_webhooks: slot(standard_webhooks) }
    }

    /// The secrets as of five minutes ago at most.
    pub(crate) async fn get(&self, scheme: SignatureScheme, now: SystemTime) -> Result<Secrets, SecretsError> {
        self.at_most(MAX_AGE, scheme, now).await
    }

    /// The secrets as of now, after a mismatch.
    pub(crate) async fn refresh(&self, scheme: SignatureScheme, now: SystemTime) -> Result<Secrets, SecretsError> {
        self.at_most(MIN_REFRESH_INTERVAL, scheme, now).await
    }

    async fn at_most(&self, age: Duration, scheme: SignatureScheme, now: SystemTime) -> Result<Secrets, SecretsError> {
        let slot = match scheme {
            SignatureScheme::Radar => &self.radar,
            SignatureScheme::StandardWebhooks => &self.standard_webhooks,
        };
        let mut entry = slot.entry.lock().await;
        let is_fresh = |entry: &Entry| now.duration_since(entry.read_at).is_ok_and(|passed| passed < age);
        if let Some(fresh) = entry.as_ref().filter(|entry| is_fresh(entry)) {
            return Ok(fresh.secrets.clone());
        }
        let secrets = self.read(&slot.secret_id).await?;
        *entry = Some(Entry { secrets: secrets.clone(), read_at: now });
        Ok(secrets)
    }

    async fn read(&self, secret_id: &str) -> Result<Secrets, SecretsError> {
        let value = self
            .client
            .get_secret_value()
            .secret_id(secret_id)
            .send()
            .await
            .map_err(|error| SecretsError::Unavailable(error.into()))?;
        // The parser's message would quote the secret.
        serde_json::from_str(value.secret_string().unwrap_or_default()).map_err(|_| SecretsError::Malformed)
    }
}
