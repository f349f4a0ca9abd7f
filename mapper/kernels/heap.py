"""A binary heap in two arrays: keys ascending, and what they belong to."""

from __future__ import annotations

from mapper.kernels.jit import jit


@jit
def push(keys, nodes, n, key, node):
    """Add an entry to the heap of n entries and return its new size; a full heap drops the entry."""
    if n >= len(keys):
        return n
    i = n
    while i > 0:
        up = (i - 1) >> 1
        if keys[up] <= key:
            break
        keys[i], nodes[i] = keys[up], nodes[up]
        i = up
    keys[i], nodes[i] = key, node
    return n + 1


@jit
def pop(keys, nodes, n):
    """Remove the first entry of the heap of n entries and return its new size."""
    n -= 1
    key, node = keys[n], nodes[n]
    i = 0
    while True:
        down = 2 * i + 1
        if down >= n:
            break
        if down + 1 < n and keys[down + 1] < keys[down]:
            down += 1
        if keys[down] >= key:
            break
        keys[i], nodes[i] = keys[down], nodes[down]
        i = down
    keys[i], nodes[i] = key, node
    return n
