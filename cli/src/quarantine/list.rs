//! What the quarantine holds, without what is in it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use super::Filter;
use super::bucket::{Bucket, Object};
use super::record::Record;
use crate::progress::Progress;

/// Objects that are read at once.
const CONCURRENT_READS: usize = 16;

#[derive(Serialize)]
pub(crate) struct Listed {
    /// Objects: a request that was refused for two reasons is two.
    total: usize,
    by_reason: BTreeMap<String, usize>,
    /// The newest ones, newest first.
    newest: Vec<Row>,
}

/// One object, without details: they may quote positions.
#[derive(Serialize)]
struct Row {
    key: String,
    reason: String,
    received_at: String,
    route: String,
    request_id: String,
    /// How many of its events were refused; one where the request was.
    faults: usize,
}

pub(crate) async fn list(bucket: &Bucket, filter: &Filter, limit: usize) -> Result<Listed> {
    let objects = bucket.find(filter).await?;
    let mut by_reason = BTreeMap::new();
    for object in &objects {
        *by_reason.entry(object.reason.clone()).or_default() += 1;
    }
    let total = objects.len();
    let newest: Vec<_> = objects.into_iter().rev().take(limit).collect();
    let mut progress = Progress::new("reading the quarantine", newest.len());
    let mut rows: Vec<Row> = Vec::with_capacity(newest.len());
    let mut reads = stream::iter(newest)
        .map(async |object| {
            let record = bucket.read(&object.key).await?;
            anyhow::Ok(Row::of(object, record))
        })
        .buffered(CONCURRENT_READS);
    while let Some(row) = reads.try_next().await? {
        rows.push(row);
        progress.reach(rows.len());
    }
    progress.finish();
    rows.sort_by(|a, b| b.received_at.cmp(&a.received_at));
    Ok(Listed { total, by_reason, newest: rows })
}

impl Row {
    fn of(object: Object, record: Record) -> Self {
        let Record { received_at, route, request_id, faults, .. } = record;
        Self { key: object.key, reason: object.reason, received_at, route, request_id, faults: faults.len() }
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total == 0 {
            return write!(f, "nothing is in quarantine");
        }
        for Row { key, received_at, route, faults, .. } in &self.newest {
            writeln!(f, "{received_at}  {route:<18}  {faults:>3}  {key}")?;
        }
        if self.newest.len() < self.total {
            writeln!(f, "… and {} older ones: --limit shows more", self.total - self.newest.len())?;
        }
        let reasons: Vec<_> = self.by_reason.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        write!(f, "{} in quarantine: {}", self.total, reasons.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quarantine::record::tests::WRITTEN;

    #[test]
    fn a_list_has_counts_and_no_bodies() {
        let key = "quarantine/latitude_out_of_range/dt=2026-11-20/00.json";
        let object = super::super::bucket::named(&[key.to_owned()]).unwrap().remove(0);
        let row = Row::of(object, serde_json::from_str(WRITTEN).unwrap());
        let by_reason = BTreeMap::from([("latitude_out_of_range".to_owned(), 2)]);
        insta::assert_snapshot!(Listed { total: 2, by_reason, newest: vec![row] }, @r"
        2026-11-20T09:30:00.000Z  /v1/positions         1  quarantine/latitude_out_of_range/dt=2026-11-20/00.json
        … and 1 older ones: --limit shows more
        2 in quarantine: latitude_out_of_range 2
        ");
    }
}
