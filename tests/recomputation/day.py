"""What `GET /v1/analytics/daily/{date}` has to answer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

from comparison import Between, Near, Whatever
from events import MILLISECOND, UNIX_EPOCH, Event, Refusals
from geodesy import MINUTE_MS, steps, tracks, utc

HOUR_MS = 60 * MINUTE_MS
# The day's distances are Lambert's formula for long lines, each step rounded to the millimetre.
DISTANCE = 2e-5
ROUNDED_M = 0.0005
# From recording to receipt: when an event is late, and the bounds of the histogram.
LATE_MS = 600_000
# On an emulator a day is final so many days after it.
LATE_DAYS = 3
LAG_BOUNDS_S = [1, 5, 30, 60, 600, 3600, 86_400]
# S3 dates objects by the second, rounded down.
S3_CLOCK_MS = 1_000

CROSSINGS = {
    "entered": "geofence_entered",
    "exited": "geofence_exited",
    "dwelled": "geofence_dwelled",
}


@dataclass(frozen=True)
class LocalDay:
    """A date of a zone: from its first moment to that of the next, milliseconds since 1970."""

    date: str
    zone: tzinfo
    zone_name: str
    begins_at: int
    ends_at: int

    @classmethod
    def of(cls, text: str, zone_name: str) -> LocalDay:
        zone = UTC if zone_name == "UTC" else ZoneInfo(zone_name)
        day = date.fromisoformat(text)
        begins_at, ends_at = (_midnight(day + timedelta(days), zone) for days in (0, 1))
        return cls(text, zone, zone_name, begins_at, ends_at)

    def __contains__(self, time: int) -> bool:
        return self.begins_at <= time < self.ends_at

    def hour_of(self, time: int) -> int:
        """When the hour begins that a moment is in; hours count from the day's first moment."""
        return time - (time - self.begins_at) % HOUR_MS

    def label(self, time: int) -> str:
        """By the zone's clocks."""
        local = (UNIX_EPOCH + timedelta(milliseconds=time)).astimezone(self.zone)
        return local.isoformat(timespec="seconds")


def _midnight(day: date, zone: tzinfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - UNIX_EPOCH) // MILLISECOND


def of(day: LocalDay, lake: Iterable[Event], refused: Refusals) -> dict:
    """The whole answer, of the lake's events and of what was refused."""
    of_day = [event for event in lake if event.recorded_at in day]
    live = [event for event in of_day if event.live]
    drivers = driver_numbers(live)
    return {
        "date": day.date,
        "time_zone": day.zone_name,
        "from": utc(day.begins_at),
        "to": utc(day.ends_at),
        "state": Whatever(str),
        "revision": Whatever(int),
        "changed_at": Whatever(str),
        "computed_at": Whatever(str),
        "events": {
            "total": len(live),
            "positions": positions(live),
            "by_kind": dict(Counter(event.kind for event in live)),
        },
        "distinct_drivers": len({event.driver_id for event in live}),
        "trips": {"started": trips(live, "trip_started"), "arrived": trips(live, "trip_arrived")},
        "crossings": crossings(live),
        "active_minutes": sum(driver["active_minutes"] for driver in drivers),
        "distance_m": total([driver["distance_m"] for driver in drivers]),
        "hours": hours(day, live),
        "quality": quality(day, live, refused)
        | {"test_events": len(of_day) - len(live), "too_late": too_late(day, lake)},
        "geofences": geofences(day, live),
        "drivers": drivers,
        "next_cursor": None,
    }


def positions(events: list[Event]) -> int:
    return sum(event.position is not None for event in events)


def trips(events: list[Event], kind: str) -> int:
    """Trips, not events; an event without a trip is one of its own."""
    named = [event for event in events if event.kind == kind]
    return len(
        {(event.driver_id, event.trip_id) if event.trip_id else event.key for event in named}
    )


def crossings(events: list[Event]) -> dict[str, int]:
    kinds = Counter(event.kind for event in events)
    return {name: kinds[kind] for name, kind in CROSSINGS.items()}


def driver_numbers(live: list[Event]) -> list[dict]:
    by_track = tracks(live)
    return [
        {
            "driver_id": driver_id,
            "events": len(events),
            "positions": positions(events),
            "active_minutes": len(
                {event.recorded_at // MINUTE_MS for event in by_track.get(driver_id, [])}
            ),
            "distance_m": distance([m for _, m in steps(by_track.get(driver_id, []))]),
        }
        for driver_id, events in grouped(live, lambda event: event.driver_id)
    ]


def hours(day: LocalDay, live: list[Event]) -> list[dict]:
    all_steps = [(b.recorded_at, m) for track in tracks(live).values() for b, m in steps(track)]
    return [
        {
            "hour": day.label(hour),
            "events": len(events),
            "positions": positions(events),
            "distinct_drivers": len({event.driver_id for event in events}),
            "distance_m": distance([m for end, m in all_steps if day.hour_of(end) == hour]),
        }
        | crossings(events)
        for hour, events in grouped(live, lambda event: day.hour_of(event.recorded_at))
    ]


def geofences(day: LocalDay, live: list[Event]) -> list[dict]:
    crossed = [event for event in live if event.kind in CROSSINGS.values()]
    rows = [
        named(events)
        | crossings(events)
        | {
            "hours": [
                {"hour": day.label(hour)} | crossings(of_hour)
                for hour, of_hour in grouped(events, lambda event: day.hour_of(event.recorded_at))
            ]
        }
        for _, events in grouped(crossed, lambda event: event.geofence or ("", ""))
    ]
    # By id, then external id, then tag; those without come first.
    names = ("geofence_id", "geofence_external_id", "geofence_tag")
    return sorted(rows, key=lambda row: [row.get(name, "") for name in names])


def named(events: list[Event]) -> dict[str, str]:
    """What a geofence's events say of it; of several, the name that sorts last."""
    names = {}
    for name in ("geofence_id", "geofence_tag", "geofence_external_id"):
        found = {getattr(event, name) for event in events} - {None}
        names |= {name: max(found)} if found else {}
    return names


def quality(day: LocalDay, live: list[Event], refused: Refusals) -> dict:
    # When an event was received is known to lie between two moments.
    lags = [
        tuple(time - event.recorded_at for time in event.request.received_between())
        for event in live
    ]
    bounds = [-math.inf, *(bound * 1000 for bound in LAG_BOUNDS_S), math.inf]
    lag = [between(lags, low, high) for low, high in pairwise(bounds)]
    quarantined: dict[str, Between] = {}
    for (_, _, reason), request in refused.items():
        earliest, latest = request.received_between()
        in_day = [time in day for time in (earliest - S3_CLOCK_MS, latest)]
        if any(in_day):
            before = quarantined.get(reason, Between(0, 0))
            quarantined[reason] = Between(before.low + all(in_day), before.high + 1)
    return {
        # How often the relay delivered is not in what was posted: it tries again when unsure.
        "repeated_rows": Whatever(int),
        "late_arrivals": between(lags, LATE_MS, math.inf),
        "ingest_lag": [
            {"events": events} | ({"up_to_s": bound} if bound else {})
            for events, bound in zip(lag, [*LAG_BOUNDS_S, None], strict=True)
        ],
        "flagged": dict(Counter(flag for event in live for flag in event.flags)),
        "quarantined": quarantined,
    }


def too_late(day: LocalDay, lake: list[Event]) -> Between:
    """Live events that arrived on the day when their own day was final."""
    oldest = date.fromisoformat(day.date) - timedelta(LATE_DAYS)
    final_before = _midnight(oldest, day.zone)
    old = [event for event in lake if event.live and event.recorded_at < final_before]
    in_day = [[time in day for time in event.request.received_between()] for event in old]
    return Between(sum(map(all, in_day)), sum(map(any, in_day)))


def between(lags: list[tuple[int, int]], low: float, high: float) -> Between:
    """How many lags are above `low` and not above `high`, each known as the least and the most
    that it may be: at least those that surely are, at most those that may be."""
    surely = sum(low < least and most <= high for least, most in lags)
    perhaps = sum(low < most and least <= high for least, most in lags)
    return Between(surely, perhaps)


def grouped(events: list[Event], key: Callable) -> list[tuple]:
    """By key, in its order."""
    groups: dict = {}
    for event in events:
        groups.setdefault(key(event), []).append(event)
    return sorted(groups.items())


def distance(metres: list[float]) -> Near:
    return Near(math.fsum(metres), DISTANCE * math.fsum(metres) + ROUNDED_M * len(metres))


def total(distances: list[Near]) -> Near:
    return Near(
        math.fsum(one.value for one in distances), math.fsum(one.tolerance for one in distances)
    )
