//! What a failure of `DynamoDB` means, decided once for all tables.

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// What a failure means for whoever asked, all of the SDK's retries included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// More was asked of the table than it takes at present: the same call may succeed later.
    Throttled,
    /// Unreachable or failing: the same call may succeed later.
    Unavailable,
    /// For a reason that another try does not change, such as a missing permission.
    Refused,
}

impl Failure {
    /// The meaning of an error of the SDK.
    pub fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        const THROTTLED: [&str; 4] = [
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "ThrottlingException",
            "LimitExceededException",
        ];
        const PASSING: [&str; 2] = ["InternalServerError", "TransactionConflictException"];
        match error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code) if THROTTLED.contains(&code) => Self::Throttled,
                Some(code) if PASSING.contains(&code) => Self::Unavailable,
                _ if service.raw().status().is_client_error() => Self::Refused,
                _ => Self::Unavailable,
            },
            SdkError::ConstructionFailure(_) => Self::Refused,
            _ => Self::Unavailable,
        }
    }
}
