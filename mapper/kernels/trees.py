"""The inner loop of the negotiated router: cheapest trees over the priced segments of one phase.

Segments are numbered 0..n - 1 within the phase.  Node ``2 segment`` is a segment that was entered by a hop (it may
leave through the crossbar), ``2 segment + 1`` one that was entered through the crossbar (it may only hop on, unless
its line allows two switches).
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
#: Price of serving a HICANN through a line of its neighbour: it leaves that line to nobody else.
_ADJACENT_PRICE = 3.0


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
    vlines : (384, 16) int32
        VLines that can serve every HICANN, -1 for none: its own eight, then those of its neighbours.
    beside : (n,) int32
        HICANN next door whose drivers a VLine can feed, too, -1 for none; or (0,) if that is not to be used.
    switches : (n,) int8
        Crossbar switches of a line that may be closed on its HICANN.
    """

    neighbour: NDArray[np.int32]
    hicann: NDArray[np.int32]
    group: NDArray[np.int32]
    open: NDArray[np.bool_]
    vlines: NDArray[np.int32]
    beside: NDArray[np.int32]
    switches: NDArray[np.int8]


class Loads(NamedTuple):
    """How full the synapse drivers are, over all phases.

    Attributes
    ----------
    side, room : (384, 2) float64
        Drivers wanted by the arrivals on each side, and usable drivers.
    group, primaries : (384, 16) float64
        Arrivals of each select group, and working drivers that can be their primaries.
    longest : (384, 16) float64
        Drivers that an arrival of the group can get at most, in runs of working ones.
    """

    side: NDArray[np.float64]
    room: NDArray[np.float64]
    group: NDArray[np.float64]
    primaries: NDArray[np.float64]
    longest: NDArray[np.float64]


class Scratch(NamedTuple):
    """Working memory of `grow`, and its input and output.

    Attributes
    ----------
    tree, parent : (n,) int32
        The tree, parents first; parent -1 is the root's.
    mark : (n,) int8
        0 outside the tree; in the tree, 1 more than the crossbar switches that may still be closed.
    serves : (n,) bool
        VLines of the tree that serve a pair already.
    wanted : (384,) int32
        Index of the pair that wants to arrive on a HICANN, -1 for none.
    price : (n,) float64
        Price of entering a segment, infinity for never.
    found_pair, found_segment : (most pairs of a net,) int32
        Pairs connected and where they arrive.
    distance, before, seen, heap_key, heap_node, walked, counter
        Private.
    """

    tree: NDArray[np.int32]
    parent: NDArray[np.int32]
    mark: NDArray[np.int8]
    serves: NDArray[np.bool_]
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


def new_scratch(n: int, most_pairs: int = 384) -> Scratch:
    """Return working memory for a phase of n segments whose nets have up to ``most_pairs`` pairs."""
    return Scratch(
        np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int8), np.zeros(n, np.bool_),
        np.full(384, -1, np.int32), np.ones(n), np.zeros(most_pairs, np.int32), np.zeros(most_pairs, np.int32),
        np.zeros(2 * n), np.zeros(2 * n, np.int32), np.zeros(2 * n, np.int64), np.zeros(40 * n),
        np.zeros(40 * n, np.int32), np.zeros(n, np.int64), np.zeros(2, np.int64),
    )  # fmt: skip


@jit
def book(graph, loads, segment, target, need, sign):
    """Add (sign 1) or remove (sign -1) an arrival for a HICANN."""
    group = graph.group[segment]
    if graph.hicann[segment] != target:
        group = 15 - group
    loads.side[target, group // 8] += sign * need
    loads.group[target, group] += sign


@jit
def arrival_price(graph, loads, segment, target, need):
    """Return the price of serving a HICANN through a VLine, given who arrives there already."""
    group, price = graph.group[segment], 0.0
    if graph.hicann[segment] != target:
        group, price = 15 - group, _ADJACENT_PRICE
    load = loads.side[target, group // 8] + need
    room = loads.room[target, group // 8]
    price += _BALANCE_PRICE * load / max(room, 1.0)
    if load > room:
        price += _SIDE_PRICE * (load - room)
    arrivals = loads.group[target, group] + 1
    primaries = loads.primaries[target, group]
    price += _BALANCE_PRICE * arrivals / max(primaries, 1.0)
    if arrivals > primaries:
        price += _GROUP_PRICE * (arrivals - primaries)
    price += _SIDE_PRICE * max(0.0, need - loads.longest[target, group])
    return price


@jit
def commit_tree(tree, arrival, target, need, sign, graph, loads, occupancy):
    """Add (sign 1) or remove (sign -1) a net's tree and arrivals to or from the books."""
    for k in range(len(tree)):
        occupancy[tree[k, 0]] += sign
    for k in range(len(arrival)):
        if arrival[k] >= 0:
            book(graph, loads, arrival[k], target[k], need[k], sign)


@jit
def set_prices(graph, occupancy, history, present, price):
    """Price every segment by present overuse and history."""
    for s in range(len(price)):
        price[s] = (1.0 + history[s]) * (1.0 + present * occupancy[s]) if graph.open[s] else np.inf


@jit
def route_net(root, first, last, nets, graph, loads, scratch):
    """Return a fresh tree (n, 2) of (segment, parent) and the arrival segments of pairs first..last - 1, -1 for none.

    Prices are taken from ``scratch``.
    """
    arrival = np.full(last - first, -1, np.int32)
    scratch.tree[0], scratch.parent[0] = root, -1
    scratch.mark[root] = 1 + graph.switches[root]
    for pair in range(last - 1, first - 1, -1):
        scratch.wanted[nets.target[pair]] = pair
    size, found = grow(graph, loads, nets, scratch, 1, last - first)
    for pair in range(first, last):
        scratch.wanted[nets.target[pair]] = -1
    for k in range(found):
        arrival[scratch.found_pair[k] - first] = scratch.found_segment[k]
    tree = np.empty((size, 2), np.int32)
    for k in range(size):
        tree[k, 0], tree[k, 1] = scratch.tree[k], scratch.parent[k]
        scratch.mark[scratch.tree[k]] = 0
        scratch.serves[scratch.tree[k]] = False
    return tree, arrival


@jit
def grow(graph, loads, nets, scratch, size, limit):
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
            node = 2 * segment + (0 if scratch.mark[segment] > 1 else 1)
            scratch.seen[node] = scratch.counter[0]
            scratch.distance[node] = 0.0
            scratch.before[node] = -1
            waiting = push(scratch.heap_key, scratch.heap_node, waiting, 0.0, node)
        node, target, waiting = _nearest(graph, loads, nets.need, scratch, waiting)
        if node < 0:
            break
        if not _sound(graph, scratch, node):
            if fresh:
                break
            fresh = True
            continue
        fresh, begin = False, size
        segment = node // 2
        pair = scratch.wanted[target]
        scratch.found_pair[found], scratch.found_segment[found] = pair, segment
        scratch.wanted[target] = pair + 1 if len(nets.more) > 0 and nets.more[pair] else -1
        size = _add_path(graph, scratch, node, size)
        scratch.serves[segment] = True
        found += 1
    return size, found


@jit
def _nearest(graph, loads, need, scratch, waiting):
    """Go on with Dijkstra's algorithm to the next arrival; return its node (-1: none), its HICANN and the heap's size.

    Entries from ``nodes`` on stand for arrivals on the line's own HICANN, from ``2 nodes`` on for those next door.
    """
    nodes = 2 * len(graph.hicann)
    epoch = scratch.counter[0]
    next_door = len(graph.beside) > 0
    while waiting > 0:
        d, node = scratch.heap_key[0], scratch.heap_node[0]
        waiting = pop(scratch.heap_key, scratch.heap_node, waiting)
        if node >= nodes:
            own = node < 2 * nodes
            node -= nodes if own else 2 * nodes
            segment = node // 2
            target = graph.hicann[segment] if own else graph.beside[segment]
            if scratch.wanted[target] >= 0 and not scratch.serves[segment]:
                return node, target, waiting
            continue
        if d > scratch.distance[node]:
            continue
        segment = node // 2
        if graph.group[segment] >= 0:
            target = graph.hicann[segment]
            pair = scratch.wanted[target]
            if pair >= 0:
                total = d + arrival_price(graph, loads, segment, target, need[pair])
                waiting = push(scratch.heap_key, scratch.heap_node, waiting, total, node + nodes)
            if next_door:
                target = graph.beside[segment]
                pair = scratch.wanted[target] if target >= 0 else -1
                if pair >= 0:
                    total = d + arrival_price(graph, loads, segment, target, need[pair])
                    waiting = push(scratch.heap_key, scratch.heap_node, waiting, total, node + 2 * nodes)
        mark = scratch.mark[segment]
        leaves = mark > 1 if mark > 0 else (node % 2 == 0 or graph.switches[segment] > 1)
        for j in range(10 if leaves else 2):
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
    return -1, -1, 0


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
    return step < 0 or step % 2 == 0 or scratch.mark[node // 2] > 1


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
        _enter(graph, scratch, at // 2)
        if at % 2 == 1:
            _enter(graph, scratch, parent // 2)
            scratch.mark[parent // 2] -= 1
            scratch.mark[at // 2] -= 1
        at = parent
    return size + length


@jit
def _enter(graph, scratch, segment):
    """Mark a segment as one of the tree with all its switches open, if it is not in the tree yet."""
    if scratch.mark[segment] == 0:
        scratch.mark[segment] = 1 + graph.switches[segment]
