//! A driver of the day.

use serde_json::Value;

use crate::MAX_IDENTIFIER_BYTES;
use crate::rule::Rule;

/// A driver and what it may carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// Unique in the day.
    pub id: String,
    /// All must hold; none of them: it carries anything.
    pub rules: Vec<Rule>,
}

impl Driver {
    /// Reads `{"id", "rules": [{"rule_id", "code", "params"}]}`; everything that is wrong with it is the error.
    pub(crate) fn read(value: &Value) -> Result<Self, Vec<String>> {
        if !value.is_object() {
            return Err(vec!["is not an object".to_owned()]);
        }
        let mut faults = Vec::new();
        let id = match value.get("id").and_then(Value::as_str) {
            Some(id) if (1..=MAX_IDENTIFIER_BYTES).contains(&id.len()) => id.to_owned(),
            _ => {
                faults.push(format!("id is missing or not a text of 1 to {MAX_IDENTIFIER_BYTES} bytes"));
                String::new()
            }
        };
        let mut rules = Vec::new();
        match value.get("rules") {
            Some(Value::Array(listed)) => rules.extend(listed.iter().filter_map(|rule| Rule::read(rule, &mut faults))),
            _ => faults.push("rules is missing or not a list: a driver who carries anything has []".to_owned()),
        }
        if faults.is_empty() { Ok(Self { id, rules }) } else { Err(faults) }
    }
}
