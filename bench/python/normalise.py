"""The pure part of `ingest` in Python's standard library: verify, parse, normalise, serialise.

The same work as `crates/webhook-signature` and `crates/location-event`, for radar's enveloped
events and for `POST /v1/positions`. The benchmark compares nothing unless both write the same
events.

Speaks JSON lines on standard input and output:
  {"case", "body", "secret", "headers", "received_at"}  ->  {"events": [...]}
  {"case", "iterations"}                                ->  {"seconds": ...}
"""

import base64
import binascii
import gc
import hashlib
import hmac
import json
import math
import sys
import time
from datetime import UTC, datetime, timedelta

MAX_EVENTS = 100
MAX_IDENTIFIER_BYTES = 256
MAX_MAGNITUDE = 1.5e10
MAX_CLOCK_AHEAD = timedelta(minutes=5)
TOLERANCE_S = 300
KINDS = {
    "user.entered_geofence": "geofence_entered",
    "user.exited_geofence": "geofence_exited",
    "user.dwelled_in_geofence": "geofence_dwelled",
    "user.started_trip": "trip_started",
    "user.updated_trip": "trip_updated",
    "user.approaching_trip_destination": "trip_approaching",
    "user.arrived_at_trip_destination": "trip_arrived",
    "user.stopped_trip": "trip_stopped",
}
OUR_KINDS = {*KINDS.values(), "position", "other"}


class Denied(Exception):
    """The signature lets nobody in."""


class Fault(Exception):
    """Why an event was refused: a reason code and a sentence."""


# Signatures


def verify_radar(secret, headers, body, now):
    signing_id = headers.get("x-radar-signing-id", "")
    code = hmac.new(secret.encode(), signing_id.encode(), hashlib.sha1).hexdigest()
    if not hmac.compare_digest(code, headers.get("x-radar-signature", "")):
        raise Denied


def verify_standard(secret, headers, body, now):
    message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        raise Denied
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = b"%s.%s.%s" % (message_id.encode(), timestamp.encode(), body)
    code = hmac.new(key, message, hashlib.sha256).digest()
    for signature in headers["webhook-signature"].split(" "):
        version, _, text = signature.partition(",")
        try:
            if version == "v1" and hmac.compare_digest(code, base64.b64decode(text)):
                return
        except binascii.Error:
            continue
    raise Denied


# Fields. Each function takes what it reads out of the object; what nobody took is left for
# `attributes`.


def is_blank(value):
    return value is None or (isinstance(value, str) and not value.strip())


def lenient_identifier(source, name):
    value = source.get(name)
    if isinstance(value, str):
        if not value.strip() or len(value.encode()) > MAX_IDENTIFIER_BYTES:
            return None
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    else:
        return None
    del source[name]
    return value


def identifier(source, name):
    if is_blank(source.get(name)):
        return None
    found = lenient_identifier(source, name)
    if found is None:
        raise Fault("identifier_malformed", f"`{name}` is no text of 1 to 256 bytes or integer")
    return found


def driver(source, name):
    found = identifier(source, name)
    if found is None:
        raise Fault("driver_missing", f"`{name}` is missing")
    return found


def number_in(value):
    """A finite number, or a text that is one."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    elif not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return float(value) if math.isfinite(value) else None


def settle(number):
    return 0.0 if abs(number) < 1e-12 else number


def says_all(value, number):
    """Whether the number is all that the value said: "36.920" says more."""
    return value == repr(number) if isinstance(value, str) else value == number


def reading(source, name, lowest, highest):
    value = source.get(name)
    number = number_in(value)
    if number is None:
        return None
    number = settle(number)
    if not lowest <= number <= highest:
        return None
    if says_all(value, number):
        del source[name]
    return number


def degrees(value, name, limit):
    number = number_in(value)
    if number is None:
        raise Fault("coordinates_malformed", f"{name} is not a number of degrees")
    if abs(number) > limit:
        raise Fault(f"{name}_out_of_range", f"{name} is {number}")
    return settle(number)


def timestamp_text(moment):
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def recorded_at(source, name, received_at):
    text = source.get(name)
    if is_blank(text):
        raise Fault("recorded_at_missing", f"`{name}` is missing")
    try:
        moment = datetime.fromisoformat(text.strip())
    except (AttributeError, ValueError):
        raise Fault("recorded_at_malformed", f"`{name}` is not RFC 3339") from None
    if moment.tzinfo is None:
        raise Fault("recorded_at_malformed", f"`{name}` has no offset")
    moment = moment.astimezone(UTC)
    if moment - received_at > MAX_CLOCK_AHEAD:
        raise Fault("recorded_at_in_future", f"`{name}` is ahead of the time of receipt")
    written = timestamp_text(moment)
    if written == text:
        del source[name]
    return written


def live(source):
    value = source.get("live", True)
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            return True
        value = value.lower() == "true"
    elif not isinstance(value, bool):
        return True
    source.pop("live", None)
    return value


def drop_if_emptied(parent, name):
    """Called after something was taken out of `parent[name]`: nothing left is nothing to keep."""
    if not parent.get(name, True):
        del parent[name]


def assemble(event, rest):
    event = {name: value for name, value in event.items() if value is not None}
    event["attributes"] = rest
    if "event_id" not in event:
        content = {"event_id": "", **event, "received_at": event["recorded_at"]}
        event["event_id"] = "derived-" + hashlib.sha256(serialise(content)).hexdigest()[:32]
    return event


# Radar: {"event", "user"} and {"events", "user"}


def radar(body, received_at):
    events, event = body.pop("events", None), body.pop("event", None)
    if events is None and event is not None:
        events = [event]
    elif event is not None or not isinstance(events, list) or not events:
        raise Fault("not_an_event", "the object must have one of `event` and `events`")
    check_count(events)
    last = len(events) - 1
    return [
        radar_event(event, body if index == last else copy(body), received_at)
        for index, event in enumerate(events)
    ]


def copy(value):
    return json.loads(json.dumps(value))


def radar_event(event, envelope, received_at):
    if not isinstance(event, dict):
        raise Fault("not_an_event", "the event is not an object")
    own, shared = event.get("user"), envelope.get("user")
    if isinstance(shared, dict):
        if own is None:
            event["user"] = envelope.pop("user")
        elif isinstance(own, dict):
            for name in list(shared):
                if name not in own:
                    own[name] = shared.pop(name)
                elif own[name] == shared[name]:
                    del shared[name]
            drop_if_emptied(envelope, "user")
    if envelope:
        event["envelope"] = envelope

    event_id = identifier(event, "_id")
    event_type = event.get("type")
    if not isinstance(event_type, str) or not event_type.strip():
        raise Fault("type_missing", "`type` is missing")
    del event["type"]
    user = event.get("user")
    if not isinstance(user, dict):
        raise Fault("driver_missing", "`user._id` is missing")
    driver_id = driver(user, "_id")
    external_driver_id = lenient_identifier(user, "userId") or lenient_identifier(user, "MMUserId")

    trip_id = order_id = None
    trip_of = event if isinstance(event.get("trip"), dict) else user
    trip = trip_of.get("trip")
    if isinstance(trip, dict) and trip:
        trip_id, order_id = identifier(trip, "_id"), identifier(trip, "externalId")
        order_id = order_id or trip_id
        drop_if_emptied(trip_of, "trip")
    drop_if_emptied(event, "user")
    geofence = event.get("geofence")
    if not isinstance(geofence, dict):
        geofence = {}
    geofence_id, geofence_tag, geofence_external_id = (
        lenient_identifier(geofence, name) for name in ("_id", "tag", "externalId")
    )
    if geofence_id or geofence_tag or geofence_external_id:
        drop_if_emptied(event, "geofence")
    recorded = recorded_at(event, "createdAt", received_at)
    latitude, longitude, altitude = geojson_point(event)
    accuracy = reading(event, "locationAccuracy", 0.0, MAX_MAGNITUDE)
    is_live = live(event)
    return assemble(
        {
            "event_id": event_id,
            "source": "radar",
            "event_type": event_type,
            "kind": KINDS.get(event_type, "other"),
            "driver_id": driver_id,
            "external_driver_id": external_driver_id,
            "order_id": order_id,
            "trip_id": trip_id,
            "geofence_id": geofence_id,
            "geofence_tag": geofence_tag,
            "geofence_external_id": geofence_external_id,
            "latitude": latitude,
            "longitude": longitude,
            "accuracy_m": accuracy,
            "altitude_m": altitude,
            "recorded_at": recorded,
            "received_at": timestamp_text(received_at),
            "live": is_live,
        },
        event,
    )


def geojson_point(event):
    location = event.get("location")
    if is_blank(location):
        return None, None, None
    if not isinstance(location, dict) or location.get("type", "Point") != "Point":
        raise Fault("coordinates_malformed", "`location` is not a GeoJSON Point")
    numbers = location.get("coordinates")
    if not isinstance(numbers, list) or len(numbers) not in (2, 3):
        raise Fault("coordinates_malformed", "`location.coordinates` is not [longitude, latitude]")
    found = [degrees(numbers[0], "longitude", 180.0), degrees(numbers[1], "latitude", 90.0)]
    altitude = None
    if len(numbers) == 3:
        altitude = number_in(numbers[2])
        if altitude is not None and abs(altitude) > MAX_MAGNITUDE:
            altitude = None
        found.append(altitude)
    left = [
        None if says_all(value, number) else value
        for value, number in zip(numbers, found, strict=True)
    ]
    if any(value is not None for value in left):
        location["coordinates"] = left
    else:
        del location["coordinates"]
    location.pop("type", None)
    drop_if_emptied(event, "location")
    return found[1], found[0], altitude


# Our own shape: one object or an array of them


def positions(body, received_at):
    events = body if isinstance(body, list) else [body]
    if not events:
        raise Fault("not_an_event", "the array is empty")
    check_count(events)
    return [position(event, received_at) for event in events]


def position(event, received_at):
    if not isinstance(event, dict):
        raise Fault("not_an_event", "the event is not an object")
    event_id = identifier(event, "event_id")
    event_type = event.pop("type", "position")
    if not isinstance(event_type, str) or not event_type.strip():
        raise Fault("type_missing", "`type` is not a text")
    kind = event_type if event_type in OUR_KINDS else "other"
    driver_id = driver(event, "driver_id")
    trip_id, order_id = identifier(event, "trip_id"), identifier(event, "order_id")
    recorded = recorded_at(event, "recorded_at", received_at)
    latitude, longitude = event.get("latitude"), event.get("longitude")
    altitude = None
    if is_blank(latitude) and is_blank(longitude):
        if kind == "position":
            raise Fault("coordinates_missing", "a position needs `latitude` and `longitude`")
        latitude = longitude = None
    elif is_blank(latitude) or is_blank(longitude):
        raise Fault("coordinates_malformed", "one of `latitude` and `longitude` is missing")
    else:
        given = {"latitude": latitude, "longitude": longitude}
        latitude = degrees(latitude, "latitude", 90.0)
        longitude = degrees(longitude, "longitude", 180.0)
        for name, number in (("latitude", latitude), ("longitude", longitude)):
            if says_all(given[name], number):
                del event[name]
        altitude = reading(event, "altitude_m", -MAX_MAGNITUDE, MAX_MAGNITUDE)
    return assemble(
        {
            "event_id": event_id,
            "source": "milkrun",
            "event_type": event_type,
            "kind": kind,
            "driver_id": driver_id,
            "external_driver_id": lenient_identifier(event, "external_driver_id"),
            "order_id": order_id or trip_id,
            "trip_id": trip_id,
            "geofence_id": lenient_identifier(event, "geofence_id"),
            "geofence_tag": lenient_identifier(event, "geofence_tag"),
            "geofence_external_id": lenient_identifier(event, "geofence_external_id"),
            "latitude": latitude,
            "longitude": longitude,
            "accuracy_m": reading(event, "accuracy_m", 0.0, MAX_MAGNITUDE),
            "altitude_m": altitude,
            "speed_mps": reading(event, "speed_mps", 0.0, MAX_MAGNITUDE),
            "heading_deg": reading(event, "heading_deg", 0.0, 360.0),
            "battery_pct": reading(event, "battery_pct", 0.0, 100.0),
            "recorded_at": recorded,
            "received_at": timestamp_text(received_at),
            "live": live(event),
        },
        event,
    )


def check_count(events):
    if len(events) > MAX_EVENTS:
        raise Fault("too_many_events", f"the request has {len(events)} events")


# The whole, and the measuring of it

# Built once: json.dumps with options builds an encoder at every call.
serialise_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
CASES = {"radar": (verify_radar, radar), "positions": (verify_standard, positions)}


def serialise(event):
    return serialise_text(event).encode()


def pure_part(case, secret, headers, body, received_at):
    verify, normalise = CASES[case]
    verify(secret, headers, body, received_at)
    return [serialise(event) for event in normalise(json.loads(body), received_at)]


def main():
    given = {}
    # As `timeit` does: a collection in the middle of a round is noise.
    gc.disable()
    for line in sys.stdin:
        request = json.loads(line)
        case = request["case"]
        if "body" in request:
            body, received_at = request["body"], datetime.fromisoformat(request["received_at"])
            given[case] = (case, request["secret"], request["headers"], body.encode(), received_at)
            answer = {"events": [event.decode() for event in pure_part(*given[case])]}
        else:
            arguments, iterations = given[case], range(request["iterations"])
            started = time.perf_counter()
            for _ in iterations:
                pure_part(*arguments)
            answer = {"seconds": time.perf_counter() - started}
            gc.collect()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
