"""External spikes: given times, Poisson trains that do not depend on the time step, and fast Poisson drives."""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.growing import appended, grown
from emulator.kernels.jit import jit
from emulator.kernels.random import mix32, unit, word

#: Sources whose earliest spike is kept, so that most of them need not be looked at.
GROUP = 16


@jit
def first_spikes(sources, start):
    """Set the first spike of every source; the window of a Poisson source begins at ``start`` [ms]."""
    for j in range(sources.rate.shape[0]):
        sources.next[j] = start[j]
        _draw_next(sources, j)
        sources.soonest[j // GROUP] = min(sources.soonest[j // GROUP], sources.next[j])


@jit
def _draw_next(sources, j):
    after = math.inf
    if sources.rate[j] > 0.0:
        draw = unit(word(sources.key[j], sources.used[j]))
        after = sources.next[j] - math.log(draw) / sources.rate[j]
        after = after if after < sources.stop[j] else math.inf
    elif sources.used[j] < sources.end[j]:
        after = sources.times[sources.used[j]]
    sources.used[j] += 1
    sources.next[j] = after


@jit
def external_spikes(sources, n_neurons, until, dt, count, events, times):
    """Append the spikes of all sources before ``until`` (in steps); return the number of events and both arrays."""
    group, groups = 0, sources.soonest.shape[0]
    while True:
        group, count = _spikes_from(group, sources, n_neurons, until * dt, dt, count, events, times)
        if group == groups:
            return count, events, times
        events, times = grown(events, count + 1), grown(times, count + 1)


@jit
def _spikes_from(group, sources, n_neurons, limit, dt, count, events, times):
    """Append the spikes of the groups from this one on, as far as there is room; return the next group and the count.

    Of a group that it returns some spikes may have been appended.
    """
    coming, soonest, room = sources.next, sources.soonest, events.shape[0]
    for g in range(group, soonest.shape[0]):
        if soonest[g] < limit:
            least = math.inf
            for j in range(g * GROUP, min(g * GROUP + GROUP, coming.shape[0])):
                while coming[j] < limit:
                    if count == room:
                        return g, count
                    events[count], times[count] = n_neurons + j, coming[j] / dt
                    count += 1
                    _draw_next(sources, j)
                least = min(least, coming[j])
            soonest[g] = least
    return soonest.shape[0], count


@jit
def drive(drives, step, seed, ring):
    """Add the fast drives of a step to its inputs."""
    salt = mix32(np.uint32(np.uint32(step) ^ seed))
    base, shift = np.uint64((step % ring.slots) * ring.slot_stride), np.uint64(ring.shift)
    values, filled, marked = ring.values, ring.filled, ring.filled.shape[0] > 0
    laws, table, target, weight = drives.law, drives.table, drives.target, drives.weight
    keys, start, stop, distribution = drives.key, drives.start, drives.stop, drives.distribution
    for j in range(target.shape[0]):
        if start[j] <= step < stop[j]:
            spikes = _number(salt, keys[j], np.uint64(laws[j]), table, distribution)
            values[base + target[j]] += weight[j] * np.float32(spikes)
            if marked:
                filled[(base + target[j]) >> shift] = 1


@jit
def driven_spikes(drives, step, seed, count, events, times):
    """Append the spikes that `drive` has delivered in a step; return the number of events and both arrays."""
    salt = mix32(np.uint32(np.uint32(step) ^ seed))
    for j in range(drives.target.shape[0]):
        if drives.start[j] <= step < drives.stop[j]:
            law = np.uint64(drives.law[j])
            for _ in range(_number(salt, drives.key[j], law, drives.table, drives.distribution)):
                count, events, times = appended(drives.unit[j], step, count, events, times)
    return count, events, times


@jit
def _number(salt, key, law, table, distribution):
    """Return how many spikes a drive sends, by inversion of the distribution function.

    The upper 12 bits of a random word choose a cell of a table that holds the number where the whole cell has the
    same one; elsewhere the distribution function is searched.
    """
    bits = mix32(np.uint32(salt ^ key))
    spikes = np.int64(table[law, bits >> np.uint32(20)])
    if spikes < 255:
        return spikes
    spikes = np.int64(0)
    while spikes < distribution.shape[1] - 1 and bits >= distribution[law, spikes]:
        spikes += 1
    return spikes
