//! What is logged of a request that could not be answered.

use std::time::SystemTime;

use aggregates_table::Aggregates;
use aws_sdk_dynamodb::Client;
use local_day::Zone;
use serde_json::{Value, json};

use crate::Handler;

/// Answers a request for a driver's minutes from a table that answers so; the status, and what is logged.
fn answer(status: u16, body: &Value) -> (u16, Vec<Value>) {
    let body = body.to_string();
    let sdk = scripted_aws::sdk(1, move |_| scripted_aws::answer(status, body.clone()));
    let handler = Handler::new(Aggregates::new(Client::new(&sdk), "aggregates".to_owned()), Zone::default(), 2);
    let request = json!({
        "httpMethod": "GET", "resource": "/v1/drivers/{driver_id}/minutes", "pathParameters": {"driver_id": "d1"},
        "headers": {"accept": "text/csv"}, "requestContext": {"requestId": "r1"},
    });
    let request = serde_json::from_value(request).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut answered = 0;
    let lines = lambda_boot::captured_logs(|| {
        answered = runtime.block_on(handler.handle(&request, SystemTime::now().into())).status();
    });
    (answered, lines)
}

#[test]
fn a_failure_has_a_line_with_the_requests_id_and_no_position() {
    let unreadable =
        json!({"Items": [{"body": {"S": r#"{"minute":"2026-11-20T09:30:00.000Z","latitude":41.890231"#}}]});
    let forbidden = json!({"__type": "com.amazon.coral.service#AccessDeniedException", "message": "no"});
    for (status, body, answered) in [(200, unreadable, 500), (400, forbidden, 500), (503, json!({}), 503)] {
        let (status, lines) = answer(status, &body);
        assert_eq!(status, answered, "{lines:?}");
        let line = lines.iter().find(|line| line["message"] == "request not answered").unwrap();
        assert_eq!((&line["level"], &line["span"]["request_id"]), (&json!("ERROR"), &json!("r1")));
        let line = line.to_string();
        assert!(!line.contains("41.890231"), "{line}");
    }
}
