//! The handler over the real SDK and a scripted AWS: what is asked of it, and what becomes of its failures.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http_edge::{HttpApiRequest, Response};
use lambda_boot::SdkConfig;
use metrics::Recording;
use serde_json::{Value, json};
use webhook_signature::radar;

use crate::{Config, Handler};

const SECRET: &str = "the current secret";

/// What AWS was asked, in order: `DynamoDB PutItem`, `secretsmanager GetSecretValue`, `S3 PUT`.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn count(&self, what: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|asked| asked.starts_with(what)).count()
    }
}

/// An AWS that answers `PutItem` by `put_item(n)`, n from 0, and everything else well.
fn aws(asked: &Asked, put_item: impl Fn(usize) -> (u16, &'static str) + Send + Sync + 'static) -> SdkConfig {
    let asked = asked.clone();
    scripted_aws::sdk(4, move |request| {
        let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let secret = json!({"SecretString": json!({"current": SECRET}).to_string()}).to_string();
        let (operation, (status, body)) = match target {
            "DynamoDB_20120810.PutItem" => {
                let (status, body) = put_item(asked.count("DynamoDB"));
                ("DynamoDB PutItem", (status, body.to_owned()))
            }
            "secretsmanager.GetSecretValue" => ("secretsmanager GetSecretValue", (200, secret)),
            _ => ("S3 PUT", (200, String::new())),
        };
        asked.0.lock().unwrap().push(operation.to_owned());
        scripted_aws::answer(status, body)
    })
}

fn config() -> Config {
    let text = str::to_owned;
    Config {
        events_table: text("events"),
        quarantine_bucket: text("quarantine"),
        radar_secret_id: text("radar"),
        standard_webhooks_secret_id: text("standard"),
        event_retention_days: 90,
        quarantine_status: crate::config::QuarantineStatus::Reject,
        signing_ids_table: None,
    }
}

fn request(body: &Value, secret: &str) -> HttpApiRequest {
    let headers = json!({"x-radar-signing-id": "id", "x-radar-signature": radar::sign(secret, "id")});
    let request = json!({"rawPath": "/v1/webhooks/radar", "headers": headers, "body": body.to_string(),
                         "requestContext": {"requestId": "r1"}});
    serde_json::from_value(request).unwrap()
}

fn events(count: usize) -> Value {
    let event = |index| json!({"_id": index, "type": "user.updated_trip", "createdAt": "2026-03-01T12:00:00.000Z"});
    json!({"events": (0..count).map(event).collect::<Vec<_>>(), "user": {"_id": "u1"}})
}

fn handle(sdk: &SdkConfig, requests: &[(HttpApiRequest, SystemTime)]) -> Vec<Response> {
    handle_counting(sdk, requests, &Recording::default())
}

/// Handles requests one after the other, with the time that passes between retries skipped.
fn handle_counting(sdk: &SdkConfig, requests: &[(HttpApiRequest, SystemTime)], recording: &Recording) -> Vec<Response> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let handler = Handler::new(sdk, config(), recording.metrics());
    runtime.block_on(async {
        let mut responses = Vec::new();
        for (request, now) in requests {
            responses.push(handler.handle(request, *now).await);
        }
        responses
    })
}

fn handle_one(sdk: &SdkConfig, body: &Value) -> Response {
    handle(sdk, &[(request(body, SECRET), SystemTime::now())]).remove(0)
}

const STORED: (u16, &str) = (200, "{}");
const THROTTLED: (u16, &str) = (
    400,
    r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}"#,
);
const DOWN: (u16, &str) = (500, r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"?"}"#);
const FORBIDDEN: (u16, &str) = (400, r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#);
const EXISTS: (u16, &str) =
    (400, r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"exists"}"#);

#[test]
fn an_event_is_one_request_to_the_log_and_none_to_anything_else() {
    let asked = Asked::default();
    let response = handle_one(&aws(&asked, |_| STORED), &events(7));
    assert_eq!(response.body(), r#"{"accepted":7,"duplicates":0,"quarantined":[]}"#);
    assert_eq!((asked.count("DynamoDB"), asked.count("S3"), asked.count("secretsmanager")), (7, 0, 1));
}

#[test]
fn what_is_there_already_is_a_duplicate() {
    let response = handle_one(&aws(&Asked::default(), |n| if n == 0 { EXISTS } else { STORED }), &events(3));
    assert_eq!((response.status(), response.body()), (202, r#"{"accepted":2,"duplicates":1,"quarantined":[]}"#));
}

#[test]
fn a_fault_that_passes_is_outlasted() {
    for fault in [THROTTLED, DOWN] {
        let asked = Asked::default();
        let response = handle_one(&aws(&asked, move |n| if n < 2 { fault } else { STORED }), &events(1));
        assert_eq!((response.status(), asked.count("DynamoDB")), (202, 3), "{fault:?}");
    }
}

#[test]
fn a_fault_that_stays_is_503_after_bounded_retries_and_nothing_is_acknowledged() {
    for (fault, requests) in [(THROTTLED, 4), (DOWN, 4), (FORBIDDEN, 1)] {
        let asked = Asked::default();
        let response = handle_one(&aws(&asked, move |_| fault), &events(1));
        assert_eq!((response.status(), response.header("retry-after")), (503, Some("5")), "{fault:?}");
        assert_eq!(asked.count("DynamoDB"), requests, "{fault:?}");
        assert!(!response.body().contains("accepted"), "{}", response.body());
    }
}

#[test]
fn one_event_that_cannot_be_stored_fails_the_request() {
    let response = handle_one(&aws(&Asked::default(), |n| if n == 4 { FORBIDDEN } else { STORED }), &events(9));
    assert_eq!(response.status(), 503);
}

#[test]
fn secrets_are_read_once_in_five_minutes_and_again_for_a_mismatch() {
    let asked = Asked::default();
    let sdk = aws(&asked, |_| STORED);
    let start = SystemTime::now();
    let at = |seconds, secret| (request(&events(1), secret), start + Duration::from_secs(seconds));
    let statuses = |requests: &[_]| handle(&sdk, requests).iter().map(Response::status).collect::<Vec<_>>();

    assert_eq!(statuses(&[at(0, SECRET), at(299, SECRET), at(301, SECRET)]), [202, 202, 202]);
    assert_eq!(asked.count("secretsmanager"), 2);
    // A forger causes one look-up a second at most.
    let asked_before = asked.count("secretsmanager");
    assert_eq!(statuses(&[at(0, SECRET), at(10, "forged"), at(10, "forged"), at(10, "forged")]), [202, 401, 401, 401]);
    assert_eq!(asked.count("secretsmanager") - asked_before, 2);
}

#[test]
fn a_denied_request_leaves_no_trace() {
    let asked = Asked::default();
    let response = handle(&aws(&asked, |_| STORED), &[(request(&events(1), "forged"), SystemTime::now())]).remove(0);
    assert_eq!(response.status(), 401);
    assert_eq!((asked.count("DynamoDB"), asked.count("S3")), (0, 0));
}

#[test]
fn log_lines_say_which_request_and_event_and_nothing_of_the_body() {
    // The type that is logged: its message is for operators, the response's for the sender.
    let sdk = aws(&Asked::default(), |_| FORBIDDEN);
    let body = json!({"event": {"_id": "e", "type": "user.updated_trip", "createdAt": "2026-03-01T12:00:00.000Z",
        "location": {"type": "Point", "coordinates": [12.345_678, -6.543_21]}}, "user": {"_id": "u1"}});
    let lines = lambda_boot::captured_logs(|| {
        handle_one(&sdk, &body);
        handle_one(&sdk, &with_latitude_out_of_range(&body));
        handle(&sdk, &[(request(&body, "forged"), SystemTime::now())]);
    });
    let said = |line: &Value| (line["message"].clone(), line["span"]["request_id"].clone(), line["event_id"].clone());
    let expected = [
        (json!("request not acknowledged"), json!("r1"), json!("e")),
        (json!("input quarantined"), json!("r1"), json!("e")),
        (json!("request denied"), json!("r1"), Value::Null),
    ];
    assert_eq!(lines.iter().map(said).collect::<Vec<_>>(), expected);
    let lines = json!(lines).to_string();
    for secret in ["12.345678", "6.54321", "99.125", SECRET, "coordinates"] {
        assert!(!lines.contains(secret), "{secret} is in {lines}");
    }
}

#[test]
fn what_is_unusual_is_counted_and_what_is_usual_costs_no_line() {
    let counted = |put_item: fn(usize) -> (u16, &'static str), body: &Value, secret| {
        let recording = Recording::default();
        let sdk = aws(&Asked::default(), put_item);
        handle_counting(&sdk, &[(request(body, secret), SystemTime::now())], &recording);
        let reasons =
            recording.lines().into_iter().map(|line| line["Reason"].clone()).filter(|reason| !reason.is_null());
        (recording.values("DuplicateEvents"), recording.values("QuarantinedRequests"), reasons.collect::<Vec<_>>())
    };
    let none = (vec![], vec![], vec![]);
    assert_eq!(counted(|_| STORED, &events(5), SECRET), none);
    assert_eq!(counted(|n| if n < 2 { EXISTS } else { STORED }, &events(5), SECRET), (vec![2.0], vec![], vec![]));
    // Two kinds of faults, one of them twice, and a duplicate.
    let mut mixed = events(5);
    for index in [0, 2] {
        mixed["events"][index].as_object_mut().unwrap().remove("type");
    }
    mixed["events"][4]["createdAt"] = json!("yesterday");
    let reasons = vec![json!("recorded_at_malformed"), json!("type_missing")];
    assert_eq!(counted(|n| if n == 0 { EXISTS } else { STORED }, &mixed, SECRET), (vec![1.0], vec![1.0], reasons));
    // What is not acknowledged comes again, and is counted then.
    assert_eq!(counted(|n| if n == 0 { EXISTS } else { FORBIDDEN }, &mixed, SECRET), none);
    assert_eq!(counted(|_| STORED, &mixed, "forged"), none);
}

fn with_latitude_out_of_range(body: &Value) -> Value {
    let mut body = body.clone();
    body["event"]["location"]["coordinates"][1] = json!(99.125);
    body
}
