"""Inner loops of the bus model: drivers, loss and targets of one set of sources, and their best grouping."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit
from mapper.kernels.rows import plan_driver

#: What a driver costs where drivers have no price, so that of two groupings with the same loss the smaller one wins.
_TIE = 2.0**-16


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
    neurons = _by_home(seen[:n_seen], hicann)
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
def _by_home(cells, hicann):
    """Return cells sorted by their HICANN, otherwise in the same order."""
    place = np.zeros(385, np.int64)
    for cell in cells:
        place[hicann[cell] + 1] += 1
    place = np.cumsum(place)
    found = np.empty(len(cells), np.int64)
    for cell in cells:
        found[place[hicann[cell]]] = cell
        place[hicann[cell]] += 1
    return found


@jit
def count_groups(groups, entry_start, entry_local, entry_kind, n_neurons):
    """Return ``counts[stp, neuron, receptor, group]`` of the synapses of all sources, up to the last STP mode used."""
    modes = 1
    for one in entry_kind:
        modes = max(modes, one % 3 + 1)
    counts = np.zeros((modes, n_neurons, 4, 4), np.int16)
    for j in range(len(groups)):
        for i in range(entry_start[j], entry_start[j + 1]):
            counts[entry_kind[i] % 3, entry_local[i], entry_kind[i] // 3, groups[j]] += 1
    return counts


@jit
def home_cost(first, last, counts, neurons, column, width, receptors, targets, chain_length, price):
    """Return (lost, drivers) on one HICANN, whose neurons are ``neurons[first:last]``.

    A driver that serves no more than ``price[k]`` synapses, k of its chain being taken, is not taken.
    """
    cap = _uniform_cap(first, last, neurons, width, receptors, targets)
    if cap > 0:
        return _uniform_cost(first, last, counts, cap, targets[receptors[neurons[first]], 0], chain_length, price)
    local = neurons[first:last]
    rest = counts[:, first:last].copy()
    modes = len(rest)
    left, used = 0, 0
    dead = np.zeros((0, 0), np.bool_)
    sides, chosen = np.empty(2, np.int64), np.empty((2, 2), np.int64)
    gain = np.empty(modes, np.int64)
    for p in range(modes):
        present = rest[p].sum()
        left += present
        gain[p] = -1 if present > 0 else 0
    for _ in range(chain_length):
        if left == 0:
            break
        best = 0
        for p in range(modes):
            if gain[p] < 0:
                gain[p] = plan_driver(
                    0, p, last - first, local, column, width, receptors, targets, dead, rest[p], sides, chosen
                )
            if gain[p] > gain[best]:
                best = p
        if gain[best] <= price[used]:
            break
        left -= gain[best]
        used += 1
        gain[best] = -1
    return left, used


@jit
def _uniform_cap(first, last, neurons, width, receptors, targets):
    """Return the synapses that a half row gives every neuron, 0 if neurons or parities differ."""
    size, count = width[neurons[first]], receptors[neurons[first]]
    if size % 2 or targets[count, 0, 0] != targets[count, 1, 0] or targets[count, 0, 1] != targets[count, 1, 1]:
        return 0
    for k in range(first + 1, last):
        if width[neurons[k]] != size or receptors[neurons[k]] != count:
            return 0
    return size // 2


@jit
def _uniform_cost(first, last, counts, cap, kinds, chain_length, price):
    """Return (lost, drivers) of neurons that all half rows of a kind treat alike.

    What the next half row of (STP mode, receptor, decoder group) serves is then a column of a histogram; the choice
    is that of `plan_driver`.
    """
    modes, depth = len(counts), 4 * chain_length
    serves = np.zeros((modes, 2, 4, depth + 2), np.int64)
    left, used = 0, 0
    for p in range(modes):
        for k in range(first, last):
            for side in range(2):
                if side == 1 and kinds[1] == kinds[0]:
                    break
                for group in range(4):
                    rest = counts[p, k, kinds[side], group]
                    left += rest
                    j = 0
                    while rest > 0 and j < depth:
                        serves[p, side, group, j] += min(rest, cap)
                        rest -= cap
                        j += 1
    done = np.zeros((modes, 2, 4), np.int64)
    gain = np.full(modes, -1, np.int64)
    for _ in range(chain_length):
        if left == 0:
            break
        best = 0
        for p in range(modes):
            if gain[p] < 0:
                gain[p] = _uniform_driver(serves[p], done[p], kinds)
            if gain[p] > gain[best]:
                best = p
        if gain[best] <= price[used]:
            break
        left -= gain[best]
        used += 1
        gain[best] = -1
    return left, used


@jit
def _uniform_driver(serves, done, kinds):
    """Choose the two rows of one driver, advance ``done[side, group]`` and return the synapses served."""
    total = 0
    sides = 2 if kinds[0] != kinds[1] else 1
    for _ in range(2):
        best_gain, best_side, best_even, best_odd = -1, 0, 0, 0
        for side in range(sides):
            even = 0
            for group in range(1, 4):
                if serves[side, group, done[side, group]] > serves[side, even, done[side, even]]:
                    even = group
            odd, odd_gain = 0, -1
            for group in range(4):
                here = serves[side, group, done[side, group] + (1 if group == even else 0)]
                if here > odd_gain:
                    odd, odd_gain = group, here
            both = serves[side, even, done[side, even]] + odd_gain
            if both > best_gain:
                best_gain, best_side, best_even, best_odd = both, side, even, odd
        if best_gain > 0:
            done[best_side, best_even] += 1
            done[best_side, best_odd] += 1
        total += best_gain
    return total


@jit
def bus_cost(cells, groups, start, post, kind, hicann, column, width, receptors, targets, slot, chain_length, prices):
    """Return (lost, drivers, their price, target HICANNs) of one bus that carries ``cells`` in decoder ``groups``."""
    neurons, home_start, entry_start, entry_local, entry_kind = gather(cells, start, post, kind, hicann, slot)
    counts = count_groups(groups, entry_start, entry_local, entry_kind, len(neurons))
    lost, drivers, charge = 0, 0, 0.0
    for t in range(len(home_start) - 1):
        price = prices[hicann[neurons[home_start[t]]]]
        more, used = home_cost(
            home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length, price
        )
        lost += more
        drivers += used
        charge += price[:used].sum()
    return lost, drivers, charge, len(home_start) - 1


@jit
def bus_curves(cells, groups, start, post, kind, hicann, column, width, receptors, targets, slot, longest):
    """Return (HICANNs, ``curve[i, k]``): the synapses of one bus that k drivers serve on its i-th target HICANN."""
    neurons, home_start, entry_start, entry_local, entry_kind = gather(cells, start, post, kind, hicann, slot)
    counts = count_groups(groups, entry_start, entry_local, entry_kind, len(neurons))
    n_homes = len(home_start) - 1
    homes = np.empty(n_homes, np.int64)
    curve = np.zeros((n_homes, longest + 1), np.int64)
    free = np.zeros(longest)
    for t in range(n_homes):
        first, last = home_start[t], home_start[t + 1]
        homes[t] = hicann[neurons[first]]
        total = 0
        for k in range(longest + 1):
            left, _ = home_cost(first, last, counts, neurons, column, width, receptors, targets, k, free)
            if k == 0:
                total = left
            curve[t, k] = total - left
    return homes, curve


@jit
def anneal_groups(
    cells, groups, capacity, start, post, kind, hicann, column, width, receptors, targets, slot, chain_length,
    prices, moves, seed, hot, good_enough,
):  # fmt: skip
    """Improve ``groups`` in place by annealing on moves and swaps; the best ones are kept.

    A grouping costs what is lost, the price of its drivers, and a 65536th for every driver; the temperature falls
    linearly from ``hot`` lost synapses.  Stops early when loss and price are less than ``good_enough + 1``.
    """
    neurons, home_start, entry_start, entry_local, entry_kind = gather(cells, start, post, kind, hicann, slot)
    counts = count_groups(groups, entry_start, entry_local, entry_kind, len(neurons))
    n_homes = len(home_start) - 1
    home_of = np.empty(len(neurons), np.int64)
    price, cost = np.empty((n_homes, chain_length), np.float64), np.empty(n_homes, np.float64)
    for t in range(n_homes):
        home_of[home_start[t] : home_start[t + 1]] = t
        price[t] = prices[hicann[neurons[home_start[t]]]]
        lost, used = home_cost(
            home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length,
            price[t],
        )  # fmt: skip
        cost[t] = lost + price[t, :used].sum() + used * _TIE
    room = capacity.copy()
    for g in groups:
        room[g] -= 1
    present = cost.sum()
    best, best_groups = present, groups.copy()
    new_cost = cost.copy()
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
                    home_start[t], home_start[t + 1], counts, neurons, column, width, receptors, targets, chain_length,
                    price[t],
                )  # fmt: skip
                new_cost[t] = lost + price[t, :used].sum() + used * _TIE
                new += new_cost[t] - cost[t]
        state = _next(state)
        chance = float(state >> np.uint64(11)) / 9007199254740992.0
        temperature = hot * (1.0 - step / moves) + 1e-12
        if new <= present or chance < np.exp((present - new) / temperature):
            present = new
            cost[:] = new_cost
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
            new_cost[:] = cost
            _regroup(i, to, old, counts, entry_start, entry_local, entry_kind, home_of, touched)
            if partner >= 0:
                _regroup(partner, old, to, counts, entry_start, entry_local, entry_kind, home_of, touched)
            touched[:] = False
    groups[:] = best_groups


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
