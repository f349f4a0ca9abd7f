"""Disjoint trees of the nets of one phase, and legal operations on them: cut, graft, extend, undo.

Invariants: a segment has one owner; every leaf serves a pair; a line takes part in as many crossbar switches per
HICANN as it may; of the pairs of a net that want the same HICANN, the first ones are served (after `promote`); the
books (`Loads`, missing values, values below every segment) agree with the trees.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.jit import jit
from mapper.kernels.trees import PhaseGraph, book, grow

#: Columns of `Forest.row`: net that owns a segment or -1; parent segment or -1; how often it leaves through the
#: crossbar; pair that it serves or -1; value of the pairs served at or below it.
OWNER, PARENT, EXIT, PAIR, BELOW = range(5)


class Nets(NamedTuple):
    """The nets of one phase and the pairs that they want to serve.

    Attributes
    ----------
    root : (m,) int32
        Sending segment of every net.
    first : (m + 1,) int64
        Net i has the pairs first[i]..first[i + 1] - 1.
    target : (p,) int32
        HICANN of every pair.
    need : (p,) float64
        Drivers that it wants there.
    value : (p,) int64
        Synapses that it serves; pairs of value 0 are left alone.
    more : (p,) or (0,) bool
        Whether the next pair wants another VLine on the same HICANN, for the synapses that this one cannot serve;
        empty if none does.
    """

    root: NDArray[np.int32]
    first: NDArray[np.int64]
    target: NDArray[np.int32]
    need: NDArray[np.float64]
    value: NDArray[np.int64]
    more: NDArray[np.bool_] = np.zeros(0, np.bool_)


class Forest(NamedTuple):
    """The trees, and a journal from which one move can be undone.

    Attributes
    ----------
    row : (n, 5) int32
        What every segment does; see `OWNER` and so on.
    arrival : (p,) int32
        Segment on which a pair is served, -1 if it is not.
    missing : (m,) int64
        Value of the pairs of a net that are not served.
    journal : (n, 6) int32
        Segments changed by the current move, with their former rows.
    saved : (n,) int64
        The last move that changed a segment.
    victims : (m,) int64
        The last move that cut something of a net.
    counter : (4,) int64
        Number of the move, entries in the journal, random state, number of the reachability test.
    stack : (2 n,) int32
    seen : (2 n,) int64
        Private.
    """

    row: NDArray[np.int32]
    arrival: NDArray[np.int32]
    missing: NDArray[np.int64]
    journal: NDArray[np.int32]
    saved: NDArray[np.int64]
    victims: NDArray[np.int64]
    counter: NDArray[np.int64]
    stack: NDArray[np.int32]
    seen: NDArray[np.int64]


def new_forest(graph: PhaseGraph, nets: Nets, seed: int) -> Forest:
    """Return a forest of roots only."""
    n, m = len(graph.hicann), len(nets.root)
    row = np.full((n, 5), -1, np.int32)
    row[:, EXIT] = row[:, BELOW] = 0
    row[nets.root, OWNER] = np.arange(m)
    served = np.append(0, np.cumsum(nets.value))
    return Forest(
        row, np.full(len(nets.target), -1, np.int32), np.diff(served[nets.first]), np.zeros((n, 6), np.int32),
        np.zeros(n, np.int64), np.zeros(m, np.int64), np.array([0, 0, seed, 0], np.int64), np.zeros(2 * n, np.int32),
        np.zeros(2 * n, np.int64),
    )  # fmt: skip


@jit
def begin_move(forest):
    """Forget the journal."""
    forest.counter[0] += 1
    forest.counter[1] = 0


@jit
def _save(forest, s):
    """Remember a segment's row, once per move, before it is changed."""
    if forest.saved[s] != forest.counter[0]:
        forest.saved[s] = forest.counter[0]
        k = forest.counter[1]
        forest.counter[1] = k + 1
        forest.journal[k, 0] = s
        for j in range(5):
            forest.journal[k, j + 1] = forest.row[s, j]


@jit
def serve(graph, nets, loads, forest, s, sign):
    """Book the service of the pair at a segment (sign 1), or its end (sign -1)."""
    pair = forest.row[s, PAIR]
    if pair >= 0:
        forest.arrival[pair] = s if sign > 0 else -1
        forest.missing[forest.row[s, OWNER]] -= sign * nets.value[pair]
        book(graph, loads, s, nets.target[pair], nets.need[pair], sign)


@jit
def undo_move(graph, nets, loads, forest):
    """Bring everything back to what it was before the move."""
    for k in range(forest.counter[1]):
        serve(graph, nets, loads, forest, forest.journal[k, 0], -1)
    for k in range(forest.counter[1]):
        s = forest.journal[k, 0]
        for j in range(5):
            forest.row[s, j] = forest.journal[k, j + 1]
        serve(graph, nets, loads, forest, s, 1)


@jit
def cut(graph, nets, loads, forest, top):
    """Remove a segment (no root) with everything below it, and what above it leads nowhere any more."""
    row = forest.row
    while True:
        parent, lost = row[top, PARENT], row[top, BELOW]
        _remove(graph, nets, loads, forest, top)
        _save(forest, parent)
        if graph.hicann[parent] == graph.hicann[top]:
            row[parent, EXIT] -= 1
        at = parent
        while at >= 0:
            _save(forest, at)
            row[at, BELOW] -= lost
            at = row[at, PARENT]
        if row[parent, PARENT] < 0 or row[parent, BELOW] > 0:
            return
        top = parent


@jit
def _remove(graph, nets, loads, forest, top):
    """Free a segment and everything below it."""
    row, stack = forest.row, forest.stack
    stack[0] = top
    waiting = 1
    while waiting > 0:
        waiting -= 1
        s = stack[waiting]
        for j in range(10):
            child = graph.neighbour[s, j]
            if child >= 0 and row[child, OWNER] == row[s, OWNER] and row[child, PARENT] == s:
                stack[waiting] = child
                waiting += 1
        _save(forest, s)
        serve(graph, nets, loads, forest, s, -1)
        row[s, OWNER] = row[s, PARENT] = row[s, PAIR] = -1
        row[s, EXIT] = row[s, BELOW] = 0


@jit
def clear_net(graph, nets, loads, forest, net):
    """Remove everything of a net but its root."""
    root = nets.root[net]
    for j in range(10):
        child = graph.neighbour[root, j]
        if child >= 0 and forest.row[child, OWNER] == net and forest.row[child, PARENT] == root:
            cut(graph, nets, loads, forest, child)


@jit
def attach(graph, nets, loads, forest, net, s, parent):
    """Give a segment to a net, as a child of one of its segments; a former owner loses it and what is below."""
    row = forest.row
    owner = row[s, OWNER]
    if owner >= 0:
        forest.victims[owner] = forest.counter[0]
        cut(graph, nets, loads, forest, s)
    _save(forest, s)
    _save(forest, parent)
    row[s, OWNER], row[s, PARENT] = net, parent
    if graph.hicann[s] == graph.hicann[parent]:
        row[parent, EXIT] += 1


@jit
def arrive(graph, nets, loads, forest, pair, s):
    """Serve a pair at a segment of its net's tree."""
    row = forest.row
    _save(forest, s)
    row[s, PAIR] = pair
    serve(graph, nets, loads, forest, s, 1)
    while s >= 0:
        _save(forest, s)
        row[s, BELOW] += nets.value[pair]
        s = row[s, PARENT]


@jit
def extend(graph, nets, loads, forest, scratch, net, limit):
    """Connect up to ``limit`` of the wanted pairs of ``scratch`` to a net's tree, at the prices of ``scratch``."""
    row, tree, parent = forest.row, scratch.tree, scratch.parent
    tree[0], parent[0] = nets.root[net], -1
    size, k = 1, 0
    while k < size:
        s = tree[k]
        k += 1
        scratch.mark[s] = 1 + _switches_left(graph, row, s)
        scratch.serves[s] = row[s, PAIR] >= 0
        for j in range(10):
            child = graph.neighbour[s, j]
            if child >= 0 and row[child, OWNER] == net and row[child, PARENT] == s:
                tree[size], parent[size] = child, s
                size += 1
    grown, found = grow(graph, loads, nets, scratch, size, limit)
    for k in range(grown):
        scratch.mark[tree[k]] = 0
        scratch.serves[tree[k]] = False
    for k in range(size, grown):
        attach(graph, nets, loads, forest, net, tree[k], parent[k])
    for k in range(found):
        arrive(graph, nets, loads, forest, scratch.found_pair[k], scratch.found_segment[k])
    return found


@jit
def want_missing(nets, forest, scratch, net, sign):
    """Want (sign 1) all pairs of a net that are not served, or nothing any more (sign -1)."""
    for pair in range(nets.first[net + 1] - 1, nets.first[net] - 1, -1):
        if sign < 0:
            scratch.wanted[nets.target[pair]] = -1
        elif forest.arrival[pair] < 0 and nets.value[pair] > 0:
            scratch.wanted[nets.target[pair]] = pair


@jit
def extend_legally(graph, nets, loads, forest, scratch, net):
    """Connect what is missing of a net over free segments."""
    if forest.missing[net] == 0:
        return
    some = False
    for pair in range(nets.first[net + 1] - 1, nets.first[net] - 1, -1):
        if forest.arrival[pair] < 0 and nets.value[pair] > 0 and _reachable(graph, forest, net, nets.target[pair]):
            scratch.wanted[nets.target[pair]] = pair
            some = True
    if not some:
        return
    for s in range(len(scratch.price)):
        scratch.price[s] = 1.0 if graph.open[s] and forest.row[s, OWNER] < 0 else np.inf
    extend(graph, nets, loads, forest, scratch, net, len(scratch.found_pair))
    want_missing(nets, forest, scratch, net, -1)


@jit
def _reachable(graph, forest, net, hicann):
    """Tell whether free segments lead from a net's tree to a HICANN, by a search that starts at the HICANN.

    What cannot be reached mostly lies in a small pocket of free segments, so this is cheap where `extend` is not.
    Node ``2 s`` is a free segment however it was entered, ``2 s + 1`` one that must have been entered by a hop.
    """
    row, stack, seen = forest.row, forest.stack, forest.seen
    forest.counter[3] += 1
    epoch, waiting = forest.counter[3], 0
    for j in range(graph.vlines.shape[1]):
        s = graph.vlines[hicann, j]
        if s >= 0 and row[s, OWNER] == net and row[s, PAIR] < 0:
            return True
        if s >= 0 and graph.open[s] and row[s, OWNER] < 0:
            seen[2 * s] = epoch
            stack[waiting] = 2 * s
            waiting += 1
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        for j in range(2 if node % 2 == 1 else 10):
            other = graph.neighbour[node // 2, j]
            if other < 0:
                continue
            if row[other, OWNER] == net:
                if j < 2 or _switches_left(graph, row, other) > 0:
                    return True
            elif row[other, OWNER] < 0 and graph.open[other]:
                to = 2 * other + (0 if j < 2 or graph.switches[other] > 1 else 1)
                if seen[2 * other] != epoch and seen[to] != epoch:
                    seen[to] = epoch
                    stack[waiting] = to
                    waiting += 1
    return False


@jit
def _switches_left(graph, row, s):
    """Return how many more crossbar switches of a segment of a tree may be closed."""
    entered = row[s, PARENT] >= 0 and graph.hicann[row[s, PARENT]] == graph.hicann[s]
    return graph.switches[s] - row[s, EXIT] - (1 if entered else 0)


@jit
def promote(graph, nets, loads, forest, net):
    """Let VLines that serve a later pair of a HICANN serve its first ones, which are worth more."""
    if len(nets.more) == 0:
        return
    row = forest.row
    for pair in range(nets.first[net], nets.first[net + 1]):
        if forest.arrival[pair] >= 0 or nets.value[pair] == 0:
            continue
        last = pair
        while nets.more[last]:
            last += 1
        while last > pair and forest.arrival[last] < 0:
            last -= 1
        if last == pair:
            continue
        s = forest.arrival[last]
        _save(forest, s)
        serve(graph, nets, loads, forest, s, -1)
        row[s, PAIR] = pair
        serve(graph, nets, loads, forest, s, 1)
        while s >= 0:
            _save(forest, s)
            row[s, BELOW] += nets.value[pair] - nets.value[last]
            s = row[s, PARENT]
