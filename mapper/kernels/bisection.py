"""Inner loop of min-cut placement: Kernighan-Lin refinement of a bisection."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit


@jit
def refine_bisection(start, neighbour, weight, side, passes, most_swaps):
    """Exchange nodes between two sides in place so that less weight is cut; return the weight saved.

    A pass exchanges the two unlocked nodes of largest gain again and again, each node once, and then takes back all
    exchanges after the best point.  It gives up after ``most_swaps`` exchanges, or a tenth of that without a new best.

    Source: B. W. Kernighan and S. Lin, An efficient heuristic procedure for partitioning graphs, 1970 (with the gain
    of a pair taken without the edge between both).
    """
    n = len(side)
    saved = 0.0
    gain = np.empty(n)
    locked = np.empty(n, np.bool_)
    swapped = np.empty((most_swaps, 2), np.int64)
    for _ in range(passes):
        locked[:] = False
        for i in range(n):
            gain[i] = 0.0
            for e in range(start[i], start[i + 1]):
                gain[i] += weight[e] if side[neighbour[e]] != side[i] else -weight[e]
        fallen, best, best_at, tried = 0.0, 0.0, 0, 0
        while tried < most_swaps and tried - best_at <= max(10, most_swaps // 10):
            top = np.full(2, -1, np.int64)
            for i in range(n):
                s = side[i]
                if not locked[i] and (top[s] < 0 or gain[i] > gain[top[s]]):
                    top[s] = i
            if top[0] < 0 or top[1] < 0:
                break
            between = 0.0
            for e in range(start[top[0]], start[top[0] + 1]):
                if neighbour[e] == top[1]:
                    between += weight[e]
            fallen += gain[top[0]] + gain[top[1]] - 2.0 * between
            for i in top:
                locked[i] = True
                side[i] = 1 - side[i]
                for e in range(start[i], start[i + 1]):
                    j = neighbour[e]
                    if j != i:
                        gain[j] += 2.0 * weight[e] if side[j] != side[i] else -2.0 * weight[e]
            swapped[tried] = top
            tried += 1
            if fallen > best + 1e-9:
                best, best_at = fallen, tried
        for t in range(best_at, tried):
            side[swapped[t, 0]] = 1 - side[swapped[t, 0]]
            side[swapped[t, 1]] = 1 - side[swapped[t, 1]]
        saved += best
        if best_at == 0:
            break
    return saved
