//! Whatever is wrong is named, kept whole, and never stored as an event.

use location_event::Reason;
use milkrun_tests::payload::{ago, crossing, position};
use milkrun_tests::{Answer, Aws, MILKRUN, Signature, post, post_positions, post_radar, unique};
use serde_json::{Value, json};

/// A body for each reason, all with the marker in them; `true` where it goes to Radar's webhook.
fn bodies(marker: &str) -> Vec<(Reason, bool, Vec<u8>)> {
    let bytes = |body: Value| body.to_string().into_bytes();
    let changed = |pointer: &str, value: Value| {
        let mut body = position(marker, 5);
        body[pointer] = value;
        bytes(body)
    };
    let mut no_type = crossing(marker, marker, 5);
    no_type["event"].as_object_mut().unwrap().remove("type");
    let mut no_driver = crossing(marker, marker, 5);
    no_driver["user"].as_object_mut().unwrap().remove("_id");
    let mut malformed = crossing(marker, marker, 5);
    malformed["event"]["location"] = json!({"latitude": 1, "longitude": 2});
    vec![
        (Reason::NotJson, true, format!("{{\"marker\": \"{marker}\"").into_bytes()),
        (Reason::NotAnEvent, true, bytes(json!({"hello": marker}))),
        (Reason::NestedTooDeeply, false, changed("deep", (0..40).fold(json!(1), |inner, _| json!([inner])))),
        (Reason::TooManyEvents, false, bytes(json!(vec![json!({"driver_id": marker}); 101]))),
        (Reason::TypeMissing, true, bytes(no_type)),
        (Reason::DriverMissing, true, bytes(no_driver)),
        (Reason::IdentifierMalformed, false, changed("order_id", json!(["x"]))),
        (Reason::RecordedAtMissing, false, changed("recorded_at", json!(null))),
        (Reason::RecordedAtMalformed, false, changed("recorded_at", json!("yesterday"))),
        (Reason::RecordedAtInFuture, false, changed("recorded_at", json!("2099-01-01T00:00:00Z"))),
        (Reason::CoordinatesMissing, false, bytes(json!({"driver_id": marker, "recorded_at": ago(5)}))),
        (Reason::CoordinatesMalformed, true, bytes(malformed)),
        (Reason::LatitudeOutOfRange, false, changed("latitude", json!(90.5))),
        (Reason::LongitudeOutOfRange, false, changed("longitude", json!(-180.5))),
    ]
}

fn send(to_radar: bool, body: &[u8]) -> Answer {
    if to_radar {
        post(&MILKRUN.webhook_url, &Signature::radar(&MILKRUN.radar_secret, &unique("sign")), body)
    } else {
        post(&MILKRUN.positions_url, &Signature::standard(&MILKRUN.standard_webhooks_secret, body, 0), body)
    }
}

#[test]
fn each_reason_is_answered_and_its_input_kept() {
    let marker = unique("bad");
    let bodies = bodies(&marker);
    assert_eq!(bodies.iter().map(|(reason, ..)| *reason).collect::<Vec<_>>(), Reason::ALL);
    for (reason, to_radar, body) in &bodies {
        let answer = send(*to_radar, body);
        let status = if *reason == Reason::NotJson { 400 } else { 422 };
        assert_eq!((answer.status, answer.media_type.as_str()), (status, "application/problem+json"), "{answer:?}");
        assert_eq!(answer.body["reason"], reason.code(), "{answer:?}");
        assert!(!answer.body["detail"].as_str().unwrap().is_empty() && !answer.body["request_id"].is_null());
    }

    let kept = Aws::root().quarantined(&marker);
    assert_eq!(kept.len(), bodies.len());
    for (reason, _, body) in &bodies {
        let (key, record) =
            kept.iter().find(|(key, _)| key.starts_with(&format!("quarantine/{reason}/dt=20"))).unwrap();
        assert_eq!(record["reason"], reason.code(), "{key}");
        assert_eq!(record["body"].as_str().unwrap().as_bytes(), body, "{key}");
        assert!(record["headers"].get("content-type").is_some(), "{key}");
        let headers = record["headers"].as_object().unwrap();
        assert!(headers.keys().all(|name| !name.to_lowercase().contains("signature")), "{key}: {headers:?}");
    }
    assert_eq!(Aws::root().logged(&marker), 0);
}

#[test]
fn the_good_events_of_a_mixed_request_are_stored() {
    let driver = unique("driver");
    let mut bad = position(&driver, 4);
    bad["latitude"] = json!(91);
    bad["event_id"] = json!("the bad one");
    let receipt = post_positions(&json!([position(&driver, 5), bad, position(&driver, 3)]));
    assert_eq!((receipt.status, &receipt.body["accepted"]), (202, &json!(2)), "{receipt:?}");
    let refused = &receipt.body["quarantined"][0];
    assert_eq!(
        (&refused["index"], &refused["event_id"], &refused["reason"]),
        (&json!(1), &json!("the bad one"), &json!("latitude_out_of_range"))
    );
    assert_eq!(Aws::root().logged(&driver), 2);
    assert_eq!(Aws::root().quarantined(&driver).len(), 1);
}

#[test]
fn a_retry_of_bad_input_is_kept_once() {
    let marker = unique("bad");
    let body = json!({ "hello": marker });
    for _ in 0..3 {
        assert_eq!(post_radar(&body).status, 422);
    }
    assert_eq!(Aws::root().quarantined(&marker).len(), 1);
}

#[test]
fn bytes_that_are_no_text_are_kept_as_they_are() {
    let body = [0xff, 0xfe, 0x00, fastrand::u8(..)];
    let answer = send(true, &body);
    assert_eq!((answer.status, &answer.body["reason"]), (400, &json!("not_json")), "{answer:?}");
}

#[test]
fn unknown_is_not_invalid() {
    let driver = unique("driver");
    let mut body = crossing(&driver, "order", 5);
    body["event"]["type"] = json!("user.did_something_new");
    body["event"]["brandNew"] = json!({"deep": [1, {"er": null}]});
    assert_eq!(post_radar(&body).body["accepted"], 1);
    let rows = milkrun_tests::eventually("the lake's row", || {
        let rows = Aws::root().lake(&format!("SELECT event_type, attributes FROM events WHERE driver_id = '{driver}'"));
        rows.into_iter().next()
    });
    let attributes: Value = serde_json::from_str(&rows[1]).unwrap();
    assert_eq!(
        (rows[0].as_str(), &attributes["brandNew"]),
        ("user.did_something_new", &json!({"deep": [1, {"er": null}]}))
    );
}

#[test]
fn a_body_over_64_kib_is_refused_and_one_of_64_kib_is_not() {
    let driver = unique("driver");
    let sized = |bytes: usize| {
        let mut body = position(&driver, 5);
        body["padding"] = json!("");
        let padding = bytes - body.to_string().len();
        body["padding"] = json!("x".repeat(padding));
        body
    };
    assert_eq!(post_positions(&sized(65_536)).status, 202);
    let refused = post_positions(&sized(65_537));
    assert_eq!((refused.status, refused.media_type.as_str()), (413, "application/problem+json"));
    assert_eq!(Aws::root().logged(&driver), 1);
}
