//! Events that senders get wrong, and what minutes and days make of them.

use milkrun_tests::analytics::{compute, date, day, read, settle_lake, settled_minutes};
use milkrun_tests::{Specification, unique};
use serde_json::{Value, json};

use crate::{of_driver, position, post, with};

const DAILY: &str = "/v1/analytics/daily/{date}";
const MINUTES: &str = "/v1/drivers/{driver_id}/minutes";
const TRACK: &str = "/v1/drivers/{driver_id}/track";

/// A date's numbers, computed now.
fn computed(date: &str) -> Value {
    compute(&json!({ "date": date }));
    let answer = day(date);
    Specification::read().check("get", DAILY, 200, &answer);
    answer.body
}

fn count(day: &Value, pointer: &str) -> u64 {
    day.pointer(pointer).and_then(Value::as_u64).unwrap_or_default()
}

#[test]
fn impossible_fixes_are_shown_and_counted_and_falsify_no_distance() {
    let specification = Specification::read();
    let (driver, date) = (unique("driver"), date(3));
    let before = computed(&date);
    // Ten positions in London, 20 m and 6 s apart: 180 m in 54 s.
    let at = |index: u32| format!("14:00:{:02}.000", index * 6);
    let drive = (0..10).map(|index| position(&driver, &date, &at(index), 51.5 + f64::from(index) * 1.8e-4, -0.12));
    let no_fix = position(&driver, &date, "14:00:15.000", 0.0, 0.0);
    let cell_tower = with(position(&driver, &date, "14:00:27.000", 52.1, 0.4), json!({"accuracy_m": 92_000}));
    post(&drive.chain([no_fix, cell_tower]).collect::<Vec<_>>());

    let track = read(&format!("/v1/drivers/{driver}/track?from={date}T00:00:00Z"));
    specification.check("get", TRACK, 200, &track);
    let flagged: Vec<_> = track.body["positions"].as_array().unwrap().iter().map(|one| one["flags"].clone()).collect();
    assert_eq!(flagged.len(), 12);
    assert_eq!((&flagged[3], &flagged[6]), (&json!(["null_island"]), &json!(["accuracy_poor"])));
    assert_eq!(flagged.iter().filter(|flags| flags.is_null()).count(), 10);

    let (minutes, csv) = settled_minutes(&driver, &date, 12);
    specification.check("get", MINUTES, 200, &minutes);
    let minute = &minutes.body["minutes"][0];
    assert_eq!((&minute["positions"], &minute["doubtful_positions"]), (&json!(12), &json!(2)));
    let distance_m = minute["distance_m"].as_f64().unwrap();
    assert!((179.0..182.0).contains(&distance_m), "{minute}");
    assert_eq!((&minute["mean_speed_mps"], &minute["speed_source"]), (&json!(distance_m / 54.0), &json!("distance")));
    assert!((minute["mean_latitude"].as_f64().unwrap() - 51.500_81).abs() < 1e-9, "{minute}");
    assert!(csv.text.lines().nth(1).unwrap().ends_with(",2,distance"), "{}", csv.text);

    settle_lake(&driver, 12);
    let after = computed(&date);
    let of_day = of_driver(&after, &driver);
    assert_eq!(
        (&of_day["events"], &of_day["positions"], &of_day["active_minutes"]),
        (&json!(12), &json!(12), &json!(1))
    );
    assert!((of_day["distance_m"].as_f64().unwrap() - distance_m).abs() < 0.1, "{of_day}");
    for flag in ["accuracy_poor", "null_island"] {
        let pointer = format!("/quality/flagged/{flag}");
        assert_eq!(count(&after, &pointer), count(&before, &pointer) + 1, "{flag}");
    }
}

#[test]
fn a_minute_of_doubtful_fixes_says_where_they_were_and_no_more() {
    let (driver, date) = (unique("driver"), date(3));
    post(&[
        position(&driver, &date, "14:10:00.000", 0.0, 0.0),
        with(position(&driver, &date, "14:10:30.000", 51.5, -0.12), json!({"accuracy_m": 100.5, "speed_mps": 400})),
    ]);
    let minutes = settled_minutes(&driver, &date, 2).0;
    let minute = &minutes.body["minutes"][0];
    assert_eq!(minute["doubtful_positions"], 2);
    assert_eq!((&minute["mean_latitude"], &minute["last"]["latitude"]), (&json!(25.75), &json!(51.5)));
    assert_eq!((&minute["distance_m"], minute.get("mean_speed_mps")), (&json!(0.0), None));
    settle_lake(&driver, 2);
    assert_eq!(of_driver(&computed(&date), &driver)["distance_m"], 0.0);
}

#[test]
fn a_minute_of_one_fix_has_the_speed_that_it_reports() {
    let (driver, date) = (unique("driver"), date(3));
    let at = |time: &str, speed_mps: Value| {
        with(position(&driver, &date, time, 1.0, 2.0), json!({ "speed_mps": speed_mps }))
    };
    post(&[
        at("14:20:30.000", json!(7.4)),
        at("14:21:30.000", json!(null)),
        at("14:22:00.000", json!(7.4)),
        at("14:22:30.000", json!(7.4)),
    ]);
    let (minutes, csv) = settled_minutes(&driver, &date, 4);
    Specification::read().check("get", MINUTES, 200, &minutes);
    let speeds = |index: usize| {
        let minute = &minutes.body["minutes"][index];
        (minute["mean_speed_mps"].clone(), minute["speed_source"].clone())
    };
    assert_eq!(speeds(0), (json!(7.4), json!("reported")));
    assert_eq!(speeds(1), (json!(null), json!(null)));
    assert_eq!(speeds(2), (json!(0.0), json!("distance")));
    let ends: Vec<_> = csv.text.lines().skip(1).map(|line| line.splitn(12, ',').last().unwrap()).collect();
    assert_eq!(ends, ["0.0,7.4,0,reported", "0.0,,0,", "0.0,0.0,0,distance"]);
}

#[test]
fn geofences_without_an_id_are_told_by_their_external_id_then_by_their_tag() {
    let (driver, date, mark) = (unique("driver"), date(3), unique("fence"));
    let crossing = |time: &str, names: Value| {
        let entered = with(position(&driver, &date, time, 1.0, 2.0), json!({"type": "geofence_entered"}));
        with(entered, names)
    };
    let depot = json!({"geofence_external_id": format!("{mark} depot-A"), "geofence_tag": "depot"});
    let market = json!({"geofence_external_id": format!("{mark} market-B"), "geofence_tag": "customer"});
    // One text as an id, as an external id and as a tag: three geofences.
    let [id, external_id, tag] =
        ["geofence_id", "geofence_external_id", "geofence_tag"].map(|name| json!({ name: format!("{mark} x") }));
    post(&[
        crossing("15:00:00.000", depot.clone()),
        crossing("15:00:10.000", market.clone()),
        crossing("15:00:20.000", id.clone()),
        crossing("15:00:30.000", external_id.clone()),
        crossing("15:00:40.000", tag.clone()),
        crossing("15:00:50.000", depot.clone()),
    ]);
    settle_lake(&driver, 6);
    let day = computed(&date);
    let rows: Vec<_> =
        day["geofences"].as_array().unwrap().iter().filter(|row| row.to_string().contains(&mark)).collect();
    let of_hour = |names: &Value, entered: u64| {
        let crossed = json!({"entered": entered, "exited": 0, "dwelled": 0});
        let hour = with(crossed.clone(), json!({"hour": format!("{date}T15:00:00+00:00")}));
        with(with(names.clone(), crossed), json!({"hours": [hour]}))
    };
    // By id, then external id, then tag.
    let expected = [(&tag, 1), (&depot, 2), (&market, 1), (&external_id, 1), (&id, 1)];
    assert_eq!(rows, expected.map(|(names, entered)| of_hour(names, entered)).iter().collect::<Vec<_>>());
}

#[test]
fn events_with_one_id_at_ten_times_are_ten_events_everywhere() {
    let (driver, date) = (unique("driver"), date(3));
    let all: Vec<_> = (0..10)
        .map(|index| {
            with(position(&driver, &date, &format!("15:10:{index:02}.000"), 1.0, 2.0), json!({"event_id": "0"}))
        })
        .collect();
    post(&all);
    // A trip's start without a trip is one of its own, whatever its id.
    let start = |time: &str| {
        let start = position(&driver, &date, time, 1.0, 2.0);
        with(start, json!({"event_id": "0", "type": "trip_started"}))
    };
    let before = computed(&date);
    post(&[start("15:11:00.000"), start("15:12:00.000")]);
    let track = read(&format!("/v1/drivers/{driver}/track?from={date}T00:00:00Z"));
    assert_eq!(track.body["positions"].as_array().unwrap().len(), 12);
    let minutes = settled_minutes(&driver, &date, 12).0;
    assert_eq!(minutes.body["minutes"][0]["positions"], 10);
    settle_lake(&driver, 12);
    let after = computed(&date);
    let of_day = of_driver(&after, &driver);
    assert_eq!(
        (&of_day["events"], &of_day["positions"], &of_day["active_minutes"]),
        (&json!(12), &json!(12), &json!(3))
    );
    assert_eq!(count(&after, "/trips/started"), count(&before, "/trips/started") + 2);
}

#[test]
fn events_that_no_day_counts_are_counted_on_the_day_of_their_arrival() {
    let driver = unique("driver");
    // Behind by more weeks than a receiver's counter loses, so there is nothing to correct; the second is test traffic.
    let old = position(&driver, "2007-01-26", "09:00:00.000", 1.0, 2.0);
    let test = with(position(&driver, "2007-01-26", "09:00:01.000", 1.0, 2.0), json!({"live": false}));
    let today = date(0);
    let before = computed(&today);
    post(&[old, test]);
    settle_lake(&driver, 2);
    let track = read(&format!("/v1/drivers/{driver}/track"));
    let received_at = track.body["positions"][0]["received_at"].as_str().unwrap();
    let (is_same_day, of_arrival) = (received_at.starts_with(&today), computed(&received_at[..10]));
    let too_late = if is_same_day { count(&before, "/quality/too_late") } else { 0 } + 1;
    assert_eq!(count(&of_arrival, "/quality/too_late"), too_late);
    // It is in no other number.
    assert_eq!(of_driver(&of_arrival, &driver), Value::Null);
    assert_eq!(settled_minutes(&driver, "2007-01-26", 0).0.body["minutes"], json!([]));
}
