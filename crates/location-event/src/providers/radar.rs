//! Radar's webhooks, in the three dialects in which they are met: *single* (`event` and `user`),
//! *multiple* (`events` and `user`) and *flat* (one event without an envelope, numbers as texts).
//!
//! The first two are one dialect: an envelope with one or several events, whose `user` supplies what an
//! event's own `user` lacks.

use super::{Outcome, Provider, SignatureScheme, check_count};
use crate::json::{Json, Object};
use crate::normalise::{self, Coordinates, Essentials, Readings};
use crate::{EventId, Fault, Kind, OrderId, Reason, Timestamp, TripId};

pub(super) const PROVIDER: Provider =
    Provider { name: "radar", route: "/v1/webhooks/radar", signature: SignatureScheme::Radar, events };

/// Radar's words that have one of ours. The others, customers' own conversions among them, are `other`.
const KINDS: [(&str, Kind); 8] = [
    ("user.entered_geofence", Kind::GeofenceEntered),
    ("user.exited_geofence", Kind::GeofenceExited),
    ("user.dwelled_in_geofence", Kind::GeofenceDwelled),
    ("user.started_trip", Kind::TripStarted),
    ("user.updated_trip", Kind::TripUpdated),
    ("user.approaching_trip_destination", Kind::TripApproaching),
    ("user.arrived_at_trip_destination", Kind::TripArrived),
    ("user.stopped_trip", Kind::TripStopped),
];

fn events(body: Json<'_>, received_at: Timestamp) -> Result<Vec<Outcome>, Fault> {
    let Json::Object(mut body) = body else {
        let detail =
            format!("the body is {}; accepted is an object with `event`, `events` or a flat event", body.describe());
        return Err(Fault::new(Reason::NotAnEvent, detail));
    };
    let events = match (body.take("events"), body.take("event")) {
        (Some(Json::Array(events)), None) if !events.is_empty() => events,
        (None, Some(event)) => vec![event],
        (None, None) if body.has("type") || body.has("created_at") => {
            return Ok(vec![flat(body, received_at)]);
        }
        (None, None) => {
            let detail = "the object has no `event`, no `events`, and no `type` of a flat event";
            return Err(Fault::new(Reason::NotAnEvent, detail));
        }
        (Some(_), Some(_)) => {
            return Err(Fault::new(
                Reason::NotAnEvent,
                "the object has both `event` and `events`; accepted is one of them",
            ));
        }
        (Some(other), None) => {
            let found = if matches!(other, Json::Array(_)) { "empty" } else { other.describe() };
            return Err(Fault::new(
                Reason::NotAnEvent,
                format!("`events` is {found}; accepted is an array of 1 to 100 events"),
            ));
        }
    };
    check_count(events.len())?;
    let last = events.len() - 1;
    Ok(events
        .into_iter()
        .enumerate()
        .map(|(index, event)| {
            let envelope = if index == last { std::mem::take(&mut body) } else { body.clone() };
            enveloped(event, envelope, received_at)
        })
        .collect())
}

fn enveloped<'a>(event: Json<'a>, mut envelope: Object<'a>, received_at: Timestamp) -> Outcome {
    let Json::Object(mut event) = event else {
        return Err(Fault::new(
            Reason::NotAnEvent,
            format!("the event is {}; accepted is an object", event.describe()),
        ));
    };
    match (event.get_mut("user"), envelope.get_mut("user")) {
        (Some(Json::Object(own)), Some(Json::Object(shared))) => own.fill_from(shared),
        (None | Some(Json::Null), Some(shared @ Json::Object(_))) => {
            let shared = shared.take();
            event.push("user", shared);
        }
        _ => {}
    }
    if !envelope.is_taken() {
        // Shown under a name of their own, so that they overwrite nothing of the event's.
        event.push("envelope", Json::Object(envelope));
    }
    let event_id = normalise::identifier(&mut event, "_id", "event._id")?;
    let mut user = event.take("user");
    let mut nobody = Object::default();
    let driver = user.as_mut().and_then(Json::as_object_mut).unwrap_or(&mut nobody);
    let outcome =
        read(&mut event, Some(driver), "createdAt", event_id.clone(), received_at).map(|(essentials, readings)| {
            if let Some(user) = user {
                event.push("user", user);
            }
            normalise::assemble(essentials, readings, &event)
        });
    outcome.and_then(|event| event).map_err(|fault| Fault { event_id, ..fault })
}

fn flat(mut event: Object<'_>, received_at: Timestamp) -> Outcome {
    let event_id = normalise::identifier(&mut event, "id", "id")?;
    let outcome = read(&mut event, None, "created_at", event_id.clone(), received_at)
        .and_then(|(essentials, readings)| normalise::assemble(essentials, readings, &event));
    outcome.map_err(|fault| Fault { event_id, ..fault })
}

/// Reads an event whose user is an object of its own (`user`), or whose fields stand in the event itself.
fn read<'a>(
    event: &mut Object<'a>,
    mut user: Option<&mut Object<'a>>,
    recorded_at: &str,
    event_id: Option<String>,
    received_at: Timestamp,
) -> Result<(Essentials, Readings), Fault> {
    let source = if user.is_some() { PROVIDER.name } else { "radar-flat" };
    let (event_type, kind) = event_type(event)?;

    let mut trip = event.take("trip");
    let (driver_id, external_driver_id) = {
        let (holder, path) = match &mut user {
            Some(user) => (&mut **user, "user._id"),
            None => (&mut *event, "_id"),
        };
        (normalise::driver(holder, "_id", path)?, external_driver_id(holder))
    };
    let mut readings = Readings { external_driver_id, ..Readings::default() };
    let of_user = user.and_then(|user| user.get_mut("trip"));
    let of_event = trip.as_mut().filter(|trip| matches!(trip, Json::Object(_)));
    if let Some(Json::Object(trip)) = of_event.or(of_user) {
        let trip_id = normalise::identifier(trip, "_id", "trip._id")?;
        let order_id = normalise::identifier(trip, "externalId", "trip.externalId")?;
        readings.order_id = order_id.or_else(|| trip_id.clone()).map(OrderId::from);
        readings.trip_id = trip_id.map(TripId::from);
    }
    if let Some(trip) = trip {
        event.push("trip", trip);
    }
    if let Some(Json::Object(geofence)) = event.get_mut("geofence") {
        readings.geofence_id = normalise::lenient_identifier(geofence, "_id");
        readings.geofence_tag = normalise::lenient_identifier(geofence, "tag");
        readings.geofence_external_id = normalise::lenient_identifier(geofence, "externalId");
    }
    let recorded_at = normalise::recorded_at(event, recorded_at, received_at)?;
    readings.coordinates = coordinates(event)?;
    readings.accuracy_m = normalise::reading(event, "locationAccuracy", 0.0..=normalise::MAX_MAGNITUDE);
    let essentials = Essentials {
        event_id: event_id.map(EventId::from),
        source,
        event_type,
        kind,
        driver_id,
        recorded_at,
        received_at,
        live: normalise::live(event),
    };
    Ok((essentials, readings))
}

fn event_type(event: &mut Object<'_>) -> Result<(String, Kind), Fault> {
    let Some(Json::Text(text)) = event.get("type").filter(|value| !value.is_blank()) else {
        return Err(Fault::new(
            Reason::TypeMissing,
            "`type` is missing; it must be a text such as `user.entered_geofence`",
        ));
    };
    let event_type = text.to_string();
    let kind = KINDS.iter().find(|(word, _)| *word == event_type).map_or(Kind::Other, |(_, kind)| *kind);
    event.take("type");
    Ok((event_type, kind))
}

/// `userId` in the current API, `MMUserId` in the older payloads; where both came, the other stays.
fn external_driver_id(user: &mut Object<'_>) -> Option<String> {
    normalise::lenient_identifier(user, "userId").or_else(|| normalise::lenient_identifier(user, "MMUserId"))
}

/// `GeoJSON`: `[longitude, latitude]` and perhaps an altitude in metres; the flat dialect has an object
/// with both names instead. Null, an empty text or no `location` at all mean that there is none.
fn coordinates(event: &mut Object<'_>) -> Result<Option<Coordinates>, Fault> {
    const ACCEPTED: &str = "accepted is a GeoJSON Point with `coordinates` of [longitude, latitude]";
    let malformed = |what: &str| Fault::new(Reason::CoordinatesMalformed, format!("{what}; {ACCEPTED}"));

    let Some(location) = event.get_mut("location").filter(|value| !value.is_blank()) else { return Ok(None) };
    let Json::Object(location) = location else {
        return Err(malformed(&format!("`location` is {}", location.describe())));
    };
    if let Some(Json::Text(shape)) = location.get("type")
        && shape != "Point"
    {
        return Err(malformed("`location.type` is another than Point"));
    }
    let found = match location.get_mut("coordinates") {
        Some(Json::Array(numbers)) => {
            let (longitude, latitude, altitude) = match numbers.as_mut_slice() {
                [longitude, latitude] => (longitude, latitude, None),
                [longitude, latitude, altitude] => (longitude, latitude, Some(altitude)),
                other => return Err(malformed(&format!("`location.coordinates` has {} numbers", other.len()))),
            };
            let mut found = normalise::coordinates(latitude, longitude)?;
            normalise::take_number(longitude, found.longitude);
            normalise::take_number(latitude, found.latitude);
            found.altitude_m = altitude.and_then(normalise::altitude);
            found
        }
        Some(Json::Object(degrees)) => {
            let (Some(latitude), Some(longitude)) = (degrees.get("latitude"), degrees.get("longitude")) else {
                return Err(malformed("`location.coordinates` lacks `latitude` or `longitude`"));
            };
            let found = normalise::coordinates(latitude, longitude)?;
            for (name, number) in [("latitude", found.latitude), ("longitude", found.longitude)] {
                if let Some(value) = degrees.get_mut(name) {
                    normalise::take_number(value, number);
                }
            }
            found
        }
        _ => return Err(malformed("`location` has no `coordinates`")),
    };
    // Only now: a `type` that stays shows that the rest of the location was not understood.
    if matches!(location.get("type"), Some(Json::Text(_))) {
        location.take("type");
    }
    Ok(Some(found))
}
