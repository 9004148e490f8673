//! The quarantine's bucket: `quarantine/<reason>/dt=<day of arrival>/<digest of route and body>.json`.

use anyhow::{Context as _, Result};
use jiff::civil::Date;

use super::Filter;
use super::record::Record;
use crate::deployment::Deployment;
use crate::objects::{Bucket, Listed};

const PREFIX: &str = "quarantine/";

/// One object: a request, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) reason: String,
    pub(crate) day: Date,
    /// The same request, refused for several reasons or on several days, has one.
    pub(crate) digest: String,
}

/// The quarantine.
pub(crate) fn of(deployment: &Deployment) -> Result<Bucket> {
    Bucket::of(deployment, "QuarantineBucket")
}

/// What is in it, oldest day first.
pub(crate) async fn find(bucket: &Bucket, filter: &Filter) -> Result<Vec<Object>> {
    let prefix = filter.reason.map_or_else(|| PREFIX.to_owned(), |reason| format!("{PREFIX}{reason}/"));
    let listed = bucket.list(&prefix).await?;
    let objects = listed.iter().filter_map(|listed| Object::of(&listed.key));
    let mut found: Vec<_> = objects.filter(|object| filter.includes(object.day)).collect();
    found.sort_by(|a, b| (a.day, &a.key).cmp(&(b.day, &b.key)));
    Ok(found)
}

/// What an object says; `None` where there is none any more.
pub(crate) async fn read(bucket: &Bucket, key: &str) -> Result<Option<Record>> {
    let Some(object) = bucket.get(&Listed::named(key)).await? else { return Ok(None) };
    // The parser's message would quote the record.
    let record: Option<Record> = serde_json::from_slice(&object.bytes).ok();
    Ok(Some(record.with_context(|| format!("{key} is no record that this version knows"))?))
}

/// Objects by their keys.
pub(crate) fn named(keys: &[String]) -> Result<Vec<Object>> {
    let object = |key: &String| Object::of(key).with_context(|| format!("{key} is no key of the quarantine"));
    keys.iter().map(object).collect()
}

impl Object {
    fn of(key: &str) -> Option<Self> {
        let mut parts = key.strip_prefix(PREFIX)?.split('/');
        let (reason, day, file, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        Some(Self {
            key: key.to_owned(),
            reason: reason.to_owned(),
            day: day.strip_prefix("dt=")?.parse().ok()?,
            digest: file.strip_suffix(".json")?.to_owned(),
        })
    }
}

impl Filter {
    fn includes(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_reason_day_and_digest() {
        let key = "quarantine/not_json/dt=2026-11-20/00ff.json";
        let object = Object::of(key).unwrap();
        assert_eq!((object.reason.as_str(), object.digest.as_str()), ("not_json", "00ff"));
        assert_eq!(object.day.to_string(), "2026-11-20");
        for other in
            ["quarantine/not_json/00ff.json", "x/not_json/dt=2026-11-20/0.json", "quarantine/a/dt=2026-11-20/b/c.json"]
        {
            assert_eq!(Object::of(other), None, "{other}");
        }
        assert!(named(&["key".to_owned()]).err().unwrap().to_string().contains("no key of the quarantine"));
    }

    #[test]
    fn both_days_are_included() {
        let day = |text: &str| text.parse().unwrap();
        let filter = Filter { reason: None, from: Some(day("2026-11-20")), to: Some(day("2026-11-21")) };
        let included = ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"].map(|text| filter.includes(day(text)));
        assert_eq!(included, [false, true, true, false]);
    }
}
