//! Delivering once, and what is new about a status.

use super::*;

#[test]
fn delivering_is_one_transaction_with_the_packages_note() {
    let fake = after(&[DeliveryStatus::InProgress]);
    assert_eq!(update(&fake, &explained(DeliveryStatus::Delivered, 5)).unwrap(), Updated::Changed(assignment(&fake)));
    let asked = fake.asked("TransactWriteItems").remove(0);
    let [delivery, note] = asked["TransactItems"].as_array().unwrap().as_slice() else { panic!("{asked}") };
    let (delivery, note) = (&delivery["Update"], &note["Update"]);
    assert_eq!(delivery["Key"], json!({"driver_id": {"S": "d1"}, "package_id": {"S": "p1"}}));
    assert_eq!(delivery["ConditionExpression"], "#status IN (:from_in_progress)");
    assert_eq!(note["Key"], json!({"driver_id": {"S": " delivered p1"}, "package_id": {"S": "p1"}}));
    assert_eq!(note["ConditionExpression"], "attribute_not_exists(#driver_id) OR #delivered_by = :delivered_by");
    let written = fake.state().items[&(" delivered p1".to_owned(), "p1".to_owned())].clone();
    assert_eq!(
        written,
        json!({
            "driver_id": {"S": " delivered p1"}, "package_id": {"S": "p1"}, "delivered_by": {"S": "d1"},
            "delivered_at": {"S": "2026-03-01T04:40:05.000Z"}, "expires_at": {"N": "1790000000"},
        })
    );
    // It is no change of a delivery, and no driver's or package's day.
    let image: StreamImage = serde_json::from_value(written).unwrap();
    assert!(Delivered::is_note(&image));
    let image: StreamImage = serde_json::from_value(fake.item()).unwrap();
    assert!(!Delivered::is_note(&image));
}

#[test]
fn a_package_is_delivered_by_one_driver() {
    let fake = after(&[DeliveryStatus::InProgress, DeliveryStatus::Delivered]);
    // It is listed again, on the same day or another, and another driver has it.
    let again = NewAssignment { driver_id: "d2".to_owned().into(), ..row(date(2026, 3, 2)) };
    run(fake.table().assign(&again)).unwrap();
    let report =
        |status, second| run(fake.table().update(&again.driver_id, &again.package_id, &to(status, second))).unwrap();
    let delivered = Delivered { by: "d1".to_owned().into(), at: at(2) };
    let refused = |current| Updated::DeliveredByAnother { current, delivered: delivered.clone() };
    assert_eq!(report(DeliveryStatus::Delivered, 10), refused(DeliveryStatus::Assigned));
    assert!(matches!(report(DeliveryStatus::InProgress, 11), Updated::Changed(_)));
    assert_eq!(report(DeliveryStatus::Delivered, 12), refused(DeliveryStatus::InProgress));
    // That it is not delivered can be said.
    assert!(matches!(report(DeliveryStatus::FailedToDeliver, 13), Updated::Changed(_)));
    assert_eq!(report(DeliveryStatus::Delivered, 14), refused(DeliveryStatus::FailedToDeliver));
    // The first one may deliver it again, when it is given it again.
    run(fake.table().assign(&row(date(2026, 3, 3)))).unwrap();
    for status in [DeliveryStatus::InProgress, DeliveryStatus::Delivered] {
        assert!(matches!(update(&fake, &to(status, 15)), Ok(Updated::Changed(_))), "{status}");
    }
}

#[test]
fn a_report_waits_for_a_transaction_under_way() {
    let conflict = || cancelled(&[json!({"Code": "TransactionConflict"}), json!({"Code": "None"})]);
    let fake = after(&[DeliveryStatus::InProgress]);
    let busy = fake.table_with(move |_, _| conflict());
    let delivered = to(DeliveryStatus::Delivered, 5);
    let error = run(busy.update(&"d1".to_owned().into(), &"p1".to_owned().into(), &delivered)).unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert_eq!(fake.asked("TransactWriteItems").len(), 7);

    // UpdateItem says it in its own words.
    let fake = after(&[]);
    let table = fake.table_with(|n, well| {
        if n < 2 { failure("com.amazonaws.dynamodb.v20120810#TransactionConflictException") } else { well }
    });
    let accepted = StatusChange { request_id: "another".to_owned(), ..to(DeliveryStatus::Accepted, 5) };
    let outcome = run(table.update(&"d1".to_owned().into(), &"p1".to_owned().into(), &accepted)).unwrap();
    assert!(matches!(outcome, Updated::Changed(_) | Updated::Unchanged(_)), "{outcome:?}");
}

#[test]
fn what_is_new_about_a_status_is_added() {
    for (statuses, status, previous) in [
        (&[][..], DeliveryStatus::Assigned, None),
        (&[DeliveryStatus::Accepted][..], DeliveryStatus::Accepted, Some(DeliveryStatus::Assigned)),
        (
            &[DeliveryStatus::InProgress, DeliveryStatus::Delivered][..],
            DeliveryStatus::Delivered,
            Some(DeliveryStatus::InProgress),
        ),
    ] {
        let fake = after(statuses);
        let before = assignment(&fake);
        let reason = StatusChange { reason: Some("at the back door".to_owned()), ..to(status, 10) };
        assert_eq!(update(&fake, &reason).unwrap(), Updated::Changed(assignment(&fake)), "{status}");
        let proof = Some(Proof::from_json(r#"{"photo":1,"by":"J"}"#.to_owned()).unwrap());
        let shown = StatusChange { proof: proof.clone(), ..to(status, 11) };
        assert_eq!(update(&fake, &shown).unwrap(), Updated::Changed(assignment(&fake)), "{status}");
        let now = assignment(&fake);
        assert_eq!((now.status, now.previous_status), (status, previous));
        assert_eq!(
            (now.reason.as_ref(), now.proof.as_ref()),
            (reason.reason.as_ref(), proof.as_ref()),
            "both are kept"
        );
        assert_eq!((now.updated_at, now.sequence), (at(11), before.sequence + 2));
        let [.., first, second] = now.history.as_slice() else { panic!("{now:?}") };
        assert_eq!((first.status, &first.reason, &first.proof), (status, &reason.reason, &None));
        assert_eq!((second.status, &second.reason, &second.proof), (status, &None, &proof));

        // The event says that it is none of another status, and has all that is known.
        let event = change(&fake).event;
        assert_eq!((event.event_type, event.previous_status), (EventType::Amended, Some(status)));
        assert_eq!((event.reason, event.proof), (reason.reason.clone(), proof));
        let id = format!("2026-03-01/d1/p1/{}", now.sequence);
        assert_eq!(event.event_id.as_str(), id);

        // Once more the same, in other words for the same, or less of it: nothing is written.
        let again = StatusChange {
            reason: reason.reason.clone(),
            proof: Some(Proof::from_json(r#"{"by": "J", "photo": 1}"#.to_owned()).unwrap()),
            ..to(status, 12)
        };
        for repeat in [again, to(status, 13), StatusChange { request_id: "another".to_owned(), ..reason }] {
            assert_eq!(update(&fake, &repeat).unwrap(), Updated::Unchanged(now.clone()), "{status}");
        }
        // What follows is a change of the status again.
        if !status.is_final() {
            update(&fake, &to(DeliveryStatus::FailedToDeliver, 14)).unwrap();
            let event = change(&fake).event;
            assert_eq!((event.event_type, event.previous_status), (EventType::StatusChanged, Some(status)));
            assert_eq!((event.reason, event.proof), (None, None));
        }
    }
}

#[test]
fn an_amendment_is_one_conditional_write() {
    let fake = after(&[DeliveryStatus::FailedToDeliver]);
    update(&fake, &explained(DeliveryStatus::FailedToDeliver, 90)).unwrap();
    let asked = fake.asked("UpdateItem");
    assert_eq!((asked.len(), fake.state().asked.len()), (2, 2));
    assert_eq!(
        asked[1]["ConditionExpression"],
        "#status = :status AND (attribute_not_exists(#reason) OR #reason <> :reason OR attribute_not_exists(#proof) OR \
         #proof <> :proof OR attribute_not_exists(#occurred_at) OR #occurred_at <> :occurred_at)"
    );
    assert_eq!(
        asked[1]["UpdateExpression"],
        "SET #status = :status, #updated_at = :updated_at, #updated_by = :updated_by, \
         #sequence = if_not_exists(#sequence, :zero) + :one, \
         #history = list_append(if_not_exists(#history, :none), :entry), \
         #amended = if_not_exists(#sequence, :zero) + :one, \
         #reason = :reason, #proof = :proof, #occurred_at = :occurred_at"
    );
}

#[test]
fn a_history_does_not_grow_for_ever() {
    let fake = after(&[DeliveryStatus::Accepted]);
    for second in 3.. {
        let change = StatusChange { reason: Some(second.to_string()), ..to(DeliveryStatus::Accepted, second) };
        match update(&fake, &change).unwrap() {
            Updated::Changed(now) => assert!(now.history.len() <= 50),
            full => {
                assert_eq!(full, Updated::HistoryFull(assignment(&fake)));
                break;
            }
        }
    }
    assert_eq!(assignment(&fake).history.len(), 50);
    // Another status is written all the same.
    assert!(matches!(update(&fake, &to(DeliveryStatus::InProgress, 100)), Ok(Updated::Changed(_))));
}
