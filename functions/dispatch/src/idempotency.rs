//! `Idempotency-Key`: the first complete answer is kept, and given again to whoever asks the same.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bucket::{Bucket, BucketError, Condition};
use crate::fields::BadRequest;

pub(crate) const HEADER: &str = "idempotency-key";
const MAX_BYTES: usize = 255;

/// A key in use.
#[derive(Debug)]
pub(crate) struct Key {
    object: String,
    request: String,
}

#[derive(Serialize, Deserialize)]
struct Record {
    /// Digest of the request's body.
    request: String,
    /// The body of the answer, once it is complete.
    answer: Option<String>,
}

/// Why a key does not lead to an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdempotencyError {
    #[error("the Idempotency-Key was used before with another body: use a new key for another request")]
    Reused,
    #[error(transparent)]
    Bucket(#[from] BucketError),
    #[error("the record of an Idempotency-Key is not what this function writes")]
    Unreadable(#[from] serde_json::Error),
}

impl Key {
    /// A caller's key for a request's body. Callers are told apart by their API keys.
    pub(crate) fn of(key: &str, caller: &str, body: &[u8]) -> Result<Self, BadRequest> {
        if !(1..=MAX_BYTES).contains(&key.len()) {
            return Err(BadRequest::new(format!("Idempotency-Key must have 1 to {MAX_BYTES} bytes")));
        }
        let digest = hex::encode(Sha256::digest(format!("{caller}\n{key}")));
        Ok(Self { object: format!("idempotency/{digest}.json"), request: hex::encode(Sha256::digest(body)) })
    }

    /// The answer that is kept for the request, if there is one.
    pub(crate) async fn answer(&self, bucket: &Bucket) -> Result<Option<String>, IdempotencyError> {
        let Some(object) = bucket.get(&self.object, None).await? else { return Ok(None) };
        let record: Record = serde_json::from_slice(&object.bytes)?;
        if record.request == self.request { Ok(record.answer) } else { Err(IdempotencyError::Reused) }
    }

    /// Takes the key for the request, which is about to be carried out: from here on no other may use it. It may
    /// be taken already, by a try of the same request that did not end.
    pub(crate) async fn claim(&self, bucket: &Bucket) -> Result<(), IdempotencyError> {
        if !self.write(bucket, None, Condition::Absent).await? {
            self.answer(bucket).await?;
        }
        Ok(())
    }

    /// Keeps the answer.
    pub(crate) async fn keep(&self, bucket: &Bucket, answer: &str) -> Result<(), IdempotencyError> {
        self.write(bucket, Some(answer.to_owned()), Condition::Always).await.map(drop)
    }

    async fn write(
        &self,
        bucket: &Bucket,
        answer: Option<String>,
        condition: Condition<'_>,
    ) -> Result<bool, IdempotencyError> {
        let record = serde_json::to_vec(&Record { request: self.request.clone(), answer })?;
        Ok(bucket.put(&self.object, record, condition).await?)
    }
}
