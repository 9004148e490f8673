//! What needs somebody shows, and in the exit code.

use aws_sdk_cloudwatch::types::StateValue;
use milkrun_tests::tool::{Ran, milkrun};
use milkrun_tests::{Aws, MILKRUN, unique};
use serde_json::Value;

fn finding(status: &Ran, name: &str) -> Value {
    let document = status.json();
    let findings = document["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name).unwrap_or(&Value::Null).clone()
}

fn look() -> Ran {
    let status = milkrun(&["status", "--json"]);
    let document = status.json();
    let attention = document["findings"].as_array().unwrap().iter().any(|finding| finding["state"] == "attention");
    assert_eq!(document["attention"], attention, "{status:?}");
    assert_eq!(status.code, if attention { 3 } else { 0 }, "{status:?}");
    status
}

#[test]
fn an_alarm_that_is_on_needs_attention() {
    let aws = Aws::root();
    let cloudwatch = aws_sdk_cloudwatch::Client::new(aws.config());
    let alarms = cloudwatch.describe_alarms().alarm_name_prefix("milkrun-local-").send();
    let alarms = aws.wait(alarms).unwrap();
    let alarm = alarms.metric_alarms()[0].alarm_name().unwrap();
    let set = |state: StateValue| {
        let set = cloudwatch.set_alarm_state().alarm_name(alarm).state_value(state).state_reason("a test");
        aws.wait(set.send()).unwrap();
    };
    set(StateValue::Alarm);
    let status = look();
    set(StateValue::Ok);
    let on = finding(&status, "alarms");
    assert_eq!((status.code, &on["state"]), (3, &"attention".into()), "{status:?}");
    let detail = on["details"][0].as_str().unwrap();
    assert!(detail.starts_with(alarm) && detail.contains("docs/runbooks/"), "{detail}");
    assert_eq!(finding(&look(), "alarms")["state"], "ok");
}

#[test]
fn a_store_that_should_be_empty_needs_attention() {
    let aws = Aws::root();
    let s3 = aws_sdk_s3::Client::new(aws.config());
    let key = format!("errors/{}", unique("object"));
    for (bucket, name) in [(&MILKRUN.relay_failures_bucket, "given up"), (&MILKRUN.lake_bucket, "lake errors")] {
        aws.wait(s3.put_object().bucket(bucket).key(&key).body(b"{}".to_vec().into()).send()).unwrap();
        let status = look();
        aws.wait(s3.delete_object().bucket(bucket).key(&key).send()).unwrap();
        assert_eq!((status.code, &finding(&status, name)["state"]), (3, &"attention".into()), "{status:?}");
    }
}

#[test]
fn what_the_emulator_does_not_measure_is_unknown() {
    let status = look();
    // It has CloudWatch, and makes no metrics of log lines.
    assert_eq!(finding(&status, "events")["state"], "unknown", "{status:?}");
    for name in ["health", "streams"] {
        assert_eq!(finding(&status, name)["state"], "ok", "{status:?}");
    }
    assert!(milkrun(&["status"]).out.starts_with("local: "));
}
