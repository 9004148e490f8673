//! The query of a day.

use local_day::LocalDay;
use location_event::Timestamp;

const DAILY: &str = include_str!("../../../analytics/daily.sql");
/// Inlined: whatever database it is in, the query needs the table alone.
const LOCATION_EVENTS: &str = include_str!("../../../analytics/location_events.sql");
/// An event may be recorded so much later than it is received, by the clocks: `ingest` takes no more.
const CLOCKS_APART_MS: i64 = 5 * 60_000;

/// The query of a day's numbers, as far as they are in the lake by now.
///
/// It reads what arrived from the day's beginning to now, since an event may come at any time after it was recorded.
/// Of what arrived on the day, events recorded before `final_before` are too late for the day that they are of.
pub(crate) fn sql(day: &LocalDay, final_before: Timestamp, now: Timestamp) -> String {
    let first_arrival = Timestamp::from_millis(day.from().as_millis() - CLOCKS_APART_MS).unwrap_or(day.from());
    DAILY
        .replace("{{events}}", LOCATION_EVENTS.trim_end())
        .replace("{{from}}", &first_arrival.date())
        .replace("{{to}}", &now.date())
        .replace("{{day_from}}", &day.from().to_sql())
        .replace("{{day_to}}", &day.to().to_sql())
        .replace("{{final_before}}", &final_before.to_sql())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql_of(zone: &str, now: &str) -> String {
        let day = LocalDay::new("2026-11-20".parse().unwrap(), &zone.parse().unwrap()).unwrap();
        sql(&day, "2026-11-17T03:00:00Z".parse().unwrap(), now.parse().unwrap())
    }

    #[test]
    fn the_query_is_filled_in() {
        let sql = sql_of("America/Sao_Paulo", "2026-11-23T01:00:00Z");
        assert!(!sql.contains("{{"), "{sql}");
        assert!(sql.contains("WHERE dt BETWEEN '2026-11-20' AND '2026-11-23'\n"), "{sql}");
        assert!(sql.contains("recorded_at >= TIMESTAMP '2026-11-20 03:00:00.000'"), "{sql}");
        assert!(sql.contains("recorded_at < TIMESTAMP '2026-11-21 03:00:00.000'"), "{sql}");
        assert!(sql.contains("recorded_at < TIMESTAMP '2026-11-17 03:00:00.000'"), "{sql}");
        // Athena takes 256 KB.
        assert!(sql.len() < 20_000);
    }

    #[test]
    fn an_event_may_arrive_before_the_day_in_which_it_was_recorded() {
        let sql = sql_of("UTC", "2026-11-20T01:00:00Z");
        assert!(sql.contains("WHERE dt BETWEEN '2026-11-19' AND '2026-11-20'\n"), "{sql}");
    }
}
