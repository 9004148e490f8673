//! To the lake and to the operations log, through Firehose.

use aws_sdk_firehose::Client;
use aws_sdk_firehose::primitives::Blob;
use aws_sdk_firehose::types::Record;
use lambda_boot::SdkConfig;

use crate::deliver::{Entry, Sink};

/// The most bytes packed into one Firehose record; Firehose takes 1,000 KiB. It bills each record in
/// steps of 5 KiB, so rows of some 700 bytes are packed: alone, each would pay for seven.
const MAX_RECORD_BYTES: usize = 1_000_000;

/// A delivery stream, as the relay sees it.
#[derive(Clone, Debug)]
pub struct Firehose {
    client: Client,
    name: String,
}

impl Firehose {
    /// The delivery stream of this name.
    pub fn new(sdk: &SdkConfig, name: String) -> Self {
        Self { client: Client::new(sdk), name }
    }
}

/// Packs rows into as few Firehose records as they fit. A pack stands for the first of its records: if
/// the pack fails, that one and all after it come again.
pub(crate) fn pack(rows: Vec<Entry<Vec<u8>>>) -> Vec<Entry<Vec<u8>>> {
    let mut packs: Vec<Entry<Vec<u8>>> = Vec::new();
    for mut row in rows {
        match packs.last_mut() {
            Some(pack) if pack.size + row.size <= MAX_RECORD_BYTES => {
                pack.size += row.size;
                pack.payload.append(&mut row.payload);
            }
            _ => packs.push(row),
        }
    }
    packs
}

impl Sink for Firehose {
    type Payload = Vec<u8>;
    const MAX_ENTRIES: usize = 500;
    /// Firehose takes 4 MiB a request.
    const MAX_BYTES: usize = 4_000_000;

    async fn send(&self, entries: &[Entry<Vec<u8>>]) -> Vec<bool> {
        let record = |entry: &Entry<Vec<u8>>| Record::builder().data(Blob::new(entry.payload.clone())).build().ok();
        let request = self
            .client
            .put_record_batch()
            .delivery_stream_name(&self.name)
            .set_records(entries.iter().map(record).collect());
        match request.send().await {
            Ok(response) => {
                response.request_responses().iter().map(|response| response.error_code().is_none()).collect()
            }
            Err(error) => {
                tracing::warn!(
                    firehose.stream = self.name,
                    error = lambda_boot::with_causes(&error),
                    "Firehose took nothing of a request"
                );
                Vec::new()
            }
        }
    }
}
