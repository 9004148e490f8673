"""`make test-matching`: what the matching assigns on random days, against what OR-Tools finds."""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from ..console import Problem, duration, run
from . import days, optimum, rules

# More are not worth reading.
MOST_SHOWN = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("assign", type=Path, help="crates/assignment/examples/assign.rs, built")
    parser.add_argument("--days", type=int, default=1500)
    parser.add_argument("--first", type=int, default=0, help="the number of the first day")
    options = parser.parse_args()
    started = time.monotonic()
    numbers = range(options.first, options.first + options.days)
    instances = [days.instance(number) for number in numbers]
    wrong = {}
    for number, instance, assignments in zip(
        numbers, instances, assign(options.assign, instances), strict=True
    ):
        if faults := compare(instance, assignments):
            wrong[number] = f"day {number} ({instance}): " + "; ".join(faults)
    if wrong:
        print("\n".join([*wrong.values()][:MOST_SHOWN]))
        raise Problem(
            f"the matching is wrong on {len(wrong)} of {len(numbers)} days; one alone: "
            f"`python -m local.matching_oracle {options.assign} --days 1 --first {min(wrong)}`"
        )
    packages = sum(len(instance.packages) for instance in instances)
    print(
        f"{len(instances)} days, {packages:,} packages: as many, as even, as near as OR-Tools "
        f"({duration(time.monotonic() - started)})"
    )


def assign(program: Path, instances: list[days.Instance]) -> list[dict[str, list[str]]]:
    """The new packages of each driver, for each instance."""
    lines = "".join(json.dumps(instance.to_json()) + "\n" for instance in instances)
    done = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True, check=False)
    answers = done.stdout.splitlines()
    if done.returncode:
        raise Problem(f"{program} gave up after {len(answers)} days, for the reason above")
    return [json.loads(answer) for answer in answers]


def compare(instance: days.Instance, assignments: dict[str, list[str]]) -> list[str]:
    """What is wrong with an assignment: against the rules, or less than what OR-Tools finds."""
    if faults := broken(instance, assignments):
        return faults
    drivers = {driver["id"]: driver for driver in instance.drivers}
    asked = instance.asked
    others = [driver for driver in drivers if driver not in asked]
    before = {driver: len(instance.earlier.get(driver, [])) for driver in drivers}
    after = {driver: before[driver] + len(assignments.get(driver, [])) for driver in drivers}
    taken, given = (
        set(chain.from_iterable(of_drivers.values()))
        for of_drivers in (instance.earlier, assignments)
    )
    free = [package for package in instance.packages if package["package_id"] not in taken]
    left = [package for package in free if package["package_id"] not in given]

    def pairs(ids: list[str], packages: list[dict[str, Any]]) -> optimum.Pairs:
        places = range(len(packages))
        return [[at for at in places if rules.may_carry(drivers[id], packages[at])] for id in ids]

    def room(ids: list[str]) -> list[int]:
        return [max(instance.max_per_driver - before[id], 0) for id in ids]

    faults = []

    def expect(what: str, found: int, best: int) -> None:
        if found != best:
            faults.append(f"{what}: {found}, OR-Tools finds {best}")

    of_asked, asked_room = pairs(asked, free), room(asked)
    expect("packages assigned", len(given), optimum.most(of_asked, asked_room))
    # A day that is assigned in parts leaves no more behind than one that is assigned at once.
    everybody = [*asked, *others]
    at_once = optimum.most(pairs(everybody, free), room(everybody))
    later = optimum.most(pairs(others, left), room(others))
    expect("packages assigned once the others are asked", len(given) + later, at_once)

    is_even = instance.objective == "even_load"
    # Others with room may need a near package more than the asked ones do.
    is_near = not any(room(others))
    growth, distance = optimum.least(
        of_asked,
        asked_room,
        [before[id] for id in asked] if is_even else None,
        [hundredths(package) for package in free] if is_near else None,
    )
    if is_even:
        squares = sum(before[id] ** 2 for id in asked)
        expect("squares of loads", sum(after[id] ** 2 for id in asked), squares + growth)
    if is_near:
        found = sum(hundredths(package) for package in free if package["package_id"] in given)
        expect("hundredths of kilometres", found, distance)
    return faults


def broken(instance: days.Instance, assignments: dict[str, list[str]]) -> list[str]:
    """What must not be, whatever is best."""
    drivers = {driver["id"]: driver for driver in instance.drivers}
    packages = {package["package_id"]: package for package in instance.packages}
    faults = []
    for driver, carried in assignments.items():
        if driver not in instance.asked:
            faults.append(f"{driver} was not asked for")
        load = len(carried) + len(instance.earlier.get(driver, []))
        if load > instance.max_per_driver:
            faults.append(f"{driver} has {load}")
        faults += [
            f"{driver} may not carry {package}"
            for package in carried
            if not rules.may_carry(drivers[driver], packages[package])
        ]
    given = [*instance.earlier.values(), *assignments.values()]
    for package, times in Counter(chain.from_iterable(given)).items():
        if times > 1:
            faults.append(f"{package} is given {times} times")
    return faults


def hundredths(package: dict[str, Any]) -> int:
    return round(100 * package["distance_km"])


if __name__ == "__main__":
    run(main)
