//! What becomes of an object: pure functions from its bytes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;

use super::names::{Mention, Names, Searched, Verdict};
use super::parquet::Rows;
use crate::firehose_error;
use crate::lambda_failure::FailedBatch;

/// What was found in an object.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// Rows, records or whole objects that are the driver's.
    pub(super) own: u64,
    /// What is left without them; `None`: nothing is, or there are none.
    pub(super) rest: Option<Vec<u8>>,
    /// Drivers whose records say the driver's id.
    pub(super) mentioned_by: BTreeSet<String>,
    /// Drivers whose records say another of the driver's names.
    pub(super) shared_with: BTreeSet<String>,
    /// Names that the driver's own rows have.
    pub(super) learned: Option<Box<Names>>,
    /// How many rows each driver has.
    pub(super) owners: BTreeMap<String, u64>,
}

/// Objects of one kind: how one is judged, and what of it is counted. The judge's last argument says whether what
/// other drivers' records say is looked at, too.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) judge: fn(&Names, &Bytes, bool) -> Result<Judged>,
    pub(super) counted: &'static str,
}

/// The driver's or not, as a whole.
pub(super) const WHOLE: Kind = Kind { judge: whole, counted: "objects" };
/// Parquet files with a column of drivers.
pub(super) const PARQUET: Kind = Kind { judge: parquet, counted: "rows" };
/// Batches of a stream that Lambda gave up: they lose the driver's records.
pub(super) const FAILED_BATCH: Kind = Kind { judge: failed_batch, counted: "records" };
/// Records that Firehose could not convert: they lose the driver's rows.
pub(super) const UNCONVERTED: Kind = Kind { judge: unconverted, counted: "rows" };

impl Judged {
    /// Counts a record in; whether it stays.
    fn keeps(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Own => {
                self.own += 1;
                return false;
            }
            Verdict::Mentioned(by) => drop(self.mentioned_by.insert(by)),
            Verdict::Shared(with) => drop(self.shared_with.insert(with)),
            Verdict::Foreign => {}
        }
        true
    }
}

fn whole(names: &Names, bytes: &Bytes, _thorough: bool) -> Result<Judged> {
    match names.search(bytes) {
        Searched { mention: Mention::Nothing, cut_short: Some(why) } => bail!(why),
        Searched { mention, .. } => Ok(Judged { own: (mention > Mention::Nothing).into(), ..Judged::default() }),
    }
}

fn parquet(names: &Names, bytes: &Bytes, thorough: bool) -> Result<Judged> {
    let rows = Rows::open(bytes.clone())?;
    let mut judged = Judged::default();
    let mut keep = Vec::new();
    let mut learned = names.clone();
    for group in 0..rows.groups() {
        let owners = rows.texts(group, "driver_id")?.context("the file has no column of drivers")?;
        for owner in owners.iter().flatten() {
            *judged.owners.entry(owner.clone()).or_default() += 1;
        }
        let is_own = |owner: &Option<String>| owner.as_deref().is_some_and(|owner| names.is_own(owner));
        let mut verdicts: Vec<_> =
            owners.iter().map(|owner| if is_own(owner) { Verdict::Own } else { Verdict::Foreign }).collect();
        if owners.iter().any(is_own) {
            let externals = rows.texts(group, "external_driver_id")?.unwrap_or_default();
            let attributes = rows.texts(group, "attributes")?.unwrap_or_default();
            for (row, _) in owners.iter().enumerate().filter(|(_, owner)| is_own(owner)) {
                let text = |column: &[Option<String>]| column.get(row).cloned().flatten();
                learned.learn(text(&externals).as_deref(), text(&attributes).as_deref());
            }
        }
        if thorough {
            for column in rows.text_columns() {
                let texts = rows.texts(group, &column)?.unwrap_or_default();
                for ((verdict, owner), text) in verdicts.iter_mut().zip(&owners).zip(texts) {
                    let Some(text) = text.filter(|_| matches!(verdict, Verdict::Foreign | Verdict::Shared(_))) else {
                        continue;
                    };
                    // A row without a driver is nobody's to remove: it is shown as one that says the name.
                    match names.judge(Some(owner.as_deref().unwrap_or("")), || names.in_text(&text)) {
                        Verdict::Foreign => {}
                        found => *verdict = found,
                    }
                }
            }
        }
        keep.push(verdicts.into_iter().map(|verdict| judged.keeps(verdict)).collect::<Vec<_>>());
    }
    if judged.own > 0 {
        let is_any_left = keep.iter().flatten().any(|keep| *keep);
        judged.rest = if is_any_left { Some(rows.keeping(&keep)?) } else { None };
        judged.learned = (learned != *names).then(|| Box::new(learned));
    }
    Ok(judged)
}

fn failed_batch(names: &Names, bytes: &Bytes, _thorough: bool) -> Result<Judged> {
    let mut judged = Judged::default();
    let mut failed = FailedBatch::read(bytes)?;
    failed.records.retain(|record| judged.keeps(names.judge_record(&record.to_string())));
    if judged.own > 0 && !failed.records.is_empty() {
        judged.rest = Some(failed.write()?);
    }
    Ok(judged)
}

/// A record has several rows.
fn unconverted(names: &Names, bytes: &Bytes, _thorough: bool) -> Result<Judged> {
    let mut judged = Judged::default();
    let mut rest = Vec::new();
    for record in firehose_error::read(bytes)? {
        let data = record.data()?;
        let text = String::from_utf8_lossy(&data);
        let lines = text.split_inclusive('\n').filter(|line| judged.keeps(names.judge_record(line)));
        let kept: String = lines.collect();
        if !kept.trim().is_empty() {
            rest.extend(record.line(&kept)?);
        }
    }
    judged.rest = (judged.own > 0 && !rest.is_empty()).then_some(rest);
    Ok(judged)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use serde_json::json;

    use super::super::names::tests::names;
    use super::super::parquet::tests::file;
    use super::*;

    fn by(drivers: &[&str]) -> BTreeSet<String> {
        to_vec(drivers).into_iter().collect()
    }

    fn to_vec(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn an_object_as_a_whole() {
        let judged = whole(&names(), &Bytes::from_static(br#"{"body":"{\"deviceId\":\"phone-9\"}"}"#), false).unwrap();
        assert_eq!((judged.own, judged.rest), (1, None));
        assert_eq!(whole(&names(), &Bytes::from_static(b"nobody"), false).unwrap(), Judged::default());
        let cut_off = Bytes::from_static(&[0x1f, 0x8b, 8, 0]);
        assert!(whole(&names(), &cut_off, false).unwrap_err().to_string().contains("cannot be unpacked"));
    }

    #[test]
    fn a_file_of_the_lake() {
        let bytes = file(&[&[Some("driver-1"), Some("driver-2")], &[Some("driver-1")]]);
        let fresh = Names::new("driver-1", &[], &[]);
        let judged = parquet(&fresh, &bytes, false).unwrap();
        assert_eq!((judged.own, judged.learned.unwrap().unsettled()), (2, to_vec(&["courier-7", "phone-9"])));
        assert_eq!(judged.owners, BTreeMap::from([("driver-1".to_owned(), 2), ("driver-2".to_owned(), 1)]));
        let rest = parquet(&names(), &judged.rest.unwrap().into(), true).unwrap();
        assert_eq!((rest.own, rest.rest), (0, None));
        // The other's rows say the same device.
        assert_eq!((rest.shared_with, rest.mentioned_by), (by(&["driver-2"]), by(&[])));
        let judged = parquet(&names(), &file(&[&[Some("driver-1")]]), false).unwrap();
        assert_eq!((judged.own, judged.rest), (1, None));
    }

    #[test]
    fn a_failed_batch_keeps_the_records_of_others() {
        let record = |driver: &str| json!({"dynamodb": {"NewImage": {"driver_id": {"S": driver}}}});
        let of = |drivers: &[&str]| {
            let records: Vec<_> = drivers.iter().map(|driver| record(driver)).collect();
            let batch = json!({ "Records": records }).to_string();
            Bytes::from(json!({"requestContext": {"condition": "x"}, "payload": batch}).to_string())
        };
        let judged = failed_batch(&names(), &of(&["driver-1", "driver-2", "driver-1"]), false).unwrap();
        assert_eq!((judged.own, judged.rest.map(Bytes::from)), (2, Some(of(&["driver-2"]))));
        let judged = failed_batch(&names(), &of(&["driver-1"]), false).unwrap();
        assert_eq!((judged.own, judged.rest), (1, None));
        assert!(failed_batch(&names(), &Bytes::from_static(b"{}"), false).is_err());
    }

    #[test]
    fn an_unconverted_record_keeps_the_rows_of_others() {
        let line = |rows: &str| json!({"attemptsMade": 1, "rawData": BASE64.encode(rows)}).to_string() + "\n";
        let (own, other) = ("{\"driver_id\":\"driver-1\"}\n", "{\"driver_id\":\"driver-2\"}\n");
        let bytes = line(&format!("{own}{other}")) + &line(own) + &line(other) + &line("not JSON: driver-1");
        let judged = unconverted(&names(), &bytes.into(), false).unwrap();
        assert_eq!(judged.own, 3);
        assert_eq!(String::from_utf8(judged.rest.unwrap()).unwrap(), line(other) + &line(other));
        let judged = unconverted(&names(), &line(own).into(), false).unwrap();
        assert_eq!((judged.own, judged.rest), (1, None));
    }
}
