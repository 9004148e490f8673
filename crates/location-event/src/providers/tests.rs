//! The dialects, the merge of user fields, every reason code, and the laws: nothing is lost, nothing
//! panics, a retry has the same id.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Kind, OrderId, TripId};

mod odd_input;

const RECEIVED_AT: &str = "2026-03-01T12:30:00.000Z";

fn received_at() -> Timestamp {
    RECEIVED_AT.parse().unwrap()
}

fn provider(route: &str) -> Provider {
    PROVIDERS.into_iter().find(|provider| provider.route == route).unwrap()
}

fn radar(body: &Value) -> Result<Vec<Outcome>, Fault> {
    provider("/v1/webhooks/radar").normalise(body.to_string().as_bytes(), received_at())
}

fn positions(body: &Value) -> Result<Vec<Outcome>, Fault> {
    provider("/v1/positions").normalise(body.to_string().as_bytes(), received_at())
}

fn one(outcomes: Result<Vec<Outcome>, Fault>) -> Outcome {
    let mut outcomes = outcomes?;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

fn single() -> Value {
    json!({
        "event": {
            "_id": "56db1f4613012711002229f4",
            "type": "user.entered_geofence",
            "live": true,
            "createdAt": "2026-03-01T12:00:00.250Z",
            "actualCreatedAt": "2026-03-01T12:00:02.000Z",
            "location": {"type": "Point", "coordinates": [-46.6333, -23.5505]},
            "locationAccuracy": 5,
            "confidence": 3,
            "geofence": {"_id": "g1", "tag": "customer", "externalId": "c-17", "description": "Padaria"},
            "trip": {"_id": "t1", "externalId": "order-9", "eta": {"duration": 4.5, "distance": 900}}
        },
        "user": {"_id": "u1", "userId": "courier-7", "deviceType": "Android", "stopped": false}
    })
}

fn flat() -> Value {
    json!({
        "id": "f-1", "created_at": "2026-03-01T12:00:00.000Z", "live": "TRUE", "type": "user.updated_trip",
        "_id": "u1", "MMUserId": "courier-7",
        "location": {"type": "Point", "coordinates": {"longitude": "-120.23", "latitude": "36.920"}},
        "trip": {"_id": "t1", "externalId": "order-9", "MMUserId": "somebody-else", "metadata": {"cool": "TRUE"}}
    })
}

fn position() -> Value {
    json!({"driver_id": "u1", "latitude": 1.5, "longitude": -2.5, "recorded_at": "2026-03-01T12:00:00.000Z"})
}

/// `value` with the field at the JSON pointer set, or taken away where it is `None`.
fn with(mut value: Value, pointer: &str, field: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match field {
        Some(field) => parent.insert(name.to_owned(), field),
        None => parent.remove(name),
    };
    value
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

/// What senders write where they have nothing to say.
fn nothings() -> [Value; 7] {
    [json!(null), json!(""), json!(" \t"), json!({}), json!([]), json!([null]), json!({"a": null, "b": ""})]
}

#[test]
fn single_event() {
    insta::assert_json_snapshot!(serde_json::to_value(one(radar(&single())).unwrap()).unwrap());
}

#[test]
fn exercise_form_with_the_user_inside_and_no_id() {
    let body = json!({"event": {
        "createdAt": "2026-03-01T12:00:00.000Z", "type": "user.updated_trip",
        "location": {"type": "Point", "coordinates": [-46.6, -23.5]},
        "user": {"_id": "u1", "updatedAt": "2026-03-01T12:00:00.000Z", "MMUserId": "courier-7",
                 "trip": {"_id": "t1", "externalId": "order-9"}}
    }});
    insta::assert_json_snapshot!(serde_json::to_value(one(radar(&body)).unwrap()).unwrap());
}

#[test]
fn multiple_events_share_the_envelopes_user() {
    let body = json!({
        "events": [
            {"_id": "a", "type": "user.exited_geofence", "createdAt": "2026-03-01T12:00:00.000Z",
             "user": {"stopped": true, "deviceType": "iOS"}},
            {"_id": "b", "type": "user.brand_new_thing", "createdAt": "2026-03-01T12:00:01.000Z"},
            "nonsense"
        ],
        "user": {"_id": "u1", "userId": "courier-7", "deviceType": "Android"}
    });
    let outcomes = radar(&body).unwrap();
    let [Ok(exited), Ok(unknown), Err(fault)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(exited.driver_id.as_str(), "u1");
    // What the envelope says otherwise of the same field is kept beside it.
    assert_eq!(
        exited.attributes.as_json(),
        r#"{"envelope":{"user":{"deviceType":"Android"}},"user":{"stopped":true,"deviceType":"iOS"}}"#
    );
    assert_eq!((unknown.kind, unknown.event_type.as_str()), (Kind::Other, "user.brand_new_thing"));
    assert_eq!(unknown.external_driver_id.as_deref(), Some("courier-7"));
    assert_eq!(fault.reason, Reason::NotAnEvent);
}

#[test]
fn flat_event_with_numbers_and_booleans_as_text() {
    insta::assert_json_snapshot!(serde_json::to_value(one(radar(&flat())).unwrap()).unwrap());
}

#[test]
fn own_shape_is_one_object_or_many() {
    let body = json!([position(), with(position(), "/type", Some(json!("geofence_entered")))]);
    let events: Vec<_> = positions(&body).unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [Kind::Position, Kind::GeofenceEntered]);
    assert_eq!(one(positions(&position())).unwrap(), events[0]);
}

#[test]
fn a_reading_that_makes_no_sense_stays_in_the_attributes() {
    let body = with(position(), "/speed_mps", Some(json!(-1)));
    let body = with(body, "/heading_deg", Some(json!("north")));
    let body = with(body, "/battery_pct", Some(json!("81")));
    let event = one(positions(&body)).unwrap();
    assert_eq!((event.speed_mps, event.heading_deg, event.battery_pct), (None, None, Some(81.0)));
    assert_eq!(event.attributes.as_json(), r#"{"speed_mps":-1,"heading_deg":"north"}"#);
}

#[test]
fn each_reason_is_reached() {
    let long = json!("x".repeat(257));
    let cases = [
        (one(radar(&with(single(), "/event/type", None))), Reason::TypeMissing),
        (one(radar(&with(single(), "/event/type", Some(json!(7))))), Reason::TypeMissing),
        (one(radar(&with(flat(), "/_id", None))), Reason::DriverMissing),
        (one(radar(&with(single(), "/user", None))), Reason::DriverMissing),
        (one(radar(&with(single(), "/user/_id", Some(json!(" "))))), Reason::DriverMissing),
        (one(radar(&with(single(), "/event/_id", Some(long.clone())))), Reason::IdentifierMalformed),
        (one(radar(&with(single(), "/event/trip/externalId", Some(json!(["a"]))))), Reason::IdentifierMalformed),
        (one(positions(&with(position(), "/driver_id", Some(json!({"id": 1}))))), Reason::IdentifierMalformed),
        (one(positions(&with(position(), "/driver_id", Some(json!("a\u{0}b"))))), Reason::IdentifierMalformed),
        (one(positions(&with(position(), "/x", Some(nested(40))))), Reason::NestedTooDeeply),
        (one(radar(&with(single(), "/event/createdAt", None))), Reason::RecordedAtMissing),
        (one(radar(&with(single(), "/event/createdAt", Some(json!("yesterday"))))), Reason::RecordedAtMalformed),
        (one(radar(&with(single(), "/event/createdAt", Some(json!(1_767_225_600))))), Reason::RecordedAtMalformed),
        (
            one(positions(&with(position(), "/recorded_at", Some(json!("2026-03-01T12:35:00.001Z"))))),
            Reason::RecordedAtInFuture,
        ),
        (one(positions(&with(position(), "/latitude", Some(json!(90.000_001))))), Reason::LatitudeOutOfRange),
        (one(positions(&with(position(), "/longitude", Some(json!("-180.5"))))), Reason::LongitudeOutOfRange),
        (one(positions(&with(position(), "/latitude", Some(json!("NaN"))))), Reason::CoordinatesMalformed),
        (one(positions(&with(position(), "/latitude", None))), Reason::CoordinatesMalformed),
        (one(positions(&json!({"driver_id": "u1", "recorded_at": RECEIVED_AT}))), Reason::CoordinatesMissing),
        (
            one(radar(&with(single(), "/event/location", Some(json!({"latitude": 1, "longitude": 2}))))),
            Reason::CoordinatesMalformed,
        ),
        (one(radar(&with(single(), "/event/location/type", Some(json!("Polygon"))))), Reason::CoordinatesMalformed),
        (one(radar(&with(single(), "/event/location/coordinates", Some(json!([1]))))), Reason::CoordinatesMalformed),
        (one(radar(&with(single(), "/event/location", Some(json!("here"))))), Reason::CoordinatesMalformed),
        (one(radar(&json!({"hello": "world"}))), Reason::NotAnEvent),
        (one(radar(&json!({"events": []}))), Reason::NotAnEvent),
        (one(radar(&json!({"event": 1, "events": [1]}))), Reason::NotAnEvent),
        (one(radar(&json!([1, 2]))), Reason::NotAnEvent),
        (one(positions(&json!([]))), Reason::NotAnEvent),
        (one(positions(&json!("x"))), Reason::NotAnEvent),
        (one(positions(&json!(vec![position(); MAX_EVENTS + 1]))), Reason::TooManyEvents),
        (one(provider("/v1/positions").normalise(b"{", received_at())), Reason::NotJson),
        (one(provider("/v1/positions").normalise(b"\xff", received_at())), Reason::NotJson),
    ];
    for (index, (outcome, reason)) in cases.iter().enumerate() {
        assert_eq!(outcome.as_ref().unwrap_err().reason, *reason, "case {index}: {outcome:?}");
    }
    for reason in Reason::ALL {
        assert!(cases.iter().any(|(_, reached)| *reached == reason), "{reason} is not reached");
    }
}

#[test]
fn five_minutes_ahead_is_still_accepted_and_the_ends_of_the_ranges_too() {
    let body = with(position(), "/recorded_at", Some(json!("2026-03-01T12:35:00.000Z")));
    let body = with(with(body, "/latitude", Some(json!(-90))), "/longitude", Some(json!(180)));
    assert_eq!(one(positions(&body)).unwrap().position(), Some((-90.0, 180.0)));
}

#[test]
fn a_fault_names_its_event() {
    let fault = one(radar(&with(single(), "/event/createdAt", None))).unwrap_err();
    assert_eq!(fault.event_id.as_deref(), Some("56db1f4613012711002229f4"));
}

#[test]
fn a_derived_id_depends_on_the_content_alone() {
    let id = |body: &Value, at: &str| {
        let outcomes = provider("/v1/positions").normalise(body.to_string().as_bytes(), at.parse().unwrap());
        one(outcomes).unwrap().event_id
    };
    assert_eq!(id(&position(), RECEIVED_AT), id(&position(), "2026-03-02T00:00:00Z"));
    let other = with(position(), "/note", Some(json!("another")));
    assert_ne!(id(&position(), RECEIVED_AT), id(&other, RECEIVED_AT));
}

/// The scalars of a document, in a form in which `"36.920"`, `36.92` and a time with an offset compare.
fn scalars(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|field| scalars(field, out)),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, out)),
        Value::String(text) => out.push(match (text.parse::<f64>(), text.parse::<Timestamp>()) {
            (Ok(number), _) if number.is_finite() => number.to_string(),
            (_, Ok(time)) => time.to_string(),
            _ => text.trim().to_lowercase(),
        }),
        Value::Number(number) => out.push(number.as_f64().unwrap().to_string()),
        // Nothing is said by it, so there is nothing to lose.
        Value::Null => {}
        scalar @ Value::Bool(_) => out.push(scalar.to_string()),
    }
}

/// Words that become a boolean where one is expected.
fn is_boolean_word(scalar: &str) -> bool {
    ["0", "1", "t", "f", "y", "n", "yes", "no", "on", "off"].contains(&scalar)
}

fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-200.0..200.0_f64).prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-03-01T09:00:00.123456-03:00")),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-z_]{1,8}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// Valid payloads of every dialect with arbitrary fields planted in them, known names among them.
fn embellished() -> impl Strategy<Value = (&'static str, Value)> {
    let multiple = json!({"events": [
        {"_id": "a", "type": "user.exited_geofence", "createdAt": "2026-03-01T12:00:00.000Z", "user": {"x": 1}}],
        "user": {"_id": "u1"}});
    let spots = prop_oneof![
        (
            Just(single()),
            prop::sample::select(vec!["", "/event", "/user", "/event/trip", "/event/geofence", "/event/location"])
        ),
        (Just(multiple), prop::sample::select(vec!["", "/events/0", "/events/0/user", "/user"])),
        (Just(flat()), prop::sample::select(vec!["", "/trip", "/location", "/location/coordinates"])),
        (Just(position()), Just("")),
    ];
    let names = prop_oneof![
        prop::sample::select(vec![
            "tag",
            "userId",
            "MMUserId",
            "live",
            "accuracy_m",
            "locationAccuracy",
            "metadata",
            "speed_mps",
            "envelope",
            "geofence_id",
            "altitude_m",
            "stopped",
            "duration",
            "externalId",
            "deviceType",
        ])
        .prop_map(str::to_owned),
        "[a-z]{3,8}",
    ];
    (spots, prop::collection::vec((names, any_json()), 1..6)).prop_map(|((mut body, spot), fields)| {
        let route = if body.get("driver_id").is_some() { "/v1/positions" } else { "/v1/webhooks/radar" };
        for (name, field) in fields {
            if matches!(name.as_str(), "event" | "events" | "user") {
                continue;
            }
            body = with(body, &format!("{spot}/{name}"), Some(field));
        }
        (route, body)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn normalising_loses_nothing((route, body) in embellished()) {
        let Ok(event) = one(provider(route).normalise(body.to_string().as_bytes(), received_at())) else {
            // What is refused is quarantined whole.
            return Ok(());
        };
        let (mut given, mut kept) = (Vec::new(), Vec::new());
        scalars(&body, &mut given);
        scalars(&serde_json::to_value(&event).unwrap(), &mut kept);
        for scalar in given {
            let is_spelled_otherwise = scalar.is_empty() || scalar == "point" || is_boolean_word(&scalar);
            prop_assert!(is_spelled_otherwise || kept.contains(&scalar), "{scalar:?} is lost: {event:?}");
        }
    }

    #[test]
    fn an_event_reads_back_from_its_json((route, body) in embellished()) {
        if let Ok(event) = one(provider(route).normalise(body.to_string().as_bytes(), received_at())) {
            let text = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(serde_json::from_str::<LocationEvent>(&text).unwrap(), event);
        }
    }
}

/// Cuts, repeats and overwrites bytes of a valid body: near-valid input reaches deeper than noise.
fn mangled() -> impl Strategy<Value = Vec<u8>> {
    let bodies = prop::sample::select(vec![single().to_string(), flat().to_string(), position().to_string()]);
    let edits = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6);
    (bodies, edits).prop_map(|(body, edits)| {
        let mut bytes = body.into_bytes();
        for (index, byte, edit) in edits {
            let at = index.index(bytes.len().max(1));
            match edit {
                0 if !bytes.is_empty() => bytes[at] = byte,
                1 => bytes.truncate(at.max(1)),
                2 => bytes.insert(at.min(bytes.len()), b"{}[],:\"0-e\\"[usize::from(byte) % 11]),
                _ if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {}
            }
        }
        bytes
    })
}

fn no_panic(cases: u32) {
    let inputs = prop_oneof![
        3 => mangled(),
        2 => embellished().prop_map(|(_, body)| body.to_string().into_bytes()),
        1 => any_json().prop_map(|body| body.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ];
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&inputs, |body| {
            for provider in PROVIDERS {
                for event in provider.normalise(&body, received_at()).into_iter().flatten().flatten() {
                    prop_assert!(event.position().is_none_or(|(lat, lon)| lat.abs() <= 90.0 && lon.abs() <= 180.0));
                    prop_assert!(!event.driver_id.as_str().is_empty() && !event.event_id.as_str().is_empty());
                    prop_assert_eq!(event.recorded_at.to_string().len(), 24);
                }
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn no_input_panics() {
    no_panic(20_000);
}

#[test]
#[ignore = "a million inputs take a minute or two: make fuzz"]
fn no_input_of_a_million_panics() {
    no_panic(1_000_000);
}
