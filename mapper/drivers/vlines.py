"""Which VLines ask for drivers of which HICANN, what drivers they reach, and what is left of their switches.

Source: halco synapse.cpp.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import CellTables, demand, service_curves
from mapper.drivers.coupled_packing import Bus, Feed
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.hardware.coordinates import EAST, NEIGHBOUR, WEST
from models.hardware.layer1 import N_HLINES, N_LINES, N_VLINES
from models.hardware.synapses import (
    DRIVER_AT,
    DRIVERS_PER_QUADRANT,
    PRIMARY_INDEX,
    group_of_vline,
    switch_number,
    vline_side,
)
from models.mapping import Mapping, Routing

#: (net, HICANN, segment, primary, first, last) of chains.
Chains = list[tuple[int, int, int, int, int, int]]


@dataclass(slots=True)
class Lines:
    """Who wants to be served on which HICANN, and the VLines that can do it.

    Attributes
    ----------
    curves : dict
        Service curves by net, by HICANN.
    arrivals : dict
        (net, segment) of the arrivals by HICANN, in the routing's order.
    trees : dict
        Further (net, segment) of the trees that reach drivers of a HICANN.
    reserved : dict
        Arrivals of a segment on HICANNs that were not packed yet.
    closed : dict
        Closed synapse switches of a segment.
    switches, vlines : int
        Limits of a VLine and of a route.
    """

    curves: dict[int, dict[int, NDArray[np.int32]]]
    arrivals: dict[int, list[tuple[int, int]]]
    trees: dict[int, list[tuple[int, int]]]
    reserved: Counter[int]
    closed: Counter[int]
    switches: int
    vlines: int

    @classmethod
    def of(cls, problem: Problem, draft: Mapping, vlines: int, adjacent: bool) -> Lines:
        """Return the lines of a routed draft."""
        limits, routing = problem.limits, draft.routing
        wanted = demand(problem, draft.placement, draft.addresses)
        tables = CellTables.of(problem, draft.placement, draft.addresses)
        curve = service_curves(tables, wanted, drivers_per_route(limits, vlines))
        curves: dict[int, dict[int, NDArray[np.int32]]] = {}
        for k, (net, hicann) in enumerate(zip(wanted.net.tolist(), wanted.hicann.tolist(), strict=True)):
            curves.setdefault(hicann, {})[net] = curve[k]
        arrivals = _by_hicann(routing.arrival_hicann, routing.arrival_net, routing.arrival_segment)
        trees = _reaching(routing) if adjacent else {}
        vlines = min(limits.vlines_per_route, vlines or limits.vlines_per_route)
        reserved = Counter(routing.arrival_segment.tolist())
        return cls(curves, arrivals, trees, reserved, Counter(), limits.synapse_switches_per_vline, vlines)

    @property
    def hicanns(self) -> list[int]:
        """Return the HICANNs that some bus reaches, ascending."""
        return sorted(set(self.arrivals) | (set(self.trees) & set(self.curves)))

    def most_served(self, hicann: int, candidates: dict[int, list[int]]) -> int:
        """Return the synapses that these nets could serve on a HICANN if it had drivers in plenty."""
        return sum(int(self.curves[hicann][net][-1]) for net in candidates)

    def single(self, hicann: int) -> list[tuple[int, int]]:
        """Return the first arrival of every net on a HICANN."""
        first: dict[int, int] = {}
        for net, segment in self.arrivals.get(hicann, []):
            if self.switches > self.closed[segment]:
                first.setdefault(net, segment)
        return list(first.items())

    def candidates(self, hicann: int) -> dict[int, list[int]]:
        """Return the VLines that may serve each net on a HICANN, arrivals first."""
        found: dict[int, list[int]] = {}
        arriving = self.arrivals.get(hicann, [])
        own = {segment for _, segment in arriving}
        for net, segment in arriving + self.trees.get(hicann, []):
            reserved = segment not in own and self.reserved[segment] > 0
            if net not in self.curves[hicann] or reserved or self.closed[segment] >= self.switches:
                continue
            if segment not in found.setdefault(net, []):
                found[net].append(segment)
        return found

    def choice(self, hicann: int, candidates: dict[int, list[int]]) -> bool:
        """Tell whether nets can be served in other ways than by one chain on their first arrival."""
        return self.switches > 1 or sum(map(len, candidates.values())) > len(self.single(hicann))

    def buses(self, problem: Problem, hicann: int, candidates: dict[int, list[int]]) -> list[Bus]:
        """Return the nets that want drivers of a HICANN with the VLines that may feed them."""

        def feed(segment: int) -> Feed:
            side = side_of(segment, hicann)
            free = self.switches - self.closed[segment]
            return Feed(segment, side, free, reachable(problem, hicann, side, segment))

        return [
            Bus(net, self.curves[hicann][net], tuple(feed(segment) for segment in candidates[net]), self.vlines)
            for net in sorted(candidates)
        ]

    def use(self, hicann: int, chains: Chains) -> None:
        """Note that a HICANN is packed."""
        self.reserved.subtract(segment for _, segment in self.arrivals.get(hicann, []))
        self.closed.update(segment for _, _, segment, *_ in chains)


def reachable(problem: Problem, hicann: int, side: int, segment: int) -> NDArray[np.bool_]:
    """Return which drivers of a side a VLine can feed directly, (2 strips, 56)."""
    owner, line = divmod(segment, N_LINES)
    v = line - N_HLINES
    group = group_of_vline(v)
    if owner != hicann:
        group = 15 - group
    table = np.zeros((2, DRIVERS_PER_QUADRANT), dtype=np.bool_)
    switches = problem.wafer.synapse_switches[owner]
    assert (vline_side(v) == side) == (owner == hicann)
    for strip in (0, 1):
        for index in PRIMARY_INDEX[group, strip]:
            table[strip, index] = switches[switch_number(v, int(DRIVER_AT[side, strip, index]))]
    return table


def _by_hicann(
    hicann: NDArray[np.signedinteger], net: NDArray[np.int32], segment: NDArray[np.int32]
) -> dict[int, list[tuple[int, int]]]:
    """Return (net, segment) by HICANN, in the order given."""
    found: dict[int, list[tuple[int, int]]] = {}
    for h, n, s in zip(hicann.tolist(), net.tolist(), segment.tolist(), strict=True):
        found.setdefault(h, []).append((n, s))
    return found


def _reaching(routing: Routing) -> dict[int, list[tuple[int, int]]]:
    """Return by HICANN (net, segment) of the VLines of trees that reach its drivers, its own before those next door."""
    line = routing.segment % N_LINES - N_HLINES
    vertical = np.flatnonzero(line >= 0)
    net, segment = routing.net[vertical], routing.segment[vertical]
    owner = segment // N_LINES
    facing = NEIGHBOUR[owner, np.where(line[vertical] < N_VLINES // 2, WEST, EAST)]
    found = _by_hicann(np.concatenate([owner, facing]), np.tile(net, 2), np.tile(segment, 2))
    found.pop(-1, None)
    return found


def side_of(segment: int, hicann: int) -> int:
    """Return the side of a HICANN whose drivers a VLine feeds: its own, or the facing one next door."""
    owner, line = divmod(segment, N_LINES)
    side = vline_side(line - N_HLINES)
    return side if owner == hicann else 1 - side
