"""What was posted, as events: by docs/api/write-edge.yaml, in whatever dialect they came."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
# How far a device's clock may be ahead of ours, milliseconds.
MOST_AHEAD = 5 * 60_000
# GPS begins its count of weeks anew after 1,024; what is less than a month late is put right.
ROLLOVER = 1024 * 7 * 86_400_000  # milliseconds
MOST_ROLLED_OVER = 30 * 86_400_000  # milliseconds
MOST_EVENTS = 100
MOST_LEVELS = 32
LONGEST_ID = 256
# A position that is as near to 0° N, 0° E, degrees, or uncertain by more metres, is doubtful.
NULL_ISLAND_DEG = 1e-4
MOST_ACCURACY_M = 100
DOUBTFUL = {"accuracy_poor", "null_island"}
# A reading is at most so many metres, or metres a second.
MOST_READING = 1.5e10
# Words that mean test traffic, where an event says whether it is live.
NOT_LIVE = {"false", "f", "no", "n", "off", "0", "0.0"}

RADAR_KINDS = {
    "user.entered_geofence": "geofence_entered",
    "user.exited_geofence": "geofence_exited",
    "user.dwelled_in_geofence": "geofence_dwelled",
    "user.started_trip": "trip_started",
    "user.updated_trip": "trip_updated",
    "user.approaching_trip_destination": "trip_approaching",
    "user.arrived_at_trip_destination": "trip_arrived",
    "user.stopped_trip": "trip_stopped",
}
KINDS = {"position", *RADAR_KINDS.values()}


@dataclass(frozen=True)
class Request:
    """One post. Times are milliseconds since 1970, rounded down."""

    edge: str
    body: str
    posted_at: int
    answered_at: int

    def received_between(self) -> tuple[int, int]:
        """It was received after it was posted and before it was answered."""
        return self.posted_at, self.answered_at + 1


@dataclass(frozen=True)
class Event:
    """One that is stored. Times are milliseconds since 1970, angles degrees."""

    driver_id: str
    event_id: str
    recorded_at: int
    kind: str
    live: bool
    position: tuple[float, float] | None  # latitude, longitude
    speed_mps: float | None
    flags: tuple[str, ...]
    trip_id: str | None
    geofence_id: str | None
    geofence_tag: str | None
    geofence_external_id: str | None
    request: Request

    @property
    def key(self) -> tuple[str, int, str]:
        """What an event is known by, wherever it is."""
        return self.driver_id, self.recorded_at, self.event_id

    @property
    def is_good(self) -> bool:
        """Whether it has a position that distances are measured with."""
        return self.position is not None and not DOUBTFUL & {*self.flags}

    @property
    def geofence(self) -> tuple[str, str] | None:
        """Which geofence it is about: by one name, and which of the three that is."""
        for name in ("geofence_id", "geofence_external_id", "geofence_tag"):
            if getattr(self, name):
                return name, getattr(self, name)
        return None


class RefusedError(Exception):
    """Not stored; its text is the reason's code."""


Translate = Callable[[dict], dict]
# Edge, body and reason, which make an object of the quarantine, and the last request of them.
Refusals = dict[tuple[str, str, str], Request]


def read_request(line: str) -> Request:
    """A line that `milkrun demo --posted` has written."""
    read = json.loads(line)
    return Request(
        read["edge"], read["body"], millis(read["posted_at"]), millis(read["answered_at"])
    )


def millis(text: str) -> int:
    """A time in RFC 3339 with an offset."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None or text[10:11] not in ("T", "t"):
        raise ValueError(text)
    return (time - UNIX_EPOCH) // MILLISECOND


def events_of(request: Request) -> tuple[list[Event], set[str]]:
    """The valid events of a request, in its order, and the reasons why others were refused."""
    events, reasons = [], set()
    try:
        documents, translate = split(request)
    except RefusedError as reason:
        return [], {str(reason)}
    for document in documents:
        try:
            events.append(event(translate(document), request))
        except RefusedError as reason:
            reasons.add(str(reason))
    return events, reasons


def split(request: Request) -> tuple[list[dict], Translate]:
    """A document for each event, and what gives it the names of our own shape."""
    try:
        body = json.loads(request.body, parse_constant=_refuse_constant)
    except ValueError:
        raise RefusedError("not_json") from None
    if request.edge == "positions":
        documents = body if isinstance(body, list) else [body]
        translate = dict
    elif not isinstance(body, dict) or not (blank(body.get("event")) or blank(body.get("events"))):
        raise RefusedError("not_an_event")
    elif not blank(body.get("event")):
        documents, translate = [body["event"]], from_radar(body.get("user"))
    elif not blank(body.get("events")):
        documents, translate = body["events"], from_radar(body.get("user"))
    elif not blank(body.get("type")) or not blank(body.get("created_at")):
        documents, translate = [body], from_flat
    else:
        raise RefusedError("not_an_event")
    if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
        raise RefusedError("not_an_event")
    if len(documents) > MOST_EVENTS:
        raise RefusedError("too_many_events")
    return documents, translate


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def from_radar(outer_user: Any) -> Translate:
    """Translates events of an envelope; what their own user lacks is the envelope's."""

    def translate(document: dict) -> dict:
        user = filled(part(document.get("user")), part(outer_user))
        trip = filled(part(document.get("trip")), part(user.get("trip")))
        live = user.get("live") if blank(document.get("live")) else document["live"]
        return radar(document, trip) | {
            "live": live,
            "event_id": document.get("_id"),
            "driver_id": user.get("_id"),
            "recorded_at": document.get("createdAt"),
        }

    return translate


def filled(own: dict, other: dict) -> dict:
    """The one's fields, and of the other's those that the one lacks, if both are about the same."""
    ids = [identifier(each.get("_id")) for each in (own, other)]
    if None not in ids and ids[0] != ids[1]:
        return own
    both = dict(other)
    for name, value in own.items():
        if isinstance(value, dict) and isinstance(other.get(name), dict):
            both[name] = filled(value, other[name])
        elif not blank(value):
            both[name] = value
    return both


def from_flat(document: dict) -> dict:
    return radar(document, part(document.get("trip"))) | {
        "event_id": document.get("id"),
        "driver_id": document.get("_id"),
        "recorded_at": document.get("created_at"),
    }


def radar(document: dict, trip: dict) -> dict:
    """What all of the provider's dialects have in common."""
    kind = document.get("type")
    if blank(kind) or not isinstance(kind, str):
        raise RefusedError("type_missing")
    geofence = part(document.get("geofence"))
    latitude, longitude = geojson(document.get("location"))
    return {
        "type": RADAR_KINDS.get(kind.strip(), "other"),
        "live": document.get("live"),
        "latitude": latitude,
        "longitude": longitude,
        "accuracy_m": document.get("locationAccuracy"),
        "trip_id": trip.get("_id"),
        "geofence_id": geofence.get("_id"),
        "geofence_tag": geofence.get("tag"),
        "geofence_external_id": geofence.get("externalId"),
    }


def geojson(location: Any) -> tuple[Any, Any]:
    """Latitude and longitude of a point; the flat dialect names them."""
    if isinstance(location, dict):
        location = {name: value for name, value in location.items() if name != "type"}
    if blank(location):
        return None, None
    coordinates = location.get("coordinates") if isinstance(location, dict) else None
    if isinstance(coordinates, dict):
        return coordinates.get("latitude"), coordinates.get("longitude")
    if isinstance(coordinates, list) and len(coordinates) in (2, 3):
        return coordinates[1], coordinates[0]
    raise RefusedError("coordinates_malformed")


def event(document: dict, request: Request) -> Event:
    if levels(document) > MOST_LEVELS:
        raise RefusedError("nested_too_deeply")
    kind = document.get("type")
    kind = "position" if blank(kind) else kind.strip() if kind.strip() in KINDS else "other"
    driver_id = identifier(document.get("driver_id"))
    if driver_id is None:
        raise RefusedError("driver_missing")
    recorded_at, is_corrected = time(document.get("recorded_at"), request)
    position = coordinates(document.get("latitude"), document.get("longitude"))
    if kind == "position" and position is None:
        raise RefusedError("coordinates_missing")
    return Event(
        driver_id=driver_id,
        event_id=identifier(document.get("event_id")) or derived_id(document),
        recorded_at=recorded_at,
        kind=kind,
        live=str(document.get("live")).strip().lower() not in NOT_LIVE,
        position=position,
        speed_mps=reading(document.get("speed_mps")),
        flags=flags(position, reading(document.get("accuracy_m")), is_corrected),
        trip_id=identifier(document.get("trip_id")),
        geofence_id=identifier(document.get("geofence_id")),
        geofence_tag=identifier(document.get("geofence_tag")),
        geofence_external_id=identifier(document.get("geofence_external_id")),
        request=request,
    )


def time(value: Any, request: Request) -> tuple[int, bool]:
    """When it happened, and whether the clock that says so had to be put right."""
    if blank(value):
        raise RefusedError("recorded_at_missing")
    try:
        recorded_at = millis(value)
    except (TypeError, ValueError):
        raise RefusedError("recorded_at_malformed") from None
    if recorded_at > request.answered_at + MOST_AHEAD:
        raise RefusedError("recorded_at_in_future")
    ahead = recorded_at + ROLLOVER - request.answered_at
    if -MOST_ROLLED_OVER <= ahead <= MOST_AHEAD:
        return recorded_at + ROLLOVER, True
    return recorded_at, False


def coordinates(latitude: Any, longitude: Any) -> tuple[float, float] | None:
    if blank(latitude) and blank(longitude):
        return None
    try:
        latitude, longitude = float(latitude), float(longitude)
    except (TypeError, ValueError):
        raise RefusedError("coordinates_malformed") from None
    if not -90 <= latitude <= 90:
        raise RefusedError("latitude_out_of_range")
    if not -180 <= longitude <= 180:
        raise RefusedError("longitude_out_of_range")
    return latitude, longitude


def reading(value: Any) -> float | None:
    """What a sensor says, if it makes sense."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number <= MOST_READING else None


def flags(
    position: tuple[float, float] | None, accuracy_m: float | None, is_corrected: bool
) -> tuple[str, ...]:
    """What makes an event doubtful, by name, in order."""
    poor = position is not None and accuracy_m is not None and accuracy_m > MOST_ACCURACY_M
    null_island = position is not None and all(abs(each) < NULL_ISLAND_DEG for each in position)
    return (
        ("accuracy_poor",) * poor
        + ("clock_corrected",) * is_corrected
        + ("null_island",) * null_island
    )


def identifier(value: Any) -> str | None:
    if blank(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise RefusedError("identifier_malformed")
    text = str(value).strip()
    if len(text.encode()) > LONGEST_ID or any(category(each) == "Cc" for each in text):
        raise RefusedError("identifier_malformed")
    return text


def derived_id(document: dict) -> str:
    """Another one than milkrun's, but likewise the same for an unchanged repeat only."""
    content = json.dumps(document, sort_keys=True)
    return f"derived-{hashlib.sha256(content.encode()).hexdigest()}"


def blank(value: Any) -> bool:
    """Whether it says nothing: null, a blank text, a list or an object that holds nothing else."""
    if isinstance(value, list | dict):
        return all(map(blank, value.values() if isinstance(value, dict) else value))
    return value is None or (isinstance(value, str) and not value.strip())


def levels(value: Any) -> int:
    """How many lists and objects are within one another."""
    if not isinstance(value, list | dict):
        return 0
    return 1 + max(map(levels, value.values() if isinstance(value, dict) else value), default=0)


def part(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def distinct(events: Iterable[Event]) -> list[Event]:
    """Each event once, in the log and in the lake alike: the first one stays."""
    first: dict[tuple, Event] = {}
    for one in events:
        first.setdefault(one.key, one)
    return list(first.values())
