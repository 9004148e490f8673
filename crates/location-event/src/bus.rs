//! An event as subscribers get it on the bus.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::{Kind, LocationEvent, SCHEMA_VERSION};

/// The `source` of everything that milkrun puts on the bus.
pub const SOURCE: &str = "milkrun";

/// The `detail` of a bus event: the canonical event and the version of its shape. Delivery is at least
/// once and in no order: `driver_id`, `recorded_at` and `event_id` are the idempotency key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "milkrun location event")]
pub struct Detail<'a> {
    schema_version: u32,
    #[serde(flatten)]
    event: &'a LocationEvent,
}

impl<'a> From<&'a LocationEvent> for Detail<'a> {
    fn from(event: &'a LocationEvent) -> Self {
        Self { schema_version: SCHEMA_VERSION, event }
    }
}

/// The `detail-type`, for the kinds that are published. Plain positions and trip updates are not: at a
/// dollar a million they would cost more than everything else together.
pub fn detail_type(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::GeofenceEntered => Some("geofence.entered"),
        Kind::GeofenceExited => Some("geofence.exited"),
        Kind::GeofenceDwelled => Some("geofence.dwelled"),
        Kind::TripStarted => Some("trip.started"),
        Kind::TripApproaching => Some("trip.approaching"),
        Kind::TripArrived => Some("trip.arrived"),
        Kind::TripStopped => Some("trip.stopped"),
        Kind::Position | Kind::TripUpdated | Kind::Other => None,
    }
}

/// The JSON Schema of [`Detail`], pretty-printed: `docs/api/location-event.schema.json`.
pub fn detail_schema() -> Result<String, serde_json::Error> {
    // As it is written: an absent field is left out, never null.
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = serde_json::to_string_pretty(&generator.into_root_schema_for::<Detail<'_>>())?;
    schema.push('\n');
    Ok(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_schema_is_that_of_the_type() {
        let published = include_str!("../../../docs/api/location-event.schema.json");
        assert!(published == detail_schema().unwrap(), "the schema is stale: run `make generate`");
    }
}
