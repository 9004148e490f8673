//! The canonical event: one flat record, the only thing that the log, the lake and the bus carry.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{DriverId, EventId, Flag, OrderId, Timestamp, TripId};

/// What happened, in our own words; the provider's word stays in [`LocationEvent::event_type`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A plain position.
    Position,
    /// The driver came into a geofence.
    GeofenceEntered,
    /// The driver left a geofence.
    GeofenceExited,
    /// The driver has stayed in a geofence for its dwell threshold.
    GeofenceDwelled,
    /// A trip began.
    TripStarted,
    /// A trip's estimate or state changed.
    TripUpdated,
    /// The driver is near the trip's destination.
    TripApproaching,
    /// The driver is at the trip's destination.
    TripArrived,
    /// A trip ended.
    TripStopped,
    /// Any type that we have no word for: kept, never refused.
    Other,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 10] = [
        Self::Position,
        Self::GeofenceEntered,
        Self::GeofenceExited,
        Self::GeofenceDwelled,
        Self::TripStarted,
        Self::TripUpdated,
        Self::TripApproaching,
        Self::TripArrived,
        Self::TripStopped,
        Self::Other,
    ];

    /// The kind as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::GeofenceEntered => "geofence_entered",
            Self::GeofenceExited => "geofence_exited",
            Self::GeofenceDwelled => "geofence_dwelled",
            Self::TripStarted => "trip_started",
            Self::TripUpdated => "trip_updated",
            Self::TripApproaching => "trip_approaching",
            Self::TripArrived => "trip_arrived",
            Self::TripStopped => "trip_stopped",
            Self::Other => "other",
        }
    }

    /// The kind of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Every input field that the canonical ones do not carry, under its path: a JSON object, as text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(Box<RawValue>);

impl Attributes {
    /// From JSON text, which must be an object.
    pub fn from_json(text: String) -> Result<Self, serde_json::Error> {
        let raw = RawValue::from_string(text)?;
        if raw.get().starts_with('{') {
            Ok(Self(raw))
        } else {
            Err(serde::de::Error::custom("attributes must be a JSON object"))
        }
    }

    /// What serialises to a JSON object.
    pub(crate) fn of(rest: &impl Serialize) -> Result<Self, serde_json::Error> {
        // Not by `from_json`, which parses the text: it has just been written.
        serde_json::value::to_raw_value(rest).map(Self)
    }

    /// The JSON text, an object.
    pub fn as_json(&self) -> &str {
        self.0.get()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.as_json() == "{}"
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.as_json() == other.as_json()
    }
}

impl JsonSchema for Attributes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Attributes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "Every input field that has no field of its own here, under its path.",
        })
    }
}

/// One event about one driver. Angles are degrees (WGS 84), lengths metres, times UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LocationEvent {
    /// The provider's id, or `derived-` and a hash of the content where it sent none. Some senders give the same to
    /// all: an event is known by `driver_id`, `recorded_at` and `event_id` together.
    pub event_id: EventId,
    /// Which dialect it came in: `radar`, `radar-flat`, `milkrun`.
    pub source: String,
    /// The provider's own word, as received, such as `user.entered_geofence`.
    pub event_type: String,
    /// Our word for it.
    pub kind: Kind,
    /// The provider's id of the driver.
    pub driver_id: DriverId,
    /// The company's own id of the driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_driver_id: Option<String>,
    /// The order being carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The provider's trip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip_id: Option<TripId>,
    /// The provider's id of the geofence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_id: Option<String>,
    /// The group that the geofence is in, such as `customer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_tag: Option<String>,
    /// The company's own id of the geofence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geofence_external_id: Option<String>,
    /// Degrees north, −90 to 90. Present exactly when `longitude` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east, −180 to 180.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Radius of uncertainty, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// Metres above the ellipsoid, as the device gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    /// Metres per second over ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    /// Degrees clockwise from north, 0 to 360.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f64>,
    /// Charge of the device's battery, per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_pct: Option<f64>,
    /// When it happened, by the device's clock.
    pub recorded_at: Timestamp,
    /// When we received it, by our clock.
    pub received_at: Timestamp,
    /// False for test traffic: kept and readable, for analytics and subscribers to leave out.
    pub live: bool,
    /// What makes the event doubtful, in the order of the flags' names; left out where there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// Everything else that was received.
    pub attributes: Attributes,
}

impl LocationEvent {
    /// Latitude and longitude in degrees, where the event has a position.
    pub fn position(&self) -> Option<(f64, f64)> {
        self.latitude.zip(self.longitude)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kinds_name_is_what_serde_writes_and_reads_back() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
    }

    #[test]
    fn attributes_are_an_object() {
        assert!(Attributes::from_json("[1]".to_owned()).is_err());
        assert!(Attributes::from_json("{".to_owned()).is_err());
        assert!(Attributes::from_json("{}".to_owned()).unwrap().is_empty());
    }
}
