"""Exact driver allocation on one HICANN for buses that may choose between VLines or use several of them.

Model, for the 224 drivers of a HICANN in four strips of 56 with its buses b and the VLines i that can serve them:

Variables
    x[i, strip, a, k] in {0, 1}: VLine i feeds the chain of k drivers that begins at index a of a strip.
    z[i] in {0, 1}: bus b uses VLine i; only where b may not use all of them, or one of them several times.
    y[b, u] in [0, 1]: bus b has a u-th driver; only where it may have more than one chain.
Constraints
    (line) sum of x over the chains of VLine i <= its free synapse switches (times z[i]);
    (route) sum over the VLines of bus b of z[i], or of x if they have one switch each, <= VLines per route;
    (slot) sum of x over the chains that cover a driver <= 1;
    (drivers) sum over u of y[b, u] <= sum of k x over the chains of bus b.
Objective
    maximise sum of f_b(k) x for buses with a single chain, sum of (f_b(u) - f_b(u - 1)) y[b, u] for the others;
    f_b(k) = synapses that k drivers serve, in however many chains: rows are set driver by driver.  f_b is concave, so
    the y fill up in order.  A tiny price per driver, so that no driver is taken in vain.

Source of the rules: halco synapse.cpp; limits from calibtic and marocco.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.highs import milp_options

#: Price of one driver in synapses: far below one synapse for a whole HICANN, above the solver's tolerance.
_DRIVER_PRICE = 1e-3
#: Seconds, and share of the remaining time, that one HICANN may take.
_MOST_SECONDS = 20.0
_TIME_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Feed:
    """A VLine that can serve a bus.

    Attributes
    ----------
    segment, side : int
        Segment of the VLine, and the side of the HICANN whose drivers it feeds (0 left, 1 right).
    switches : int
        Synapse switches that may still be closed.
    primaries : (2, 56) bool
        Drivers of both strips of the side that its working synapse switches reach.
    """

    segment: int
    side: int
    switches: int
    primaries: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bus:
    """A bus that asks for drivers of the HICANN.

    Attributes
    ----------
    net : int
        Its net.
    curve : (K + 1,) int array
        Synapses that 0..K drivers serve, nondecreasing.
    feeds : tuple of Feed
        VLines that can serve it.
    vlines : int
        How many of them may be used.
    """

    net: int
    curve: NDArray[np.int32]
    feeds: tuple[Feed, ...]
    vlines: int

    @property
    def need(self) -> int:
        """Return the fewest drivers that serve as much as any number can."""
        return int(np.argmax(self.curve == self.curve[-1]))

    @property
    def chains(self) -> int:
        """Return the most chains that it may have."""
        return sum(sorted((feed.switches for feed in self.feeds), reverse=True)[: self.vlines])


@dataclass(frozen=True, slots=True)
class Grant:
    """A chain for VLine ``feed`` of bus ``bus``: strip 0 top or 1 bottom of the feed's side, first index, length."""

    bus: int
    feed: int
    strip: int
    first: int
    length: int


def pack_hicann(buses: list[Bus], usable: NDArray[np.bool_], longest: int, context: Context) -> list[Grant]:
    """Return the best chains of up to ``longest`` drivers.

    Parameters
    ----------
    usable : (2, 2, 56) bool
        Working drivers by side, strip and index.
    """
    quick = _pack_greedily(buses, usable, longest)
    served = value_of(buses, quick)
    if served == sum(int(bus.curve[-1]) for bus in buses) or context.over:
        return quick
    best = _pack_optimally(buses, usable, longest, context)
    return quick if best is None or value_of(buses, best) < served else best


def value_of(buses: list[Bus], grants: list[Grant]) -> int:
    """Return the synapses that chains serve."""
    drivers = [0] * len(buses)
    for grant in grants:
        drivers[grant.bus] += grant.length
    return sum(int(bus.curve[min(k, len(bus.curve) - 1)]) for bus, k in zip(buses, drivers, strict=True))


def _pack_greedily(buses: list[Bus], usable: NDArray[np.bool_], longest: int) -> list[Grant]:
    """Share the drivers by marginal gain, then chain after chain into the smallest gap that any VLine reaches."""
    steps = sorted(
        (-int(bus.curve[k] - bus.curve[k - 1]), b, k) for b, bus in enumerate(buses) for k in range(1, bus.need + 1)
    )
    share = [0] * len(buses)
    for _, b, _k in steps[: int(usable.sum())]:
        share[b] += 1
    free = usable.copy()
    grants: list[Grant] = []
    for b in sorted(range(len(buses)), key=lambda b: (-share[b], -int(buses[b].curve[-1]), b)):
        used = [0] * len(buses[b].feeds)
        left = share[b]
        while left > 0:
            grant = _smallest_gap(b, buses[b], min(longest, left), used, free)
            if grant is None:
                break
            free[buses[b].feeds[grant.feed].side, grant.strip, grant.first : grant.first + grant.length] = False
            used[grant.feed] += 1
            left -= grant.length
            grants.append(grant)
    return grants


def _smallest_gap(b: int, bus: Bus, wish: int, used: list[int], free: NDArray[np.bool_]) -> Grant | None:
    """Return the chain that comes nearest to the wish, in the smallest gap."""
    best: tuple[tuple[int, ...], Grant] | None = None
    full = sum(n > 0 for n in used) >= bus.vlines
    for i, feed in enumerate(bus.feeds):
        if used[i] >= feed.switches or (full and used[i] == 0):
            continue
        for strip in (0, 1):
            for start, end in _runs(free[feed.side, strip]):
                for index in np.flatnonzero(feed.primaries[strip, start:end]) + start:
                    length = min(wish, end - start)
                    # the two extreme positions around the primary; one flush with the gap leaves it in one piece
                    for first in {max(start, int(index) - length + 1), min(int(index), end - length)}:
                        splits = start < first and first + length < end
                        rank = (wish - length, int(splits), end - start, i, strip, first)
                        if best is None or rank < best[0]:
                            best = (rank, Grant(b, i, strip, first, length))
    return None if best is None else best[1]


def _runs(free: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], free, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def columns_of(buses: list[Bus], usable: NDArray[np.bool_], longest: int) -> list[Grant]:
    """Return every chain that a bus may get."""
    found = []
    for b, bus in enumerate(buses):
        single = bus.chains <= 1
        for i, feed in enumerate(bus.feeds):
            for strip in (0, 1):
                works = np.append(0, np.cumsum(usable[feed.side, strip]))
                reached = np.append(0, np.cumsum(feed.primaries[strip]))
                for length in range(1, min(longest, bus.need) + 1):
                    if single and bus.curve[length] == bus.curve[length - 1]:
                        continue
                    fits = (works[length:] - works[:-length] == length) & (reached[length:] > reached[:-length])
                    found += [Grant(b, i, strip, int(first), length) for first in np.flatnonzero(fits)]
    return found


class Rows:
    """Constraints ``entries <= bound``, row by row."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.column: list[int] = []
        self.entry: list[float] = []
        self.bound: list[float] = []

    def add(self, entries: list[tuple[int, float]], bound: float) -> None:
        """Add a constraint from its (column, coefficient) entries."""
        self.row += [len(self.bound)] * len(entries)
        self.column += [j for j, _ in entries]
        self.entry += [a for _, a in entries]
        self.bound.append(bound)


def _pack_optimally(buses: list[Bus], usable: NDArray[np.bool_], longest: int, context: Context) -> list[Grant] | None:
    """Solve the model with HiGHS; None if it found nothing in time."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csc_array

    columns = columns_of(buses, usable, longest)
    if not columns:
        return []
    value, integral, rows = model_of(buses, columns)
    matrix = csc_array((rows.entry, (rows.row, rows.column)), shape=(len(rows.bound), len(value)))
    result = milp(
        -np.array(value),
        constraints=LinearConstraint(matrix, -np.inf, np.array(rows.bound)),
        bounds=Bounds(0, 1),
        integrality=np.array(integral, dtype=np.int64),
        options=milp_options(context, _MOST_SECONDS, _TIME_SHARE),
    )
    if result.x is None:
        return None
    return [columns[j] for j in np.flatnonzero(result.x[: len(columns)] > 0.5)]


def model_of(buses: list[Bus], columns: list[Grant]) -> tuple[list[float], list[bool], Rows]:
    """Return value and integrality of all variables, chains first, and the constraints."""
    value, integral, rows = [-_DRIVER_PRICE * c.length for c in columns], [True] * len(columns), Rows()
    slots: dict[tuple[int, int, int], list[int]] = {}
    of_feed: list[list[list[int]]] = [[[] for _ in bus.feeds] for bus in buses]
    for j, c in enumerate(columns):
        side = buses[c.bus].feeds[c.feed].side
        for p in range(c.first, c.first + c.length):
            slots.setdefault((side, c.strip, p), []).append(j)
        of_feed[c.bus][c.feed].append(j)
    for covering in slots.values():
        if len(covering) > 1:
            rows.add([(j, 1.0) for j in covering], 1.0)
    for bus, chains in zip(buses, of_feed, strict=True):
        every = [j for group in chains for j in group]
        if bus.chains <= 1:
            for j in every:
                value[j] += float(bus.curve[columns[j].length])
            rows.add([(j, 1.0) for j in every], 1.0)
            continue
        one_each = all(feed.switches == 1 for feed in bus.feeds)
        if one_each and len(bus.feeds) > bus.vlines:
            rows.add([(j, 1.0) for j in every], float(bus.vlines))
        choice: list[tuple[int, float]] = []
        for feed, group in zip(bus.feeds, chains, strict=True):
            if one_each or len(bus.feeds) <= bus.vlines:
                rows.add([(j, 1.0) for j in group], float(feed.switches))
                continue
            choice.append((len(value), 1.0))
            rows.add([(j, 1.0) for j in group] + [(len(value), -float(feed.switches))], 0.0)
            value.append(0.0)
            integral.append(True)
        if choice:
            rows.add(choice, float(bus.vlines))
        units = [(len(value) + u, 1.0) for u in range(bus.need)]
        value += np.diff(bus.curve[: bus.need + 1]).astype(float).tolist()
        integral += [False] * bus.need
        rows.add(units + [(j, -float(columns[j].length)) for j in every], 0.0)
    return value, integral, rows
