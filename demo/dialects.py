"""The shapes in which the drive's events are sent.

In the bodies, `{{t-90.250}}` stands for a time, in seconds before the run, and `{{run}}` for the
run's own id, so that every run is about new events.
"""

import json
from dataclasses import dataclass

from route import Fix, Geofence

DRIVER = "65f0c2a91d4e7b00{{run}}"
TRIP = "65f0d1b71d4e7b01{{run}}"
ORDER = "ORDER-{{run}}"
COURIER = "courier-17"

RADAR_TYPES = {
    "geofence_entered": "user.entered_geofence",
    "geofence_exited": "user.exited_geofence",
    "geofence_dwelled": "user.dwelled_in_geofence",
    "trip_started": "user.started_trip",
    "trip_updated": "user.updated_trip",
    "trip_approaching": "user.approaching_trip_destination",
    "trip_arrived": "user.arrived_at_trip_destination",
    "trip_stopped": "user.stopped_trip",
}


@dataclass(frozen=True)
class Event:
    number: int  # tells events apart
    kind: str
    fix: Fix
    fence: Geofence | None
    at_s: float  # relative to the run: negative is past
    trip_started_at_s: float
    on_trip: bool
    located: bool = True
    live: bool = True


def compact(body: object) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def without(item: dict, *names: str) -> dict:
    return {name: value for name, value in item.items() if name not in names}


def time(seconds: float) -> str:
    return f"{{{{t{seconds:+.3f}}}}}"


def radar_id(event: Event) -> str:
    return f"65f1{event.number:012x}{{{{run}}}}"


def point(event: Event) -> dict:
    return {"type": "Point", "coordinates": [event.fix.longitude, event.fix.latitude]}


def trip(event: Event) -> dict:
    return (
        {
            "trip": {
                "_id": TRIP,
                "externalId": ORDER,
                "mode": "truck",
                "status": "started",
                "startedAt": time(event.trip_started_at_s),
            }
        }
        if event.on_trip
        else {}
    )


def geofence(event: Event) -> dict:
    fence = event.fence
    if fence is None:
        return {}
    return {
        "geofence": {
            "_id": fence.id,
            "tag": fence.tag,
            "externalId": fence.external_id,
            "description": fence.name,
        }
    }


def radar_event(event: Event) -> dict:
    body = {
        "_id": radar_id(event),
        "type": RADAR_TYPES[event.kind],
        "live": event.live,
        "createdAt": time(event.at_s),
        "actualCreatedAt": time(event.at_s + 0.4),
        "replayed": False,
    }
    if event.located:
        body |= {
            "location": point(event),
            "locationAccuracy": event.fix.accuracy_m,
            "confidence": 3,
        }
    return body | geofence(event)


def single(event: Event, **changed: object) -> str:
    """`{"event", "user"}`. A change of None leaves the field out."""
    changed = {
        "user": {"_id": DRIVER, "userId": COURIER, "deviceType": "Android", **trip(event)},
        **changed,
    }
    user = changed.pop("user")
    body = {"event": {**radar_event(event), **changed}}
    return compact(body | ({"user": user} if user else {}))


def without_ids(event: Event) -> str:
    """The single dialect with the user inside the event, and no event id."""
    body = {
        "createdAt": time(event.at_s),
        "type": RADAR_TYPES[event.kind],
        "location": point(event),
        **geofence(event),
        "user": {
            "_id": DRIVER,
            "updatedAt": time(event.at_s + 0.2),
            "MMUserId": COURIER,
            **trip(event),
        },
    }
    return compact({"event": body})


def multiple(events: list[Event]) -> str:
    """`{"events", "user"}`: each event's own user lacks the `_id`."""
    return compact(
        {
            "events": [
                {**radar_event(event), "user": {"stopped": event.fix.speed_mps == 0, **trip(event)}}
                for event in events
            ],
            "user": {"_id": DRIVER, "userId": COURIER, "deviceType": "Android"},
        }
    )


def flat(event: Event, **changed: object) -> str:
    """One event without an envelope, numbers and booleans as text."""
    started = time(event.trip_started_at_s)
    body = {
        "id": radar_id(event),
        "created_at": time(event.at_s),
        "live": str(event.live).upper(),
        "type": RADAR_TYPES[event.kind],
        "_id": DRIVER,
        "MMUserId": COURIER,
        "location": {
            "type": "Point",
            "coordinates": {
                "longitude": str(event.fix.longitude),
                "latitude": str(event.fix.latitude),
            },
        }
        if event.located
        else "",
        **geofence(event),
        "trip": {
            "_id": TRIP,
            "externalId": ORDER,
            "createdAt": started,
            "updatedAt": time(event.at_s),
            "MMUserId": "courier-old-17",
            "startedAt": started,
            "metadata": {"crates": "12"},
        },
        **changed,
    }
    return compact({name: value for name, value in body.items() if value is not None})


def position(event: Event) -> dict:
    """Our own shape."""
    fence, fix = event.fence, event.fix
    body = {"event_id": f"pos-{{{{run}}}}-{event.number:04d}"}
    if event.kind != "position":
        body |= {"type": event.kind}
    body |= {"driver_id": DRIVER, "external_driver_id": COURIER}
    if event.on_trip:
        body |= {"order_id": ORDER, "trip_id": TRIP}
    if fence is not None:
        body |= {
            "geofence_id": fence.id,
            "geofence_tag": fence.tag,
            "geofence_external_id": fence.external_id,
        }
    body |= {
        "latitude": fix.latitude,
        "longitude": fix.longitude,
        "accuracy_m": fix.accuracy_m,
        "speed_mps": fix.speed_mps,
        "heading_deg": fix.heading_deg,
        "recorded_at": time(event.at_s),
    }
    return body if event.live else body | {"live": False}


def positions(events: list[Event]) -> str:
    items = [position(event) for event in events]
    return compact(items[0] if len(items) == 1 else items)
