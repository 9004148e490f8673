//! What functions log: metrics that CloudWatch can read, ids to find a request by, and nothing that is private.

use milkrun_tests::payload::{crossing, position};
use milkrun_tests::{Line, eventually, get, logged_lines, post_positions, post_radar, published, unique};
use serde_json::{Value, json};

/// More than any other test has of them in a request, so that the line is recognised.
const DUPLICATES: usize = 73;

fn is_metric(line: &Line) -> bool {
    line.json.get("_aws").is_some()
}

/// The metrics of the one invocation of ingest that met so many duplicates, once there are at least so many lines.
fn metrics_of_ingest(count: usize) -> Option<Vec<Value>> {
    let lines: Vec<_> = logged_lines().into_iter().filter(is_metric).collect();
    let stream = &lines.iter().find(|line| line.json["DuplicateEvents"] == DUPLICATES)?.stream;
    let lines: Vec<_> = lines.iter().filter(|line| line.stream == *stream).map(|line| line.json.clone()).collect();
    (lines.len() >= count).then_some(lines)
}

#[test]
fn duplicates_and_bad_requests_are_counted() {
    let driver = unique("driver");
    let mut events: Vec<_> = (0..DUPLICATES).map(|seconds| position(&driver, seconds as u64)).collect();
    let first = post_positions(&json!(events));
    assert_eq!((first.status, &first.body["accepted"]), (202, &json!(DUPLICATES)), "{first:?}");
    for (field, value) in [("latitude", 90.5), ("longitude", 180.5), ("longitude", -180.5)] {
        let mut bad = position(&driver, 1);
        bad[field] = json!(value);
        events.push(bad);
    }
    assert_eq!(post_positions(&json!(events)).body["duplicates"], DUPLICATES);

    let counted = |line: &Value| {
        let of = &line["_aws"]["CloudWatchMetrics"][0];
        (of["Dimensions"].clone(), of["Metrics"][0]["Name"].clone(), line["Reason"].clone())
    };
    let expected = [
        (json!([[]]), json!("DuplicateEvents"), Value::Null),
        (json!([[], ["Reason"]]), json!("QuarantinedRequests"), json!("latitude_out_of_range")),
        (json!([["Reason"]]), json!("QuarantinedRequests"), json!("longitude_out_of_range")),
    ];
    let lines = eventually("the metrics of ingest", || metrics_of_ingest(expected.len()));
    assert_eq!(lines.iter().map(counted).collect::<Vec<_>>(), expected);
}

#[test]
fn new_events_and_their_way_to_the_bus_are_counted() {
    let of_relay = || {
        let lines = logged_lines().into_iter().filter(is_metric).filter(|line| line.group.contains("Relay"));
        lines.fold((0, Vec::new()), |(accepted, mut seconds), line| {
            seconds.extend(line.json["StoredToBusSeconds"].as_array().into_iter().flatten().filter_map(Value::as_f64));
            (accepted + line.json["AcceptedEvents"].as_u64().unwrap_or(0), seconds)
        })
    };
    let (accepted_before, seconds_before) = of_relay();
    let driver = unique("driver");
    assert_eq!(post_positions(&json!([position(&driver, 5), position(&driver, 4)])).body["accepted"], 2);
    assert_eq!(post_radar(&crossing(&driver, "order", 3)).body["accepted"], 1);
    published(&driver, 1);
    // Other tests post meanwhile.
    let (_, seconds) = eventually("the metrics of relay", || {
        let (accepted, seconds) = of_relay();
        (accepted >= accepted_before + 3 && seconds.len() > seconds_before.len()).then_some((accepted, seconds))
    });
    assert!(seconds.iter().all(|seconds| (0.0..600.0).contains(seconds)), "{seconds:?}");
}

#[test]
fn lines_have_ids_and_no_positions() {
    let driver = unique("driver");
    let mut bad = position(&driver, 5);
    bad["event_id"] = json!(unique("event"));
    bad["latitude"] = json!(91);
    assert_eq!(post_positions(&bad).status, 422);
    let line = eventually("the line about the bad event", || {
        logged_lines().into_iter().find(|line| line.json["event_id"] == bad["event_id"])
    });
    assert_eq!((&line.json["level"], &line.json["reason"]), (&json!("WARN"), &json!("latitude_out_of_range")));
    assert_eq!(get("/v1/health", &[]).status, 200);

    let schema: Value =
        serde_json::from_str(include_str!("../../../crates/metrics/src/embedded-metric-format.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    // Of all tests so far.
    for line in logged_lines() {
        let text = line.json.to_string();
        assert!(["-23.5", "-46.6"].iter().all(|degrees| !text.contains(degrees)), "{line:?}");
        if is_metric(&line) {
            assert!(schema.is_valid(&line.json), "{line:?}");
        } else {
            assert!(!line.json["span"]["lambda_request_id"].as_str().unwrap_or_default().is_empty(), "{line:?}");
            let is_of_a_gateway = ["Ingest", "LastLocation", "Dispatch", "Analytics"];
            if is_of_a_gateway.iter().any(|function| line.group.contains(function)) {
                assert!(!line.json["span"]["request_id"].as_str().unwrap_or_default().is_empty(), "{line:?}");
            }
        }
    }
}
