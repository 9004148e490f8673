//! What a failure of the table means.

use std::error::Error;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use table_item::{Failure, ItemError};

/// The table could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More was asked of the table than it takes at present, all retries included: the same call may
    /// succeed later.
    #[error("the table of assignments is throttled")]
    Throttled(#[source] Box<dyn Error + Send + Sync>),
    /// Unreachable or failing, after all retries: the same call may succeed later.
    #[error("the table of assignments is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Refused for a reason that another try does not change, such as a missing permission.
    #[error("the table of assignments refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// An item that this code did not write.
    #[error("the table of assignments holds an item that cannot be read")]
    Unreadable(#[source] ItemError),
}

pub(crate) fn classify<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match Failure::of(&error) {
        Failure::Throttled => StoreError::Throttled(error.into()),
        Failure::Unavailable => StoreError::Unavailable(error.into()),
        Failure::Refused => StoreError::Refused(error.into()),
    }
}
