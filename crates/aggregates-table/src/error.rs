//! What can go wrong with the table.

use std::error::Error;

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use table_item::{Failure, ItemError};

/// The table could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Throttled, unreachable or failing, after all retries: the same call may succeed later.
    #[error("the table of aggregates is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// Refused for a reason that another try does not change, such as a missing permission.
    #[error("the table of aggregates refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// An item that this code did not write.
    #[error("the table of aggregates holds an item that cannot be read")]
    Unreadable(#[from] ItemError),
}

impl TableError {
    pub(crate) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match Failure::of(&error) {
            Failure::Throttled | Failure::Unavailable => Self::Unavailable(error.into()),
            Failure::Refused => Self::Refused(error.into()),
        }
    }
}
