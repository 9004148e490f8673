//! One request, from the raw bytes to the answer.

use std::time::{Duration, SystemTime};

use event_log::{EventLog, LogError, Stored};
use futures_util::stream::{self, StreamExt as _};
use http_edge::{HttpApiRequest, Response};
use lambda_boot::SdkConfig;
use location_event::{EventId, Fault, LocationEvent, SignatureScheme, Timestamp};
use metrics::Metrics;
use sha2::{Digest as _, Sha256};
use webhook_signature::radar;

use crate::access::{self, AccessError, Route};
use crate::config::{Config, QuarantineStatus};
use crate::outcome::{Outcome, Receipt, Refusal};
use crate::quarantine::{Quarantine, QuarantineError};
use crate::secrets::SecretCache;
use crate::signing_ids::{Claim, ClaimError, SigningIds};

/// The largest body accepted, bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// Writes under way at once for one request.
const CONCURRENT_WRITES: usize = 16;
/// When the answer is given at the latest: the function has ten seconds.
const DEADLINE: Duration = Duration::from_secs(8);

/// Handles requests, one at a time, over clients that live as long as the process.
pub struct Handler {
    secrets: SecretCache,
    signing_ids: Option<SigningIds>,
    log: EventLog,
    quarantine: Quarantine,
    quarantine_status: QuarantineStatus,
    retention: Duration,
    metrics: Metrics,
}

/// Why a request cannot be acknowledged. All of it passes, or is ours to mend: the provider retries.
#[derive(Debug, thiserror::Error)]
enum Unkept {
    #[error(transparent)]
    Secrets(#[from] crate::secrets::SecretsError),
    #[error(transparent)]
    SigningIds(#[from] ClaimError),
    #[error("an event was not stored")]
    Log { event_id: EventId, source: LogError },
    #[error(transparent)]
    Quarantine(#[from] QuarantineError),
    #[error("not everything was stored in time")]
    Deadline(#[from] tokio::time::error::Elapsed),
}

impl Handler {
    /// A handler over fresh clients.
    pub fn new(sdk: &SdkConfig, config: Config, metrics: Metrics) -> Self {
        let dynamodb = aws_sdk_dynamodb::Client::new(sdk);
        Self {
            secrets: SecretCache::new(
                aws_sdk_secretsmanager::Client::new(sdk),
                config.radar_secret_id,
                config.standard_webhooks_secret_id,
            ),
            signing_ids: config.signing_ids_table.map(|table| SigningIds::new(dynamodb.clone(), table)),
            log: EventLog::new(dynamodb, config.events_table),
            quarantine: Quarantine::new(sdk, config.quarantine_bucket),
            quarantine_status: config.quarantine_status,
            retention: Duration::from_secs(u64::from(config.event_retention_days) * 24 * 60 * 60),
            metrics,
        }
    }

    /// Reads the secrets ahead of the first request. A failure is left to that request.
    pub async fn preload(&self, now: SystemTime) {
        let schemes = [SignatureScheme::Radar, SignatureScheme::StandardWebhooks];
        futures_util::future::join_all(schemes.map(|scheme| self.secrets.get(scheme, now))).await;
    }

    /// Answers a request. `now` is the time of receipt.
    pub async fn handle(&self, request: &HttpApiRequest, now: SystemTime) -> Response {
        lambda_boot::note_request_id(request.request_id());
        let outcome = match tokio::time::timeout(DEADLINE, self.outcome(request, now)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => unavailable(&error),
            Err(elapsed) => unavailable(&elapsed.into()),
        };
        outcome.into_response(self.quarantine_status, request.request_id())
    }

    async fn outcome(&self, request: &HttpApiRequest, now: SystemTime) -> Result<Outcome, Unkept> {
        let Some(route) = Route::of(request.path()) else { return Ok(Outcome::NotFound) };
        // What is not the base64 that it is said to be is not JSON either: it goes the same way.
        let body = request.body().unwrap_or_default();
        if body.len() > MAX_BODY_BYTES {
            return Ok(Outcome::TooLarge { bytes: body.len(), limit: MAX_BODY_BYTES });
        }
        match access::check(&self.secrets, route, request, &body, now).await {
            Ok(()) => {}
            Err(AccessError::Denied(denied)) => {
                tracing::warn!(provider = route.provider.name, reason = %denied, "request denied");
                return Ok(Outcome::Denied);
            }
            Err(AccessError::Secrets(error)) => return Err(error.into()),
        }
        let digest = digest(route.provider.route, &body);
        let received_at = Timestamp::from(now);
        let expires_at = Timestamp::from(now + self.retention).as_millis() / 1000;
        if let (Some(signing_ids), Some(signing_id), SignatureScheme::Radar) =
            (&self.signing_ids, request.header(radar::SIGNING_ID_HEADER), route.provider.signature)
            && signing_ids.claim(signing_id, &digest, expires_at).await? == Claim::Taken
        {
            tracing::warn!("signing id came back with another body");
            return Ok(Outcome::Denied);
        }

        let (events, refusals) = sort_out(route.provider.normalise(&body, received_at));
        let quarantine = async {
            if refusals.is_empty() {
                return Ok(());
            }
            self.quarantine.keep(route.provider.route, request, &body, &digest, received_at, &refusals).await
        };
        let (stored, quarantined) = tokio::join!(self.store(&events, expires_at), quarantine);
        quarantined?;
        let mut receipt = Receipt { quarantined: refusals, ..stored? };
        receipt.quarantined.sort_by_key(|refusal| refusal.index);
        if let Some(first) = receipt.quarantined.first() {
            tracing::warn!(
                provider = route.provider.name,
                events.quarantined = receipt.quarantined.len(),
                reason = first.reason.code(),
                event_id = first.event_id,
                "input quarantined"
            );
        }
        tracing::debug!(events.accepted = receipt.accepted, events.duplicates = receipt.duplicates, "request kept");
        self.metrics.duplicate_events(receipt.duplicates);
        self.metrics.quarantined_request(&receipt.quarantined.iter().map(|refusal| refusal.reason.code()).collect());
        Ok(Outcome::Kept(receipt))
    }

    /// Stores every event; the first failure fails them all, since only a whole request is acknowledged.
    async fn store(&self, events: &[LocationEvent], expires_at: i64) -> Result<Receipt, Unkept> {
        let put = async |event: &LocationEvent| {
            let stored = self.log.put(event, expires_at).await;
            stored.map_err(|source| Unkept::Log { event_id: event.event_id.clone(), source })
        };
        let mut writes = stream::iter(events).map(put).buffer_unordered(CONCURRENT_WRITES);
        let mut receipt = Receipt::default();
        while let Some(stored) = writes.next().await {
            match stored? {
                Stored::New => receipt.accepted += 1,
                Stored::Duplicate => receipt.duplicates += 1,
            }
        }
        Ok(receipt)
    }
}

fn sort_out(outcomes: Result<Vec<Result<LocationEvent, Fault>>, Fault>) -> (Vec<LocationEvent>, Vec<Refusal>) {
    let outcomes = match outcomes {
        Ok(outcomes) => outcomes,
        Err(fault) => return (Vec::new(), vec![Refusal::new(None, fault)]),
    };
    let (mut events, mut refusals) = (Vec::with_capacity(outcomes.len()), Vec::new());
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(event) => events.push(event),
            Err(fault) => refusals.push(Refusal::new(Some(index), fault)),
        }
    }
    (events, refusals)
}

/// The identity of a request's content: 128 bits in hex.
fn digest(route: &str, body: &[u8]) -> String {
    let hash = Sha256::new().chain_update(route).chain_update([0]).chain_update(body).finalize();
    hex::encode(&hash[..16])
}

fn unavailable(error: &Unkept) -> Outcome {
    let event_id = if let Unkept::Log { event_id, .. } = error { Some(event_id.as_str()) } else { None };
    tracing::error!(event_id, error = lambda_boot::with_causes(error), "request not acknowledged");
    Outcome::Unavailable
}
