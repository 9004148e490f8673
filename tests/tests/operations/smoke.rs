//! The test that a deployment has to pass.

use milkrun_tests::tool::{milkrun, milkrun_in_shell};
use milkrun_tests::{MILKRUN, get};
use serde_json::json;

fn version() -> String {
    get("/v1/health", &[]).body["version"].as_str().unwrap().to_owned()
}

#[test]
fn what_works_passes_again_and_again() {
    for _ in 0..2 {
        let passed = milkrun(&["smoke", "--expect-version", &version(), "--json"]).done().json();
        let steps: Vec<_> = passed["steps"].as_array().unwrap().iter().map(|step| &step["name"]).collect();
        assert_eq!(steps, ["health", "API key", "post", "read by driver", "read by order", "repeat"]);
    }
    let keys = milkrun(&["keys", "list", "--json"]).done().json();
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.iter().filter(|key| key["name"] == "milkrun-smoke").count(), 1, "{keys:?}");
    let test_event = get("/v1/drivers/milkrun-smoke/location", &[("x-api-key", &MILKRUN.api_key)]).body;
    assert_eq!(test_event["live"], false);
}

#[test]
fn another_version_fails() {
    let failed = milkrun(&["smoke", "--expect-version", "another", "--patience", "0", "--json"]);
    assert_eq!((failed.code, failed.out.as_str()), (1, ""));
    assert!(failed.err.contains("failed at health") && failed.err.contains("and not another"), "{failed:?}");
}

#[test]
fn a_dry_run_posts_nothing() {
    let newest =
        || get("/v1/drivers/milkrun-smoke/location", &[("x-api-key", &MILKRUN.api_key)]).body["event_id"].clone();
    milkrun(&["smoke"]).done();
    let before = newest();
    assert_eq!(milkrun(&["smoke", "--dry-run", "--json"]).done().json()["dry_run"], true);
    assert_eq!(newest(), before);
}

#[test]
fn the_shells_credentials_and_endpoint_are_used() {
    milkrun_in_shell(&["smoke", "--env", "local"], "test").done();
    let stranger = milkrun_in_shell(&["smoke", "--env", "local"], "stranger");
    assert_eq!(stranger.code, 1);
    assert!(stranger.err.contains("does not accept these credentials"), "{stranger:?}");
    let nowhere = milkrun_in_shell(&["smoke", "--env", "nowhere"], "test");
    assert_eq!((nowhere.code, nowhere.out.as_str()), (1, ""));
    assert!(nowhere.err.contains("there is no stack milkrun-nowhere-data"), "{nowhere:?}");
}

#[test]
fn without_a_milkrun_it_says_make_up() {
    let nowhere = milkrun(&["smoke", "--local", "no/such/local.json"]);
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("run `make up`"), "{nowhere:?}");
    assert_eq!(json!(nowhere.out), "");
}
