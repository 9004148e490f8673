//! Odd but legal JSON through every door: stored, quarantined or refused with its place, and nothing beside it changes.
//! `make test-e2e` has Python, Node and jq parse every answer of these tests, as of all others.

use std::collections::BTreeSet;

use milkrun_tests::odd::{self, Odd};
use milkrun_tests::payload::ago;
use milkrun_tests::{Answer, Aws, MILKRUN, Signature, get, post, post_positions, post_radar, unique};
use serde_json::{Value, json};

fn post_position_text(body: &str) -> Answer {
    let signature = Signature::standard(&MILKRUN.standard_webhooks_secret, body.as_bytes(), 0);
    post(&MILKRUN.positions_url, &signature, body.as_bytes())
}

fn post_radar_text(body: &str) -> Answer {
    post(&MILKRUN.webhook_url, &Signature::radar(&MILKRUN.radar_secret, &unique("sign")), body.as_bytes())
}

fn last_of_driver(driver: &str) -> Value {
    get(&format!("/v1/drivers/{driver}/location"), &[("x-api-key", &MILKRUN.api_key)]).body
}

/// Where an odd value stands in an event of our own shape: beside everything, or for a field that has to be read.
const PLACES: [&str; 3] = ["note", "event_id", "speed_mps"];

fn own(driver: &str, seconds_ago: u64, odd: Option<(&str, &Odd)>) -> String {
    let more = odd.map_or_else(String::new, |(place, odd)| format!(r#","{place}":{}"#, odd.json));
    format!(r#"{{"driver_id":"{driver}","latitude":1,"longitude":2,"recorded_at":"{}"{more}}}"#, ago(seconds_ago))
}

fn radar(driver: &str, seconds_ago: u64, odd: Option<(&str, &Odd)>) -> String {
    let more = odd.map_or_else(String::new, |(place, odd)| {
        let place = if place == "event_id" { "_id" } else { place };
        format!(r#","{place}":{}"#, odd.json)
    });
    format!(
        r#"{{"type":"user.updated_trip","createdAt":"{}","user":{{"_id":"{driver}"}},
            "location":{{"type":"Point","coordinates":[2,1]}}{more}}}"#,
        ago(seconds_ago)
    )
}

/// Asserts what was answered to three events of which the second is odd: the others are stored in any case.
fn assert_neighbours_stored(answer: &Answer, driver: &str, what: &str) {
    assert_eq!(answer.status, 202, "{what}: {answer:?}");
    let quarantined = answer.body["quarantined"].as_array().unwrap();
    let accepted = answer.body["accepted"].as_u64().unwrap();
    assert_eq!(accepted + quarantined.len() as u64, 3, "{what}: {answer:?}");
    for refusal in quarantined {
        assert_eq!(refusal["index"], 1, "{what}: {answer:?}");
        assert!(refusal["detail"].as_str().unwrap().contains("accepted"), "{what}: {answer:?}");
    }
    assert_eq!(Aws::root().logged(driver) as u64, accepted, "{what}");
}

#[test]
fn fifty_odd_events_harm_none_beside_them() {
    for odd in odd::values() {
        for place in PLACES {
            let what = format!("{} as {place}", odd.name);
            let driver = unique("odd");
            let three = [own(&driver, 9, None), own(&driver, 8, Some((place, &odd))), own(&driver, 7, None)].join(",");
            let answer = post_position_text(&format!("[{three}]"));
            assert_neighbours_stored(&answer, &driver, &what);
            let is_refused = !answer.body["quarantined"].as_array().unwrap().is_empty();
            assert!(is_refused || !odd.is_too_deep, "{what}: {answer:?}");
            assert!(!is_refused || odd.is_too_deep || place == "event_id", "{what}: {answer:?}");
            assert_eq!(last_of_driver(&driver)["driver_id"], driver);

            let driver = unique("odd");
            let three =
                [radar(&driver, 9, None), radar(&driver, 8, Some((place, &odd))), radar(&driver, 7, None)].join(",");
            let answer = post_radar_text(&format!(r#"{{"events":[{three}]}}"#));
            assert_neighbours_stored(&answer, &driver, &what);
            assert_eq!(!answer.body["quarantined"].as_array().unwrap().is_empty(), is_refused, "{what}: {answer:?}");
        }
    }
}

#[test]
fn an_odd_event_alone_is_stored_or_quarantined() {
    for odd in odd::values() {
        let driver = unique("odd");
        let bodies = [
            format!(r#"{{"event":{},"note":{}}}"#, radar(&driver, 9, None), odd.json),
            format!(r#"{{"event":{}}}"#, radar(&driver, 8, Some(("note", &odd)))),
            format!(
                r#"{{"id":"flat","created_at":"{}","type":"user.updated_trip","_id":"{driver}","note":{}}}"#,
                ago(7),
                odd.json
            ),
        ];
        for body in bodies {
            let answer = post_radar_text(&body);
            let expected = if odd.is_too_deep { 422 } else { 202 };
            assert_eq!(answer.status, expected, "{}: {answer:?}", odd.name);
            if odd.is_too_deep {
                assert_eq!(answer.body["reason"], "nested_too_deeply", "{}: {answer:?}", odd.name);
            }
        }
        assert_eq!(Aws::root().logged(&driver), if odd.is_too_deep { 0 } else { 3 }, "{}", odd.name);
        if odd.is_too_deep {
            assert_eq!(Aws::root().quarantined(&driver).len(), 3, "{}", odd.name);
        }
    }
}

#[test]
fn what_was_mended_is_the_same_in_the_log_and_in_the_lake() {
    let driver = unique("odd");
    let body = format!(
        "\u{feff}{}",
        own(&driver, 5, Some((r#"a":1e400,"b":123456789012345678901234567890,"note"#, &odd::values()[0])))
    );
    assert_eq!(post_position_text(&body).body["accepted"], 1);
    let rows = milkrun_tests::eventually("the lake's row", || {
        let rows = Aws::root().lake(&format!("SELECT attributes FROM events WHERE driver_id = '{driver}'"));
        rows.into_iter().next()
    });
    let attributes: Value = serde_json::from_str(&rows[0]).unwrap();
    assert_eq!(attributes, json!({"a": "1e400", "b": "123456789012345678901234567890", "note": "van \u{fffd}"}));
}

#[test]
fn what_says_nothing_is_missing_and_hides_nothing() {
    for nothing in [json!(null), json!(""), json!(" "), json!({}), json!([])] {
        let driver = unique("nothing");
        let mut position = milkrun_tests::payload::position(&driver, 9);
        position["type"] = nothing.clone();
        assert_eq!(post_positions(&position).body["accepted"], 1, "type {nothing}");
        assert_eq!(last_of_driver(&driver)["kind"], "position", "type {nothing}");

        let (driver, order) = (unique("nothing"), unique("order"));
        let event = |id: &str, user: Value, trip: Value| {
            json!({"_id": id, "type": "user.updated_trip", "createdAt": ago(5), "user": user, "trip": trip,
                   "location": {"type": "Point", "coordinates": [2, 1]}})
        };
        let body = json!({
            "event": nothing,
            "events": [
                event("a", json!({"_id": driver, "trip": nothing}), json!(null)),
                event("b", json!({"_id": nothing}), nothing.clone()),
                event("c", json!({"trip": {"_id": "T"}}), json!(null)),
                event("d", nothing.clone(), json!({"_id": "T"})),
            ],
            "user": {"_id": driver, "trip": {"_id": "T", "externalId": order}},
        });
        assert_eq!(post_radar(&body).body["accepted"], 4, "{nothing}");
        let track = get(&format!("/v1/orders/{order}/track"), &[("x-api-key", &MILKRUN.api_key)]).body;
        let ids: BTreeSet<_> =
            track["positions"].as_array().unwrap().iter().map(|one| one["event_id"].as_str().unwrap()).collect();
        assert_eq!(ids, BTreeSet::from(["a", "b", "c", "d"]), "{nothing}");

        for location in [nothing.clone(), json!({"type": "Point", "coordinates": nothing}), json!({"type": "Line"})] {
            let body = json!({"event": {"_id": unique("e"), "type": "user.started_trip", "createdAt": ago(5), "location": location},
                              "events": nothing, "user": {"_id": driver}});
            assert_eq!(post_radar(&body).body["accepted"], 1, "location {location}");
        }
    }
}

#[test]
fn an_envelope_is_stored_once() {
    let driver = unique("envelope");
    let event = |index: usize| json!({"_id": index, "type": "user.updated_trip", "createdAt": ago(5)});
    let body = json!({
        "events": (0..100).map(event).collect::<Vec<_>>(), "user": {"_id": driver}, "unknown": "x".repeat(40_000),
    });
    assert_eq!(post_radar(&body).body["accepted"], 100);
    let rows = milkrun_tests::eventually("100 rows of the lake", || {
        let sizes =
            format!("SELECT count(*), sum(length(coalesce(attributes, ''))) FROM events WHERE driver_id = '{driver}'");
        Aws::root().lake(&sizes).into_iter().next().filter(|row| row[0] == "100")
    });
    let bytes: usize = rows[1].parse().unwrap();
    assert!((40_000..50_000).contains(&bytes), "{bytes} bytes of attributes");
}

#[test]
fn test_traffic_is_told_by_any_word_for_it() {
    for live in [json!(0), json!("no"), json!("False "), json!("f"), json!(false)] {
        let driver = unique("test");
        let mut position = milkrun_tests::payload::position(&driver, 9);
        position["live"] = live.clone();
        assert_eq!(post_positions(&position).body["accepted"], 1);
        assert_eq!(last_of_driver(&driver)["live"], false, "{live}");

        let driver = unique("test");
        let mut crossing = milkrun_tests::payload::crossing(&driver, &unique("order"), 5);
        crossing["event"].as_object_mut().unwrap().remove("live");
        crossing["user"]["live"] = live.clone();
        assert_eq!(post_radar(&crossing).body["accepted"], 1);
        assert_eq!(last_of_driver(&driver)["live"], false, "user.live {live}");
    }
}

#[test]
fn identifiers_are_trimmed_and_hold_no_control_characters() {
    let driver = unique("trimmed");
    let mut position = milkrun_tests::payload::position(&format!(" {driver}\n"), 9);
    assert_eq!(post_positions(&position).body["accepted"], 1);
    assert_eq!(last_of_driver(&driver)["driver_id"], driver);
    position["driver_id"] = json!(format!("{driver}\u{0}x"));
    let answer = post_positions(&position);
    assert_eq!((answer.status, &answer.body["reason"]), (422, &json!("identifier_malformed")), "{answer:?}");
}

#[test]
fn a_clock_that_lost_1024_weeks_is_put_right_and_another_is_not() {
    const WEEKS_S: u64 = 1024 * 7 * 86_400;
    let driver = unique("rollover");
    let mut position = milkrun_tests::payload::position(&driver, 9);
    let sent = ago(WEEKS_S + 60);
    position["recorded_at"] = json!(sent);
    assert_eq!(post_positions(&position).body["accepted"], 1);
    let last = last_of_driver(&driver);
    let age = last["age_seconds"].as_f64().unwrap();
    assert!((55.0..300.0).contains(&age), "{last}");
    assert_eq!(last["flags"], json!(["clock_corrected"]));

    position["recorded_at"] = json!(ago(WEEKS_S + 40 * 86_400));
    assert_eq!(post_positions(&position).body["accepted"], 1);
    assert_eq!(last_of_driver(&driver)["recorded_at"], last["recorded_at"], "the last location stays the newest");
    let rows = milkrun_tests::eventually("two rows of the lake", || {
        let query =
            format!("SELECT recorded_at, attributes FROM events WHERE driver_id = '{driver}' ORDER BY recorded_at");
        Some(Aws::root().lake(&query)).filter(|rows| rows.len() == 2)
    });
    let attributes: Value = serde_json::from_str(&rows[1][1]).unwrap();
    assert_eq!(attributes["recorded_at"], sent, "what came is kept: {rows:?}");
}
