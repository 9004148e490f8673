//! `Idempotency-Key`: the first complete answer is kept, and given again to whoever asks the same.

use jiff::civil::Date;
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

/// What is kept under a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// Digest of the request's body.
    request: String,
    /// The day that the request means: a repeat after midnight means the same.
    pub(crate) date: String,
    /// The body of the answer, once it is complete.
    pub(crate) answer: Option<String>,
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

    /// What is kept for the request, if anything is.
    pub(crate) async fn recall(&self, bucket: &Bucket) -> Result<Option<Record>, IdempotencyError> {
        Ok(self.read(bucket).await?.map(|(record, _)| record))
    }

    /// Takes the key for the request, which is about to be carried out: from here on no other may use it. It may
    /// be taken already, by a try of the same request that did not end.
    pub(crate) async fn claim(&self, bucket: &Bucket, date: Date) -> Result<(), IdempotencyError> {
        if !self.write(bucket, date, None, Condition::Absent).await? {
            self.read(bucket).await?;
        }
        Ok(())
    }

    /// Keeps the answer, unless another try of the request has kept one: the answer that counts.
    pub(crate) async fn keep(&self, bucket: &Bucket, date: Date, answer: String) -> Result<String, IdempotencyError> {
        // Once more where another try kept its own at this moment.
        for _ in 0..2 {
            let condition = match self.read(bucket).await? {
                Some((Record { answer: Some(first), .. }, _)) => return Ok(first),
                Some((_, e_tag)) => Some(e_tag),
                None => None,
            };
            let condition = condition.as_deref().map_or(Condition::Absent, Condition::Unchanged);
            if self.write(bucket, date, Some(answer.clone()), condition).await? {
                break;
            }
        }
        Ok(answer)
    }

    async fn read(&self, bucket: &Bucket) -> Result<Option<(Record, String)>, IdempotencyError> {
        let Some(object) = bucket.get(&self.object, None).await? else { return Ok(None) };
        let record: Record = serde_json::from_slice(&object.bytes)?;
        if record.request == self.request { Ok(Some((record, object.e_tag))) } else { Err(IdempotencyError::Reused) }
    }

    async fn write(
        &self,
        bucket: &Bucket,
        date: Date,
        answer: Option<String>,
        condition: Condition<'_>,
    ) -> Result<bool, IdempotencyError> {
        let record = serde_json::to_vec(&Record { request: self.request.clone(), date: date.to_string(), answer })?;
        Ok(bucket.put(&self.object, record, condition).await?)
    }
}
