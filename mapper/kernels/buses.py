"""Inner loops of the bus model: drivers, loss and targets of one set of sources, and their best grouping."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit
from mapper.kernels.rows import plan_driver


@jit
def gather(cells, start, post, kind, hicann, slot):
    """Collect the target neurons of a bus, HICANN by HICANN, and the synapses of every source among them.

    ``slot`` (n_cells,) is -1 before and after.  Returns (neurons, home_start, entry_start, entry_local, entry_kind):
    the neurons sorted by HICANN, where each HICANN's begin, and per source the target's position and the synapse kind.
    """
    n_entries = 0
    for cell in cells:
        n_entries += start[cell + 1] - start[cell]
    seen = np.empty(n_entries, np.int64)
    n_seen = 0
    for cell in cells:
        for i in range(start[cell], start[cell + 1]):
            if slot[post[i]] < 0:
                slot[post[i]] = 0
                seen[n_seen] = post[i]
                n_seen += 1
    homes = np.empty(n_seen, np.int64)
    for k in range(n_seen):
        homes[k] = hicann[seen[k]]
    neurons = seen[:n_seen][np.argsort(homes, kind="mergesort")]
    home_start = np.empty(n_seen + 1, np.int64)
    n_homes = 0
    for k in range(n_seen):
        slot[neurons[k]] = k
        if k == 0 or hicann[neurons[k]] != hicann[neurons[k - 1]]:
            home_start[n_homes] = k
            n_homes += 1
    home_start[n_homes] = n_seen
    entry_start = np.zeros(len(cells) + 1, np.int64)
    entry_local = np.empty(n_entries, np.int64)
    entry_kind = np.empty(n_entries, np.int64)
    n = 0
    for j in range(len(cells)):
        for i in range(start[cells[j]], start[cells[j] + 1]):
            entry_local[n] = slot[post[i]]
            entry_kind[n] = kind[i]
            n += 1
        entry_start[j + 1] = n
    for k in range(n_seen):
        slot[neurons[k]] = -1
    return neurons, home_start[: n_homes + 1], entry_start, entry_local, entry_kind


@jit
def count_groups(groups, entry_start, entry_local, entry_kind, n_neurons):
    """Return ``counts[stp, neuron, receptor, group]`` of the synapses of all sources."""
    counts = np.zeros((3, n_neurons, 4, 4), np.int64)
    for j in range(len(groups)):
        for i in range(entry_start[j], entry_start[j + 1]):
            counts[entry_kind[i] % 3, entry_local[i], entry_kind[i] // 3, groups[j]] += 1
    return counts


@jit
def home_cost(first, last, counts, neurons, column, width, receptors, targets, chain_length):
    """Return (lost, drivers) on one HICANN, whose neurons are ``neurons[first:last]``."""
    local = neurons[first:last]
    rest = counts[:, first:last].copy()
    left = rest.sum()
    used = 0
    dead = np.zeros((0, 0), np.bool_)
    sides, chosen = np.empty(2, np.int64), np.empty((2, 2), np.int64)
    gain = np.full(3, -1, np.int64)
    for _ in range(chain_length):
        if left == 0:
            break
        best = 0
        for p in range(3):
            if gain[p] < 0:
                gain[p] = plan_driver(
                    0, p, last - first, local, column, width, receptors, targets, dead, rest[p], sides, chosen
                )
            if gain[p] > gain[best]:
                best = p
        if gain[best] <= 0:
            break
        left -= gain[best]
        used += 1
        gain[best] = -1
    return left, used


@jit
def bus_cost(cells, groups, start, post, kind, hicann, column, width, receptors, targets, slot, chain_length):
    """Return (lost, drivers, target HICANNs) of one bus that carries ``cells`` in decoder ``groups``."""
    neurons, home_start, entry_start, entry_local, entry_kind = gather(cells, start, post, kind, hicann, slot)
    counts = count_groups(groups, entry_start, entry_local, entry_kind, len(neurons))
    lost, drivers = 0, 0
    for t in range(len(home_start) - 1):
        more, used = home_cost(
            home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length
        )
        lost += more
        drivers += used
    return lost, drivers, len(home_start) - 1


@jit
def anneal_groups(
    cells, groups, capacity, start, post, kind, hicann, column, width, receptors, targets, slot, chain_length,
    moves, seed, hot, good_enough,
):  # fmt: skip
    """Improve ``groups`` in place by annealing on moves and swaps; return the (lost, drivers) of the best.

    The price of a grouping is ``lost + drivers / 65536``; the temperature falls linearly from ``hot`` lost synapses.
    Stops early when no more than ``good_enough`` synapses are lost.
    """
    neurons, home_start, entry_start, entry_local, entry_kind = gather(cells, start, post, kind, hicann, slot)
    counts = count_groups(groups, entry_start, entry_local, entry_kind, len(neurons))
    n_homes = len(home_start) - 1
    home_of = np.empty(len(neurons), np.int64)
    price = np.empty(n_homes, np.float64)
    for t in range(n_homes):
        home_of[home_start[t] : home_start[t + 1]] = t
        lost, used = home_cost(
            home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length
        )
        price[t] = lost + used / 65536.0
    room = capacity.copy()
    for g in groups:
        room[g] -= 1
    present = price.sum()
    best, best_groups = present, groups.copy()
    new_price = price.copy()
    touched = np.zeros(n_homes, np.bool_)
    state = np.uint64(seed) | np.uint64(1)
    for step in range(moves):
        if best < good_enough + 1:
            break
        state = _next(state)
        i = int(state >> np.uint64(33)) % len(cells)
        state = _next(state)
        to = int(state >> np.uint64(33)) % 4
        old = groups[i]
        if to == old:
            continue
        partner = -1
        if room[to] == 0:
            state = _next(state)
            skip = int(state >> np.uint64(33)) % capacity[to]
            for j in range(len(cells)):
                if groups[j] == to:
                    partner = j
                    if skip == 0:
                        break
                    skip -= 1
        _regroup(i, old, to, counts, entry_start, entry_local, entry_kind, home_of, touched)
        if partner >= 0:
            _regroup(partner, to, old, counts, entry_start, entry_local, entry_kind, home_of, touched)
        new = present
        for t in range(n_homes):
            if touched[t]:
                touched[t] = False
                lost, used = home_cost(
                    home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length
                )
                new_price[t] = lost + used / 65536.0
                new += new_price[t] - price[t]
        state = _next(state)
        chance = float(state >> np.uint64(11)) / 9007199254740992.0
        temperature = hot * (1.0 - step / moves) + 1e-12
        if new <= present or chance < np.exp((present - new) / temperature):
            present = new
            price[:] = new_price
            groups[i] = to
            if partner >= 0:
                groups[partner] = old
            else:
                room[to] -= 1
                room[old] += 1
            if new < best - 1e-9:
                best = new
                best_groups[:] = groups
        else:
            new_price[:] = price
            _regroup(i, to, old, counts, entry_start, entry_local, entry_kind, home_of, touched)
            if partner >= 0:
                _regroup(partner, old, to, counts, entry_start, entry_local, entry_kind, home_of, touched)
            touched[:] = False
    groups[:] = best_groups
    return int(best), int((best - int(best)) * 65536.0 + 0.5)


@jit
def _next(state):
    """Return the next state of a 64-bit xorshift generator (G. Marsaglia, 2003)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@jit
def _regroup(source, old, new, counts, entry_start, entry_local, entry_kind, home_of, touched):
    """Move the synapses of one source from group ``old`` to ``new`` and mark the HICANNs concerned."""
    for i in range(entry_start[source], entry_start[source + 1]):
        k = entry_local[i]
        counts[entry_kind[i] % 3, k, entry_kind[i] // 3, old] -= 1
        counts[entry_kind[i] % 3, k, entry_kind[i] // 3, new] += 1
        touched[home_of[k]] = True
