use std::collections::{BTreeMap, BTreeSet};

use local_day::LocalDay;
use location_event::Flag;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use super::*;

const SQL: &str = include_str!("../../../../analytics/daily.sql");

fn local_day() -> LocalDay {
    LocalDay::new("2026-11-20".parse().unwrap(), &"America/New_York".parse().unwrap()).unwrap()
}

/// A row of the query, as text: the part and its keys, then `numbers` of those columns that are not 0.
fn row(part: &[(&str, &str)], numbers: &[(&str, u64)]) -> Vec<Option<String>> {
    let text = |column: &&str| {
        let is = |pair: &&(&str, &str)| pair.0 == *column;
        let number = || numbers.iter().find(|pair| pair.0 == *column).map_or(0, |pair| pair.1).to_string();
        let is_number = (8..20).contains(&COLUMNS.iter().position(|name| name == column).unwrap());
        part.iter().find(is).map(|pair| pair.1.to_owned()).or_else(|| is_number.then(number))
    };
    COLUMNS.iter().map(text).collect()
}

fn read(rows: &[Vec<Option<String>>]) -> Result<Day, RowError> {
    let rows: Vec<_> = rows.iter().map(|row| Row::read(row)).collect::<Result<_, _>>()?;
    Day::from_rows(&local_day(), rows, BTreeMap::from([("not_json".to_owned(), 2)]))
}

/// What the rows are made of: just enough of an event.
#[derive(Clone, Debug)]
struct Event {
    live: bool,
    kind: &'static str,
    hour: &'static str,
    /// Key, id and external id.
    geofence: Option<[Option<&'static str>; 3]>,
    flags: Option<&'static str>,
    driver_id: &'static str,
    up_to_s: Option<&'static str>,
}

fn event() -> impl Strategy<Value = Event> {
    let kind = select(vec!["position", "geofence_entered", "geofence_exited", "geofence_dwelled", "trip_started"]);
    let hour = select(vec!["0", "9", "23"]);
    let geofence = select(vec![
        None,
        Some([Some("id:yard"), Some("yard"), None]),
        Some([Some("external_id:yard"), None, Some("yard")]),
        Some([Some("tag:yard"), None, None]),
    ]);
    let flags = select(vec![None, Some("null_island"), Some("accuracy_poor,null_island")]);
    let up_to_s = select(vec![Some("1"), Some("600"), None]);
    let live = proptest::bool::weighted(0.9);
    (live, kind, hour, geofence, flags, select(vec!["a", "b", "c"]), up_to_s).prop_map(
        |(live, kind, hour, geofence, flags, driver_id, up_to_s)| {
            let geofence = geofence.filter(|_| kind.starts_with("geofence"));
            Event { live, kind, hour, geofence, flags, driver_id, up_to_s }
        },
    )
}

/// The rows that the query makes of events.
fn rows_of(events: &[Event]) -> Vec<Vec<Option<String>>> {
    let mut parts = BTreeMap::<Vec<(&str, &str)>, Vec<&Event>>::new();
    for event in events {
        let traffic = ("traffic", if event.live { "live" } else { "test" });
        let mut add = |grain, keys: Vec<(&'static str, Option<&'static str>)>| {
            let keys = keys.into_iter().filter_map(|(column, text)| Some((column, text?)));
            parts.entry([("grain", grain), traffic].into_iter().chain(keys).collect()).or_default().push(event);
        };
        add("day", vec![]);
        if !event.live {
            continue;
        }
        add("kind", vec![("kind", Some(event.kind))]);
        add("hour", vec![("elapsed_hour", Some(event.hour))]);
        add("driver", vec![("driver_id", Some(event.driver_id))]);
        add("lag", vec![("up_to_s", event.up_to_s)]);
        add("flags", vec![("flags", event.flags)]);
        if event.kind.starts_with("geofence") {
            let [key, id, external_id] = event.geofence.unwrap_or_default();
            let other_tag = if event.hour == "9" { "zone" } else { "area" };
            let tag = key.map(|key| key.strip_prefix("tag:").unwrap_or(other_tag));
            let keys = [("geofence_key", key), ("geofence_id", id), ("geofence_external_id", external_id)];
            let keys = keys.into_iter().chain([("geofence_tag", tag)]);
            add("geofence", [("elapsed_hour", Some(event.hour))].into_iter().chain(keys).collect());
        }
    }
    let count = |events: &[&Event], kind| events.iter().filter(|event| event.kind == kind).count() as u64;
    let numbers = |events: Vec<&Event>| {
        let drivers: BTreeSet<_> = events.iter().map(|event| event.driver_id).collect();
        vec![
            ("events", events.len() as u64),
            ("positions", count(&events, "position")),
            ("distinct_drivers", drivers.len() as u64),
            ("trips_started", count(&events, "trip_started").min(1)),
            ("entered", count(&events, "geofence_entered")),
            ("exited", count(&events, "geofence_exited")),
            ("dwelled", count(&events, "geofence_dwelled")),
            ("distance_mm", count(&events, "position") * 1_001),
        ]
    };
    parts.into_iter().map(|(part, events)| row(&part, &numbers(events))).collect()
}

fn day() -> impl Strategy<Value = Day> {
    proptest::collection::vec(event(), 0..40).prop_map(|events| read(&rows_of(&events)).unwrap())
}

/// Every day that differs in exactly one place.
fn changed(day: &Day) -> Vec<Day> {
    fn leaves(value: &Value, path: String, all: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, format!("{path}/{key}"), all)),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, value)| leaves(value, format!("{path}/{index}"), all));
            }
            _ => all.push(path),
        }
    }
    let json = serde_json::to_value(day).unwrap();
    let mut paths = Vec::new();
    leaves(&json, String::new(), &mut paths);
    let changed = paths.into_iter().map(|path| {
        let mut json = json.clone();
        let leaf = json.pointer_mut(&path).unwrap();
        *leaf = match &leaf {
            Value::String(text) => format!("{text}!").into(),
            Value::Number(number) if number.is_f64() => (number.as_f64().unwrap() + 0.001).into(),
            number => (number.as_u64().unwrap() + 1).into(),
        };
        serde_json::from_value(json).unwrap()
    });
    changed.collect()
}

proptest! {
    #[test]
    fn rows_in_any_order_give_the_same_day(
        (rows, shuffled) in proptest::collection::vec(event(), 0..40).prop_map(|events| rows_of(&events))
            .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
    ) {
        prop_assert_eq!(read(&rows).unwrap(), read(&shuffled).unwrap());
    }

    #[test]
    fn a_row_that_is_missing_or_repeated_is_noticed(
        events in proptest::collection::vec(event(), 1..40), index in any::<prop::sample::Index>(),
    ) {
        let mut rows = rows_of(&events);
        let row = rows.remove(index.index(rows.len()));
        // The row of test traffic is the one that nothing else depends on.
        if row[1].as_deref() == Some("live") {
            let missing = matches!(read(&rows), Err(RowError::Incomplete { .. }));
            prop_assert!(missing, "{:?}", row);
        }
        rows.extend([row.clone(), row]);
        let repeated = matches!(read(&rows), Err(RowError::Repeated { .. }));
        prop_assert!(repeated);
    }

    #[test]
    fn pages_join_to_the_whole(day in day(), max_bytes in 0_usize..8_000) {
        let pages = day.clone().pages(max_bytes).unwrap();
        for page in &pages {
            let bytes = serde_json::to_vec(page).unwrap().len();
            prop_assert!(bytes <= max_bytes || page.geofences.len() + page.drivers.len() <= 1, "{}", bytes);
        }
        prop_assert_eq!(Day::join(pages), Some(day));
    }

    #[test]
    fn a_day_of_some_size_is_one_page(day in day()) {
        prop_assert_eq!(day.clone().pages(300_000).unwrap(), vec![day]);
    }

    #[test]
    fn json_reads_back_and_the_digest_ignores_nothing(day in day()) {
        let json = serde_json::to_string(&day).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Day>(&json).unwrap(), &day);
        let digest = day.digest().unwrap();
        prop_assert_eq!(day.clone().digest().unwrap(), digest.clone());
        for other in changed(&day) {
            prop_assert_ne!(other.digest().unwrap(), digest.clone());
        }
    }
}

/// A courier's two hours, and a test event.
fn documented() -> Vec<Vec<Option<String>>> {
    let all: [(&str, u64); 10] = [
        ("events", 4),
        ("positions", 3),
        ("distinct_drivers", 1),
        ("trips_started", 1),
        ("entered", 1),
        ("exited", 1),
        ("active_minutes", 2),
        ("distance_mm", 1_234_567),
        ("repeated_rows", 5),
        ("late_arrivals", 1),
    ];
    let live = ("traffic", "live");
    let hour = |hour| ("elapsed_hour", hour);
    let kind = |kind| [("grain", "kind"), live, ("kind", kind)];
    let yard =
        [("geofence_key", "id:g1"), ("geofence_id", "g1"), ("geofence_tag", "yard"), ("geofence_external_id", "Y-7")];
    let geofence = |at| [vec![("grain", "geofence"), live, hour(at)], yard.to_vec()].concat();
    vec![
        row(&[("grain", "day"), live], &all),
        row(&[("grain", "day"), ("traffic", "test")], &[("events", 1)]),
        row(&[("grain", "day"), ("traffic", "too_late")], &[("events", 2)]),
        row(&kind("geofence_entered"), &[("events", 1)]),
        row(&kind("geofence_exited"), &[("events", 1)]),
        row(&kind("trip_started"), &[("events", 1)]),
        row(&kind("position"), &[("events", 1)]),
        row(&[("grain", "hour"), live, hour("9")], &[("events", 3), ("distinct_drivers", 1), ("entered", 1)]),
        row(&[("grain", "hour"), live, hour("10")], &[("events", 1), ("exited", 1), ("distance_mm", 1_234_567)]),
        row(&geofence("10"), &[("exited", 1)]),
        row(&geofence("9"), &[("entered", 1)]),
        row(&[("grain", "driver"), live, ("driver_id", "d1")], &all),
        row(&[("grain", "lag"), live, ("up_to_s", "1")], &[("events", 3)]),
        row(&[("grain", "lag"), live], &[("events", 1)]),
        row(&[("grain", "flags"), live], &[("events", 2)]),
        row(&[("grain", "flags"), live, ("flags", "accuracy_poor")], &[("events", 1)]),
        row(&[("grain", "flags"), live, ("flags", "accuracy_poor,null_island")], &[("events", 1)]),
    ]
}

#[test]
fn a_day_is_answered_as_documented() {
    insta::assert_json_snapshot!(read(&documented()).unwrap());
}

#[test]
fn geofences_are_told_by_their_key_and_listed_by_their_names() {
    let live = ("traffic", "live");
    let crossing = |hour, names: &[(&'static str, &'static str)]| {
        let keys = [&[("grain", "geofence"), live, ("elapsed_hour", hour)], names].concat();
        row(&keys, &[("entered", 1)])
    };
    let rows = [
        row(&[("grain", "day"), live], &[("entered", 6)]),
        // One id under two tags is one; one text as an id, an external id and a tag are three.
        crossing("9", &[("geofence_key", "id:depot"), ("geofence_id", "depot"), ("geofence_tag", "a")]),
        crossing("10", &[("geofence_key", "id:depot"), ("geofence_id", "depot"), ("geofence_tag", "b")]),
        crossing("9", &[("geofence_key", "tag:depot"), ("geofence_tag", "depot")]),
        crossing("9", &[("geofence_key", "external_id:depot"), ("geofence_external_id", "depot")]),
        crossing("9", &[]),
        crossing("10", &[]),
    ];
    let day = read(&rows).unwrap();
    let names = day.geofences.iter().map(|geofence| (geofence.names(), geofence.crossings.entered));
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            ([None, None, None], 2),
            ([None, None, Some("depot")], 1),
            ([None, Some("depot"), None], 1),
            ([Some("depot"), None, Some("b")], 2),
        ]
    );
}

#[test]
fn a_day_of_before_flags_reads_as_it_was() {
    let mut json = serde_json::to_value(read(&documented()).unwrap()).unwrap();
    for name in ["flagged", "too_late"] {
        assert!(json["quality"].as_object_mut().unwrap().remove(name).is_some());
    }
    let day: Day = serde_json::from_value(json).unwrap();
    assert_eq!((day.quality.too_late, day.quality.flagged.len(), day.quality.late_arrivals), (0, 0, 1));
}

#[test]
fn the_view_knows_which_flags_make_a_position_doubtful() {
    const VIEW: &str = include_str!("../../../../analytics/location_events.sql");
    const STAGING: &str = include_str!("../../../../analytics/models/staging/stg_location_events.sql");
    for flag in Flag::ALL {
        let asked = format!("position(',{flag},' in ',' || flags || ',') > 0", flag = flag.name());
        for sql in [VIEW, STAGING] {
            assert_eq!(sql.to_lowercase().contains(&asked), flag.is_doubtful_position(), "{}", flag.name());
        }
    }
}

#[test]
fn a_day_is_published_as_documented() {
    insta::assert_json_snapshot!(Published::new(&read(&documented()).unwrap(), 3));
}

#[test]
fn a_day_on_which_nothing_happened_has_all_its_numbers() {
    let day = Day::from_rows(&local_day(), [], BTreeMap::new()).unwrap();
    assert_eq!((day.events.total, day.hours.len(), day.quality.ingest_lag.len()), (0, 0, LAG_BOUNDS_S.len() + 1));
    assert_eq!((day.from.as_str(), day.to.as_str()), ("2026-11-20T05:00:00.000Z", "2026-11-21T05:00:00.000Z"));
}

#[test]
fn what_the_query_cannot_have_made_is_named() {
    let value = |column, expected| Err(RowError::Value { column, expected });
    let kind = [("grain", "kind"), ("traffic", "live")];
    assert_eq!(read(&[row(&kind, &[])]), value("kind", "there"));
    assert_eq!(read(&[row(&[("grain", "day")], &[])]), value("traffic", "live, test or too_late"));
    assert_eq!(read(&[row(&kind[1..], &[])]), value("grain", "one of those of analytics/daily.sql"));
    let grain = |grain, key| row(&[("grain", grain), ("traffic", "live"), key], &[]);
    assert_eq!(read(&[grain("hour", ("elapsed_hour", "-1"))]), value("elapsed_hour", "a whole number from 0 on"));
    assert_eq!(read(&[grain("lag", ("up_to_s", "2"))]), value("up_to_s", "one of the histogram's bounds"));
    assert_eq!(read(&[grain("flags", ("flags", "x"))]), value("flags", "known flags joined by commas"));
    assert_eq!(read(&[grain("day", ("events", "1.5"))]), value("events", "a whole number from 0 on"));
    assert_eq!(read(&[grain("hour", ("elapsed_hour", "24"))]), Err(RowError::Hour { hour: 24, hours: 24 }));
    assert_eq!(
        read(&[row(&[("grain", "hour"), ("traffic", "test"), ("elapsed_hour", "1")], &[])]),
        value("traffic", "live")
    );
    assert_eq!(read(&[vec![None; 20]]), Err(RowError::Columns));
}

#[test]
fn the_published_schema_is_that_of_the_type() {
    let published = include_str!("../../../../docs/api/daily-published.schema.json");
    assert!(published == detail_schema().unwrap(), "the schema is stale: run `make generate`");
}

#[test]
fn the_query_has_these_columns_and_bounds() {
    let select = SQL.split("grains AS (\n    SELECT\n").nth(1).unwrap().split("    FROM measured\n").next().unwrap();
    let last_word = |line: &str| line.trim_end_matches(',').rsplit(' ').next().unwrap().to_owned();
    // What is indented further belongs to a CASE.
    let is_column = |line: &&str| !line[8..].starts_with([' ', '-']) && !line.ends_with("CASE");
    let columns: Vec<_> = select.lines().filter(is_column).map(last_word).collect();
    assert_eq!(columns, COLUMNS);
    for bound in LAG_BOUNDS_S {
        assert!(SQL.contains(&format!("WHEN lag_ms <= {} THEN {bound}\n", bound * 1_000)), "{bound}");
    }
    assert!(SQL.contains(&format!("lag_ms > {})", LATE_AFTER_S * 1_000)));
}

#[test]
fn nothing_in_the_query_breaks_when_it_is_filled_in() {
    let (comments, code): (Vec<_>, Vec<_>) = SQL.lines().partition(|line| line.trim_start().starts_with("--"));
    // The view has lines, of which a comment would keep the first only.
    assert!(comments.iter().all(|line| !line.contains("{{")));
    assert!(code.iter().all(|line| !line.contains(';')));
}
