//! What callers may ask for, and what is said where it is not that.

use std::collections::HashSet;

use assignment::Objective;
use delivery::{DeliveryStatus, PackageId, Proof};
use jiff::civil::Date;
use location_event::{ACCEPTED_IDENTIFIER, DriverId, InvalidTimestamp, MAX_CLOCK_AHEAD_MS, Timestamp};
use wire_json::Json;

use crate::fields::{self, BadRequest, Fields};

/// The most packages a driver may be given a day.
const MAX_PER_DRIVER: u32 = 1000;
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
        let accepted = format!("a list of drivers' ids, each {ACCEPTED_IDENTIFIER}");
        let driver_ids = fields.required("driver_ids", &accepted, |value| {
            value.as_array()?.iter().map(fields::identifier).collect::<Option<Vec<_>>>()
        });
        if let Some(repeated) = driver_ids.as_ref().and_then(|ids| first_repeated(ids)) {
            fields.fault(format!("driver_ids names {repeated:?} twice"));
        }
        let accepted = format!("a whole number from 1 to {MAX_PER_DRIVER}");
        let max_per_driver = fields.required("max_per_driver", &accepted, |value| {
            u32::try_from(value.as_whole()?).ok().filter(|max| (1..=MAX_PER_DRIVER).contains(max))
        });
        let date = fields.optional("date", fields::DATE, |value| local_day::date(value.as_str()?));
        let (dry_run, explain) = (fields.flag("dry_run"), fields.flag("explain"));
        let objective = fields.optional("objective", "even_load or distance", |value| {
            serde_json::from_value(serde_json::to_value(value).ok()?).ok()
        });
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
    /// Reads the body of a request that came at `now`.
    pub(crate) fn parse(body: &[u8], now: Timestamp) -> Result<Self, BadRequest> {
        let mut fields = Fields::of(body)?;
        let driver_id = fields.required("driver_id", ACCEPTED_IDENTIFIER, fields::identifier);
        let package_id = fields.required("package_id", ACCEPTED_IDENTIFIER, fields::identifier);
        let statuses = format!("one of {}", DeliveryStatus::ALL.map(DeliveryStatus::name).join(", "));
        let status = fields.required("status", &statuses, |value| DeliveryStatus::from_name(value.as_str()?));
        let accepted = format!("a text of at most {MAX_REASON_BYTES} bytes");
        let reason = fields.optional("reason", &accepted, |value| text(value, MAX_REASON_BYTES));
        let accepted = format!("a text or an object of at most {MAX_PROOF_BYTES} bytes");
        let proof = fields.optional("proof", &accepted, |value| {
            // Of a repeated name only the last value is kept.
            Some(serde_json::to_value(value).ok()?.to_string())
                .filter(|json| json.len() <= MAX_PROOF_BYTES)
                .and_then(|json| Proof::from_json(json).ok())
        });
        let accepted = InvalidTimestamp.to_string();
        let accepted = accepted.strip_prefix("accepted is ").unwrap_or(&accepted);
        let accepted = format!("{accepted}, and at most {} seconds ahead of our clock", MAX_CLOCK_AHEAD_MS / 1000);
        let occurred_at = fields.optional("occurred_at", &accepted, |value| {
            let is_past = |time: &Timestamp| time.as_millis() - now.as_millis() <= MAX_CLOCK_AHEAD_MS;
            value.as_str()?.trim().parse().ok().filter(is_past)
        });
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

fn text(value: &Json<'_>, max_bytes: usize) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| text.len() <= max_bytes).map(str::to_owned)
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
            r#"{"driver_ids": ["a", "b", " a"], "max_per_driver": 10}"#,
            r#"{"driver_ids": ["a", " "], "max_per_driver": 8.5}"#,
            r#"{"driver_ids": ["a\ud83d"], "max_per_driver": 1e400}"#,
            r#"{"driver_ids": ["a\n1"], "max_per_driver": 1}"#,
            r#"{"driver_ids": ["a"], "max_per_driver": 1, "n": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"#,
            r#"{"driver_ids": [], "max_per_driver": 1, "date": "20261120", "dry_run": 1, "objective": "fun"}"#,
        ];
        let assign: Vec<_> = assign.into_iter().map(|body| (body, faults(body))).collect();
        insta::assert_debug_snapshot!("assign_faults", assign);
        let faults = |body: &str| UpdateQuestion::parse(body.as_bytes(), now()).unwrap_err().to_string();
        let update = [
            "{}",
            r#"{"driver_id": "", "package_id": 1, "status": "lost"}"#,
            r#"{"driver_id": "d", "package_id": "p", "status": "delivered", "reason": 1, "proof": [1], "occurred_at": "9:00"}"#,
            r#"{"driver_id": "d", "package_id": "p", "status": "delivered", "occurred_at": "2026-11-20T12:05:00.001Z"}"#,
        ];
        let update: Vec<_> = update.into_iter().map(|body| (body, faults(body))).collect();
        insta::assert_debug_snapshot!("update_faults", update);
    }

    #[test]
    fn everything_optional_may_be_absent_or_null() {
        let least = AssignQuestion::parse(br#"{"driver_ids": ["a"], "max_per_driver": 10, "colour": "blue"}"#).unwrap();
        let nulls = br#"{"driver_ids": ["a"], "max_per_driver": 10, "date": null, "explain": null, "objective": null}"#;
        assert_eq!(AssignQuestion::parse(nulls), Ok(least.clone()));
        let blanks = br#"{"driver_ids": [" a "], "max_per_driver": 10.0, "date": " ", "dry_run": "", "explain": [],
            "objective": {}}"#;
        assert_eq!(AssignQuestion::parse(blanks), Ok(least.clone()));
        let marked = "\u{feff}{\"driver_ids\": [\"a\"], \"max_per_driver\": 10}";
        assert_eq!(AssignQuestion::parse(marked.as_bytes()), Ok(least));

        let update = |body: &str| UpdateQuestion::parse(body.as_bytes(), now()).unwrap();
        let least = update(r#"{"driver_id": "d", "package_id": "p", "status": "accepted"}"#);
        for more in [
            r#""reason": null, "proof": null, "occurred_at": null"#,
            r#""reason": "", "proof": {}, "occurred_at": " ""#,
            r#""reason": " ", "proof": [], "occurred_at": {}"#,
            r#""reason": [], "proof": {"photo": null}, "colour": "\ud83d""#,
        ] {
            let body = format!(r#"{{"driver_id": " d", "package_id": "p ", "status": "accepted", {more}}}"#);
            assert_eq!(update(&body), least, "{more}");
        }
    }

    #[test]
    fn what_is_accepted_is_kept_as_strict_json() {
        let body = r#"{"driver_id": "d", "package_id": "p", "status": "delivered", "reason": " van \ud83d ",
            "proof": {"photo": "\ud83d", "size": 1e400, "size": 123456789012345678901234567890},
            "occurred_at": "2026-11-20T12:05:00Z"}"#;
        let question = UpdateQuestion::parse(body.as_bytes(), now()).unwrap();
        assert_eq!(question.reason.as_deref(), Some("van \u{fffd}"));
        assert_eq!(
            question.proof.unwrap().as_json(),
            "{\"photo\":\"\u{fffd}\",\"size\":\"123456789012345678901234567890\"}"
        );
        assert!(question.occurred_at.is_some(), "five minutes ahead are not too far");
    }

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }
}
