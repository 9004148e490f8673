"""The core of `POST /assign` with OR-Tools: a flow on the pairs of driver and package.

Bytes of both lists in, bytes of the answer out, as in `bench/src/matching/ours.rs`. NumPy finds the
pairs: a column for each attribute, a mask for each rule, and each driver's arcs are added at once,
from package to driver, which is solved faster than the other way around.

Speaks JSON lines on standard input and output:
  {"drivers", "packages", "max_per_driver", "flow"}
  ->  {"assigned", "squares", "km", "pairs", "solving", "seconds", "peak_kb"}
The first two name files, which are read before the clock starts. A flow is "most" or "best".
"""

import gc
import json
import sys
import time
from pathlib import Path

import numpy as np
from ortools.graph.python.max_flow import SimpleMaxFlow
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

REGIONS = ["north", "east", "south", "west"]
SOURCE, SINK = 0, 1

MASKS = {
    "MAX_WEIGHT": lambda of, params: of["weight_kg"] <= params["limit_kg"],
    "NO_PERISHABLE": lambda of, params: ~of["is_perishable"],
    "REGION_ONLY": lambda of, params: np.isin(
        of["region"], [REGIONS.index(name) for name in params["allowed_regions"]]
    ),
    "MAX_DISTANCE": lambda of, params: of["distance_km"] <= params["max_km"],
    "EXPRESS_ONLY": lambda of, params: of["is_express"],
    "FRAGILE_ONLY": lambda of, params: of["is_fragile"],
    "HAZMAT_ALLOWED": lambda of, params: np.isin(
        of["hazmat_class"], [0, *params["allowed_classes"]]
    ),
    "TEMP_CONTROL": lambda of, params: (
        (params["min_c"] <= of["temperature_c"]) & (of["temperature_c"] <= params["max_c"])
    ),
    # Over midnight where the end is before the start.
    "TIME_WINDOW": lambda of, params: (
        (of["delivery_hour"] - params["start_hour"]) % 24
        <= (params["end_hour"] - params["start_hour"]) % 24
    ),
    "OVERSIZED": lambda of, params: of["volume_m3"] >= params["min_volume_m3"],
}


def columns(packages):
    """An array for each attribute; no hazard class is 0."""
    of = {
        name: np.array([package[name] for package in packages])
        for name in packages[0]
        if name not in ("package_id", "region", "hazmat_class", "address")
    }
    of["region"] = np.array([REGIONS.index(package["region"]) for package in packages])
    of["hazmat_class"] = np.array([package["hazmat_class"] or 0 for package in packages])
    return of


def masks(drivers, of):
    """Which packages each driver may carry. A rule that many drivers have is looked at once."""
    known = {}
    for driver in drivers:
        fits = np.ones(len(of["region"]), dtype=bool)
        for rule in driver["rules"]:
            key = f"{rule['code']} {rule['params']}"
            if key not in known:
                known[key] = MASKS[rule["code"]](of, rule["params"])
            fits &= known[key]
        yield fits


def ones(nodes):
    return np.ones(len(nodes), dtype=np.int64)


class Most:
    """As many packages as can be carried: a maximum flow. Nothing else is looked at."""

    def __init__(self):
        self.flow = SimpleMaxFlow()

    def add_pairs(self, packages, drivers):
        return self.flow.add_arcs_with_capacity(packages, drivers, ones(packages))

    def add_packages(self, nodes, distances):
        self.flow.add_arcs_with_capacity(np.full_like(nodes, SOURCE), nodes, ones(nodes))

    def add_drivers(self, nodes, max_per_driver):
        most = np.full(len(nodes), max_per_driver)
        self.flow.add_arcs_with_capacity(nodes, np.full_like(nodes, SINK), most)

    def solve(self):
        return self.flow.solve(SOURCE, SINK)


class Best:
    """What we look for: as many, as evenly, as near as can be. A maximum flow of least cost."""

    def __init__(self):
        self.flow = SimpleMinCostFlow()

    def add_pairs(self, packages, drivers):
        free = np.zeros_like(packages, dtype=np.int64)
        return self.add(packages, drivers, ones(packages), free)

    def add_packages(self, nodes, distances):
        # A sum of distances never outweighs a square.
        self.scale = 1 + int(distances.sum())
        self.add(np.full_like(nodes, SOURCE), nodes, ones(nodes), distances)
        self.flow.set_node_supply(SOURCE, len(nodes))
        self.flow.set_node_supply(SINK, -len(nodes))

    def add_drivers(self, nodes, max_per_driver):
        # A load's square grows by 1, 3, 5, …: an arc for each package that a driver may have.
        for load in range(max_per_driver):
            costs = np.full(len(nodes), self.scale * (2 * load + 1))
            self.add(nodes, np.full_like(nodes, SINK), ones(nodes), costs)

    def add(self, *arcs):
        return self.flow.add_arcs_with_capacity_and_unit_cost(*arcs)

    def solve(self):
        return self.flow.solve_max_flow_with_min_cost()


def core(drivers, packages, max_per_driver, network):
    started = time.perf_counter()
    drivers, packages = json.loads(drivers), json.loads(packages)
    of = columns(packages)
    hundredths = np.rint(100 * of["distance_km"]).astype(np.int64)
    first_package = 2 + len(drivers)
    driver_nodes = np.arange(2, first_package, dtype=np.int32)
    package_nodes = np.arange(first_package, first_package + len(packages), dtype=np.int32)
    network.add_packages(package_nodes, hundredths)
    pairs = []
    for node, mask in zip(driver_nodes, masks(drivers, of), strict=True):
        fits = package_nodes[mask]
        pairs.append((fits, network.add_pairs(fits, np.full_like(fits, node))))
    network.add_drivers(driver_nodes, max_per_driver)

    solving = time.perf_counter()
    status = network.solve()
    solving = time.perf_counter() - solving
    assert status == network.flow.OPTIMAL, status

    ids = [package["package_id"] for package in packages]
    assignments, taken = {}, np.zeros(len(packages), dtype=bool)
    for driver, (fits, arcs) in zip(drivers, pairs, strict=True):
        carried = fits[network.flow.flows(arcs) > 0] - first_package
        taken[carried] = True
        assignments[driver["id"]] = [ids[package] for package in carried]
    answer = {
        "assignments": assignments,
        "unassigned_packages": [ids[package] for package in np.flatnonzero(~taken)],
        "unassigned_drivers": [driver for driver, carried in assignments.items() if not carried],
    }
    answer = json.dumps(answer, separators=(",", ":")).encode()
    seconds = time.perf_counter() - started
    return {
        "assigned": sum(map(len, assignments.values())),
        "squares": sum(len(carried) ** 2 for carried in assignments.values()),
        "km": int(hundredths[taken].sum()) / 100,
        "pairs": sum(len(fits) for fits, _ in pairs),
        "solving": solving,
        "seconds": seconds,
    }


def peak_kb():
    """The most memory that this process has had, or nothing where the system does not say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def main():
    # As `timeit` does: a collection in the middle of a round is noise.
    gc.disable()
    for line in sys.stdin:
        request = json.loads(line)
        lists = [Path(request[name]).read_bytes() for name in ("drivers", "packages")]
        network = {"most": Most, "best": Best}[request["flow"]]()
        measured = core(*lists, request["max_per_driver"], network)
        del network
        gc.collect()
        print(json.dumps(measured | {"peak_kb": peak_kb()}), flush=True)


if __name__ == "__main__":
    main()
