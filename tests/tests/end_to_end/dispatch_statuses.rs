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
        } else if from == to {
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
    let deep = (0..40).fold(json!(1), |inner, _| json!([inner]));
    for (field, value) in [
        ("reason", json!("x".repeat(1001))),
        ("proof", json!([1])),
        ("proof", json!({"p": "x".repeat(4001)})),
        ("occurred_at", json!("at nine")),
        ("occurred_at", json!("2039-01-01T00:00:00Z")),
        ("driver_id", json!("a\u{1}b")),
        ("package_id", json!(" ")),
    ] {
        let before = wrong[field].take();
        wrong[field] = value;
        refused(wrong.to_string().as_bytes(), &[field]);
        match before {
            Value::Null => drop(wrong.as_object_mut().unwrap().remove(field)),
            before => wrong[field] = before,
        }
    }
    wrong["proof"] = json!({"p": deep});
    refused(wrong.to_string().as_bytes(), &["nested more than 32 levels deep"]);
    refused(br#"{"driver_id": "\ud83d", "package_id": "p", "status": "accepted"}"#, &["driver_id must be"]);
    assert_eq!(statuses(&history(&package)), ["assigned"]);
}

#[test]
fn odd_tokens_and_blanks_are_carried_or_missing() {
    let day = assigned(1);
    let (driver, package) = (day.id("d0"), day.id("p000"));
    let report = |more: &str| {
        let body = format!("\u{feff}{{\"driver_id\": \" {driver} \", \"package_id\": \"{package}\", {more}}}");
        let answer = post("/update", &[], body.as_bytes());
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    };
    let nothing = report(r#""status": "accepted", "reason": " ", "proof": {"photo": null}, "occurred_at": """#);
    assert!(["reason", "proof", "occurred_at"].iter().all(|field| nothing.get(field).is_none()), "{nothing}");
    let odd = report(
        r#""status": "in_progress", "reason": "van \ud83d", "proof": {"a": 1e400, "b": 1, "b": "\ude00"}, "x": 1e999"#,
    );
    assert_eq!(
        (&odd["reason"], &odd["proof"]),
        (&json!("van \u{fffd}"), &json!({"a": "1e400", "b": "\u{fffd}"})),
        "{odd}"
    );
    assert_eq!(history(&package)[2]["proof"], odd["proof"]);
}

#[test]
fn a_repeat_is_no_conflict_and_changes_nothing() {
    let day = assigned(2);
    let driver = day.id("d0");
    for (package, last) in day.package_ids().iter().zip(["delivered", "failed_to_deliver"]) {
        assert_eq!(update(&driver, package, "in_progress", &json!({})).status, 200);
        let said = json!({"reason": "at the back", "proof": {"photo": 1}, "occurred_at": "2026-11-20T09:00:00Z"});
        let first = update(&driver, package, last, &said);
        assert_eq!(first.status, 200, "{first:?}");
        let before = history(package);
        for repeat in [
            said,
            json!({}),
            json!({"reason": null, "proof": ""}),
            json!({"proof": {"photo": 1}}),
            json!({"occurred_at": "2026-11-20T06:00:00-03:00"}),
        ] {
            let answer = update(&driver, package, last, &repeat);
            assert_eq!((answer.status, &answer.body), (200, &first.body), "{repeat}");
        }
        assert_eq!(history(package), before);
    }
}

#[test]
fn what_is_new_about_a_status_is_kept() {
    let day = assigned(3);
    let driver = day.id("d0");
    for (package, (last, previous)) in day.package_ids().iter().zip([
        ("delivered", json!("in_progress")),
        ("failed_to_deliver", json!("assigned")),
        ("assigned", Value::Null),
    ]) {
        for status in way_to(last) {
            assert_eq!(update(&driver, package, status, &json!({})).status, 200);
        }
        let before = history(package);
        let reason = update(&driver, package, last, &json!({"reason": "at the back"}));
        let proof = update(&driver, package, last, &json!({"proof": "photo 1", "occurred_at": "2026-11-20T09:00:00Z"}));
        let corrected = update(&driver, package, last, &json!({"reason": "at the front"}));
        for answer in [&reason, &proof, &corrected] {
            assert_eq!((answer.status, &answer.body["status"]), (200, &json!(last)), "{answer:?}");
            assert_eq!(answer.body["previous_status"], previous, "{answer:?}");
        }
        assert_eq!(proof.body["reason"], "at the back", "what is not said again stays");
        assert_eq!((&corrected.body["reason"], &corrected.body["proof"]), (&json!("at the front"), &json!("photo 1")));
        let after = history(package);
        assert_eq!(after[..before.len()], before[..]);
        let [first, second, third] = &after[before.len()..] else { panic!("{after:?}") };
        assert_eq!((&first["reason"], first.get("proof")), (&json!("at the back"), None));
        assert_eq!((&second["proof"], second.get("reason")), (&json!("photo 1"), None));
        assert_eq!((&third["reason"], &third["status"]), (&json!("at the front"), &json!(last)));
    }
}

/// A driver of a new day, with these packages assigned and on the way.
fn on_the_way(packages: &[Value]) -> String {
    let day = Day { packages: packages.to_vec(), ..Day::plain(1, 0) }.uploaded();
    assert_eq!(assign(&day.request(packages.len())).status, 200);
    let driver = day.id("d0");
    for package in day.package_ids() {
        assert_eq!(update(&driver, &package, "in_progress", &json!({})).status, 200);
    }
    driver
}

#[test]
fn a_package_is_delivered_by_one_driver() {
    let listed = Day::plain(0, 1).packages;
    let package = listed[0]["package_id"].as_str().unwrap();
    let [first, second] = [on_the_way(&listed), on_the_way(&listed)];
    let delivered = update(&first, package, "delivered", &json!({}));
    assert_eq!(delivered.status, 200, "{delivered:?}");
    for _ in 0..2 {
        let refused = update(&second, package, "delivered", &json!({"proof": "mine"}));
        assert_eq!((refused.status, refused.media_type.as_str()), (409, "application/problem+json"), "{refused:?}");
        let told = ["current_status", "delivered_by", "delivered_at"].map(|field| refused.body[field].clone());
        assert_eq!(told, [json!("in_progress"), json!(first), delivered.body["updated_at"].clone()]);
    }
    // The first one's report is as it was, and the second one can say how it ended.
    assert_eq!(update(&first, package, "delivered", &json!({})).body, delivered.body);
    assert_eq!(update(&second, package, "failed_to_deliver", &json!({"reason": "delivered before"})).status, 200);
}

#[test]
fn of_drivers_who_deliver_a_package_at_once_one_does() {
    let listed = Day::plain(0, 4).packages;
    let drivers: Vec<_> = (0..4).map(|_| on_the_way(&listed)).collect();
    for package in &listed {
        let package = package["package_id"].as_str().unwrap();
        let start = Barrier::new(drivers.len());
        let answers: Vec<_> = thread::scope(|scope| {
            let call = |driver: &'_ String| {
                let (driver, start) = (driver.clone(), &start);
                scope.spawn(move || {
                    start.wait();
                    (driver.clone(), update(&driver, package, "delivered", &json!({})))
                })
            };
            let calls: Vec<_> = drivers.iter().map(call).collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|(_, answer)| answer.status == 200);
        let [(winner, won)] = won[..] else { panic!("{answers:#?}") };
        for (_, answer) in lost {
            let told = (&answer.body["delivered_by"], &answer.body["delivered_at"]);
            assert_eq!((answer.status, told), (409, (&json!(winner), &won.body["updated_at"])), "{answer:?}");
        }
    }
}

#[test]
fn of_final_updates_at_once_one_wins_and_the_others_hear_which() {
    let day = assigned(6);
    let driver = day.id("d0");
    for package in day.package_ids() {
        assert_eq!(update(&driver, &package, "in_progress", &json!({})).status, 200);
        let wanted = ["delivered", "failed_to_deliver"].repeat(4);
        let answers = at_once(&driver, &package, &wanted);
        let history = history(&package);
        let status = history[2]["status"].as_str().unwrap();
        // Who wanted the same has added a reason of its own; the others hear what came first.
        assert_eq!(statuses(&history), [&["assigned", "in_progress"][..], &[status; 4]].concat());
        for (wanted, reason, answer) in &answers {
            let made = history.iter().filter(|entry| entry["reason"] == json!(reason)).count();
            if *wanted == status {
                let told = (&answer.body["status"], &answer.body["previous_status"]);
                assert_eq!((answer.status, told), (200, (&json!(status), &json!("in_progress"))), "{answer:?}");
                assert_eq!(made, 1, "{reason} in {history:?}");
            } else {
                assert_eq!((answer.status, &answer.body["current_status"]), (409, &json!(status)), "{answer:?}");
                assert_eq!(made, 0, "{reason} in {history:?}");
            }
        }
    }
}

#[test]
fn of_open_updates_at_once_each_hears_the_truth() {
    let day = assigned(8);
    let driver = day.id("d0");
    for package in day.package_ids() {
        let answers = at_once(&driver, &package, &["accepted", "in_progress"].repeat(4));
        let history = history(&package);
        let mut changes = statuses(&history);
        changes.dedup();
        let was_accepted = match changes[..] {
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
            assert_eq!(made, usize::from(answer.status == 200), "{context}");
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
        for answer in answers {
            assert_eq!((answer.status, &answer.body["updated_at"]), (200, &history[2]["at"]), "{answer:?}");
        }
    }
}
