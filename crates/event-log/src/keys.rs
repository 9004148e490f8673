//! The table's keys.

use location_event::{LocationEvent, Timestamp};

/// The partition key: the driver.
pub const DRIVER_ID: &str = "driver_id";
/// The sort key: `2026-11-20T09:30:00.123Z#<event id>`, or the same behind [`STATE_PREFIX`].
pub const SORT_KEY: &str = "sort_key";
/// The partition key of the index: the order, on items that have a position. Sparse.
pub const LOCATED_ORDER_ID: &str = "located_order_id";
/// The index.
pub const BY_ORDER: &str = "by_order";
/// When `DynamoDB` may remove the item, seconds since 1970.
pub const EXPIRES_AT: &str = "expires_at";

/// Before the sort key of an event without a position. Letters sort after digits, so such events lie
/// after all positions, and no range over positions meets them.
pub const STATE_PREFIX: &str = "state#";
/// Sorts before every position.
pub(crate) const FIRST_POSITION: &str = "0";
/// Sorts after every position: the character after `9`.
pub(crate) const AFTER_POSITIONS: &str = ":";

/// The sort key of an event.
pub fn sort_key(event: &LocationEvent) -> String {
    let prefix = if event.position().is_some() { "" } else { STATE_PREFIX };
    format!("{prefix}{}#{}", event.recorded_at, event.event_id)
}

/// The sort keys between which the positions of a time range lie: from `from` on, before `to`.
pub fn range(from: Option<Timestamp>, to: Option<Timestamp>) -> (String, String) {
    // A bare time sorts before the same time with an id, so as an end it leaves its own events out.
    let bound = |time: Option<Timestamp>, open: &str| time.map_or_else(|| open.to_owned(), |time| time.to_string());
    (bound(from, FIRST_POSITION), bound(to, AFTER_POSITIONS))
}
