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

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.drivers.coupled_packing import Feed, Grant, pack_hicann, value_of
from mapper.drivers.vlines import Chains, Lines, reachable, side_of
from mapper.highs import milp_options
from mapper.problem import Problem
from models.hardware.synapses import (
    DRIVER_AT,
    DRIVERS_PER_QUADRANT,
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


def set_packing(
    problem: Problem, draft: Mapping, context: Context, *, adjacent: bool = True, vlines_per_route: int = 0
) -> Mapping:
    """Give every arriving bus the chains that serve most synapses in total, HICANN by HICANN.

    Where a bus may have several chains, and where something is lost otherwise, a HICANN is packed as a whole and a
    bus is served by any of its arrivals, or with ``adjacent`` by any VLine of its tree that reaches drivers of the
    HICANN.  The arrivals of the result are those that have drivers, and those of buses without any.  Chains that the
    draft has already stay where they serve everything, and where nothing better is found in time.

    Parameters
    ----------
    adjacent : bool
        Whether a bus may be served by other VLines than those on which it arrives.
    vlines_per_route : int
        Most VLines over which a bus serves a HICANN, if that is less than the instance's limit; 0: the limit.
    """
    lines = Lines.of(problem, draft, vlines_per_route, adjacent)
    present = _present(problem, lines, draft.drivers)
    found: Chains = []
    moved: dict[tuple[int, int], set[int]] = {}
    for hicann in _most_missing_first(lines, present):
        candidates = lines.candidates(hicann)
        most = lines.most_served(hicann, candidates)
        chains = present.get(hicann, [])
        served = _value(lines, hicann, chains)
        if served < most:
            fresh, value = _one_chain_each(problem, lines, hicann, context)
            if value > served:
                chains, served = fresh, value
        if served < most and lines.choice(hicann, candidates) and not context.over:
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


def _present(problem: Problem, lines: Lines, drivers: Drivers) -> dict[int, Chains]:
    """Return by HICANN the chains that the draft has already and that are still legal, one a net."""
    reach: dict[tuple[int, int], NDArray[np.bool_]] = {}
    found: dict[int, dict[int, tuple[int, int, int, int, int, int]]] = {}
    columns = (drivers.net, drivers.hicann, drivers.segment, drivers.primary, drivers.first, drivers.last)
    for net, hicann, segment, primary, first, last in zip(*(c.tolist() for c in columns), strict=True):
        working = problem.wafer.drivers[hicann][first : last + 1 : 2]
        if (net, segment) not in lines.arrivals.get(hicann, ()) or not working.all():
            continue
        if len(working) > problem.limits.driver_chain_length or net not in lines.curves[hicann]:
            continue
        side, at = side_of(segment, hicann), (hicann, segment)
        if at not in reach:
            reach[at] = reachable(problem, hicann, side, segment)
        if reach[at][DRIVER_AT[side] == primary].any():
            found.setdefault(hicann, {}).setdefault(net, (net, hicann, segment, primary, first, last))
    return {hicann: list(chains.values()) for hicann, chains in found.items()}


def _value(lines: Lines, hicann: int, chains: Chains) -> int:
    """Return the synapses that chains of a HICANN serve, one a net."""
    return sum(int(lines.curves[hicann][net][(last - first) // 2 + 1]) for net, *_, first, last in chains)


def _most_missing_first(lines: Lines, present: dict[int, Chains]) -> list[int]:
    """Return the HICANNs, first those whose present chains miss most."""

    def missing(hicann: int) -> int:
        return lines.most_served(hicann, lines.candidates(hicann)) - _value(lines, hicann, present.get(hicann, []))

    return sorted(lines.hicanns, key=lambda hicann: -missing(hicann)) if present else lines.hicanns


def _one_chain_each(problem: Problem, lines: Lines, hicann: int, context: Context) -> tuple[Chains, int]:
    """Return the chains of a HICANN if every net gets at most one, on its first arrival, and what they serve."""
    longest = problem.limits.driver_chain_length
    chains: Chains = []
    served = 0
    for side in (0, 1):
        mine = [
            Line(net, segment, lines.curves[hicann][net][: longest + 1], reachable(problem, hicann, side, segment))
            for net, segment in lines.single(hicann)
            if side_of(segment, hicann) == side
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
