//! Secrets are rotated while senders post.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use milkrun_tests::payload::{crossing, position};
use milkrun_tests::tool::{milkrun, milkrun_with_input};
use milkrun_tests::{Answer, Aws, MILKRUN, Signature, eventually, post, unique};
use serde_json::{Value, json};

/// A scheme, and how somebody posts with a secret of it.
struct Scheme {
    name: &'static str,
    secret_id: &'static str,
    secret: &'static str,
    post: fn(&str, &str, u64) -> Answer,
}

fn schemes() -> [Scheme; 2] {
    [
        Scheme {
            name: "radar",
            secret_id: &MILKRUN.radar_secret_id,
            secret: &MILKRUN.radar_secret,
            post: |secret, driver, age_s| {
                let body = crossing(driver, "order", age_s).to_string();
                post(&MILKRUN.webhook_url, &Signature::radar(secret, &unique("sign")), body.as_bytes())
            },
        },
        Scheme {
            name: "standard-webhooks",
            secret_id: &MILKRUN.standard_webhooks_secret_id,
            secret: &MILKRUN.standard_webhooks_secret,
            post: |secret, driver, age_s| {
                let body = position(driver, age_s).to_string();
                post(&MILKRUN.positions_url, &Signature::standard(secret, body.as_bytes(), 0), body.as_bytes())
            },
        },
    ]
}

impl Scheme {
    fn held(&self) -> Value {
        let aws = Aws::root();
        let read = Client::new(aws.config()).get_secret_value().secret_id(self.secret_id);
        serde_json::from_str(aws.wait(read.send()).unwrap().secret_string().unwrap()).unwrap()
    }

    fn hold(&self, secrets: &Value) {
        let aws = Aws::root();
        let put = Client::new(aws.config()).put_secret_value().secret_id(self.secret_id);
        aws.wait(put.secret_string(secrets.to_string()).send()).unwrap();
    }

    /// What `make up` has left, for all other tests.
    fn restore(&self) {
        self.hold(&json!({"current": self.secret}));
        eventually("the restored secret", || {
            ((self.post)(self.secret, &unique("driver"), 5).status == 202).then_some(())
        });
    }
}

/// Sets a flag in the end, also where the test fails: otherwise who waits for it would wait forever.
struct SetInTheEnd<'a>(&'a AtomicBool);

impl Drop for SetInTheEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_rotation_loses_no_event() {
    for scheme in schemes() {
        let driver = unique("driver");
        let (rotated, posted) = (AtomicBool::new(false), AtomicU64::new(0));
        let posts = |count| (posted.load(Ordering::Relaxed) >= count).then_some(());
        let (answers, fresh) = thread::scope(|scope| {
            // A sender that goes on with its secret until it is told the new one.
            let old = scope.spawn(|| {
                let mut answers = Vec::new();
                while !rotated.load(Ordering::Relaxed) {
                    answers.push((scheme.post)(scheme.secret, &driver, 1000 + answers.len() as u64).status);
                    posted.fetch_add(1, Ordering::Relaxed);
                }
                answers
            });
            let end = SetInTheEnd(&rotated);
            eventually("posts before the rotation", || posts(3));
            let changed = milkrun(&["secrets", "rotate", scheme.name, "--json"]).done().json();
            let fresh = changed["secret"].as_str().unwrap().to_owned();
            assert_eq!((&changed["live"], &changed["path_token"]), (&json!(2), &json!(false)));
            // Told, it has switched at once; another of its machines has not.
            let mut answers: Vec<_> = (0..5).map(|age_s| (scheme.post)(&fresh, &driver, 500 + age_s).status).collect();
            let before = posted.load(Ordering::Relaxed);
            eventually("posts with the former secret after the rotation", || posts(before + 3));
            drop(end);
            answers.extend(old.join().unwrap());
            (answers, fresh)
        });
        assert!(answers.len() > 10 && answers.iter().all(|status| *status == 202), "{answers:?}");
        assert_eq!(Aws::root().logged(&driver), answers.len(), "{}", scheme.name);

        // Too early to end it, unless it must be.
        let early = milkrun(&["secrets", "finish", scheme.name]);
        assert_eq!(early.code, 1, "{early:?}");
        assert!(early.err.contains("rotated less than an hour ago"), "{early:?}");
        assert_eq!(milkrun(&["secrets", "rotate", scheme.name]).code, 1);
        milkrun(&["secrets", "finish", scheme.name, "--force"]).done();
        assert_eq!(scheme.held(), json!({"current": fresh}));
        assert_eq!(milkrun(&["secrets", "finish", scheme.name, "--force"]).code, 1);
        scheme.restore();
    }
}

#[test]
fn the_demo_adds_up_while_both_secrets_are_rotated() {
    let drive = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/drive.ndjson");
    let demo = thread::scope(|scope| {
        let demo = scope.spawn(|| milkrun(&["demo", "--drive", drive]));
        // It posts for some ten seconds, with the secrets that it read at its start.
        thread::sleep(Duration::from_secs(2));
        for scheme in schemes() {
            milkrun(&["secrets", "rotate", scheme.name]).done();
        }
        demo.join().unwrap()
    });
    schemes().iter().for_each(Scheme::restore);
    assert_eq!(demo.code, 0, "{demo:?}");
    assert!(demo.out.contains("✓ 118 requests = 118 answered as the drive expects"), "{demo:?}");
}

#[test]
fn a_given_secret_is_taken_and_the_path_token_kept() {
    let [scheme, _] = schemes();
    scheme.hold(&json!({"current": scheme.secret, "path_token": "t0ken"}));
    let given = unique("token");
    let arguments = ["secrets", "rotate", scheme.name, "--secret-file", "-"];
    let dry = milkrun_with_input(&[&arguments[..], &["--dry-run", "--json"]].concat(), &given).done();
    assert!(!dry.out.contains(&given), "{dry:?}");
    assert_eq!(scheme.held(), json!({"current": scheme.secret, "path_token": "t0ken"}));

    let changed = milkrun_with_input(&arguments, &format!("{given}\n")).done();
    // Who has given it knows it.
    assert!(!format!("{changed:?}").contains(&given), "{changed:?}");
    assert_eq!(scheme.held(), json!({"current": given, "path_token": "t0ken", "previous": scheme.secret}));
    let malformed = milkrun_with_input(&arguments, "two words");
    assert_eq!((malformed.code, malformed.out.as_str()), (1, ""));
    scheme.restore();
}
