//! What is asked for, and what is answered: each answer is what docs/api/openapi.yaml says.

use milkrun_tests::analytics::{compute, date, day, read, settle_lake, settled_minutes};
use milkrun_tests::{Answer, Aws, MILKRUN, Specification, eventually, get, unique};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::{position, post};

const DAILY: &str = "/v1/analytics/daily/{date}";
const MINUTES: &str = "/v1/drivers/{driver_id}/minutes";

/// A problem document as a snapshot, without what differs from one run to the next.
fn problem(name: &str, status: u16, answer: &Answer) {
    assert_eq!((answer.status, answer.media_type.as_str()), (status, "application/problem+json"), "{answer:?}");
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"20\d\d-\d\d-\d\d", "<date>");
    settings.bind(|| insta::assert_json_snapshot!(name, answer.body, {".request_id" => "<id>"}));
}

#[test]
fn a_day_without_data_is_a_day_of_zeros() {
    // Nobody else has this one.
    let date = date(4);
    let computed = compute(&json!({ "date": date }));
    assert_eq!((computed.len(), &computed[0]["events"]), (1, &json!(0)), "{computed:?}");
    let mut answer = day(&date);
    Specification::read().check("get", DAILY, 200, &answer);
    for name in ["changed_at", "computed_at"] {
        answer.body[name] = json!("<time>");
    }
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&date, "<date>");
    settings.add_filter(&milkrun_tests::analytics::date(3), "<next date>");
    settings.bind(|| insta::assert_json_snapshot!("zeros", answer.body));
}

#[test]
fn a_day_without_numbers_says_why() {
    let specification = Specification::read();
    for (name, status, date) in [
        ("not_computed", 404, date(25)),
        ("in_future", 404, "2999-12-31".to_owned()),
        ("no_such_day", 400, "2026-02-30".to_owned()),
        ("not_a_date", 400, "yesterday".to_owned()),
    ] {
        let answer = day(&date);
        problem(name, status, &answer);
        specification.check("get", DAILY, status, &answer);
    }
}

#[test]
fn the_function_says_which_days_it_does_not_compute() {
    for (payload, says) in [
        (json!({"date": "2999-12-31"}), "has not begun"),
        (json!({"date": date(20)}), "the lake keeps what arrived for 7 days"),
        (json!({"date": "2020-01-01"}), "too long ago"),
        (json!({"date": "yesterday"}), "is not a date"),
        (json!({"day": "2026-11-20"}), "accepted are"),
    ] {
        let error = Aws::root().invoke(&MILKRUN.aggregator_daily_function, &payload).unwrap_err();
        assert!(error.contains(says), "{payload}: {error}");
    }
}

#[test]
fn minutes_that_cannot_be_asked_for_say_why() {
    let specification = Specification::read();
    for (name, query) in [
        ("from_after_to", "from=2026-11-20T10:00:00Z&to=2026-11-20T09:59:59Z"),
        ("too_wide", "from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00.001Z"),
        ("no_time", "from=yesterday"),
        ("no_offset", "to=2026-11-20T10:00:00"),
    ] {
        let answer = read(&format!("/v1/drivers/anybody/minutes?{query}"));
        problem(name, 400, &answer);
        specification.check("get", MINUTES, 400, &answer);
    }
    let too_long = read(&format!("/v1/drivers/{}/minutes", "x".repeat(257)));
    specification.check("get", MINUTES, 400, &too_long);
    assert_eq!(too_long.status, 400);
}

#[test]
fn minutes_of_nobody_are_none() {
    let specification = Specification::read();
    for query in
        ["", "?from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z", "?from=2026-11-20T10:00:00Z&to=2026-11-20T10:00:00Z"]
    {
        let answer = read(&format!("/v1/drivers/{}/minutes{query}", unique("nobody")));
        assert_eq!((answer.status, &answer.body["minutes"]), (200, &json!([])), "{answer:?}");
        specification.check("get", MINUTES, 200, &answer);
    }
}

#[test]
fn minutes_are_a_table_where_that_is_asked_for() {
    let specification = Specification::read();
    // Quoted in a table, and no formula of a spreadsheet.
    let (driver, date) = (format!("={}, \"the\" ä?#+&", unique("driver")), date(3));
    post(&[
        position(&driver, &date, "12:00:00.000", 1.0, 2.0),
        position(&driver, &date, "12:00:30.000", 1.0, 2.0),
        position(&driver, &date, "12:01:00.000", 1.5, 2.5),
    ]);
    let (json, csv) = settled_minutes(&driver, &date, 3);
    specification.check("get", MINUTES, 200, &json);
    specification.check("get", MINUTES, 200, &csv);
    assert!(csv.media_type.starts_with("text/csv;"), "{csv:?}");
    let mut settings = insta::Settings::clone_current();
    let mark = driver.split(',').next().unwrap();
    settings.add_filter(mark, "<driver>");
    settings.add_filter(&date, "<date>");
    settings.bind(|| {
        insta::assert_json_snapshot!("minutes", json.body);
        insta::assert_snapshot!("minutes_as_csv", csv.text);
    });

    // `from` is in the period, `to` is not; both are about beginnings of minutes.
    let encoded = utf8_percent_encode(&driver, NON_ALPHANUMERIC);
    let count = |from: &str, to: &str| {
        let answer = read(&format!("/v1/drivers/{encoded}/minutes?from={date}T{from}Z&to={date}T{to}Z"));
        answer.body["minutes"].as_array().unwrap().len()
    };
    let counts = [
        count("12:00:00", "12:01:00"),
        count("12:00:00.001", "12:01:00"),
        count("12:00:00", "12:01:00.001"),
        count("11:59:59.999", "12:00:00"),
    ];
    assert_eq!(counts, [1, 0, 2, 0]);
    // Without a period it is the last hour.
    assert_eq!(read(&format!("/v1/drivers/{encoded}/minutes")).body["minutes"], json!([]));
    assert_eq!(settled_minutes(&unique("nobody"), &date, 0).1.text.lines().count(), 1);
}

/// Drivers of a crowd: more than a page has room for.
const CROWD: usize = 640;

/// What they are called is legal, takes half a kilobyte as JSON, and is nothing that an engine on the way should stumble
/// over.
fn crowd(mark: &str, date: &str, drivers: usize) -> Vec<Value> {
    let name = |number: usize| format!("{mark}-{number:03}-{}", r"\".repeat(220));
    (0..drivers).map(|number| position(&name(number), date, "09:00:00.000", 1.0, 2.0)).collect()
}

#[test]
fn a_day_of_many_drivers_has_pages() {
    let specification = Specification::read();
    // Nobody else has this day.
    let (mark, date) = (unique("crowd"), date(6));
    let events = crowd(&mark, &date, CROWD);
    for request in events.chunks(40) {
        post(request);
    }
    settle_crowd(&mark, events.len());
    let payload = json!({ "date": date });
    compute(&payload);

    let first = day(&date);
    specification.check("get", DAILY, 200, &first);
    let cursor = first.body["next_cursor"].as_str().expect("there is a second page").to_owned();
    let page = |date: &str, cursor: &str| read(&format!("/v1/analytics/daily/{date}?cursor={cursor}"));
    let second = page(&date, &cursor);
    specification.check("get", DAILY, 200, &second);
    assert_eq!(second.body["next_cursor"], Value::Null);
    assert_eq!(first.body["state"], "final");
    let ids = |answer: &Answer| {
        let drivers = answer.body["drivers"].as_array().unwrap().iter();
        drivers.map(|driver| driver["driver_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let [ids_of_first, ids_of_second] = [ids(&first), ids(&second)];
    assert!(!ids_of_second.is_empty());
    let all = [ids_of_first, ids_of_second].concat();
    assert!(all.is_sorted(), "drivers are in order");
    assert_eq!(all, events.iter().map(|event| event["driver_id"].as_str().unwrap()).collect::<Vec<_>>());
    // All else is the same on each page.
    let head = |answer: &Answer| {
        let mut body = answer.body.clone();
        for name in ["drivers", "geofences", "next_cursor"] {
            body.as_object_mut().unwrap().remove(name);
        }
        body
    };
    assert_eq!(head(&first), head(&second));
    assert_eq!(first.body["distinct_drivers"], CROWD);

    // No cursor, and one of another day, which cannot be told from one of numbers that are no more.
    problem("no_cursor", 400, &page(&date, "nonsense"));
    specification.check("get", DAILY, 400, &page(&date, "nonsense"));
    let other = milkrun_tests::analytics::date(4);
    compute(&json!({ "date": other }));
    assert_eq!(page(&other, &cursor).status, 410);

    // The numbers change between two pages.
    post(&[position(&mark, &date, "09:00:00.000", 1.0, 2.0)]);
    settle_lake(&mark, 1);
    assert_eq!(compute(&payload)[0]["changed"], true);
    let replaced = page(&date, &cursor);
    problem("replaced", 410, &replaced);
    specification.check("get", DAILY, 410, &replaced);
    assert_eq!(day(&date).body["revision"], 2);
    let csv = get(&format!("/v1/analytics/daily/{date}"), &[("x-api-key", &MILKRUN.api_key), ("accept", "text/csv")]);
    assert_eq!(csv.media_type, "application/json");
}

fn settle_crowd(mark: &str, drivers: usize) {
    eventually("the crowd in the lake", || {
        let select = format!("SELECT count(*) FROM events WHERE driver_id LIKE '{mark}-%'");
        (Aws::root().lake(&select)[0][0] == drivers.to_string()).then_some(())
    });
}
