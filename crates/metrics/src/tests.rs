//! What is written is valid, and says what was counted.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::line::line;
use crate::{Metrics, Recording};

/// Refuses what the specification refuses: the schema, and that every name of a directive is a member of the line.
fn assert_valid(line: &Value) {
    let schema: Value = serde_json::from_str(include_str!("embedded-metric-format.schema.json")).unwrap();
    let faults: Vec<_> = jsonschema::validator_for(&schema).unwrap().iter_errors(line).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?} in {line}");
    for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
        for metric in directive["Metrics"].as_array().unwrap() {
            let value = &line[metric["Name"].as_str().unwrap()];
            assert!(value.is_number() || value.is_array(), "{metric} has no value in {line}");
        }
        for dimension in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap()) {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has no value in {line}");
        }
    }
}

fn written(write: impl FnOnce(&Metrics)) -> Recording {
    let recording = Recording::default();
    write(&recording.metrics());
    recording.lines().iter().for_each(assert_valid);
    recording
}

#[test]
fn a_line_is_in_the_embedded_metric_format() {
    let time = UNIX_EPOCH + Duration::from_millis(1_795_176_000_123);
    let line = line(time, &[&[]], "AcceptedEvents", "Count", 7.into());
    let expected = r#"{"_aws":{"Timestamp":1795176000123,"CloudWatchMetrics":[{"Namespace":"milkrun","Dimensions":[[]],"Metrics":[{"Name":"AcceptedEvents","Unit":"Count"}]}]},"AcceptedEvents":7}"#;
    assert_eq!(line.to_string(), expected);
}

#[test]
fn what_did_not_happen_is_not_written() {
    let recording = written(|metrics| {
        metrics.accepted_events(0);
        metrics.duplicate_events(0);
        metrics.quarantined_request(&BTreeSet::new());
        metrics.stored_to_bus(&[]);
    });
    assert_eq!(recording.lines(), Vec::<Value>::new());
}

#[test]
fn a_request_with_two_reasons_counts_once_and_each_of_its_reasons_once() {
    let recording = written(|metrics| metrics.quarantined_request(&["driver_missing", "type_missing"].into()));
    let of = |line: &Value| {
        (
            line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].clone(),
            line["Reason"].clone(),
            line["QuarantinedRequests"].clone(),
        )
    };
    let expected = [
        (json!([[], ["Reason"]]), json!("driver_missing"), json!(1)),
        (json!([["Reason"]]), json!("type_missing"), json!(1)),
    ];
    assert_eq!(recording.lines().iter().map(of).collect::<Vec<_>>(), expected);
    assert_eq!(recording.values("QuarantinedRequests"), [1.0]);
}

#[test]
fn a_failed_invocation_says_of_which_version() {
    let recording = written(|metrics| metrics.failed_invocation("ingest", "7"));
    let [line] = &recording.lines()[..] else { panic!("one line") };
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Function", "Version"]]));
    assert_eq!(
        [&line["Function"], &line["Version"], &line["FailedInvocations"]],
        [&json!("ingest"), &json!("7"), &json!(1)]
    );
}

proptest! {
    /// However many there are, no line has more values than the format allows, and none is lost.
    #[test]
    fn every_value_is_written_once(millis in prop::collection::vec(0..100_000_u32, 0..450), count in 1..usize::MAX) {
        let durations: Vec<_> = millis.iter().map(|millis| Duration::from_millis((*millis).into())).collect();
        let recording = written(|metrics| {
            metrics.stored_to_bus(&durations);
            metrics.duplicate_events(count);
        });
        prop_assert_eq!(recording.lines().len(), millis.len().div_ceil(100) + 1);
        let seconds: Vec<_> = millis.iter().map(|millis| f64::from(*millis) / 1000.0).collect();
        prop_assert_eq!(recording.values("StoredToBusSeconds"), seconds);
        prop_assert_eq!(recording.lines().last().unwrap()["DuplicateEvents"].as_u64(), Some(count as u64));
    }
}
