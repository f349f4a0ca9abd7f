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

Source of the rules: halco synapse.cpp; limits from calibtic and marocco.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.problem import Problem
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import (
    DRIVER_AT,
    DRIVERS_PER_QUADRANT,
    PRIMARY_INDEX,
    group_of_vline,
    switch_number,
    vline_side,
)
from models.mapping import Drivers, Mapping

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


def set_packing(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every arriving VLine the chain that serves most synapses in total, side by side."""
    wanted = demand(problem, draft.placement, draft.addresses)
    curve = service_curves(
        CellTables.of(problem, draft.placement, draft.addresses), wanted, problem.limits.driver_chain_length
    )
    key = wanted.net.astype(np.int64) * 384 + wanted.hicann
    routing = draft.routing
    pair = np.searchsorted(key, routing.arrival_net.astype(np.int64) * 384 + routing.arrival_hicann)
    vline = routing.arrival_segment % N_LINES - N_HLINES
    own = routing.arrival_segment // N_LINES == routing.arrival_hicann
    side = np.where(own, vline >= 128, vline < 128).astype(np.int64)
    found: list[tuple[int, int, int, int, int, int]] = []
    for hicann in np.unique(routing.arrival_hicann):
        for s in (0, 1):
            chosen = np.flatnonzero((routing.arrival_hicann == hicann) & (side == s))
            lines = [
                Line(
                    int(routing.arrival_net[i]),
                    int(routing.arrival_segment[i]),
                    curve[pair[i]],
                    reachable(problem, int(hicann), s, int(routing.arrival_segment[i])),
                )
                for i in chosen
            ]
            usable = problem.wafer.drivers[hicann][DRIVER_AT[s]]
            for chain in pack_side(lines, usable, context):
                line = lines[chain.line]
                at = DRIVER_AT[s, chain.strip]
                window = np.flatnonzero(line.primaries[chain.strip, chain.first : chain.first + chain.length])
                found.append(
                    (
                        line.net, int(hicann), line.segment, int(at[chain.first + window[0]]),
                        int(at[chain.first]), int(at[chain.first + chain.length - 1]),
                    )
                )  # fmt: skip
    table = np.array(sorted(found), dtype=np.int64).reshape(-1, 6)
    drivers = Drivers(
        table[:, 0].astype(np.int32), table[:, 1].astype(np.int16), table[:, 2].astype(np.int32),
        table[:, 3].astype(np.int16), table[:, 4].astype(np.int16), table[:, 5].astype(np.int16),
    )  # fmt: skip
    return replace(draft, drivers=drivers)


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
    from scipy.sparse import csc_array

    columns = [(i, *column) for i, line in enumerate(lines) for column in columns_of(line, usable)]
    if not columns:
        return []
    rows, entries = [], []
    for j, (i, strip, first, length) in enumerate(columns):
        covered = [i] + [len(lines) + strip * DRIVERS_PER_QUADRANT + p for p in range(first, first + length)]
        rows += covered
        entries += [j] * len(covered)
    matrix = csc_array(
        (np.ones(len(rows)), (rows, entries)), shape=(len(lines) + 2 * DRIVERS_PER_QUADRANT, len(columns))
    )
    value = np.array([lines[i].curve[length] - _DRIVER_PRICE * length for i, _, _, length in columns])
    seconds = 60.0 if context.det_limit is not None else float(min(60.0, max(0.1, context.remaining)))
    result = milp(
        -value,
        constraints=LinearConstraint(matrix, -np.inf, 1.0),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns), dtype=np.int64),
        options={"mip_rel_gap": 0.0, "time_limit": seconds},
    )
    if result.x is None:
        return None
    return [Chain(*columns[j]) for j in np.flatnonzero(result.x > 0.5)]
