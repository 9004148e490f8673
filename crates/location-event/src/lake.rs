//! An event as the lake keeps it: one JSON object a line, which Firehose turns into a Parquet row.
//!
//! The columns are those of the Glue table (`cdk/lake-table.ts`); a test of the CDK app compares those
//! with [`COLUMNS`].

use serde::Serialize;

use crate::{LocationEvent, SCHEMA_VERSION, flag};

/// The names of the columns, in order.
pub const COLUMNS: [&str; 24] = [
    "schema_version",
    "event_id",
    "source",
    "event_type",
    "kind",
    "driver_id",
    "external_driver_id",
    "order_id",
    "trip_id",
    "geofence_id",
    "geofence_tag",
    "geofence_external_id",
    "latitude",
    "longitude",
    "accuracy_m",
    "altitude_m",
    "speed_mps",
    "heading_deg",
    "battery_pct",
    "recorded_at",
    "received_at",
    "live",
    "attributes",
    "flags",
];

/// Appends the event's row and a line feed. Times are UTC as `YYYY-MM-DD hh:mm:ss.sss`, what the
/// `TIMESTAMP` columns parse without a function; `attributes` is JSON text inside a string; `flags` are names joined
/// by commas, null where there are none.
pub fn write_row(event: &LocationEvent, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, &Row::from(event))?;
    out.push(b'\n');
    Ok(())
}

#[derive(Serialize)]
struct Row<'a> {
    schema_version: u32,
    event_id: &'a str,
    source: &'a str,
    event_type: &'a str,
    kind: &'static str,
    driver_id: &'a str,
    external_driver_id: Option<&'a str>,
    order_id: Option<&'a str>,
    trip_id: Option<&'a str>,
    geofence_id: Option<&'a str>,
    geofence_tag: Option<&'a str>,
    geofence_external_id: Option<&'a str>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    accuracy_m: Option<f64>,
    altitude_m: Option<f64>,
    speed_mps: Option<f64>,
    heading_deg: Option<f64>,
    battery_pct: Option<f64>,
    recorded_at: String,
    received_at: String,
    live: bool,
    attributes: &'a str,
    flags: Option<String>,
}

impl<'a> From<&'a LocationEvent> for Row<'a> {
    fn from(event: &'a LocationEvent) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            event_id: event.event_id.as_str(),
            source: &event.source,
            event_type: &event.event_type,
            kind: event.kind.name(),
            driver_id: event.driver_id.as_str(),
            external_driver_id: event.external_driver_id.as_deref(),
            order_id: event.order_id.as_ref().map(crate::OrderId::as_str),
            trip_id: event.trip_id.as_ref().map(crate::TripId::as_str),
            geofence_id: event.geofence_id.as_deref(),
            geofence_tag: event.geofence_tag.as_deref(),
            geofence_external_id: event.geofence_external_id.as_deref(),
            latitude: event.latitude,
            longitude: event.longitude,
            accuracy_m: event.accuracy_m,
            altitude_m: event.altitude_m,
            speed_mps: event.speed_mps,
            heading_deg: event.heading_deg,
            battery_pct: event.battery_pct,
            recorded_at: event.recorded_at.to_sql(),
            received_at: event.received_at.to_sql(),
            live: event.live,
            attributes: event.attributes.as_json(),
            flags: flag::join(&event.flags),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PROVIDERS;

    #[test]
    fn a_row_has_the_columns_in_order() {
        let body = br#"{"driver_id":"d","latitude":1,"longitude":2,"recorded_at":"2026-03-01T12:00:00.007Z","accuracy_m":101,"x":"\""}"#;
        let received_at = "2026-03-01T12:00:01Z".parse().unwrap();
        let event = PROVIDERS[1].normalise(body, received_at).unwrap().remove(0).unwrap();
        let mut row = Vec::new();
        write_row(&event, &mut row).unwrap();
        let row = String::from_utf8(row).unwrap();
        let places: Vec<_> = COLUMNS.iter().map(|name| row.find(&format!("\"{name}\":")).unwrap()).collect();
        assert!(places.is_sorted(), "{row}");
        assert!(row.contains(r#""recorded_at":"2026-03-01 12:00:00.007""#), "{row}");
        assert!(row.contains(r#""attributes":"{\"x\":\"\\\"\"}""#), "{row}");
        assert!(row.ends_with("\"flags\":\"accuracy_poor\"}\n"), "{row}");
    }
}
