"""The inner loop of the negotiated router: cheapest tree of one net over priced segments."""

from __future__ import annotations

import heapq

import numpy as np

from mapper.kernels.jit import jit

#: Price of an arrival by how full its driver side and its select group are: one driver or arrival too many costs
#: about as much as a long detour.
_SIDE_PRICE = 6.0
_GROUP_PRICE = 20.0
_BALANCE_PRICE = 1.5


@jit
def commit_tree(tree, arrival, need, sign, occupancy, side_load, group_load):
    """Add (sign 1) or remove (sign -1) a net's tree and arrivals to or from the books."""
    for i in range(tree.shape[0]):
        occupancy[tree[i, 0]] += sign
    for i in range(len(arrival)):
        if arrival[i] >= 0:
            hicann, v = arrival[i] // 320, arrival[i] % 320 - 64
            side = 1 if v >= 128 else 0
            side_load[hicann, side] += sign * need[i]
            group_load[hicann, (v // 4) % 8 + 8 * side] += sign


@jit
def arrival_price(segment, need, side_load, side_room, group_load):
    """Return the price of serving a HICANN through a VLine, given who arrives there already."""
    hicann, v = segment // 320, segment % 320 - 64
    side = 1 if v >= 128 else 0
    load = side_load[hicann, side] + need
    room = side_room[hicann, side]
    price = _BALANCE_PRICE * load / max(room, 1.0)
    if load > room:
        price += _SIDE_PRICE * (load - room)
    group = group_load[hicann, (v // 4) % 8 + 8 * side] + 1
    price += _BALANCE_PRICE * group / 14.0
    if group > 14:
        price += _GROUP_PRICE * (group - 14)
    return price


@jit
def route_net(
    root, targets, need, hop, cross, blocked, occupancy, history, present, hard,
    side_load, side_room, group_load, distance, before, stamp, mark,
):  # fmt: skip
    """Return the tree (n, 2) of (segment, parent) and the arrival segment of every target (-1: not reached).

    Node ``2 segment`` was entered by a hop, ``2 segment + 1`` through the crossbar.  ``mark[segment]`` is 0 outside
    the tree, 1 in the tree and free to leave through the crossbar, 2 in the tree without that right.
    """
    n_targets = len(targets)
    arrival = np.full(n_targets, -1, np.int64)
    tree = np.empty((4096, 2), np.int64)
    tree[0, 0] = root
    tree[0, 1] = -1
    size = 1
    mark[root] = 1
    wanted = np.full(384, -1, np.int64)
    for i in range(n_targets):
        wanted[targets[i]] = i
    touched = np.empty(65536, np.int64)
    for _ in range(n_targets):
        n_touched = 0
        heap = [(0.0, np.int64(-1))]
        heap.pop()
        for i in range(size):
            segment = tree[i, 0]
            node = 2 * segment + (0 if mark[segment] == 1 else 1)
            distance[node] = 0.0
            before[node] = -1
            stamp[node] = 1
            touched[n_touched] = node
            n_touched += 1
            heapq.heappush(heap, (0.0, node))
        best, best_node = np.inf, np.int64(-1)
        while len(heap) > 0:
            d, node = heapq.heappop(heap)
            if d >= best:
                break
            if d > distance[node]:
                continue
            segment = node // 2
            hicann, line = segment // 320, segment % 320
            if line >= 64 and wanted[hicann] >= 0:
                total = d + arrival_price(segment, need[wanted[hicann]], side_load, side_room, group_load)
                if total < best:
                    best, best_node = total, node
            for j in range(10):
                if j < 2:
                    other = hop[segment, j]
                    entered = 0
                else:
                    if node % 2 == 1:
                        break
                    other = cross[segment, j - 2]
                    entered = 1
                if other < 0:
                    continue
                if blocked[other] or mark[other] > 0 or (hard and occupancy[other] > 0):
                    continue
                price = (1.0 + history[other]) * (1.0 + present * occupancy[other])
                to = 2 * np.int64(other) + entered
                # a path that entered the line through the crossbar must not come back to it by a hop
                if entered == 0 and stamp[to + 1] != 0 and _passes(node, to + 1, before):
                    continue
                if stamp[to] == 0:
                    stamp[to] = 1
                    distance[to] = np.inf
                    touched[n_touched] = to
                    n_touched += 1
                if d + price < distance[to]:
                    distance[to] = d + price
                    before[to] = node
                    heapq.heappush(heap, (d + price, to))
        if best_node >= 0:
            i = wanted[best_node // 2 // 320]
            arrival[i] = best_node // 2
            wanted[best_node // 2 // 320] = -1
            size = _add_path(best_node, before, mark, tree, size)
        for i in range(n_touched):
            stamp[touched[i]] = 0
        if best_node < 0:
            break
    for i in range(size):
        mark[tree[i, 0]] = 0
    return tree[:size].copy(), arrival


@jit
def _passes(node, other, before):
    """Tell whether the path that ends at ``node`` contains the node ``other``."""
    at = node
    while at >= 0:
        if at == other:
            return True
        at = before[at]
    return False


@jit
def _add_path(node, before, mark, tree, size):
    """Append the path that ends at ``node`` to the tree, parents first; return the tree's new size."""
    length = 0
    at = node
    while before[at] >= 0:
        length += 1
        at = before[at]
    position = size + length
    at = node
    while before[at] >= 0:
        parent = before[at]
        position -= 1
        tree[position, 0] = at // 2
        tree[position, 1] = parent // 2
        if at % 2 == 1:
            mark[parent // 2] = 2
            mark[at // 2] = 2
        elif mark[at // 2] == 0:
            mark[at // 2] = 1
        at = parent
    return size + length
