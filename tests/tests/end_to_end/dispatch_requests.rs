//! What may be asked of an assignment, and what asking again does.

use std::collections::BTreeSet;

use milkrun_tests::day::array;
use milkrun_tests::dispatch::{assign, assign_with, pairs, post, texts};
use milkrun_tests::{Day, Subscriber, unique};
use serde_json::{Value, json};

#[test]
fn drivers_who_are_not_on_the_list_are_named() {
    let day = Day::plain(2, 4).uploaded();
    let asked = [day.id("d0"), day.id("stranger"), day.id("d1")];
    let answer = assign(&day.request_for(&asked, 2));
    assert_eq!((answer.status, answer.media_type.as_str()), (400, "application/problem+json"), "{answer:?}");
    assert_eq!(answer.body["unknown_driver_ids"], json!([day.id("stranger")]));
    assert!(day.rows().is_empty() && day.plan().is_none());
}

#[test]
fn a_request_that_is_none_hears_what_is_accepted() {
    let day = Day::plain(1, 1).uploaded();
    let refused = |field: &str, value: Value| {
        let mut request = day.request(1);
        request[field] = value;
        let answer = assign(&request);
        assert_eq!(
            (answer.status, answer.media_type.as_str()),
            (400, "application/problem+json"),
            "{request}: {answer:?}"
        );
        assert!(answer.body["detail"].as_str().unwrap().contains(field), "{request}: {answer:?}");
    };
    for max in [json!(0), json!(-1), json!(1001), json!(1e30), json!(i64::MAX), json!(1.5), json!("10"), Value::Null] {
        refused("max_per_driver", max);
    }
    for ids in [
        json!(day.id("d0")),
        json!([1]),
        json!([""]),
        json!(["a\nb"]),
        json!([day.id("d0"), day.id("d0")]),
        Value::Null,
    ] {
        refused("driver_ids", ids);
    }
    for date in [json!("2026-02-30"), json!("20261120"), json!("tomorrow"), json!(20), json!([1])] {
        refused("date", date);
    }
    refused("dry_run", json!("yes"));
    refused("explain", json!(1));
    refused("objective", json!("fun"));
    for body in [&b""[..], b"[]", b"{", b"\xff"] {
        assert_eq!(post("/assign", &[], body).status, 400);
    }
    assert!(day.rows().is_empty() && day.plan().is_none());
    let mut deep = day.request(1);
    deep["note"] = (0..40).fold(json!(1), |inner, _| json!([inner]));
    assert_eq!(assign(&deep).status, 400);
    // What says nothing is as good as absent, and a whole number is one with a point, too.
    let ids = format!(r#"[" {} "]"#, day.id("d0"));
    let body = format!(
        "\u{feff}{{\"driver_ids\": {ids}, \"max_per_driver\": 1.0, \"date\": \"{}\", \"dry_run\": true, \"explain\": \"\", \
         \"objective\": {{}}, \"note\": \"\\ud83d\", \"n\": 1e400}}",
        day.date
    );
    let answer = post("/assign", &[], body.as_bytes());
    assert_eq!((answer.status, pairs(&answer).len()), (200, 1), "{answer:?}");
    // The most that is accepted is.
    assert_eq!(assign(&day.request(1000)).status, 200);
}

#[test]
fn a_key_gives_its_first_answer_again_and_to_no_other_request() {
    let day = Day::plain(2, 6).uploaded();
    let (key, request) = (unique("key"), day.request(1));
    let with_key = |request: &Value| assign_with(request, &[("idempotency-key", &key)]);
    let first = with_key(&request);
    assert_eq!((first.status, pairs(&first).len()), (200, 2), "{first:?}");
    assert_eq!(pairs(&assign(&day.request(2))).len(), 4);
    assert_eq!(with_key(&request).text, first.text);
    // Without the key, or with another one, it is the day as it is now.
    assert_eq!(pairs(&assign(&request)).len(), 4);
    assert_eq!(pairs(&assign_with(&request, &[("idempotency-key", &unique("key"))])).len(), 4);

    let other = with_key(&day.request(3));
    assert_eq!((other.status, other.media_type.as_str()), (409, "application/problem+json"), "{other:?}");
    assert_eq!(day.rows().len(), 4);
    let long = "k".repeat(256);
    assert_eq!(assign_with(&request, &[("idempotency-key", &long)]).status, 400);
}

#[test]
fn a_key_whose_request_failed_is_good_for_the_same_request() {
    let day = Day::plain(1, 2);
    let (key, request) = (unique("key"), day.request(1));
    assert_eq!(assign_with(&request, &[("idempotency-key", &key)]).status, 404);
    let day = day.uploaded();
    let answer = assign_with(&request, &[("idempotency-key", &key)]);
    assert_eq!((answer.status, pairs(&answer)), (200, day.pairs()));
}

#[test]
fn a_dry_run_answers_what_would_be_and_changes_nothing() {
    let day = Day::plain(2, 5).uploaded();
    let subscriber = Subscriber::to_deliveries_of(&day.date);
    let mut dry = day.request(2);
    dry["dry_run"] = json!(true);
    let key = unique("key");
    let trial = assign_with(&dry, &[("idempotency-key", &key)]);
    assert_eq!((trial.status, &trial.body["dry_run"]), (200, &json!(true)), "{trial:?}");
    assert_eq!(pairs(&trial).len(), 4);
    assert!(day.rows().is_empty() && day.plan().is_none());
    // A trial takes no key, so the assignment itself may have it.
    let real = assign_with(&day.request(2), &[("idempotency-key", &key)]);
    assert_eq!(real.status, 200, "{real:?}");
    for list in ["assignments", "unassigned_packages", "unassigned_drivers"] {
        assert_eq!(real.body[list], trial.body[list]);
    }
    // Upon what is assigned, a trial with more room changes nothing either.
    let plan = day.plan();
    dry["max_per_driver"] = json!(5);
    assert_eq!(pairs(&assign(&dry)).len(), 5);
    assert_eq!((day.rows().len(), day.plan() == plan), (4, true));
    // The bus has what was assigned. The last event of all shows that nothing more is on its way.
    assert_eq!(pairs(&assign(&day.request(5))).len(), 5);
    let events = subscriber.received(5);
    let ids: BTreeSet<_> = events.iter().map(|event| event["detail"]["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 5, "{events:#?}");
}

#[test]
fn a_new_version_of_a_list_changes_nothing_that_is_assigned() {
    let first = Day::plain(2, 4).uploaded();
    let before = assign(&first.request(2));
    assert_eq!((before.status, &before.body["unassigned_packages"]), (200, &json!([])));

    // A driver and a package are gone, a driver and two packages are new.
    let drivers = vec![first.drivers[0].clone(), first.driver("late", &[])];
    let gone = texts(&before.body["assignments"][first.id("d0")])[0].clone();
    let kept = first.packages.iter().filter(|package| package["package_id"] != json!(gone)).cloned();
    let packages: Vec<_> = kept.chain([first.package("new1"), first.package("new2")]).collect();
    let second = Day { drivers, packages, ..first.clone() };
    second.upload("drivers.json", array(&second.drivers));
    second.upload("packages.json", array(&second.packages));

    let after = assign(&second.request(2));
    assert_eq!(after.status, 200, "{after:?}");
    assert_eq!(after.body["assignments"][first.id("d0")], before.body["assignments"][first.id("d0")]);
    let new: BTreeSet<_> = texts(&after.body["assignments"][first.id("late")]).into_iter().collect();
    assert_eq!(new, BTreeSet::from([first.id("new1"), first.id("new2")]));
    assert_eq!(after.body["unassigned_packages"], json!([]));
    // Who is not listed any more cannot be asked for, and keeps what they have.
    assert_eq!(assign(&first.request(2)).body["unknown_driver_ids"], json!([first.id("d1")]));
    let expected: BTreeSet<_> = pairs(&before).into_iter().chain(pairs(&after)).collect();
    assert_eq!(first.pairs(), expected.into_iter().collect::<Vec<_>>());
    assert_eq!(first.rows().len(), 6);
}

#[test]
fn a_lower_cap_takes_nothing_away_and_a_higher_one_adds() {
    let day = Day::plain(3, 20).uploaded();
    let sizes = |max: usize| {
        let answer = assign(&day.request(max));
        assert_eq!((answer.status, day.pairs()), (200, pairs(&answer)));
        let of = |driver: String| texts(&answer.body["assignments"][driver]);
        day.driver_ids().into_iter().map(of).collect::<Vec<_>>()
    };
    let four = sizes(4);
    assert!(four.iter().all(|packages| packages.len() == 4), "{four:?}");
    assert_eq!(sizes(2), four);
    assert_eq!(sizes(4), four);
    let six = sizes(6);
    assert!(six.iter().zip(&four).all(|(six, four)| six.len() == 6 && six.starts_with(four)), "{six:?}");
    // With a higher cap for one of them only, the others stay where they are.
    let one = assign(&day.request_for(&[day.id("d1")], 10));
    assert_eq!(texts(&one.body["assignments"][day.id("d1")]).len(), 8);
    assert_eq!(day.rows().len(), 20);
}
