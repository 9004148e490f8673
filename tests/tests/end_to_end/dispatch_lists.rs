//! Lists that are wrong, empty or missing.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
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
    // Both lists empty, however it is spelled.
    let day = Day::empty().uploaded();
    for _ in 0..2 {
        let answer = assign(&day.request(5));
        let expected =
            json!({"assignments": {}, "unassigned_packages": [], "unassigned_drivers": [], "date": day.date});
        assert_eq!((answer.status, answer.body), (200, expected));
        day.upload("drivers.json", b"\xef\xbb\xbf [ ] \n".to_vec());
        day.upload("packages.json", gzip(b"[]"));
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_list_of_nothing_takes_no_lists_place() {
    let day = Day::plain(1, 2).uploaded();
    let before = read(&day.path("")).body;
    let empty = |answer: &Answer| {
        let found = faults(answer);
        assert_eq!((found.len(), &found[0]["detail"]), (1, &json!("is empty; [] says that there are none")));
    };
    for body in [&b""[..], b" \r\n", b"\xef\xbb\xbf", &gzip(b"")[..]] {
        // What is no text cannot come through the API.
        if std::str::from_utf8(body).is_ok() {
            empty(&put(&day.path("/drivers"), body));
            empty(&put(&day.path("/packages"), body));
        }
    }
    assert_eq!(read(&day.path("")).body, before);
    for body in [Vec::new(), b"\n".to_vec(), gzip(b""), gzip(b"\xef\xbb\xbf ")] {
        day.upload("packages.json", body);
        empty(&assign(&day.request(2)));
    }
    // That there are none is said so.
    assert_eq!(put(&day.path("/packages"), b" [] ").body["count"], 0);
    assert_eq!(pairs(&assign(&day.request(2))).len(), 0);
}

#[test]
fn odd_tokens_harm_neither_the_element_nor_its_neighbours() {
    let day = Day::plain(2, 3);
    let with = |element: &Value, field: &str| format!("{},{field}}}", element.to_string().strip_suffix('}').unwrap());
    let odd = [
        r#""name":"Jo\ud83d""#,
        r#""name":1e999"#,
        r#""\udc00":{"id":123456789012345678901234567890}"#,
        r#""rules":7,"rules":[],"weight_kg":"?","weight_kg":1.0,"delivery_hour":9.0"#,
    ];
    for field in odd {
        let drivers = format!("\u{feff}[{},{}]", with(&day.drivers[0], field), day.drivers[1]);
        let stored = put(&day.path("/drivers"), drivers.as_bytes());
        assert_eq!((stored.status, &stored.body["count"]), (200, &json!(2)), "{field}: {stored:?}");
        let packages = format!("[{},{}]", with(&day.packages[0], field), day.packages[1]);
        let stored = put(&day.path("/packages"), packages.as_bytes());
        assert_eq!((stored.status, &stored.body["count"]), (200, &json!(2)), "{field}: {stored:?}");
    }
    // The last of them counts, and one more: each of both drivers can be asked for, and each package has its address.
    let packages: Vec<_> = day.packages.iter().zip(odd).map(|(package, field)| with(package, field)).collect();
    day.upload("packages.ndjson", packages.join("\n").into_bytes());
    let answer = assign(&day.request(2));
    assert_eq!((answer.status, pairs(&answer).len()), (200, 3), "{answer:?}");
    let attributes: Vec<_> = day
        .package_ids()
        .iter()
        .map(|package| {
            let story = read(&format!("/v1/packages/{package}")).body;
            assert_eq!(story["package"]["address"], "Rua Augusta 100", "{story}");
            story["package"]["attributes"].clone()
        })
        .collect();
    assert_eq!(
        attributes,
        [
            json!({"name": "Jo\u{fffd}"}),
            json!({"name": "1e999"}),
            json!({"\u{fffd}": {"id": "123456789012345678901234567890"}})
        ]
    );
}

#[test]
fn what_is_nested_too_deeply_is_a_fault_with_its_place() {
    let day = Day::plain(2, 2);
    for levels in [32, 130, 5_000] {
        let deep = format!(r#""n":{}{}"#, "[".repeat(levels), "]".repeat(levels));
        for (list, elements) in [("/drivers", &day.drivers), ("/packages", &day.packages)] {
            let element = elements[1].to_string();
            let body = format!("[{},{},{deep}}}]", elements[0], element.strip_suffix('}').unwrap());
            let answer = put(&day.path(list), body.as_bytes());
            let [fault] = faults(&answer) else { panic!("{answer:?}") };
            assert_eq!((&fault["index"], &fault["detail"]), (&json!(1), &json!("is nested more than 32 levels deep")));
            assert!(fault["id"].is_string(), "{fault}");
        }
    }
}

#[test]
fn a_few_bytes_of_gzip_do_not_fill_the_memory() {
    let day = Day::plain(1, 1).uploaded();
    // Two kilobytes that are 400,001 elements, each with two faults.
    day.upload("drivers.json.gz", gzip(format!("[{}{{}}]", "{},".repeat(400_000)).as_bytes()));
    let answer = assign(&day.request(1));
    assert_eq!(faults(&answer).len(), 1000);
    let told = answer.body["detail"].as_str().unwrap();
    assert!(told.starts_with("the lists have 800002 faults") && told.ends_with("these are the first 1000"), "{told}");
    day.upload("drivers.json.gz", gzip(&vec![b'['; 70_000_000]));
    let answer = assign(&day.request(1));
    assert_eq!(faults(&answer)[0]["detail"], "is larger than 67108864 bytes (unpacked)");
    // The function lives, and takes the next list.
    day.upload("drivers.v2.json", array(&day.drivers));
    assert_eq!(pairs(&assign(&day.request(1))).len(), 1);
}

#[test]
fn a_time_window_may_be_over_midnight() {
    let mut day = Day::plain(2, 3);
    day.drivers[0] = day.driver("d0", &[("TIME_WINDOW", json!({"start_hour": 22, "end_hour": 6.0}))]);
    day.drivers[1] = day.driver("d1", &[("TIME_WINDOW", json!({"start_hour": 7, "end_hour": 21}))]);
    for (package, hour) in day.packages.iter_mut().zip([json!(23), json!(6.0), json!(7)]) {
        package["delivery_hour"] = hour;
    }
    let day = day.uploaded();
    let answer = assign(&day.request(3));
    assert_eq!(answer.body["assignments"][day.id("d0")], json!([day.id("p000"), day.id("p001")]), "{answer:?}");
    assert_eq!(answer.body["assignments"][day.id("d1")], json!([day.id("p002")]));
    let cold = day.driver("d0", &[("TEMP_CONTROL", json!({"min_c": 8, "max_c": 2}))]);
    let refused = put(&day.path("/drivers"), &array(&[cold]));
    assert!(faults(&refused)[0]["detail"].as_str().unwrap().contains("nothing would fit"), "{refused:?}");
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
