"""The drive that the demo replays: a milk truck in São Paulo, second by second.

From the wholesale market in the west, where it loads, to a street market in Pinheiros and on along
Avenida Paulista to a café in Vila Mariana. The streets are approximate, the customers made up.
"""

import math
import random
from dataclasses import dataclass
from itertools import pairwise

# (latitude, longitude, speed on the way to it in m/s), the corners of the way.
# fmt: off
CORNERS = [
    (-23.54130, -46.74080, 0.0), (-23.53905, -46.73890, 7.0),
    (-23.53690, -46.73700, 5.0),  # the depot
    (-23.53590, -46.73500, 5.0), (-23.53850, -46.73160, 9.0), (-23.54320, -46.72850, 11.0),
    (-23.54760, -46.72590, 11.0), (-23.55160, -46.71930, 10.0), (-23.55430, -46.71420, 9.0),
    (-23.55760, -46.70710, 9.0), (-23.56080, -46.70080, 8.0), (-23.56390, -46.69760, 7.0),
    (-23.56615, -46.69600, 4.0),  # the street market
    (-23.56790, -46.69340, 5.0), (-23.56990, -46.69010, 7.0), (-23.56700, -46.68470, 8.0),
    (-23.56290, -46.67800, 8.0), (-23.55860, -46.67090, 8.0), (-23.55560, -46.66260, 7.0),
    (-23.55810, -46.65970, 7.0), (-23.56144, -46.65588, 7.0), (-23.56480, -46.65190, 6.0),
    (-23.56860, -46.64740, 7.0), (-23.57090, -46.64420, 7.0), (-23.57450, -46.64060, 8.0),
    (-23.57980, -46.63910, 9.0), (-23.58500, -46.63600, 9.0),
    (-23.58920, -46.63460, 4.0),  # the café
    (-23.59220, -46.63480, 6.0), (-23.59560, -46.63620, 8.0),
]
# fmt: on
LIGHTS_EVERY_M = 430
DWELL_S = 240  # how long inside a geofence counts as dwelling


@dataclass(frozen=True)
class Geofence:
    name: str
    id: str
    tag: str
    external_id: str
    latitude: float
    longitude: float
    radius_m: float
    stay_s: int  # how long the truck stands in the middle of it


DEPOT = Geofence(
    "the depot", "65ef91b01d4e7b0012aa0101", "depot", "depot-west", -23.53690, -46.73700, 130, 540
)
MARKET = Geofence(
    "the street market",
    "65ef91b01d4e7b0012aa0102",
    "customer",
    "customer-market",
    -23.56615,
    -46.69600,
    100,
    600,
)
CAFE = Geofence(
    "the café",
    "65ef91b01d4e7b0012aa0103",
    "customer",
    "customer-cafe",
    -23.58920,
    -46.63460,
    100,
    540,
)
GEOFENCES = [DEPOT, MARKET, CAFE]


@dataclass(frozen=True)
class Fix:
    """Where the truck is, `at_s` seconds after the drive's start."""

    at_s: float
    latitude: float
    longitude: float
    speed_mps: float
    heading_deg: int
    accuracy_m: int


def metres(latitude: float, longitude: float) -> tuple[float, float]:
    """East and north of the first corner. Flat, which is exact enough for one city."""
    lat0, lon0, _ = CORNERS[0]
    return (longitude - lon0) * 111_320 * math.cos(math.radians(lat0)), (latitude - lat0) * 110_570


def distance_m(fix: Fix, fence: Geofence) -> float:
    return math.dist(metres(fix.latitude, fix.longitude), metres(fence.latitude, fence.longitude))


def drive() -> list[Fix]:
    """One fix a second."""
    rng = random.Random(2041)

    def between(low: float, high: float) -> float:
        # Only .random() is promised to stay the same from one version of Python to the next.
        return low + (high - low) * rng.random()

    points = [metres(lat, lon) for lat, lon, _ in CORNERS]
    marks = [0.0]
    for a, b in pairwise(points):
        marks.append(marks[-1] + math.dist(a, b))

    stays = {
        marks[i]: fence.stay_s
        for i, (lat, lon, _) in enumerate(CORNERS)
        for fence in GEOFENCES
        if (lat, lon) == (fence.latitude, fence.longitude)
    }
    crossroads = range(LIGHTS_EVERY_M, int(marks[-1]), LIGHTS_EVERY_M)
    lights = {mark: between(8, 45) for mark in crossroads if rng.random() < 0.75}
    stops = sorted({**lights, **stays}.items())

    fixes, second, along, speed, waiting = [], 0, 0.0, 0.0, 0.0
    while along < marks[-1] - 1:
        leg = max(i for i, mark in enumerate(marks[:-1]) if mark <= along)
        (lat_a, lon_a, _), (lat_b, lon_b, limit) = CORNERS[leg], CORNERS[leg + 1]
        part = (along - marks[leg]) / (marks[leg + 1] - marks[leg])
        (east_a, north_a), (east_b, north_b) = points[leg], points[leg + 1]
        fixes.append(
            Fix(
                at_s=second + round(between(0, 0.9), 3),
                latitude=round(lat_a + (lat_b - lat_a) * part + between(-3e-5, 3e-5), 5),
                longitude=round(lon_a + (lon_b - lon_a) * part + between(-3e-5, 3e-5), 5),
                speed_mps=round(speed, 1),
                heading_deg=round(math.degrees(math.atan2(east_b - east_a, north_b - north_a)))
                % 360,
                accuracy_m=int(between(4, 15)),
            )
        )
        second += 1
        if waiting > 0:
            waiting -= 1
            continue
        to_stop = stops[0][0] - along if stops else math.inf
        # Brakes at 1.5 m/s², gathers speed at 1 m/s².
        speed = min(limit, speed + 1, max(1.0, math.sqrt(2 * 1.5 * max(0.0, to_stop))))
        if to_stop <= speed:
            along, waiting = stops.pop(0)
            speed = 0.0
        else:
            along += speed
    return fixes


def samples(fixes: list[Fix]) -> list[Fix]:
    """What the device reports: a fix every 20 to 30 s."""
    rng, chosen, due = random.Random(17), [], 0.0
    for fix in fixes:
        if fix.at_s >= due:
            chosen.append(fix)
            due = fix.at_s + 20 + 10 * rng.random()
    return chosen


def crossings(fixes: list[Fix], fence: Geofence) -> tuple[Fix, Fix, Fix]:
    """Where the truck entered the geofence, had dwelled in it, and left it again."""
    entered = next(fix for fix in fixes if distance_m(fix, fence) <= fence.radius_m)
    dwelled = next(fix for fix in fixes if fix.at_s >= entered.at_s + DWELL_S)
    afterwards = (fix for fix in fixes if fix.at_s > dwelled.at_s)
    exited = next(fix for fix in afterwards if distance_m(fix, fence) > 1.1 * fence.radius_m)
    return entered, dwelled, exited
