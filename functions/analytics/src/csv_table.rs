//! A driver's minutes as CSV (RFC 4180), a line each.

use std::borrow::Cow;

use aggregation::minute::MinuteAggregate;
use csv::WriterBuilder;
use location_event::DriverId;
use serde::Serialize;

use crate::problem::ReadError;

pub(crate) const MEDIA_TYPE: &str = "text/csv; charset=utf-8; header=present";

const COLUMNS: [&str; 15] = [
    "driver_id",
    "minute",
    "positions",
    "mean_latitude",
    "mean_longitude",
    "first_recorded_at",
    "first_latitude",
    "first_longitude",
    "last_recorded_at",
    "last_latitude",
    "last_longitude",
    "distance_m",
    "mean_speed_mps",
    "doubtful_positions",
    "speed_source",
];

/// The columns' names, then each minute; what is absent is empty.
pub(crate) fn of(driver_id: &DriverId, bodies: &[String]) -> Result<String, ReadError> {
    let mut csv = WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    csv.write_record(COLUMNS)?;
    for body in bodies {
        let minute: MinuteAggregate = serde_json::from_str(body)?;
        csv.serialize(line(driver_id, &minute))?;
    }
    let bytes = csv.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    // Texts and numbers were written.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// A tuple, because the columns' names are written whether there is a line or not.
fn line<'a>(driver_id: &'a DriverId, minute: &'a MinuteAggregate) -> impl Serialize + use<'a> {
    let MinuteAggregate { first, last, .. } = minute;
    (
        no_formula(driver_id.as_str()),
        minute.minute,
        minute.positions,
        (minute.mean_latitude, minute.mean_longitude),
        (first.recorded_at, first.latitude, first.longitude),
        (last.recorded_at, last.latitude, last.longitude),
        minute.distance_m,
        minute.mean_speed_mps,
        minute.doubtful_positions,
        minute.speed_source,
    )
}

/// A text as no spreadsheet takes it for a formula: with an apostrophe before a character that begins one. Numbers
/// need none. <https://owasp.org/www-community/attacks/CSV_Injection>
fn no_formula(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: &str = r#"{"minute":"2026-11-20T09:30:00.000Z","positions":1,"mean_latitude":-23.5,
        "mean_longitude":-46.7,"first":{"recorded_at":"2026-11-20T09:30:10.000Z","latitude":-23.5,"longitude":-46.7},
        "last":{"recorded_at":"2026-11-20T09:30:10.000Z","latitude":-23.5,"longitude":-46.7},"distance_m":0.0}"#;

    #[test]
    fn a_line_has_a_value_for_each_column() {
        let driver_id = DriverId::from("a,\"b\"".to_owned());
        insta::assert_snapshot!(of(&driver_id, &[MINUTE.to_owned()]).unwrap());
    }

    #[test]
    fn a_text_is_no_formula_and_a_number_stays_one() {
        for id in ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"] {
            let table = of(&DriverId::from(id.to_owned()), &[MINUTE.to_owned()]).unwrap();
            let mut lines = csv::Reader::from_reader(table.as_bytes());
            let line = lines.records().next().unwrap().unwrap();
            assert_eq!((&line[0], &line[3]), (format!("'{id}").as_str(), "-23.5"));
        }
        assert_eq!(no_formula("a=1"), "a=1");
    }

    #[test]
    fn without_minutes_there_are_the_columns() {
        let table = of(&DriverId::from("d".to_owned()), &[]).unwrap();
        assert_eq!(table, format!("{}\n", COLUMNS.join(",")));
    }
}
