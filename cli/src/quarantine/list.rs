//! What the quarantine holds, without what is in it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Result;
use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::Filter;
use super::bucket::{self, Object};
use super::record::Record;
use crate::objects::Bucket;
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
    /// Those that are not among them.
    #[serde(skip)]
    older: usize,
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
    /// Why nothing of it is known but its key; then it is of the day, and the rest is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

pub(crate) async fn list(bucket: &Bucket, filter: &Filter, limit: usize) -> Result<Listed> {
    let objects = bucket::find(bucket, filter).await?;
    let mut by_reason = BTreeMap::new();
    for object in &objects {
        *by_reason.entry(object.reason.clone()).or_default() += 1;
    }
    let total = objects.len();
    let newest: Vec<_> = objects.into_iter().rev().take(limit).collect();
    let older = total - newest.len();
    let mut progress = Progress::new("reading the quarantine", newest.len());
    let mut rows: Vec<Row> = Vec::with_capacity(newest.len());
    let mut reads = stream::iter(newest)
        .map(async |object| {
            let record = bucket::read(bucket, &object.key).await;
            Row::of(object, record)
        })
        .buffered(CONCURRENT_READS);
    let mut done = 0;
    while let Some(row) = reads.next().await {
        rows.extend(row);
        done += 1;
        progress.reach(done);
    }
    progress.finish();
    rows.sort_by(|a, b| b.received_at.cmp(&a.received_at));
    Ok(Listed { total, by_reason, newest: rows, older })
}

impl Row {
    /// `None` where it was removed since it was listed.
    fn of(object: Object, read: Result<Option<Record>>) -> Option<Self> {
        let Object { key, reason, day, .. } = object;
        Some(match read {
            Ok(None) => return None,
            Ok(Some(record)) => {
                let Record { received_at, route, request_id, faults, .. } = record;
                Self { key, reason, received_at, route, request_id, faults: faults.len(), unreadable: None }
            }
            Err(error) => Self {
                key,
                reason,
                received_at: day.to_string(),
                route: String::new(),
                request_id: String::new(),
                faults: 0,
                unreadable: Some(format!("{error:#}")),
            },
        })
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.total == 0 {
            return write!(f, "nothing is in quarantine");
        }
        for Row { key, received_at, route, faults, unreadable, .. } in &self.newest {
            match unreadable {
                None => writeln!(f, "{received_at}  {route:<18}  {faults:>3}  {key}")?,
                Some(why) => writeln!(f, "{received_at:<24}  unreadable               {key}: {why}")?,
            }
        }
        if self.older > 0 {
            writeln!(f, "… and {} older ones: --limit shows more", self.older)?;
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
        let object = bucket::named(&[key.to_owned()]).unwrap().remove(0);
        let row = Row::of(object.clone(), Ok(serde_json::from_str(WRITTEN).unwrap())).unwrap();
        let odd = Row::of(object.clone(), Err(anyhow::anyhow!("no record"))).unwrap();
        assert!(Row::of(object, Ok(None)).is_none());
        let by_reason = BTreeMap::from([("latitude_out_of_range".to_owned(), 3)]);
        insta::assert_snapshot!(Listed { total: 3, by_reason, newest: vec![row, odd], older: 1 }, @r"
        2026-11-20T09:30:00.000Z  /v1/positions         1  quarantine/latitude_out_of_range/dt=2026-11-20/00.json
        2026-11-20                unreadable               quarantine/latitude_out_of_range/dt=2026-11-20/00.json: no record
        … and 1 older ones: --limit shows more
        3 in quarantine: latitude_out_of_range 3
        ");
    }
}
