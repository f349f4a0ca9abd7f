"""Inner loops of the annealing placement: the expected loss of a placement, kept up to date swap by swap.

A *home* is a HICANN with neurons, a *unit* the sources of one decoder group of one bus, a *kind* a pair of STP mode
and input side.  ``gain[home, unit, kind, l]`` are the synapses that half row ``l`` of that kind serves on the home:
synapse number ``n`` from a unit to a neuron with ``room`` columns of a parity lies in half row ``n // room``, so that
adding or removing a synapse changes one number.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from mapper.kernels.jit import jit


class Net(NamedTuple):
    """Synapses by source and by target.

    Attributes
    ----------
    out_start, out_post, out_kind, in_start, in_pre, in_kind : arrays
        CSR lists of every cell's synapses: the other end and the kind.
    room : (n_cells,) int64
        Synapses of a neuron that one half row serves.
    """

    out_start: Any
    out_post: Any
    out_kind: Any
    in_start: Any
    in_pre: Any
    in_kind: Any
    room: Any


class Buses(NamedTuple):
    """What does not change while neurons change places.

    Attributes
    ----------
    bus_of_unit : (n_units,) int64
        Units of a bus are consecutive.
    first_unit : (n_buses + 1,) int64
        Where each bus's units begin.
    kind_of : (3, 2) int64
        Kind of every STP mode and input side, -1 if no synapse has it.
    doubled : int
        Half rows that one level of ``gain`` takes: 2 if neurons are one column wide, else 1.
    capacity : (n_homes,) float64
        Drivers that a home can be expected to use.
    usage : (n_buses, n_homes) int64
        Layer 1 that a route takes [1/1000 horizontal segments].
    layer1 : float
        Layer 1 that there is, in the same unit.
    usage_price, driver_price : float
        Price of a unit of layer 1 and of a driver [synapses].
    bin_of : (n,) int64
        Class of a driver by the synapses that it serves, ascending.
    """

    bus_of_unit: Any
    first_unit: Any
    kind_of: Any
    doubled: Any
    capacity: Any
    usage: Any
    layer1: Any
    usage_price: Any
    driver_price: Any
    bin_of: Any


class State(NamedTuple):
    """What follows from the places of the neurons.

    Attributes
    ----------
    unit_of, home_of : (n_cells,) int64
        Unit and home of every cell, -1 if none.
    count : (n_cells, n_units, n_kinds)
        Synapses from each unit to each neuron.
    gain : (n_homes, n_units, n_kinds, n_levels) int32
        Synapses in each half row; the last level holds what lies beyond any chain.
    height : (n_homes, n_units, n_kinds) int16
        Levels with a synapse.
    total : (n_homes, n_buses) int32
        Synapses of every pair of home and bus.
    share : (n_homes, n_buses, chain length) int32
        Synapses that each driver of the pair's chain serves.
    beyond : (n_homes, n_buses) int32
        Synapses that the chain limit loses.
    drivers, served : (n_homes, n_bins) int64
        Number of drivers and synapses served, by class of driver.
    overflow : (n_homes,) float64
        Synapses lost because the home has too few drivers.
    used, carried : (n_bins,) int64
        Usage of layer 1 and synapses carried, by class of route.
    congestion : (1,) float64
        Synapses lost because layer 1 is too small.
    silent : (1,) int64
        Synapses of sources without a bus.
    """

    unit_of: Any
    home_of: Any
    count: Any
    gain: Any
    height: Any
    total: Any
    share: Any
    beyond: Any
    drivers: Any
    served: Any
    overflow: Any
    used: Any
    carried: Any
    congestion: Any
    silent: Any


class Touched(NamedTuple):
    """Pairs and homes that a swap touched, and what they were; ``n`` are the numbers of both."""

    n: Any
    pair_marked: Any
    home: Any
    bus: Any
    total: Any
    after: Any
    share: Any
    beyond: Any
    home_marked: Any
    homes: Any
    overflow: Any


@jit
def next_random(state):
    """Return the next state of a 64-bit xorshift generator (G. Marsaglia, 2003)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@jit
def _shift(pre, post, kind, sign, net, buses, state, touched):
    """Add (``sign`` 1) or remove (-1) one synapse and mark its pair."""
    unit, home = state.unit_of[pre], state.home_of[post]
    if unit < 0:
        state.silent[0] += sign
        return
    n = np.int64(state.count[post, unit, kind])
    state.count[post, unit, kind] = n + sign
    level = min((n if sign > 0 else n - 1) // net.room[post], state.gain.shape[3] - 1)
    state.gain[home, unit, kind, level] += sign
    if sign > 0:
        if level >= state.height[home, unit, kind]:
            state.height[home, unit, kind] = level + 1
    elif state.gain[home, unit, kind, level] == 0:
        state.height[home, unit, kind] = level
    bus = buses.bus_of_unit[unit]
    state.total[home, bus] += sign
    if not touched.pair_marked[home, bus]:
        touched.pair_marked[home, bus] = True
        touched.home[touched.n[0]] = home
        touched.bus[touched.n[0]] = bus
        touched.total[touched.n[0]] = state.total[home, bus] - sign
        touched.n[0] += 1


@jit
def _chain(home, bus, buses, state, taken, share):
    """Fill ``share``, the synapses that each driver of the pair's chain serves; return those beyond the chain."""
    share[:] = 0
    left = state.total[home, bus]
    if left == 0:
        return 0
    first, last = buses.first_unit[bus], buses.first_unit[bus + 1]
    wanted = 0
    for stp in range(3):
        rows = 0
        for side in range(2):
            kind = buses.kind_of[stp, side]
            if kind >= 0:
                half_rows = 0
                for unit in range(first, last):
                    half_rows += state.height[home, unit, kind]
                rows += (half_rows * buses.doubled + 1) // 2
        wanted += (rows + 1) // 2
    n_kinds, n_levels = state.gain.shape[2], state.gain.shape[3]
    taken[: last - first] = 0
    for k in range(len(share)):
        if k + 1 == wanted:
            share[k] = left
            return 0
        for _ in range(4 // buses.doubled):
            best, best_unit, best_kind = 0, 0, 0
            for unit in range(first, last):
                for kind in range(n_kinds):
                    level = taken[unit - first, kind]
                    if level < n_levels - 1 and state.gain[home, unit, kind, level] > best:
                        best = state.gain[home, unit, kind, level]
                        best_unit, best_kind = unit - first, kind
            if best == 0:
                break
            taken[best_unit, best_kind] += 1
            share[k] += best
            left -= best
    return left


@jit
def _tally(home, share, sign, buses, state):
    """Add or remove the drivers of one chain on a home."""
    for served in share:
        if served > 0:
            b = buses.bin_of[min(served, len(buses.bin_of) - 1)]
            state.drivers[home, b] += sign
            state.served[home, b] += sign * served


@jit
def _carry(home, bus, synapses, sign, buses, state):
    """Add or remove one route; return its price."""
    if synapses <= 0:
        return 0.0
    b = buses.bin_of[min(synapses, len(buses.bin_of) - 1)]
    state.used[b] += sign * buses.usage[bus, home]
    state.carried[b] += sign * synapses
    return sign * buses.usage_price * buses.usage[bus, home]


@jit
def _congestion(buses, state):
    """Return the synapses of the routes with fewest synapses that layer 1 has no room for."""
    excess = state.used.sum() - buses.layer1
    lost = 0.0
    for b in range(len(state.used)):
        if excess <= 0:
            break
        if state.used[b] > 0:
            lost += state.carried[b] * min(1.0, excess / state.used[b])
            excess -= state.used[b]
    return lost


@jit
def _overflow(home, buses, state):
    """Return the synapses that the least useful drivers beyond the home's capacity would have served."""
    excess = state.drivers[home].sum() - buses.capacity[home]
    lost = 0.0
    for b in range(state.drivers.shape[1]):
        if excess <= 0:
            break
        n = state.drivers[home, b]
        if n > 0:
            lost += state.served[home, b] * min(1.0, excess / n)
            excess -= n
    return lost


@jit
def _settle(buses, state, touched, taken, share):
    """Bring pairs and homes that were touched up to date; return by how much the cost rose."""
    rise = 0.0
    for i in range(touched.n[0]):
        home, bus = touched.home[i], touched.bus[i]
        old, beyond = state.share[home, bus], state.beyond[home, bus]
        touched.share[i] = old
        touched.beyond[i] = beyond
        state.beyond[home, bus] = _chain(home, bus, buses, state, taken, share)
        rise += state.beyond[home, bus] - beyond
        for k in range(len(share)):
            rise += buses.driver_price * (int(share[k] > 0) - int(old[k] > 0))
        touched.after[i] = state.total[home, bus]
        rise += _carry(home, bus, touched.total[i], -1, buses, state)
        rise += _carry(home, bus, state.total[home, bus], 1, buses, state)
        _tally(home, old, -1, buses, state)
        _tally(home, share, 1, buses, state)
        state.share[home, bus] = share
        if not touched.home_marked[home]:
            touched.home_marked[home] = True
            touched.homes[touched.n[1]] = home
            touched.n[1] += 1
    for i in range(touched.n[1]):
        home = touched.homes[i]
        touched.overflow[i] = state.overflow[home]
        state.overflow[home] = _overflow(home, buses, state)
        rise += state.overflow[home] - touched.overflow[i]
    congestion = state.congestion[0]
    state.congestion[0] = _congestion(buses, state)
    return rise + state.congestion[0] - congestion


@jit
def _forget(touched):
    for i in range(touched.n[0]):
        touched.pair_marked[touched.home[i], touched.bus[i]] = False
    for i in range(touched.n[1]):
        touched.home_marked[touched.homes[i]] = False
    touched.n[:] = 0


@jit
def _restore(buses, state, touched, n_pairs, n_homes):
    """Undo `_settle`, after the synapses were moved back."""
    for i in range(n_pairs):
        home, bus = touched.home[i], touched.bus[i]
        _carry(home, bus, touched.after[i], -1, buses, state)
        _carry(home, bus, state.total[home, bus], 1, buses, state)
        _tally(home, state.share[home, bus], -1, buses, state)
        _tally(home, touched.share[i], 1, buses, state)
        state.share[home, bus] = touched.share[i]
        state.beyond[home, bus] = touched.beyond[i]
    for i in range(n_homes):
        state.overflow[touched.homes[i]] = touched.overflow[i]
    state.congestion[0] = _congestion(buses, state)


@jit
def _incident(i, j, sign, net, buses, state, touched):
    """Add or remove all synapses whose counts depend on the places of cells i and j."""
    for cell in (i, j):
        for s in range(net.out_start[cell], net.out_start[cell + 1]):
            _shift(cell, net.out_post[s], net.out_kind[s], sign, net, buses, state, touched)
    if state.home_of[i] == state.home_of[j]:
        return
    for cell in (i, j):
        for s in range(net.in_start[cell], net.in_start[cell + 1]):
            if net.in_pre[s] != i and net.in_pre[s] != j:
                _shift(net.in_pre[s], cell, net.in_kind[s], sign, net, buses, state, touched)


@jit
def _swap(i, j, net, buses, state, touched):
    """Let cells i and j change places."""
    _incident(i, j, -1, net, buses, state, touched)
    for table in (state.unit_of, state.home_of):
        table[i], table[j] = table[j], table[i]
    _incident(i, j, 1, net, buses, state, touched)


@jit
def fill_state(net, buses, state, touched):
    """Fill an empty state from the places in ``unit_of`` and ``home_of``; return its cost [synapses]."""
    share = np.zeros(state.share.shape[2], np.int32)
    taken = np.zeros((len(buses.bus_of_unit) + 1, state.gain.shape[2]), np.int64)
    for cell in range(len(net.room)):
        for s in range(net.out_start[cell], net.out_start[cell + 1]):
            _shift(cell, net.out_post[s], net.out_kind[s], 1, net, buses, state, touched)
    cost = _settle(buses, state, touched, taken, share) + state.silent[0]
    _forget(touched)
    return cost


@jit
def _partner(i, random, movable, group, slot_start, slot_cell, net, state):
    """Return (j, random): a cell beside a partner of i (half of the draws), of i's home (a quarter), or any."""
    random = next_random(random)
    draw = int(random >> np.uint64(33)) % 4
    random = next_random(random)
    pick = int(random >> np.uint64(33))
    home = -1
    if draw < 2:
        outs, ins = net.out_start[i + 1] - net.out_start[i], net.in_start[i + 1] - net.in_start[i]
        if outs + ins > 0:
            pick %= outs + ins
            if pick < outs:
                home = state.home_of[net.out_post[net.out_start[i] + pick]]
            else:
                home = state.home_of[net.in_pre[net.in_start[i] + pick - outs]]
            random = next_random(random)
            pick = int(random >> np.uint64(33))
    elif draw == 2:
        home = state.home_of[i]
    if home >= 0 and slot_start[home + 1] > slot_start[home]:
        return slot_cell[slot_start[home] + pick % (slot_start[home + 1] - slot_start[home])], random
    return movable[pick % len(movable)], random


@jit
def anneal(
    movable, group, slot_start, slot_cell, slot_of, net, buses, state, touched, random, first, last, moves, hot, cold
):  # fmt: skip
    """Let movable cells of equal ``group`` change places; return (rise of the cost, random, mean rise of a swap).

    Swap number ``m`` of ``first .. last - 1`` is judged at temperature ``hot (cold / hot) ** (m / moves)`` [synapses];
    ``hot`` infinity takes nothing and only measures.  ``slot_cell[slot_start[h]:slot_start[h + 1]]`` are the
    movable cells of a home, ``slot_of`` is the inverse.
    """
    share = np.zeros(state.share.shape[2], np.int32)
    taken = np.zeros((len(buses.bus_of_unit) + 1, state.gain.shape[2]), np.int64)
    total, climbs, tried = 0.0, 0.0, 0
    for m in range(first, last):
        random = next_random(random)
        i = movable[int(random >> np.uint64(33)) % len(movable)]
        j, random = _partner(i, random, movable, group, slot_start, slot_cell, net, state)
        same_place = state.home_of[i] == state.home_of[j] and state.unit_of[i] == state.unit_of[j]
        if same_place or group[i] != group[j]:
            continue
        silent = state.silent[0]
        _swap(i, j, net, buses, state, touched)
        rise = _settle(buses, state, touched, taken, share) + (state.silent[0] - silent)
        climbs += abs(rise)
        tried += 1
        random = next_random(random)
        chance = float(random >> np.uint64(11)) / 9007199254740992.0
        if hot < np.inf and chance < np.exp(-max(0.0, rise) / (hot * (cold / hot) ** (m / moves))):
            total += rise
            a, b = slot_of[i], slot_of[j]
            slot_cell[a], slot_cell[b], slot_of[i], slot_of[j] = j, i, b, a
        else:
            n_pairs, n_homes = touched.n[0], touched.n[1]
            _swap(i, j, net, buses, state, touched)
            _restore(buses, state, touched, n_pairs, n_homes)
        _forget(touched)
    return total, random, climbs / max(1, tried)


@jit
def arrange(traffic, distance, place, movable, allowed, random, moves):
    """Exchange the places of homes to shorten routes: greedy swaps; return by how much the weighted length fell.

    ``traffic`` (n, n) routes between homes, symmetric; ``distance`` (n, n) between places; ``place`` (n,) of every
    home, changed; ``allowed[home, place]``.
    """
    n = len(place)
    fallen = 0.0
    for _ in range(moves):
        random = next_random(random)
        a = movable[int(random >> np.uint64(33)) % len(movable)]
        random = next_random(random)
        b = movable[int(random >> np.uint64(33)) % len(movable)]
        if a == b or not allowed[a, place[b]] or not allowed[b, place[a]]:
            continue
        rise = 0.0
        for c in range(n):
            if c not in (a, b):
                rise += (traffic[a, c] - traffic[b, c]) * (distance[place[b], place[c]] - distance[place[a], place[c]])
        if rise < 0:
            fallen -= rise
            place[a], place[b] = place[b], place[a]
    return fallen
