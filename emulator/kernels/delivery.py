"""From a spike to the inputs of its targets: fan-out, delay, jitter and short-term plasticity."""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.jit import jit
from emulator.kernels.prefetch import fetch, prefetch
from emulator.kernels.random import mix64, normal_sum, word

#: Entries of a row that are fetched ahead; the processor itself fetches the rest of a long one.
_AHEAD = 256


@jit
def most_segments(fan):
    """Return how many segments a unit has at most."""
    most = 0
    for u in range(fan.first.shape[0] - 1):
        most = max(most, fan.first[u + 1] - fan.first[u])
    return most


@jit
def deliver(count, unit, time, fan, stp, ring, slot, earliest, dt, jitter, key):
    """Add the spikes ``unit[:count]`` at ``time[:count]`` (in steps) to the ring of future inputs.

    A spike arrives at the step nearest to its time plus the delay plus a random number of standard deviation
    ``jitter`` (in steps), which takes off no more than half of the delay, but not before ``earliest``.  ``slot`` has
    room for one number per segment of a unit.
    """
    first, begin, delays, states, target, weight = fan.first, fan.begin, fan.delay, fan.state, fan.target, fan.weight
    memory, row, rules = stp.memory, stp.row, stp.rules
    values, filled, shift = ring.values, ring.filled, np.uint64(ring.shift)
    marked, slots, stride = filled.shape[0] > 0, ring.slots, ring.slot_stride
    for e in range(min(2, count)):
        _fetch_segments(first[unit[e]], begin, delays, states)
    for e in range(count):
        source = unit[e]
        if e + 2 < count:
            _fetch_segments(first[unit[e + 2]], begin, delays, states)
        if e + 1 < count:
            ahead = begin[first[unit[e + 1]]]
            end = min(begin[first[unit[e + 1] + 1]], ahead + _AHEAD)
            prefetch(target, ahead, end)
            prefetch(weight, ahead, end)
        one, last = first[source], first[source + 1]
        _find_slots(slot, one, last, time[e], delays, slots, stride, earliest, jitter,
                    np.uint64(key) ^ np.uint64(np.int64(time[e] * 64.0) * 4294967296 + source))  # fmt: skip
        known, factor = -1, 1.0
        for segment in range(one, last):
            state = states[segment]
            if state != known:
                factor = plastic(memory, 3 * state, rules, row[state], time[e] * dt) if state >= 0 else 1.0
                known = state
            scale, base = values.dtype.type(factor), slot[segment - one]
            if marked:
                _scatter_and_mark(
                    values, filled, shift, base, begin[segment], begin[segment + 1], target, weight, scale
                )
            else:
                _scatter(values, base, begin[segment], begin[segment + 1], target, weight, scale)


@jit
def _fetch_segments(segment, begin, delay, state):
    """Ask for what is known of some segments from this one on."""
    fetch(begin, segment)
    fetch(delay, segment)
    fetch(state, segment)


@jit
def _find_slots(slot, begin, end, time, delay, slots, stride, earliest, jitter, key):
    """Set where in the ring the time slots stand in which segments ``begin`` to ``end`` get a spike."""
    origin = earliest - earliest % slots
    salt = mix64(key)
    for segment in range(begin, end):
        when = time + delay[segment]
        if jitter > 0.0:
            when += max(jitter * normal_sum(word(salt, segment)), -0.5 * delay[segment])
        arrival = max(np.int64(math.floor(when + 0.5)), earliest) - origin
        arrival = arrival if arrival < slots else arrival - slots
        slot[segment - begin] = np.uint64(arrival * stride)


@jit
def _scatter(values, slot, begin, end, target, weight, scale):
    for s in range(np.uint64(begin), np.uint64(end)):  # unsigned: no test for an index from the end
        values[slot + target[s]] += scale * weight[s]


@jit
def _scatter_and_mark(values, filled, shift, slot, begin, end, target, weight, scale):
    for s in range(np.uint64(begin), np.uint64(end)):
        at = slot + target[s]
        values[at] += scale * weight[s]
        filled[at >> shift] = 1


@jit
def plastic(memory, i, rules, p, now):
    """Return the factor of a spike at ``now`` [ms] and update the state at ``memory[i]``; `circuits.Plasticity`."""
    x, u, last = memory[i], memory[i + 1], memory[i + 2]
    since = now - last
    memory[i + 2] = now
    if rules[p, 0] == 3.0:
        if last >= 0.0:
            x = 1.0 + (x - x * u - 1.0) * _decay(since, rules[p, 2])
            u = rules[p, 1] + u * (1.0 - rules[p, 1]) * _decay(since, rules[p, 3])
        memory[i], memory[i + 1] = x, u
        return x * u
    if last >= 0.0:
        x *= _decay(since, rules[p, 2])
    sign = -1.0 if rules[p, 0] == 1.0 else 1.0
    memory[i] = x + rules[p, 1] * (1.0 - x)
    return max(0.0, 1.0 + sign * rules[p, 4] * (x - rules[p, 5]))


@jit
def _decay(since, tau):
    return math.exp(-since / tau) if tau > 0.0 else 0.0
