//! What an operator is told where a command failed: what AWS said, and what to do about it.

use std::error::Error;
use std::io::{self, ErrorKind};

use anyhow::anyhow;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_cloudformation::error::ErrorMetadata;

/// Links of the SDK's errors that say nothing by themselves.
const HOLLOW: [&str; 3] = ["service error", "dispatch failure", "other"];

/// The error as one line, ending with what to do. `place`: whom the command talked to.
pub(crate) fn explain(error: &anyhow::Error, place: &str) -> anyhow::Error {
    let mut said: Vec<String> = Vec::new();
    // Why each of a dozen places has no credentials is for nobody to read.
    let telling = error.chain().take_while(|cause| !is_without_credentials(*cause));
    for link in telling.filter_map(words) {
        // An error that only wraps another repeats it.
        if said.last().is_none_or(|last| !last.ends_with(&link)) {
            said.push(link);
        }
    }
    match error.chain().find_map(|cause| advice(cause, place)) {
        Some(advice) => anyhow!("{}; {advice}", said.join(": ")),
        None => anyhow!(said.join(": ")),
    }
}

fn is_without_credentials(cause: &(dyn Error + 'static)) -> bool {
    matches!(cause.downcast_ref(), Some(CredentialsError::CredentialsNotLoaded(_)))
}

fn words(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(metadata) = cause.downcast_ref::<ErrorMetadata>() {
        let code = metadata.code().unwrap_or("no code");
        return Some(metadata.message().map_or_else(|| code.to_owned(), |message| format!("{message} ({code})")));
    }
    let text = cause.to_string();
    (!HOLLOW.contains(&text.as_str()) && !text.starts_with("unhandled error")).then_some(text)
}

fn advice(cause: &(dyn Error + 'static), place: &str) -> Option<String> {
    if is_refused(cause) {
        return Some(format!("nothing answers at {place}: is it up, and is this its address?"));
    }
    if cause.is::<CredentialsError>() {
        return Some("there are no credentials that work: log in with `aws sso login`, or set AWS_PROFILE".to_owned());
    }
    let metadata = cause.downcast_ref::<ErrorMetadata>().and_then(ErrorMetadata::code).map(ToOwned::to_owned);
    // The errors that the SDK has types for begin with their code.
    let code = metadata.or_else(|| cause.to_string().split([':', ' ']).next().map(ToOwned::to_owned))?;
    Some(match code.as_str() {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedException" | "AuthorizationError" => {
            format!("these credentials may not do that: use those of an operator of {place}")
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            "the credentials have expired: log in again with `aws sso login`, or fetch new ones".to_owned()
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "AuthFailure" => {
            "AWS does not accept these credentials: check AWS_PROFILE or AWS_ACCESS_KEY_ID, and this machine's clock"
                .to_owned()
        }
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "ProvisionedThroughputExceededException"
        | "SlowDown" => "AWS throttles this account: wait a minute, and run it again".to_owned(),
        _ => return None,
    })
}

/// Whether nobody listened at the address.
pub(crate) fn is_refused(cause: &(dyn Error + 'static)) -> bool {
    let io = match cause.downcast_ref() {
        // It does not name the error inside as its source.
        Some(ureq::Error::Io(error)) => Some(error),
        _ => cause.downcast_ref::<io::Error>(),
    };
    io.is_some_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use aws_credential_types::Credentials;
    use aws_smithy_http_client::test_util::infallible_client_fn;
    use aws_smithy_types::body::SdkBody;
    use aws_types::SdkConfig;
    use aws_types::region::Region;
    use ureq::http::Response;

    use super::*;

    fn sdk() -> aws_types::sdk_config::Builder {
        SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .retry_config(aws_config::retry::RetryConfig::disabled())
    }

    fn somebody() -> aws_credential_types::provider::SharedCredentialsProvider {
        aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new("a", "b", None, None, "test"))
    }

    async fn failed(sdk: &SdkConfig) -> String {
        let read = aws_sdk_secretsmanager::Client::new(sdk).get_secret_value().secret_id("s").send().await;
        let error = read.context("the secret cannot be read").err().unwrap();
        explain(&error, "prod").to_string()
    }

    /// What is said where AWS refuses with this code.
    async fn refused(code: &str) -> String {
        let body = format!(r#"{{"__type":"{code}","message":"no"}}"#);
        let client =
            infallible_client_fn(move |_| Response::builder().status(400).body(SdkBody::from(body.as_str())).unwrap());
        failed(&sdk().credentials_provider(somebody()).http_client(client).build()).await
    }

    #[tokio::test]
    async fn what_aws_says_is_shown_once_with_what_to_do() {
        assert_eq!(
            refused("AccessDeniedException").await,
            "the secret cannot be read: no (AccessDeniedException); these credentials may not do that: use those of \
             an operator of prod"
        );
        assert_eq!(refused("SomethingElse").await, "the secret cannot be read: no (SomethingElse)");
    }

    #[tokio::test]
    async fn each_kind_of_failure_has_its_advice() {
        for (code, advice) in [
            ("ExpiredTokenException", "log in again"),
            ("UnrecognizedClientException", "does not accept these credentials"),
            ("ThrottlingException", "wait a minute"),
        ] {
            let text = refused(code).await;
            assert!(text.contains(advice), "{text}");
        }
    }

    #[tokio::test]
    async fn errors_that_the_sdk_has_types_for_have_advice_as_well() {
        let client = infallible_client_fn(|_| {
            let throttled = Response::builder().status(429).header("x-amzn-errortype", "TooManyRequestsException");
            throttled.body(SdkBody::from(r#"{"message":"no"}"#)).unwrap()
        });
        let sdk = sdk().credentials_provider(somebody()).http_client(client).build();
        let listed = aws_sdk_apigateway::Client::new(&sdk).get_api_keys().send().await;
        let text = explain(&listed.context("the keys cannot be listed").err().unwrap(), "prod").to_string();
        assert!(text.starts_with("the keys cannot be listed: TooManyRequestsException: no; AWS throttles"), "{text}");
    }

    #[tokio::test]
    async fn without_credentials_it_says_to_log_in() {
        let nobody = aws_credential_types::provider::SharedCredentialsProvider::new(
            aws_credential_types::credential_fn::provide_credentials_fn(async || {
                Err(CredentialsError::not_loaded("none"))
            }),
        );
        let client = infallible_client_fn(|_| Response::new(SdkBody::empty()));
        let text = failed(&sdk().credentials_provider(nobody).http_client(client).build()).await;
        assert_eq!(
            text,
            "the secret cannot be read; there are no credentials that work: log in with `aws sso login`, or set \
             AWS_PROFILE"
        );
    }

    #[tokio::test]
    async fn where_nobody_listens_the_address_is_named() {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sdk = sdk().credentials_provider(somebody()).http_client(http).endpoint_url("http://127.0.0.1:9").build();
        let read = aws_sdk_secretsmanager::Client::new(&sdk).get_secret_value().secret_id("s").send().await;
        let text = explain(&read.context("no").err().unwrap(), "http://127.0.0.1:9").to_string();
        assert!(text.contains("nothing answers at http://127.0.0.1:9"), "{text}");
    }
}
