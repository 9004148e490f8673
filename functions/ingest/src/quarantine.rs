//! The quarantine: whatever was refused, whole, under its reason.
//!
//! `quarantine/<reason>/dt=<date of arrival>/<digest>.json`, one object for a request and a reason. The
//! digest is that of route and body, so a provider's retries of one day overwrite one object.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http_edge::HttpApiRequest;
use lambda_boot::SdkConfig;
use location_event::{Reason, Timestamp};
use serde::Serialize;

use crate::outcome::Refusal;

/// Version of the object's shape.
const SCHEMA_VERSION: u32 = 1;
/// A header with one of these in its name may let its holder in: it is not kept.
const SECRET_HEADERS: [&str; 7] = ["authorization", "cookie", "signature", "secret", "token", "key", "password"];

/// The bucket, as `ingest` sees it.
pub(crate) struct Quarantine {
    sdk: SdkConfig,
    // Made for the first refusal: most processes never see one, and each start would pay for it.
    client: OnceLock<Client>,
    bucket: String,
}

/// The input could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("the quarantine is unavailable")]
pub(crate) struct QuarantineError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// What an object says besides the body.
#[derive(Serialize)]
struct Record<'a> {
    schema_version: u32,
    reason: Reason,
    route: &'a str,
    request_id: &'a str,
    received_at: Timestamp,
    faults: Vec<&'a Refusal>,
    headers: BTreeMap<&'a str, &'a str>,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
enum Body<'a> {
    #[serde(rename = "body")]
    Text(&'a str),
    /// Not UTF-8.
    #[serde(rename = "body_base64")]
    Base64(String),
}

impl Quarantine {
    pub(crate) fn new(sdk: &SdkConfig, bucket: String) -> Self {
        Self { sdk: sdk.clone(), client: OnceLock::new(), bucket }
    }

    /// Keeps a request under each reason for which something of it was refused.
    pub(crate) async fn keep(
        &self,
        route: &str,
        request: &HttpApiRequest,
        body: &[u8],
        digest: &str,
        received_at: Timestamp,
        refusals: &[Refusal],
    ) -> Result<(), QuarantineError> {
        let mut by_reason = BTreeMap::<Reason, Vec<&Refusal>>::new();
        for refusal in refusals {
            by_reason.entry(refusal.reason).or_default().push(refusal);
        }
        for (reason, faults) in by_reason {
            let record = Record {
                schema_version: SCHEMA_VERSION,
                reason,
                route,
                request_id: request.request_id(),
                received_at,
                faults,
                headers: request.headers().filter(|(name, _)| !is_secret(name)).collect(),
                body: std::str::from_utf8(body).map_or_else(|_| Body::Base64(BASE64.encode(body)), Body::Text),
            };
            let object = serde_json::to_vec(&record).map_err(|error| QuarantineError(error.into()))?;
            self.client
                .get_or_init(|| Client::new(&self.sdk))
                .put_object()
                .bucket(&self.bucket)
                .key(format!("quarantine/{reason}/dt={}/{digest}.json", received_at.date()))
                .content_type("application/json")
                .body(ByteStream::from(object))
                .send()
                .await
                .map_err(|error| QuarantineError(error.into()))?;
        }
        Ok(())
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_HEADERS.iter().any(|secret| name.contains(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_let_their_holder_in_are_secret() {
        for name in ["X-Radar-Signature", "webhook-signature", "Authorization", "x-api-key", "Cookie"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["content-type", "webhook-id", "x-radar-signing-id", "user-agent"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
