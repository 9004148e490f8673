//! The dispatch bucket, as the function uses it: reading, listing, and writing on a condition.

use std::error::Error;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use location_event::Timestamp;

/// The most bytes of an object that is read. What is larger is no list, and nothing else of ours is as large.
const MAX_BYTES: usize = assignment::list::MAX_BYTES;

/// The bucket.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    client: Client,
    name: String,
}

/// An object and its content.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) bytes: Vec<u8>,
    pub(crate) e_tag: String,
    pub(crate) version_id: Option<String>,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) key: String,
    pub(crate) e_tag: String,
    pub(crate) last_modified: Timestamp,
}

/// What must hold for an object to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition<'a> {
    /// There is none of this key.
    Absent,
    /// There is this one.
    Unchanged(&'a str),
    /// Nothing.
    Always,
}

/// The bucket could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BucketError {
    /// After all retries; the same call may succeed later.
    #[error("the dispatch bucket is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// For a reason that another try does not change, such as a missing permission.
    #[error("the dispatch bucket refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// Not read, so that it does not fill the function's memory.
    #[error("an object of the dispatch bucket has {0} bytes")]
    TooLarge(u64),
}

impl Bucket {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// An object, of a version where that is asked for; `None` where there is none.
    pub(crate) async fn get(&self, key: &str, version_id: Option<&str>) -> Result<Option<Object>, BucketError> {
        let request = self.client.get_object().bucket(&self.name).key(key);
        let outcome = match request.set_version_id(version_id.map(str::to_owned)).send().await {
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            outcome => outcome.map_err(classify)?,
        };
        let bytes = outcome.content_length.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
        if bytes > MAX_BYTES as u64 {
            return Err(BucketError::TooLarge(bytes));
        }
        let (e_tag, version_id) = (outcome.e_tag.unwrap_or_default(), outcome.version_id);
        let bytes = outcome.body.collect().await.map_err(|error| BucketError::Unavailable(error.into()))?;
        Ok(Some(Object { bytes: bytes.to_vec(), e_tag, version_id }))
    }

    /// Writes an object; `false` where the condition does not hold, or somebody writes it at this moment.
    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>, condition: Condition<'_>) -> Result<bool, BucketError> {
        let (absent, unchanged) = match condition {
            Condition::Absent => (Some("*".to_owned()), None),
            Condition::Unchanged(e_tag) => (None, Some(e_tag.to_owned())),
            Condition::Always => (None, None),
        };
        let request = self.client.put_object().bucket(&self.name).key(key).body(ByteStream::from(bytes));
        match request.set_if_none_match(absent).set_if_match(unchanged).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(classify(error)),
        }
    }

    /// Everything whose key begins so, in the order of keys.
    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<Listed>, BucketError> {
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(classify)?.contents.unwrap_or_default() {
                let (Some(key), Some(modified)) = (object.key, object.last_modified) else { continue };
                let last_modified = Timestamp::from_millis(modified.to_millis().unwrap_or_default());
                listed.push(Listed {
                    key,
                    e_tag: object.e_tag.unwrap_or_default(),
                    last_modified: last_modified.map_err(|error| BucketError::Refused(error.into()))?,
                });
            }
        }
        Ok(listed)
    }
}

/// The condition does not hold, or somebody writes the object at this moment, or the one to be replaced is gone:
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>.
fn is_condition_failed<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code.is_some_and(|code| ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"].contains(&code))
}

/// Whether a failure passes. What the SDK retried, and 5xx, may; what the service refused will not.
fn classify<E>(error: SdkError<E, HttpResponse>) -> BucketError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match &error {
        SdkError::ServiceError(service)
            if service.raw().status().is_client_error() && service.raw().status().as_u16() != 429 =>
        {
            BucketError::Refused(error.into())
        }
        SdkError::ConstructionFailure(_) => BucketError::Refused(error.into()),
        _ => BucketError::Unavailable(error.into()),
    }
}
