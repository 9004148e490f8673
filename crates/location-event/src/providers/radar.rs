//! Radar's webhooks, in the three dialects in which they are met: *single* (`event` and `user`),
//! *multiple* (`events` and `user`) and *flat* (one event without an envelope, numbers as texts).
//!
//! The first two are one dialect: an envelope with one or several events, whose `user` supplies what an
//! event's own `user` lacks.

use wire_json::{Json, Object};

use super::{Outcome, Provider, SignatureScheme, check_count};
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
    let is_given = |name| body.given(name).is_some();
    let events = match (is_given("events"), is_given("event")) {
        (true, true) => {
            let detail = "the object has both `event` and `events`; accepted is one of them";
            return Err(Fault::new(Reason::NotAnEvent, detail));
        }
        (true, false) => {
            body.take("event");
            match body.take("events") {
                Some(Json::Array(events)) => events,
                other => {
                    let found = other.map_or("missing", |other| other.describe());
                    let detail = format!("`events` is {found}; accepted is an array of 1 to 100 events");
                    return Err(Fault::new(Reason::NotAnEvent, detail));
                }
            }
        }
        (false, true) => {
            body.take("events");
            body.take("event").into_iter().collect()
        }
        (false, false) if is_given("type") || is_given("created_at") => return Ok(vec![flat(body, received_at)]),
        (false, false) => {
            let detail = "the object has nothing in `event` or `events`, and no `type` of a flat event";
            return Err(Fault::new(Reason::NotAnEvent, detail));
        }
    };
    check_count(events.len())?;
    let mut envelope = Envelope::of(body, events.len());
    Ok(events.into_iter().map(|event| envelope.event(event, received_at)).collect())
}

/// What stands beside the events of a request.
///
/// The fields that an event's own `user` may lack go into each event. All the rest is kept once, by the first event that
/// is stored: a hundred copies of it would make megabytes of a body of 64 KiB.
struct Envelope<'a> {
    /// Identifiers and `live`: short values only.
    shared: Object<'a>,
    /// The whole of `user`, and everything else, until an event has it.
    whole: Option<(Object<'a>, Object<'a>)>,
    /// How many events there are to come.
    events_left: usize,
}

impl<'a> Envelope<'a> {
    fn of(mut body: Object<'a>, events: usize) -> Self {
        let user = match body.get_mut("user") {
            Some(Json::Object(user)) => std::mem::take(user),
            _ => Object::default(),
        };
        if !user.is_blank() {
            body.take("user");
        }
        Self { shared: shared_by_events(&user), whole: Some((user, body)), events_left: events }
    }

    fn event(&mut self, event: Json<'a>, received_at: Timestamp) -> Outcome {
        self.events_left -= 1;
        let whole = if self.events_left == 0 { self.whole.take() } else { self.whole.clone() };
        let Some((user, rest)) = whole else {
            return enveloped(event, self.shared.clone(), None, None, received_at);
        };
        // Which event has the envelope must not change its id: a retry may bring the events in other company.
        let is_known = event.as_object().is_some_and(|event| event.given("_id").is_some());
        let derived_id = if is_known || (user.is_blank() && rest.is_taken()) {
            None
        } else {
            Some(enveloped(event.clone(), self.shared.clone(), None, None, received_at)?.event_id)
        };
        let event = enveloped(event, user, Some(rest), derived_id, received_at)?;
        self.whole = None;
        Ok(event)
    }
}

/// The part of the envelope's user that canonical fields are read from.
fn shared_by_events<'a>(user: &Object<'a>) -> Object<'a> {
    let copy = |from: &Object<'a>, names: &[&'static str], to: &mut Object<'a>| {
        for name in names {
            let is_read =
                |value: &&Json<'a>| normalise::as_identifier(value).is_some() || normalise::as_live(value).is_some();
            if let Some(value) = from.get(name).filter(is_read) {
                to.push(*name, value.clone());
            }
        }
    };
    let mut shared = Object::default();
    copy(user, &["_id", "userId", "MMUserId", "live"], &mut shared);
    if let Some(Json::Object(trip)) = user.get("trip") {
        let mut ids = Object::default();
        copy(trip, &["_id", "externalId"], &mut ids);
        shared.push("trip", Json::Object(ids));
    }
    shared
}

/// Whether two objects are about the same user or trip, as far as their ids say. One may lack what the other says.
fn is_same(one: &Object<'_>, other: &Object<'_>) -> bool {
    let id = |object: &Object<'_>| object.given("_id").and_then(normalise::as_identifier);
    id(one).zip(id(other)).is_none_or(|(one, other)| one == other)
}

/// Reads an event of an envelope. `user` supplies what the event's own user lacks. `rest`, where this is the event that
/// has the envelope, is everything else of it.
fn enveloped<'a>(
    event: Json<'a>,
    mut user: Object<'a>,
    rest: Option<Object<'a>>,
    derived_id: Option<EventId>,
    received_at: Timestamp,
) -> Outcome {
    let Json::Object(mut event) = event else {
        return Err(Fault::new(
            Reason::NotAnEvent,
            format!("the event is {}; accepted is an object", event.describe()),
        ));
    };
    match event.get_mut("user") {
        Some(Json::Object(own)) => own.fill_from(&mut user, is_same),
        Some(own) if own.is_blank() && !user.is_blank() => *own = Json::Object(std::mem::take(&mut user)),
        None if !user.is_blank() => event.push("user", Json::Object(std::mem::take(&mut user))),
        _ => {}
    }
    if let Some(mut rest) = rest {
        if !user.is_taken() {
            rest.push("user", Json::Object(user));
        }
        if !rest.is_taken() {
            // Shown under a name of their own, so that they overwrite nothing of the event's.
            event.push("envelope", Json::Object(rest));
        }
    }
    let event_id = normalise::identifier(&mut event, "_id", "event._id")?;
    let mut user = event.take("user");
    let mut nobody = Object::default();
    let driver = user.as_mut().and_then(Json::as_object_mut).unwrap_or(&mut nobody);
    let outcome = read(&mut event, Some(driver), "createdAt", event_id.clone(), received_at);
    let outcome = outcome.and_then(|(essentials, readings)| {
        if let Some(user) = user {
            event.push("user", user);
        }
        let event_id = essentials.event_id.or(derived_id);
        normalise::assemble(Essentials { event_id, ..essentials }, readings, &event)
    });
    outcome.map_err(|fault| Fault { event_id, ..fault })
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

    let (driver_id, external_driver_id) = {
        let (holder, path) = match &mut user {
            Some(user) => (&mut **user, "user._id"),
            None => (&mut *event, "_id"),
        };
        (normalise::driver(holder, "_id", path)?, external_driver_id(holder))
    };
    let mut readings = Readings { external_driver_id, ..Readings::default() };
    let of_event = event.get_mut("trip").and_then(Json::as_object_mut);
    let of_user = user.as_mut().and_then(|user| user.get_mut("trip")).and_then(Json::as_object_mut);
    let (trip_id, order_id) = trip(of_event, of_user)?;
    readings.order_id = order_id.or_else(|| trip_id.clone()).map(OrderId::from);
    readings.trip_id = trip_id.map(TripId::from);
    if let Some(Json::Object(geofence)) = event.get_mut("geofence") {
        readings.geofence_id = normalise::lenient_identifier(geofence, "_id");
        readings.geofence_tag = normalise::lenient_identifier(geofence, "tag");
        readings.geofence_external_id = normalise::lenient_identifier(geofence, "externalId");
    }
    let recorded_at = normalise::recorded_at(event, recorded_at, received_at)?;
    readings.coordinates = coordinates(event)?;
    readings.accuracy_m = normalise::reading(event, "locationAccuracy", 0.0..=normalise::MAX_MAGNITUDE);
    let live = normalise::live(event).or_else(|| user.and_then(normalise::live)).unwrap_or(true);
    let essentials = Essentials {
        event_id: event_id.map(EventId::from),
        source,
        event_type,
        kind,
        driver_id,
        recorded_at,
        received_at,
        live,
    };
    Ok((essentials, readings))
}

/// The ids of the trip, its own and the company's. The event's trip counts; the user's supplies what it lacks.
fn trip<'a>(
    of_event: Option<&mut Object<'a>>,
    of_user: Option<&mut Object<'a>>,
) -> Result<(Option<String>, Option<String>), Fault> {
    let mut ids = (None, None);
    let is_other = of_event.as_deref().zip(of_user.as_deref()).is_some_and(|(event, user)| !is_same(event, user));
    for trip in [of_event, of_user.filter(|_| !is_other)].into_iter().flatten() {
        if ids.0.is_none() {
            ids.0 = normalise::identifier(trip, "_id", "trip._id")?;
        }
        if ids.1.is_none() {
            ids.1 = normalise::identifier(trip, "externalId", "trip.externalId")?;
        }
    }
    Ok(ids)
}

fn event_type(event: &mut Object<'_>) -> Result<(String, Kind), Fault> {
    let Some(text) = event.given("type").and_then(Json::as_str) else {
        return Err(Fault::new(
            Reason::TypeMissing,
            "`type` is missing; it must be a text such as `user.entered_geofence`",
        ));
    };
    let event_type = text.trim().to_owned();
    let kind = KINDS.iter().find(|(word, _)| *word == event_type).map_or(Kind::Other, |(_, kind)| *kind);
    event.take("type");
    Ok((event_type, kind))
}

/// `userId` in the current API, `MMUserId` in the older payloads; where both came, the other stays.
fn external_driver_id(user: &mut Object<'_>) -> Option<String> {
    normalise::lenient_identifier(user, "userId").or_else(|| normalise::lenient_identifier(user, "MMUserId"))
}

/// `GeoJSON`: `[longitude, latitude]` and perhaps an altitude in metres; the flat dialect has an object
/// with both names instead. A location that holds nothing, whatever its `type` says, means that there is none.
fn coordinates(event: &mut Object<'_>) -> Result<Option<Coordinates>, Fault> {
    const ACCEPTED: &str = "accepted is a GeoJSON Point with `coordinates` of [longitude, latitude]";
    let malformed = |what: &str| Fault::new(Reason::CoordinatesMalformed, format!("{what}; {ACCEPTED}"));

    let Some(location) = event.get_mut("location").filter(|value| !value.is_blank()) else { return Ok(None) };
    let Json::Object(location) = location else {
        return Err(malformed(&format!("`location` is {}", location.describe())));
    };
    if location.iter().all(|(name, value)| name == "type" || value.is_blank()) {
        return Ok(None);
    }
    if let Some(shape) = location.given("type").and_then(Json::as_str)
        && shape.trim() != "Point"
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
