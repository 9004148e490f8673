//! The table over the real SDK: what is asked of it, and what becomes of its answers.

mod fake;
mod reports;

use delivery::{DeliveryStatus, EventType, PackageMetadata, Proof};
use jiff::civil::{Date, date};
use location_event::{Attributes, Timestamp};
use serde_json::{Value, json};
use table_item::StreamImage;

use crate::{Assignment, Change, Delivered, NewAssignment, StatusChange, StoreError, Updated, Written};
use fake::{Fake, cancelled, failure};

const DAY: Date = date(2026, 3, 1);

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_772_340_000_000 + second * 1_000).unwrap()
}

fn row(date: Date) -> NewAssignment {
    NewAssignment {
        driver_id: "d1".to_owned().into(),
        package_id: "p1".to_owned().into(),
        date,
        run_id: "r1".to_owned(),
        // Each day in its own morning.
        at: at(i64::from((date - DAY).get_days()) * 86_400),
        by: "key1".to_owned(),
        expires_at: 1_780_000_000,
        package: PackageMetadata {
            weight_kg: 2.5,
            is_perishable: false,
            region: "north".to_owned(),
            distance_km: 12.0,
            is_express: true,
            is_fragile: false,
            hazmat_class: Some(3),
            temperature_c: -1.5,
            delivery_hour: 9,
            volume_m3: 0.3,
            address: Some("1 Mill Lane".to_owned()),
            attributes: Some(Attributes::from_json(r#"{"floor":2}"#.to_owned()).unwrap()),
        },
    }
}

fn to(status: DeliveryStatus, second: i64) -> StatusChange {
    let (by, request_id) = ("key2".to_owned(), format!("request at {second}"));
    let known_until = 1_790_000_000;
    StatusChange { status, at: at(second), by, request_id, reason: None, proof: None, occurred_at: None, known_until }
}

fn explained(status: DeliveryStatus, second: i64) -> StatusChange {
    StatusChange {
        reason: Some("nobody home".to_owned()),
        proof: Some(Proof::from_json(r#"{"photo":1}"#.to_owned()).unwrap()),
        occurred_at: Some(at(second - 60)),
        ..to(status, second)
    }
}

/// Runs to the end, with the time that passes between retries skipped.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

fn update(fake: &Fake, change: &StatusChange) -> Result<Updated, StoreError> {
    run(fake.table().update(&"d1".to_owned().into(), &"p1".to_owned().into(), change))
}

/// A table with one delivery that went through these statuses.
fn after(statuses: &[DeliveryStatus]) -> Fake {
    let fake = Fake::default();
    assert_eq!(run(fake.table().assign(&row(DAY))).unwrap(), Written::New);
    for (status, second) in statuses.iter().zip(1..) {
        assert!(matches!(update(&fake, &to(*status, second)), Ok(Updated::Changed(_))), "{status}");
    }
    fake.state().asked.clear();
    fake
}

/// The shortest way to a status.
fn way_to(status: DeliveryStatus) -> &'static [DeliveryStatus] {
    match status {
        DeliveryStatus::Assigned => &[],
        DeliveryStatus::Accepted => &[DeliveryStatus::Accepted],
        DeliveryStatus::InProgress => &[DeliveryStatus::InProgress],
        DeliveryStatus::Delivered => &[DeliveryStatus::InProgress, DeliveryStatus::Delivered],
        DeliveryStatus::FailedToDeliver => &[DeliveryStatus::FailedToDeliver],
    }
}

fn assignment(fake: &Fake) -> Assignment {
    run(fake.table().get(&"d1".to_owned().into(), &"p1".to_owned().into())).unwrap().unwrap()
}

fn change(fake: &Fake) -> Change {
    let image: StreamImage = serde_json::from_value(fake.item()).unwrap();
    Change::last_of(&image).unwrap()
}

#[test]
fn an_assignment_is_one_conditional_write() {
    let fake = Fake::default();
    assert_eq!(run(fake.table().assign(&row(DAY))).unwrap(), Written::New);
    let asked = fake.asked("UpdateItem").remove(0);
    assert_eq!(fake.state().asked.len(), 1);
    assert_eq!(asked["Key"], json!({"driver_id": {"S": "d1"}, "package_id": {"S": "p1"}}));
    assert_eq!(
        asked["ConditionExpression"],
        "attribute_not_exists(#driver_id) OR (#date <> :date AND #assigned_at < :assigned_at)"
    );
    assert_eq!(
        asked["UpdateExpression"],
        "SET #date = :date, #run_id = :run_id, #assigned_at = :assigned_at, #expires_at = :expires_at, \
         #status = :status, #updated_at = :updated_at, #updated_by = :updated_by, \
         #sequence = if_not_exists(#sequence, :zero) + :one, \
         #history = list_append(if_not_exists(#history, :none), :entry), \
         #weight_kg = :weight_kg, #is_perishable = :is_perishable, #region = :region, \
         #distance_km = :distance_km, #is_express = :is_express, #is_fragile = :is_fragile, \
         #hazmat_class = :hazmat_class, #temperature_c = :temperature_c, #delivery_hour = :delivery_hour, \
         #volume_m3 = :volume_m3, #address = :address, #attributes = :attributes \
         REMOVE #previous_status, #reason, #proof, #occurred_at"
    );
    let time = "2026-03-01T04:40:00.000Z";
    assert_eq!(
        fake.item(),
        json!({
            "driver_id": {"S": "d1"}, "package_id": {"S": "p1"}, "date": {"S": "2026-03-01"},
            "status": {"S": "assigned"}, "sequence": {"N": "1"}, "run_id": {"S": "r1"},
            "assigned_at": {"S": time}, "updated_at": {"S": time}, "updated_by": {"S": "key1"},
            "history": {"L": [{"M": {"date": {"S": "2026-03-01"}, "status": {"S": "assigned"}, "at": {"S": time},
                                     "by": {"S": "key1"}, "run_id": {"S": "r1"}}}]},
            "expires_at": {"N": "1780000000"},
            "weight_kg": {"N": "2.5"}, "is_perishable": {"BOOL": false}, "region": {"S": "north"},
            "distance_km": {"N": "12"}, "is_express": {"BOOL": true}, "is_fragile": {"BOOL": false},
            "hazmat_class": {"N": "3"}, "temperature_c": {"N": "-1.5"}, "delivery_hour": {"N": "9"},
            "volume_m3": {"N": "0.3"}, "address": {"S": "1 Mill Lane"}, "attributes": {"S": "{\"floor\":2}"},
        })
    );
}

#[test]
fn an_update_is_one_conditional_write() {
    let fake = after(&[DeliveryStatus::InProgress]);
    update(&fake, &explained(DeliveryStatus::FailedToDeliver, 90)).unwrap();
    let asked = fake.asked("UpdateItem").remove(0);
    assert_eq!(fake.state().asked.len(), 1);
    assert_eq!(asked["ConditionExpression"], "#status IN (:from_assigned, :from_accepted, :from_in_progress)");
    assert_eq!(
        asked["UpdateExpression"],
        "SET #previous_status = #status, #status = :status, #updated_at = :updated_at, #updated_by = :updated_by, \
         #sequence = if_not_exists(#sequence, :zero) + :one, \
         #history = list_append(if_not_exists(#history, :none), :entry), \
         #reason = :reason, #proof = :proof, #occurred_at = :occurred_at"
    );
    assert_eq!(asked["ReturnValues"], "ALL_NEW");
    assert_eq!(asked["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    let item = fake.item();
    assert_eq!(item["previous_status"], json!({"S": "in_progress"}));
    assert_eq!(item["proof"], json!({"S": "{\"photo\":1}"}));
    assert_eq!(
        item["history"]["L"][2],
        json!({"M": {"status": {"S": "failed_to_deliver"}, "at": {"S": "2026-03-01T04:41:30.000Z"}, "by": {"S": "key2"}, "request_id": {"S": "request at 90"},
                     "reason": {"S": "nobody home"}, "proof": {"S": "{\"photo\":1}"},
                     "occurred_at": {"S": "2026-03-01T04:40:30.000Z"}}})
    );
}

#[test]
fn conditions_are_the_legal_predecessors() {
    for (status, condition) in [
        (DeliveryStatus::Accepted, "#status IN (:from_assigned)"),
        (DeliveryStatus::InProgress, "#status IN (:from_assigned, :from_accepted)"),
    ] {
        let fake = after(&[]);
        update(&fake, &to(status, 1)).unwrap();
        let asked = fake.asked("UpdateItem").remove(0);
        assert_eq!(asked["ConditionExpression"], condition);
        for from in status.predecessors() {
            assert_eq!(asked["ExpressionAttributeValues"][format!(":from_{from}")], json!({"S": from.name()}));
        }
        assert!(asked["UpdateExpression"].as_str().unwrap().ends_with(" REMOVE #reason, #proof, #occurred_at"));
    }
}

#[test]
fn every_pair_of_statuses_has_its_outcome() {
    for from in DeliveryStatus::ALL {
        for status in DeliveryStatus::ALL {
            let fake = after(way_to(from));
            let before = fake.item();
            let outcome = update(&fake, &to(status, 100)).unwrap();
            let current = assignment(&fake);
            if status.predecessors().contains(&from) {
                assert_eq!(outcome, Updated::Changed(current.clone()), "{from} -> {status}");
                assert_eq!((current.status, current.previous_status), (status, Some(from)));
                assert_eq!(current.sequence, current.history.len() as u64);
                continue;
            }
            let expected =
                if from == status { Updated::Unchanged(current) } else { Updated::Conflict { current: from } };
            assert_eq!(outcome, expected, "{from} -> {status}");
            assert_eq!(fake.item(), before, "{from} -> {status} wrote");
        }
    }
}

#[test]
fn what_was_never_assigned_is_not_found() {
    for status in DeliveryStatus::ALL {
        assert_eq!(update(&Fake::default(), &to(status, 1)).unwrap(), Updated::NotFound, "{status}");
    }
}

#[test]
fn an_item_reads_back() {
    let fake = after(&[DeliveryStatus::Accepted]);
    update(&fake, &explained(DeliveryStatus::FailedToDeliver, 90)).unwrap();
    let (row, change) = (row(DAY), explained(DeliveryStatus::FailedToDeliver, 90));
    let read = assignment(&fake);
    assert_eq!((&read.driver_id, &read.package_id, read.date), (&row.driver_id, &row.package_id, DAY));
    assert_eq!((read.run_id, read.assigned_at, read.expires_at), (row.run_id, row.at, row.expires_at));
    assert_eq!(read.package, row.package);
    assert_eq!((read.status, read.previous_status), (change.status, Some(DeliveryStatus::Accepted)));
    assert_eq!((read.updated_at, read.updated_by), (change.at, change.by));
    assert_eq!((read.reason, read.proof, read.occurred_at), (change.reason, change.proof, change.occurred_at));
    assert_eq!(read.sequence, 3);
    assert_eq!(
        serde_json::to_value(&read.history).unwrap(),
        json!([
            {"date": "2026-03-01", "status": "assigned", "at": "2026-03-01T04:40:00.000Z", "by": "key1", "run_id": "r1"},
            {"date": "2026-03-01", "status": "accepted", "at": "2026-03-01T04:40:01.000Z", "by": "key2"},
            {"date": "2026-03-01", "status": "failed_to_deliver", "at": "2026-03-01T04:41:30.000Z", "by": "key2",
             "reason": "nobody home", "proof": {"photo": 1}, "occurred_at": "2026-03-01T04:40:30.000Z"},
        ])
    );
}

#[test]
fn an_attribute_that_is_missing_or_not_ours_is_named() {
    let item = after(&[DeliveryStatus::Accepted]).item();
    let optional = ["previous_status", "hazmat_class", "address", "attributes"];
    for name in item.as_object().unwrap().keys() {
        let read = |value: Option<Value>| {
            let mut item = item.clone();
            item.as_object_mut().unwrap().remove(name);
            item.as_object_mut().unwrap().extend(value.map(|value| (name.clone(), value)));
            let fake = Fake::default();
            fake.state().items.insert(("d1".to_owned(), "p1".to_owned()), item);
            run(fake.table().get(&"d1".to_owned().into(), &"p1".to_owned().into()))
        };
        match read(None) {
            Err(StoreError::Unreadable(error)) => assert_eq!(error.attribute, name),
            read => assert!(optional.contains(&name.as_str()) && read.is_ok(), "{name}: {read:?}"),
        }
    }
    for (name, value) in [("proof", "[1]"), ("status", "lost"), ("date", "1 March"), ("attributes", "{")] {
        let mut image = item.clone();
        image[name] = json!({"S": value});
        let image: StreamImage = serde_json::from_value(image).unwrap();
        assert_eq!(Change::last_of(&image).unwrap_err().attribute, name);
    }
}

#[test]
fn a_package_that_comes_back_on_another_day_keeps_its_history_and_nothing_else() {
    let fake = after(&[]);
    update(&fake, &explained(DeliveryStatus::FailedToDeliver, 90)).unwrap();
    let mut again = row(date(2026, 3, 2));
    again.run_id = "r2".to_owned();
    (again.package.hazmat_class, again.package.address, again.package.attributes) = (None, None, None);
    assert_eq!(run(fake.table().assign(&again)).unwrap(), Written::New);
    let read = assignment(&fake);
    assert_eq!((read.status, read.date, read.sequence), (DeliveryStatus::Assigned, again.date, 3));
    assert_eq!((read.previous_status, read.reason, read.proof, read.occurred_at), (None, None, None, None));
    assert_eq!(read.package, again.package);
    let days: Vec<_> = read.history.iter().map(|entry| (entry.date, entry.run_id.as_deref())).collect();
    assert_eq!(days, [(DAY, Some("r1")), (DAY, None), (again.date, Some("r2"))]);

    // Neither the same day nor what was decided before writes over it.
    let before = fake.item();
    for day in [again.date, DAY] {
        assert_eq!(run(fake.table().assign(&row(day))).unwrap(), Written::AlreadyThere);
    }
    assert_eq!(fake.item(), before);
}

#[test]
fn a_stream_image_is_the_last_change() {
    let fake = after(&[]);
    let assigned = change(&fake);
    assert_eq!(assigned.package, row(DAY).package);
    assert_eq!(assigned.event.event_type, EventType::Assigned);
    assert_eq!(
        serde_json::to_value(&assigned.event).unwrap(),
        json!({"event_id": "2026-03-01/d1/p1/1", "event_type": "delivery.assigned", "driver_id": "d1",
               "package_id": "p1", "date": "2026-03-01", "status": "assigned", "at": "2026-03-01T04:40:00.000Z",
               "by": "key1", "run_id": "r1"})
    );
    update(&fake, &explained(DeliveryStatus::FailedToDeliver, 90)).unwrap();
    assert_eq!(
        serde_json::to_value(change(&fake).event).unwrap(),
        json!({"event_id": "2026-03-01/d1/p1/2", "event_type": "delivery.status_changed", "driver_id": "d1",
               "package_id": "p1", "date": "2026-03-01", "status": "failed_to_deliver",
               "previous_status": "assigned", "at": "2026-03-01T04:41:30.000Z", "by": "key2",
               "occurred_at": "2026-03-01T04:40:30.000Z", "reason": "nobody home", "proof": {"photo": 1},
               "run_id": "r1"})
    );
    run(fake.table().assign(&row(date(2026, 3, 2)))).unwrap();
    let again = change(&fake).event;
    assert_eq!((again.event_id.as_str(), again.event_type), ("2026-03-02/d1/p1/3", EventType::Assigned));
}

#[test]
fn a_write_whose_answer_was_lost_is_no_conflict() {
    let down = || (500, json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}));
    let update = |fake: &Fake, change: &StatusChange| {
        let table = fake.table_with(move |n, well| if n == 0 { down() } else { well });
        run(table.update(&"d1".to_owned().into(), &"p1".to_owned().into(), change)).unwrap()
    };
    let fake = after(&[DeliveryStatus::InProgress]);
    let delivered = to(DeliveryStatus::Delivered, 5);
    assert_eq!(update(&fake, &delivered), Updated::Changed(assignment(&fake)));
    assert_eq!(assignment(&fake).history.len(), 3);
    // So it is with what is new about a status.
    let amended = explained(DeliveryStatus::Delivered, 6);
    fake.state().asked.clear();
    let table = fake.table_with(|n, well| {
        if n == 1 { (500, json!({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"})) } else { well }
    });
    let outcome = run(table.update(&"d1".to_owned().into(), &"p1".to_owned().into(), &amended)).unwrap();
    assert_eq!(outcome, Updated::Changed(assignment(&fake)));
    assert_eq!(assignment(&fake).history.len(), 4);
}

#[test]
fn failures_keep_their_kind() {
    let throttled = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];
    let kind = |answer: fake::Answer| {
        let fake = after(&[]);
        let table = fake.table_with(move |_, _| answer.clone());
        let (driver_id, package_id) = ("d1".to_owned().into(), "p1".to_owned().into());
        let change = to(DeliveryStatus::Accepted, 1);
        let errors = [
            run(table.assign(&row(DAY))).unwrap_err(),
            run(table.update(&driver_id, &package_id, &change)).unwrap_err(),
            run(table.of_driver(&driver_id, DAY)).unwrap_err(),
            run(table.get(&driver_id, &package_id)).unwrap_err(),
        ];
        errors.map(|error| match error {
            StoreError::Throttled(_) => "throttled",
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Refused(_) => "refused",
            StoreError::Unreadable(_) => "unreadable",
        })
    };
    for code in throttled {
        assert_eq!(kind(failure(&format!("com.amazonaws.dynamodb.v20120810#{code}"))), ["throttled"; 4], "{code}");
    }
    assert_eq!(kind(failure("com.amazon.coral.service#AccessDeniedException")), ["refused"; 4]);
    assert_eq!(kind(failure("com.amazonaws.dynamodb.v20120810#ValidationException")), ["refused"; 4]);
    assert_eq!(kind((500, json!({"__type": "InternalServerError"}))), ["unavailable"; 4]);
}

/// A table with these of the driver's packages.
fn day_of(packages: usize) -> Fake {
    let fake = Fake::default();
    let table = fake.table();
    run(async {
        for package in 0..packages {
            let row = NewAssignment { package_id: format!("p{package:03}").into(), ..row(DAY) };
            table.assign(&row).await.unwrap();
        }
    });
    fake.state().asked.clear();
    fake
}

#[test]
fn a_drivers_day_is_read_in_hundreds_and_sorted() {
    let fake = day_of(201);
    run(fake.table().assign(&NewAssignment { driver_id: "d2".to_owned().into(), ..row(DAY) })).unwrap();
    run(fake.table().assign(&row(date(2026, 3, 2)))).unwrap();
    fake.state().asked.clear();
    let read = run(fake.table().of_driver(&"d1".to_owned().into(), DAY)).unwrap();
    let packages: Vec<_> = read.iter().map(|assignment| assignment.package_id.to_string()).collect();
    assert_eq!(packages, (0..201).map(|package| format!("p{package:03}")).collect::<Vec<_>>());
    let query = fake.asked("Query").remove(0);
    assert_eq!(query["IndexName"], "by_day");
    assert_eq!(query["KeyConditionExpression"], "#partition = :id AND #date = :date");
    let sizes: Vec<_> = fake
        .asked("BatchGetItem")
        .iter()
        .map(|body| body["RequestItems"]["table"]["Keys"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [100, 100, 1]);
    assert!(run(fake.table().of_driver(&"nobody".to_owned().into(), DAY)).unwrap().is_empty());
}

#[test]
fn all_pages_of_an_index_are_read_and_no_key_is_asked_for_twice() {
    let fake = day_of(2);
    let key = |package: &str| json!({"driver_id": {"S": "d1"}, "package_id": {"S": package}});
    let table = fake.table_with(move |n, well| match n {
        0 => (200, json!({"Items": [key("p000")], "LastEvaluatedKey": key("p000")})),
        1 => (200, json!({"Items": [key("p000"), key("p001"), key("gone")]})),
        _ => well,
    });
    assert_eq!(run(table.of_driver(&"d1".to_owned().into(), DAY)).unwrap().len(), 2);
    assert_eq!(fake.asked("Query")[1]["ExclusiveStartKey"], key("p000"));
    assert_eq!(fake.asked("BatchGetItem").len(), 1);
}

#[test]
fn an_index_that_lags_shows_no_package_of_another_day() {
    let fake = day_of(1);
    let later = NewAssignment { package_id: "p000".to_owned().into(), ..row(date(2026, 3, 2)) };
    let stale = (200, json!({"Items": [{"driver_id": {"S": "d1"}, "package_id": {"S": "p000"}}]}));
    run(fake.table().assign(&later)).unwrap();
    fake.state().asked.clear();
    let table = fake.table_with(move |n, well| if n == 0 { stale.clone() } else { well });
    assert!(run(table.of_driver(&"d1".to_owned().into(), DAY)).unwrap().is_empty());
}

#[test]
fn what_is_left_unprocessed_is_asked_for_again_and_not_for_ever() {
    let left = |body: &Value, read: usize| {
        let items = &body["Responses"]["table"].as_array().unwrap();
        let keys =
            items[read..].iter().map(|item| json!({"driver_id": item["driver_id"], "package_id": item["package_id"]}));
        let unprocessed = json!({"table": {"Keys": keys.collect::<Vec<_>>(), "ConsistentRead": true}});
        (200, json!({"Responses": {"table": items[..read]}, "UnprocessedKeys": unprocessed}))
    };
    let fake = day_of(5);
    let table = fake.table_with(move |n, well| if n == 1 { left(&well.1, 2) } else { well });
    assert_eq!(run(table.of_driver(&"d1".to_owned().into(), DAY)).unwrap().len(), 5);
    assert_eq!(fake.asked("BatchGetItem")[1]["RequestItems"]["table"]["Keys"].as_array().unwrap().len(), 3);

    let fake = day_of(5);
    let table = fake.table_with(move |n, well| if n == 0 { well } else { left(&well.1, 0) });
    let error = run(table.of_driver(&"d1".to_owned().into(), DAY)).unwrap_err();
    assert!(matches!(error, StoreError::Throttled(_)), "{error:?}");
    assert_eq!(fake.asked("BatchGetItem").len(), 6);
}

#[test]
fn a_package_is_found_with_every_driver_and_day_the_newest_last() {
    let fake = Fake::default();
    for (driver, day) in [("d3", date(2026, 3, 2)), ("d1", DAY), ("d2", date(2026, 3, 4))] {
        let row = NewAssignment { driver_id: driver.to_owned().into(), ..row(day) };
        run(fake.table().assign(&row)).unwrap();
    }
    let read = run(fake.table().of_package(&"p1".to_owned().into())).unwrap();
    assert_eq!(read.iter().map(|assignment| assignment.driver_id.as_str()).collect::<Vec<_>>(), ["d1", "d3", "d2"]);
    let query = fake.asked("Query").remove(0);
    assert_eq!(
        (&query["IndexName"], &query["KeyConditionExpression"]),
        (&json!("by_package"), &json!("#partition = :id"))
    );
}
