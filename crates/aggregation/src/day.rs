//! A day's numbers, as the API answers them and the report shows them.

mod build;
mod pages;
mod published;
mod rows;
mod state;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use published::{DETAIL_TYPE, Published, detail_schema};
pub use rows::{COLUMNS, Row, RowError};
pub use state::State;

/// A day of the environment's time zone: events that were recorded on it. Test traffic (`live` is false) is in
/// `quality.test_events` and nowhere else. All of it is a function of the lake; what is not (when it was computed) stands beside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Day {
    /// `2026-11-20`.
    pub date: String,
    /// IANA name of the zone that the date is in.
    pub time_zone: String,
    /// The day's first moment, RFC 3339, UTC, milliseconds.
    pub from: String,
    /// The next day's first moment.
    pub to: String,
    /// Events by what they are.
    pub events: Events,
    /// Drivers with at least one event.
    pub distinct_drivers: u64,
    /// Trips by their ends.
    pub trips: Trips,
    /// Crossings of all geofences.
    pub crossings: Crossings,
    /// Driver-minutes with at least one position: the sum of the drivers'.
    pub active_minutes: u64,
    /// Metres: the sum of the drivers'.
    pub distance_m: f64,
    /// The day's hours in which something happened, in order.
    pub hours: Vec<Hour>,
    /// How far the numbers can be trusted.
    pub quality: Quality,
    /// Geofences that were crossed, by id, then external id, then tag; those without come first.
    pub geofences: Vec<Geofence>,
    /// Drivers with at least one event, by id.
    pub drivers: Vec<Driver>,
}

/// Events by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// All of them.
    pub total: u64,
    /// Those that have coordinates.
    pub positions: u64,
    /// By kind, those that occurred, by name.
    pub by_kind: std::collections::BTreeMap<String, u64>,
}

/// Trips, each counted once however often an event says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trips {
    /// Trips with a `trip_started`.
    pub started: u64,
    /// Trips with a `trip_arrived`.
    pub arrived: u64,
}

/// Crossings by direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Crossings {
    /// `geofence_entered`.
    pub entered: u64,
    /// `geofence_exited`.
    pub exited: u64,
    /// `geofence_dwelled`.
    pub dwelled: u64,
}

/// What the fleet did in an hour of the day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Hour {
    /// Its beginning by the zone's clocks: `2026-11-20T09:00:00-05:00`.
    pub hour: String,
    /// Events.
    pub events: u64,
    /// Those that have coordinates.
    pub positions: u64,
    /// Drivers with at least one event.
    pub distinct_drivers: u64,
    /// Metres, of the steps that ended in it.
    pub distance_m: f64,
    /// Crossings of all geofences.
    #[serde(flatten)]
    pub crossings: Crossings,
}

/// Crossings of one geofence: that of an id, whatever its other names; of an external id, where events have no id; of a
/// tag, where they have neither; or of all events that name none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Geofence {
    /// The provider's id; absent where its events have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_id: Option<String>,
    /// The group that it is in; of several, the one that sorts last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_tag: Option<String>,
    /// The company's own id; of several beside one id, the one that sorts last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_external_id: Option<String>,
    /// Of the whole day.
    #[serde(flatten)]
    pub crossings: Crossings,
    /// The hours in which it was crossed, in order.
    pub hours: Vec<GeofenceHour>,
}

/// Crossings of one geofence in one hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeofenceHour {
    /// Its beginning by the zone's clocks.
    pub hour: String,
    /// In this hour.
    #[serde(flatten)]
    pub crossings: Crossings,
}

/// What one driver did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// The provider's id.
    pub driver_id: String,
    /// Events.
    pub events: u64,
    /// Those that have coordinates.
    pub positions: u64,
    /// UTC minutes with at least one position.
    pub active_minutes: u64,
    /// Metres along the day's positions, in order, without doubtful ones.
    pub distance_m: f64,
}

/// How far the day's numbers can be trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Events that are test traffic: in no other number.
    pub test_events: u64,
    /// Rows of the lake beyond each event's first: delivered more than once, counted once.
    pub repeated_rows: u64,
    /// Events received more than [`LATE_AFTER_S`] after they were recorded.
    pub late_arrivals: u64,
    /// Live events that arrived on the day when the day in which they were recorded was final: in no day's numbers
    /// but on demand.
    #[serde(default)]
    pub too_late: u64,
    /// Events with a flag, by flag, those that occurred. Positions with `accuracy_poor` or `null_island` are in no
    /// distance.
    #[serde(default)]
    pub flagged: std::collections::BTreeMap<String, u64>,
    /// From recording to receipt, the device's clock to ours: a histogram, all of [`LAG_BOUNDS_S`] in order.
    pub ingest_lag: Vec<LagBucket>,
    /// Requests in the quarantine that were received on the day, by reason.
    pub quarantined: std::collections::BTreeMap<String, u64>,
}

/// Events whose lag lies between the bound before and this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LagBucket {
    /// Seconds, included; absent in the last bucket, which has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up_to_s: Option<u64>,
    /// How many.
    pub events: u64,
}

/// Seconds that an event may be under way before it counts as late.
pub const LATE_AFTER_S: u64 = 600;
/// The bounds of the histogram of lags, seconds. What is slower is in one more bucket.
pub const LAG_BOUNDS_S: [u64; 7] = [1, 5, 30, 60, 600, 3600, 86_400];

impl Day {
    /// What tells these numbers from others: SHA-256 of their JSON, in hexadecimal. Lists and maps are in order, so
    /// equal numbers have equal JSON.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        Ok(hex::encode(Sha256::digest(serde_json::to_vec(self)?)))
    }
}

#[cfg(test)]
mod tests;
