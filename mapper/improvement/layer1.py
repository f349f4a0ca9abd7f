"""The routes of a mapping as forests of its phases, rebuilt only where what is wanted has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.forest import BELOW, OWNER, PAIR, PARENT, Forest, Nets, new_forest
from mapper.kernels.local_search import anneal, extend_all, insert_trees, restore
from mapper.kernels.trees import Loads, new_scratch
from mapper.problem import Problem
from mapper.routing.phases import Phase, driver_loads, split
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.layer1 import phase as phase_of
from models.hardware.mergers import sending_hline
from models.mapping import Routing

Ints = NDArray[np.int64]

#: Moves between two looks at the clock.
_BATCH = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """What the nets of a wafer want of layer 1.

    Attributes
    ----------
    net, hicann : (n_pairs,) int32
        Who wants to arrive where, ascending by (net, hicann).
    need, value : (n_pairs,) int32
        Drivers wanted there, and synapses that they can serve.
    usable : (3072,) bool
        Nets whose bus works.
    """

    net: NDArray[np.int32]
    hicann: NDArray[np.int32]
    need: NDArray[np.int32]
    value: NDArray[np.int32]
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trees:
    """The routes of one phase.

    Attributes
    ----------
    phase : Phase
        Its graph and nets.
    tree : (k, 3) int64
        Net, segment and parent segment (-1) of all segments in use, net after net, parents first.
    arrival : (a, 3) int64
        Net, HICANN and VLine segment of every arrival.
    missing : int
        Value of the pairs that do not arrive.
    """

    phase: Phase
    tree: Ints
    arrival: Ints
    missing: int


Routes = Mapping[int, Trees]


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how boldly the routes of a phase are searched.

    Attributes
    ----------
    moves : int
        Moves of the local search.
    hot : float
        Temperature at its start, in mean values of the pairs that are not served.
    """

    moves: int
    hot: float


class Layer1:
    """Builds and improves the routes of phases.

    Parameters
    ----------
    problem : Problem
        The instance.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._open = problem.wafer.segments
        self._empty: dict[int, Phase] = {}

    def wanted(self, wish: Wish) -> dict[int, Phase]:
        """Return the phases that are in use, with the nets that want something in them."""
        key, first = np.unique(wish.net, return_index=True)
        root = root_of(key)
        number = np.where(wish.usable[key], phase_of(root), -1)
        new = np.setdiff1d(number[number >= 0], list(self._empty))
        if len(new):
            chosen = np.isin(number, new)
            mask = np.repeat(chosen, np.diff(np.append(first, len(wish.net))))
            for phase in split(
                self._problem, wish.net[mask], wish.hicann[mask], wish.need[mask], wish.value[mask], wish.usable
            ):
                self._empty[int(phase_of(phase.segment[:1])[0])] = phase
        last = np.append(first[1:], len(wish.net))
        return {
            int(n): self._phase(self._empty[int(n)], wish, key, root, first, last, number == n)
            for n in np.unique(number[number >= 0])
        }

    def _phase(
        self, empty: Phase, wish: Wish, key: NDArray[np.int32], root: Ints, first: Ints, last: Ints,
        mine: NDArray[np.bool_],
    ) -> Phase:  # fmt: skip
        chosen = np.flatnonzero(mine)
        local_root = np.searchsorted(empty.segment, root[chosen])
        own = np.concatenate([np.arange(first[i], last[i]) for i in chosen])
        is_open = self._open[empty.segment].copy()
        is_open[local_root] = False
        nets = Nets(
            local_root.astype(np.int32), np.append(0, np.cumsum(last[chosen] - first[chosen])).astype(np.int64),
            wish.hicann[own], wish.need[own].astype(np.float64), np.maximum(1, wish.value[own]).astype(np.int64),
        )  # fmt: skip
        return Phase(empty.segment, key[chosen], empty.graph._replace(open=is_open), nets)

    def trees_of(self, routing: Routing, phases: Mapping[int, Phase]) -> Routes:
        """Return the routes of a mapping."""
        tree = np.stack([routing.net, routing.segment, routing.parent], axis=1).astype(np.int64)
        arrival = np.stack([routing.arrival_net, routing.arrival_hicann, routing.arrival_segment], axis=1)
        in_phase, at_phase = phase_of(tree[:, 1]), phase_of(arrival[:, 2].astype(np.int64))
        found = {}
        for n, phase in phases.items():
            own, there = tree[in_phase == n], arrival[at_phase == n].astype(np.int64)
            order = np.argsort(own[:, 0], kind="stable")
            found[n] = revalued(Trees(phase, own[order], there, 0), phase)
        return found

    def rebuilt(self, phase: Phase, old: Trees | None, loads: Loads, search: Search, seed: int) -> Trees:
        """Return routes for a phase that keep what still fits of old ones; ``loads`` then contains the arrivals."""
        scratch = new_scratch(len(phase.segment))
        forest = new_forest(phase.graph, phase.nets, seed)
        order = np.argsort(-np.add.reduceat(phase.nets.value, phase.nets.first[:-1]), kind="stable")
        if old is not None:
            insert_trees(phase.graph, phase.nets, loads, forest, order, *_branches(phase, old))
        extend_all(phase.graph, phase.nets, loads, forest, scratch, order)
        best = forest.row.copy()
        lost = int(forest.missing.sum())
        hot = search.hot * lost / max(1, int((forest.arrival < 0).sum()))
        for done in range(0, search.moves, _BATCH):
            if lost == 0:
                break
            temperature = hot * (1.0 - done / search.moves)
            lost = int(anneal(phase.graph, phase.nets, loads, forest, scratch, best, _BATCH, temperature))
        restore(phase.graph, phase.nets, loads, forest, best)
        return _trees(phase, forest)


def loads_of(empty: Loads, routes: Routes, without: set[int], wish: Wish) -> Loads:
    """Return the books of the drivers with the arrivals of all phases but some."""
    side, group = np.zeros_like(empty.side), np.zeros_like(empty.group)
    arrival = arrivals(routes, without)
    pair = np.searchsorted(wish.net.astype(np.int64) * 384 + wish.hicann, arrival[:, 0] * 384 + arrival[:, 1])
    pair = np.minimum(pair, len(wish.net) - 1)
    vline = arrival[:, 2] % N_LINES - N_HLINES
    at = vline // 4 % 8 + 8 * (vline >= 128)
    owner = arrival[:, 2] // N_LINES
    np.add.at(side, (owner, at // 8), wish.need[pair])
    np.add.at(group, (owner, at), 1)
    return empty._replace(side=side, group=group)


def empty_loads(problem: Problem) -> Loads:
    """Return the books without arrivals."""
    return driver_loads(problem)


def arrivals(routes: Routes, without: set[int] | None = None) -> Ints:
    """Return net, HICANN and segment of all arrivals, but those of some phases, (n, 3)."""
    parts = [trees.arrival for n, trees in sorted(routes.items()) if without is None or n not in without]
    return np.concatenate([np.empty((0, 3), np.int64), *parts])


def routing_of(routes: Routes) -> Routing:
    """Return all routes as a `Routing`, nets ascending, parents before children."""
    tree = np.concatenate([np.empty((0, 3), np.int64), *(trees.tree for _, trees in sorted(routes.items()))])
    tree = tree[np.argsort(tree[:, 0], kind="stable")]
    arrival = arrivals(routes)
    arrival = arrival[np.lexsort((arrival[:, 1], arrival[:, 0]))]
    return Routing(
        tree[:, 0].astype(np.int32), tree[:, 1].astype(np.int32), tree[:, 2].astype(np.int32),
        arrival[:, 0].astype(np.int32), arrival[:, 1].astype(np.int16), arrival[:, 2].astype(np.int32),
    )  # fmt: skip


def root_of(net: NDArray[np.int32]) -> Ints:
    """Return the sending segment of nets, (n,)."""
    lines = np.array([sending_hline(dnc) for dnc in range(8)], dtype=np.int64)
    root: Ints = net.astype(np.int64) // 8 * N_LINES + lines[net % 8]
    return root


def _pair_of(phase: Phase, arrival: Ints) -> Ints:
    """Return the index of the pair of every arrival, -1 if it is wanted no more, (n,)."""
    nets = phase.nets
    net = np.repeat(phase.key.astype(np.int64), np.diff(nets.first))
    keys = np.append(net * 384 + nets.target, -1)
    asked = arrival[:, 0] * 384 + arrival[:, 1]
    pair = np.searchsorted(keys[:-1], asked)
    return np.where(keys[pair] == asked, pair, -1)


def _branches(phase: Phase, old: Trees) -> tuple[Ints, NDArray[np.int32], NDArray[np.int32]]:
    """Return old routes as `insert_trees` takes them; what passes a line that is taboo now is left out."""
    tree = old.tree[np.isin(old.tree[:, 0], phase.key)]
    segment = np.searchsorted(phase.segment, tree[:, 1])
    parent = np.where(tree[:, 2] >= 0, np.searchsorted(phase.segment, tree[:, 2]), -1)
    is_root = parent < 0
    broken = np.zeros(len(phase.segment), dtype=np.bool_)
    broken[segment] = ~(phase.graph.open[segment] | is_root)
    while True:
        spoilt = ~is_root & broken[parent] & ~broken[segment]
        if not spoilt.any():
            break
        broken[segment[spoilt]] = True
    kept = ~broken[segment]
    start = np.searchsorted(tree[kept, 0], np.append(phase.key, phase.key[-1] + 1))
    where = np.full(len(phase.nets.target), -1, np.int32)
    pair = _pair_of(phase, old.arrival)
    at = np.searchsorted(phase.segment, old.arrival[:, 2])
    alive = (pair >= 0) & ~broken[at]
    where[pair[alive]] = at[alive]
    branch = np.stack([segment[kept], parent[kept]], axis=1).astype(np.int32)
    return start.astype(np.int64), branch, where


def _trees(phase: Phase, forest: Forest) -> Trees:
    row = forest.row
    serving = np.flatnonzero(row[:, PAIR] >= 0)
    pair = row[serving, PAIR]
    arrival = np.stack([phase.key[row[serving, OWNER]], phase.nets.target[pair], phase.segment[serving]], axis=1)
    used = np.flatnonzero((row[:, OWNER] >= 0) & (row[:, BELOW] > 0))
    parent = row[used, PARENT]
    depth = _depth(row[:, PARENT])[used]
    above = np.where(parent >= 0, phase.segment[parent], -1)
    table = np.stack([phase.key[row[used, OWNER]], phase.segment[used], above], axis=1)
    order = np.lexsort((table[:, 1], depth, table[:, 0]))
    return Trees(phase, table[order].astype(np.int64), arrival.astype(np.int64), int(forest.missing.sum()))


def _depth(parent: NDArray[np.int32]) -> Ints:
    depth = np.zeros(len(parent), dtype=np.int64)
    at = parent.copy()
    while (at >= 0).any():
        depth += at >= 0
        at = np.where(at >= 0, parent[at], -1)
    return depth


def same_targets(a: Phase, b: Phase) -> bool:
    """Tell whether the nets of two phases want to arrive on the same HICANNs."""
    return (
        np.array_equal(a.key, b.key)
        and np.array_equal(a.nets.first, b.nets.first)
        and np.array_equal(a.nets.target, b.nets.target)
    )


def revalued(trees: Trees, phase: Phase) -> Trees:
    """Return the same routes when only needs and values of their pairs have changed."""
    pair = _pair_of(phase, trees.arrival)
    missing = int(phase.nets.value.sum()) - int(phase.nets.value[pair[pair >= 0]].sum())
    return Trees(phase, trees.tree, trees.arrival, missing)
