//! An event as the operations log keeps it: one JSON object a line, which Firehose turns into a Parquet row
//! of the table `assignments` or `updates`.
//!
//! The columns are those of the Glue tables; a test of the CDK app compares those with
//! [`ASSIGNMENTS_COLUMNS`] and [`UPDATES_COLUMNS`].

use jiff::civil::Date;
use serde::Serialize;

use crate::event::as_text;
use crate::{DeliveryEvent, PackageMetadata, Proof, SCHEMA_VERSION};

/// The names of the columns of `assignments`, in order.
pub const ASSIGNMENTS_COLUMNS: [&str; 17] = [
    "schema_version",
    "event_id",
    "date",
    "driver_id",
    "package_id",
    "status",
    "previous_status",
    "run_id",
    "by",
    "reason",
    "proof",
    "at",
    "occurred_at",
    "weight_kg",
    "volume_m3",
    "distance_km",
    "region",
];

/// The names of the columns of `updates`, in order.
pub const UPDATES_COLUMNS: [&str; 13] = [
    "schema_version",
    "event_id",
    "date",
    "driver_id",
    "package_id",
    "status",
    "previous_status",
    "run_id",
    "by",
    "reason",
    "proof",
    "at",
    "occurred_at",
];

/// Appends the row of `assignments` and a line feed. Times are UTC as `YYYY-MM-DD hh:mm:ss.sss`, what the
/// `TIMESTAMP` columns parse without a function; absent values are null; `proof` is JSON text inside a string.
pub fn write_assignment(
    event: &DeliveryEvent,
    package: &PackageMetadata,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    write_line(&AssignmentRow::new(event, package), out)
}

/// Appends the row of `updates` and a line feed; its values look as those of [`write_assignment`].
pub fn write_update(event: &DeliveryEvent, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    write_line(&Row::from(event), out)
}

fn write_line(row: &impl Serialize, out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, row)?;
    out.push(b'\n');
    Ok(())
}

#[derive(Serialize)]
struct Row<'a> {
    schema_version: u32,
    event_id: &'a str,
    #[serde(serialize_with = "as_text")]
    date: Date,
    driver_id: &'a str,
    package_id: &'a str,
    status: &'static str,
    previous_status: Option<&'static str>,
    run_id: &'a str,
    by: &'a str,
    reason: Option<&'a str>,
    proof: Option<&'a str>,
    at: String,
    occurred_at: Option<String>,
}

#[derive(Serialize)]
struct AssignmentRow<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    weight_kg: f64,
    volume_m3: f64,
    distance_km: f64,
    region: &'a str,
}

impl<'a> From<&'a DeliveryEvent> for Row<'a> {
    fn from(event: &'a DeliveryEvent) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            event_id: event.event_id.as_str(),
            date: event.date,
            driver_id: event.driver_id.as_str(),
            package_id: event.package_id.as_str(),
            status: event.status.name(),
            previous_status: event.previous_status.map(|status| status.name()),
            run_id: &event.run_id,
            by: &event.by,
            reason: event.reason.as_deref(),
            proof: event.proof.as_ref().map(Proof::as_json),
            at: event.at.to_sql(),
            occurred_at: event.occurred_at.map(|time| time.to_sql()),
        }
    }
}

impl<'a> AssignmentRow<'a> {
    fn new(event: &'a DeliveryEvent, package: &'a PackageMetadata) -> Self {
        Self {
            row: Row::from(event),
            weight_kg: package.weight_kg,
            volume_m3: package.volume_m3,
            distance_km: package.distance_km,
            region: &package.region,
        }
    }
}
