"""A counting model of placement, to ask whether constraints can be met at all.

Variables
    n[class, run]: how many cells of a class lie in a run of free denmem columns of a neuron block; a class is the
    cells of one request (or of none) that belong to the same shared buses.  y[bus, HICANN]: the shared bus is there.
    p[bus, block]: cells of the bus lie on the block.
Constraints
    (cells) every cell of a class lies in a run that its request allows;
    (run) the widths of the neurons in a run add up to at most its length;
    (home) a shared bus is on one HICANN, and its cells too;
    (addresses) all sending cells on the blocks of a shared bus get at most ``sources_per_bus`` addresses;
    (inputs) spike sources on a HICANN get at most ``sources_per_bus`` addresses per DNC merger that can send.
    Neurons at exact places are no variables: they take their columns away.
Objective
    None: whether there is a solution.

Merger maps, rates, routes and everything after placement are relaxed, so "no" is a proof and "yes" is not.  A
constraint that is left out only relaxes the model: a cell whose request is left out keeps the smaller of its own and
the default size and may lie anywhere.

Source: columns and addresses from halco; rectangular neurons within a block from marocco ``OnNeuronBlock``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.explain.room import Room
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.defects import Defects
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.hardware.wafer import Wafer

if TYPE_CHECKING:
    from models.instance import PlacementRequest

REQUEST: Final = "request"
BUS: Final = "bus"
DEFECTS: Final = "defects"
REGION: Final = "region"
OTHERS: Final = "others"

#: A constraint: its kind, and which one (number, or kind of defect).
Item = tuple[str, int | str]

#: Deterministic time for one question; what is not decided by then counts as possible.
_EFFORT: Final = 10.0


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that are alike: count, columns per neuron, the blocks 8 hicann + block allowed (None: all), their buses."""

    count: int
    width: int
    blocks: tuple[int, ...] | None
    buses: frozenset[int]
    sends: bool


class Oracle:
    """Answers whether subsets of an instance's constraints can be met."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._wafers: dict[frozenset[Item], Wafer] = {}

    def items(self) -> list[Item]:
        """Return all constraints: the network, requests, shared buses, region, defects."""
        instance, defects = self._problem.instance, self._problem.wafer.defects
        found: list[Item] = [(OTHERS, 0)]
        found += [(REQUEST, i) for i in range(len(instance.placement))]
        found += [(BUS, i) for i in range(len(instance.shared_buses))]
        if self._problem.wafer.region is not None:
            found.append((REGION, 0))
        found += [(DEFECTS, kind) for kind in ("hicanns", "fpgas", "hslinks") if getattr(defects, kind)]
        return found + [(DEFECTS, kind) for kind, pairs in defects.components.items() if len(pairs)]

    def feasible(self, items: frozenset[Item]) -> bool:
        """Tell whether constraints can be met together, as far as the model sees."""
        wafer = self._wafer(items)
        requests = [self._problem.instance.placement[int(i)] for kind, i in sorted(items, key=str) if kind == REQUEST]
        buses = [int(i) for kind, i in items if kind == BUS]
        limit = self._problem.limits.sources_per_bus
        if any(len(self._problem.instance.shared_buses[b]) > limit for b in buses) or self._twice(requests):
            return False
        if not self._sources_fit(wafer, [r for r in requests if self._is_source(r)]):
            return False
        requests = [r for r in requests if not self._is_source(r)]
        if any(self._too_narrow(request) for request in requests):
            return False
        room = Room(wafer.columns.reshape(N_HICANNS * N_BLOCKS, COLUMNS_PER_BLOCK))
        for request in requests:
            if request.neurons and not self._take(room, request):
                return False
        return self._fits(room, requests, buses, (OTHERS, 0) in items)

    def _wafer(self, items: frozenset[Item]) -> Wafer:
        key = frozenset(item for item in items if item[0] in (DEFECTS, REGION))
        if key not in self._wafers:
            defects, kinds = self._problem.wafer.defects, {index for kind, index in key if kind == DEFECTS}
            kept = Defects(
                defects.hicanns if "hicanns" in kinds else (),
                defects.fpgas if "fpgas" in kinds else (),
                defects.hslinks if "hslinks" in kinds else (),
                {kind: pairs for kind, pairs in defects.components.items() if kind in kinds},
            )
            self._wafers[key] = Wafer(kept, self._problem.wafer.region if (REGION, 0) in key else None)
        return self._wafers[key]

    def _is_source(self, request: PlacementRequest) -> bool:
        cells = self._problem.network.cells(request.view)
        return bool(self._problem.network.is_source[cells].any())

    def _too_narrow(self, request: PlacementRequest) -> bool:
        """Tell whether a request gives neurons fewer denmems than they have receptors."""
        receptors = self._problem.network.receptor_count[self._problem.network.cells(request.view)]
        sizes = [size for _, _, size in request.neurons] or [request.size or self._problem.least_size]
        return bool(receptors.max(initial=0) > min(sizes))

    def _twice(self, requests: Iterable[PlacementRequest]) -> bool:
        named = np.zeros(self._problem.n_cells, dtype=np.int64)
        for request in requests:
            np.add.at(named, self._problem.network.cells(request.view), 1)
        return bool((named > 1).any())

    def _sources_fit(self, wafer: Wafer, requests: list[PlacementRequest]) -> bool:
        """Check (inputs) with a flow: requests to HICANNs, addresses."""
        from ortools.graph.python import max_flow

        flow, sink, wanted = max_flow.SimpleMaxFlow(), N_HICANNS + len(requests) + 1, 0
        limit = self._problem.limits.sources_per_bus
        for hicann in {h for request in requests for h in request.hicanns}:
            flow.add_arc_with_capacity(hicann, sink, limit * int(wafer.can_send[hicann].sum()))
        for i, request in enumerate(requests):
            wanted += len(request.view)
            flow.add_arc_with_capacity(sink + 1, N_HICANNS + i, len(request.view))
            for hicann in set(request.hicanns):
                flow.add_arc_with_capacity(N_HICANNS + i, hicann, len(request.view))
        if wanted == 0 or any(not request.hicanns for request in requests):
            return wanted == 0
        return bool(flow.solve(sink + 1, sink) == flow.OPTIMAL and flow.optimal_flow() == wanted)

    def _take(self, room: Room, request: PlacementRequest) -> bool:
        places = request.neurons
        return len(places) == len(request.view) and all(room.take(h, column, size) for h, column, size in places)

    def _fits(self, room: Room, requests: list[PlacementRequest], buses: list[int], others: bool) -> bool:
        classes = self._classes(requests, buses, others)
        fixed = self._exact(requests, buses)
        if not buses and len({c.width for c in classes}) <= 1:
            return _flows(room, classes)
        from mapper.explain.counting import countable

        candidates = self._homes(room, classes, fixed, buses)
        return countable(room, classes, fixed, candidates, self._problem.limits.sources_per_bus, _EFFORT)

    def _members(self, buses: list[int]) -> dict[int, NDArray[np.bool_]]:
        network, shared = self._problem.network, self._problem.instance.shared_buses
        member = {b: np.zeros(self._problem.n_cells, dtype=np.bool_) for b in buses}
        for b in buses:
            member[b][network.cells(shared[b])] = True
        return {b: cells for b, cells in member.items() if not network.is_source[cells].any()}

    def _classes(self, requests: list[PlacementRequest], buses: list[int], others: bool) -> list[Cells]:
        network = self._problem.network
        member, sends = self._members(buses), self._problem.population_sends
        default = np.minimum(self._problem.size, self._problem.least_size)
        free = ~network.is_source
        grouped: dict[Any, int] = defaultdict(int)
        for request in requests:
            cells = network.cells(request.view)
            free[cells] = False
            if request.neurons:
                continue
            allowed = [N_BLOCKS * h + b for h in request.hicanns for b in range(N_BLOCKS)]
            allowed += [N_BLOCKS * h + b for h, b in request.blocks]
            blocks = tuple(sorted(set(allowed))) if allowed else None
            for cell in cells.tolist():
                own = frozenset(b for b, mine in member.items() if mine[cell])
                width = (request.size or self._problem.least_size) // 2
                grouped[width, blocks, own, bool(sends[network.population_of[cell]])] += 1
        for cell in np.flatnonzero(free).tolist() if others else []:
            own = frozenset(b for b, mine in member.items() if mine[cell])
            grouped[int(default[cell]) // 2, None, own, bool(sends[network.population_of[cell]])] += 1
        return [Cells(n, *key) for key, n in grouped.items()]

    def _exact(self, requests: list[PlacementRequest], buses: list[int]) -> list[tuple[int, frozenset[int], bool]]:
        """Return (block, buses, sends) of every neuron at an exact place."""
        network, member = self._problem.network, self._members(buses)
        found = []
        for request in requests:
            for cell, (hicann, column, _) in zip(network.cells(request.view).tolist(), request.neurons, strict=False):
                own = frozenset(b for b, mine in member.items() if mine[cell])
                sends = bool(self._problem.population_sends[network.population_of[cell]])
                found.append((N_BLOCKS * hicann + column // COLUMNS_PER_BLOCK, own, sends))
        return found

    def _homes(
        self, room: Room, classes: list[Cells], fixed: list[tuple[int, frozenset[int], bool]], buses: list[int]
    ) -> dict[int, list[int]]:
        """Return the HICANNs on which each shared bus may be: those of its requests; buses without any are relaxed."""
        homes: dict[int, list[int]] = {}
        for bus in buses:
            named = [block for block, own, _ in fixed if bus in own]
            allowed = [set(c.blocks) for c in classes if bus in c.buses and c.blocks is not None]
            hicanns = [{block // N_BLOCKS for block in blocks} for blocks in [*allowed, *({b} for b in named)]]
            if hicanns:
                homes[bus] = sorted(set.intersection(*hicanns))
        return homes


def _flows(room: Room, classes: list[Cells]) -> bool:
    """Decide neurons of one width without shared buses: a flow from classes to blocks."""
    from ortools.graph.python import max_flow

    if not classes:
        return True
    capacity = room.capacity(classes[0].width)
    flow, source, sink = max_flow.SimpleMaxFlow(), len(capacity) + len(classes), len(capacity) + len(classes) + 1
    for block in np.flatnonzero(capacity).tolist():
        flow.add_arc_with_capacity(block, sink, int(capacity[block]))
    for i, group in enumerate(classes):
        flow.add_arc_with_capacity(source, len(capacity) + i, group.count)
        for block in range(len(capacity)) if group.blocks is None else group.blocks:
            flow.add_arc_with_capacity(len(capacity) + i, block, group.count)
    return bool(flow.solve(source, sink) == flow.OPTIMAL and flow.optimal_flow() == sum(c.count for c in classes))
