//! An event that arrives two days late changes its minute and its day, and nothing else; the bus says so once.

use std::collections::BTreeMap;

use milkrun_tests::analytics::{compute, date, day, settle_everything, settled_minutes};
use milkrun_tests::{Answer, Subscriber, unique};
use serde_json::{Value, json};

use crate::{numbers, position, post};

/// Every day that is known, without when it was computed.
fn days() -> BTreeMap<String, String> {
    let known = (0..30).map(date).map(|date| (day(&date), date)).filter(|(day, _)| day.status == 200);
    known.map(|(day, date)| (date, numbers(&day))).collect()
}

/// Of the days that were computed, the dates of those whose numbers changed, and of those that the bus was told.
fn changed_and_published(computed: &[Value]) -> [Vec<&str>; 2] {
    ["changed", "published"].map(|what| {
        let days = computed.iter().filter(|day| day[what] == true);
        days.map(|day| day["date"].as_str().unwrap()).collect()
    })
}

fn texts((json, csv): &(Answer, Answer)) -> [&str; 2] {
    [&json.text, &csv.text]
}

#[test]
fn a_late_event_changes_its_minute_and_its_day_and_is_published_once() {
    let (driver, other) = (unique("driver"), unique("driver"));
    let (late_day, next_day) = (date(2), date(1));
    let of_both = [(&driver, &late_day), (&driver, &next_day), (&other, &late_day), (&other, &next_day)];
    for (driver, date) in of_both {
        let times = ["09:29:50.000", "09:30:00.000", "09:30:40.000", "09:31:00.000"];
        post(&times.map(|time| position(driver, date, time, -23.5, -46.6)));
    }
    let minutes = of_both.map(|(driver, date)| settled_minutes(driver, date, 4));
    settle_everything();
    compute(&json!({}));
    let (before, subscriber) = (days(), Subscriber::to_days());

    // Nothing has happened: nothing changes, and nobody is told.
    let computed = compute(&json!({}));
    assert!(computed.iter().any(|day| day["date"] == late_day), "{computed:?}");
    assert_eq!(changed_and_published(&computed), [&[] as &[&str]; 2]);
    assert_eq!(days(), before);

    let mut late = position(&driver, &late_day, "09:30:20.000", -23.4, -46.6);
    late["type"] = json!("geofence_entered");
    late["geofence_id"] = json!("a gate");
    post(&[late]);

    // Its minute, of its driver.
    let changed = settled_minutes(&driver, &late_day, 5);
    let minute = |answer: &Answer, index: usize| answer.body["minutes"][index].clone();
    for (index, positions) in [1, 3, 1].into_iter().enumerate() {
        let (now, then) = (minute(&changed.0, index), minute(&minutes[0].0, index));
        assert_eq!(now["positions"], positions);
        assert_eq!(now == then, index != 1, "{now} {then}");
    }
    assert_eq!(minute(&changed.0, 1)["mean_latitude"], json!((-23.5 - 23.4 - 23.5) / 3.0));
    for ((driver, date), then) in of_both.into_iter().zip(&minutes).skip(1) {
        assert_eq!(texts(&settled_minutes(driver, date, 4)), texts(then), "{date}");
    }

    // Its day.
    settle_everything();
    let computed = compute(&json!({}));
    assert_eq!(changed_and_published(&computed), [[&late_day]; 2]);
    let mut after = days();
    let (now, then) = (after.remove(&late_day).unwrap(), before[&late_day].clone());
    assert!(before.iter().filter(|(date, _)| **date != late_day).eq(&after), "another day has changed");
    let [now, then]: [Value; 2] = [now, then].map(|text| serde_json::from_str(&text).unwrap());
    let count = |day: &Value, pointer: &str| day.pointer(pointer).and_then(Value::as_u64).unwrap();
    for pointer in ["/revision", "/events/total", "/events/positions", "/crossings/entered", "/quality/late_arrivals"] {
        assert_eq!(count(&now, pointer), count(&then, pointer) + 1, "{pointer}");
    }
    for pointer in ["/distinct_drivers", "/active_minutes", "/crossings/exited", "/quality/test_events"] {
        assert_eq!(count(&now, pointer), count(&then, pointer), "{pointer}");
    }
    let of_others = |day: &Value| {
        let drivers = day["drivers"].as_array().unwrap();
        drivers.iter().filter(|one| one["driver_id"] != *driver).cloned().collect::<Vec<_>>()
    };
    assert_eq!(of_others(&now), of_others(&then));

    // And that is said once, however often the day is computed again.
    let computed = compute(&json!({}));
    assert_eq!(changed_and_published(&computed), [&[] as &[&str]; 2]);
    let received = subscriber.received_until_now();
    assert_eq!(received.len(), 1, "{received:?}");
    is_published(&received[0], &now);
}

/// That a bus event says what a day says, in its documented shape.
fn is_published(event: &Value, day: &Value) {
    assert_eq!((&event["source"], &event["detail-type"]), (&json!("milkrun"), &json!("analytics.daily_published")));
    let detail = &event["detail"];
    let schema = serde_json::from_str(include_str!("../../../docs/api/daily-published.schema.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(detail).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {detail}");
    let documented: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(detail.as_object().unwrap().keys().collect::<Vec<_>>(), documented);

    let (date, revision) = (day["date"].as_str().unwrap(), &day["revision"]);
    assert_eq!(detail["event_id"], format!("daily/{date}/{revision}"));
    assert_eq!(detail["path"], format!("/v1/analytics/daily/{date}"));
    for name in ["date", "time_zone", "revision", "distinct_drivers", "crossings"] {
        assert_eq!(detail[name], day[name], "{name}");
    }
    assert_eq!([&detail["events"], &detail["positions"]], [&day["events"]["total"], &day["events"]["positions"]]);
}
