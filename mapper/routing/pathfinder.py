"""Routing of layer 1, phase by phase: negotiated congestion, then a search for what is still lost.

Model:

Variables
    One tree of bus segments per net, rooted at its sending HLine; for every target HICANN the VLine on which the
    net arrives, if it does: one of its own or one of a neighbour that faces its drivers.  A net that needs more
    drivers than one VLine can feed may arrive on up to ``vlines_per_route`` of them.
Constraints
    A segment belongs to at most one net; consecutive segments are joined by a working crossbar switch or hop; a
    line takes part in at most ``crossbar_switches_per_hline`` or ``crossbar_switches_per_vline`` closed crossbar
    switches per HICANN; a VLine serves one HICANN; sending HLines of other nets are taboo.
Objective
    Most synapses that can be served at the arrivals.  Prices of arrivals keep the driver demand of each side below
    its 112 drivers and at most 14 arrivals per select group.

Method: nets of different phases never meet on a bus, so each phase is negotiated by itself (`negotiation`) and
made legal.  Phases that lose something then share the rest of the budget by their loss: rip-up and reroute with
random penalties for full segments, accepted by simulated annealing; the best forest found is kept, so the search
never makes things worse.

Every line is two nodes: entered by a hop (may leave through the crossbar) or entered through the crossbar (may only
hop on, unless its line allows two switches); that makes the switch limit part of the graph.

Source: the graph from halco, limits from calibtic and sthal; S. Kirkpatrick et al., Science 1983 (annealing).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.kernels.forest import BELOW, OWNER, PAIR, PARENT, Forest
from mapper.kernels.local_search import anneal, restore
from mapper.kernels.trees import Loads, Scratch, new_scratch
from mapper.problem import Problem
from mapper.routing.negotiation import legal_forest
from mapper.routing.phases import (
    Phase,
    driver_loads,
    drivers_per_route,
    drivers_per_vline,
    split,
    wanted_pairs,
)
from models.mapping import Mapping, Routing, usable_buses

#: Temperature at the start of a search, in mean values of the pairs that are not served.
_HOT = 1.0
#: Moves between two looks at the clock.
_BATCH = 100
#: Moves of the search over all phases that ten seconds allow.
_MOVES = 6_000
#: Share of the remaining time that the search may take.
_TIME_SHARE = 0.2
#: Rounds in which the search's budget is dealt to the phases.
_ROUNDS = 2


def pathfinder(
    problem: Problem, draft: Mapping, context: Context, *,
    iterations: int = 40, adjacent: bool = True, vlines_per_route: int = 0,
) -> Mapping:  # fmt: skip
    """Route every net to every HICANN on which its synapses need drivers.

    Parameters
    ----------
    iterations : int
        Most rounds of negotiation.
    adjacent : bool
        Whether VLines of a neighbour may serve a HICANN.
    vlines_per_route : int
        Most VLines over which a net serves a HICANN, if that is less than the instance's limit; 0: the limit.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    curve = service_curves(tables, wanted, drivers_per_route(problem.limits, vlines_per_route))
    pairs = wanted_pairs(wanted, curve, drivers_per_vline(problem.limits))
    loads = driver_loads(problem)
    seeds = context.rng("pathfinder")
    routed = []
    usable = usable_buses(draft.merging, problem.wafer).ravel()
    for phase in split(problem, pairs.net, pairs.hicann, pairs.need, pairs.value, usable, adjacent=adjacent):
        scratch = new_scratch(len(phase.segment), int(np.diff(phase.nets.first).max()))
        forest = legal_forest(phase, loads, scratch, iterations, int(seeds.integers(1 << 62)), context)
        routed.append(_Routed(phase, loads, scratch, forest, forest.row.copy()))
    _search(routed, context)
    return replace(draft, routing=_routing(routed))


@dataclass(slots=True)
class _Routed:
    """A phase, its legal trees, and the rows of the best that were found."""

    phase: Phase
    loads: Loads
    scratch: Scratch
    forest: Forest
    best: NDArray[np.int32]

    @property
    def lost(self) -> int:
        """Return the synapses that the present trees do not serve."""
        return int(self.forest.missing.sum())

    def search(self, hot: float, progress: Callable[[int], float], batch: int = _BATCH) -> None:
        """Anneal from the present trees and settle on the best; ``progress`` tells by moves how much is over."""
        phase, moves, done = self.phase, 0, 0.0
        lost = self.lost
        hot *= lost / max(1, int(((self.forest.arrival < 0) & (phase.nets.value > 0)).sum()))
        while lost > 0 and done < 1.0:
            temperature = hot * (1.0 - done)
            lost = anneal(phase.graph, phase.nets, self.loads, self.forest, self.scratch, self.best, batch, temperature)
            moves += batch
            done = progress(moves)
        restore(phase.graph, phase.nets, self.loads, self.forest, self.best)


def _search(routed: list[_Routed], context: Context) -> None:
    """Deal the budget to the phases by their loss, in rounds."""
    for r in routed[:1]:
        r.search(0.0, _counter(context, 0), batch=0)  # compiles, before time is dealt
    end = context.elapsed + _TIME_SHARE * context.remaining
    for rounds_left in range(_ROUNDS, 0, -1):
        losing = [r for r in routed if r.lost > 0]
        total = sum(r.lost for r in losing)
        seconds = (end - context.elapsed) / rounds_left
        until = context.elapsed
        for r in losing:
            share = r.lost / total
            if np.isfinite(seconds):
                until += share * seconds
                progress = _clock(context, until)
            else:
                progress = _counter(context, int(share * context.work(_MOVES) / _ROUNDS))
            if progress(0) < 1.0:
                r.search(_HOT * rounds_left / _ROUNDS, progress)


def _clock(context: Context, until: float) -> Callable[[int], float]:
    """Return the progress of a search that ends at a time."""
    start = context.elapsed

    def progress(moves: int) -> float:
        now = context.elapsed
        return 1.0 if context.over or now >= until else (now - start) / (until - start)

    return progress


def _counter(context: Context, most: int) -> Callable[[int], float]:
    """Return the progress of a search that ends after a number of moves."""

    def progress(moves: int) -> float:
        return 1.0 if context.over or moves >= most else moves / most

    return progress


def _routing(routed: list[_Routed]) -> Routing:
    """Return all trees as a `Routing`, nets ascending, parents before children."""
    tables, arrivals = [], []
    for r in routed:
        phase, nets, row = r.phase, r.phase.nets, r.best
        serving = np.flatnonzero(row[:, PAIR] >= 0)
        pair = row[serving, PAIR]
        arrivals.append(np.stack([phase.key[row[serving, OWNER]], nets.target[pair], phase.segment[serving]], axis=1))
        used = np.flatnonzero((row[:, OWNER] >= 0) & (row[:, BELOW] > 0))
        parent = row[used, PARENT]
        above = np.where(parent >= 0, phase.segment[parent], -1)
        table = [phase.key[row[used, OWNER]], phase.segment[used], above, _depth(row[:, PARENT])[used]]
        tables.append(np.stack(table, axis=1))
    if not tables:
        return Routing.empty()
    tree, arrival = np.concatenate(tables), np.concatenate(arrivals)
    tree = tree[np.lexsort((tree[:, 1], tree[:, 3], tree[:, 0]))]
    arrival = arrival[np.lexsort((arrival[:, 2], arrival[:, 1], arrival[:, 0]))]
    return Routing(
        tree[:, 0].astype(np.int32), tree[:, 1].astype(np.int32), tree[:, 2].astype(np.int32),
        arrival[:, 0].astype(np.int32), arrival[:, 1].astype(np.int16), arrival[:, 2].astype(np.int32),
    )  # fmt: skip


def _depth(parent: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the number of segments above every segment."""
    depth = np.zeros(len(parent), dtype=np.int64)
    at = parent.copy()
    while (at >= 0).any():
        depth += at >= 0
        at = np.where(at >= 0, parent[at], -1)
    return depth
