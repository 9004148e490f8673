//! What says nothing, odd tokens, envelopes, and clocks that are behind.

use super::*;

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
