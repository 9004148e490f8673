//! How an event looks downstream.

use serde_json::{Value, json};

use crate::operations_log::{ASSIGNMENTS_COLUMNS, UPDATES_COLUMNS, write_assignment, write_update};
use crate::{DeliveryEvent, DeliveryStatus, EventType, PackageId, PackageMetadata, Proof, bus};

fn assigned() -> DeliveryEvent {
    let date = "2026-03-01".parse().unwrap();
    let (driver_id, package_id) = ("d1".to_owned().into(), PackageId::from("p/1".to_owned()));
    DeliveryEvent {
        event_id: DeliveryEvent::id(date, &driver_id, &package_id, 1),
        event_type: EventType::Assigned,
        driver_id,
        package_id,
        date,
        status: DeliveryStatus::Assigned,
        previous_status: None,
        at: "2026-03-01T05:00:00.007Z".parse().unwrap(),
        by: "key1".to_owned(),
        occurred_at: None,
        reason: None,
        proof: None,
        run_id: "r1".to_owned(),
    }
}

fn delivered() -> DeliveryEvent {
    DeliveryEvent {
        event_id: "2026-03-01/d1/p/1/3".to_owned().into(),
        event_type: EventType::StatusChanged,
        status: DeliveryStatus::Delivered,
        previous_status: Some(DeliveryStatus::InProgress),
        occurred_at: Some("2026-03-01T12:00:00Z".parse().unwrap()),
        reason: Some("at the \"back\" door".to_owned()),
        proof: Some(Proof::from_json(r#"{"photo": "p.jpg"}"#.to_owned()).unwrap()),
        ..assigned()
    }
}

fn package() -> PackageMetadata {
    PackageMetadata {
        weight_kg: 2.5,
        is_perishable: false,
        region: "north".to_owned(),
        distance_km: 12.0,
        is_express: true,
        is_fragile: false,
        hazmat_class: None,
        temperature_c: -1.5,
        delivery_hour: 9,
        volume_m3: 0.3,
        address: None,
        attributes: None,
    }
}

#[test]
fn a_detail_has_the_fields_that_are_there() {
    let detail = serde_json::to_string(&bus::Detail::from(&assigned())).unwrap();
    assert_eq!(
        detail,
        r#"{"schema_version":1,"event_id":"2026-03-01/d1/p/1/1","event_type":"delivery.assigned","driver_id":"d1","package_id":"p/1","date":"2026-03-01","status":"assigned","at":"2026-03-01T05:00:00.007Z","by":"key1","run_id":"r1"}"#
    );
    let detail = serde_json::to_string(&bus::Detail::from(&delivered())).unwrap();
    assert_eq!(
        detail,
        r#"{"schema_version":1,"event_id":"2026-03-01/d1/p/1/3","event_type":"delivery.status_changed","driver_id":"d1","package_id":"p/1","date":"2026-03-01","status":"delivered","previous_status":"in_progress","at":"2026-03-01T05:00:00.007Z","by":"key1","occurred_at":"2026-03-01T12:00:00.000Z","reason":"at the \"back\" door","proof":{"photo": "p.jpg"},"run_id":"r1"}"#
    );
}

#[test]
fn an_event_types_name_is_what_serde_writes() {
    for event_type in [EventType::Assigned, EventType::StatusChanged, EventType::Amended] {
        assert_eq!(serde_json::to_value(event_type).unwrap(), event_type.name());
    }
}

fn columns(row: &str) -> Vec<String> {
    serde_json::from_str::<Value>(row).unwrap().as_object().unwrap().keys().cloned().collect()
}

#[test]
fn an_assignments_row_has_its_columns_in_order() {
    let mut out = b"x\n".to_vec();
    write_assignment(&assigned(), &package(), &mut out).unwrap();
    let row = String::from_utf8(out).unwrap();
    let row = row.strip_prefix("x\n").unwrap().strip_suffix('\n').unwrap();
    assert_eq!(columns(row), ASSIGNMENTS_COLUMNS);
    assert_eq!(
        serde_json::from_str::<Value>(row).unwrap(),
        json!({
            "schema_version": 1, "event_id": "2026-03-01/d1/p/1/1", "date": "2026-03-01", "driver_id": "d1",
            "package_id": "p/1", "status": "assigned", "previous_status": null, "run_id": "r1", "by": "key1",
            "reason": null, "proof": null, "at": "2026-03-01 05:00:00.007", "occurred_at": null,
            "weight_kg": 2.5, "volume_m3": 0.3, "distance_km": 12.0, "region": "north",
        })
    );
}

#[test]
fn an_updates_row_has_its_columns_in_order() {
    let mut out = Vec::new();
    write_update(&delivered(), &mut out).unwrap();
    let row = String::from_utf8(out).unwrap();
    let row = row.strip_suffix('\n').unwrap();
    assert!(!row.contains('\n'));
    assert_eq!(columns(row), UPDATES_COLUMNS);
    let row: Value = serde_json::from_str(row).unwrap();
    assert_eq!(row["proof"], r#"{"photo": "p.jpg"}"#);
    assert_eq!(row["occurred_at"], "2026-03-01 12:00:00.000");
    assert_eq!(row["previous_status"], "in_progress");
}

#[test]
fn a_package_says_only_what_is_known_of_it() {
    let mut package = package();
    let plain = serde_json::to_value(&package).unwrap();
    assert_eq!(plain["delivery_hour"], 9);
    for name in ["hazmat_class", "address", "attributes"] {
        assert!(plain.get(name).is_none(), "{name}");
    }
    package.hazmat_class = Some(3);
    package.attributes = Some(location_event::Attributes::from_json(r#"{"floor":2}"#.to_owned()).unwrap());
    let full = serde_json::to_value(&package).unwrap();
    assert_eq!((&full["hazmat_class"], &full["attributes"]), (&json!(3), &json!({"floor": 2})));
}

#[test]
fn the_published_schema_is_that_of_the_type() {
    let published = include_str!("../../../docs/api/delivery-event.schema.json");
    assert!(published == bus::detail_schema().unwrap(), "the schema is stale: run `make generate`");
}
