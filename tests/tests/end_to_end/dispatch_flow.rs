//! Lists come in, packages are assigned, each is followed to its end.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use milkrun_tests::Day;
use milkrun_tests::day::{array, lines};
use milkrun_tests::dispatch::{assign, put, read, texts, update};
use sample_day::SampleDay;
use serde_json::{Value, json};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Snapshots a body without what differs between two runs.
fn assert_snapshot(name: &str, day: &Day, body: &Value) {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(&day.mark, "<day>");
    settings.add_filter(r"<day>-[0-9a-f-]{36}", "<day>-<uuid>");
    settings.add_filter(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z", "<time>");
    settings.add_filter(&day.date, "<date>");
    settings.add_filter(r"\d{8}T\d{9}Z-[0-9a-f]{8}", "<stamp>");
    settings.add_filter(r#""(by|updated_by)": "[^"]+""#, r#""$1": "<API key id>""#);
    settings.bind(|| insta::assert_json_snapshot!(name, body));
}

#[test]
fn the_answer_has_the_contracts_keys_and_no_others_and_is_the_same_again() {
    // Without a date it is today, which no other test assigns.
    let mut day = Day::sample(&SampleDay { packages: 10, ..SampleDay::new(3) });
    let today = read(&format!("/v1/drivers/{}/assignments", day.id("nobody"))).body["date"].clone();
    today.as_str().unwrap().clone_into(&mut day.date);
    for (list, bytes) in [("/drivers", array(&day.drivers)), ("/packages", array(&day.packages))] {
        let stored = put(&day.path(list), &bytes);
        assert_eq!(stored.status, 200, "{stored:?}");
    }
    let request = json!({"driver_ids": day.driver_ids(), "max_per_driver": 3});
    let answer = assign(&request);
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/json"), "{answer:?}");
    let keys: Vec<_> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["assignments", "unassigned_packages", "unassigned_drivers"]);
    assert_snapshot("answer", &day, &answer.body);
    assert_eq!(assign(&request).text, answer.text);
    // The day may be named, which adds it to the answer and changes nothing else.
    let named = assign(&day.request(3));
    assert_eq!(named.body["date"], today);
    assert_eq!(named.body["assignments"], answer.body["assignments"]);
}

#[test]
fn lists_may_be_json_or_a_line_each_and_gzipped_and_all_are_read_alike() {
    let sample = SampleDay { packages: 30, ..SampleDay::new(6) };
    let mut answers = Vec::new();
    for (suffix, format, is_packed) in [
        ("json", array as fn(&[Value]) -> Vec<u8>, false),
        ("ndjson", lines, false),
        ("json.gz", array, true),
        // The content counts, whatever the name says.
        ("txt", lines, true),
    ] {
        let day = Day::sample(&sample);
        for (list, elements) in [("drivers", &day.drivers), ("packages", &day.packages)] {
            let bytes = format(elements);
            day.upload(&format!("{list}.{suffix}"), if is_packed { gzip(&bytes) } else { bytes });
        }
        let answer = assign(&day.request(4));
        assert_eq!(answer.status, 200, "{suffix}: {answer:?}");
        answers.push(answer.text.replace(&day.mark, "").replace(&day.date, ""));
    }
    for format in [array, lines] {
        let day = Day::sample(&sample);
        for (list, elements) in [("drivers", &day.drivers), ("packages", &day.packages)] {
            let stored = put(&day.path(&format!("/{list}")), &format(elements));
            assert_eq!((stored.status, &stored.body["count"]), (200, &json!(elements.len())), "{stored:?}");
        }
        answers.push(assign(&day.request(4)).text.replace(&day.mark, "").replace(&day.date, ""));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[test]
fn a_package_is_followed_from_the_list_to_the_recipient() {
    let mut day = Day::plain(2, 3);
    day.drivers[1] = day.driver("d1", &[("FRAGILE_ONLY", json!({}))]);
    // What the list says beyond the known is kept.
    day.packages[0]["customer"] = json!({"name": "Ana"});
    // The farthest stays.
    day.packages[2]["distance_km"] = json!(90);
    let day = day.uploaded();
    let answer = assign(&day.request(2));
    assert_snapshot("flow_assigned", &day, &answer.body);
    let (driver, package) = (day.id("d0"), texts(&answer.body["assignments"][day.id("d0")])[0].clone());
    assert_snapshot("flow_day", &day, &read(&day.path("")).body);

    let of_driver = format!("/v1/drivers/{driver}/assignments?date={}", day.date);
    assert_snapshot("flow_driver", &day, &read(&of_driver).body);
    let of_idle = read(&format!("/v1/drivers/{}/assignments?date={}", day.id("d1"), day.date));
    assert_eq!((of_idle.status, &of_idle.body["assignments"]), (200, &json!([])));

    let reported = json!({"proof": {"photo": "https://example.com/1.jpg", "codes": [1.50, "x"]},
                          "occurred_at": "2026-11-20T14:05:00-05:00"});
    assert_eq!(update(&driver, &package, "accepted", &json!({})).status, 200);
    assert_eq!(update(&driver, &package, "in_progress", &json!({"reason": "late start"})).status, 200);
    let delivered = update(&driver, &package, "delivered", &reported);
    assert_eq!(delivered.status, 200, "{delivered:?}");
    assert_snapshot("flow_delivered", &day, &delivered.body);
    assert_snapshot("flow_package", &day, &read(&format!("/v1/packages/{package}")).body);
    // An assignment repeated does not begin a delivery anew.
    assert_eq!(assign(&day.request(2)).text, answer.text);
    assert_eq!(read(&format!("/v1/packages/{package}")).body["status"], "delivered");
}

#[test]
fn a_package_that_comes_back_on_a_later_day_keeps_its_history() {
    let day = Day::plain(1, 1).uploaded();
    let (driver, package) = (day.id("d0"), day.id("p000"));
    assert_eq!(assign(&day.request(1)).status, 200);
    assert_eq!(update(&driver, &package, "failed_to_deliver", &json!({"reason": "nobody at home"})).status, 200);
    let year: u32 = day.date[..4].parse().unwrap();
    let later = Day { date: format!("{}{}", year + 1, &day.date[4..]), ..day.clone() }.uploaded();
    assert_eq!(assign(&later.request(1)).status, 200);
    assert_eq!((day.rows().len(), later.rows().len()), (0, 1));
    let story = read(&format!("/v1/packages/{package}")).body;
    assert_eq!((&story["date"], &story["status"], story.get("reason")), (&json!(later.date), &json!("assigned"), None));
    let history: Vec<_> =
        story["history"].as_array().unwrap().iter().map(|entry| (&entry["date"], &entry["status"])).collect();
    let (first, second) = (json!(day.date), json!(later.date));
    let [assigned, failed] = [json!("assigned"), json!("failed_to_deliver")];
    assert_eq!(history, [(&first, &assigned), (&first, &failed), (&second, &assigned)]);
    let of_first = read(&format!("/v1/drivers/{driver}/assignments?date={}", day.date));
    assert_eq!(of_first.body["assignments"], json!([]));
}
