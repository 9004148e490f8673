//! A consumer's keys, from the first to the last.

use milkrun_tests::payload::position;
use milkrun_tests::tool::milkrun;
use milkrun_tests::{get, post_positions, unique};
use serde_json::{Value, json};

/// The status of a question for a driver that is known.
fn status_with(key: &str, driver: &str) -> u16 {
    get(&format!("/v1/drivers/{driver}/location"), &[("x-api-key", key)]).status
}

fn value(issued: &Value) -> &str {
    issued["key"]["value"].as_str().unwrap()
}

#[test]
fn a_key_opens_the_read_edge_until_it_is_revoked() {
    let (driver, consumer) = (unique("driver"), unique("shop"));
    assert_eq!(post_positions(&json!([position(&driver, 5)])).status, 202);

    let first = milkrun(&["keys", "issue", &consumer, "--description", "a shop", "--json"]).done().json();
    assert_eq!(status_with(value(&first), &driver), 200);
    let again = milkrun(&["keys", "issue", &consumer]);
    assert_eq!((again.code, again.out.as_str()), (1, ""));
    assert!(again.err.contains("has a key already"), "{again:?}");

    let second = milkrun(&["keys", "rotate", &consumer, "--json"]).done().json();
    assert_eq!(second["still_live"], json!([first["key"]["id"]]));
    assert_eq!([&first, &second].map(|key| status_with(value(key), &driver)), [200, 200]);
    assert_eq!(milkrun(&["keys", "rotate", &consumer]).code, 1);

    milkrun(&["keys", "revoke", &consumer, "--old"]).done();
    assert_eq!([&first, &second].map(|key| status_with(value(key), &driver)), [403, 200]);
    assert_eq!(milkrun(&["keys", "revoke", &consumer, "--old"]).code, 1);

    milkrun(&["keys", "revoke", &consumer]).done();
    assert_eq!(status_with(value(&second), &driver), 403);
    assert_eq!(milkrun(&["keys", "revoke", &consumer]).code, 1);
}

#[test]
fn a_list_has_names_and_no_values() {
    let consumer = unique("shop");
    let issued = milkrun(&["keys", "issue", &consumer, "--description", "ask Ada", "--json"]).done().json();
    for arguments in [&["keys", "list"][..], &["keys", "list", "--json"]] {
        let listed = milkrun(arguments).done();
        assert!(listed.out.contains(&consumer) && listed.out.contains("ask Ada"), "{listed:?}");
        assert!(!listed.out.contains(value(&issued)), "{listed:?}");
    }
    milkrun(&["keys", "revoke", &consumer]).done();
}

#[test]
fn a_dry_run_makes_and_revokes_nothing() {
    let (consumer, other) = (unique("shop"), unique("shop"));
    milkrun(&["keys", "issue", &consumer]).done();
    let before = milkrun(&["keys", "list", "--json"]).done().json();
    for arguments in [["keys", "issue", &other], ["keys", "rotate", &consumer], ["keys", "revoke", &consumer]] {
        let tried = milkrun(&[&arguments[..], &["--dry-run", "--json"]].concat()).done().json();
        assert_eq!(tried["dry_run"], true, "{tried}");
    }
    assert_eq!(milkrun(&["keys", "list", "--json"]).done().json(), before);
    milkrun(&["keys", "revoke", &consumer]).done();
}
