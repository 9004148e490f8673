//! The dialects, the merge of user fields, every reason code, and the laws: nothing is lost, nothing
//! panics, a retry has the same id.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{Kind, OrderId, TripId};

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
fn a_location_that_holds_nothing_is_no_location() {
    let spelled = [
        json!({"type": "Point"}),
        json!({"type": "Point", "coordinates": null}),
        json!({"type": "Polygon", "coordinates": []}),
        json!({"type": null, "coordinates": {"latitude": "", "longitude": " "}}),
        json!({"type": "Point", "coordinates": [null, null]}),
    ];
    for nothing in nothings().into_iter().chain(spelled) {
        for body in
            [with(flat(), "/location", Some(nothing.clone())), with(single(), "/event/location", Some(nothing.clone()))]
        {
            assert_eq!(one(radar(&body)).unwrap().position(), None, "{nothing}");
        }
    }
    assert_eq!(one(radar(&with(flat(), "/location", None))).unwrap().position(), None);
    for nothing in nothings() {
        let body = with(with(position(), "/latitude", Some(nothing.clone())), "/longitude", Some(nothing.clone()));
        let body = with(body, "/type", Some(json!("trip_started")));
        assert_eq!(one(positions(&body)).unwrap().position(), None, "{nothing}");
    }
}

#[test]
fn a_location_that_is_given_in_part_is_a_fault() {
    for part in
        [json!([null, 1]), json!([1]), json!({"latitude": 1}), json!({"latitude": 1, "longitude": " "}), json!("x")]
    {
        let body = with(flat(), "/location", Some(json!({"type": "Point", "coordinates": part.clone()})));
        assert_eq!(one(radar(&body)).unwrap_err().reason, Reason::CoordinatesMalformed, "{part}");
    }
    let body = with(position(), "/longitude", Some(json!(null)));
    assert_eq!(one(positions(&body)).unwrap_err().reason, Reason::CoordinatesMalformed);
}

#[test]
fn an_event_whose_type_holds_nothing_is_a_position() {
    for nothing in nothings() {
        let event = one(positions(&with(position(), "/type", Some(nothing.clone())))).unwrap();
        assert_eq!((event.kind, event.event_type.as_str()), (Kind::Position, "position"), "{nothing}");
    }
    let event = one(positions(&with(position(), "/type", Some(json!(" geofence_entered "))))).unwrap();
    assert_eq!((event.kind, event.event_type.as_str()), (Kind::GeofenceEntered, "geofence_entered"));
}

/// An event inside an envelope, of whose driver and trip only the envelope's user knows all.
fn shared_trip(event_trip: &Value, user: &Value) -> Value {
    json!({
        "events": [{"_id": "e", "type": "user.updated_trip", "createdAt": "2026-03-01T12:00:00Z", "user": user, "trip": event_trip}],
        "user": {"_id": "d", "userId": "courier-7", "trip": {"_id": "T", "externalId": "ORD"}}
    })
}

#[test]
fn what_holds_nothing_hides_nothing_of_the_envelope() {
    for nothing in nothings() {
        let users = [nothing.clone(), json!({"_id": nothing, "trip": nothing}), json!({"_id": "d", "trip": nothing})];
        for user in users {
            let event = one(radar(&shared_trip(&nothing, &user))).unwrap();
            assert_eq!(event.driver_id.as_str(), "d", "{user}");
            assert_eq!(event.order_id.as_ref().map(OrderId::as_str), Some("ORD"), "{user}");
            assert_eq!(event.trip_id.as_ref().map(TripId::as_str), Some("T"), "{user}");
        }
    }
}

#[test]
fn a_trip_gets_the_order_that_only_the_envelope_knows_and_none_of_another_trip() {
    let ids = |body: &Value| {
        let event = one(radar(body)).unwrap();
        (event.trip_id.unwrap().to_string(), event.order_id.unwrap().to_string())
    };
    let both = |trip: &str, order: &str| (trip.to_owned(), order.to_owned());
    for (of_event, of_user) in [(json!(null), json!({"_id": "T"})), (json!({"_id": "T"}), json!(null))] {
        assert_eq!(ids(&shared_trip(&of_event, &json!({"trip": of_user}))), both("T", "ORD"));
    }
    assert_eq!(ids(&shared_trip(&json!(null), &json!({"trip": {"_id": "U"}}))), both("U", "U"));
    assert_eq!(ids(&shared_trip(&json!({"_id": "U"}), &json!(null))), both("U", "U"));
    // Nor does another driver get this one's trip.
    let event = one(radar(&shared_trip(&json!(null), &json!({"_id": "other"})))).unwrap();
    assert_eq!((event.driver_id.as_str(), event.order_id, event.external_driver_id), ("other", None, None));
}

#[test]
fn one_of_event_and_events_may_hold_nothing() {
    let event = single()["event"].clone();
    for nothing in nothings() {
        let user = json!({"_id": "u1"});
        for body in [
            json!({"events": nothing, "event": event, "user": user}),
            json!({"event": nothing, "events": [event], "user": user}),
        ] {
            assert_eq!(one(radar(&body)).unwrap().event_id.as_str(), "56db1f4613012711002229f4", "{body}");
        }
    }
}

/// Six positions, the fourth with one more field.
fn six_with(field: &str) -> Vec<Outcome> {
    let event = |index: usize| {
        let more = if index == 3 { format!(",{field}") } else { String::new() };
        format!(
            r#"{{"driver_id":"d","event_id":"{index}","recorded_at":"2026-03-01T12:00:00.000Z","latitude":1,"longitude":2{more}}}"#
        )
    };
    let body = format!("[{}]", (0..6).map(event).collect::<Vec<_>>().join(","));
    provider("/v1/positions").normalise(body.as_bytes(), received_at()).unwrap()
}

#[test]
fn an_odd_token_harms_no_event() {
    for (field, attributes) in [
        (r#""note":"van \ud83d""#, r#"{"note":"van �"}"#),
        (r#""x":1e400"#, r#"{"x":"1e400"}"#),
        (r#""odometer_mm":123456789012345678901234567890"#, r#"{"odometer_mm":"123456789012345678901234567890"}"#),
        (r#""speed_mps":1e400"#, r#"{"speed_mps":"1e400"}"#),
        (r#""\udfff":1"#, r#"{"�":1}"#),
    ] {
        let events: Vec<_> = six_with(field).into_iter().map(Result::unwrap).collect();
        assert_eq!(events.len(), 6);
        assert_eq!(events[3].attributes.as_json(), attributes, "{field}");
        assert!(events[2].attributes.is_empty());
    }
}

#[test]
fn an_event_that_cannot_be_carried_harms_none_beside_it() {
    let deep = format!(r#""x":{}{}"#, "[".repeat(130), "]".repeat(130));
    let cases = [
        (deep.as_str(), Reason::NestedTooDeeply),
        (r#""driver_id":"d\ud83d""#, Reason::IdentifierMalformed),
        (r#""latitude":1e400"#, Reason::CoordinatesMalformed),
        (r#""recorded_at":"2026-03-01T12:00:00Z\ud83d""#, Reason::RecordedAtMalformed),
    ];
    for (field, reason) in cases {
        let outcomes = six_with(field);
        assert_eq!(outcomes.len(), 6);
        for (index, outcome) in outcomes.into_iter().enumerate() {
            if index == 3 {
                assert_eq!(outcome.unwrap_err().reason, reason, "{field}");
            } else {
                outcome.unwrap();
            }
        }
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let body = format!("\u{feff}{}", position());
    let event = one(provider("/v1/positions").normalise(body.as_bytes(), received_at())).unwrap();
    assert_eq!(event, one(positions(&position())).unwrap());
}

#[test]
fn identifiers_are_trimmed_and_whole_numbers_are_texts() {
    for (given, read) in
        [(json!(" d1\n"), "d1"), (json!(8), "8"), (json!(8.0), "8"), (json!(u64::MAX), "18446744073709551615")]
    {
        let event = one(positions(&with(position(), "/driver_id", Some(given.clone())))).unwrap();
        assert_eq!(event.driver_id.as_str(), read, "{given}");
    }
    let event = one(positions(&with(position(), "/geofence_tag", Some(json!("a\u{7}"))))).unwrap();
    assert_eq!((event.geofence_tag, event.attributes.as_json()), (None, r#"{"geofence_tag":"a\u0007"}"#));
}

#[test]
fn live_is_told_by_any_word_for_it() {
    for value in
        [json!(false), json!(0), json!(0.0), json!("no"), json!("False "), json!("f"), json!("0"), json!("OFF")]
    {
        assert!(!one(positions(&with(position(), "/live", Some(value.clone())))).unwrap().live, "{value}");
        let user = with(with(single(), "/event/live", Some(json!(null))), "/user/live", Some(value.clone()));
        assert!(!one(radar(&user)).unwrap().live, "user.live {value}");
    }
    for value in [json!(true), json!(1), json!("Yes"), json!(" t"), json!(null), json!("")] {
        assert!(one(positions(&with(position(), "/live", Some(value.clone())))).unwrap().live, "{value}");
    }
    let unknown = one(positions(&with(position(), "/live", Some(json!("maybe"))))).unwrap();
    assert_eq!((unknown.live, unknown.attributes.as_json()), (true, r#"{"live":"maybe"}"#));
}

#[test]
fn a_clock_that_lost_1024_weeks_is_put_right() {
    const WEEKS_MS: i64 = 1024 * 7 * 86_400_000;
    let at = |lag_ms: i64| Timestamp::from_millis(received_at().as_millis() - lag_ms).unwrap();
    let read = |recorded_at: Timestamp| {
        one(positions(&with(position(), "/recorded_at", Some(json!(recorded_at.to_string()))))).unwrap()
    };
    let day = 86_400_000;
    for lag in [0, 5_000, 30 * day, -300_000] {
        let event = read(at(WEEKS_MS + lag));
        assert_eq!(event.recorded_at, at(lag), "{lag} ms");
        assert_eq!(event.attributes.as_json(), format!(r#"{{"recorded_at":"{}"}}"#, at(WEEKS_MS + lag)));
    }
    for lag in [30 * day + 1, -300_001, 100 * day] {
        let event = read(at(WEEKS_MS + lag));
        assert_eq!((event.recorded_at, event.attributes.is_empty()), (at(WEEKS_MS + lag), true), "{lag} ms");
    }
}

#[test]
fn what_stands_beside_the_events_is_kept_once() {
    let event =
        |index: usize| json!({"_id": index, "type": "user.updated_trip", "createdAt": "2026-03-01T12:00:00.000Z"});
    let mut events: Vec<_> = (0..MAX_EVENTS).map(event).collect();
    events[0] = json!("nonsense");
    let body = json!({
        "events": events, "unknown": "x".repeat(40_000),
        "user": {"_id": "u1", "userId": "courier-7", "metadata": {"note": "y".repeat(10_000)}, "trip": {"_id": "T", "externalId": "ORD", "eta": {"duration": 4}}}
    });
    let events: Vec<_> = radar(&body).unwrap().into_iter().filter_map(Result::ok).collect();
    assert_eq!(events.len(), MAX_EVENTS - 1);
    let stored: usize = events.iter().map(|event| serde_json::to_string(event).unwrap().len()).sum();
    assert!(stored < 2 * body.to_string().len(), "{stored} bytes");
    assert!(events.iter().all(|event| event.order_id.as_ref().unwrap().as_str() == "ORD"));
    assert!(events.iter().all(|event| event.external_driver_id.as_deref() == Some("courier-7")));
    let first: Value = serde_json::from_str(events[0].attributes.as_json()).unwrap();
    assert_eq!(first["envelope"]["unknown"], body["unknown"]);
    assert_eq!(first["user"]["metadata"], body["user"]["metadata"]);
    assert_eq!(first["user"]["trip"]["eta"]["duration"], 4);
    assert!(events[1..].iter().all(|event| event.attributes.is_empty()));
}

#[test]
fn a_derived_id_does_not_depend_on_the_events_beside_it() {
    let event =
        |second: usize| json!({"type": "user.updated_trip", "createdAt": format!("2026-03-01T12:00:0{second}Z")});
    let user = json!({"_id": "u1", "deviceType": "iOS", "trip": {"_id": "T"}});
    let ids = |events: &[Value]| -> Vec<_> {
        let outcomes = radar(&json!({"events": events, "user": user, "note": "n"})).unwrap();
        outcomes.into_iter().map(|event| event.unwrap().event_id).collect()
    };
    let together = ids(&[event(1), event(2)]);
    assert_eq!(together, [ids(&[event(1)]), ids(&[event(2)])].concat());
    assert_ne!(together[0], together[1]);
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
