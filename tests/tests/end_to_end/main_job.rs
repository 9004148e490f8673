//! A webhook comes in; the last location, the lake and the bus have it.

use std::time::Instant;

use milkrun_tests::payload::{ago, crossing, flat_trip_start, position};
use milkrun_tests::{Aws, MILKRUN, eventually, get, post_positions, post_radar, published, unique};
use serde_json::json;

fn key() -> [(&'static str, &'static str); 1] {
    [("x-api-key", MILKRUN.api_key.as_str())]
}

#[test]
fn a_crossing_is_at_once_readable_and_soon_on_the_bus_and_in_the_lake() {
    let (driver, order, started) = (unique("driver"), unique("order"), Instant::now());
    let receipt = post_radar(&crossing(&driver, &order, 20));
    assert_eq!(receipt.status, 202, "{receipt:?}");
    insta::assert_json_snapshot!("receipt", receipt.body);

    let location = get(&format!("/v1/drivers/{driver}/location"), &key());
    let elapsed = started.elapsed().as_secs_f64();
    assert_eq!(location.status, 200, "{location:?}");
    let masked = |body| {
        let mut settings = insta::Settings::clone_current();
        settings.add_filter(&driver, "<driver>");
        settings.add_filter(&order, "<order>");
        settings.add_filter(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", "<time>");
        settings.add_filter(r#""age_seconds": [\d.]+"#, r#""age_seconds": "<age>""#);
        settings.add_filter(r#""id": "[0-9a-f-]{36}""#, r#""id": "<uuid>""#);
        settings.bind(|| insta::assert_json_snapshot!(body));
    };
    masked(location.body.clone());
    let age = location.body["age_seconds"].as_f64().unwrap();
    // The emulator's clock is this one's; a millisecond is what the event's time was rounded by.
    assert!((19.999..20.001 + elapsed).contains(&age), "{age}, {elapsed} s after it was posted");

    let of_order = eventually("the order's location", || {
        let answer = get(&format!("/v1/orders/{order}/location"), &key());
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(of_order.body["event_id"], location.body["event_id"]);

    let events = published(&driver, 1);
    let mut event = events[0].clone();
    for field in ["id", "account", "region", "resources", "version"] {
        event.as_object_mut().unwrap().remove(field);
    }
    masked(event);

    let rows = eventually("the lake's row", || {
        let rows = Aws::root().lake(&format!(
            "SELECT kind, order_id, latitude, date_trunc('day', recorded_at) <= now(), live, attributes \
             FROM events WHERE driver_id = '{driver}'"
        ));
        (!rows.is_empty()).then_some(rows)
    });
    let attributes = r#"{"user":{"deviceType":"Android"}}"#;
    assert_eq!(rows, [["geofence_entered", &order, "-23.5614", "true", "true", attributes]]);
}

#[test]
fn every_dialect_lands_on_one_driver() {
    let (driver, order) = (unique("driver"), unique("order"));
    let multiple = json!({
        "events": [
            {"_id": "m1", "type": "user.updated_trip", "createdAt": ago(60), "user": {"stopped": false},
             "trip": {"_id": "t1", "externalId": order}},
            {"_id": "m2", "type": "user.made_up_by_a_customer", "createdAt": ago(50),
             "location": {"type": "Point", "coordinates": [-46.65, -23.56]}},
        ],
        "user": {"_id": driver, "userId": "courier-7"},
    });
    let exercise = json!({"event": {
        "createdAt": ago(40), "type": "user.updated_trip", "location": {"type": "Point", "coordinates": [-46.66, -23.57]},
        "user": {"_id": driver, "updatedAt": ago(40), "MMUserId": "courier-7", "trip": {"_id": "t1", "externalId": order}},
    }});
    for body in [multiple, exercise, crossing(&driver, &order, 30), flat_trip_start(&driver, &order, 10)] {
        let receipt = post_radar(&body);
        assert_eq!((receipt.status, &receipt.body["quarantined"]), (202, &json!([])), "{body}");
    }
    assert_eq!(post_positions(&json!([position(&driver, 5), position(&driver, 4)])).body["accepted"], 2);

    assert_eq!(Aws::root().logged(&driver), 7);
    let track = get(&format!("/v1/drivers/{driver}/track"), &key()).body;
    // The trip's start and update have no position: they hide none, and are no part of the track.
    let kinds: Vec<_> = track["positions"].as_array().unwrap().iter().map(|position| &position["kind"]).collect();
    assert_eq!(kinds, ["other", "trip_updated", "geofence_entered", "position", "position"]);
    let last = get(&format!("/v1/drivers/{driver}/location"), &key()).body;
    assert_eq!(last["recorded_at"], track["positions"][4]["recorded_at"]);
}

#[test]
fn test_traffic_is_kept_marked_and_not_sent_to_subscribers() {
    let driver = unique("driver");
    let mut body = crossing(&driver, "order", 10);
    body["event"]["live"] = json!(false);
    assert_eq!(post_radar(&body).status, 202);
    assert_eq!(get(&format!("/v1/drivers/{driver}/location"), &key()).body["live"], false);
    let rows = eventually("the lake's row", || {
        let rows = Aws::root().lake(&format!("SELECT live FROM events WHERE driver_id = '{driver}'"));
        (!rows.is_empty()).then_some(rows)
    });
    assert_eq!(rows, [["false"]]);
    // The lake has it, so the relay is through with it: a live crossing after it shows that the bus is, too.
    assert_eq!(post_radar(&crossing(&driver, "order", 9)).status, 202);
    let events = published(&driver, 1);
    assert!(events.iter().all(|event| event["detail"]["live"] == true), "{events:?}");
}
