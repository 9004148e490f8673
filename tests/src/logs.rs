//! What functions have logged.

use serde_json::{Value, json};

use crate::aws::as_root;

/// A line of a function's log.
#[derive(Clone, Debug)]
pub struct Line {
    /// The group, whose name has the function's in it, such as `IngestLog`.
    pub group: String,
    /// The emulator's streams have the lines of one invocation each.
    pub stream: String,
    /// The line, where it is JSON. The emulator's own lines are none.
    pub json: Value,
}

/// The lines of all functions that are JSON, oldest first within a group.
pub fn logged_lines() -> Vec<Line> {
    let groups = call("DescribeLogGroups", &json!({}));
    let groups = groups["logGroups"].as_array().expect("groups").iter();
    let of_group = |group: &Value| {
        let name = group["logGroupName"].as_str().expect("a name").to_owned();
        let events = call("FilterLogEvents", &json!({ "logGroupName": name }));
        let events = events["events"].as_array().expect("events").clone();
        events.into_iter().filter_map(move |event| {
            let json = serde_json::from_str(event["message"].as_str()?).ok()?;
            Some(Line { group: name.clone(), stream: event["logStreamName"].as_str()?.to_owned(), json })
        })
    };
    groups.flat_map(of_group).collect()
}

fn call(action: &str, body: &Value) -> Value {
    let target = format!("Logs_20140328.{action}");
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target.as_str())];
    serde_json::from_str(&as_root("logs", &headers, &body.to_string())).expect("an answer of CloudWatch Logs")
}
