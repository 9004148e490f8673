//! The same events, in any order and any number of times, leave the same behind.

use std::collections::BTreeSet;

use milkrun_tests::payload::{ago, crossing};
use milkrun_tests::{Aws, MILKRUN, eventually, get, post_positions, post_radar, published, unique};
use serde_json::{Value, json};

/// A drive: positions of our own shape without ids, and crossings through Radar's webhook with ids.
fn drive(driver: &str, order: &str, times: &[String]) -> Vec<Value> {
    let mut events: Vec<Value> = times
        .iter()
        .enumerate()
        .map(|(index, time)| {
            let index = f64::from(u32::try_from(index).unwrap());
            json!({"driver_id": driver, "order_id": order, "recorded_at": time,
                   "latitude": -23.5 - index / 1000.0, "longitude": -46.6 + index / 1000.0})
        })
        .collect();
    for seconds in [25, 15, 5] {
        let mut body = crossing(driver, order, 0);
        body["event"]["_id"] = json!(format!("crossing-{seconds}"));
        body["event"]["createdAt"] = json!(times[seconds]);
        events.push(body);
    }
    events
}

fn deliver(events: &[Value]) -> (u64, u64) {
    let (mut accepted, mut duplicates) = (0, 0);
    for event in events {
        let receipt = if event.get("event").is_some() { post_radar(event) } else { post_positions(event) };
        assert_eq!(receipt.status, 202, "{receipt:?}");
        accepted += receipt.body["accepted"].as_u64().unwrap();
        duplicates += receipt.body["duplicates"].as_u64().unwrap();
    }
    (accepted, duplicates)
}

/// Everything that can be read about the drive, less the driver's own name and our clock.
fn seen(driver: &str, order: &str, events: usize, crossings: usize) -> Value {
    let key = [("x-api-key", MILKRUN.api_key.as_str())];
    let read = |path: &str| {
        let mut answer = get(path, &key).body;
        strip(&mut answer);
        answer
    };
    let lake = eventually("the lake's rows", || {
        let rows = Aws::root().lake(&format!(
            "SELECT kind, recorded_at, latitude, longitude FROM events WHERE driver_id = '{driver}' \
             ORDER BY recorded_at, kind"
        ));
        (rows.len() >= events).then_some(rows)
    });
    let on_the_bus = published(driver, crossings);
    let bus_ids: BTreeSet<_> = on_the_bus.iter().map(|event| event["detail"]["event_id"].to_string()).collect();
    json!({
        "last of driver": read(&format!("/v1/drivers/{driver}/location")),
        "last of order": read(&format!("/v1/orders/{order}/location")),
        "track": read(&format!("/v1/drivers/{driver}/track?limit=1000")),
        "track of order": read(&format!("/v1/orders/{order}/track?limit=1000")),
        "lake": lake,
        "bus": bus_ids,
    })
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["driver_id", "order_id", "trip_id", "received_at", "age_seconds"] {
                fields.remove(field);
            }
            // Derived from the content, and so from the driver's name.
            if fields.get("event_id").is_some_and(|id| id.as_str().is_some_and(|id| id.starts_with("derived-"))) {
                fields.remove("event_id");
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn order_and_repetition_change_nothing() {
    let times: Vec<_> = (0..30).map(|index| ago(900 - index * 20)).collect();
    let (tidy, tidy_order) = (unique("driver"), unique("order"));
    let events = drive(&tidy, &tidy_order, &times);
    assert_eq!(deliver(&events), (33, 0));

    let (messy, messy_order) = (unique("driver"), unique("order"));
    let mut deliveries = drive(&messy, &messy_order, &times);
    deliveries.extend(deliveries.clone().into_iter().step_by(2));
    deliveries.extend(deliveries.clone().into_iter().skip(20).step_by(3));
    fastrand::shuffle(&mut deliveries);
    let repeats = deliveries.len() as u64 - 33;
    assert_eq!(deliver(&deliveries), (33, repeats));

    assert_eq!(seen(&tidy, &tidy_order, 33, 3), seen(&messy, &messy_order, 33, 3));
}

#[test]
fn one_request_may_hold_the_same_event_twice() {
    let driver = unique("driver");
    let event = json!({"driver_id": driver, "event_id": "e1", "latitude": 1, "longitude": 2, "recorded_at": ago(5)});
    let receipt = post_positions(&json!([event, event, event]));
    assert_eq!((&receipt.body["accepted"], &receipt.body["duplicates"]), (&json!(1), &json!(2)), "{receipt:?}");
    assert_eq!(Aws::root().logged(&driver), 1);
}
