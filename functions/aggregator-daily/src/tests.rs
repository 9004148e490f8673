//! The handler over the real SDK and a small AWS of the tests' own: what becomes of days when things fail.

mod world;

use std::time::{Duration, SystemTime};

use aggregation::day::{COLUMNS, Day};
use serde_json::{Value, json};

use crate::{Config, Handler};
use world::{Query, World};

const DATE: &str = "2026-11-20";
/// In a query: the first moment of the day of this date.
const OF_DATE: &str = "(recorded_at >= TIMESTAMP '2026-11-20 03:00:00.000'";
/// 2026-11-20T12:00:00Z.
const NOON_S: u64 = 1_795_176_000;
const TIME: Duration = Duration::from_mins(10);
/// So many drivers take two pages.
const MANY: u64 = 4_000;

pub(crate) fn config() -> Config {
    Config {
        aggregates_table: "aggregates".to_owned(),
        athena_workgroup: "milkrun".to_owned(),
        glue_database: "milkrun".to_owned(),
        quarantine_bucket: "quarantine".to_owned(),
        bus_name: "milkrun".to_owned(),
        time_zone: "America/Sao_Paulo".parse().unwrap(),
        late_days: 3,
        lake_retention_days: 20,
        quarantine_retention_days: 10,
        day_retention_days: 30,
        reports_bucket: Some("lake".to_owned()),
    }
}

/// One call to a new copy of the function, `after_s` seconds past noon; time that it would wait is skipped.
fn call_at(world: &World, after_s: u64, payload: &Value) -> Result<Value, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON_S + after_s);
    let answer = runtime.block_on(async { Handler::new(&world.sdk(), config()).handle(payload, now, TIME).await });
    answer.map(|answer| serde_json::to_value(answer).unwrap()).map_err(|error| error.to_string())
}

fn call(world: &World) -> Result<Value, String> {
    call_at(world, 0, &json!({"date": DATE}))
}

/// The rows of a day on which each of some drivers sent one position.
fn positions(drivers: u64) -> Query {
    let row = |part: &[(&str, &str)], events: u64| {
        let count =
            |column: &str| if ["events", "positions", "distinct_drivers"].contains(&column) { events } else { 0 };
        let text = |(index, column): (usize, &str)| {
            let key = part.iter().find(|(name, _)| *name == column).map(|(_, text)| (*text).to_owned());
            key.or_else(|| (8..20).contains(&index).then(|| count(column).to_string()))
        };
        COLUMNS.into_iter().enumerate().map(text).collect::<Vec<_>>()
    };
    let live = ("traffic", "live");
    let mut rows = vec![
        row(&[("grain", "day"), live], drivers),
        row(&[("grain", "kind"), live, ("kind", "position")], drivers),
        row(&[("grain", "hour"), live, ("elapsed_hour", "9")], drivers),
        row(&[("grain", "lag"), live, ("up_to_s", "1")], drivers),
        row(&[("grain", "flags"), live], drivers),
    ];
    let ids = (0..drivers).map(|driver| format!("driver-{driver:05}"));
    rows.extend(ids.map(|id| row(&[("grain", "driver"), live, ("driver_id", id.as_str())], 1)));
    Query::Answers(rows)
}

fn head(world: &World) -> Value {
    world.stored().items[&(format!("day#{DATE}"), "head".to_owned())].clone()
}

fn has_head(world: &World) -> bool {
    world.stored().items.keys().any(|(_, bucket)| bucket == "head")
}

/// The day that the table has, joined from the pages of its head.
fn stored_day(world: &World) -> Day {
    let (head, items) = (head(world), world.stored().items);
    let (revision, digest) = (head["revision"]["N"].as_str().unwrap(), head["digest"]["S"].as_str().unwrap());
    let pages = format!("page#{revision:0>10}#{digest}#");
    let of_head = items.iter().filter(|((_, bucket), _)| bucket.starts_with(&pages));
    let day = Day::join(of_head.map(|(_, page)| serde_json::from_str(page["body"]["S"].as_str().unwrap()).unwrap()));
    day.unwrap()
}

fn event_ids(world: &World) -> Vec<String> {
    world.published().iter().map(|detail| detail["event_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_day_is_computed_stored_published_and_shown() {
    let world = World::default();
    world.answer(OF_DATE, positions(2));
    let key = |reason, dt, name| format!("quarantine/{reason}/dt={dt}/{name}.json");
    world.quarantine(&key("not_json", DATE, "before the day"), "2026-11-20T02:59:59.000Z");
    world.quarantine(&key("not_json", DATE, "a"), "2026-11-20T03:00:00.000Z");
    world.quarantine(&key("not_json", "2026-11-21", "b"), "2026-11-21T02:59:59.000Z");
    world.quarantine(&key("driver_missing", "2026-11-21", "after the day"), "2026-11-21T03:00:00.000Z");
    let answer = call(&world).unwrap();
    let day = json!({
        "date": DATE, "revision": 1, "changed": true, "published": true, "events": 2, "scanned_bytes": 10_485_760,
    });
    assert_eq!(answer, json!({"days": [day]}));
    let day = stored_day(&world);
    assert_eq!(day.quality.quarantined, [("not_json".to_owned(), 2)].into());
    assert_eq!((day.drivers.len(), day.time_zone.as_str()), (2, "America/Sao_Paulo"));
    insta::with_settings!({sort_maps => true}, {
        insta::assert_json_snapshot!("head", head(&world), {".digest.S" => "[digest]"});
    });
    insta::assert_json_snapshot!("published", world.published());
    let reports = world.stored().reports;
    assert_eq!(reports.len(), 1);
    assert!(reports["reports/daily/2026-11-20.html"].starts_with("<!DOCTYPE html>"));
}

#[test]
fn numbers_that_did_not_change_write_nothing_but_the_time() {
    let world = World::default();
    world.answer(OF_DATE, positions(2));
    call(&world).unwrap();
    let before = head(&world);
    world.die_after(None);
    let answer = call_at(&world, 3600, &json!({"date": DATE})).unwrap();
    assert_eq!(answer["days"][0]["changed"], false);
    assert_eq!(answer["days"][0]["published"], false);
    assert_eq!(world.writes(), ["UpdateItem head", "PUT"]);
    let mut after = head(&world);
    assert_eq!(after["computed_at"]["S"], "2026-11-20T13:00:00.000Z");
    after["computed_at"] = before["computed_at"].clone();
    assert_eq!(after, before);
    assert_eq!(event_ids(&world), ["daily/2026-11-20/1"]);
}

#[test]
fn a_late_event_changes_its_day_and_no_other() {
    let world = World::default();
    let first = call_at(&world, 0, &json!({})).unwrap();
    assert_eq!(first["days"].as_array().unwrap().len(), 5);
    // The day before those that may still change is computed as well: its page says that it is final from now on.
    let says = |date: &str, what: &str| world.stored().reports[&format!("reports/daily/{date}.html")].contains(what);
    assert!(says("2026-11-16", "late events are no longer looked for"));
    assert!(says("2026-11-17", "may still change its numbers"));
    world.answer("(recorded_at >= TIMESTAMP '2026-11-18 03:00:00.000'", positions(1));
    let second = call_at(&world, 60, &json!({})).unwrap();
    let days = second["days"].as_array().unwrap();
    let changed: Vec<_> = days.iter().filter(|day| day["changed"] == true).map(|day| &day["date"]).collect();
    assert_eq!(changed, ["2026-11-18"]);
    let published = event_ids(&world);
    assert_eq!(published.len(), 6);
    assert_eq!(published[5], "daily/2026-11-18/2");
}

#[test]
fn what_was_forgotten_since_is_not_taken_for_nothing() {
    const DAY_S: u64 = 86_400;
    let world = World::default();
    world.answer(OF_DATE, positions(2));
    world.quarantine("quarantine/not_json/dt=2026-11-20/a.json", "2026-11-20T09:00:00.000Z");
    call(&world).unwrap();
    world.quarantine("quarantine/not_json/dt=2026-11-20/b.json", "2026-11-20T10:00:00.000Z");
    // The quarantine keeps ten days: after them it is not asked, and the numbers keep what it said.
    let later = call_at(&world, 12 * DAY_S, &json!({"date": DATE})).unwrap();
    assert_eq!(later["days"][0]["changed"], false);
    assert_eq!(stored_day(&world).quality.quarantined.into_values().collect::<Vec<_>>(), [1]);
    // The lake keeps twenty: after them the day stays as it is.
    let refused = call_at(&world, 20 * DAY_S, &json!({"date": DATE})).unwrap_err();
    assert!(refused.starts_with("2026-11-20 is too long ago: the lake keeps what arrived for 20 days"), "{refused}");
}

#[test]
fn every_crash_is_repaired_by_the_next_run() {
    // From a first computation, and from one that replaces another.
    for before in [None, Some(MANY - 1)] {
        let start = || {
            let world = World::default();
            if let Some(drivers) = before {
                world.answer(OF_DATE, positions(drivers));
                call(&world).unwrap();
            }
            world.answer(OF_DATE, positions(MANY));
            world.die_after(None);
            world
        };
        let undisturbed = start();
        call(&undisturbed).unwrap();
        let writes = undisturbed.writes();
        assert!(writes.len() >= 6, "{writes:?}");
        for survived in 0..writes.len() {
            let world = start();
            world.die_after(Some(survived));
            assert!(call(&world).is_err(), "{survived}");
            // However far it came, what counts is whole.
            if has_head(&world) {
                let drivers = stored_day(&world).drivers.len() as u64;
                assert!(drivers == MANY || Some(drivers) == before, "{survived}");
            }
            world.die_after(None);
            call(&world).unwrap();
            assert!(world.stored() == undisturbed.stored(), "{survived} of {writes:?}");
            // Published once for each revision; twice, with one id, where the crash was between the event and its note.
            let mut published = event_ids(&world);
            let again = usize::from(writes.get(survived.wrapping_sub(1)).is_some_and(|write| write == "PutEvents"));
            assert_eq!(published.len(), event_ids(&undisturbed).len() + again, "{survived} of {writes:?}");
            published.dedup();
            assert_eq!(published, event_ids(&undisturbed));
            world.die_after(None);
            call(&world).unwrap();
            assert_eq!(world.writes(), ["UpdateItem head", "PUT"]);
        }
    }
}

#[test]
fn a_run_that_is_overtaken_computes_the_day_again() {
    let world = World::default();
    world.answer(OF_DATE, positions(2));
    world.overtake(1);
    let answer = call(&world).unwrap();
    assert_eq!(answer["days"][0]["revision"], 2);
    assert_eq!(world.started().len(), 2);
    assert_eq!(stored_day(&world).drivers.len(), 2);
    world.answer(OF_DATE, positions(3));
    world.overtake(3);
    let error = call(&world).unwrap_err();
    assert_eq!(error, "1 of 1 days failed: 2026-11-20 (others computed the day at the same time, 3 times)");
}

#[test]
fn a_day_that_fails_keeps_no_other_from_being_computed() {
    let cases = [
        Query::Ends { state: "FAILED", reason: "SYNTAX_ERROR: line 1:8: Column 'x' cannot be resolved" },
        Query::Ends { state: "CANCELLED", reason: "Query cancelled by user" },
        Query::Ends { state: "CANCELLED", reason: "Bytes scanned limit was exceeded" },
        Query::Ends { state: "RUNNING", reason: "" },
        Query::IsNotTaken { code: "TooManyRequestsException" },
        Query::IsNotTaken { code: "AccessDeniedException" },
        Query::Answers(vec![vec![Some("day".to_owned())]]),
    ];
    let mut errors = Vec::new();
    for query in cases {
        let world = World::default();
        world.answer("(recorded_at >= TIMESTAMP '2026-11-18 03:00:00.000'", query.clone());
        errors.push(call_at(&world, 0, &json!({})).unwrap_err());
        assert_eq!(event_ids(&world).len(), 4);
        // What is given up is stopped.
        let is_running = matches!(query, Query::Ends { state: "RUNNING", .. });
        assert_eq!(world.stopped(), usize::from(is_running));
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_bus_that_takes_nothing_is_told_by_the_next_run() {
    let world = World::default();
    world.answer(OF_DATE, positions(2));
    world.bus_takes_nothing(true);
    let error = call(&world).unwrap_err();
    assert_eq!(error, "1 of 1 days failed: 2026-11-20 (the bus did not take the event: InternalFailure)");
    assert_eq!(stored_day(&world).drivers.len(), 2);
    world.bus_takes_nothing(false);
    let answer = call(&world).unwrap();
    assert_eq!((&answer["days"][0]["changed"], &answer["days"][0]["published"]), (&json!(false), &json!(true)));
    assert_eq!(event_ids(&world), ["daily/2026-11-20/1"]);
}
