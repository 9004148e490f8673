//! What a day's run reads of the lake, at a million events: what Athena charges for.

use serde::Deserialize;
use serde_json::json;

use crate::environment;
use crate::python::Python;
use crate::report::{Section, Unit};
use crate::statistics::Spread;

const EVENTS: u32 = 1_000_000;
/// Of Athena, by the terabyte scanned: <https://aws.amazon.com/athena/pricing/>.
const DOLLARS_PER_BYTE: f64 = 5.0 / 1e12;

/// What `bench/python/lake.py` answers.
#[derive(Deserialize)]
struct Scan {
    rows: u32,
    /// Of all columns.
    file_bytes: f64,
    /// Of those that the query reads.
    scanned_bytes: f64,
    columns: Vec<String>,
    /// Of `DuckDB`, on all cores.
    seconds: f64,
}

pub(crate) fn measure() -> anyhow::Result<Section> {
    let sql = |name: &str| std::fs::read_to_string(environment::root().join("analytics").join(name));
    let request = json!({"events": EVENTS, "daily": sql("daily.sql")?, "view": sql("location_events.sql")?});
    let scan: Scan = serde_json::from_value(Python::start("lake.py")?.ask(&request)?)?;
    anyhow::ensure!(scan.rows == EVENTS, "the query counts {} events of {EVENTS}", scan.rows);
    let mut section = Section::new("A day's run over a lake of a million events");
    section.figure("the day's Parquet files", Unit::Megabytes, Spread::of([scan.file_bytes / 1e6]));
    section.figure("scanned, once a day that is computed", Unit::Megabytes, Spread::of([scan.scanned_bytes / 1e6]));
    section.figure("scanned / files", Unit::Times, Spread::of([scan.scanned_bytes / scan.file_bytes]));
    section.figure("the query in DuckDB", Unit::Milliseconds, Spread::of([scan.seconds * 1e3]));
    section.note(format!("reads {} of the columns: {}", scan.columns.len(), scan.columns.join(", ")));
    section.note(format!("{:.5} dollars at Athena's list price", scan.scanned_bytes * DOLLARS_PER_BYTE));
    Ok(section)
}
