"""Negotiated-congestion routing of layer 1, phase by phase, with driver sides in view.

Model:

Variables
    One tree of bus segments per net, rooted at its sending HLine; for every target HICANN the VLine on which the
    net arrives.
Constraints
    A segment belongs to at most one net; consecutive segments are joined by a working crossbar switch or hop; a
    line takes part in at most one closed crossbar switch per HICANN; sending HLines of other nets are taboo.
Objective
    Most synapses that can be served: arrivals, with the driver demand of each side kept below its 112 drivers and
    at most 14 arrivals per select group.

Method: PathFinder.  Every net is routed by cheapest paths, target after target, over segments priced by present
overuse and its history; nets are ripped up and rerouted until nothing is shared.  Nets of different phases never
meet on a bus, so each phase iterates by itself.  At the end the nets that still conflict are rerouted over free
segments only, and what cannot be reached is lost.

Every line is two nodes: entered by a hop (may leave through the crossbar) or entered through the crossbar (may only
hop on); that makes the switch limit part of the graph.  Limits above 1 are not exploited.

Source: L. McMurchie, C. Ebeling, PathFinder, FPGA 1995; the graph from halco, limits from calibtic and sthal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, Demand, demand, drivers_needed, service_curves
from mapper.kernels.trees import commit_tree, route_net
from mapper.problem import Problem
from models.hardware.layer1 import N_LINES, N_SEGMENTS, L1Graph, phase_of_source
from models.hardware.mergers import sending_hline
from models.hardware.synapses import N_GROUPS
from models.mapping import Mapping, Routing

#: Growth of the price of present overuse per iteration, and its start; PathFinder's usual range.
_PRESENT_START = 0.5
_PRESENT_GROWTH = 1.6
#: Added to a segment's price for every iteration in which it was overused.
_HISTORY_STEP = 0.5
#: Iterations without fewer shared segments after which the rest is made legal: it will not converge.
_PATIENCE = 8


def pathfinder(problem: Problem, draft: Mapping, context: Context, *, iterations: int = 40) -> Mapping:
    """Route every net to every HICANN on which its synapses need drivers."""
    wanted = demand(problem, draft.placement, draft.addresses)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    curve = service_curves(tables, wanted, problem.limits.driver_chain_length)
    need = np.maximum(1, drivers_needed(curve, wanted.size))
    router = _Router(problem, wanted, need, curve[:, -1])
    for phase in range(32):
        router.negotiate(phase, iterations, context)
    return replace(draft, routing=router.routing())


class _Router:
    """The state of the negotiation: occupancy, prices and every net's tree."""

    def __init__(self, problem: Problem, wanted: Demand, need: NDArray[np.int32], value: NDArray[np.int32]) -> None:
        self.wanted, self.need, self.value = wanted, need, value
        self.nets, self.first = np.unique(wanted.net, return_index=True)
        self.last = np.append(self.first[1:], len(wanted.net))
        self.roots = np.array([int(n) // 8 * N_LINES + sending_hline(int(n) % 8) for n in self.nets], dtype=np.int64)
        self.phases = np.array([phase_of_source(int(n) // 8, int(n) % 8) for n in self.nets], dtype=np.int64)
        self.sendable = problem.wafer.can_send.ravel()[self.nets]
        self.hop, self.cross = neighbour_tables(problem.wafer.graph)
        self.blocked = ~problem.wafer.segments
        self.blocked[self.roots] = True
        self.occupancy = np.zeros(N_SEGMENTS, dtype=np.int32)
        self.history = np.zeros(N_SEGMENTS, dtype=np.float64)
        self.side_load = np.zeros((384, 2), dtype=np.float64)
        self.group_load = np.zeros((384, N_GROUPS), dtype=np.float64)
        self.side_room = np.array([problem.wafer.usable_drivers_per_side(h) for h in range(384)], dtype=np.float64)
        self.trees: dict[int, NDArray[np.int64]] = {}
        self.arrivals: dict[int, NDArray[np.int64]] = {}
        self.scratch = (
            np.full(2 * N_SEGMENTS, np.inf),
            np.zeros(2 * N_SEGMENTS, np.int64),
            np.zeros(2 * N_SEGMENTS, np.int64),
            np.zeros(N_SEGMENTS, np.int8),
        )

    def negotiate(self, phase: int, iterations: int, context: Context) -> None:
        """Iterate the nets of one phase until they share nothing, then make the rest legal."""
        mine = [int(i) for i in np.flatnonzero(self.phases == phase) if self.sendable[i]]
        mine.sort(key=lambda i: -int(self.value[self.first[i] : self.last[i]].sum()))
        present, dirty = _PRESENT_START, mine
        fewest, stalled = N_SEGMENTS, 0
        for _ in range(iterations):
            if not dirty or stalled >= _PATIENCE or context.over:
                break
            for i in dirty:
                self._remove(i)
                self._route(i, present, hard=False)
            over = self.occupancy > 1
            self.history[over] += _HISTORY_STEP
            dirty = [i for i in mine if (self.occupancy[self.trees[i][:, 0]] > 1).any()]
            present *= _PRESENT_GROWTH
            stalled = 0 if over.sum() < fewest else stalled + 1
            fewest = min(fewest, int(over.sum()))
        for i in dirty:
            self._remove(i)
        for i in dirty:
            self._route(i, present, hard=True)

    def _route(self, i: int, present: float, *, hard: bool) -> None:
        pairs = slice(self.first[i], self.last[i])
        targets = self.wanted.hicann[pairs].astype(np.int64)
        tree, arrival = route_net(
            self.roots[i], targets, self.need[pairs].astype(np.float64), self.hop, self.cross, self.blocked,
            self.occupancy, self.history, present, hard, self.side_load, self.side_room, self.group_load,
            *self.scratch,
        )  # fmt: skip
        self.trees[i], self.arrivals[i] = tree, arrival
        self._account(i, +1)

    def _remove(self, i: int) -> None:
        if i in self.trees:
            self._account(i, -1)
            del self.trees[i], self.arrivals[i]

    def _account(self, i: int, sign: int) -> None:
        commit_tree(
            self.trees[i], self.arrivals[i], self.need[self.first[i] : self.last[i]].astype(np.float64), sign,
            self.occupancy, self.side_load, self.group_load,
        )  # fmt: skip

    def routing(self) -> Routing:
        """Return all trees, pruned to what leads to arrivals, as a `Routing`."""
        nets, segments, parents = [], [], []
        arrivals: list[tuple[int, int, int]] = []
        for i in sorted(self.trees):
            tree, arrival = self.trees[i], self.arrivals[i]
            reached = np.flatnonzero(arrival >= 0)
            if len(reached) == 0:
                continue
            net = int(self.nets[i])
            nets.append(np.full(len(tree), net))
            segments.append(tree[:, 0])
            parents.append(tree[:, 1])
            hicanns = self.wanted.hicann[self.first[i] : self.last[i]][reached]
            arrivals += [(net, int(h), int(s)) for h, s in zip(hicanns, arrival[reached], strict=True)]
        if not nets:
            return Routing.empty()
        table = np.array(arrivals, dtype=np.int64)
        return Routing(
            np.concatenate(nets).astype(np.int32), np.concatenate(segments).astype(np.int32),
            np.concatenate(parents).astype(np.int32), table[:, 0].astype(np.int32), table[:, 1].astype(np.int16),
            table[:, 2].astype(np.int32),
        )  # fmt: skip


def neighbour_tables(graph: L1Graph) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the segments next to every segment by hops (122880, 2) and by switches (122880, 8), -1 for none."""
    start, neighbour, edge = graph.adjacency()
    owner = np.repeat(np.arange(N_SEGMENTS), np.diff(start))
    is_hop = graph.switch[edge] < 0
    tables = []
    for chosen, width in ((is_hop, 2), (~is_hop, 8)):
        seg, other = owner[chosen], neighbour[chosen]
        position = np.arange(len(seg)) - np.searchsorted(seg, seg)
        table = np.full((N_SEGMENTS, width), -1, dtype=np.int32)
        table[seg, position] = other
        tables.append(table)
    return tables[0], tables[1]
