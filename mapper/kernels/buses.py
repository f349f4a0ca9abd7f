"""Inner loop of the bus model: drivers, loss and targets of one set of sources."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit
from mapper.kernels.rows import plan_driver


@jit
def bus_cost(cells, groups, start, post, kind, hicann, column, width, receptors, targets, slot, chain_length):
    """Return (lost, drivers, target HICANNs) of one bus; ``slot`` (n_cells,) is -1 before and after."""
    capacity = 0
    for cell in cells:
        capacity += start[cell + 1] - start[cell]
    seen = np.empty(capacity, np.int64)
    n_seen = 0
    for cell in cells:
        for i in range(start[cell], start[cell + 1]):
            if slot[post[i]] < 0:
                slot[post[i]] = n_seen
                seen[n_seen] = post[i]
                n_seen += 1
    counts = np.zeros((3, n_seen, 4, 4), np.int64)
    for j in range(len(cells)):
        for i in range(start[cells[j]], start[cells[j] + 1]):
            counts[kind[i] % 3, slot[post[i]], kind[i] // 3, groups[j]] += 1
    homes = np.empty(n_seen, np.int64)
    for k in range(n_seen):
        homes[k] = hicann[seen[k]]
        slot[seen[k]] = -1
    order = np.argsort(homes, kind="mergesort")
    dead = np.zeros((0, 0), np.bool_)
    sides, chosen = np.empty(2, np.int64), np.empty((2, 2), np.int64)
    lost, drivers, n_targets = 0, 0, 0
    first = 0
    while first < n_seen:
        last = first
        while last < n_seen and homes[order[last]] == homes[order[first]]:
            last += 1
        n = last - first
        local = np.empty(n, np.int64)
        rest = np.empty((3, n, 4, 4), np.int64)
        wanted = 0
        for k in range(n):
            local[k] = seen[order[first + k]]
            for p in range(3):
                rest[p, k] = counts[p, order[first + k]]
        wanted = rest.sum()
        gain = np.full(3, -1, np.int64)
        for _ in range(chain_length):
            if wanted == 0:
                break
            best = 0
            for p in range(3):
                if gain[p] < 0:
                    gain[p] = plan_driver(
                        0, p, n, local, column, width, receptors, targets, dead, rest[p], sides, chosen
                    )
                if gain[p] > gain[best]:
                    best = p
            if gain[best] <= 0:
                break
            wanted -= gain[best]
            drivers += 1
            gain[best] = -1
        lost += wanted
        n_targets += 1
        first = last
    return lost, drivers, n_targets
