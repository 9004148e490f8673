//! The handler over the real SDK and a small AWS of the tests' own: what becomes of a day when things fail.

mod world;

use std::time::{Duration, SystemTime};

use http_edge::Response;
use serde_json::{Value, json};

use crate::{Config, Handler};
use world::World;

const DATE: &str = "2026-11-20";
const NOON_S: u64 = 1_795_176_000;

fn config() -> Config {
    Config {
        assignments_table: "assignments".to_owned(),
        dispatch_bucket: "dispatch".to_owned(),
        time_zone: crate::config::Zone::default(),
        assignment_retention_days: 90,
    }
}

/// Drivers `a`, `b`, `c` without rules, and packages `0` to `8`, the nearest first.
fn a_day() -> World {
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
        let response = assign(&world, &["a"], 1);
        assert_eq!(response.status(), answered);
        assert_eq!(response.header("retry-after").is_some(), answered == 503);
        assert!(!response.body().contains("dispatch.s3"), "no inner detail: {}", response.body());
    }
}
