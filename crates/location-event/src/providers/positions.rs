//! Our own shape, for courier platforms that post from their servers: one flat object or an array of
//! them, with the names of the canonical event.

use wire_json::{Json, Object};

use super::{Outcome, Provider, SignatureScheme, check_count};
use crate::normalise::{self, Coordinates, Essentials, Readings};
use crate::{EventId, Fault, Kind, LocationEvent, OrderId, Reason, Timestamp, TripId};

pub(super) const PROVIDER: Provider =
    Provider { name: "milkrun", route: "/v1/positions", signature: SignatureScheme::StandardWebhooks, events };

fn events(body: Json<'_>, received_at: Timestamp) -> Result<Vec<Outcome>, Fault> {
    let items = match body {
        Json::Array(items) if items.is_empty() => {
            return Err(Fault::new(Reason::NotAnEvent, "the array is empty; accepted are 1 to 100 events"));
        }
        Json::Array(items) => items,
        Json::Object(_) => vec![body],
        other => {
            let detail = format!("the body is {}; accepted is an event, or an array of them", other.describe());
            return Err(Fault::new(Reason::NotAnEvent, detail));
        }
    };
    check_count(items.len())?;
    Ok(items.into_iter().map(|item| event(item, received_at)).collect())
}

fn event(item: Json<'_>, received_at: Timestamp) -> Outcome {
    let Json::Object(mut object) = item else {
        return Err(Fault::new(Reason::NotAnEvent, format!("the event is {}; accepted is an object", item.describe())));
    };
    let event_id = normalise::identifier(&mut object, "event_id", "event_id")?;
    canonical(object, event_id.clone(), received_at).map_err(|fault| Fault { event_id, ..fault })
}

fn canonical(mut object: Object<'_>, event_id: Option<String>, received_at: Timestamp) -> Result<LocationEvent, Fault> {
    let object = &mut object;
    let (event_type, kind) = event_type(object)?;
    let driver_id = normalise::driver(object, "driver_id", "driver_id")?;
    let trip_id = normalise::identifier(object, "trip_id", "trip_id")?;
    let order_id = normalise::identifier(object, "order_id", "order_id")?;
    let recorded_at = normalise::recorded_at(object, "recorded_at", received_at)?;
    let coordinates = coordinates(object)?;
    if kind == Kind::Position && coordinates.is_none() {
        return Err(Fault::new(Reason::CoordinatesMissing, "a position needs `latitude` and `longitude`"));
    }
    let readings = Readings {
        external_driver_id: normalise::lenient_identifier(object, "external_driver_id"),
        order_id: order_id.or_else(|| trip_id.clone()).map(OrderId::from),
        trip_id: trip_id.map(TripId::from),
        geofence_id: normalise::lenient_identifier(object, "geofence_id"),
        geofence_tag: normalise::lenient_identifier(object, "geofence_tag"),
        geofence_external_id: normalise::lenient_identifier(object, "geofence_external_id"),
        coordinates,
        accuracy_m: normalise::reading(object, "accuracy_m", 0.0..=normalise::MAX_MAGNITUDE),
        speed_mps: normalise::reading(object, "speed_mps", 0.0..=normalise::MAX_MAGNITUDE),
        heading_deg: normalise::reading(object, "heading_deg", 0.0..=360.0),
        battery_pct: normalise::reading(object, "battery_pct", 0.0..=100.0),
    };
    let essentials = Essentials {
        event_id: event_id.map(EventId::from),
        source: PROVIDER.name,
        event_type,
        kind,
        driver_id,
        recorded_at,
        received_at,
        live: normalise::live(object).unwrap_or(true),
    };
    normalise::assemble(essentials, readings, object)
}

/// The type is one of our kinds; without one the event is a position, and any other word is kept.
fn event_type(object: &mut Object<'_>) -> Result<(String, Kind), Fault> {
    let Some(value) = object.given("type") else { return Ok((Kind::Position.name().to_owned(), Kind::Position)) };
    let Some(text) = value.as_str() else {
        let detail = format!("`type` is {}; accepted is a text, or no `type` at all for a position", value.describe());
        return Err(Fault::new(Reason::TypeMissing, detail));
    };
    let event_type = text.trim().to_owned();
    let kind = Kind::from_name(&event_type).unwrap_or(Kind::Other);
    object.take("type");
    Ok((event_type, kind))
}

fn coordinates(object: &mut Object<'_>) -> Result<Option<Coordinates>, Fault> {
    let (latitude, longitude) = match (object.given("latitude"), object.given("longitude")) {
        (None, None) => return Ok(None),
        (Some(latitude), Some(longitude)) => (latitude, longitude),
        (Some(_), None) => return Err(Fault::new(Reason::CoordinatesMalformed, "`latitude` came without `longitude`")),
        (None, Some(_)) => return Err(Fault::new(Reason::CoordinatesMalformed, "`longitude` came without `latitude`")),
    };
    let mut found = normalise::coordinates(latitude, longitude)?;
    for (name, number) in [("latitude", found.latitude), ("longitude", found.longitude)] {
        if let Some(value) = object.get_mut(name) {
            normalise::take_number(value, number);
        }
    }
    found.altitude_m = object.get_mut("altitude_m").and_then(normalise::altitude);
    Ok(Some(found))
}
