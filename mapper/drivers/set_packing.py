"""Exact synapse driver allocation: weighted set packing on each side of each HICANN.

Model, for one side (112 drivers in two strips of 56) with its arriving VLines i:

Variables
    x[i, strip, a, k] in {0, 1}: VLine i gets the chain of k drivers that begins at index a of the strip.
    Only chains exist that contain a driver the VLine can reach through a working select switch, no defective
    driver, and at most ``driver_chain_length`` drivers.
Constraints
    (line) sum of x over the chains of VLine i <= 1;
    (slot) sum of x over the chains that cover a driver <= 1.
Objective
    maximise sum f_i(k) x[i, strip, a, k], f_i(k) = synapses that k drivers serve (`service_curves`), with a tiny
    price per driver so that no driver is taken in vain.

Where a quick packing already gives every VLine all it needs, it is optimal and no solver runs.  The LP relaxation
of this model was integral on every instance measured, so HiGHS proves most sides at the root.

Where a bus may have several chains, or something is lost and other VLines of its tree reach the HICANN, too, the
HICANN is packed as a whole: see `coupled_packing`.

Source of the rules: halco synapse.cpp; limits from calibtic and marocco.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.drivers.coupled_packing import Bus, Feed, Grant, pack_hicann, value_of
from mapper.highs import milp_options
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
from models.mapping import Drivers, Mapping, Routing

#: Seconds that one side may take.
_SIDE_SECONDS = 60.0
#: Price of one driver in synapses: far below one synapse for a whole side, above the solver's tolerance.
_DRIVER_PRICE = 1e-3


@dataclass(frozen=True, slots=True)
class Line:
    """One VLine that asks for drivers on one side.

    Attributes
    ----------
    net, segment : int
        Its net and its segment id.
    curve : (K + 1,) int array
        Synapses that 0..K drivers serve, nondecreasing.
    primaries : (2, 56) bool
        Drivers of both strips that its working select switches reach.
    """

    net: int
    segment: int
    curve: NDArray[np.int32]
    primaries: NDArray[np.bool_]

    @property
    def need(self) -> int:
        """Return the fewest drivers that serve as much as any number can."""
        return int(np.argmax(self.curve == self.curve[-1]))


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain granted to line ``line``: strip 0 top or 1 bottom, first index, length."""

    line: int
    strip: int
    first: int
    length: int


_Chains = list[tuple[int, int, int, int, int, int]]


def set_packing(
    problem: Problem, draft: Mapping, context: Context, *, adjacent: bool = True, vlines_per_route: int = 0
) -> Mapping:
    """Give every arriving bus the chains that serve most synapses in total, HICANN by HICANN.

    Where a bus may have several chains, and where something is lost otherwise, a HICANN is packed as a whole and a
    bus is served by any of its arrivals, or with ``adjacent`` by any VLine of its tree that reaches drivers of the
    HICANN.  The arrivals of the result are those that have drivers, and those of buses without any.

    Parameters
    ----------
    adjacent : bool
        Whether a bus may be served by other VLines than those on which it arrives.
    vlines_per_route : int
        Most VLines over which a bus serves a HICANN, if that is less than the instance's limit; 0: the limit.
    """
    lines = _Lines.of(problem, draft, vlines_per_route, adjacent)
    found: _Chains = []
    moved: dict[tuple[int, int], set[int]] = {}
    for hicann in lines.hicanns:
        chains, served = _one_chain_each(problem, lines, hicann, context)
        candidates = lines.candidates(hicann)
        if served < lines.most_served(hicann, candidates) and lines.choice(hicann, candidates):
            buses = lines.buses(problem, hicann, candidates)
            usable = problem.wafer.drivers[hicann][DRIVER_AT]
            grants = pack_hicann(buses, usable, problem.limits.driver_chain_length, context)
            if value_of(buses, grants) > served:
                chains = [_chain(hicann, buses[g.bus].net, buses[g.bus].feeds[g.feed], g) for g in grants]
                for net, _, segment, *_ in chains:
                    moved.setdefault((net, hicann), set()).add(segment)
        lines.use(hicann, chains)
        found += chains
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 6)
    drivers = Drivers(
        table[:, 0].astype(np.int32), table[:, 1].astype(np.int16), table[:, 2].astype(np.int32),
        table[:, 3].astype(np.int16), table[:, 4].astype(np.int16), table[:, 5].astype(np.int16),
    )  # fmt: skip
    return replace(draft, routing=_moved(draft.routing, moved), drivers=drivers)


@dataclass(slots=True)
class _Lines:
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
    def of(cls, problem: Problem, draft: Mapping, vlines: int, adjacent: bool) -> _Lines:
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
            side = _side(segment, hicann)
            free = self.switches - self.closed[segment]
            return Feed(segment, side, free, reachable(problem, hicann, side, segment))

        return [
            Bus(net, self.curves[hicann][net], tuple(feed(segment) for segment in candidates[net]), self.vlines)
            for net in sorted(candidates)
        ]

    def use(self, hicann: int, chains: _Chains) -> None:
        """Note that a HICANN is packed."""
        self.reserved.subtract(segment for _, segment in self.arrivals.get(hicann, []))
        self.closed.update(segment for _, _, segment, *_ in chains)


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


def _side(segment: int, hicann: int) -> int:
    """Return the side of a HICANN whose drivers a VLine feeds: its own, or the facing one next door."""
    owner, line = divmod(segment, N_LINES)
    side = vline_side(line - N_HLINES)
    return side if owner == hicann else 1 - side


def _one_chain_each(problem: Problem, lines: _Lines, hicann: int, context: Context) -> tuple[_Chains, int]:
    """Return the chains of a HICANN if every net gets at most one, on its first arrival, and what they serve."""
    longest = problem.limits.driver_chain_length
    chains: _Chains = []
    served = 0
    for side in (0, 1):
        mine = [
            Line(net, segment, lines.curves[hicann][net][: longest + 1], reachable(problem, hicann, side, segment))
            for net, segment in lines.single(hicann)
            if _side(segment, hicann) == side
        ]
        usable = problem.wafer.drivers[hicann][DRIVER_AT[side]]
        for chain in pack_side(mine, usable, context):
            line = mine[chain.line]
            served += int(line.curve[chain.length])
            chains.append(_chain(hicann, line.net, Feed(line.segment, side, 1, line.primaries), chain))
    return chains, served


def _chain(hicann: int, net: int, feed: Feed, at: Chain | Grant) -> tuple[int, int, int, int, int, int]:
    """Return (net, hicann, segment, primary, first, last) of a chain; its first reachable driver is the primary."""
    driver = DRIVER_AT[feed.side, at.strip]
    window = np.flatnonzero(feed.primaries[at.strip, at.first : at.first + at.length])
    last = int(driver[at.first + at.length - 1])
    return net, hicann, feed.segment, int(driver[at.first + window[0]]), int(driver[at.first]), last


def _moved(routing: Routing, moved: dict[tuple[int, int], set[int]]) -> Routing:
    """Return the routing with the arrivals (net, HICANN) on other VLines."""
    if not moved:
        return routing
    old = zip(
        routing.arrival_net.tolist(), routing.arrival_hicann.tolist(), routing.arrival_segment.tolist(), strict=True
    )
    kept = [arrival for arrival in old if arrival[:2] not in moved]
    table = np.array(sorted(kept + [(*pair, segment) for pair, lines in moved.items() for segment in lines]))
    return replace(
        routing,
        arrival_net=table[:, 0].astype(np.int32),
        arrival_hicann=table[:, 1].astype(np.int16),
        arrival_segment=table[:, 2].astype(np.int32),
    )


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


def pack_side(lines: list[Line], usable: NDArray[np.bool_], context: Context) -> list[Chain]:
    """Return the best chains for the lines of one side; ``usable`` (2, 56) are the working drivers."""
    quick = pack_greedily(lines, usable)
    served = sum(int(lines[c.line].curve[c.length]) for c in quick)
    if served == sum(int(line.curve[-1]) for line in lines) or context.over:
        return quick
    best = _pack_optimally(lines, usable, context)
    if best is None or sum(int(lines[c.line].curve[c.length]) for c in best) < served:
        return quick
    return best


def pack_greedily(lines: list[Line], usable: NDArray[np.bool_]) -> list[Chain]:
    """Return a quick packing: shares by marginal gain, long chains first, each into its smallest gap."""
    share = _shares(lines, int(usable.sum()))
    free = usable.copy()
    chains: list[Chain] = []
    for i in sorted(range(len(lines)), key=lambda i: (-share[i], -int(lines[i].curve[-1]), i)):
        if share[i] == 0:
            continue
        chain = _smallest_gap(i, lines[i], share[i], free)
        if chain is not None:
            free[chain.strip, chain.first : chain.first + chain.length] = False
            chains.append(chain)
    return chains


def _shares(lines: list[Line], available: int) -> list[int]:
    """Return how many drivers each line should get: the largest marginal gains first (curves are concave)."""
    steps = [
        (-int(line.curve[k] - line.curve[k - 1]), i, k) for i, line in enumerate(lines) for k in range(1, line.need + 1)
    ]
    share = [0] * len(lines)
    for _, i, _k in sorted(steps)[:available]:
        share[i] += 1
    return share


def _smallest_gap(i: int, line: Line, wish: int, free: NDArray[np.bool_]) -> Chain | None:
    best: tuple[tuple[int, ...], Chain] | None = None
    for strip in (0, 1):
        for start, end in _runs(free[strip]):
            for index in np.flatnonzero(line.primaries[strip, start:end]) + start:
                length = min(wish, end - start)
                # the two extreme positions around the primary; one flush with the gap leaves it in one piece
                for first in {max(start, int(index) - length + 1), min(int(index), end - length)}:
                    splits = start < first and first + length < end
                    rank = (wish - length, int(splits), end - start, strip, first)
                    if best is None or rank < best[0]:
                        best = (rank, Chain(i, strip, first, length))
    return None if best is None else best[1]


def _runs(free: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def columns_of(line: Line, usable: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """Return every chain (strip, first, length) that the line may get and that is worth its last driver."""
    found = []
    for strip in (0, 1):
        for length in range(1, line.need + 1):
            if line.curve[length] == line.curve[length - 1]:
                continue
            for first in range(DRIVERS_PER_QUADRANT - length + 1):
                window = slice(first, first + length)
                if usable[strip, window].all() and line.primaries[strip, window].any():
                    found.append((strip, first, length))
    return found


def _pack_optimally(lines: list[Line], usable: NDArray[np.bool_], context: Context) -> list[Chain] | None:
    """Solve the set packing model with HiGHS; None if it found nothing in time."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    columns = [(i, *column) for i, line in enumerate(lines) for column in columns_of(line, usable)]
    if not columns:
        return []
    value, matrix = model_of(lines, columns)
    result = milp(
        -value,
        constraints=LinearConstraint(matrix, -np.inf, 1.0),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns), dtype=np.int64),
        options=milp_options(context, _SIDE_SECONDS),
    )
    if result.x is None:
        return None
    return [Chain(*columns[j]) for j in np.flatnonzero(result.x > 0.5)]


def model_of(lines: list[Line], columns: list[tuple[int, int, int, int]]) -> tuple[NDArray[np.float64], Any]:
    """Return the value of every chain (line, strip, first, length), and the matrix of (line) and (slot).

    Row i of the matrix counts the chains of line i; row ``len(lines) + 56 strip + p`` those that cover driver p of a
    strip.  Every count is at most 1.
    """
    from scipy.sparse import csc_array

    rows, entries = [], []
    for j, (i, strip, first, length) in enumerate(columns):
        covered = [i] + [len(lines) + strip * DRIVERS_PER_QUADRANT + p for p in range(first, first + length)]
        rows += covered
        entries += [j] * len(covered)
    shape = (len(lines) + 2 * DRIVERS_PER_QUADRANT, len(columns))
    matrix = csc_array((np.ones(len(rows)), (rows, entries)), shape=shape)
    value = np.array([lines[i].curve[length] - _DRIVER_PRICE * length for i, _, _, length in columns])
    return value, matrix
