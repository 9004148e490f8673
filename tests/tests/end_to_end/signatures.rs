//! Who is let in, and that nothing of anybody else is kept.

use aws_sdk_secretsmanager::Client as Secrets;
use milkrun_tests::payload::{crossing, position};
use milkrun_tests::{Answer, Aws, MILKRUN, Signature, post, unique};
use serde_json::json;

fn radar(signature: &Signature, driver: &str) -> Answer {
    post(&MILKRUN.webhook_url, signature, crossing(driver, "order", 5).to_string().as_bytes())
}

/// Denied, in the one form that says nothing about why, and nothing of it stored anywhere.
fn assert_denied(answer: &Answer, driver: &str) {
    assert_eq!((answer.status, answer.media_type.as_str()), (401, "application/problem+json"), "{answer:?}");
    assert_eq!(answer.body["detail"], "the request's signature is missing, stale or not made with a live secret");
    assert_eq!(Aws::root().logged(driver), 0);
    assert_eq!(Aws::root().quarantined(driver).len(), 0);
}

#[test]
fn a_forged_or_missing_radar_signature_is_denied() {
    let good = Signature::radar(&MILKRUN.radar_secret, &unique("sign"));
    for signature in [
        Signature::none(),
        Signature::radar("another secret", &unique("sign")),
        good.clone().with("x-radar-signature", None),
        good.clone().with("x-radar-signing-id", None),
        good.clone().with("x-radar-signing-id", Some("another id")),
        good.clone().with("x-radar-signature", Some("")),
        good.with("x-radar-signature", Some(&"0".repeat(40))),
    ] {
        let driver = unique("stranger");
        assert_denied(&radar(&signature, &driver), &driver);
    }
}

#[test]
fn a_captured_pair_of_radar_headers_passes_no_other_body() {
    let (driver, stranger) = (unique("driver"), unique("stranger"));
    let signature = Signature::radar(&MILKRUN.radar_secret, &unique("sign"));
    let body = crossing(&driver, "order", 5).to_string();
    assert_eq!(post(&MILKRUN.webhook_url, &signature, body.as_bytes()).status, 202);
    assert_denied(&radar(&signature, &stranger), &stranger);
    // A provider's own retry has the same body.
    let retry = post(&MILKRUN.webhook_url, &signature, body.as_bytes());
    assert_eq!((retry.status, &retry.body["duplicates"]), (202, &json!(1)));
}

#[test]
fn a_forged_or_stale_standard_webhooks_signature_is_denied() {
    let driver = unique("stranger");
    let body = position(&driver, 5).to_string();
    let body = body.as_bytes();
    let secret = MILKRUN.standard_webhooks_secret.as_str();
    let other = position(&driver, 400).to_string();
    for signature in [
        Signature::none(),
        Signature::standard("whsec_YW5vdGhlcg==", body, 0),
        Signature::standard(secret, other.as_bytes(), 0),
        Signature::standard(secret, body, 310),
        Signature::standard(secret, body, -310),
        Signature::standard(secret, body, 0).with("webhook-id", Some("another id")),
        Signature::standard(secret, body, 10).with("webhook-timestamp", Some("0")),
        Signature::standard(secret, body, 0).with("webhook-timestamp", None),
        Signature::standard(secret, body, 0).with("webhook-signature", Some("v1,")),
        // Rightly signed, but the id makes what is signed ambiguous, or is too long for one.
        Signature::standard_of(&unique("msg.1"), secret, body, 0),
        Signature::standard_of(&"m".repeat(257), secret, body, 0),
    ] {
        assert_denied(&post(&MILKRUN.positions_url, &signature, body), &driver);
    }
    let in_time = Signature::standard(secret, body, 290);
    assert_eq!(post(&MILKRUN.positions_url, &in_time, body).status, 202);
}

#[test]
fn each_schemes_signature_opens_its_own_route_only() {
    let driver = unique("stranger");
    let body = position(&driver, 5).to_string();
    let signature = Signature::radar(&MILKRUN.radar_secret, &unique("sign"));
    assert_denied(&post(&MILKRUN.positions_url, &signature, body.as_bytes()), &driver);
}

#[test]
fn a_rotated_secret_is_accepted_at_once_and_the_one_before_it_still() {
    let aws = Aws::root();
    let secrets = Secrets::new(aws.config());
    let put = |value: serde_json::Value| {
        let request = secrets.put_secret_value().secret_id(&MILKRUN.radar_secret_id).secret_string(value.to_string());
        aws.wait(request.send()).unwrap();
    };
    let (driver, fresh) = (unique("driver"), unique("secret"));
    // The tests beside this one sign with what is the previous secret now.
    put(json!({"current": fresh, "previous": MILKRUN.radar_secret}));
    for secret in [fresh.as_str(), MILKRUN.radar_secret.as_str()] {
        // A look-up at most a second old, caused by a forgery beside this, keeps the fresh secret unseen.
        let answer = milkrun_tests::eventually("the rotated secret", || {
            let answer = radar(&Signature::radar(secret, &unique("sign")), &driver);
            (answer.status == 202).then_some(answer)
        });
        assert_eq!(answer.body["quarantined"], json!([]));
    }
    assert_denied(&radar(&Signature::radar("older still", &unique("sign")), "nobody"), "nobody");
    put(json!({"current": MILKRUN.radar_secret}));
}
