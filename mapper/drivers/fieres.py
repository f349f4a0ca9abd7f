"""marocco's driver assignment: scale the wishes to what a side has, pack intervals into the smallest gaps.

Left and right drivers of a HICANN are independent.  Most synapses first, every VLine gets one chain.

Sources: marocco ``Fieres``, ``DriverInterval``, ``SynapseRouting``; the order of the 14 drivers of a VLine is
that of halco's tables of synapse switches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.problem import Problem
from mapper.requirements import requirements
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import (
    DRIVER_AT,
    DRIVER_HALF,
    DRIVER_INDEX,
    DRIVER_SIDE,
    DRIVERS_PER_QUADRANT,
    LEFT,
    switch_number,
    vline_side,
)
from models.mapping import Drivers, Mapping


@dataclass(frozen=True, slots=True)
class Wish:
    """What one VLine asks for on one side of a HICANN.

    Attributes
    ----------
    vline : int
        Number of the VLine, 0..255.
    drivers, synapses : int
        Drivers required, and synapses that they would serve; both positive.
    primaries : tuple of int
        Drivers behind the synapse switches that may be closed, in marocco's order.
    """

    vline: int
    drivers: int
    synapses: int
    primaries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Drivers ``first, first + 2, ..., last``; the primary one is fed by the VLine of ``wish``, an index."""

    wish: int
    primary: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """Return the number of drivers."""
        return (self.last - self.first) // 2 + 1


def fieres(problem: Problem, draft: Mapping, context: Context) -> Mapping:
    """Give every arrival at most one chain of drivers."""
    routing = draft.routing
    required = requirements(problem, draft)
    arrival = _pair_key(routing.arrival_net, routing.arrival_hicann)
    pair = np.searchsorted(_pair_key(required.net, required.hicann), arrival)
    drivers, synapses = required.drivers[pair].tolist(), required.synapses[pair].tolist()
    segment = routing.arrival_segment.tolist()
    side = _sides(routing.arrival_segment, routing.arrival_hicann)
    group = routing.arrival_hicann.astype(np.int64) * 2 + side
    order = np.lexsort((routing.arrival_segment, group))
    found: list[tuple[int, int, int, int, int, int]] = []
    for chosen in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if len(chosen) == 0:
            continue
        hicann, on_side = divmod(int(group[chosen[0]]), 2)
        wishes = [_wish(problem, segment[i], on_side, drivers[i], synapses[i]) for i in chosen]
        chains, rejected = pack_side(wishes, problem.wafer.drivers[hicann], on_side, problem.limits.driver_chain_length)
        if rejected:
            context.emit("warning", "drivers", f"HICANN {hicann}: {len(rejected)} buses without any free driver")
        for chain in chains:
            i = chosen[chain.wish]
            net = int(routing.arrival_net[i])
            found.append((net, hicann, segment[i], chain.primary, chain.first, chain.last))
    return replace(draft, drivers=_drivers(found))


def _pair_key(net: NDArray[np.int32], hicann: NDArray[np.int16]) -> NDArray[np.int64]:
    return net.astype(np.int64) * N_HICANNS + hicann


def _sides(segment: NDArray[np.int32], hicann: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the side of the drivers that VLines feed: their own, or the facing one of the next HICANN."""
    right = segment % N_LINES - N_HLINES >= 128
    return np.where(segment // N_LINES == hicann, right, ~right).astype(np.int64)


def _wish(problem: Problem, segment: int, side: int, drivers: int, synapses: int) -> Wish:
    hicann, line = divmod(segment, N_LINES)
    vline = line - N_HLINES
    works = problem.wafer.synapse_switches[hicann]
    primaries = tuple(y for y in driver_list(vline, side) if works[switch_number(vline, y)])
    return Wish(vline, drivers, synapses, primaries)


def _drivers(found: list[tuple[int, int, int, int, int, int]]) -> Drivers:
    table = np.array(sorted(found), dtype=np.int32).reshape(-1, 6)
    net, hicann, segment, primary, first, last = (table[:, i].copy() for i in range(6))
    return Drivers(
        net,
        hicann.astype(np.int16),
        segment,
        primary.astype(np.int16),
        first.astype(np.int16),
        last.astype(np.int16),
    )


@lru_cache(maxsize=512)
def driver_list(vline: int, side: int) -> tuple[int, ...]:
    """Return the 14 drivers of a side that a VLine can feed, in the order in which they are tried.

    A VLine feeds drivers of its own side on its HICANN, and of the other side on the adjacent HICANN.
    """
    offset = 2 * (vline % 32 // 4)
    if vline_side(vline) != LEFT:
        offset = 14 - offset
    top = [16 * b + i + offset for b in range(7) for i in (0, 1)]
    bottom = [126 + 16 * b + i - offset for b in range(7) for i in (0, 1)]
    return tuple(top[1::2] + bottom[0::2] if side == LEFT else top[0::2] + bottom[1::2])


def pack_side(
    wishes: Sequence[Wish], usable: NDArray[np.bool_], side: int, max_length: int
) -> tuple[list[Chain], list[int]]:
    """Return the chains of one side of a HICANN, and the wishes (by index) that got none.

    Parameters
    ----------
    wishes : sequence of Wish
        Ascending by VLine.
    usable : (224,) bool
        Drivers of the HICANN that work.
    max_length : int
        Drivers that a VLine may feed.
    """
    side_drivers = side == DRIVER_SIDE
    granted, last_resort = share(
        [w.drivers for w in wishes],
        [w.synapses for w in wishes],
        int(usable[side_drivers].sum()),
        max_length,
    )
    free = [usable[DRIVER_AT[side, half]].tolist() for half in (0, 1)]
    jobs = [(i, granted[i]) for i in range(len(wishes)) if granted[i] > 0]
    late = [(i, min(max_length, wishes[i].drivers)) for i in last_resort]
    chains: list[Chain] = []
    rejected: list[int] = []
    for batch in (jobs, late):
        for i, length in sorted(batch, key=lambda job: -wishes[job[0]].synapses):
            chain = _insert(i, wishes[i], length, free, side)
            if chain is None:
                rejected.append(i)
            else:
                chains.append(chain)
    return chains, rejected


def share(
    required: Sequence[int], synapses: Sequence[int], available: int, max_length: int
) -> tuple[list[int], list[int]]:
    """Return how many drivers every wish gets, and the wishes (by index) that must wait until the end.

    If not all wishes can be met, shares are proportional to synapses, at least one driver each.  If these are
    what everybody asked for, nobody gives any back, and packing decides who finds none.

    Raises
    ------
    ValueError
        If a wish asks for no driver or has no synapse.
    """
    if any(n < 1 for n in required):
        raise ValueError(f"empty driver interval: every wish needs at least one driver (got {list(required)})")
    if any(n < 1 for n in synapses):
        raise ValueError(f"assignment error: every wish needs at least one synapse (got {list(synapses)})")
    request = [min(max_length, n) for n in required]
    if sum(required) <= available:
        return request, []
    total = sum(synapses)
    ideal = [n / total * available for n in synapses]
    granted = [min(max_length, max(1, min(n, int(i)))) for n, i in zip(required, ideal, strict=True)]
    if granted == list(required):
        return granted, []
    delta = [g - i for g, i in zip(granted, ideal, strict=True)]
    too_many = sorted((i for i, d in enumerate(delta) if d > 0), key=lambda i: -delta[i])
    too_few = sorted((i for i, d in enumerate(delta) if d < 0 and granted[i] < required[i]), key=lambda i: delta[i])
    _give(granted, request, too_few, available)
    return granted, _take(granted, too_many, available)


def _give(granted: list[int], request: list[int], order: list[int], available: int) -> None:
    """Hand out one driver after the other while there are any and somebody wants one."""
    left = available - sum(granted)
    while left > 0:
        before = left
        for i in order:
            if left > 0 and granted[i] < request[i]:
                granted[i] += 1
                left -= 1
        if left == before:
            return


def _take(granted: list[int], order: list[int], available: int) -> list[int]:
    """Take back one driver after the other until the rest fits; return who has none left, in that order."""
    excess = sum(granted) - available
    empty: list[int] = []
    while excess > 0:
        for i in order:
            if excess > 0 and granted[i] > 0:
                granted[i] -= 1
                excess -= 1
                if granted[i] == 0:
                    empty.append(i)
    return empty


def _insert(number: int, wish: Wish, length: int, free: list[list[bool]], side: int) -> Chain | None:
    """Occupy the best interval for a wish; None if none of its primaries is free."""
    options: list[tuple[int, int, int]] = []
    for driver in wish.primaries:
        half, index = int(DRIVER_HALF[driver]), int(DRIVER_INDEX[driver])
        if not free[half][index]:
            continue
        first, last = _gap(free[half], index)
        options.append((last - first + 1, half, index))
        if last - first + 1 == length:
            break
    if not options:
        return None
    options.sort()
    size, half, index = next((o for o in options if o[0] >= length), options[-1])
    length = min(length, size)
    first, last = _gap(free[half], index)
    first = max(first, index - (length - 1))
    last = first + length - 1
    free[half][first : last + 1] = [False] * (last - first + 1)
    at = DRIVER_AT[side, half]
    return Chain(number, int(at[index]), int(at[first]), int(at[last]))


def _gap(free: list[bool], index: int) -> tuple[int, int]:
    """Return the first and last of the consecutive free slots around a free slot."""
    first = last = index
    while first > 0 and free[first - 1]:
        first -= 1
    while last < DRIVERS_PER_QUADRANT - 1 and free[last + 1]:
        last += 1
    return first, last
