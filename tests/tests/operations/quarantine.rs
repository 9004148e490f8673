//! What was refused gets into the log when the reason is gone, and once.

use std::time::Duration;

use aws_sdk_s3::Client;
use milkrun_tests::payload::position;
use milkrun_tests::tool::milkrun;
use milkrun_tests::{Aws, MILKRUN, eventually, post_positions, unique};
use serde_json::{Value, json};

/// The only object of a driver.
fn kept(driver: &str) -> (String, Value) {
    let mut objects = Aws::root().quarantined(driver);
    assert_eq!(objects.len(), 1, "{objects:?}");
    objects.remove(0)
}

/// Puts a request into the quarantine, as ingest does.
fn keep(key: &str, indexes: &[Option<usize>], body: &Value) {
    let aws = Aws::root();
    let reason = key.split('/').nth(1).unwrap();
    let faults: Vec<_> = indexes
        .iter()
        .map(|index| json!({"index": index, "event_id": null, "reason": reason, "detail": "by an older rule"}))
        .collect();
    let record = json!({
        "schema_version": 1, "reason": reason, "route": "/v1/positions", "request_id": "r1",
        "received_at": "2020-01-01T09:30:00.000Z", "faults": faults, "headers": {}, "body": body.to_string(),
    });
    let put = Client::new(aws.config()).put_object().bucket(&MILKRUN.quarantine_bucket).key(key);
    aws.wait(put.body(record.to_string().into_bytes().into()).send()).unwrap();
}

#[test]
fn what_time_has_mended_is_stored_once() {
    let driver = unique("driver");
    let mut early = position(&driver, 0);
    // Ten seconds more than is accepted: on a busy machine it takes some to arrive.
    let ahead = std::time::SystemTime::now() + Duration::from_secs(310);
    early["recorded_at"] = json!(location_event::Timestamp::from(ahead).to_string());
    let good = position(&driver, 5);
    assert_eq!(post_positions(&json!([good, early])).body["accepted"], 1);
    let (key, _) = kept(&driver);
    assert!(key.starts_with("quarantine/recorded_at_in_future/"), "{key}");

    let arguments = ["quarantine", "replay", &key, "--json"];
    let tried = eventually("the time that mends it", || {
        let tried = milkrun(&[&arguments[..], &["--dry-run"]].concat()).json();
        (tried["resolved"] == 1).then_some(tried)
    });
    assert_eq!(tried["dry_run"], true, "{tried}");
    assert_eq!((Aws::root().logged(&driver), kept(&driver).0), (1, key.clone()));

    let replayed = milkrun(&arguments).done().json();
    assert_eq!(
        (&replayed["stored"], &replayed["duplicates"], &replayed["resolved"]),
        (&json!(1), &json!(1), &json!(1))
    );
    assert_eq!((Aws::root().logged(&driver), Aws::root().quarantined(&driver).len()), (2, 0));

    let gone = milkrun(&arguments);
    assert_eq!((gone.code, &gone.json()["failed"]), (3, &json!(1)), "{gone:?}");
}

#[test]
fn what_an_older_rule_refused_is_stored_once_however_often_it_is_kept_and_replayed() {
    let (driver, digest) = (unique("driver"), unique("digest"));
    let body = json!([position(&driver, 5), position(&driver, 4)]);
    let [first, second] =
        ["2020-01-01", "2020-01-02"].map(|day| format!("quarantine/not_an_event/dt={day}/{digest}.json"));
    let replay =
        ["quarantine", "replay", "--reason", "not_an_event", "--from", "2020-01-01", "--to", "2020-01-02", "--json"];
    keep(&first, &[None], &body);
    keep(&second, &[None], &body);
    let replayed = milkrun(&replay).done().json();
    assert_eq!(
        ["requests", "stored", "duplicates", "resolved"].map(|field| replayed[field].as_u64()),
        [Some(1), Some(2), Some(0), Some(2)],
        "{replayed}"
    );
    // The tool had been killed before it deleted this one.
    keep(&first, &[None], &body);
    let replayed = milkrun(&replay).done().json();
    assert_eq!((&replayed["stored"], &replayed["duplicates"]), (&json!(0), &json!(2)), "{replayed}");
    assert_eq!((Aws::root().logged(&driver), Aws::root().quarantined(&driver).len()), (2, 0));
}

#[test]
fn what_is_still_refused_stays_as_it_is() {
    let driver = unique("driver");
    let mut bad = position(&driver, 5);
    bad["latitude"] = json!(91);
    assert_eq!(post_positions(&bad).status, 422);
    let (key, record) = kept(&driver);
    let replayed = milkrun(&["quarantine", "replay", &key, "--json"]);
    assert_eq!((replayed.code, &replayed.json()["still_quarantined"]), (3, &json!(1)), "{replayed:?}");
    // Not even the day or the id of the request have changed.
    assert_eq!((kept(&driver), Aws::root().logged(&driver)), ((key.clone(), record), 0));
    let unchecked = milkrun(&["quarantine", "replay", &key, "--unchecked", "--json"]);
    assert_eq!((unchecked.code, &unchecked.json()["still_quarantined"]), (3, &json!(1)), "{unchecked:?}");
    assert_eq!(kept(&driver).0, key);
}

#[test]
fn a_request_with_two_faults_leaves_what_is_refused() {
    let (driver, digest) = (unique("driver"), unique("digest"));
    let mut bad = position(&driver, 5);
    bad["longitude"] = json!(181);
    let body = json!([position(&driver, 6), bad]);
    let mended = format!("quarantine/driver_missing/dt=2020-02-01/{digest}.json");
    let refused = format!("quarantine/longitude_out_of_range/dt=2020-02-01/{digest}.json");
    keep(&mended, &[Some(0)], &body);
    keep(&refused, &[Some(1)], &body);
    let replayed = milkrun(&["quarantine", "replay", &mended, &refused, "--json"]);
    assert_eq!(replayed.code, 3);
    let replayed = replayed.json();
    assert_eq!(
        ["stored", "resolved", "still_quarantined"].map(|field| replayed[field].as_u64()),
        [Some(1), Some(1), Some(1)],
        "{replayed}"
    );
    let left = Aws::root().quarantined(&driver);
    assert!(left.iter().all(|(key, _)| key.starts_with("quarantine/longitude_out_of_range/")), "{left:?}");
    assert!(left.iter().any(|(key, _)| *key == refused), "{left:?}");
    assert_eq!(Aws::root().logged(&driver), 1);
}

#[test]
fn a_list_says_why_and_shows_no_body() {
    let (driver, digest) = (unique("driver"), unique("digest"));
    let key = format!("quarantine/type_missing/dt=2020-03-01/{digest}.json");
    keep(&key, &[Some(0)], &json!([position(&driver, 5)]));
    let on_that_day = ["quarantine", "list", "--from", "2020-03-01", "--to", "2020-03-01"];
    let listed = milkrun(&on_that_day).done();
    assert!(listed.out.contains(&key) && !listed.out.contains(&driver), "{listed:?}");
    let listed = milkrun(&[&on_that_day[..], &["--json"]].concat()).done();
    assert!(!listed.out.contains(&driver), "{listed:?}");
    assert_eq!((&listed.json()["total"], &listed.json()["newest"][0]["faults"]), (&json!(1), &json!(1)));

    let shown = milkrun(&["quarantine", "show", &key]).done();
    assert!(shown.out.contains(&driver), "{shown:?}");
    assert_eq!(milkrun(&["quarantine", "show", &key, "--json"]).done().json()["request_id"], "r1");
    milkrun(&["quarantine", "replay", &key]).done();
}

#[test]
fn a_replay_of_nothing_in_particular_is_not_understood() {
    assert_eq!(milkrun(&["quarantine", "replay"]).code, 2);
    assert_eq!(milkrun(&["quarantine", "replay", "--reason", "no_reason"]).code, 2);
}
