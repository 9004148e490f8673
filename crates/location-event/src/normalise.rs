//! The rules that every provider's events are held to, field by field.
//!
//! A provider's module finds the fields; the functions here decide what they may contain. Those that
//! decide where an event is kept (ids, time, coordinates) are strict and yield a [`Fault`]. The rest is
//! lenient: a reading that makes no sense stays in `attributes` and leaves its field empty.

use serde::Serialize;
use sha2::{Digest, Sha256};
use wire_json::{Json, Object};

use crate::event::Attributes;
use crate::id::{ACCEPTED_IDENTIFIER, check_identifier};
use crate::{DriverId, EventId, Fault, Kind, LocationEvent, OrderId, Reason, Timestamp, TripId, flag};

/// The longest plausible length (metres) or speed (metres per second) of a reading: a tenth of the way to
/// the Sun. `DynamoDB` takes numbers up to 10¹²⁵.
pub(crate) const MAX_MAGNITUDE: f64 = 1.5e10;
/// How far a device's clock may be ahead of ours, milliseconds.
pub const MAX_CLOCK_AHEAD_MS: i64 = 5 * 60 * 1000;
/// 1,024 weeks, milliseconds.
const ROLLOVER_MS: i64 = 1024 * 7 * 24 * 60 * 60 * 1000;
/// How late an event may be and still be taken for one of a receiver that is 1,024 weeks behind, milliseconds: as long as
/// phones and trackers keep what they could not send.
const MAX_ROLLOVER_LAG_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// What a provider's module has read, before the event gets its id and its attributes.
#[derive(Default)]
pub(crate) struct Readings {
    pub(crate) external_driver_id: Option<String>,
    pub(crate) order_id: Option<OrderId>,
    pub(crate) trip_id: Option<TripId>,
    pub(crate) geofence_id: Option<String>,
    pub(crate) geofence_tag: Option<String>,
    pub(crate) geofence_external_id: Option<String>,
    pub(crate) coordinates: Option<Coordinates>,
    pub(crate) accuracy_m: Option<f64>,
    pub(crate) speed_mps: Option<f64>,
    pub(crate) heading_deg: Option<f64>,
    pub(crate) battery_pct: Option<f64>,
}

/// Degrees, and metres above the ellipsoid.
#[derive(Clone, Copy)]
pub(crate) struct Coordinates {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) altitude_m: Option<f64>,
}

/// The fields that every event has.
pub(crate) struct Essentials {
    pub(crate) event_id: Option<EventId>,
    pub(crate) source: &'static str,
    pub(crate) event_type: String,
    pub(crate) kind: Kind,
    pub(crate) driver_id: DriverId,
    pub(crate) recorded_at: RecordedAt,
    pub(crate) received_at: Timestamp,
    pub(crate) live: bool,
}

/// Puts an event together. `rest` is the input less everything that was taken from it.
pub(crate) fn assemble(
    essentials: Essentials,
    readings: Readings,
    rest: &impl Serialize,
) -> Result<LocationEvent, Fault> {
    let attributes =
        Attributes::of(rest).map_err(|error| Fault::new(Reason::NestedTooDeeply, format!("the event is {error}")))?;
    let provided = essentials.event_id.is_some();
    let position = readings.coordinates.map(|c| (c.latitude, c.longitude));
    let mut event = LocationEvent {
        event_id: essentials.event_id.unwrap_or_else(|| EventId::from(String::new())),
        source: essentials.source.to_owned(),
        event_type: essentials.event_type,
        kind: essentials.kind,
        driver_id: essentials.driver_id,
        external_driver_id: readings.external_driver_id,
        order_id: readings.order_id,
        trip_id: readings.trip_id,
        geofence_id: readings.geofence_id,
        geofence_tag: readings.geofence_tag,
        geofence_external_id: readings.geofence_external_id,
        latitude: readings.coordinates.map(|c| c.latitude),
        longitude: readings.coordinates.map(|c| c.longitude),
        accuracy_m: readings.accuracy_m,
        altitude_m: readings.coordinates.and_then(|c| c.altitude_m),
        speed_mps: readings.speed_mps,
        heading_deg: readings.heading_deg,
        battery_pct: readings.battery_pct,
        recorded_at: essentials.recorded_at.time,
        received_at: essentials.received_at,
        live: essentials.live,
        flags: flag::of(position, readings.accuracy_m, essentials.recorded_at.is_corrected),
        attributes,
    };
    if !provided {
        event.event_id = derived_id(&event);
    }
    Ok(event)
}

/// The id of an event that came without one: `derived-` and the first 128 bits of the SHA-256 of its
/// content. The time of arrival is not content, so a retry gets the same id; nor are flags, which follow from it.
fn derived_id(event: &LocationEvent) -> EventId {
    let content = LocationEvent { received_at: event.recorded_at, flags: Vec::new(), ..event.clone() };
    // Serialising to memory a struct whose keys are texts cannot fail; an empty text would only make
    // the id depend on less.
    let hash = Sha256::digest(serde_json::to_vec(&content).unwrap_or_default());
    let first_128_bits = hash.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    EventId::from(format!("derived-{first_128_bits:032x}"))
}

/// An identifier that an event is kept under: absent, or text or an integer within the bounds.
pub(crate) fn identifier(object: &mut Object<'_>, name: &str, path: &str) -> Result<Option<String>, Fault> {
    if object.given(name).is_none() {
        return Ok(None);
    }
    lenient_identifier(object, name).map(Some).ok_or_else(|| {
        let found = object.get(name).map_or_else(String::new, |value| match value {
            Json::Text(text) => check_identifier(text).err().map_or_else(String::new, |invalid| invalid.to_string()),
            other => other.describe().to_owned(),
        });
        let detail = format!("`{path}` is {found}; accepted is {ACCEPTED_IDENTIFIER}, or an integer");
        Fault::new(Reason::IdentifierMalformed, detail)
    })
}

/// An identifier that is only carried along: what is not one stays where it is.
pub(crate) fn lenient_identifier(object: &mut Object<'_>, name: &str) -> Option<String> {
    let value = object.get_mut(name)?;
    let identifier = as_identifier(value)?;
    value.take();
    Some(identifier)
}

/// The text of an identifier, without the space around it. A mended text is none: it may stand for several.
pub(crate) fn as_identifier(value: &Json<'_>) -> Option<String> {
    match value {
        Json::Text(text) => check_identifier(text).ok().map(str::to_owned),
        Json::Number(number) if number.is_u64() => Some(number.to_string()),
        Json::Number(_) => value.as_whole().map(|number| number.to_string()),
        _ => None,
    }
}

/// The driver, who must be known.
pub(crate) fn driver(object: &mut Object<'_>, name: &str, path: &str) -> Result<DriverId, Fault> {
    identifier(object, name, path)?
        .map(DriverId::from)
        .ok_or_else(|| Fault::new(Reason::DriverMissing, format!("`{path}` is missing; it must name the driver")))
}

/// When something happened, and whether a clock that had lost count of its weeks had to be put right for it.
#[derive(Clone, Copy)]
pub(crate) struct RecordedAt {
    pub(crate) time: Timestamp,
    pub(crate) is_corrected: bool,
}

/// When it happened. The text stays in the attributes where it says more than UTC milliseconds can.
pub(crate) fn recorded_at(object: &mut Object<'_>, name: &str, received_at: Timestamp) -> Result<RecordedAt, Fault> {
    let Some(value) = object.get_mut(name).filter(|value| !value.is_blank()) else {
        return Err(Fault::new(
            Reason::RecordedAtMissing,
            format!("`{name}` is missing; it must be the event's time, RFC 3339 with an offset"),
        ));
    };
    let Some(text) = value.as_str() else {
        let detail = format!("`{name}` is {}; {}", value.describe(), crate::InvalidTimestamp);
        return Err(Fault::new(Reason::RecordedAtMalformed, detail));
    };
    let time: Timestamp = text
        .trim()
        .parse()
        .map_err(|error| Fault::new(Reason::RecordedAtMalformed, format!("`{name}` is {}; {error}", quoted(text))))?;
    let ahead = time.as_millis() - received_at.as_millis();
    if ahead > MAX_CLOCK_AHEAD_MS {
        let detail = format!(
            "`{name}` is {} s ahead of the time of receipt; at most {} s are accepted",
            ahead / 1000,
            MAX_CLOCK_AHEAD_MS / 1000
        );
        return Err(Fault::new(Reason::RecordedAtInFuture, detail));
    }
    if let Some(time) = after_rollover(time, received_at) {
        return Ok(RecordedAt { time, is_corrected: true });
    }
    if time.to_string() == *text {
        value.take();
    }
    Ok(RecordedAt { time, is_corrected: false })
}

/// The time that a receiver meant whose count of weeks has begun anew. GPS sends the week in ten bits, so the count
/// starts again every 1,024 weeks: IS-GPS-200, 20.3.3.3.1.1, <https://www.gps.gov/technical/icwg/>. `None` where the time
/// that it would be is not one at which the event can have happened.
fn after_rollover(time: Timestamp, received_at: Timestamp) -> Option<Timestamp> {
    let corrected = Timestamp::from_millis(time.as_millis() + ROLLOVER_MS).ok()?;
    let ahead = corrected.as_millis() - received_at.as_millis();
    (-MAX_ROLLOVER_LAG_MS..=MAX_CLOCK_AHEAD_MS).contains(&ahead).then_some(corrected)
}

/// Latitude and longitude, each within its range.
pub(crate) fn coordinates(latitude: &Json<'_>, longitude: &Json<'_>) -> Result<Coordinates, Fault> {
    let degrees = |value: &Json<'_>, name: &str, limit: f64, reason: Reason| {
        let number = value.as_f64().ok_or_else(|| {
            let found = if let Json::Text(text) = value { quoted(text) } else { value.describe().to_owned() };
            Fault::new(Reason::CoordinatesMalformed, format!("{name} is {found}; accepted is a number of degrees"))
        })?;
        if number.abs() <= limit {
            Ok(settle(number))
        } else {
            Err(Fault::new(reason, format!("{name} is {number}; accepted is −{limit} to {limit} degrees")))
        }
    };
    Ok(Coordinates {
        latitude: degrees(latitude, "latitude", 90.0, Reason::LatitudeOutOfRange)?,
        longitude: degrees(longitude, "longitude", 180.0, Reason::LongitudeOutOfRange)?,
        altitude_m: None,
    })
}

/// A reading of a sensor, if it is one and lies within `range`. Phones say "unknown" with −1.
pub(crate) fn reading(object: &mut Object<'_>, name: &str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
    object.get_mut(name).and_then(|value| within(value, range))
}

/// An altitude in metres, if it is one.
pub(crate) fn altitude(value: &mut Json<'_>) -> Option<f64> {
    within(value, -MAX_MAGNITUDE..=MAX_MAGNITUDE)
}

fn within(value: &mut Json<'_>, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
    let number = value.as_f64().map(settle).filter(|number| range.contains(number))?;
    take_number(value, number);
    Some(number)
}

/// Takes a number out, unless `number` does not say all that stood there: `"36.920"` stays.
pub(crate) fn take_number(value: &mut Json<'_>, number: f64) {
    let said = match &*value {
        Json::Text(text) => *text == number.to_string(),
        Json::Number(said) => said.as_f64() == Some(number),
        _ => false,
    };
    if said {
        value.take();
    }
}

/// Numbers too small to mean anything (10⁻¹² degrees are a tenth of a micrometre) become zero, and −0
/// becomes 0: `DynamoDB` has no number under 10⁻¹³⁰, and one place has one derived id.
fn settle(number: f64) -> f64 {
    if number.abs() < 1e-12 { 0.0 } else { number }
}

/// Whether the event is of live traffic, where it says so: a boolean, or a text or a number that means one.
pub(crate) fn live(object: &mut Object<'_>) -> Option<bool> {
    let value = object.get_mut("live")?;
    let live = as_live(value)?;
    value.take();
    Some(live)
}

/// The boolean that a value means: itself, 0 or 1, or a word of YAML 1.1 or one letter of it, in any case.
pub(crate) fn as_live(value: &Json<'_>) -> Option<bool> {
    let text = match value {
        Json::Bool(live) => return Some(*live),
        Json::Number(_) => value.as_whole()?.to_string(),
        Json::Text(text) => text.trim().to_ascii_lowercase(),
        _ => return None,
    };
    match text.as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A text as it is quoted to its sender: short.
fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("{short:?}{}", if short.len() < text.len() { "…" } else { "" })
}
