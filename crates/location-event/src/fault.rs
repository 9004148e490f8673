//! Why an input was refused. The reason codes are a closed, documented list: operators file by them,
//! callers branch on them, and `docs/api/write-edge.yaml` explains each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A stable code for what is wrong with an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The body is not JSON.
    NotJson,
    /// JSON, but none of the accepted envelopes.
    NotAnEvent,
    /// Arrays and objects within one another, more levels than are accepted.
    NestedTooDeeply,
    /// More events in one request than are accepted.
    TooManyEvents,
    /// No event type.
    TypeMissing,
    /// Nobody that the event is about.
    DriverMissing,
    /// An identifier that is neither text nor an integer, is too long, or holds control characters.
    IdentifierMalformed,
    /// No time of the event.
    RecordedAtMissing,
    /// A time that is not RFC 3339 with an offset.
    RecordedAtMalformed,
    /// A time more than five minutes ahead of our clock.
    RecordedAtInFuture,
    /// A position without coordinates.
    CoordinatesMissing,
    /// Coordinates of another shape than the accepted.
    CoordinatesMalformed,
    /// Latitude outside −90…90 degrees.
    LatitudeOutOfRange,
    /// Longitude outside −180…180 degrees.
    LongitudeOutOfRange,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: [Self; 14] = [
        Self::NotJson,
        Self::NotAnEvent,
        Self::NestedTooDeeply,
        Self::TooManyEvents,
        Self::TypeMissing,
        Self::DriverMissing,
        Self::IdentifierMalformed,
        Self::RecordedAtMissing,
        Self::RecordedAtMalformed,
        Self::RecordedAtInFuture,
        Self::CoordinatesMissing,
        Self::CoordinatesMalformed,
        Self::LatitudeOutOfRange,
        Self::LongitudeOutOfRange,
    ];

    /// The code as it appears in answers and object keys.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJson => "not_json",
            Self::NotAnEvent => "not_an_event",
            Self::NestedTooDeeply => "nested_too_deeply",
            Self::TooManyEvents => "too_many_events",
            Self::TypeMissing => "type_missing",
            Self::DriverMissing => "driver_missing",
            Self::IdentifierMalformed => "identifier_malformed",
            Self::RecordedAtMissing => "recorded_at_missing",
            Self::RecordedAtMalformed => "recorded_at_malformed",
            Self::RecordedAtInFuture => "recorded_at_in_future",
            Self::CoordinatesMissing => "coordinates_missing",
            Self::CoordinatesMalformed => "coordinates_malformed",
            Self::LatitudeOutOfRange => "latitude_out_of_range",
            Self::LongitudeOutOfRange => "longitude_out_of_range",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One refused event, or a refused request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Fault {
    /// What is wrong, as a code.
    pub reason: Reason,
    /// What was wrong and what is accepted, for the caller. It may quote the input: never log it.
    pub detail: String,
    /// The event's own id, where it has a usable one.
    pub event_id: Option<String>,
}

impl Fault {
    pub(crate) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into(), event_id: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_what_serde_writes() {
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
        }
    }
}
