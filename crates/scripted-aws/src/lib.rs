//! For tests: the real SDK before an AWS that answers as it is told to. What goes over the wire is what goes over it
//! in production; only the wire is short.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::test_util::infallible_client_fn;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

pub use aws_smithy_types::body::SdkBody;
pub use http::{Request, Response};

/// The configuration of clients whose requests are all answered by `answer`, and tried at most so often.
pub fn sdk(
    max_attempts: u32,
    answer: impl Fn(Request<SdkBody>) -> Response<SdkBody> + Send + Sync + 'static,
) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("AKID", "secret", None)))
        .retry_config(RetryConfig::standard().with_max_attempts(max_attempts))
        .http_client(infallible_client_fn(answer))
        .build()
}

/// An answer of this status and body.
///
/// # Panics
/// Where the status is none of HTTP's.
#[expect(clippy::expect_used, reason = "tests choose the status")]
pub fn answer(status: u16, body: impl Into<SdkBody>) -> Response<SdkBody> {
    Response::builder().status(status).body(body.into()).expect("a status of HTTP")
}
