//! `errors/` of the lake and of the operations log: records that Firehose could not convert, as it got them.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/data-handling.html>

use anyhow::{Context as _, Result, bail};
use aws_sdk_firehose::Client;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;

use super::delivery::{Place, Waiting};
use crate::deployment::Deployment;
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

/// What Firehose writes about a record, as far as it is of use here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unconverted {
    #[serde(alias = "ErrorCode", default)]
    last_error_code: Option<String>,
    /// Base64.
    raw_data: String,
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
    let read = read(bytes);
    let (condition, records) = match &read {
        Ok(records) => {
            let mut codes: Vec<_> = records.iter().filter_map(|record| record.last_error_code.clone()).collect();
            codes.sort();
            codes.dedup();
            (codes.join(", "), Some(records.len()))
        }
        Err(error) => (format!("unreadable: {error:#}"), None),
    };
    let since = listed.modified.clone();
    Waiting { source, place: Place::Object(bucket.clone(), listed), since: Some(since), condition, records }
}

/// Puts an object's records into their stream again, each as it was.
pub(super) async fn deliver(client: &Client, stream: &Stream, bytes: &[u8]) -> Result<usize> {
    let mut left = Vec::new();
    for record in read(bytes)? {
        left.push(BASE64.decode(&record.raw_data).context("a record is not base64")?);
    }
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

fn read(bytes: &[u8]) -> Result<Vec<Unconverted>> {
    let documents = serde_json::Deserializer::from_slice(bytes).into_iter();
    documents.collect::<Result<_, _>>().context("not what Firehose writes about records")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_a_line_each() {
        let lines = br#"{"attemptsMade":1,"lastErrorCode":"DataFormatConversion.MalformedData","rawData":"e30="}
            {"ErrorCode":"DataFormatConversion.ParseError","rawData":"e30K"}
"#;
        let read = read(lines).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[1].last_error_code.as_deref(), Some("DataFormatConversion.ParseError"));
        assert!(super::read(b"nonsense").is_err());
    }
}
