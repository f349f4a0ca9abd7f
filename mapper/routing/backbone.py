"""marocco's default router: a horizontal trunk per net, and one vertical rib per column with targets.

Nets are routed one after the other, and a routed net keeps its segments: nothing is negotiated or retried.

Sources: marocco ``L1BackboneRouter``, ``L1Routing``, ``VLineUsage``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mapper.context import Context
from mapper.problem import Problem
from mapper.routing.nets import (
    by_priority,
    is_vertical,
    routing_of,
    sending_segment,
    source_nets,
    targets_of_nets,
)
from mapper.routing.switch_order import BY_HICANN, DEFAULT_SEED
from mapper.routing.walker import Predecessors, Walker
from models.hardware.coordinates import EAST, N_HICANNS, NORTH, SOUTH, WEST, X, Y
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import N_GROUPS, group_of_vline
from models.mapping import Mapping as Draft

_X: Final[list[int]] = X.tolist()
_Y: Final[list[int]] = Y.tolist()
_GROUP: Final = [group_of_vline(v) for v in range(256)]
#: marocco VLineUsage: a group of VLines reaches 14 drivers; from 12 routes on, it counts as crowded.
_CROWDED: Final = 12

Score = Callable[[int], int]


def backbone(
    problem: Problem,
    draft: Draft,
    context: Context,
    *,
    switch_ordering: str = BY_HICANN,
    switch_seed: int = DEFAULT_SEED,
    priority: Mapping[str, float] | str = "",
) -> Draft:
    """Route every net to the HICANNs that need it.

    Parameters
    ----------
    switch_ordering, switch_seed : str, int
        How ties between crossbar switches are broken, see `mapper.routing.switch_order`.
    priority : mapping of projection name to float, or str
        At least 1, also as ``"name=value,..."``; nets with a higher mean over their cells go first.

    Raises
    ------
    ResourceExhausted
        If a bus would need more crossbar switches than allowed.
    ValueError
        If the order of switches is unknown, or a priority is wrong.
    """
    nets = source_nets(problem, draft)
    targets = targets_of_nets(problem, draft)
    walker = Walker.of(problem.wafer, switch_ordering, switch_seed)
    walker.block(sending_segment(int(net)) for net in nets)
    limits = problem.limits
    usage = VLineUsage()
    router = BackboneRouter(
        walker, min(limits.crossbar_switches_per_hline, limits.crossbar_switches_per_vline), usage.score
    )
    routed: list[tuple[int, dict[int, list[int]]]] = []
    for net in by_priority(problem, draft, nets, priority):
        if context.over:
            break
        paths = router.route(sending_segment(net), targets.get(net, ()))
        for path in paths.values():
            usage.add(path[-1])
            walker.block(path)
        routed.append((net, paths))
        failed = len(targets.get(net, ())) - len(paths)
        if failed:
            context.emit("warning", "routing", f"net {net}: {failed} of {len(targets[net])} HICANNs not reached")
    return replace(draft, routing=routing_of(routed))


class VLineUsage:
    """How many routes end on the VLines of each select group, whose VLines compete for the same drivers."""

    def __init__(self) -> None:
        self._count = [0] * (N_HICANNS * N_GROUPS)

    @staticmethod
    def _group(vline: int) -> int:
        return vline // N_LINES * N_GROUPS + _GROUP[vline % N_LINES - N_HLINES]

    def add(self, vline: int) -> None:
        """Count a route that ends on a VLine segment."""
        self._count[self._group(vline)] += 1

    def score(self, vline: int) -> int:
        """Return what reaching a target on a VLine segment is worth."""
        return 3 if self._count[self._group(vline)] < _CROWDED else 2


@dataclass(slots=True)
class _Net:
    """The net that is being routed."""

    source: int
    targets: frozenset[int]
    rows: dict[int, frozenset[int]]
    waiting: set[int]
    predecessors: Predecessors = field(default_factory=dict)
    arrival: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, source: int, targets: Sequence[int]) -> _Net:
        columns = {_X[h] for h in targets}
        rows = {x: frozenset(_Y[h] for h in targets if _X[h] == x) for x in columns}
        return cls(source, frozenset(targets), rows, columns)

    def connect(self, start: int, path: Sequence[int]) -> None:
        for segment in path:
            self.predecessors[segment] = start
            start = segment

    def path(self, segment: int) -> list[int]:
        """Return the path from the source, empty if there is none."""
        path = [segment]
        seen = {segment}
        while (segment := self.predecessors.get(segment, -1)) >= 0:
            if segment in seen:
                return []
            seen.add(segment)
            path.append(segment)
        return path[::-1] if path[-1] == self.source else []


@dataclass(frozen=True, slots=True)
class BackboneRouter:
    """Routes one net at a time.

    Attributes
    ----------
    walker : Walker
        The graph; the caller blocks what becomes used.
    max_switches : int
        Crossbar switches that one bus may close on a HICANN.
    score : callable
        What it is worth to reach a target on a given VLine segment.
    """

    walker: Walker
    max_switches: int
    score: Score

    def route(self, source: int, targets: Sequence[int]) -> dict[int, list[int]]:
        """Return the segments from the sending line to the VLine that serves each target HICANN reached."""
        net = _Net.of(source, targets)
        for direction in (EAST, WEST):
            if not net.waiting:
                break
            trunk = self._trunk(net, direction)
            net.connect(source, trunk)
            for bus in trunk:
                if is_vertical(bus):
                    if bus // N_LINES in net.targets:
                        net.arrival[bus // N_LINES] = bus
                else:
                    self._branch(net, bus)
            net.connect(source, trunk)
        self._branch(net, source)
        paths = {hicann: net.path(bus) for hicann, bus in sorted(net.arrival.items())}
        return {hicann: path for hicann, path in paths.items() if path}

    def _trunk(self, net: _Net, direction: int) -> list[int]:
        limit = max(net.waiting) if direction == EAST else min(net.waiting)
        trunk, reached = self.walker.walk(net.source, direction, limit)
        while not reached:
            last = trunk[-1] if trunk else net.source
            around, reached = self.walker.detour(last, direction, limit, net.predecessors, self.max_switches)
            if not around:
                break
            trunk += around
        return trunk

    def _branch(self, net: _Net, bus: int) -> None:
        """Lay the best rib from a horizontal bus along its column, which then counts as done."""
        x = _X[bus // N_LINES]
        if x not in net.waiting:
            return
        candidates = self.walker.turns(bus, net.predecessors, self.max_switches)
        if not candidates:
            return
        rows = net.rows[x]
        best_score, best = 0, [[candidates[0]], [candidates[0]]]
        for candidate in candidates:
            ribs = [
                [candidate, *self.walker.walk(candidate, NORTH, min(rows))[0]],
                [candidate, *self.walker.walk(candidate, SOUTH, max(rows))[0]],
            ]
            score = 1 + sum(self.score(s) for rib in ribs for s in rib if _Y[s // N_LINES] in rows)
            if score > best_score:
                best_score, best = score, ribs
        for rib in best:
            net.connect(bus, rib)
            for segment in rib:
                if _Y[segment // N_LINES] in rows:
                    net.arrival[segment // N_LINES] = segment
        net.waiting.discard(x)
