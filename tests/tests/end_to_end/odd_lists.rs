//! Odd but legal JSON in lists and in requests to dispatch: read or refused with its place, and nothing beside it changes.

use milkrun_tests::dispatch::{assign, post, put, read};
use milkrun_tests::odd;
use milkrun_tests::{Answer, Day};
use serde_json::{Value, json};

/// A list whose second element has one more field, or one of its fields a second time: the last counts.
fn with_second(list: &[Value], field: &str, json: &str) -> String {
    let element = |(index, element): (usize, &Value)| {
        let text = element.to_string();
        if index == 1 { format!(r#"{},"{field}":{json}}}"#, &text[..text.len() - 1]) } else { text }
    };
    format!("[{}]", list.iter().enumerate().map(element).collect::<Vec<_>>().join(","))
}

/// Asserts that three elements were read, or that the second has a fault and no other has.
fn is_read(answer: &Answer, what: &str) -> bool {
    if answer.status == 200 {
        assert_eq!(answer.body["count"], 3, "{what}: {answer:?}");
        return true;
    }
    assert_eq!((answer.status, &answer.body["reason"]), (422, &json!("lists_invalid")), "{what}: {answer:?}");
    for fault in answer.body["faults"].as_array().unwrap() {
        assert_eq!(fault["index"], 1, "{what}: {answer:?}");
        assert!(!fault["detail"].as_str().unwrap().is_empty(), "{what}: {answer:?}");
    }
    false
}

#[test]
fn fifty_odd_lists_are_read_or_refused_and_their_neighbours_are_assigned() {
    for odd in odd::values() {
        let day = Day::plain(3, 3);
        for field in ["note", "id"] {
            let what = format!("{} as a driver's {field}", odd.name);
            let was_read =
                is_read(&put(&day.path("/drivers"), with_second(&day.drivers, field, &odd.json).as_bytes()), &what);
            assert!(was_read != odd.is_too_deep || field == "id", "{what}");
        }
        for field in ["note", "address", "weight_kg"] {
            let what = format!("{} as a package's {field}", odd.name);
            let list = with_second(&day.packages, field, &odd.json);
            let was_read = is_read(&put(&day.path("/packages"), list.as_bytes()), &what);
            assert!(was_read != odd.is_too_deep || field == "weight_kg", "{what}");
        }
        if odd.is_too_deep {
            continue;
        }

        let drivers = with_second(&day.drivers, "note", &odd.json);
        day.upload("drivers.json", format!("\u{feff}{drivers}").into_bytes());
        day.upload("packages.json", with_second(&day.packages, "note", &odd.json).into_bytes());
        let request = day.request_for(&day.driver_ids()[1..2], 3);
        let odd_request = format!(r#"{},"note":{}}}"#, &request.to_string()[..request.to_string().len() - 1], odd.json);
        assert_eq!(post("/assign", &[], odd_request.as_bytes()).status, 200, "{}", odd.name);
        assert_eq!(assign(&request).status, 200, "{}", odd.name);
        let answer = read(&format!("/v1/drivers/{}/assignments?date={}", day.id("d1"), day.date));
        let assignments = answer.body["assignments"].as_array().unwrap();
        assert_eq!(assignments.len(), 3, "{}: {answer:?}", odd.name);
        for assignment in assignments {
            let package = &assignment["package"];
            assert_eq!(package["address"], "Rua Augusta 100", "{}: {answer:?}", odd.name);
            let is_odd = assignment["package_id"] == day.id("p001");
            let names: Vec<_> = package["attributes"].as_object().into_iter().flatten().map(|(name, _)| name).collect();
            assert_eq!(names, if is_odd { vec!["note"] } else { vec![] }, "{}: {answer:?}", odd.name);
        }

        let update = |status: &str, place: &str| {
            let package_id = day.id("p001");
            format!(
                r#"{{"driver_id":"{}","package_id":"{package_id}","status":"{status}","{place}":{}}}"#,
                day.id("d1"),
                odd.json
            )
        };
        let answer = post("/update", &[], update("in_progress", "note").as_bytes());
        assert_eq!(answer.status, 200, "{}: {answer:?}", odd.name);
        for place in ["proof", "reason", "driver_id"] {
            let answer = post("/update", &[], update("in_progress", place).as_bytes());
            assert!([200, 400, 404].contains(&answer.status), "{} as {place}: {answer:?}", odd.name);
        }
        assert_eq!(read(&format!("/v1/packages/{}", day.id("p001"))).status, 200, "{}", odd.name);
    }
}

#[test]
fn a_request_that_is_nested_too_deeply_is_refused() {
    let day = Day::plain(1, 1).uploaded();
    for odd in odd::values().into_iter().filter(|odd| odd.is_too_deep) {
        let request = day.request(1).to_string();
        let request = format!(r#"{},"note":{}}}"#, &request[..request.len() - 1], odd.json);
        let answer = post("/assign", &[], request.as_bytes());
        assert_eq!(answer.status, 400, "{}: {answer:?}", odd.name);
        assert!(answer.body["detail"].as_str().unwrap().contains("32 levels"), "{}: {answer:?}", odd.name);
    }
    assert!(day.rows().is_empty());
}
