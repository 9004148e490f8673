//! The handler over the real SDK and a small AWS of the tests' own: what becomes of a day when things fail.

mod world;

use std::time::{Duration, SystemTime};

use http_edge::Response;
use serde_json::{Value, json};

use crate::bucket::Bucket;
use crate::idempotency::Key;
use crate::{Config, Handler};
use world::World;

const DATE: &str = "2026-11-20";
const NOON_S: u64 = 1_795_176_000;

fn config() -> Config {
    Config {
        assignments_table: "assignments".to_owned(),
        dispatch_bucket: "dispatch".to_owned(),
        time_zone: local_day::Zone::default(),
        assignment_retention_days: 90,
    }
}

/// Drivers `a`, `b`, `c` without rules, and packages `0` to `8`, the nearest first.
fn a_day() -> World {
    lambda_boot::forbid_in_logs(&["12 Elm Street"]);
    let world = World::default();
    let drivers = ["a", "b", "c"].map(|id| json!({"id": id, "rules": []}));
    let packages: Vec<_> = (0..9)
        .map(|index| {
            json!({
                "package_id": index.to_string(), "weight_kg": 1, "is_perishable": false, "region": "north",
                "distance_km": index, "is_express": false, "is_fragile": false, "hazmat_class": null,
                "temperature_c": 4.5, "delivery_hour": 9, "volume_m3": 1, "address": "12 Elm Street", "note": {"bell": 3},
            })
        })
        .collect();
    world.store(&format!("days/{DATE}/drivers.json"), json!(drivers).to_string());
    world.store(&format!("days/{DATE}/packages.json"), json!(packages).to_string());
    world
}

/// One call to a new copy of the function, `after_s` seconds past noon; time that it would wait is skipped.
fn call(world: &World, after_s: u64, headers: &Value, body: &Value) -> Response {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let request = json!({
        "httpMethod": "POST", "resource": "/assign", "headers": headers, "body": body.to_string(),
        "requestContext": {"requestId": "r1", "identity": {"apiKeyId": "key1"}},
    });
    let request = serde_json::from_value(request).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON_S + after_s);
    runtime.block_on(async { Handler::new(&world.sdk(), config()).handle(&request, now).await })
}

fn assign(world: &World, drivers: &[&str], max_per_driver: u32) -> Response {
    call(world, 0, &Value::Null, &json!({"driver_ids": drivers, "max_per_driver": max_per_driver, "date": DATE}))
}

fn json_of(response: &Response) -> Value {
    serde_json::from_str(response.body()).unwrap()
}

/// Driver and package of each assignment in an answer.
fn pairs(body: &Value) -> Vec<(String, String)> {
    let of_driver = |(driver, packages): (&String, &Value)| {
        let packages = packages.as_array().unwrap().clone();
        let driver = driver.clone();
        packages.into_iter().map(move |package| (driver.clone(), package.as_str().unwrap().to_owned()))
    };
    let mut pairs: Vec<_> = body["assignments"].as_object().unwrap().iter().flat_map(of_driver).collect();
    pairs.sort();
    pairs
}

#[test]
fn what_is_answered_is_in_the_table() {
    let world = a_day();
    let response = assign(&world, &["c", "a"], 2);
    assert_eq!(response.status(), 200);
    insta::assert_json_snapshot!(json_of(&response));
    assert_eq!(world.rows(), pairs(&json_of(&response)));
    let row = &world.row("a", "0")["ExpressionAttributeValues"];
    let said = [":updated_by", ":address", ":attributes", ":weight_kg"].map(|name| row[name].clone());
    let expected = [
        json!({"S": "key1"}),
        json!({"S": "12 Elm Street"}),
        json!({"S": r#"{"note":{"bell":3}}"#}),
        json!({"N": "1"}),
    ];
    assert_eq!(said, expected);
    let writes = world.count("UpdateItem");
    assert_eq!(assign(&world, &["c", "a"], 2).body(), response.body());
    assert_eq!(world.count("UpdateItem"), writes, "what is known to be written is not written again");
}

#[test]
fn a_throttled_table_is_said_to_be_so_and_the_next_call_goes_on() {
    let undisturbed = assign(&a_day(), &["a", "b", "c"], 3);
    for taken in 0..9 {
        let world = a_day();
        world.throttle_after(Some(taken));
        let unfinished = assign(&world, &["a", "b", "c"], 3);
        assert_eq!(unfinished.status(), 503);
        assert_eq!(unfinished.header("retry-after"), Some("2"));
        assert_eq!(json_of(&unfinished)["pending"], 9 - taken);
        assert_eq!(pairs(&json_of(&unfinished)), world.rows(), "what is written is said");
        world.throttle_after(None);
        let before = world.count("UpdateItem");
        assert_eq!(assign(&world, &["a", "b", "c"], 3).body(), undisturbed.body());
        assert_eq!(world.rows(), pairs(&json_of(&undisturbed)));
        assert_eq!(world.count("UpdateItem") - before, 9 - taken, "it goes on, and does not begin again");
    }
}

#[test]
fn who_is_second_decides_upon_what_the_first_left() {
    let (world, rival) = (a_day(), a_day());
    assert_eq!(assign(&rival, &["b"], 4).status(), 200);
    // The rival's plan appears between this call's reading and writing.
    world.before_plan(rival.object(&format!("plans/{DATE}.json")).unwrap());
    let answer = json_of(&assign(&world, &["a", "b"], 4));
    assert_eq!(world.count("PUT plans/"), 2);
    let mut packages: Vec<_> = pairs(&answer).into_iter().map(|(_, package)| package).collect();
    packages.sort();
    packages.dedup();
    assert_eq!(packages.len(), 8, "{answer}");
    assert_eq!(answer["assignments"]["b"], json!(["0", "1", "2", "3"]), "what was decided stays");
    assert_eq!(world.rows(), pairs(&answer), "the rival's rows are written where they were asked for");
}

#[test]
fn what_nobody_writes_any_more_is_written_by_the_next_call() {
    let world = a_day();
    world.throttle_after(Some(0));
    assert_eq!(assign(&world, &["a"], 2).status(), 503);
    world.throttle_after(None);
    let of_b = json!({"driver_ids": ["b"], "max_per_driver": 1, "date": DATE});
    assert_eq!(call(&world, 30, &Value::Null, &of_b).status(), 200);
    assert_eq!(world.rows().len(), 1, "the first call may still be writing");
    assert_eq!(call(&world, 90, &Value::Null, &of_b).status(), 200);
    assert_eq!(world.rows().len(), 3);
}

#[test]
fn an_abandoned_run_that_cannot_be_written_holds_nobody_up() {
    let world = a_day();
    world.throttle_after(Some(0));
    assert_eq!(assign(&world, &["a"], 2).status(), 503);
    world.throttle_after(None);
    world.refuse(Some("a"));
    let of_b = json!({"driver_ids": ["b"], "max_per_driver": 1, "date": DATE});
    let response = call(&world, 90, &Value::Null, &of_b);
    assert_eq!(response.status(), 200);
    assert_eq!(world.rows(), pairs(&json_of(&response)));
    let of_a = json!({"driver_ids": ["a"], "max_per_driver": 2, "date": DATE});
    assert_eq!(call(&world, 91, &Value::Null, &of_a).status(), 500, "whom it concerns hears of it");
    world.refuse(None);
    assert_eq!(call(&world, 92, &Value::Null, &of_b).body(), response.body());
    assert_eq!(world.rows().len(), 3);
}

#[test]
fn an_index_that_cannot_be_read_is_no_reason_to_stop() {
    let world = a_day();
    world.throttle_after(Some(1));
    assert_eq!(assign(&world, &["a", "b"], 2).status(), 503);
    world.throttle_after(None);
    world.fail_queries(true);
    let response = assign(&world, &["a", "b"], 2);
    assert_eq!(response.status(), 200);
    assert_eq!(world.rows(), pairs(&json_of(&response)));
}

#[test]
fn a_list_is_acknowledged_only_if_it_is_stored() {
    let world = a_day();
    let request = json!({
        "httpMethod": "PUT", "resource": "/v1/days/{date}/drivers", "pathParameters": {"date": DATE}, "body": "[]",
    });
    let put = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let request = serde_json::from_value(request.clone()).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOON_S);
        runtime.block_on(async { Handler::new(&world.sdk(), config()).handle(&request, now).await })
    };
    for (status, answered) in [(404, 500), (409, 500), (503, 503)] {
        world.fail_s3(Some(status));
        assert_eq!(put().status(), answered);
    }
    world.fail_s3(None);
    assert_eq!((put().status(), world.count("PUT days/")), (200, 1));
}

#[test]
fn a_plan_of_another_version_is_left_alone() {
    let world = a_day();
    world.store(&format!("plans/{DATE}.json"), json!({"schema_version": 2, "runs": []}).to_string());
    assert_eq!(assign(&world, &["a"], 1).status(), 500);
    assert_eq!(world.count("PUT plans/"), 0);
}

#[test]
fn rows_say_what_the_list_said_that_they_were_assigned_from() {
    let world = a_day();
    world.throttle_after(Some(0));
    assert_eq!(assign(&world, &["a"], 1).status(), 503);
    world.throttle_after(None);
    // The package is gone from the newest list.
    world.store(&format!("days/{DATE}/packages.v2.json"), "[]".to_owned());
    let response = assign(&world, &["a"], 1);
    assert_eq!(json_of(&response)["assignments"]["a"], json!(["0"]));
    assert_eq!(world.rows(), pairs(&json_of(&response)));
    assert!(world.row("a", "0").to_string().contains("12 Elm Street"));
}

#[test]
fn an_idempotency_key_has_one_answer() {
    let world = a_day();
    let key = json!({"Idempotency-Key": "morning"});
    let body = json!({"driver_ids": ["a"], "max_per_driver": 1, "date": DATE});
    let first = call(&world, 0, &key, &body);
    assert_eq!(first.status(), 200);
    let more = json!({"driver_ids": ["a"], "max_per_driver": 2, "date": DATE});
    assert_eq!(call(&world, 1, &key, &more).status(), 409);
    assert_eq!(call(&world, 2, &Value::Null, &more).status(), 200);
    assert_eq!(call(&world, 3, &key, &body), first);
    assert_eq!(call(&world, 4, &json!({"idempotency-key": ""}), &body).status(), 400);
    // A request that is refused does not claim its key.
    let key = json!({"Idempotency-Key": "evening"});
    let unknown = json!({"driver_ids": ["nobody"], "max_per_driver": 1, "date": DATE});
    assert_eq!(call(&world, 5, &key, &unknown).status(), 400);
    assert_eq!(call(&world, 6, &key, &body).status(), 200);
}

#[tokio::test]
async fn of_two_answers_under_one_key_the_first_counts() {
    let world = World::default();
    let bucket = Bucket::new(aws_sdk_s3::Client::new(&world.sdk()), "dispatch".to_owned());
    let (key, date) = (Key::of("k", "key1", b"{}").unwrap(), DATE.parse().unwrap());
    key.claim(&bucket, date).await.unwrap();
    key.claim(&bucket, date).await.unwrap();
    assert_eq!(key.keep(&bucket, date, "first".to_owned()).await.unwrap(), "first");
    assert_eq!(key.keep(&bucket, date, "second".to_owned()).await.unwrap(), "first");
    assert_eq!(key.recall(&bucket).await.unwrap().unwrap().answer.as_deref(), Some("first"));
}

#[test]
fn an_unfinished_answer_is_not_kept() {
    let world = a_day();
    let key = json!({"Idempotency-Key": "morning"});
    let body = json!({"driver_ids": ["a"], "max_per_driver": 1, "date": DATE});
    world.throttle_after(Some(0));
    assert_eq!(call(&world, 0, &key, &body).status(), 503);
    world.throttle_after(None);
    assert_eq!(call(&world, 1, &key, &body).status(), 200);
}

#[test]
fn an_idempotency_key_means_the_day_that_it_was_first_used_for() {
    let world = a_day();
    let key = json!({"Idempotency-Key": "night"});
    let body = json!({"driver_ids": ["a"], "max_per_driver": 1});
    world.throttle_after(Some(0));
    let unfinished = call(&world, 43_199, &key, &body);
    assert_eq!((unfinished.status(), &json_of(&unfinished)["date"]), (503, &json!(DATE)));
    world.throttle_after(None);
    // Two seconds later it is tomorrow, and there are no lists for that.
    assert_eq!(call(&world, 43_201, &Value::Null, &body).status(), 404);
    assert_eq!(call(&world, 43_201, &key, &body).status(), 200);
}

#[test]
fn explanations_leave_room_for_the_answer() {
    let world = World::default();
    world.store(
        &format!("days/{DATE}/drivers.json"),
        json!([{"id": "a", "rules": [{"code": "EXPRESS_ONLY"}]}]).to_string(),
    );
    let package = |index: u32| {
        json!({
            "package_id": format!("{index:036}"), "weight_kg": 1, "is_perishable": false, "region": "north",
            "distance_km": 1, "is_express": false, "is_fragile": false, "hazmat_class": null, "temperature_c": 4,
            "delivery_hour": 9, "volume_m3": 1,
        })
    };
    let packages: Vec<_> = (0..40_000).map(package).collect();
    world.store(&format!("days/{DATE}/packages.json"), json!(packages).to_string());
    let body = json!({"driver_ids": ["a"], "max_per_driver": 1, "date": DATE, "explain": true});
    let response = call(&world, 0, &Value::Null, &body);
    let sent = serde_json::to_string(&response).unwrap();
    assert!(sent.len() < 6 * 1024 * 1024, "{} bytes", sent.len());
    let answer = json_of(&response);
    let (explained, omitted) =
        (answer["explain"].as_array().unwrap().len(), answer["explain_omitted"].as_u64().unwrap());
    assert!(explained > 10_000);
    assert_eq!(explained as u64 + omitted, 40_000);
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let world = a_day();
    let before = world.keys();
    let body = json!({"driver_ids": ["a", "b", "c"], "max_per_driver": 3, "date": DATE, "dry_run": true});
    let dry = json_of(&call(&world, 0, &json!({"Idempotency-Key": "k"}), &body));
    assert_eq!((world.keys(), world.rows()), (before, Vec::new()));
    assert_eq!(dry["assignments"], json_of(&assign(&world, &["a", "b", "c"], 3))["assignments"]);
}

#[test]
fn what_is_down_is_503_and_what_is_forbidden_is_500() {
    for (status, answered) in [(503, 503), (403, 500)] {
        let world = a_day();
        world.fail_s3(Some(status));
        let mut response = None;
        let lines = lambda_boot::captured_logs(|| response = Some(assign(&world, &["a"], 1)));
        let line = lines.iter().find(|line| line["message"] == "request not carried out").unwrap();
        assert_eq!(line["span"]["request_id"], "r1", "{line}");
        let response = response.unwrap();
        assert_eq!(response.status(), answered);
        assert_eq!(response.header("retry-after").is_some(), answered == 503);
        assert!(!response.body().contains("dispatch.s3"), "no inner detail: {}", response.body());
    }
}
