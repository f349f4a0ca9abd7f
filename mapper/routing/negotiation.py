"""Negotiation of one phase, and the legal forest that is made of its outcome.

Method: PathFinder.  Every net is routed by cheapest paths, target after target, over segments priced by present
overuse and its history; nets that share something are ripped up and rerouted until nothing is shared or the number
of shared segments stops falling.  Then the trees are made legal: where two meet, the branch of larger value stays,
and what is cut off is connected again over free segments where possible, be it on VLines of a neighbour that can
feed drivers of the HICANN, too.

Source: L. McMurchie, C. Ebeling, PathFinder, FPGA 1995.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.kernels.forest import Forest, new_forest
from mapper.kernels.local_search import extend_all, insert_trees
from mapper.kernels.trees import Loads, PhaseGraph, Scratch, commit_tree, route_net, set_prices
from mapper.routing.phases import Phase

#: Growth of the price of present overuse per iteration, and its start; PathFinder's usual range.
_PRESENT_START = 0.5
_PRESENT_GROWTH = 1.6
#: Added to a segment's price for every iteration in which it was overused.
_HISTORY_STEP = 0.5
#: Iterations without fewer shared segments after which the negotiation ends: it will not converge.
_PATIENCE = 6

_Tree = tuple[NDArray[np.int32], NDArray[np.int32]]


def legal_forest(phase: Phase, loads: Loads, scratch: Scratch, iterations: int, seed: int, context: Context) -> Forest:
    """Negotiate a phase and return disjoint trees; ``loads`` then contains their arrivals."""
    trees = _negotiate(phase, loads, scratch, iterations, context)
    _forget_unreachable(phase, loads, scratch, np.concatenate([arrival for _, arrival in trees]))
    forest = new_forest(phase.graph, phase.nets, seed)
    order = _by_value(phase)
    start = np.append(0, np.cumsum([len(branch) for branch, _ in trees])).astype(np.int64)
    branches = np.concatenate([branch for branch, _ in trees])
    arrivals = np.concatenate([arrival for _, arrival in trees])
    insert_trees(phase.graph, phase.nets, loads, forest, order, start, branches, arrivals)
    extend_all(phase.graph, phase.nets, loads, forest, scratch, order)
    return forest


def _by_value(phase: Phase) -> NDArray[np.int64]:
    """Return the nets, those with most synapses first."""
    return np.argsort(-np.add.reduceat(phase.nets.value, phase.nets.first[:-1]), kind="stable")


def _forget_unreachable(phase: Phase, loads: Loads, scratch: Scratch, arrival: NDArray[np.int32]) -> None:
    """Set the value of pairs to 0 that not even an empty wafer connects, among those without an arrival."""
    nets, unused = phase.nets, np.zeros(len(phase.segment))
    set_prices(phase.graph, unused, unused, 0.0, scratch.price)
    net_of = np.repeat(np.arange(len(nets.root)), np.diff(nets.first))
    for pair in np.flatnonzero(arrival < 0):
        _, alone = route_net(nets.root[net_of[pair]], pair, pair + 1, nets, phase.graph, loads, scratch)
        if alone[0] < 0:
            nets.value[pair] = 0


def _negotiate(phase: Phase, loads: Loads, scratch: Scratch, iterations: int, context: Context) -> list[_Tree]:
    """Return tree and arrivals of every net; trees may share segments.  The books are left as they were."""
    nets, graph = phase.nets, _own_lines_only(phase.graph)
    occupancy, history = np.zeros(len(phase.segment), np.int32), np.zeros(len(phase.segment))
    trees: dict[int, _Tree] = {}

    def account(i: int, sign: int) -> None:
        tree, arrival = trees[i]
        mine = slice(nets.first[i], nets.first[i + 1])
        commit_tree(tree, arrival, nets.target[mine], nets.need[mine], sign, graph, loads, occupancy)

    order = [int(i) for i in _by_value(phase)]
    dirty, present = order, _PRESENT_START
    fewest, stalled = len(phase.segment) + 1, 0
    for _ in range(max(1, iterations)):
        for i in dirty:
            if i in trees:
                account(i, -1)
            set_prices(graph, occupancy, history, present, scratch.price)
            trees[i] = route_net(nets.root[i], nets.first[i], nets.first[i + 1], nets, graph, loads, scratch)
            account(i, 1)
        over = occupancy > 1
        history[over] += _HISTORY_STEP
        dirty = [i for i in order if over[trees[i][0][:, 0]].any()]
        present *= _PRESENT_GROWTH
        stalled = 0 if over.sum() < fewest else stalled + 1
        fewest = min(fewest, int(over.sum()))
        if not dirty or stalled >= _PATIENCE or context.over:
            break
    for i in order:
        account(i, -1)
    return [trees[i] for i in range(len(order))]


def _own_lines_only(graph: PhaseGraph) -> PhaseGraph:
    """Return the graph without the lines next door: while all lines have a price, those are no shorter way."""
    return graph._replace(beside=graph.beside[:0])
