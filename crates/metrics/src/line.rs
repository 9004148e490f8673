//! One line in the embedded metric format.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The most values of a metric in a line.
pub(crate) const MAX_VALUES: usize = 100;

const NAMESPACE: &str = "milkrun";

/// A metric's line; `value` is a number or at most [`MAX_VALUES`] of them. What a set of dimensions names must be added
/// to the line, as a member of that name.
pub(crate) fn line(time: SystemTime, dimensions: &[&[&str]], name: &str, unit: &str, value: Value) -> Value {
    let millis = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let mut line = json!({
        "_aws": {
            "Timestamp": u64::try_from(millis).unwrap_or_default(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": dimensions,
                "Metrics": [{"Name": name, "Unit": unit}],
            }],
        },
    });
    line[name] = value;
    line
}
