//! However the log's stream is delivered, the minutes are those of the log.

use milkrun_tests::analytics::{
    date, deliver, forget_minutes, pretend_positions, settled_minutes, stored_minutes, stored_positions, stream_records,
};
use milkrun_tests::unique;
use serde_json::{Value, json};

use crate::{position, post};

/// Ten minutes of a drive, in any order, with test traffic and states without a position in it. 30 positions count.
fn drive(driver: &str, date: &str) -> Vec<Value> {
    let mut events = Vec::new();
    for index in 0..30_u32 {
        let step = f64::from(index) / 1000.0;
        let time = format!("09:{:02}:{:02}.250", index / 3, index % 3 * 17);
        events.push(position(driver, date, &time, -23.5 - step, -46.6 + step * 0.7));
    }
    for index in 0..10 {
        let mut test = position(driver, date, &format!("09:{index:02}:03.000"), 50.0, 8.0);
        test["live"] = json!(false);
        let mut state = position(driver, date, &format!("09:{index:02}:04.000"), 0.0, 0.0);
        state["type"] = json!("trip_updated");
        for name in ["latitude", "longitude"] {
            state.as_object_mut().unwrap().remove(name);
        }
        events.extend([test, state]);
    }
    fastrand::shuffle(&mut events);
    events
}

/// All records at least once, some twice, in any order, in batches of any size.
fn messy(records: &[Value]) -> Vec<Vec<Value>> {
    let mut delivered = records.to_vec();
    delivered.extend(fastrand::choose_multiple(records, records.len() / 2).into_iter().cloned());
    fastrand::shuffle(&mut delivered);
    let mut batches = Vec::new();
    while !delivered.is_empty() {
        let rest = delivered.split_off(fastrand::usize(1..=delivered.len()));
        batches.push(std::mem::replace(&mut delivered, rest));
    }
    batches
}

#[test]
fn any_delivery_of_the_stream_leaves_the_same_minutes() {
    let (driver, date) = (unique("driver"), date(3));
    post(&drive(&driver, &date));
    let (json, csv) = settled_minutes(&driver, &date, 30);
    assert_eq!(json.body["minutes"].as_array().unwrap().len(), 10);
    let records = stream_records(&driver);
    assert_eq!(records.len(), 50);

    let check = |round: u32| {
        let (again, csv_again) = settled_minutes(&driver, &date, 30);
        assert_eq!((&again.text, &csv_again.text), (&json.text, &csv.text), "round {round}");
    };
    let deliver_messily = || {
        for batch in messy(&records) {
            assert_eq!(deliver(&batch), Ok(json!({"batchItemFailures": []})));
        }
    };
    for round in 0..3 {
        // Over what is there.
        deliver_messily();
        check(round);
        // And from nothing, so that it is these deliveries that are looked at.
        forget_minutes(&driver);
        assert_eq!(stored_minutes(&driver), 0);
        deliver_messily();
        check(round);
    }
}

#[test]
fn a_batch_before_the_last_event_is_overtaken_by_the_log() {
    // A record says which minute to compute, and nothing of what is in it: an old one brings the newest minute.
    let (driver, date) = (unique("driver"), date(3));
    post(&[position(&driver, &date, "10:00:00.000", 1.0, 1.0)]);
    let old = stream_records(&driver);
    post(&[position(&driver, &date, "10:00:10.000", 3.0, 1.0), position(&driver, &date, "10:00:20.000", 5.0, 1.0)]);
    let (json, _) = settled_minutes(&driver, &date, 3);
    forget_minutes(&driver);
    assert_eq!(deliver(&old), Ok(json!({"batchItemFailures": []})));
    assert_eq!(settled_minutes(&driver, &date, 3).0.text, json.text);
    assert_eq!(json.body["minutes"][0]["mean_latitude"], 3.0);
}

#[test]
fn a_minute_of_more_positions_stays() {
    // What was computed from fewer was read before: by a call that was overtaken.
    let (driver, date) = (unique("driver"), date(3));
    post(&[position(&driver, &date, "10:00:00.000", 1.0, 1.0)]);
    settled_minutes(&driver, &date, 1);
    for (known, then) in [(2, 2), (1, 1), (0, 1)] {
        pretend_positions(&driver, known);
        assert_eq!(deliver(&stream_records(&driver)), Ok(json!({"batchItemFailures": []})));
        assert_eq!(stored_positions(&driver), [then]);
    }
}
