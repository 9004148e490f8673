//! End-to-end tests of minutes and days: real CDK app, real binaries, real HTTP, against the emulator with IAM
//! enforced. They run one after the other: `aggregator-daily` computes the days of all of them, some kill its
//! processes, and one needs to know that nobody else changes a day.
//!
//! Days are computed for as long as the lake keeps events, here seven days. Of these, four to six days ago belong to one
//! test each; the others are for all.
#![expect(clippy::panic, clippy::unwrap_used, reason = "this is test code")]

mod answers;
mod crash;
mod doubtful;
mod late_event;
mod numbers;
mod redelivery;

use milkrun_tests::{Answer, post_positions};
use serde_json::{Value, json};

/// A position of a driver, its id made of its time, `09:30:00.000`.
fn position(driver_id: &str, date: &str, time: &str, latitude: f64, longitude: f64) -> Value {
    json!({
        "event_id": format!("{date} {time}"), "driver_id": driver_id, "recorded_at": format!("{date}T{time}Z"),
        "latitude": latitude, "longitude": longitude,
    })
}

/// The same event, with other fields.
fn with(mut event: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { panic!("{fields} is no object") };
    event.as_object_mut().unwrap().extend(fields);
    event
}

/// What a day says of a driver.
fn of_driver(day: &Value, driver: &str) -> Value {
    let drivers = day["drivers"].as_array().unwrap();
    drivers.iter().find(|one| one["driver_id"] == driver).cloned().unwrap_or_default()
}

/// Posts events, all new, as many a request as are taken.
fn post(events: &[Value]) {
    for request in events.chunks(100) {
        let receipt = post_positions(&json!(request));
        assert_eq!(receipt.body["accepted"], request.len(), "{receipt:?}");
    }
}

/// An answer's text without when it was computed.
fn numbers(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut body = answer.body.clone();
    assert!(body.as_object_mut().unwrap().remove("computed_at").is_some(), "{answer:?}");
    body.to_string()
}
