"""The inner loop of the negotiated router: cheapest trees over the priced segments of one phase.

Segments are numbered 0..n - 1 within the phase.  Node ``2 segment`` is a segment that was entered by a hop (it may
leave through the crossbar), ``2 segment + 1`` one that was entered through the crossbar (it may only hop on).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.heap import pop, push
from mapper.kernels.jit import jit

#: Price of an arrival by how full its driver side and its select group are: one driver or arrival too many costs
#: about as much as a long detour.
_SIDE_PRICE = 6.0
_GROUP_PRICE = 20.0
_BALANCE_PRICE = 1.5
#: Arrivals per select group that can have a primary driver.
_GROUP_ROOM = 14.0


class PhaseGraph(NamedTuple):
    """The segments of one phase: what is next to them and where they end.

    Attributes
    ----------
    neighbour : (n, 10) int32
        Two hops, then eight crossbar switches; -1 for none.
    hicann, group : (n,) int32
        HICANN of a segment; its select group 0..15 (8 per side), -1 for HLines.
    open : (n,) bool
        Working and no sending HLine of a net.
    vlines : (384, 8) int32
        VLines of every HICANN, -1 for none.
    """

    neighbour: NDArray[np.int32]
    hicann: NDArray[np.int32]
    group: NDArray[np.int32]
    open: NDArray[np.bool_]
    vlines: NDArray[np.int32]


class Loads(NamedTuple):
    """How full the synapse drivers are, over all phases.

    Attributes
    ----------
    side, room : (384, 2) float64
        Drivers wanted by the arrivals on each side, and usable drivers.
    group : (384, 16) float64
        Arrivals of each select group.
    """

    side: NDArray[np.float64]
    room: NDArray[np.float64]
    group: NDArray[np.float64]


class Scratch(NamedTuple):
    """Working memory of `grow`, and its input and output.

    Attributes
    ----------
    tree, parent : (n,) int32
        The tree, parents first; parent -1 is the root's.
    mark : (n,) int8
        0 outside the tree, 1 in the tree and free to leave through the crossbar, 2 in the tree without that right.
    wanted : (384,) int32
        Index of the pair that wants to arrive on a HICANN, -1 for none.
    price : (n,) float64
        Price of entering a segment, infinity for never.
    found_pair, found_segment : (384,) int32
        Pairs connected and where they arrive.
    distance, before, seen, heap_key, heap_node, walked, counter
        Private.
    """

    tree: NDArray[np.int32]
    parent: NDArray[np.int32]
    mark: NDArray[np.int8]
    wanted: NDArray[np.int32]
    price: NDArray[np.float64]
    found_pair: NDArray[np.int32]
    found_segment: NDArray[np.int32]
    distance: NDArray[np.float64]
    before: NDArray[np.int32]
    seen: NDArray[np.int64]
    heap_key: NDArray[np.float64]
    heap_node: NDArray[np.int32]
    walked: NDArray[np.int64]
    counter: NDArray[np.int64]


def new_scratch(n: int) -> Scratch:
    """Return working memory for a phase of n segments."""
    return Scratch(
        np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int8), np.full(384, -1, np.int32),
        np.ones(n), np.zeros(384, np.int32), np.zeros(384, np.int32), np.zeros(2 * n), np.zeros(2 * n, np.int32),
        np.zeros(2 * n, np.int64), np.zeros(40 * n), np.zeros(40 * n, np.int32), np.zeros(n, np.int64),
        np.zeros(2, np.int64),
    )  # fmt: skip


@jit
def book(graph, loads, segment, need, sign):
    """Add (sign 1) or remove (sign -1) an arrival."""
    group, hicann = graph.group[segment], graph.hicann[segment]
    loads.side[hicann, group // 8] += sign * need
    loads.group[hicann, group] += sign


@jit
def arrival_price(graph, loads, segment, need):
    """Return the price of serving a HICANN through a VLine, given who arrives there already."""
    group, hicann = graph.group[segment], graph.hicann[segment]
    load = loads.side[hicann, group // 8] + need
    room = loads.room[hicann, group // 8]
    price = _BALANCE_PRICE * load / max(room, 1.0)
    if load > room:
        price += _SIDE_PRICE * (load - room)
    arrivals = loads.group[hicann, group] + 1
    price += _BALANCE_PRICE * arrivals / _GROUP_ROOM
    if arrivals > _GROUP_ROOM:
        price += _GROUP_PRICE * (arrivals - _GROUP_ROOM)
    return price


@jit
def commit_tree(tree, arrival, need, sign, graph, loads, occupancy):
    """Add (sign 1) or remove (sign -1) a net's tree and arrivals to or from the books."""
    for k in range(len(tree)):
        occupancy[tree[k, 0]] += sign
    for k in range(len(arrival)):
        if arrival[k] >= 0:
            book(graph, loads, arrival[k], need[k], sign)


@jit
def set_prices(graph, occupancy, history, present, price):
    """Price every segment by present overuse and history."""
    for s in range(len(price)):
        price[s] = (1.0 + history[s]) * (1.0 + present * occupancy[s]) if graph.open[s] else np.inf


@jit
def route_net(root, first, last, target, need, graph, loads, scratch):
    """Return a fresh tree (n, 2) of (segment, parent) and the arrival segments of pairs first..last - 1, -1 for none.

    Prices are taken from ``scratch``.
    """
    arrival = np.full(last - first, -1, np.int32)
    scratch.tree[0], scratch.parent[0] = root, -1
    scratch.mark[root] = 1
    for pair in range(first, last):
        scratch.wanted[target[pair]] = pair
    size, found = grow(graph, loads, need, scratch, 1, last - first)
    for pair in range(first, last):
        scratch.wanted[target[pair]] = -1
    for k in range(found):
        arrival[scratch.found_pair[k] - first] = scratch.found_segment[k]
    tree = np.empty((size, 2), np.int32)
    for k in range(size):
        tree[k, 0], tree[k, 1] = scratch.tree[k], scratch.parent[k]
        scratch.mark[scratch.tree[k]] = 0
    return tree, arrival


@jit
def grow(graph, loads, need, scratch, size, limit):
    """Connect up to ``limit`` wanted pairs to a tree, cheapest first; return the tree's new size and how many.

    The search goes on from where the last path was found, with that path as new sources.  A path that became
    impossible because its switch was used in between makes the search start again.
    """
    found, waiting, fresh = 0, 0, True
    begin = 0
    while found < limit:
        if fresh:
            scratch.counter[0] += 1
            waiting, begin = 0, 0
        for k in range(begin, size):
            segment = scratch.tree[k]
            # a path that ends in the tree is settled at price 0 in the state that the tree gives it
            node = 2 * segment + (0 if scratch.mark[segment] == 1 else 1)
            scratch.seen[node] = scratch.counter[0]
            scratch.distance[node] = 0.0
            scratch.before[node] = -1
            waiting = push(scratch.heap_key, scratch.heap_node, waiting, 0.0, node)
        node, waiting = _nearest(graph, loads, need, scratch, waiting)
        if node < 0:
            break
        if not _sound(graph, scratch, node):
            if fresh:
                break
            fresh = True
            continue
        fresh, begin = False, size
        segment = node // 2
        pair = scratch.wanted[graph.hicann[segment]]
        scratch.found_pair[found], scratch.found_segment[found] = pair, segment
        scratch.wanted[graph.hicann[segment]] = -1
        size = _add_path(graph, scratch, node, size)
        found += 1
    return size, found


@jit
def _nearest(graph, loads, need, scratch, waiting):
    """Go on with Dijkstra's algorithm to the next arrival; return its node, -1 for none, and the heap's size."""
    nodes = 2 * len(graph.hicann)
    epoch = scratch.counter[0]
    while waiting > 0:
        d, node = scratch.heap_key[0], scratch.heap_node[0]
        waiting = pop(scratch.heap_key, scratch.heap_node, waiting)
        if node >= nodes:
            node -= nodes
            segment = node // 2
            pair = scratch.wanted[graph.hicann[segment]]
            if pair >= 0 and d <= scratch.distance[node] + arrival_price(graph, loads, segment, need[pair]) + 1e-9:
                return node, waiting
            continue
        if d > scratch.distance[node]:
            continue
        segment = node // 2
        if graph.group[segment] >= 0:
            pair = scratch.wanted[graph.hicann[segment]]
            if pair >= 0:
                total = d + arrival_price(graph, loads, segment, need[pair])
                waiting = push(scratch.heap_key, scratch.heap_node, waiting, total, node + nodes)
        for j in range(2 if node % 2 == 1 or scratch.mark[segment] == 2 else 10):
            other = graph.neighbour[segment, j]
            if other < 0 or scratch.mark[other] > 0:
                continue
            reached = d + scratch.price[other]
            to = 2 * other + (0 if j < 2 else 1)
            if scratch.seen[to] == epoch:
                if reached >= scratch.distance[to]:
                    continue
            elif reached == np.inf:
                continue
            # a path that entered the line through the crossbar must not come back to it by a hop
            if j < 2 and scratch.seen[to + 1] == epoch and _passes(scratch, node, to + 1):
                continue
            scratch.seen[to] = epoch
            scratch.distance[to] = reached
            scratch.before[to] = node
            waiting = push(scratch.heap_key, scratch.heap_node, waiting, reached, to)
    return -1, 0


@jit
def _passes(scratch, node, other):
    """Tell whether the path that ends at ``node`` contains the node ``other``."""
    while node >= 0:
        if node == other:
            return True
        node = scratch.before[node]
    return False


@jit
def _sound(graph, scratch, node):
    """Tell whether the path to ``node`` enters every line once and leaves the tree where a switch is free."""
    scratch.counter[1] += 1
    step = -1
    while scratch.mark[node // 2] == 0:
        segment = node // 2
        if scratch.walked[segment] == scratch.counter[1] or scratch.before[node] < 0:
            return False
        scratch.walked[segment] = scratch.counter[1]
        step = node
        node = scratch.before[node]
    return step < 0 or step % 2 == 0 or scratch.mark[node // 2] == 1


@jit
def _add_path(graph, scratch, node, size):
    """Append the path that ends at ``node`` to the tree, parents first; return the tree's new size."""
    length, at = 0, node
    while scratch.mark[at // 2] == 0:
        length += 1
        at = scratch.before[at]
    position, at = size + length, node
    while position > size:
        parent = scratch.before[at]
        position -= 1
        scratch.tree[position], scratch.parent[position] = at // 2, parent // 2
        if at % 2 == 1:
            scratch.mark[parent // 2] = 2
            scratch.mark[at // 2] = 2
        elif scratch.mark[at // 2] == 0:
            scratch.mark[at // 2] = 1
        at = parent
    return size + length
