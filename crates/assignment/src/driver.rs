//! A driver of the day.

use location_event::ACCEPTED_IDENTIFIER;
use wire_json::Json;

use crate::element::{Examined, id_of};
use crate::rule::Rule;

/// The most bytes of a driver in its list: some 500 rules.
const MAX_BYTES: usize = 64 * 1024;

/// A driver and what it may carry.
#[derive(Clone, Debug, PartialEq)]
pub struct Driver {
    /// Unique in the day.
    pub id: String,
    /// All must hold; none of them: it carries anything.
    pub rules: Vec<Rule>,
}

impl Driver {
    /// Reads `{"id", "rules": [{"rule_id", "code", "params"}]}`.
    pub(crate) fn examine(source: &str) -> Examined<Self> {
        Examined::of(source, "id", MAX_BYTES, |driver, faults| {
            let id = driver.get("id").and_then(id_of).map(str::to_owned);
            if id.is_none() {
                faults.push(format!("id is missing or not {ACCEPTED_IDENTIFIER}"));
            }
            let mut rules = Vec::new();
            match driver.get("rules") {
                Some(Json::Array(listed)) => rules.extend(listed.iter().filter_map(|rule| Rule::read(rule, faults))),
                _ => faults.push("rules is missing or not a list: a driver who carries anything has []".to_owned()),
            }
            Some(Self { id: id?, rules })
        })
    }
}
