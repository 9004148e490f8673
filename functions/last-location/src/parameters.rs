//! What a caller may ask for, and what is said where it is not that.

use event_log::Cursor;
use http_edge::{RestApiRequest, cursor};
use location_event::{ACCEPTED_IDENTIFIER, InvalidTimestamp, Timestamp};

/// Positions on a page, where the caller names no number.
const DEFAULT_LIMIT: u16 = 100;
/// The most positions on a page.
const MAX_LIMIT: u16 = 1000;

/// A parameter that is not what is accepted. The message is for the caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadParameter {
    #[error("{name} is not a time: {InvalidTimestamp}")]
    Time { name: &'static str },
    #[error("to must not be before from")]
    Period,
    #[error("limit must be a whole number from 1 to {MAX_LIMIT}")]
    Limit,
    #[error("cursor must be the next_cursor of the page before, unchanged, with the same other parameters")]
    Cursor,
    #[error("{name} must be {ACCEPTED_IDENTIFIER}, in percent-encoded UTF-8")]
    Path { name: &'static str },
}

/// Which part of a track is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TrackParameters {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) limit: u16,
    pub(crate) cursor: Option<Cursor>,
}

impl TrackParameters {
    pub(crate) fn of(request: &RestApiRequest) -> Result<Self, BadParameter> {
        let time = |name: &'static str| {
            let parse = |text: &str| text.parse().map_err(|InvalidTimestamp| BadParameter::Time { name });
            request.query_parameter(name).map(parse).transpose()
        };
        let (from, to) = (time("from")?, time("to")?);
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            return Err(BadParameter::Period);
        }
        let limit = match request.query_parameter("limit").map(str::parse) {
            None => DEFAULT_LIMIT,
            Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
            Some(_) => return Err(BadParameter::Limit),
        };
        let cursor = request.query_parameter("cursor").map(decode_cursor).transpose()?;
        Ok(Self { from, to, limit, cursor })
    }
}

/// A cursor as the caller gets it.
pub(crate) fn encode_cursor(position: &Cursor) -> String {
    cursor::encode(&(&position.driver_id, &position.sort_key))
}

fn decode_cursor(text: &str) -> Result<Cursor, BadParameter> {
    let (driver_id, sort_key) = cursor::decode(text).ok_or(BadParameter::Cursor)?;
    Some(Cursor { driver_id, sort_key }).filter(Cursor::is_key).ok_or(BadParameter::Cursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parameters(query: &serde_json::Value) -> Result<TrackParameters, BadParameter> {
        let request = serde_json::json!({ "queryStringParameters": query });
        TrackParameters::of(&serde_json::from_value(request).unwrap())
    }

    #[test]
    fn without_any_the_whole_track_is_meant() {
        let all = TrackParameters { from: None, to: None, limit: 100, cursor: None };
        assert_eq!(parameters(&serde_json::json!(null)).unwrap(), all);
    }

    #[test]
    fn each_fault_is_named() {
        for (name, value, fault) in [
            ("from", "yesterday", BadParameter::Time { name: "from" }),
            ("to", "2026-03-01", BadParameter::Time { name: "to" }),
            ("limit", "0", BadParameter::Limit),
            ("limit", "1001", BadParameter::Limit),
            ("limit", "ten", BadParameter::Limit),
            ("cursor", "%%%", BadParameter::Cursor),
            ("cursor", "e30", BadParameter::Cursor),
            // Empty is not absent.
            ("from", "", BadParameter::Time { name: "from" }),
            ("to", "", BadParameter::Time { name: "to" }),
            ("limit", "", BadParameter::Limit),
            ("cursor", "", BadParameter::Cursor),
        ] {
            assert_eq!(parameters(&serde_json::json!({ name: value })), Err(fault), "{name}={value}");
        }
        let backwards = serde_json::json!({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"});
        assert_eq!(parameters(&backwards), Err(BadParameter::Period));
    }

    #[test]
    fn a_cursor_that_no_table_takes_as_a_key_is_refused() {
        for (driver_bytes, sort_key_bytes, is_key) in
            [(1, 1, true), (2048, 1024, true), (0, 1, false), (1, 0, false), (2049, 1, false), (1, 1025, false)]
        {
            let cursor = Cursor { driver_id: "d".repeat(driver_bytes), sort_key: "1".repeat(sort_key_bytes) };
            let expected = if is_key { Ok(cursor.clone()) } else { Err(BadParameter::Cursor) };
            assert_eq!(decode_cursor(&encode_cursor(&cursor)), expected, "{driver_bytes} and {sort_key_bytes} bytes");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back(driver_id in ".{1,20}", sort_key in ".{1,40}") {
            let cursor = Cursor { driver_id, sort_key };
            prop_assert_eq!(decode_cursor(&encode_cursor(&cursor)), Ok(cursor));
        }
    }
}
