//! Every change of a delivery's status, legal and illegal, one after the other and at once.

use std::sync::Barrier;
use std::thread;

use milkrun_tests::dispatch::{STATUSES, assign, post, read, update};
use milkrun_tests::{Answer, Day};
use serde_json::{Value, json};

/// The statuses that a delivery goes through to have one.
fn way_to(status: &str) -> &'static [&'static str] {
    match status {
        "assigned" => &[],
        "accepted" => &["accepted"],
        "in_progress" => &["in_progress"],
        "delivered" => &["in_progress", "delivered"],
        _ => &["failed_to_deliver"],
    }
}

/// Whether a delivery may go from one status to another one.
fn is_legal(from: &str, to: &str) -> bool {
    matches!(
        (from, to),
        ("assigned", "accepted" | "in_progress" | "failed_to_deliver")
            | ("accepted", "in_progress" | "failed_to_deliver")
            | ("in_progress", "delivered" | "failed_to_deliver")
    )
}

/// A driver with so many packages, assigned.
fn assigned(packages: usize) -> Day {
    let day = Day::plain(1, packages).uploaded();
    assert_eq!(assign(&day.request(packages)).status, 200);
    day
}

fn history(package: &str) -> Vec<Value> {
    let story = read(&format!("/v1/packages/{package}"));
    assert_eq!(story.status, 200, "{story:?}");
    story.body["history"].as_array().unwrap().clone()
}

fn statuses(history: &[Value]) -> Vec<&str> {
    history.iter().map(|entry| entry["status"].as_str().unwrap()).collect()
}

/// Sends updates of one package at the same moment, each with a reason of its own.
fn at_once(driver: &str, package: &str, wanted: &[&'static str]) -> Vec<(&'static str, String, Answer)> {
    let start = Barrier::new(wanted.len());
    thread::scope(|scope| {
        let calls: Vec<_> = wanted
            .iter()
            .enumerate()
            .map(|(caller, status)| {
                let start = &start;
                scope.spawn(move || {
                    let reason = format!("caller {caller}");
                    start.wait();
                    let answer = update(driver, package, status, &json!({"reason": reason}));
                    (*status, reason, answer)
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

#[test]
fn each_of_the_25_changes_is_made_or_refused_as_the_contract_says() {
    let day = assigned(25);
    let (driver, mut packages) = (day.id("d0"), day.package_ids().into_iter());
    for (from, to) in STATUSES.iter().flat_map(|from| STATUSES.map(|to| (*from, to))) {
        let package = packages.next().unwrap();
        let mut expected = vec!["assigned"];
        for status in way_to(from) {
            assert_eq!(update(&driver, &package, status, &json!({})).status, 200);
            expected.push(status);
        }
        let answer = update(&driver, &package, to, &json!({}));
        let context = format!("{from} to {to}: {answer:?}");
        if is_legal(from, to) {
            assert_eq!(answer.status, 200, "{context}");
            assert_eq!(
                (&answer.body["status"], &answer.body["previous_status"]),
                (&json!(to), &json!(from)),
                "{context}"
            );
            expected.push(to);
        } else if from == to && !["delivered", "failed_to_deliver"].contains(&to) {
            assert_eq!((answer.status, &answer.body["status"]), (200, &json!(to)), "{context}");
        } else {
            assert_eq!((answer.status, &answer.body["current_status"]), (409, &json!(from)), "{context}");
            assert_eq!(answer.media_type, "application/problem+json");
        }
        assert_eq!(statuses(&history(&package)), expected, "{context}");
    }
}

#[test]
fn what_was_never_assigned_is_not_found() {
    let day = assigned(1);
    let (driver, package, nobody) = (day.id("d0"), day.id("p000"), day.id("nobody"));
    for status in STATUSES {
        for (driver, package) in [(&driver, &nobody), (&nobody, &package), (&nobody, &nobody)] {
            let answer = update(driver, package, status, &json!({}));
            assert_eq!((answer.status, answer.media_type.as_str()), (404, "application/problem+json"), "{answer:?}");
        }
    }
    assert_eq!(read(&format!("/v1/packages/{nobody}")).status, 404);
    // Asking has created nothing.
    assert_eq!(day.rows().len(), 1);
    assert_eq!((day.count(&nobody), statuses(&history(&package))), (0, vec!["assigned"]));
}

#[test]
fn a_request_that_is_none_hears_what_is_accepted() {
    let day = assigned(1);
    let (driver, package) = (day.id("d0"), day.id("p000"));
    let refused = |body: &[u8], detail: &[&str]| {
        let answer = post("/update", &[], body);
        assert_eq!((answer.status, answer.media_type.as_str()), (400, "application/problem+json"), "{answer:?}");
        let told = answer.body["detail"].as_str().unwrap();
        assert!(detail.iter().all(|part| told.contains(part)), "{told}");
    };
    for status in [json!("lost"), json!("Delivered"), json!(""), json!(4), Value::Null] {
        let body = json!({"driver_id": driver, "package_id": package, "status": status});
        refused(body.to_string().as_bytes(), &STATUSES);
    }
    refused(br#"{"status": "accepted"}"#, &["driver_id", "package_id"]);
    refused(b"[]", &["JSON object"]);
    refused(b"status=accepted", &["not JSON"]);
    let mut wrong = json!({"driver_id": driver, "package_id": package, "status": "accepted"});
    for (field, value) in
        [("reason", json!("x".repeat(1001))), ("proof", json!([1])), ("occurred_at", json!("at nine"))]
    {
        wrong[field] = value;
        refused(wrong.to_string().as_bytes(), &[field]);
        wrong.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(statuses(&history(&package)), ["assigned"]);
}

#[test]
fn of_final_updates_at_once_one_wins_and_the_others_hear_which() {
    let day = assigned(6);
    let driver = day.id("d0");
    for package in day.package_ids() {
        assert_eq!(update(&driver, &package, "in_progress", &json!({})).status, 200);
        let wanted = ["delivered", "failed_to_deliver"].repeat(4);
        let answers = at_once(&driver, &package, &wanted);
        let won: Vec<_> = answers.iter().filter(|(_, _, answer)| answer.status == 200).collect();
        let [(status, reason, answer)] = won[..] else { panic!("{} have won: {answers:#?}", won.len()) };
        assert_eq!((&answer.body["status"], &answer.body["previous_status"]), (&json!(status), &json!("in_progress")));
        for (_, _, answer) in answers.iter().filter(|(_, _, answer)| answer.status != 200) {
            assert_eq!((answer.status, &answer.body["current_status"]), (409, &json!(status)), "{answer:?}");
        }
        let history = history(&package);
        assert_eq!(statuses(&history), ["assigned", "in_progress", status]);
        assert_eq!(history[2]["reason"], json!(reason), "the history names another winner");
    }
}

#[test]
fn of_open_updates_at_once_each_hears_the_truth() {
    let day = assigned(8);
    let driver = day.id("d0");
    for package in day.package_ids() {
        let answers = at_once(&driver, &package, &["accepted", "in_progress"].repeat(4));
        let history = history(&package);
        let was_accepted = match statuses(&history)[..] {
            ["assigned", "accepted", "in_progress"] => true,
            ["assigned", "in_progress"] => false,
            _ => panic!("{history:?}"),
        };
        let mut acceptances = 0;
        for (wanted, reason, answer) in &answers {
            let context = format!("{wanted}: {answer:?} in {history:?}");
            match answer.status {
                // Made by this caller, or by one before it.
                200 => assert_eq!(&answer.body["status"], wanted, "{context}"),
                // Too late for accepting; never too late for being on the way.
                409 => assert_eq!(
                    (*wanted, &answer.body["current_status"]),
                    ("accepted", &json!("in_progress")),
                    "{context}"
                ),
                _ => panic!("{context}"),
            }
            acceptances += usize::from(*wanted == "accepted" && answer.status == 200);
            let made = history.iter().filter(|entry| entry["reason"] == json!(reason)).count();
            assert!(made <= usize::from(answer.status == 200), "{context}");
        }
        assert_eq!(acceptances > 0, was_accepted, "{answers:#?}");
    }
}

#[test]
fn of_the_same_final_update_at_once_one_is_made() {
    let day = assigned(6);
    let driver = day.id("d0");
    for package in day.package_ids() {
        assert_eq!(update(&driver, &package, "in_progress", &json!({})).status, 200);
        let start = Barrier::new(8);
        let answers: Vec<_> = thread::scope(|scope| {
            let call = || {
                start.wait();
                update(&driver, &package, "delivered", &json!({}))
            };
            let calls: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        let history = history(&package);
        assert_eq!(statuses(&history), ["assigned", "in_progress", "delivered"]);
        let (made, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!(made.len(), 1, "{answers:#?}");
        assert_eq!(made[0].body["updated_at"], history[2]["at"]);
        for answer in late {
            assert_eq!((answer.status, &answer.body["current_status"]), (409, &json!("delivered")), "{answer:?}");
        }
    }
}
