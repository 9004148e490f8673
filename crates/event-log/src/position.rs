//! A position as it is read back: what the index carries of an event.

use location_event::{DriverId, EventId, Flag, Kind, OrderId, Timestamp, TripId};
use serde::Serialize;

use crate::item::{self, Fields, ItemError};
use crate::keys;

/// Where a driver was at one moment. Angles are degrees (WGS 84), lengths metres.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[expect(missing_docs, reason = "each field is that of LocationEvent, which documents it")]
pub struct RecordedPosition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    pub driver_id: DriverId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_driver_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trip_id: Option<TripId>,
    pub latitude: f64,
    pub longitude: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub altitude_m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed_mps: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading_deg: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery_pct: Option<f64>,
    pub event_id: EventId,
    pub event_type: String,
    pub kind: Kind,
    pub recorded_at: Timestamp,
    pub received_at: Timestamp,
    pub live: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

impl RecordedPosition {
    /// Whether distances and speeds leave it out.
    pub fn is_doubtful(&self) -> bool {
        self.flags.iter().any(|flag| flag.is_doubtful_position())
    }

    /// The position in an item of the table or of its index.
    pub fn from_item(item: &impl Fields) -> Result<Self, ItemError> {
        let degrees = |attribute| item::number(item, attribute)?.ok_or(ItemError { attribute });
        Ok(Self {
            order_id: item::optional(item, "order_id").map(OrderId::from),
            driver_id: DriverId::from(item::required(item, keys::DRIVER_ID)?),
            external_driver_id: item::optional(item, "external_driver_id"),
            trip_id: item::optional(item, "trip_id").map(TripId::from),
            latitude: degrees("latitude")?,
            longitude: degrees("longitude")?,
            accuracy_m: item::number(item, "accuracy_m")?,
            altitude_m: item::number(item, "altitude_m")?,
            speed_mps: item::number(item, "speed_mps")?,
            heading_deg: item::number(item, "heading_deg")?,
            battery_pct: item::number(item, "battery_pct")?,
            event_id: EventId::from(item::required(item, "event_id")?),
            event_type: item::required(item, "event_type")?,
            kind: item::kind(item)?,
            recorded_at: item::timestamp(item, "recorded_at")?,
            received_at: item::timestamp(item, "received_at")?,
            live: item::live(item)?,
            flags: item::flags(item)?,
        })
    }
}
