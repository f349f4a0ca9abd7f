"""Dijkstra's search with the heap of the Boost Graph Library, so that equal paths are chosen as marocco does.

Sources: boost ``dijkstra_shortest_paths.hpp``, ``breadth_first_search.hpp``, ``detail/d_ary_heap.hpp``
(four-ary heap, no key moves past an equal one).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.jit import jit

_ARITY = 4
_INFINITE = 1 << 62


@jit
def shortest_paths(
    source: int,
    start: NDArray[Any],
    neighbour: NDArray[Any],
    blocked: NDArray[Any],
    costly: NDArray[Any],
    cost: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Search from a segment until nothing new is found.

    Parameters
    ----------
    source : int
        Where to begin.
    start, neighbour : (n + 1,) int32, (m,) int32
        Neighbours of every segment in marocco's order, as CSR lists.
    blocked, costly : (n,) uint8
        Segments that are not in the graph; segments whose edges cost ``cost`` instead of 1.

    Returns
    -------
    order, predecessor : (k,) int32, (n,) int32
        Segments in the order in which they become final; where each was reached from (the source: itself).
    """
    n = len(start) - 1
    distance = np.full(n, _INFINITE, np.int64)
    predecessor = np.full(n, -1, np.int32)
    place = np.full(n, -1, np.int32)  # -1 not seen, -2 final, else index in the heap
    heap = np.empty(n, np.int32)
    order = np.empty(n, np.int32)
    found = 0
    distance[source] = 0
    predecessor[source] = source
    place[source] = 0
    heap[0] = source
    size = 1
    while size > 0:
        here = heap[0]
        place[here] = -2
        size -= 1
        if size > 0:
            heap[0] = heap[size]
            place[heap[0]] = 0
            _sink(heap, size, distance, place)
        order[found] = here
        found += 1
        if blocked[here]:
            continue
        for i in range(start[here], start[here + 1]):
            there = neighbour[i]
            if blocked[there] or place[there] == -2:
                continue
            length = distance[here] + (cost if costly[here] or costly[there] else 1)
            if length < distance[there]:
                distance[there] = length
                predecessor[there] = here
                if place[there] < 0:
                    place[there] = size
                    heap[size] = there
                    size += 1
                _rise(heap, place[there], distance, place)
    return order[:found], predecessor


@jit
def _rise(heap: NDArray[Any], index: int, distance: NDArray[Any], place: NDArray[Any]) -> None:
    moved = heap[index]
    while index > 0:
        parent = (index - 1) // _ARITY
        if distance[moved] >= distance[heap[parent]]:
            break
        heap[index] = heap[parent]
        place[heap[index]] = index
        index = parent
    heap[index] = moved
    place[moved] = index


@jit
def _sink(heap: NDArray[Any], size: int, distance: NDArray[Any], place: NDArray[Any]) -> None:
    index = 0
    moved = heap[0]
    while True:
        first = _ARITY * index + 1
        if first >= size:
            break
        smallest = first
        for child in range(first + 1, min(first + _ARITY, size)):
            if distance[heap[child]] < distance[heap[smallest]]:
                smallest = child
        if distance[heap[smallest]] >= distance[moved]:
            break
        heap[index] = heap[smallest]
        place[heap[index]] = index
        index = smallest
    heap[index] = moved
    place[moved] = index
