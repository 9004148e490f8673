//! Days as pages to look at, stored where the environment asks for it.

use aggregation::day::Day;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use daily_report::Stamp;

use crate::call::CallError;

/// The bucket, as far as pages go there.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    client: Client,
    bucket: String,
}

impl Reports {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Stores a day's page under its date, in place of the one before.
    pub(crate) async fn store(&self, day: &Day, stamp: &Stamp) -> Result<(), CallError> {
        self.client
            .put_object()
            .bucket(&self.bucket)
            .key(format!("reports/daily/{}.html", day.date))
            .content_type("text/html; charset=utf-8")
            .body(ByteStream::from(daily_report::render(day, stamp).into_bytes()))
            .send()
            .await
            .map_err(CallError::of("the reports' bucket"))?;
        Ok(())
    }
}
