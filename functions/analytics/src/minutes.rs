//! `GET /v1/drivers/{driver_id}/minutes`.

use http_edge::{Response, RestApiRequest};
use location_event::{DriverId, InvalidTimestamp, Timestamp, check_identifier};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::csv_table;
use crate::handler::{Handler, JSON};
use crate::problem::{BadParameter, ReadError};

const HOUR_MS: i64 = 3_600_000;
/// The widest period of one answer, days: some 4 MB of a driver who was never off, of the 6 that Lambda sends.
pub(crate) const MAX_DAYS: i64 = 7;

/// The minutes that begin from `from` on and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    from: Timestamp,
    to: Timestamp,
}

#[derive(Serialize)]
struct Answer<'a> {
    driver_id: &'a DriverId,
    from: Timestamp,
    to: Timestamp,
    /// As they were stored.
    minutes: Vec<Box<RawValue>>,
}

impl Handler {
    pub(crate) async fn minutes(&self, request: &RestApiRequest, now: Timestamp) -> Result<Response, ReadError> {
        let driver_id = request
            .path_identifier("driver_id", check_identifier)
            .map(DriverId::from)
            .ok_or(BadParameter::Identifier { name: "driver_id" })?;
        let Period { from, to } = Period::of(request, now)?;
        let bodies = self.aggregates.minutes(&driver_id, from, to).await?;
        if request.prefers("text/csv") {
            let table = csv_table::of(&driver_id, &bodies)?;
            return Ok(Response::text(200, csv_table::MEDIA_TYPE, table));
        }
        let minutes = bodies.into_iter().map(RawValue::from_string).collect::<Result<_, _>>()?;
        Ok(Response::json(200, JSON, &Answer { driver_id: &driver_id, from, to, minutes }))
    }
}

impl Period {
    fn of(request: &RestApiRequest, now: Timestamp) -> Result<Self, BadParameter> {
        let time = |name: &'static str| {
            let parse = |text: &str| text.parse().map_err(|InvalidTimestamp| BadParameter::Time { name });
            request.query_parameter(name).map(parse).transpose()
        };
        let to: Timestamp = time("to")?.unwrap_or(now);
        let from = match time("from")? {
            Some(from) => from,
            // Before 1970 nothing was recorded.
            None => Timestamp::from_millis((to.as_millis() - HOUR_MS).max(0)).unwrap_or(to),
        };
        match to.as_millis() - from.as_millis() {
            ..0 => Err(BadParameter::Period),
            period if period > MAX_DAYS * 24 * HOUR_MS => Err(BadParameter::TooWide),
            _ => Ok(Self { from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn period(query: &Value) -> Result<Period, BadParameter> {
        let request = serde_json::from_value(json!({ "queryStringParameters": query })).unwrap();
        Period::of(&request, time("2026-11-20T12:00:00Z"))
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn without_parameters_the_last_hour_is_meant() {
        let hour = |from, to| Ok(Period { from: time(from), to: time(to) });
        assert_eq!(period(&json!(null)), hour("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z"));
        let to = json!({"to": "2026-11-01T00:30:00Z"});
        assert_eq!(period(&to), hour("2026-10-31T23:30:00Z", "2026-11-01T00:30:00Z"));
        let from = json!({"from": "2026-11-20T00:00:00-03:00"});
        assert_eq!(period(&from), hour("2026-11-20T03:00:00Z", "2026-11-20T12:00:00Z"));
    }

    #[test]
    fn each_fault_is_named() {
        for (query, fault) in [
            (json!({"from": "yesterday"}), BadParameter::Time { name: "from" }),
            (json!({"to": "2026-11-20"}), BadParameter::Time { name: "to" }),
            (json!({"from": ""}), BadParameter::Time { name: "from" }),
            (json!({"to": ""}), BadParameter::Time { name: "to" }),
            (json!({"from": "2026-11-20T12:00:00.001Z"}), BadParameter::Period),
            (json!({"from": "2026-11-13T11:59:59.999Z"}), BadParameter::TooWide),
        ] {
            assert_eq!(period(&query), Err(fault), "{query}");
        }
        assert!(period(&json!({"from": "2026-11-13T12:00:00Z"})).is_ok());
        assert!(period(&json!({"from": "2026-11-20T12:00:00Z"})).is_ok());
    }
}
