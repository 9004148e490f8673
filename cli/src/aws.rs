//! How AWS is talked to: at the emulator, or with what the shell says.

use std::time::Duration;

use anyhow::{Result, bail};
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::SdkConfig;

/// Of one try at the emulator: it is near.
const EMULATOR_PATIENCE: Duration = Duration::from_secs(30);
/// Of one try on AWS, until an answer begins: a connection may be dead without anybody saying so. A file of the lake
/// that is rewritten has to be sent within it.
const READ_PATIENCE: Duration = Duration::from_mins(2);
/// Of one try on AWS, to its end.
const ATTEMPT_PATIENCE: Duration = Duration::from_mins(3);

/// The emulator.
pub(crate) fn emulator(endpoint: &str, region: &str) -> SdkConfig {
    // Its root. A developer's own credentials are for AWS, and must not be sent to it.
    let credentials = Credentials::new("test", "test", None, None, "emulator");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        // It speaks plain HTTP: no certificates need to be read.
        .http_client(Builder::new().build_http())
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(EMULATOR_PATIENCE).build())
        .build()
}

/// The configuration of the shell: its variables, profiles, single sign-on, or roles of the machine.
pub(crate) async fn shell() -> Result<SdkConfig> {
    // On ring, as the functions: no second TLS library. Over plain HTTP where an endpoint says so.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts =
        TimeoutConfig::builder().read_timeout(READ_PATIENCE).operation_attempt_timeout(ATTEMPT_PATIENCE).build();
    let sdk = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts).load().await;
    if sdk.region().is_none() {
        bail!("no AWS region: set AWS_REGION to that of the environment, or use a profile that has one");
    }
    Ok(sdk)
}

/// S3; at an endpoint of its own with buckets in the path: in the host's name they would have to be resolved.
pub(crate) fn s3(sdk: &SdkConfig) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(sdk.endpoint_url().is_some());
    aws_sdk_s3::Client::from_conf(config.build())
}
