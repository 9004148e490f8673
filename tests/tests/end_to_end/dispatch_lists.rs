//! Lists that are wrong, empty or missing.

use milkrun_tests::day::array;
use milkrun_tests::dispatch::{assign, pairs, put, read};
use milkrun_tests::{Answer, Day};
use serde_json::{Value, json};

/// Asserts that a list is refused as a whole, and returns its faults.
fn faults(answer: &Answer) -> &[Value] {
    assert_eq!((answer.status, answer.media_type.as_str()), (422, "application/problem+json"), "{answer:?}");
    assert_eq!(answer.body["reason"], "lists_invalid");
    answer.body["faults"].as_array().unwrap()
}

#[test]
fn every_fault_of_both_lists_is_named_at_once() {
    let mut day = Day::plain(6, 5);
    day.drivers[1] = day.driver("d1", &[("MAX_HEIGHT", json!({"limit_m": 2})), ("MAX_WEIGHT", json!({}))]);
    day.drivers[2] = day.driver("d2", &[("REGION_ONLY", json!({"allowed_regions": ["north", "centre"]}))]);
    day.drivers[3] = day.driver("d0", &[]);
    day.drivers[4] = json!({"rules": []});
    day.packages[0]["weight_kg"] = json!(-1);
    day.packages[0]["region"] = json!("up");
    day.packages[1]["hazmat_class"] = json!(9);
    day.packages[2].as_object_mut().unwrap().remove("volume_m3");
    day.packages[3] = day.package("p004");
    let day = day.uploaded();
    let answer = assign(&day.request_for(&[day.id("d0")], 1));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&day.mark, "<day>");
    settings.bind(|| insta::assert_json_snapshot!("faults", faults(&answer)));

    // The same is said of a list alone, before it counts.
    let of_drivers = put(&day.path("/drivers"), &array(&day.drivers));
    let of_packages = put(&day.path("/packages"), &array(&day.packages));
    let both = [faults(&of_drivers), faults(&of_packages)].concat();
    assert_eq!(both, faults(&answer));
    assert!(day.rows().is_empty() && day.plan().is_none());
}

#[test]
fn a_list_that_cannot_be_read_is_said_to_be_so() {
    let day = Day::plain(1, 1).uploaded();
    let driver = json!({"id": day.id("d0"), "rules": []});
    let cases: [(Vec<u8>, &str); 9] = [
        (format!("[{driver}").into(), "closing ]"),
        (format!("[{driver} {driver}]").into(), "comma"),
        (format!("[{driver}] {driver}").into(), "follows"),
        (format!("{driver}\n{{\"id\": ").into(), "line 2"),
        (b"id;rules\nd0;\n".to_vec(), "is not JSON"),
        (b"7".to_vec(), "is not an object"),
        (vec![b'[', 0xff, 0xfe, b']'], "not UTF-8"),
        (vec![0x1f, 0x8b, 8, 0, 1, 2, 3], "gzip that cannot be unpacked"),
        (json!([{"id": day.id("d0"), "rules": "none"}]).to_string().into(), "rules"),
    ];
    for (bytes, problem) in cases {
        day.upload("drivers.json", bytes.clone());
        let answer = assign(&day.request_for(&[day.id("d0")], 1));
        let found = faults(&answer);
        assert!(found[0]["detail"].as_str().unwrap().contains(problem), "{problem}: {answer:?}");
        assert_eq!(found[0]["list"], "drivers");
        // What is no text cannot come through the API.
        if std::str::from_utf8(&bytes).is_ok() {
            assert_eq!(faults(&put(&day.path("/drivers"), &bytes)), found);
        }
    }
    // The next version that is right counts.
    day.upload("drivers.json", array(&day.drivers));
    assert_eq!(pairs(&assign(&day.request(1))).len(), 1);
}

#[test]
fn a_faulty_list_through_the_api_does_not_take_the_place_of_a_good_one() {
    let day = Day::plain(1, 2);
    assert_eq!(put(&day.path("/drivers"), &array(&day.drivers)).status, 200);
    let stored = put(&day.path("/packages"), &array(&day.packages));
    assert_eq!(faults(&put(&day.path("/packages"), br#"[{"package_id": "x"}]"#)).len(), 10);
    let account = read(&day.path("")).body;
    assert_eq!(account["lists"]["packages"]["key"], stored.body["key"]);
    assert_eq!(pairs(&assign(&day.request(2))).len(), 2);
}

#[test]
fn lists_that_have_not_arrived_are_named() {
    let day = Day::plain(1, 1);
    let missing = |detail: &[&str]| {
        let answer = assign(&day.request(1));
        assert_eq!((answer.status, answer.media_type.as_str()), (404, "application/problem+json"), "{answer:?}");
        assert_eq!(answer.body["reason"], "lists_missing");
        let told = answer.body["detail"].as_str().unwrap();
        assert!(detail.iter().all(|part| told.contains(part)), "{told}");
        told.to_owned()
    };
    missing(&["drivers", "packages", &day.date]);
    // A name that only begins like a list's is no list.
    day.upload("packages_of_yesterday.json", array(&day.packages));
    missing(&["drivers", "packages"]);
    day.upload("packages.json", array(&day.packages));
    assert!(!missing(&["drivers"]).contains("packages"));
    assert_eq!(read(&day.path("")).body["lists"]["drivers"], Value::Null);
    day.upload("drivers.json", array(&day.drivers));
    assert_eq!(assign(&day.request(1)).status, 200);
}

#[test]
fn empty_lists_and_nobody_are_answered_with_nothing() {
    // Both lists empty: as an array, and as no line at all.
    let day = Day::empty().uploaded();
    for _ in 0..2 {
        let answer = assign(&day.request(5));
        let expected =
            json!({"assignments": {}, "unassigned_packages": [], "unassigned_drivers": [], "date": day.date});
        assert_eq!((answer.status, answer.body), (200, expected));
        day.upload("drivers.json", Vec::new());
        day.upload("packages.json", Vec::new());
    }
    // No packages.
    let day = Day::plain(2, 0).uploaded();
    let answer = assign(&day.request(5)).body;
    assert_eq!(answer["assignments"], json!({day.id("d0"): [], day.id("d1"): []}));
    assert_eq!(answer["unassigned_drivers"], json!(day.driver_ids()));
    // Nobody is asked for.
    let day = Day::plain(2, 3).uploaded();
    let mut request = day.request_for(&[], 5);
    request["explain"] = json!(true);
    let answer = assign(&request);
    assert_eq!((answer.status, &answer.body["assignments"]), (200, &json!({})), "{answer:?}");
    assert_eq!(answer.body["unassigned_packages"], json!(day.package_ids()));
    assert_eq!(answer.body["unassigned_drivers"], json!([]));
    let reasons: Vec<_> = answer.body["explain"].as_array().unwrap().iter().map(|why| &why["reason"]).collect();
    assert_eq!(reasons, ["no_eligible_driver"; 3]);
    assert!(day.rows().is_empty() && day.plan().is_none());
}

#[test]
fn drivers_without_rules_share_everything_evenly() {
    let day = Day::plain(4, 12).uploaded();
    let answer = assign(&day.request(10));
    assert_eq!(answer.body["unassigned_packages"], json!([]));
    for driver in day.driver_ids() {
        assert_eq!(answer.body["assignments"][&driver].as_array().unwrap().len(), 3, "{answer:?}");
    }
    assert_eq!(day.pairs(), pairs(&answer));
}

#[test]
fn a_package_that_nobody_can_take_stays_and_it_is_said_why() {
    let mut day = Day::plain(3, 4);
    day.drivers[0] = day.driver("d0", &[("MAX_WEIGHT", json!({"limit_kg": 10})), ("NO_PERISHABLE", json!({}))]);
    day.drivers[1] = day.driver("d1", &[("MAX_WEIGHT", json!({"limit_kg": 5}))]);
    day.drivers[2] = day.driver("d2", &[("FRAGILE_ONLY", json!({}))]);
    // Too heavy and perishable; the others suit the first two drivers, who have room for one each: the farthest stays.
    day.packages[0]["weight_kg"] = json!(19.5);
    day.packages[0]["is_perishable"] = json!(true);
    day.packages[3]["distance_km"] = json!(90);
    let day = day.uploaded();
    let mut request = day.request(1);
    request["explain"] = json!(true);
    let answer = assign(&request);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["unassigned_drivers"], json!([day.id("d2")]));
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&day.mark, "<day>");
    settings.bind(|| insta::assert_json_snapshot!("explain", answer.body["explain"]));
}
