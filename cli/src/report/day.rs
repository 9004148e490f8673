//! Reading a day at the read edge, page by page.

use aggregation::day::Day;
use anyhow::{Context as _, Result, bail, ensure};
use daily_report::Stamp;
use serde::Deserialize;

use crate::environment::Environment;
use crate::http::{Answer, Client};

/// How often a day is read that changes meanwhile.
const TRIES: usize = 3;

/// A part of the day's geofences and drivers, with all of the rest.
#[derive(Deserialize)]
struct Page {
    #[serde(flatten)]
    day: Day,
    #[serde(flatten)]
    stamp: Stamp,
    next_cursor: Option<String>,
}

/// All of the day.
pub(crate) fn read(http: &Client, environment: &Environment, date: &str) -> Result<(Day, Stamp)> {
    join(|cursor| get(http, environment, date, cursor))
}

/// All of the day, if it was ever computed.
pub(crate) fn known(http: &Client, environment: &Environment, date: &str) -> Result<Option<(Day, Stamp)>> {
    match get(http, environment, date, None)?.status {
        404 => Ok(None),
        _ => read(http, environment, date).map(Some),
    }
}

fn get(http: &Client, environment: &Environment, date: &str, cursor: Option<&str>) -> Result<Answer> {
    let url = format!("{}/v1/analytics/daily/{date}", environment.api_url);
    let query: Vec<_> = cursor.iter().map(|cursor| ("cursor", *cursor)).collect();
    http.get(&url, &query, &[("x-api-key", &environment.api_key), ("accept", "application/json")])
}

/// All pages as one day. `get` asks for the page at a cursor.
fn join(mut get: impl FnMut(Option<&str>) -> Result<Answer>) -> Result<(Day, Stamp)> {
    for _ in 0..TRIES {
        if let Some(pages) = pages(&mut get)? {
            let stamp = pages.last().map(|page| page.stamp.clone());
            let day = Day::join(pages.into_iter().map(|page| page.day));
            return day.zip(stamp).context("the read edge has no page of the day");
        }
    }
    bail!("the day's numbers were replaced while they were read, {TRIES} times; run it again")
}

/// Nothing where they were replaced meanwhile: pages of two revisions do not make a day.
fn pages(get: &mut impl FnMut(Option<&str>) -> Result<Answer>) -> Result<Option<Vec<Page>>> {
    let mut pages: Vec<Page> = Vec::new();
    loop {
        let cursor = pages.last().and_then(|page| page.next_cursor.as_deref());
        if cursor.is_none() && !pages.is_empty() {
            return Ok(Some(pages));
        }
        let answer = get(cursor)?;
        match answer.status {
            200 => {}
            410 => return Ok(None),
            _ => bail!("unexpected answer of the read edge: {answer}"),
        }
        let page: Page = answer.json()?;
        ensure!(cursor.is_none() || page.next_cursor.as_deref() != cursor, "the read edge gives the same cursor again");
        pages.push(page);
    }
}

#[cfg(test)]
mod tests {
    use aggregation::day::Driver;
    use aggregation::day::State;
    use serde_json::{Value, json};

    use super::*;

    /// A page with one driver.
    fn page(driver_id: &str, revision: u64, next_cursor: Option<&str>) -> Answer {
        let driver = Driver { driver_id: driver_id.to_owned(), distance_m: 1234.567, ..Driver::default() };
        let day = Day { date: "2026-11-20".to_owned(), drivers: vec![driver], distinct_drivers: 2, ..Day::default() };
        let Value::Object(mut page) = serde_json::to_value(day).unwrap() else { panic!("an object") };
        page.extend([
            ("state".to_owned(), json!("in_progress")),
            ("revision".to_owned(), json!(revision)),
            ("changed_at".to_owned(), json!("2026-11-20T09:00:00.000Z")),
            ("computed_at".to_owned(), json!("2026-11-20T09:30:00.000Z")),
            ("next_cursor".to_owned(), json!(next_cursor)),
        ]);
        Answer { status: 200, body: Value::Object(page).to_string() }
    }

    fn problem(status: u16, body: &str) -> Answer {
        Answer { status, body: body.to_owned() }
    }

    #[test]
    fn pages_are_joined() {
        let (day, stamp) = join(|cursor| {
            Ok(match cursor {
                None => page("a", 3, Some("next")),
                Some("next") => page("b", 3, None),
                Some(other) => panic!("{other}"),
            })
        })
        .unwrap();
        assert_eq!(day.drivers.iter().map(|driver| driver.driver_id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((day.date.as_str(), day.distinct_drivers), ("2026-11-20", 2));
        let computed_at = "2026-11-20T09:30:00.000Z".to_owned();
        assert_eq!(stamp, Stamp { state: State::InProgress, revision: 3, computed_at });
    }

    #[test]
    fn numbers_that_were_replaced_meanwhile_are_read_again() {
        let mut first_pages = 0;
        let (day, stamp) = join(|cursor| {
            first_pages += u64::from(cursor.is_none());
            Ok(match cursor {
                None => page("a", first_pages, Some("next")),
                Some(_) if first_pages == 1 => problem(410, r#"{"reason":"numbers_replaced"}"#),
                Some(_) => page("b", first_pages, None),
            })
        })
        .unwrap();
        assert_eq!((day.drivers.len(), stamp.revision), (2, 2));

        let error = join(|_| Ok(problem(410, ""))).err().unwrap().to_string();
        assert!(error.ends_with("run it again"), "{error}");
    }

    #[test]
    fn what_the_read_edge_says_is_shown() {
        let error = join(|_| Ok(problem(404, r#"{"reason":"not_computed"}"#))).err().unwrap().to_string();
        assert_eq!(error, r#"unexpected answer of the read edge: 404 {"reason":"not_computed"}"#);
        let error = join(|_| Ok(page("a", 1, Some("same")))).err().unwrap().to_string();
        assert_eq!(error, "the read edge gives the same cursor again");
    }
}
