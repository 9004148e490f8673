//! An event as an item of the table, and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use location_event::{Attributes, DriverId, EventId, Flag, Kind, LocationEvent, OrderId, Timestamp, TripId, flag};
pub use table_item::{Fields, Item, ItemError};
pub(crate) use table_item::{number, optional, required};

use crate::keys;

/// The item of an event that may be removed from `expires_at` (seconds since 1970) on.
pub fn from_event(event: &LocationEvent, expires_at: i64) -> Item {
    let mut item = Writer(HashMap::with_capacity(28));
    item.text(keys::SORT_KEY, keys::sort_key(event));
    item.number(keys::EXPIRES_AT, expires_at.to_string());
    item.text("event_id", event.event_id.as_str());
    item.text("source", event.source.as_str());
    item.text("event_type", event.event_type.as_str());
    item.text("kind", event.kind.name());
    item.text(keys::DRIVER_ID, event.driver_id.as_str());
    item.maybe_text("external_driver_id", event.external_driver_id.as_deref());
    item.maybe_text("order_id", event.order_id.as_ref().map(OrderId::as_str));
    item.maybe_text("trip_id", event.trip_id.as_ref().map(TripId::as_str));
    item.maybe_text("geofence_id", event.geofence_id.as_deref());
    item.maybe_text("geofence_tag", event.geofence_tag.as_deref());
    item.maybe_text("geofence_external_id", event.geofence_external_id.as_deref());
    item.maybe_number("latitude", event.latitude);
    item.maybe_number("longitude", event.longitude);
    item.maybe_number("accuracy_m", event.accuracy_m);
    item.maybe_number("altitude_m", event.altitude_m);
    item.maybe_number("speed_mps", event.speed_mps);
    item.maybe_number("heading_deg", event.heading_deg);
    item.maybe_number("battery_pct", event.battery_pct);
    item.text("recorded_at", event.recorded_at.to_string());
    item.text("received_at", event.received_at.to_string());
    item.0.insert("live".to_owned(), AttributeValue::Bool(event.live));
    item.maybe_text("flags", flag::join(&event.flags).as_deref());
    if !event.attributes.is_empty() {
        item.text("attributes", event.attributes.as_json());
    }
    if event.position().is_some() {
        item.maybe_text(keys::LOCATED_ORDER_ID, event.order_id.as_ref().map(OrderId::as_str));
    }
    item.0
}

/// The event in an item.
pub fn to_event(item: &impl Fields) -> Result<LocationEvent, ItemError> {
    let attributes = item.text("attributes").unwrap_or("{}").to_owned();
    Ok(LocationEvent {
        event_id: EventId::from(required(item, "event_id")?),
        source: required(item, "source")?,
        event_type: required(item, "event_type")?,
        kind: kind(item)?,
        driver_id: DriverId::from(required(item, keys::DRIVER_ID)?),
        external_driver_id: optional(item, "external_driver_id"),
        order_id: optional(item, "order_id").map(OrderId::from),
        trip_id: optional(item, "trip_id").map(TripId::from),
        geofence_id: optional(item, "geofence_id"),
        geofence_tag: optional(item, "geofence_tag"),
        geofence_external_id: optional(item, "geofence_external_id"),
        latitude: number(item, "latitude")?,
        longitude: number(item, "longitude")?,
        accuracy_m: number(item, "accuracy_m")?,
        altitude_m: number(item, "altitude_m")?,
        speed_mps: number(item, "speed_mps")?,
        heading_deg: number(item, "heading_deg")?,
        battery_pct: number(item, "battery_pct")?,
        recorded_at: timestamp(item, "recorded_at")?,
        received_at: timestamp(item, "received_at")?,
        live: live(item)?,
        flags: flags(item)?,
        attributes: Attributes::from_json(attributes).map_err(|_| ItemError { attribute: "attributes" })?,
    })
}

pub(crate) fn timestamp(item: &impl Fields, attribute: &'static str) -> Result<Timestamp, ItemError> {
    item.text(attribute).and_then(|text| text.parse().ok()).ok_or(ItemError { attribute })
}

pub(crate) fn kind(item: &impl Fields) -> Result<Kind, ItemError> {
    item.text("kind").and_then(Kind::from_name).ok_or(ItemError { attribute: "kind" })
}

pub(crate) fn flags(item: &impl Fields) -> Result<Vec<Flag>, ItemError> {
    item.text("flags").map_or(Ok(Vec::new()), |text| flag::split(text).ok_or(ItemError { attribute: "flags" }))
}

pub(crate) fn live(item: &impl Fields) -> Result<bool, ItemError> {
    item.boolean("live").ok_or(ItemError { attribute: "live" })
}

struct Writer(Item);

impl Writer {
    fn text(&mut self, name: &str, text: impl Into<String>) {
        self.0.insert(name.to_owned(), AttributeValue::S(text.into()));
    }

    fn maybe_text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn number(&mut self, name: &str, number: String) {
        self.0.insert(name.to_owned(), AttributeValue::N(number));
    }

    fn maybe_number(&mut self, name: &str, number: Option<f64>) {
        if let Some(number) = number {
            self.number(name, number.to_string());
        }
    }
}
