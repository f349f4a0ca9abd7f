"""Inner loops of row assignment: what the rows of a driver chain serve."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit


@jit
def count_remaining(first, last, synapse, decoder, pre, post, receptor, stp, local, cells, remaining):
    """Fill ``remaining[n, receptor, decoder, stp]`` for the synapses of one pair; return the number of neurons."""
    n = 0
    for i in range(first, last):
        s = synapse[i]
        cell = post[s]
        if n == 0 or cells[n - 1] != cell:
            cells[n] = cell
            remaining[n, :, :, :] = 0
            n += 1
        remaining[n - 1, receptor[s], decoder[pre[s]], stp[s]] += 1
        local[i] = n - 1
    return n


@jit
def plan_driver(driver, p, n, cells, column, width, receptors, targets, dead, rest, sides, groups):
    """Choose the two rows of one driver for STP mode ``p`` by marginal gain.

    ``rest[n, receptor, decoder]`` is what is still unserved and is reduced; ``sides[2]`` and ``groups[2, 2]`` (row,
    parity) receive the choice, group -1 for a half row without use.  Returns the synapses served.
    """
    total = 0
    check = dead.shape[0] > 0
    cap = np.empty((n, 2), np.int64)
    chosen = np.empty((2, 2), np.int64)
    for which in range(2):
        row = 2 * driver + which
        gain = np.zeros((2, 2, 4), np.int64)
        for k in range(n):
            count = receptors[cells[k]]
            for parity in range(2):
                room = _cap(cells[k], parity, row, column, width, dead, check)
                cap[k, parity] = room
                if room > 0:
                    for side in range(2):
                        kind = targets[count, parity, side]
                        for group in range(4):
                            gain[side, parity, group] += min(rest[k, kind, group], room)
        best_gain, best_side = -1, 0
        for side in range(2):
            even = np.argmax(gain[side, 0])
            # what the even half row serves of a receptor and group is gone for the odd one
            gain[side, 1, even] = 0
            for k in range(n):
                count = receptors[cells[k]]
                kind = targets[count, 1, side]
                want = rest[k, kind, even]
                if targets[count, 0, side] == kind:
                    want -= min(want, cap[k, 0])
                gain[side, 1, even] += min(want, cap[k, 1])
            odd = np.argmax(gain[side, 1])
            chosen[side, 0] = even if gain[side, 0, even] > 0 else -1
            chosen[side, 1] = odd if gain[side, 1, odd] > 0 else -1
            both = gain[side, 0, even] + gain[side, 1, odd]
            if both > best_gain:
                best_gain, best_side = both, side
        sides[which] = best_side
        for parity in range(2):
            group = chosen[best_side, parity]
            groups[which, parity] = group
            if group >= 0:
                for k in range(n):
                    target = targets[receptors[cells[k]], parity, best_side]
                    rest[k, target, group] -= min(rest[k, target, group], cap[k, parity])
        total += best_gain
    return total


@jit
def _cap(cell, parity, row, column, width, dead, check):
    """Return how many working synapses of a row's parity belong to a neuron."""
    start, end = column[cell], column[cell] + width[cell]
    first = start + (start + parity) % 2
    if not check:
        return (end - first + 1) // 2 if end > first else 0
    free = 0
    for c in range(first, end, 2):
        if not dead[row, c]:
            free += 1
    return free


@jit
def service_curves(
    start, synapse, drivers, column, width, receptors, decoder, pre, post, receptor, stp, targets, dead, curve
):
    """Fill ``curve[pair, k]``, the synapses of every pair that k drivers serve, for k = 1..len(drivers)."""
    longest = 0
    for pair in range(len(start) - 1):
        longest = max(longest, start[pair + 1] - start[pair])
    cells = np.empty(min(longest, 512) + 1, np.int64)
    remaining = np.empty((len(cells), 4, 4, 3), np.int64)
    local = np.empty(len(synapse), np.int64)
    sides, groups = np.empty(2, np.int64), np.empty((2, 2), np.int64)
    for pair in range(len(start) - 1):
        n = count_remaining(
            start[pair], start[pair + 1], synapse, decoder, pre, post, receptor, stp, local, cells, remaining
        )
        gain = np.full(3, -1, np.int64)
        used = np.zeros(3, np.int64)
        rest = np.empty((3, n, 4, 4), np.int64)
        for p in range(3):
            rest[p] = remaining[:n, :, :, p]
        for k in range(len(drivers)):
            best = 0
            for p in range(3):
                if gain[p] < 0:
                    gain[p] = plan_driver(
                        0, p, n, cells, column, width, receptors, targets, dead, rest[p], sides, groups
                    )
                if gain[p] > gain[best]:
                    best = p
            curve[pair, k + 1] = curve[pair, k] + gain[best]
            used[best] += 1
            if gain[best] == 0:
                for j in range(k + 1, len(drivers)):
                    curve[pair, j + 1] = curve[pair, k + 1]
                break
            gain[best] = -1


@jit
def fill_rows(
    pairs, start, synapse, driver_start, drivers, column, width, receptors, decoder, pre, post, receptor, stp,
    targets, dead, setting, out_row, out_column,
):  # fmt: skip
    """Fill the rows of every pair; ``setting[driver, row] = side, even group, odd group, STP mode`` (-1 unused)."""
    cells = np.empty(513, np.int64)
    remaining = np.empty((513, 4, 4, 3), np.int64)
    local = np.empty(len(synapse), np.int64)
    sides, groups = np.empty(2, np.int64), np.empty((2, 2), np.int64)
    for pair in pairs:
        first, last = start[pair], start[pair + 1]
        n = count_remaining(first, last, synapse, decoder, pre, post, receptor, stp, local, cells, remaining)
        next_of = np.zeros((n, 4, 4, 3), np.int64)
        for i in range(last - 1, first - 1, -1):
            s = synapse[i]
            next_of[local[i], receptor[s], decoder[pre[s]], stp[s]] = i
        rest = np.empty((3, n, 4, 4), np.int64)
        for p in range(3):
            rest[p] = remaining[:n, :, :, p]
        for d in range(driver_start[pair], driver_start[pair + 1]):
            best_gain, best_p = 0, -1
            for p in range(3):
                trial = rest[p].copy()
                gain = plan_driver(
                    drivers[d], p, n, cells, column, width, receptors, targets, dead, trial, sides, groups
                )
                if gain > best_gain:
                    best_gain, best_p = gain, p
            if best_p < 0:
                if dead.shape[0] == 0:
                    break
                continue  # the rows of the next driver may work
            before = rest[best_p].copy()
            plan_driver(
                drivers[d],
                best_p,
                n,
                cells,
                column,
                width,
                receptors,
                targets,
                dead,
                rest[best_p],
                sides,
                groups,
            )
            for which in range(2):
                setting[d, which, 0] = sides[which]
                setting[d, which, 1] = groups[which, 0]
                setting[d, which, 2] = groups[which, 1]
                setting[d, which, 3] = best_p
                row = 2 * drivers[d] + which
                for k in range(n):
                    cell = cells[k]
                    for c in range(column[cell], column[cell] + width[cell]):
                        group = groups[which, c % 2]
                        if group < 0 or (dead.shape[0] > 0 and dead[row, c]):
                            continue
                        target = targets[receptors[cell], c % 2, sides[which]]
                        if before[k, target, group] > 0:
                            before[k, target, group] -= 1
                            s = synapse[next_of[k, target, group, best_p]]
                            next_of[k, target, group, best_p] += 1
                            out_row[s] = row
                            out_column[s] = c
