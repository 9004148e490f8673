"""The ten rules: which packages a driver may carry."""

from __future__ import annotations

from typing import Any

FITS = {
    "MAX_WEIGHT": lambda package, limit_kg: package["weight_kg"] <= limit_kg,
    "NO_PERISHABLE": lambda package: not package["is_perishable"],
    "REGION_ONLY": lambda package, allowed_regions: package["region"] in allowed_regions,
    "MAX_DISTANCE": lambda package, max_km: package["distance_km"] <= max_km,
    "EXPRESS_ONLY": lambda package: package["is_express"],
    "FRAGILE_ONLY": lambda package: package["is_fragile"],
    "HAZMAT_ALLOWED": lambda package, allowed_classes: (
        package["hazmat_class"] in [None, *allowed_classes]
    ),
    "TEMP_CONTROL": lambda package, min_c, max_c: min_c <= package["temperature_c"] <= max_c,
    "TIME_WINDOW": lambda package, start_hour, end_hour: (
        package["delivery_hour"] in hours(start_hour, end_hour)
    ),
    "OVERSIZED": lambda package, min_volume_m3: package["volume_m3"] >= min_volume_m3,
}


def hours(start: int, end: int) -> set[int]:
    """From one hour of the day to another one, both included, over midnight where it is later."""
    return {(start + passed) % 24 for passed in range((end - start) % 24 + 1)}


def may_carry(driver: dict[str, Any], package: dict[str, Any]) -> bool:
    """Whether every rule of a driver holds for a package."""
    return all(FITS[rule["code"]](package, **rule["params"]) for rule in driver["rules"])
