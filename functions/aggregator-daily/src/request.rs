//! Which days a call asks for.

use std::collections::BTreeSet;

use jiff::civil::Date;
use local_day::{LocalDay, TOO_LONG_AGO};
use location_event::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::Config;

/// Days in one call: a query each, and a quarter of an hour for all.
const MOST_DAYS: u32 = 32;
const DAY_MS: i64 = 86_400_000;

/// A call's payload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    date: Option<String>,
    dates: Option<Vec<String>>,
    late_days: Option<u32>,
}

/// The call asks for something that is not done.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Something else than the accepted.
    #[error(
        r#"accepted are {{}}, {{"late_days": 0}}, {{"date": "2026-11-20"}} and {{"dates": ["2026-11-20"]}}: {reason}"#
    )]
    Payload {
        /// What was wrong.
        reason: String,
    },
    /// Not a date.
    #[error("{text:?} is not a date such as 2026-11-20")]
    Date {
        /// What it was.
        text: String,
    },
    /// A day that has not begun.
    #[error("{date} has not begun: in {time_zone} it is {today}")]
    Future {
        /// The day.
        date: Date,
        /// The day that it is.
        today: Date,
        /// Where.
        time_zone: String,
    },
    /// A day of which the lake has forgotten events.
    #[error(
        "{date} {TOO_LONG_AGO}: the lake keeps what arrived for {days} days, so these would not be all of its events"
    )]
    Forgotten {
        /// The day.
        date: Date,
        /// How long the lake keeps what arrived.
        days: u32,
    },
    /// A day that would leave the table at once.
    #[error("{date} {TOO_LONG_AGO}: days are kept for {days} days")]
    Expired {
        /// The day.
        date: Date,
        /// How long they are kept.
        days: u32,
    },
}

/// A day, and when what is known of it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) day: LocalDay,
    /// The first moment of the oldest day that late events could still change on this one.
    pub(crate) final_before: Timestamp,
    /// Seconds since 1970.
    pub(crate) expires_at: i64,
    /// Whether the quarantine still has all that it took in on the day.
    pub(crate) is_quarantine_kept: bool,
}

/// The days that a call asks for, oldest first, each once. Without a date: today and as many days before it as the
/// call says; or those that a late event may still change and the one before them, so that the last late events are
/// in its numbers, and its page says that it is final.
pub(crate) fn wanted(payload: &Value, config: &Config, now: Timestamp) -> Result<Vec<Wanted>, RequestError> {
    let today = config.time_zone.today(now);
    let dates = match parse(payload)? {
        Payload { date: None, dates: None, late_days } => {
            let late_days = late_days.unwrap_or(config.late_days + 1);
            if late_days >= MOST_DAYS {
                return Err(invalid(format!("late_days are 0 to {}", MOST_DAYS - 1)));
            }
            (0..=i64::from(late_days)).map(|days| today.saturating_sub(jiff::Span::new().days(days))).collect()
        }
        Payload { date: Some(text), dates: None, late_days: None } => BTreeSet::from([date(&text)?]),
        Payload { date: None, dates: Some(texts), late_days: None } => {
            if !(1..=MOST_DAYS as usize).contains(&texts.len()) {
                return Err(invalid(format!("dates are 1 to {MOST_DAYS}")));
            }
            texts.iter().map(|text| date(text)).collect::<Result<_, _>>()?
        }
        Payload { .. } => return Err(invalid("one of late_days, date and dates, not several")),
    };
    dates.into_iter().map(|date| wanted_day(date, today, config, now)).collect()
}

fn parse(payload: &Value) -> Result<Payload, RequestError> {
    // Serde would take a list for the fields, in order.
    if !payload.is_object() {
        return Err(invalid("not an object"));
    }
    Payload::deserialize(payload).map_err(|error| invalid(error.to_string()))
}

fn invalid(reason: impl Into<String>) -> RequestError {
    RequestError::Payload { reason: reason.into() }
}

fn date(text: &str) -> Result<Date, RequestError> {
    local_day::date(text).ok_or_else(|| RequestError::Date { text: text.to_owned() })
}

fn wanted_day(date: Date, today: Date, config: &Config, now: Timestamp) -> Result<Wanted, RequestError> {
    let Config { time_zone, late_days, lake_retention_days, quarantine_retention_days, .. } = config;
    let days = &config.day_retention_days;
    let oldest = |days: &u32| now.as_millis() - i64::from(*days) * DAY_MS;
    if date > today {
        return Err(RequestError::Future { date, today, time_zone: time_zone.to_string() });
    }
    let expired = || RequestError::Expired { date, days: *days };
    let day = LocalDay::new(date, time_zone).map_err(|_| expired())?;
    let expires_at = day.to().as_millis() + i64::from(*days) * DAY_MS;
    if expires_at <= now.as_millis() {
        return Err(expired());
    }
    if day.from().as_millis() < oldest(lake_retention_days) {
        return Err(RequestError::Forgotten { date, days: *lake_retention_days });
    }
    let is_quarantine_kept = day.from().as_millis() >= oldest(quarantine_retention_days);
    let oldest_open = date.saturating_sub(jiff::Span::new().days(i64::from(*late_days)));
    let final_before = LocalDay::new(oldest_open, time_zone).map_err(|_| expired())?.from();
    Ok(Wanted { day, final_before, expires_at: expires_at / 1000, is_quarantine_kept })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tests::config;

    /// It is the 20th in São Paulo, and the 21st in UTC.
    const NOW: &str = "2026-11-21T02:00:00Z";

    fn dates(payload: &Value) -> Result<Vec<String>, String> {
        let wanted = wanted(payload, &config(), NOW.parse().unwrap()).map_err(|error| error.to_string())?;
        Ok(wanted.iter().map(|wanted| wanted.day.date().to_string()).collect())
    }

    #[test]
    fn without_a_date_it_is_today_and_the_days_that_may_still_change() {
        assert_eq!(dates(&json!({})).unwrap(), ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]);
        assert_eq!(dates(&json!({"late_days": 1})).unwrap(), ["2026-11-19", "2026-11-20"]);
        assert_eq!(dates(&json!({"late_days": 0})).unwrap(), ["2026-11-20"]);
    }

    #[test]
    fn dates_are_done_in_order_and_once() {
        assert_eq!(dates(&json!({"date": "2026-11-20"})).unwrap(), ["2026-11-20"]);
        let dates = dates(&json!({"dates": ["2026-11-02", "2026-11-01", "2026-11-02"]}));
        assert_eq!(dates.unwrap(), ["2026-11-01", "2026-11-02"]);
    }

    #[test]
    fn an_expiry_is_counted_from_the_days_end() {
        let wanted = wanted(&json!({"date": "2026-11-20"}), &config(), NOW.parse().unwrap()).unwrap();
        let expiry: Timestamp = "2026-12-21T03:00:00Z".parse().unwrap();
        assert_eq!(wanted[0].expires_at * 1000, expiry.as_millis());
    }

    #[test]
    fn a_day_is_final_for_what_arrives_after_the_late_days() {
        let wanted = wanted(&json!({"date": "2026-11-20"}), &config(), NOW.parse().unwrap()).unwrap();
        // Of three late days, the first is the 17th.
        assert_eq!(wanted[0].final_before, "2026-11-17T03:00:00Z".parse().unwrap());
    }

    #[test]
    fn whatever_else_is_refused_and_the_answer_says_why() {
        let many = vec!["2026-11-01"; 33];
        let refused = [
            json!(null),
            json!(["2026-11-20", null]),
            json!({"day": "2026-11-20"}),
            json!({"date": 20}),
            json!({"date": "2026-11-20", "dates": []}),
            json!({"dates": []}),
            json!({"late_days": 32}),
            json!({"late_days": -1}),
            json!({"late_days": 0, "date": "2026-11-20"}),
            json!({"dates": many}),
            json!({"date": "2026-02-30"}),
            json!({"date": "20261120"}),
            json!({"date": "2026-11-21"}),
            json!({"date": "2026-10-20"}),
            json!({"date": "2026-10-31"}),
            json!({"date": "1969-12-31"}),
        ];
        for forgotten in ["2026-10-20", "2026-10-31"] {
            let answer = dates(&json!({"date": forgotten})).unwrap_err();
            assert!(answer.contains(TOO_LONG_AGO), "`milkrun erase` goes by these words: {answer}");
        }
        let answers = refused.iter().map(|payload| dates(payload).unwrap_err()).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(answers);
    }
}
