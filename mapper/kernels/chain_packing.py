"""Packing of driver chains on one side of a HICANN by annealing: near the optimum in milliseconds."""

from __future__ import annotations

import numpy as np

from mapper.kernels.jit import jit

#: Drivers of a strip.
_LENGTH = 56
#: What a driver slot holds besides the index of a line.
FREE, DEFECT = -1, -2
#: Lines, besides the displaced ones, that every move tries to give more drivers.
_OTHERS = 3
#: Share of the price of a driver that a driver must serve to be fought for.
_WORTH = 0.9


@jit
def anneal_chains(curve, need, primary, usable, chain, moves, hot, seed):
    """Improve the chains on some strips in place; return the synapses that the best packing met serves.

    A move gives a random line that wants more drivers a random window around one of its primaries.  Chains in the
    way are cut back to what still holds a primary of theirs, and what was cut back is fitted into free gaps.  The
    temperature falls linearly from ``hot`` prices of a driver.  Ends early when nothing better is possible.

    Parameters
    ----------
    curve : (m, K + 1) int64
        Synapses that 0..K drivers serve of every line, concave.
    need : (m,) int64
        Fewest drivers that serve as much as any number.
    primary : (m, n_strips, 56) bool
        Drivers that a line can feed directly.
    usable : (n_strips, 56) bool
        Working drivers.
    chain : (m, 3) int64
        Strip, first index and length (0 for none) to start from and of the best; what overlaps is dropped.
    """
    m = len(curve)
    slot = np.full(usable.shape, FREE, np.int64)
    for strip in range(len(usable)):
        for index in range(_LENGTH):
            if not usable[strip, index]:
                slot[strip, index] = DEFECT
    for i in range(m):
        _keep(i, need, primary, slot, chain)
    for i in range(m):
        _fit(i, need, primary, slot, chain)
    most, price = _knapsack(curve, need, (slot != DEFECT).sum())
    worth = need.copy()
    for i in range(m):
        while worth[i] > 0 and curve[i, worth[i]] - curve[i, worth[i] - 1] < _WORTH * price:
            worth[i] -= 1
    present = _served(curve, chain)
    best, best_chain = present, chain.copy()
    hot *= max(1.0, price)
    saved_slot, saved_chain = slot.copy(), chain.copy()
    victims = np.empty(_LENGTH, np.int64)
    state = np.uint64(seed) | np.uint64(1)
    for step in range(moves):
        if best >= most:
            break
        state = _next(state)
        i = _hungry(state, worth, chain)
        if i < 0:
            i = _hungry(state, need, chain)
        if i < 0:
            break
        saved_slot[:] = slot
        saved_chain[:] = chain
        state = _next(state)
        n = _force(i, state, max(worth[i], chain[i, 2] + 1), primary, slot, chain, victims)
        if n < 0:
            continue
        for k in range(n):
            _fit(victims[k], need, primary, slot, chain)
        for _ in range(_OTHERS):
            state = _next(state)
            other = _hungry(state, need, chain)
            if other >= 0:
                _fit(other, need, primary, slot, chain)
        now = _served(curve, chain)
        state = _next(state)
        chance = float(state >> np.uint64(11)) / 9007199254740992.0
        if now >= present or chance < np.exp((now - present) / (hot * (1.0 - step / moves) + 1e-9)):
            present = now
            if now > best:
                best = now
                best_chain[:] = chain
        else:
            slot[:] = saved_slot
            chain[:] = saved_chain
    chain[:] = best_chain
    return best


@jit
def _next(state):
    """Return the next state of a 64-bit xorshift generator (G. Marsaglia, 2003)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@jit
def _served(curve, chain):
    served = 0
    for i in range(len(curve)):
        served += curve[i, chain[i, 2]]
    return served


@jit
def _knapsack(curve, need, drivers):
    """Return what ``drivers`` drivers serve at most if every chain could be anywhere, and what the last one serves."""
    gain = np.empty(need.sum(), np.int64)
    n = 0
    for i in range(len(curve)):
        for k in range(need[i]):
            gain[n] = curve[i, k + 1] - curve[i, k]
            n += 1
    gain = np.sort(gain)[::-1]
    price = gain[drivers] if drivers < n else 0
    return gain[:drivers].sum(), price


@jit
def _keep(i, need, primary, slot, chain):
    """Enter the chain that line ``i`` starts with, or forget it if it is impossible."""
    strip, first, length = chain[i]
    length = min(length, need[i])
    chain[i, 2] = 0
    fed = False
    for index in range(first, first + length):
        if slot[strip, index] != FREE:
            return
        fed = fed or primary[i, strip, index]
    if fed:
        chain[i, 2] = length
        slot[strip, first : first + length] = i


@jit
def _hungry(state, need, chain):
    """Return a random line that wants more drivers, -1 if there is none."""
    m = len(need)
    first = int(state >> np.uint64(33)) % m
    for k in range(m):
        i = (first + k) % m
        if chain[i, 2] < need[i]:
            return i
    return -1


@jit
def _force(i, state, length, primary, slot, chain, victims):
    """Give line ``i`` a random window, mostly of ``length`` drivers, and cut back the ``victims``.

    Returns how many victims there were, -1 if the window is impossible.
    """
    strip = int(state >> np.uint64(20)) % len(slot)
    start = int(state >> np.uint64(24)) % _LENGTH
    at = -1
    for k in range(len(slot) * _LENGTH):
        index = (start + k) % _LENGTH
        if k > 0 and k % _LENGTH == 0:
            strip = (strip + 1) % len(slot)
        if primary[i, strip, index] and slot[strip, index] != DEFECT:
            at = index
            break
    if at < 0:
        return -1
    if int(state >> np.uint64(40)) % 4 == 0 and length > chain[i, 2] + 1:
        length = chain[i, 2] + 1 + int(state >> np.uint64(44)) % (length - chain[i, 2] - 1)
    first = at - int(state >> np.uint64(32)) % length
    first = max(0, min(first, _LENGTH - length))
    for index in range(first, first + length):
        if slot[strip, index] == DEFECT:
            return -1
    _free(i, slot, chain)
    n = 0
    for index in range(first, first + length):
        v = slot[strip, index]
        if v >= 0:
            _cut_back(v, first, first + length, primary, slot, chain)
            victims[n] = v
            n += 1
    slot[strip, first : first + length] = i
    chain[i, 0], chain[i, 1], chain[i, 2] = strip, first, length
    return n


@jit
def _free(i, slot, chain):
    if chain[i, 2] > 0:
        slot[chain[i, 0], chain[i, 1] : chain[i, 1] + chain[i, 2]] = FREE
        chain[i, 2] = 0


@jit
def _cut_back(i, begin, end, primary, slot, chain):
    """Take the drivers ``begin .. end - 1`` from a chain; the longer rest that holds a primary remains."""
    strip, first, last = chain[i, 0], chain[i, 1], chain[i, 1] + chain[i, 2]
    _free(i, slot, chain)
    best_first, best_length = 0, 0
    for side in range(2):
        a, b = (first, begin) if side == 0 else (end, last)
        fed = False
        for index in range(a, b):
            fed = fed or primary[i, strip, index]
        if fed and b - a > best_length:
            best_first, best_length = a, b - a
    if best_length > 0:
        slot[strip, best_first : best_first + best_length] = i
        chain[i, 0], chain[i, 1], chain[i, 2] = strip, best_first, best_length


@jit
def _fit(i, need, primary, slot, chain):
    """Give line ``i`` the longest chain that fits into free drivers or its own; of equals, from the smallest gap."""
    if chain[i, 2] >= need[i]:
        return
    best_strip, best_first, best_length, best_gap = 0, 0, chain[i, 2], 1000
    for strip in range(len(slot)):
        begin = 0
        while begin < _LENGTH:
            if slot[strip, begin] != FREE and slot[strip, begin] != i:
                begin += 1
                continue
            end = begin
            while end < _LENGTH and (slot[strip, end] == FREE or slot[strip, end] == i):
                end += 1
            length = min(need[i], end - begin)
            if length > best_length or (length == best_length and end - begin < best_gap and length > chain[i, 2]):
                for index in range(begin, end):
                    if primary[i, strip, index]:
                        best_strip, best_length, best_gap = strip, length, end - begin
                        # flush with the nearer end of the gap if that holds the primary
                        if index - begin < length:
                            best_first = begin
                        elif index >= end - length:
                            best_first = end - length
                        else:
                            best_first = index - length + 1
                        if best_first == begin or best_first == end - length:
                            break
            begin = end
    if best_length > chain[i, 2]:
        _free(i, slot, chain)
        slot[best_strip, best_first : best_first + best_length] = i
        chain[i, 0], chain[i, 1], chain[i, 2] = best_strip, best_first, best_length
