//! The table's keys.

use location_event::{DriverId, Timestamp};

/// The partition key: what the aggregate is about.
pub(crate) const SUBJECT: &str = "subject";
/// The sort key: which part of it, mostly the time.
pub(crate) const BUCKET: &str = "bucket";
/// When `DynamoDB` may remove the item, seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "expires_at";
/// What the API answers, JSON text.
pub(crate) const BODY: &str = "body";
/// How many positions a minute was computed from.
pub(crate) const POSITIONS: &str = "positions";

/// The bucket of a day's head.
pub(crate) const HEAD: &str = "head";

/// The partition of a driver's minutes; their buckets are the minutes' beginnings.
pub(crate) fn driver(driver_id: &DriverId) -> String {
    format!("driver#{driver_id}")
}

/// The partition of a day, `2026-11-20`.
pub(crate) fn day(date: &str) -> String {
    format!("day#{date}")
}

/// Before the buckets of all pages.
pub(crate) const FIRST_PAGE: &str = "page#";

/// Before the buckets of the pages of this revision, and after those of all earlier ones.
pub(crate) fn pages(revision: u64) -> String {
    format!("{FIRST_PAGE}{revision:010}#")
}

/// The bucket of one page. Two runs may try to be the same revision at once, with other numbers.
pub(crate) fn page(revision: u64, digest: &str, index: u32) -> String {
    format!("{}{digest}#{index:05}", pages(revision))
}

/// The buckets between which the minutes lie that begin from `from` on and before `to`. The latter is exclusive:
/// a bucket is 24 characters wide, and what is one shorter sorts before it.
pub(crate) fn minutes(from: Timestamp, to: Timestamp) -> (String, String) {
    let mut before = to.to_string();
    before.pop();
    (from.to_string(), before)
}
