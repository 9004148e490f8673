"""What the best assignment amounts to, by OR-Tools' flows on the pairs of driver and package."""

from __future__ import annotations

from ortools.graph.python import max_flow, min_cost_flow

# Which packages each driver may carry, as places in lists.
Pairs = list[list[int]]

SOURCE, SINK = 0, 1


def driver_node(driver: int) -> int:
    return 2 + 2 * driver


def package_node(package: int) -> int:
    return 3 + 2 * package


def most(pairs: Pairs, room: list[int]) -> int:
    """The most packages that can be carried: a maximum flow."""
    flow = max_flow.SimpleMaxFlow()
    for driver, packages in enumerate(pairs):
        flow.add_arc_with_capacity(SOURCE, driver_node(driver), room[driver])
        for package in packages:
            flow.add_arc_with_capacity(driver_node(driver), package_node(package), 1)
    for package in {package for packages in pairs for package in packages}:
        flow.add_arc_with_capacity(package_node(package), SINK, 1)
    if flow.num_arcs() == 0:
        return 0
    status = flow.solve(SOURCE, SINK)
    assert status == flow.OPTIMAL, status
    return flow.optimal_flow()


def least(
    pairs: Pairs, room: list[int], loads: list[int] | None, distances: list[int] | None
) -> tuple[int, int]:
    """Of the assignments of the most packages: the least sum of what the loads' squares grow by,
    then of the packages' distances. A flow of least cost; what is None costs nothing.

    The square of a load grows by 1, 3, 5, … from one package to the next: one arc for each.
    """
    flow = min_cost_flow.SimpleMinCostFlow()
    # A sum of distances never outweighs a square.
    scale = 1 + sum(distances or [])
    for driver, packages in enumerate(pairs):
        node = driver_node(driver)
        if loads is None:
            flow.add_arc_with_capacity_and_unit_cost(SOURCE, node, room[driver], 0)
        else:
            for load in range(loads[driver], loads[driver] + room[driver]):
                flow.add_arc_with_capacity_and_unit_cost(SOURCE, node, 1, scale * (2 * load + 1))
        for package in packages:
            flow.add_arc_with_capacity_and_unit_cost(node, package_node(package), 1, 0)
    carriable = {package for packages in pairs for package in packages}
    for package in carriable:
        distance = distances[package] if distances else 0
        flow.add_arc_with_capacity_and_unit_cost(package_node(package), SINK, 1, distance)
    if flow.num_arcs() == 0:
        return 0, 0
    flow.set_node_supply(SOURCE, len(carriable))
    flow.set_node_supply(SINK, -len(carriable))
    status = flow.solve_max_flow_with_min_cost()
    assert status == flow.OPTIMAL, status
    return divmod(flow.optimal_cost(), scale)
