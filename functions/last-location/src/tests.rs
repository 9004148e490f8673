//! What is logged of a request that could not be answered.

use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use event_log::EventLog;
use serde_json::{Value, json};

use crate::Handler;

/// Answers a request for a driver's location from a log that answers so; the status, and what is logged.
fn answer(status: u16, body: &Value) -> (u16, Vec<Value>) {
    let body = body.to_string();
    let sdk = scripted_aws::sdk(1, move |_| scripted_aws::answer(status, body.clone()));
    let handler = Handler::new(EventLog::new(Client::new(&sdk), "events".to_owned()), "test".to_owned());
    let request = json!({
        "httpMethod": "GET", "resource": "/v1/drivers/{driver_id}/location", "pathParameters": {"driver_id": "d1"},
        "requestContext": {"requestId": "r1"},
    });
    let request = serde_json::from_value(request).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut answered = 0;
    let lines = lambda_boot::captured_logs(|| {
        answered = runtime.block_on(handler.handle(&request, SystemTime::now())).status();
    });
    (answered, lines)
}

#[test]
fn a_failure_has_a_line_with_the_requests_id_and_no_position() {
    let unreadable = json!({"Items": [{
        "driver_id": {"S": "d1"}, "latitude": {"N": "41.890231"}, "longitude": {"N": "12.492255"},
        "event_id": {"S": "e1"}, "event_type": {"S": "x"}, "kind": {"S": "position"}, "recorded_at": {"S": "yesterday"},
    }]});
    let forbidden = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
    for (status, body, answered) in [(200, unreadable, 500), (400, forbidden, 500), (503, json!({}), 503)] {
        let (status, lines) = answer(status, &body);
        assert_eq!(status, answered, "{lines:?}");
        let line = lines.iter().find(|line| line["message"] == "request not answered").unwrap();
        assert_eq!((&line["level"], &line["span"]["request_id"]), (&json!("ERROR"), &json!("r1")));
        let line = line.to_string();
        assert!(!line.contains("41.890231") && !line.contains("12.492255"), "{line}");
    }
}
