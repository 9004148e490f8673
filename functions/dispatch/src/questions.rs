//! What callers may ask for, and what is said where it is not that.

use std::collections::HashSet;

use assignment::Objective;
use delivery::{DeliveryStatus, PackageId, Proof};
use jiff::civil::Date;
use location_event::{DriverId, InvalidTimestamp, MAX_IDENTIFIER_BYTES, Timestamp};
use serde_json::Value;

use crate::fields::{self, BadRequest, Fields};

/// The most packages a driver may be given a day.
const MAX_PER_DRIVER: u64 = 1000;
/// The most bytes of a reason and of a proof: with them an item stays far below DynamoDB's 400 KB.
const MAX_REASON_BYTES: usize = 1000;
const MAX_PROOF_BYTES: usize = 4000;

/// `POST /assign`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AssignQuestion {
    pub(crate) driver_ids: Vec<String>,
    pub(crate) max_per_driver: u32,
    pub(crate) date: Option<Date>,
    pub(crate) dry_run: bool,
    pub(crate) explain: bool,
    pub(crate) objective: Option<Objective>,
}

/// `POST /update`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct UpdateQuestion {
    pub(crate) driver_id: DriverId,
    pub(crate) package_id: PackageId,
    pub(crate) status: DeliveryStatus,
    pub(crate) reason: Option<String>,
    pub(crate) proof: Option<Proof>,
    pub(crate) occurred_at: Option<Timestamp>,
}

impl AssignQuestion {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        let mut fields = Fields::of(body)?;
        let driver_ids = fields.required("driver_ids", "a list of texts", |value| {
            value.as_array()?.iter().map(|id| id.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        if let Some(repeated) = driver_ids.as_ref().and_then(|ids| first_repeated(ids)) {
            fields.fault(format!("driver_ids names {repeated:?} twice"));
        }
        let accepted = format!("a whole number from 1 to {MAX_PER_DRIVER}");
        let max_per_driver = fields.required("max_per_driver", &accepted, |value| {
            value.as_u64().filter(|max| (1..=MAX_PER_DRIVER).contains(max)).and_then(|max| u32::try_from(max).ok())
        });
        let date = fields.optional("date", fields::DATE, |value| local_day::date(value.as_str()?));
        let (dry_run, explain) = (fields.flag("dry_run"), fields.flag("explain"));
        let objective =
            fields.optional("objective", "even_load or distance", |value| serde_json::from_value(value.clone()).ok());
        let question = driver_ids.zip(max_per_driver).map(|(driver_ids, max_per_driver)| Self {
            driver_ids,
            max_per_driver,
            date,
            dry_run,
            explain,
            objective,
        });
        fields.finish(question)
    }
}

fn first_repeated(ids: &[String]) -> Option<&String> {
    let mut seen = HashSet::with_capacity(ids.len());
    ids.iter().find(|id| !seen.insert(id.as_str()))
}

impl UpdateQuestion {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, BadRequest> {
        let mut fields = Fields::of(body)?;
        let accepted = format!("a text of 1 to {MAX_IDENTIFIER_BYTES} bytes");
        let id = |value: &Value| text(value, MAX_IDENTIFIER_BYTES).filter(|id| !id.is_empty());
        let driver_id = fields.required("driver_id", &accepted, id);
        let package_id = fields.required("package_id", &accepted, id);
        let statuses = format!("one of {}", DeliveryStatus::ALL.map(DeliveryStatus::name).join(", "));
        let status = fields.required("status", &statuses, |value| DeliveryStatus::from_name(value.as_str()?));
        let accepted = format!("a text of at most {MAX_REASON_BYTES} bytes");
        let reason = fields.optional("reason", &accepted, |value| text(value, MAX_REASON_BYTES));
        let accepted = format!("a text or an object of at most {MAX_PROOF_BYTES} bytes");
        let proof = fields.optional("proof", &accepted, |value| {
            Some(value.to_string())
                .filter(|json| json.len() <= MAX_PROOF_BYTES)
                .and_then(|json| Proof::from_json(json).ok())
        });
        let accepted = InvalidTimestamp.to_string();
        let accepted = accepted.strip_prefix("accepted is ").unwrap_or(&accepted);
        let occurred_at = fields.optional("occurred_at", accepted, |value| value.as_str()?.parse().ok());
        let question = driver_id.zip(package_id).zip(status).map(|((driver_id, package_id), status)| Self {
            driver_id: DriverId::from(driver_id),
            package_id: PackageId::from(package_id),
            status,
            reason,
            proof,
            occurred_at,
        });
        fields.finish(question)
    }
}

fn text(value: &Value, max_bytes: usize) -> Option<String> {
    value.as_str().filter(|text| text.len() <= max_bytes).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_accepted_is_named_with_what_is() {
        let faults = |body: &str| AssignQuestion::parse(body.as_bytes()).unwrap_err().to_string();
        let assign = [
            "",
            "[]",
            "{}",
            r#"{"driver_ids": ["a"], "max_per_driver": 0}"#,
            r#"{"driver_ids": ["a"], "max_per_driver": -3}"#,
            r#"{"driver_ids": ["a"], "max_per_driver": 1000000000}"#,
            r#"{"driver_ids": ["a"], "max_per_driver": 1.5}"#,
            r#"{"driver_ids": ["a"], "max_per_driver": "10"}"#,
            r#"{"driver_ids": "a", "max_per_driver": 10}"#,
            r#"{"driver_ids": ["a", "b", "a"], "max_per_driver": 10}"#,
            r#"{"driver_ids": [], "max_per_driver": 1, "date": "20261120", "dry_run": 1, "objective": "fun"}"#,
        ];
        let assign: Vec<_> = assign.into_iter().map(|body| (body, faults(body))).collect();
        insta::assert_debug_snapshot!("assign_faults", assign);
        let faults = |body: &str| UpdateQuestion::parse(body.as_bytes()).unwrap_err().to_string();
        let update = [
            "{}",
            r#"{"driver_id": "", "package_id": 1, "status": "lost"}"#,
            r#"{"driver_id": "d", "package_id": "p", "status": "delivered", "reason": 1, "proof": [], "occurred_at": "9:00"}"#,
        ];
        let update: Vec<_> = update.into_iter().map(|body| (body, faults(body))).collect();
        insta::assert_debug_snapshot!("update_faults", update);
    }

    #[test]
    fn everything_optional_may_be_absent_or_null() {
        let least = AssignQuestion::parse(br#"{"driver_ids": ["a"], "max_per_driver": 10, "colour": "blue"}"#).unwrap();
        let nulls = br#"{"driver_ids": ["a"], "max_per_driver": 10, "date": null, "explain": null, "objective": null}"#;
        assert_eq!(AssignQuestion::parse(nulls), Ok(least));
    }
}
