//! A day as subscribers get it on the bus.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::{Crossings, Day};

/// The `detail-type`.
pub const DETAIL_TYPE: &str = "analytics.daily_published";
/// The version of the shape of [`Published`]. It changes when a field changes its meaning or goes.
const SCHEMA_VERSION: u32 = 1;

/// The `detail` of a bus event: a day's numbers have changed. It has the main ones; `path` has them all. Delivery is
/// at least once and in no order: `event_id` is the idempotency key, and of a date the highest `revision` counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "milkrun daily numbers")]
pub struct Published<'a> {
    schema_version: u32,
    /// `daily/<date>/<revision>`.
    event_id: String,
    /// The bus event's `detail-type`.
    event_type: &'static str,
    /// The day, in `time_zone`.
    date: &'a str,
    /// IANA name of the zone.
    time_zone: &'a str,
    /// How often the day's numbers have changed; 1 when they are computed first.
    revision: u64,
    /// Events, without test traffic, as are all numbers.
    events: u64,
    /// Those that have coordinates.
    positions: u64,
    /// Drivers with at least one event.
    distinct_drivers: u64,
    /// Crossings of all geofences.
    crossings: Crossings,
    /// Where the read edge answers the day.
    path: String,
}

impl<'a> Published<'a> {
    /// What is published of this revision of a day's numbers.
    pub fn new(day: &'a Day, revision: u64) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            event_id: format!("daily/{}/{revision}", day.date),
            event_type: DETAIL_TYPE,
            date: &day.date,
            time_zone: &day.time_zone,
            revision,
            events: day.events.total,
            positions: day.events.positions,
            distinct_drivers: day.distinct_drivers,
            crossings: day.crossings,
            path: format!("/v1/analytics/daily/{}", day.date),
        }
    }
}

/// The JSON Schema of [`Published`], pretty-printed: `docs/api/daily-published.schema.json`.
pub fn detail_schema() -> Result<String, serde_json::Error> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = serde_json::to_string_pretty(&generator.into_root_schema_for::<Published<'_>>())?;
    schema.push('\n');
    Ok(schema)
}
