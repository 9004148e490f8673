//! Who gets in: the provider whose route it is, with a signature of a live secret.

use std::time::{SystemTime, UNIX_EPOCH};

use http_edge::HttpApiRequest;
use location_event::{PROVIDERS, Provider, SignatureScheme};
use subtle::ConstantTimeEq as _;
use webhook_signature::{Denied, Secrets, radar, standard};

use crate::secrets::{SecretCache, SecretsError};

/// A request's provider, and the path token that it came with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route<'a> {
    pub(crate) provider: Provider,
    path_token: Option<&'a str>,
}

impl<'a> Route<'a> {
    /// `/v1/webhooks/radar`, or the same with one more segment.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        PROVIDERS.into_iter().find_map(|provider| {
            let rest = path.strip_prefix(provider.route)?;
            let path_token = match rest.strip_prefix('/') {
                Some(token) if !token.is_empty() && !token.contains('/') => Some(token),
                None if rest.is_empty() => None,
                _ => return None,
            };
            Some(Self { provider, path_token })
        })
    }
}

/// Not let in, or not known whether to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccessError {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
}

/// Checks the signature against the cached secrets, and once more against fresh ones if it matches none:
/// the secret may have been rotated since.
pub(crate) async fn check(
    secrets: &SecretCache,
    route: Route<'_>,
    request: &HttpApiRequest,
    body: &[u8],
    now: SystemTime,
) -> Result<(), AccessError> {
    let scheme = route.provider.signature;
    let cached = secrets.get(scheme, now).await?;
    match verify(&cached, route, request, body, now) {
        Err(Denied::Mismatch) => {
            let fresh = secrets.refresh(scheme, now).await?;
            Ok(verify(&fresh, route, request, body, now)?)
        }
        outcome => Ok(outcome?),
    }
}

fn verify(
    secrets: &Secrets,
    route: Route<'_>,
    request: &HttpApiRequest,
    body: &[u8],
    now: SystemTime,
) -> Result<(), Denied> {
    match route.provider.signature {
        SignatureScheme::Radar => {
            radar::verify(secrets, request.header(radar::SIGNING_ID_HEADER), request.header(radar::SIGNATURE_HEADER))?;
        }
        SignatureScheme::StandardWebhooks => {
            let headers = standard::Headers {
                id: request.header(standard::ID_HEADER),
                timestamp: request.header(standard::TIMESTAMP_HEADER),
                signature: request.header(standard::SIGNATURE_HEADER),
            };
            let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            standard::verify(secrets, headers, body, i64::try_from(seconds).unwrap_or(i64::MAX))?;
        }
    }
    let given = route.path_token.unwrap_or_default();
    match secrets.path_token() {
        Some(token) if !bool::from(token.as_bytes().ct_eq(given.as_bytes())) => Err(Denied::Mismatch),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_a_providers_path_and_at_most_one_segment_more() {
        let token = |path| Route::of(path).map(|route| (route.provider.name, route.path_token));
        assert_eq!(token("/v1/webhooks/radar"), Some(("radar", None)));
        assert_eq!(token("/v1/webhooks/radar/t0ken"), Some(("radar", Some("t0ken"))));
        assert_eq!(token("/v1/positions"), Some(("milkrun", None)));
        for path in ["/v1/webhooks/radar/", "/v1/webhooks/radar/a/b", "/v1/webhooks/radars", "/v1", ""] {
            assert_eq!(token(path), None, "{path}");
        }
    }
}
