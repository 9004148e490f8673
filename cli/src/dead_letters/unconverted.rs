//! `errors/` of the lake and of the operations log: records that Firehose could not convert, as it got them.

use anyhow::{Context as _, Result, bail};
use aws_sdk_firehose::Client;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;
use crate::firehose_error::{self, Unconverted};
use crate::objects::{Bucket, Listed};

/// The prefix in both buckets.
pub(super) const PREFIX: &str = "errors/";
/// Limits of a `PutRecordBatch`: <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>.
const MOST_RECORDS: usize = 500;
const MOST_BYTES: usize = 4_000_000;
const TRIES: usize = 4;

/// A stream of Firehose, and what its failed records are called here.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) source: &'static str,
    pub(super) bucket: Bucket,
    name: String,
}

/// Firehose's streams into the lake and the operations log.
pub(super) fn streams(deployment: &Deployment) -> Result<Vec<Stream>> {
    let (lake, log) = (Bucket::of(deployment, "LakeBucket")?, Bucket::of(deployment, "OperationsLogBucket")?);
    [
        ("lake", &lake, "DeliveryStream"),
        ("assignments-log", &log, "AssignmentsLogStream"),
        ("updates-log", &log, "UpdatesLogStream"),
    ]
    .into_iter()
    .map(|(source, bucket, output)| {
        Ok(Stream { source, bucket: bucket.clone(), name: deployment.output(output)?.to_owned() })
    })
    .collect()
}

/// The stream that an object is of: its last name begins with the stream's.
pub(super) fn stream_of<'a>(streams: &'a [Stream], bucket: &Bucket, key: &str) -> Option<&'a Stream> {
    let name = key.rsplit('/').next().unwrap_or(key);
    streams.iter().find(|stream| {
        let rest = name.strip_prefix(&stream.name);
        stream.bucket.name == bucket.name && rest.is_some_and(|rest| rest.starts_with('-'))
    })
}

/// What an object says about its records.
pub(super) fn describe(source: &'static str, bucket: &Bucket, listed: Listed, bytes: &[u8]) -> Waiting {
    let records = match firehose_error::read(bytes) {
        Ok(records) => records,
        Err(error) => return Waiting::unreadable(source, bucket, listed, &error),
    };
    let mut codes: Vec<_> = records.iter().filter_map(Unconverted::code).collect();
    codes.sort_unstable();
    codes.dedup();
    let since = Some(listed.modified.clone());
    let place = Place::Object(bucket.clone(), listed);
    Waiting { source, place, since, condition: codes.join(", "), records: Some(records.len()) }
}

/// Puts an object's records into their stream again, each as it was.
pub(super) async fn deliver(client: &Client, stream: &Stream, bytes: &[u8]) -> Result<usize> {
    let mut left = firehose_error::read(bytes)?.iter().map(Unconverted::data).collect::<Result<Vec<_>>>()?;
    let total = left.len();
    for _ in 0..TRIES {
        let mut refused = Vec::new();
        while !left.is_empty() {
            let mut bytes = 0;
            let fitting = left.iter().take(MOST_RECORDS).take_while(|record| {
                bytes += record.len();
                bytes <= MOST_BYTES
            });
            let request: Vec<_> = left.drain(..fitting.count().max(1)).collect();
            let records = request.iter().map(|data| Record::builder().data(Blob::new(data.clone())).build());
            let put = client
                .put_record_batch()
                .delivery_stream_name(&stream.name)
                .set_records(Some(records.collect::<Result<_, _>>()?))
                .send()
                .await
                .with_context(|| format!("{} does not take records", stream.name))?;
            let failed = put.request_responses().iter().map(|response| response.error_code().is_some());
            refused.extend(request.into_iter().zip(failed).filter_map(|(record, failed)| failed.then_some(record)));
        }
        left = refused;
        if left.is_empty() {
            return Ok(total);
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    bail!("{} refused {} of {total} records", stream.name, left.len())
}
