//! What a failure of a service means, whichever service.

use std::error::Error;

use aws_sdk_athena::config::http::HttpResponse;
use aws_sdk_athena::error::{ProvideErrorMetadata, SdkError};
use table_item::Failure;

/// A service did not do what it was asked, all of the SDK's retries included.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was asked for more than it takes at present: the same call may succeed later.
    #[error("{service} is throttled")]
    Throttled {
        /// Which.
        service: &'static str,
        /// What it answered.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Unreachable or failing: the same call may succeed later.
    #[error("{service} is unavailable")]
    Unavailable {
        /// Which.
        service: &'static str,
        /// What it answered.
        source: Box<dyn Error + Send + Sync>,
    },
    /// For a reason that another try does not change, such as a missing permission.
    #[error("{service} refused the request")]
    Refused {
        /// Which.
        service: &'static str,
        /// What it answered.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl CallError {
    /// The meaning of an error of the SDK.
    pub(crate) fn of<E>(service: &'static str) -> impl FnOnce(SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        move |error| {
            // Athena's own name for it.
            let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
            if code == Some("TooManyRequestsException") {
                return Self::Throttled { service, source: error.into() };
            }
            match Failure::of(&error) {
                Failure::Throttled => Self::Throttled { service, source: error.into() },
                Failure::Unavailable => Self::Unavailable { service, source: error.into() },
                Failure::Refused => Self::Refused { service, source: error.into() },
            }
        }
    }
}
