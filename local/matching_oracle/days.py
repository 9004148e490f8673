"""Random days and questions. The same number gives the same day."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

from .rules import FITS

REGIONS = ["north", "east", "south", "west"]
CLASSES = [1, 2, 3, 4]
# In hundredths, which are exact. As in the contract, but that a package may be for next door.
RANGES = {
    "weight_kg": (50, 2_000),
    "distance_km": (0, 10_000),
    "temperature_c": (-500, 2_500),
    "volume_m3": (10, 300),
}
# The most drivers and packages of a day: tiny ones find what is special, large ones what is rare.
SIZES = [(4, 12), (20, 120), (60, 600)]


@dataclass(frozen=True)
class Instance:
    """A day and a question, as `crates/assignment/examples/assign.rs` reads them."""

    drivers: list[dict[str, Any]]
    packages: list[dict[str, Any]]
    # Ids.
    asked: list[str]
    max_per_driver: int
    # Ids of the packages that drivers have already.
    earlier: dict[str, list[str]]
    objective: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        earlier = sum(map(len, self.earlier.values()))
        return (
            f"{len(self.asked)} of {len(self.drivers)} drivers asked, "
            f"{len(self.packages)} packages of which {earlier} are assigned, "
            f"at most {self.max_per_driver} each, {self.objective}"
        )


def instance(number: int) -> Instance:
    """The day and the question of a number."""
    rng = random.Random(number)
    most_drivers, most_packages = SIZES[number % len(SIZES)]
    marks = Marks(rng)
    fewest_rules = rng.randint(0, 3)
    drivers = [
        driver(rng, marks, rng.randint(fewest_rules, 4), index)
        for index in range(rng.randint(0, most_drivers))
    ]
    max_per_driver = rng.randint(1, 15)
    # At most about as many as there are places: where all are full, nothing is to be evened out.
    most_packages = min(most_packages, len(drivers) * max_per_driver + 3)
    packages = [package(rng, marks, index) for index in range(rng.randint(0, most_packages))]
    ids = [driver["id"] for driver in drivers]
    everybody = rng.random() < 0.5
    asked = rng.sample(ids, len(ids) if everybody else rng.randint(0, len(ids)))
    earlier = {}
    if rng.random() < 0.5:
        # At most half of the packages; some drivers have more than they may have today.
        free = rng.sample([package["package_id"] for package in packages], len(packages) // 2)
        for driver_id in rng.sample(ids, len(ids) // 2):
            count = rng.randint(0, max_per_driver + 1)
            earlier[driver_id], free = free[:count], free[count:]
    objective = rng.choice(["even_load", "even_load", "distance"])
    return Instance(drivers, packages, asked, max_per_driver, earlier, objective)


class Marks:
    """A few values of each attribute that rules cut at and packages have: limits are met."""

    def __init__(self, rng: random.Random) -> None:
        self.values = {
            name: [rng.randint(*limits) for _ in range(3)] for name, limits in RANGES.items()
        }

    def limit(self, rng: random.Random, name: str) -> float:
        return number(rng.choice(self.values[name]))

    def value(self, rng: random.Random, name: str) -> float:
        either = rng.choice(self.values[name]), rng.randint(*RANGES[name])
        return number(rng.choice(either))


def number(hundredths: int) -> float:
    """Whole numbers as such, as people write them."""
    return hundredths / 100 if hundredths % 100 else hundredths // 100


def driver(rng: random.Random, marks: Marks, rule_count: int, index: int) -> dict[str, Any]:
    codes = rng.choices(list(FITS), k=rule_count)
    rules = [
        {"rule_id": f"rule_{index}_{place}", "code": code, "params": params(rng, marks, code)}
        for place, code in enumerate(codes)
    ]
    return {"id": f"driver_{index}", "rules": rules}


def params(rng: random.Random, marks: Marks, code: str) -> dict[str, Any]:
    match code:
        case "MAX_WEIGHT":
            return {"limit_kg": marks.limit(rng, "weight_kg")}
        case "REGION_ONLY":
            return {"allowed_regions": rng.sample(REGIONS, rng.randint(1, 3))}
        case "MAX_DISTANCE":
            return {"max_km": marks.limit(rng, "distance_km")}
        case "HAZMAT_ALLOWED":
            return {"allowed_classes": rng.sample(CLASSES, rng.randint(1, 3))}
        case "TEMP_CONTROL":
            low, high = sorted(marks.limit(rng, "temperature_c") for _ in range(2))
            return {"min_c": low, "max_c": high}
        case "TIME_WINDOW":
            # As often as not over midnight.
            return {"start_hour": rng.randint(0, 23), "end_hour": rng.randint(0, 23)}
        case "OVERSIZED":
            return {"min_volume_m3": marks.limit(rng, "volume_m3")}
        case _:
            return {}


def package(rng: random.Random, marks: Marks, index: int) -> dict[str, Any]:
    return {
        "package_id": f"package_{index}",
        "is_perishable": rng.random() < 0.5,
        "region": rng.choice(REGIONS),
        "is_express": rng.random() < 0.5,
        "is_fragile": rng.random() < 0.5,
        "hazmat_class": rng.choice([None, *CLASSES]),
        "delivery_hour": rng.randint(0, 23),
        **{name: marks.value(rng, name) for name in RANGES},
    }
