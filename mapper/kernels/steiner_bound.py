"""Dual ascent for the prize-collecting Steiner arborescence: an upper bound on the profit of a net's tree.

A tree pays the price of every node that it enters and collects the prizes of the terminals that it reaches.  In the
cut formulation every set of nodes that contains terminal t and not the root has a dual variable y >= 0; for every t
the y of its sets add up to at most its prize, and for every arc the y of all sets that the arc enters to at most the
price of its head.  By weak duality

    prices paid + prizes not collected >= sum of y, hence profit <= sum of prizes - sum of y.

The ascent raises, terminal by terminal, the sets of all nodes that are nearer to it than theta, for theta from 0 up to
the distance D of the root, at most the prize.  With d(u) the distance of u to the terminal in reduced costs, the set is
entered by the arc (u, v) for theta in (d(v), d(u)], so the arc's reduced cost falls by min(d(u), D) - min(d(v), D) and
stays >= 0: one backward run of Dijkstra's algorithm.  Everything is integer, so no rounding spoils the bound.

Source: R. T. Wong, Mathematical Programming 1984 (dual ascent for the Steiner arborescence).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.heap import pop, push
from mapper.kernels.jit import jit


class ArcGraph(NamedTuple):
    """A directed graph by heads.

    Attributes
    ----------
    start : (n + 1,) int32
        Node v is entered by the arcs start[v]..start[v + 1] - 1.
    tail : (n_arcs,) int32
        Where an arc comes from.
    resource : (n,) int32
        What entering a node costs the price of, -1: nothing.
    """

    start: NDArray[np.int32]
    tail: NDArray[np.int32]
    resource: NDArray[np.int32]


class Ascent(NamedTuple):
    """Working memory of `profit_bound`.

    Attributes
    ----------
    cost : (n_arcs,) int64
        Reduced costs.
    mark, distance, stack : (n,) int64, int64, int32
    heap_key, heap_node : (n_arcs + 1,) int64, int32
    counter : (2,) int64
        Number of the run, and arcs looked at so far.
    parent : (n,) int32
        After `add_usage`: the node before, on a way from the root over arcs of reduced cost 0; -1 for the root, -2
        for nodes that cannot be reached.
    """

    cost: NDArray[np.int64]
    mark: NDArray[np.int64]
    distance: NDArray[np.int64]
    stack: NDArray[np.int32]
    heap_key: NDArray[np.int64]
    heap_node: NDArray[np.int32]
    counter: NDArray[np.int64]
    parent: NDArray[np.int32]


def new_ascent(graph: ArcGraph) -> Ascent:
    """Return working memory for a graph."""
    n, m = len(graph.start) - 1, len(graph.tail)
    return Ascent(
        np.zeros(m, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int32),
        np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int32), np.zeros(2, np.int64), np.zeros(n, np.int32),
    )  # fmt: skip


@jit
def profit_bound(graph, price, root, terminals, prizes, quantum, ascent):
    """Return an upper bound on the profit of any tree from ``root``.

    ``price`` (n_resources,) int64; ``terminals``, ``prizes`` (k,) int64; the root itself is free.  The terminals take
    turns, each raising by at most ``quantum``.
    """
    for v in range(len(graph.start) - 1):
        cost = price[graph.resource[v]] if graph.resource[v] >= 0 else 0
        for a in range(graph.start[v], graph.start[v + 1]):
            ascent.cost[a] = cost
    left = prizes.copy()
    profit = left.sum()
    waiting = (left > 0).sum()
    while waiting > 0:
        for t in range(len(terminals)):
            if left[t] <= 0:
                continue
            raised, connected = _raise(graph, terminals[t], root, min(left[t], quantum), ascent)
            profit -= raised
            left[t] = 0 if connected else left[t] - raised
            if left[t] == 0:
                waiting -= 1
    return profit


@jit
def _raise(graph, terminal, root, most, ascent):
    """Raise the dual variables around a terminal by up to ``most``; return by how much, and whether the root is met."""
    ascent.counter[0] += 1
    epoch = ascent.counter[0]
    ascent.mark[terminal] = epoch
    ascent.distance[terminal] = 0
    waiting = push(ascent.heap_key, ascent.heap_node, 0, 0, terminal)
    settled, radius, connected = 0, most, False
    while waiting > 0:
        d, v = ascent.heap_key[0], ascent.heap_node[0]
        waiting = pop(ascent.heap_key, ascent.heap_node, waiting)
        if d > ascent.distance[v]:
            continue
        if v == root:
            radius, connected = d, True
            break
        ascent.stack[settled] = v
        settled += 1
        ascent.counter[1] += graph.start[v + 1] - graph.start[v]
        for a in range(graph.start[v], graph.start[v + 1]):
            u, reached = graph.tail[a], d + ascent.cost[a]
            if reached < most and (ascent.mark[u] != epoch or reached < ascent.distance[u]):
                ascent.mark[u] = epoch
                ascent.distance[u] = reached
                waiting = push(ascent.heap_key, ascent.heap_node, waiting, reached, u)
    if radius > 0:
        for i in range(settled):
            v = ascent.stack[i]
            for a in range(graph.start[v], graph.start[v + 1]):
                u = graph.tail[a]
                far = min(ascent.distance[u], radius) if ascent.mark[u] == epoch else radius
                ascent.cost[a] -= max(0, far - min(ascent.distance[v], radius))
    return radius, connected


@jit
def add_usage(graph, out_start, out_head, out_arc, root, terminals, prizes, ascent, count, usage):
    """Add to ``usage`` (n_resources,) the resources of a cheap tree to the terminals that the ascent connected.

    ``out_start``, ``out_head``, ``out_arc`` are the same arcs by tails; ``count`` (n,) is working memory, 0 before
    and after.  The tree is made of arcs of reduced cost 0, in breadth-first order.
    """
    ascent.parent[:] = -2
    ascent.parent[root] = -1
    ascent.stack[0] = root
    done, size = 0, 1
    while done < size:
        v = ascent.stack[done]
        done += 1
        for i in range(out_start[v], out_start[v + 1]):
            w = out_head[i]
            if ascent.parent[w] == -2 and ascent.cost[out_arc[i]] == 0:
                ascent.parent[w] = v
                ascent.stack[size] = w
                size += 1
    for t in range(len(terminals)):
        v = terminals[t]
        if prizes[t] <= 0 or ascent.parent[v] == -2:
            continue
        while v >= 0 and count[v] == 0:
            count[v] = 1
            if graph.resource[v] >= 0 and v != root:
                usage[graph.resource[v]] += 1
            v = ascent.parent[v]
    for t in range(len(terminals)):
        v = terminals[t]
        if prizes[t] <= 0 or ascent.parent[v] == -2:
            continue
        while v >= 0 and count[v] == 1:
            count[v] = 0
            v = ascent.parent[v]


@jit
def price_all(
    graph, out_start, out_head, out_arc, price, root, first, terminals, prizes, quantum, ascent, count, profit, usage
):
    """Fill ``profit`` (m,) with the profit bounds of nets and ``usage`` (n_resources,) with what their trees use.

    Net i has the terminals first[i]..first[i + 1] - 1; a net without a profit above the price of its root's own
    line uses nothing.
    """
    usage[:] = 0
    for i in range(len(root)):
        own = slice(first[i], first[i + 1])
        profit[i] = profit_bound(graph, price, root[i], terminals[own], prizes[own], quantum, ascent)
        if profit[i] > 0:
            add_usage(graph, out_start, out_head, out_arc, root[i], terminals[own], prizes[own], ascent, count, usage)
