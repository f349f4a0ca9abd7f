"""From a spike to the inputs of its targets: fan-out, delay, jitter and short-term plasticity."""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.jit import jit
from emulator.kernels.random import mix64, normal_sum, word


@jit
def deliver(count, unit, time, fan, stp, ring, width, slots, earliest, dt, jitter, key):
    """Add the spikes ``unit[:count]`` at ``time[:count]`` (in steps) to the ring of future inputs.

    A spike arrives at the step nearest to its time plus the delay plus a random number of standard deviation
    ``jitter`` (in steps), but not before ``earliest``.
    """
    first, begin, delays, states, target, weight = fan.first, fan.begin, fan.delay, fan.state, fan.target, fan.weight
    memory, row, rules = stp.memory, stp.row, stp.rules
    for e in range(count):
        source = unit[e]
        known, factor = -1, 1.0
        salt = mix64(key ^ np.uint64(np.int64(time[e] * 64.0) * 4294967296 + source))
        for segment in range(first[source], first[source + 1]):
            state = states[segment]
            if state != known:
                factor = plastic(memory, 3 * state, rules, row[state], time[e] * dt) if state >= 0 else 1.0
                known = state
            when = time[e] + delays[segment]
            if jitter > 0.0:
                when += jitter * normal_sum(word(salt, segment))
            arrival = max(np.int64(math.floor(when + 0.5)), earliest)
            slot = np.uint64((arrival % slots) * width)
            _scatter(ring, slot, begin[segment], begin[segment + 1], target, weight, factor)


@jit
def _scatter(ring, slot, begin, end, target, weight, factor):
    if factor == 1.0:
        for s in range(begin, end):
            ring[slot + target[s]] += weight[s]
    else:
        scale = ring.dtype.type(factor)
        for s in range(begin, end):
            ring[slot + target[s]] += scale * weight[s]


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
