//! What the quarantine has kept of the run.

use anyhow::{Context as _, Result};
use aws_sdk_s3::primitives::DateTime;
use aws_types::SdkConfig;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::drive::Run;
use crate::aws;
use crate::environment::Environment;

const PREFIX: &str = "quarantine/";
/// S3 dates objects by its own clock, to the second.
const CLOCK_TOLERANCE_S: i64 = 5;

/// One object: a request, for one reason.
pub(crate) struct Kept {
    pub(crate) key: String,
    pub(crate) reason: String,
    /// Events of the request that were refused for it.
    pub(crate) faults: usize,
}

#[derive(Deserialize)]
struct Record {
    reason: String,
    faults: Vec<IgnoredAny>,
    /// The drive's are all UTF-8.
    body: Option<String>,
}

/// The objects whose request has the run's id in its body.
pub(crate) async fn of_run(sdk: &SdkConfig, environment: &Environment, run: &Run) -> Result<Vec<Kept>> {
    let client = aws::s3(sdk);
    let bucket = &environment.quarantine_bucket;
    let since = DateTime::from_secs(run.started_at.as_millis() / 1000 - CLOCK_TOLERANCE_S);

    let mut kept = Vec::new();
    let mut pages = client.list_objects_v2().bucket(bucket).prefix(PREFIX).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.context("the quarantine cannot be listed")?;
        let recent = page.contents().iter().filter(|object| object.last_modified().is_none_or(|at| *at >= since));
        for key in recent.filter_map(|object| object.key()) {
            let object = client.get_object().bucket(bucket).key(key).send().await;
            let object = object.with_context(|| format!("{key} of the quarantine cannot be read"))?;
            let bytes = object.body.collect().await.with_context(|| format!("{key} breaks off"))?.to_vec();
            kept.extend(read(run, key, &bytes).with_context(|| format!("{key} is no record of the quarantine"))?);
        }
    }
    Ok(kept)
}

fn read(run: &Run, key: &str, bytes: &[u8]) -> Result<Option<Kept>> {
    let record: Record = serde_json::from_slice(bytes)?;
    let own = record.body.is_some_and(|body| body.contains(run.id()));
    Ok(own.then(|| Kept { key: key.to_owned(), reason: record.reason, faults: record.faults.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::drive::tests::run;

    #[test]
    fn records_of_the_run_are_kept() {
        let record =
            br#"{"schema_version":1,"reason":"not_json","faults":[{"index":null}],"body":"{\"_id\":\"00abcdef"}"#;
        let kept = read(&run(), "quarantine/not_json/dt=2026-11-20/0.json", record).unwrap().unwrap();
        assert_eq!((kept.reason.as_str(), kept.faults), ("not_json", 1));
    }

    #[test]
    fn records_of_others_are_not() {
        for body in [r#","body":"another run""#, r#","body_base64":"/w==""#] {
            let record = format!(r#"{{"reason":"not_json","faults":[]{body}}}"#);
            assert!(read(&run(), "key", record.as_bytes()).unwrap().is_none(), "{record}");
        }
        assert!(read(&run(), "key", b"nonsense").is_err());
    }
}
