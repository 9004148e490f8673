//! What counts and what does not, in minutes and in days.

use milkrun_tests::analytics::{compute, date, day, settle_lake, settled_minutes};
use milkrun_tests::payload::{crossing, flat_trip_start};
use milkrun_tests::{MILKRUN, get, post_radar, unique};
use serde_json::{Value, json};

use crate::{of_driver, position, post, with};

#[test]
fn test_traffic_is_counted_as_such_and_nowhere_else() {
    let (live, test, date) = (unique("driver"), unique("driver"), date(3));
    let payload = json!({ "date": date });
    post(&[position(&live, &date, "07:00:00.000", 1.0, 2.0)]);
    settle_lake(&live, 1);
    compute(&payload);
    let before = day(&date).body;

    let no_test = json!({"live": false});
    let crossed = json!({"live": false, "type": "geofence_entered", "geofence_id": unique("gate")});
    post(&[
        with(position(&live, &date, "07:00:20.000", 50.0, 50.0), no_test.clone()),
        with(position(&test, &date, "07:00:00.000", 50.0, 50.0), no_test),
        with(position(&test, &date, "07:00:10.000", 50.0, 50.0), crossed),
    ]);
    settle_lake(&live, 2);
    settle_lake(&test, 2);
    // A live event in the same minute has it computed from all that is in the log by now.
    post(&[position(&live, &date, "07:00:40.000", 1.0, 2.0)]);
    let minutes = settled_minutes(&live, &date, 2).0;
    assert_eq!(minutes.body["minutes"][0]["mean_latitude"], 1.0);
    assert_eq!(settled_minutes(&test, &date, 0).0.body["minutes"], json!([]));

    settle_lake(&live, 3);
    compute(&payload);
    let after = day(&date).body;
    let count = |day: &Value, pointer: &str| day.pointer(pointer).and_then(Value::as_u64).unwrap();
    for (pointer, more) in
        [("/quality/test_events", 3), ("/events/total", 1), ("/events/positions", 1), ("/distinct_drivers", 0)]
    {
        assert_eq!(count(&after, pointer), count(&before, pointer) + more, "{pointer}");
    }
    assert_eq!((&after["crossings"], &after["geofences"]), (&before["crossings"], &before["geofences"]));
    assert_eq!(of_driver(&after, &test), Value::Null);
}

#[test]
fn what_has_no_position_is_an_event_of_the_day_and_in_no_minute() {
    // Nobody else has this day, so all of it is known.
    let (driver, date) = (unique("driver"), date(5));
    let at = |body: Value, time: &str| {
        let text = body.to_string();
        let stamp = if body.get("event").is_some() { &body["event"]["createdAt"] } else { &body["created_at"] };
        let moved = text.replace(stamp.as_str().unwrap(), &format!("{date}T{time}Z"));
        serde_json::from_str::<Value>(&moved).unwrap()
    };
    let order = unique("order");
    // The trip starts twice: that is one trip. Of the crossings, one has a position.
    let start = at(flat_trip_start(&driver, &order, 5), "08:00:00.000");
    let again = with(at(flat_trip_start(&driver, &order, 5), "08:00:30.000"), json!({"id": "another id"}));
    let inside = at(crossing(&driver, &order, 5), "08:10:00.000");
    let mut lost = at(crossing(&driver, &order, 6), "08:20:00.000");
    lost["event"].as_object_mut().unwrap().remove("location");
    lost["event"]["type"] = json!("user.exited_geofence");
    for body in [&start, &again, &inside, &lost] {
        assert_eq!(post_radar(body).body["accepted"], 1, "{body}");
    }
    let minutes = settled_minutes(&driver, &date, 1).0;
    assert_eq!(minutes.body["minutes"].as_array().unwrap().len(), 1);

    settle_lake(&driver, 4);
    compute(&json!({ "date": date }));
    let day = day(&date).body;
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&date, "<date>");
    settings.add_filter(&milkrun_tests::analytics::date(4), "<next date>");
    settings.add_filter(&driver, "<driver>");
    settings.bind(|| {
        insta::assert_json_snapshot!("day", day, {".changed_at" => "<time>", ".computed_at" => "<time>"});
    });
}

#[test]
fn a_minute_across_the_antimeridian_has_its_mean_there() {
    let (driver, date) = (unique("driver"), date(3));
    let longitudes = [179.998, 179.999, -179.996, -179.995];
    let times = ["11:00:00.000", "11:00:10.000", "11:00:20.000", "11:00:30.000"];
    let events =
        times.into_iter().zip(longitudes).map(|(time, longitude)| position(&driver, &date, time, 0.0, longitude));
    post(&events.collect::<Vec<_>>());
    let (json, csv) = settled_minutes(&driver, &date, 4);
    let minute = &json.body["minutes"][0];
    let number = |name: &str| minute[name].as_f64().unwrap();
    // The mean of −2, −1, 4 and 5 thousandths of a degree east of 180.
    assert!((number("mean_longitude") - -179.9985).abs() < 1e-9, "{minute}");
    // 7 thousandths of a degree of the equator, whose radius is 6,378,137 m.
    assert!((number("distance_m") - 0.007_f64.to_radians() * 6_378_137.0).abs() < 1e-3, "{minute}");
    assert!((number("mean_speed_mps") - number("distance_m") / 30.0).abs() < 1e-9, "{minute}");
    let line = csv.text.lines().nth(1).unwrap();
    assert!(line.starts_with(&format!("{driver},{date}T11:00:00.000Z,4,")), "{line}");
}

#[test]
fn without_a_key_nothing_of_analytics_is_answered() {
    for path in ["/v1/drivers/d/minutes", "/v1/analytics/daily/2026-11-20"] {
        for headers in [&[][..], &[("x-api-key", "wrong")]] {
            assert_eq!(get(path, headers).status, 403, "{path} {}", MILKRUN.api_url);
        }
    }
}
