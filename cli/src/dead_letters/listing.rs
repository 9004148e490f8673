//! `milkrun dead-letters list`: reads what waits, object by object, and changes nothing.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::delivery::{Line, Waiting};
use super::failures::Mapping;
use super::unconverted::Stream;
use super::{crossings, daily, failures, unconverted};
use crate::deployment::Deployment;
use crate::lambda_failure::FailedBatch;
use crate::objects::{AT_ONCE, Bucket, Listed};
use crate::progress::Progress;
use crate::stream_batch::StreamFunctions;

/// What an object is called whose mapping or stream is not there any more.
pub(super) const UNKNOWN: &str = "unknown";

/// Everything that waits.
#[derive(Serialize)]
pub(super) struct Listing {
    sources: BTreeMap<&'static str, Sum>,
    waiting: Vec<Line>,
}

/// What waits of one source.
#[derive(Default, Serialize)]
struct Sum {
    /// Objects; 1 for a queue.
    objects: usize,
    /// Records or messages in them.
    records: usize,
    /// RFC 3339.
    oldest: Option<String>,
}

/// An object that waits, and what knows its form.
pub(super) struct Found {
    pub(super) source: &'static str,
    pub(super) bucket: Bucket,
    pub(super) listed: Listed,
    pub(super) form: Form,
}

/// What kind of object it is, and who takes what is in it, if anybody does.
pub(super) enum Form {
    /// Of a stream of a table.
    Batch(Option<Mapping>),
    /// Of a stream of Firehose.
    Records(Option<Stream>),
}

/// The objects that wait, by name alone.
pub(super) async fn objects(deployment: &Deployment, functions: &StreamFunctions) -> Result<Vec<Found>> {
    let bucket = Bucket::of(deployment, "RelayFailuresBucket")?;
    let mappings = failures::mappings(deployment, functions).await?;
    let mut found = Vec::new();
    for listed in bucket.list("").await? {
        let mut mapping = failures::mapping_of(&mappings, &listed.key).cloned();
        if mapping.is_none() {
            // One that cannot be read is of an unknown source; whoever asks for it hears why.
            let object = bucket.get(&listed).await.ok().flatten();
            let batch = object.and_then(|object| FailedBatch::read(&object.bytes).ok());
            mapping = batch.and_then(|batch| failures::successor(&mappings, &batch).cloned());
        }
        let source = mapping.as_ref().map_or(UNKNOWN, |mapping| mapping.source);
        found.push(Found { source, bucket: bucket.clone(), listed, form: Form::Batch(mapping) });
    }
    let streams = unconverted::streams(deployment)?;
    // Two of the three streams have one bucket.
    for bucket in [&streams[0].bucket, &streams[1].bucket] {
        for listed in bucket.list(unconverted::PREFIX).await? {
            let stream = unconverted::stream_of(&streams, bucket, &listed.key).cloned();
            let source = stream.as_ref().map_or(UNKNOWN, |stream| stream.source);
            found.push(Found { source, bucket: bucket.clone(), listed, form: Form::Records(stream) });
        }
    }
    Ok(found)
}

pub(super) async fn list(deployment: &Deployment) -> Result<Listing> {
    let found = objects(deployment, &StreamFunctions::of(deployment)).await?;
    let mut progress = Progress::new("reading what waits", found.len());
    let described = stream::iter(found).map(async |Found { source, bucket, listed, form }| {
        let object = match bucket.get(&listed).await {
            Ok(object) => object?,
            Err(error) => return Some(Waiting::unreadable(source, &bucket, listed, &error)),
        };
        let describe = match form {
            Form::Batch(_) => failures::describe,
            Form::Records(_) => unconverted::describe,
        };
        Some(describe(source, &bucket, listed, &object.bytes))
    });
    let mut described = described.buffered(AT_ONCE);
    let mut waiting: Vec<Waiting> = crossings::DeadLetters::of(deployment)?.describe().await?.into_iter().collect();
    waiting.extend(daily::Runs::of(deployment)?.describe().await?);
    let mut done = 0;
    while let Some(one) = described.next().await {
        done += 1;
        progress.reach(done);
        waiting.extend(one);
    }
    progress.finish();
    Ok(Listing::of(waiting))
}

impl Listing {
    fn of(waiting: Vec<Waiting>) -> Self {
        let mut sources = BTreeMap::<_, Sum>::new();
        for one in &waiting {
            let sum = sources.entry(one.source).or_default();
            sum.objects += 1;
            sum.records += one.records.unwrap_or_default();
            sum.oldest = [sum.oldest.take(), one.since.clone()].into_iter().flatten().min();
        }
        Self { sources, waiting: waiting.into_iter().map(Line::from).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return write!(out, "nothing waits");
        }
        write!(out, "{:<18}  {:>7}  {:>7}  oldest", "source", "objects", "records")?;
        for (source, Sum { objects, records, oldest }) in &self.sources {
            write!(out, "\n{source:<18}  {objects:>7}  {records:>7}  {}", oldest.as_deref().unwrap_or("-"))?;
        }
        for line in &self.waiting {
            let Line { source, since, condition, records, key, store } = line;
            let place = key.as_deref().unwrap_or(store);
            let records = records.map_or_else(|| "-".to_owned(), |records| records.to_string());
            write!(out, "\n\n{place}\n  {source}, {records} records, since {}", since.as_deref().unwrap_or("-"))?;
            write!(out, ": {condition}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::delivery::Place;
    use super::*;

    fn waiting(source: &'static str, since: &str, records: Option<usize>) -> Waiting {
        let (place, condition) = (Place::Queue("https://queue".to_owned()), "its reader failed".to_owned());
        Waiting { source, place, since: Some(since.to_owned()), condition, records }
    }

    #[test]
    fn what_waits_is_counted_by_source() {
        let listing = Listing::of(vec![
            waiting("lake", "2026-11-20T10:00:00Z", Some(2)),
            waiting("lake", "2026-11-19T10:00:00Z", None),
            waiting("crossings", "2026-11-20T11:00:00Z", Some(7)),
        ]);
        let text = listing.to_string();
        assert!(text.contains("lake                      2        2  2026-11-19T10:00:00Z"), "{text}");
        assert!(text.contains("crossings                 1        7  2026-11-20T11:00:00Z"), "{text}");
        assert_eq!(Listing::of(Vec::new()).to_string(), "nothing waits");
    }
}
