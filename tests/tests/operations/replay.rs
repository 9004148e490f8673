//! Events of the log are delivered again, and nobody counts them twice.

use aws_sdk_dynamodb::types::AttributeValue;
use milkrun_tests::analytics::{forget_minutes, settled_minutes, stored_minutes};
use milkrun_tests::payload::{ago, crossing, position};
use milkrun_tests::tool::{Ran, milkrun};
use milkrun_tests::{Aws, MILKRUN, eventually, post_positions, post_radar, unique};
use serde_json::json;

/// Rows of a driver, as delivered and each once.
fn rows(driver: &str) -> [String; 2] {
    let (aws, of_driver) = (Aws::root(), format!("WHERE driver_id = '{driver}'"));
    let delivered = aws.athena(&format!("SELECT count(*) FROM location_events {of_driver}"));
    let each_once = aws.lake(&format!("SELECT count(*) FROM events {of_driver}"));
    [delivered[0][0].clone(), each_once[0][0].clone()]
}

/// A driver with two positions and a crossing, all of them in the lake.
fn driver() -> String {
    let driver = unique("driver");
    assert_eq!(post_positions(&json!([position(&driver, 65), position(&driver, 5)])).body["accepted"], 2);
    assert_eq!(post_radar(&crossing(&driver, &unique("order"), 3)).body["accepted"], 1);
    eventually("the events in the lake", || (rows(&driver) == ["3", "3"]).then_some(()));
    driver
}

fn replay(from: &str, more: &[&str]) -> Ran {
    // Nothing is received after the hour's end.
    let arguments = ["replay", "--from", from, "--to", "2100-01-01T00:00:00Z", "--json"];
    milkrun(&[&arguments[..], more].concat())
}

#[test]
fn a_drivers_events_get_into_the_lake_again_and_count_once() {
    let (start, driver) = (ago(1), driver());
    let of_driver = ["--driver", driver.as_str()];
    let tried = replay(&start, &[&of_driver[..], &["--dry-run"]].concat()).done().json();
    assert_eq!((&tried["events"], &tried["batches"], &tried["clock"]), (&json!(3), &json!(1), &json!("received_at")));
    assert_eq!(rows(&driver), ["3", "3"]);

    let replayed = replay(&start, &of_driver).done().json();
    assert_eq!((&replayed["events"], &replayed["failed"]), (&json!(3), &json!(0)), "{replayed}");
    eventually("the events in the lake again", || (rows(&driver) == ["6", "3"]).then_some(()));
    assert_eq!(replay("2099-01-01T00:00:00Z", &of_driver).done().json()["events"], 0);
}

#[test]
fn minutes_are_computed_again_from_the_whole_log() {
    let (start, driver) = (ago(1), unique("driver"));
    assert_eq!(post_positions(&position(&driver, 5)).body["accepted"], 1);
    settled_minutes(&driver, &ago(5)[..10], 1);
    forget_minutes(&driver);
    let replayed = replay(&start, &["--into", "minutes", "--at-once", "3"]).done().json();
    assert!(replayed["read"].as_u64() >= replayed["events"].as_u64(), "{replayed}");
    assert_eq!((stored_minutes(&driver), &replayed["into"]), (1, &json!("minutes")), "{replayed}");
}

#[test]
fn an_event_that_cannot_be_delivered_is_counted_and_stops_no_other() {
    let (start, driver) = (ago(1), driver());
    let aws = Aws::root();
    let dynamodb = aws_sdk_dynamodb::Client::new(aws.config());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    // Before all others of the driver, and not an event.
    let key = [("driver_id".to_owned(), text(&driver)), ("sort_key".to_owned(), text("0"))];
    let put = dynamodb.put_item().table_name(&MILKRUN.events_table).set_item(Some(key.clone().into()));
    aws.wait(put.item("received_at", text(&ago(0))).send()).unwrap();
    let replayed = replay(&start, &["--driver", &driver]);
    let delete = dynamodb.delete_item().table_name(&MILKRUN.events_table).set_key(Some(key.into()));
    aws.wait(delete.send()).unwrap();
    let result = replayed.json();
    assert_eq!((replayed.code, &result["failed"], &result["events"]), (3, &json!(1), &json!(4)), "{replayed:?}");
    eventually("the other events in the lake again", || (rows(&driver) == ["6", "3"]).then_some(()));
}

#[test]
fn periods_that_make_no_sense_are_refused() {
    assert_eq!(milkrun(&["replay", "--from", "yesterday", "--to", "2026-11-20T00:00:00Z"]).code, 2);
    let refused = milkrun(&["replay", "--from", "2026-11-20T00:00:00Z", "--to", "2026-11-20T00:00:00Z"]);
    assert!(refused.code == 1 && refused.err.contains("--from must be before --to"), "{refused:?}");
}
