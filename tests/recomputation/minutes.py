"""What `GET /v1/drivers/{driver_id}/minutes` has to answer."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from itertools import groupby

from comparison import Near
from events import Event
from geodesy import MINUTE_MS, steps, tracks, utc

# Degrees.
MEAN = 1e-9
# Two computations of the same geodesics.
DISTANCE = 1e-6

COLUMNS = [
    "driver_id",
    "minute",
    "positions",
    "mean_latitude",
    "mean_longitude",
    "first_recorded_at",
    "first_latitude",
    "first_longitude",
    "last_recorded_at",
    "last_latitude",
    "last_longitude",
    "distance_m",
    "mean_speed_mps",
    "doubtful_positions",
    "speed_source",
]


def of_drivers(logged: Iterable[Event]) -> dict[str, list[dict]]:
    """The minutes of each driver, oldest first."""
    return {driver: of_track(track) for driver, track in tracks(logged).items()}


def of_track(track: list[Event]) -> list[dict]:
    by_minute = groupby(track, key=lambda event: event.recorded_at // MINUTE_MS)
    return [minute(number * MINUTE_MS, list(positions)) for number, positions in by_minute]


def minute(begins_at: int, positions: list[Event]) -> dict:
    """Doubtful positions are counted; all else is of the others, where there are any."""
    good = [event for event in positions if event.is_good]
    counted = good or positions
    distance_m = math.fsum(metres for _, metres in steps(positions))
    latitudes, longitudes = zip(*(event.position for event in counted), strict=True)
    doubtful = len(positions) - len(good)
    return (
        {
            "minute": utc(begins_at),
            "positions": len(positions),
            "mean_latitude": Near(math.fsum(latitudes) / len(counted), MEAN),
            "mean_longitude": Near(mean_longitude(longitudes), MEAN),
            "first": fix(counted[0]),
            "last": fix(counted[-1]),
            "distance_m": near(distance_m),
        }
        | ({"doubtful_positions": doubtful} if doubtful else {})
        | speed(good, distance_m)
    )


def speed(good: list[Event], distance_m: float) -> dict:
    """Measured where there is time between good positions, else what these report, if they do."""
    seconds = (good[-1].recorded_at - good[0].recorded_at) / 1000 if good else 0
    if seconds:
        return {"mean_speed_mps": near(distance_m / seconds), "speed_source": "distance"}
    reported = [event.speed_mps for event in good if event.speed_mps is not None]
    if reported:
        mean = math.fsum(reported) / len(reported)
        return {"mean_speed_mps": near(mean), "speed_source": "reported"}
    return {}


def near(value: float) -> Near:
    return Near(value, DISTANCE * value)


def mean_longitude(longitudes: tuple[float, ...]) -> float:
    """Each is taken on the side of the antimeridian that is nearer to the first one."""
    first = longitudes[0]
    offsets = [(longitude - first + 180) % 360 - 180 for longitude in longitudes]
    return (first + math.fsum(offsets) / len(offsets) + 180) % 360 - 180


def fix(event: Event) -> dict:
    latitude, longitude = event.position
    return {"recorded_at": utc(event.recorded_at), "latitude": latitude, "longitude": longitude}


def from_csv(text: str, driver_id: str) -> list[dict]:
    """A table of minutes as the JSON of the same minutes."""
    header, *rows = csv.reader(io.StringIO(text))
    assert header == COLUMNS, header
    return [from_row(dict(zip(COLUMNS, row, strict=True)), driver_id) for row in rows]


def from_row(row: dict[str, str], driver_id: str) -> dict:
    assert row["driver_id"] == driver_id, row
    given = {name: row[name] for name in ("mean_speed_mps", "speed_source") if row[name]}
    if "mean_speed_mps" in given:
        given["mean_speed_mps"] = float(given["mean_speed_mps"])
    # What is 0 there is left out of the JSON.
    if row["doubtful_positions"] != "0":
        given["doubtful_positions"] = int(row["doubtful_positions"])
    return {
        "minute": row["minute"],
        "positions": int(row["positions"]),
        "mean_latitude": float(row["mean_latitude"]),
        "mean_longitude": float(row["mean_longitude"]),
        "first": fix_from_row(row, "first"),
        "last": fix_from_row(row, "last"),
        "distance_m": float(row["distance_m"]),
    } | given


def fix_from_row(row: dict[str, str], which: str) -> dict:
    return {
        "recorded_at": row[f"{which}_recorded_at"],
        "latitude": float(row[f"{which}_latitude"]),
        "longitude": float(row[f"{which}_longitude"]),
    }
