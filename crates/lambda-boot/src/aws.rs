//! The configuration that every AWS client shares, and the connection opened ahead of need.

use std::convert::Infallible;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, OrchestratorError};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::{InvalidEnvironment, Variables};

/// Amazon Root CA 1 to 4 and Starfield Services Root CA G2, valid until 2037 at least.
const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("amazon-trust-services.pem");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// One try of one request. DynamoDB and the like answer in milliseconds, or not at all.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_ATTEMPTS: u32 = 6;
/// A warm-up that takes longer than this is left to the first request.
const WARM_TIMEOUT: Duration = Duration::from_millis(800);

/// The clients' configuration, from what Lambda puts in the environment.
///
/// `patience` bounds one request with all its retries, and must leave the function time to answer.
/// Retried are throttling, timeouts and 5xx, with exponential backoff and jitter.
pub fn sdk_config(patience: Duration) -> Result<SdkConfig, InvalidEnvironment> {
    let (region, key_id, secret_key, session_token, endpoint_url) = Variables::from_env(|variables| {
        (
            variables.required("AWS_REGION"),
            variables.required("AWS_ACCESS_KEY_ID"),
            variables.required("AWS_SECRET_ACCESS_KEY"),
            variables.optional("AWS_SESSION_TOKEN"),
            // Set by whoever stands in for AWS: the emulator, a proxy that injects faults.
            variables.optional("AWS_ENDPOINT_URL"),
        )
    })?;
    let credentials = Credentials::new(key_id, secret_key, session_token, None, "lambda-environment");
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(tls()).build_https())
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(MAX_ATTEMPTS)
                .with_initial_backoff(Duration::from_millis(50))
                .with_max_backoff(Duration::from_secs(1)),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .operation_timeout(patience)
                .build(),
        );
    config.set_endpoint_url(endpoint_url);
    Ok(config.build())
}

/// Opens a connection to a regional service (`dynamodb`, `firehose`) and leaves it in the pool that
/// `config`'s clients share.
///
/// An unsigned `GET /`: every service answers it with something, none does anything, no permission is
/// needed. A failure is none: the first request then opens its own.
pub async fn warm(config: &SdkConfig, service: &str) {
    let (Some(http_client), Some(region)) = (config.http_client(), config.region()) else { return };
    let regional = || format!("https://{service}.{region}.amazonaws.com");
    let url = config.endpoint_url().map_or_else(regional, str::to_owned);
    // The pool is found by the connect and read timeouts: they must be the clients' own.
    let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(WARM_TIMEOUT).build();
    let mut operation = Operation::builder()
        .service_name("warm")
        .operation_name("connect")
        .behavior_version(BehaviorVersion::latest())
        .http_client(http_client)
        .endpoint_url(&url)
        .no_auth()
        .no_retry()
        .timeout_config(timeouts);
    if let Some(sleep) = config.sleep_impl() {
        operation = operation.sleep_impl(sleep);
    }
    let operation = operation
        .serializer(|()| Ok(HttpRequest::new(SdkBody::empty())))
        .deserializer(|_| Ok::<_, OrchestratorError<Infallible>>(()))
        .build();
    if let Err(error) = operation.invoke(()).await {
        tracing::debug!(aws.service = service, error = crate::with_causes(&error), "no connection opened ahead");
    }
}

fn tls() -> TlsContext {
    let store = TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES);
    #[expect(clippy::expect_used, reason = "the certificates are part of the binary; a test builds this")]
    TlsContext::builder().with_trust_store(store).build().expect("the built-in trust store")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_trust_store_is_read() {
        let _ = tls();
    }
}
