"""Distances on the WGS 84 ellipsoid, and times as the API writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise

from geographiclib.geodesic import Geodesic

from events import UNIX_EPOCH, Event

MINUTE_MS = 60_000


def step_m(a: Event, b: Event) -> float:
    """Metres from one position to another, along the geodesic."""
    return Geodesic.WGS84.Inverse(*a.position, *b.position, Geodesic.DISTANCE)["s12"]


def steps(track: list[Event]) -> list[tuple[Event, float]]:
    """Each good position but the first, with the metres from the good one before."""
    good = [event for event in track if event.is_good]
    return [(b, step_m(a, b)) for a, b in pairwise(good)]


def tracks(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The live positions of each driver, in order of time, then of id."""
    by_driver: dict[str, list[Event]] = {}
    for event in sorted(events, key=lambda event: (event.recorded_at, event.event_id)):
        if event.live and event.position:
            track = by_driver.setdefault(event.driver_id, [])
            if track and track[-1].recorded_at == event.recorded_at:
                # Ids that are derived here are not milkrun's: the order of these must not matter.
                assert track[-1].position == event.position, "two positions at the same time"
            track.append(event)
    return by_driver


def utc(millis: int) -> str:
    """RFC 3339 with milliseconds."""
    time = UNIX_EPOCH + timedelta(milliseconds=millis)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
