"""The main loop: blocks of steps as long as the smallest delay, so that a block of neurons stays in the cache."""

from __future__ import annotations

import numpy as np

from emulator.kernels.delivery import deliver, most_segments
from emulator.kernels.growing import grown
from emulator.kernels.jit import jit
from emulator.kernels.neurons import (
    HOLD,
    LANES,
    PER_RECEPTOR,
    RECEPTORS,
    REFRACTORY,
    V_RESET,
    V_SPIKE,
    B,
    V,
    W,
    adex_step,
    lif_step,
)
from emulator.kernels.prefetch import prefetch
from emulator.kernels.sources import drive, driven_spikes, external_spikes
from emulator.kernels.transport import order, transport

#: Neurons that are searched for spikes at once.
_GROUP = 16


@jit
def advance(
    state, adaptive, receptors, limits, ring, step, end, most, n_neurons, dt, keys, jitter, fan, stp, sources, drives,
    queues, traces, samples, first_sample, record_sources, out_unit, out_time,
):  # fmt: skip
    """Run from ``step`` to ``end`` in blocks of at most ``most`` steps; return the spikes and the next step.

    Parameters
    ----------
    state, adaptive : arrays
        See `emulator.layout.Layout`.
    receptors, limits : tuples
        As long as the number of receptors; ``limits`` is empty if synaptic inputs do not saturate.
    keys : (3,) uint64
        Of the jitter and of the fast drives.
    ring, fan, stp, sources, drives, traces : tuples of `emulator.kernels.tables`
    queues : Queues
    samples : (n_samples, n_traces)
        Filled from row ``step // every - first_sample``.
    out_unit, out_time : arrays
        Where the spikes go, with times in steps; replaced by longer ones when needed.

    Returns
    -------
    (int, array, array)
        Number of spikes, units and times.
    """
    events, times = np.empty(1024, np.int32), np.empty(1024, np.float64)
    sorted_events, sorted_times = np.empty(1024, np.int32), np.empty(1024, np.float64)
    sent_events, sent_times = np.empty(1024, np.int32), np.empty(1024, np.float64)
    buckets = np.empty(most + 2, np.int64)
    slot = np.empty(most_segments(fan), np.uint64)
    n_out = 0
    while step < end:
        # a spike at t = 0 belongs to the first block and needs a block that is one step shorter
        steps = min(most if step > 0 else max(most - 1, 1), end - step)
        count = 0
        seed = np.uint32(keys[1])
        for k in range(steps):
            drive(drives, step + k, seed, ring)
            if record_sources:
                count, events, times = driven_spikes(drives, step + k, seed, count, events, times)
        out_unit, out_time = grown(out_unit, n_out + count), grown(out_time, n_out + count)
        for e in range(count):
            out_unit[n_out], out_time[n_out] = events[e], times[e]
            n_out += 1
        count, events, times = update(
            state, adaptive, receptors, limits, 0, adaptive.shape[0], ring, step, steps, traces, samples, first_sample,
            events, times,
        )  # fmt: skip
        count, events, times = external_spikes(sources, n_neurons, step + steps + 0.5, dt, count, events, times)
        if count == 0 and not queues.finite:
            step += steps
            continue
        sorted_events, sorted_times = grown(sorted_events, count), grown(sorted_times, count)
        order(count, events, times, step, steps, sorted_events, sorted_times, buckets)
        out_unit, out_time = grown(out_unit, n_out + count), grown(out_time, n_out + count)
        for e in range(count):
            if record_sources or sorted_events[e] < n_neurons:
                out_unit[n_out], out_time[n_out] = sorted_events[e], sorted_times[e]
                n_out += 1
        sent, leaving, when = count, sorted_events, sorted_times
        if queues.finite:
            room = count + queues.n_late[0] + queues.bus_busy.sum()
            sent_events, sent_times = grown(sent_events, room), grown(sent_times, room)
            sent = transport(
                queues, n_neurons, step, steps, buckets, sorted_events, sorted_times, sent_events, sent_times
            )
            leaving, when = sent_events, sent_times
        # called at one place only, so that it is compiled into the loop
        deliver(sent, leaving, when, fan, stp, ring, slot, step + steps, dt, jitter, keys[0])
        step += steps
    return n_out, out_unit, out_time


@jit
def update(
    state, adaptive, receptors, limits, first_block, last_block, ring, step, steps, traces, samples, first_sample,
    events, times,
):  # fmt: skip
    """Advance the neurons of some blocks by ``steps``, block by block; return the number of spikes and both arrays."""
    size = (RECEPTORS + PER_RECEPTOR * len(receptors) + len(limits)) * LANES
    values, filled = ring.values, ring.filled
    marked, shift = filled.shape[0] > 0, np.uint64(ring.shift)
    push = np.empty(LANES, state.dtype)
    first = traces.first
    count = 0
    for block in range(first_block, last_block):
        o = block * size
        sampled = first[block] < first[block + 1]
        for k in range(steps):
            if marked:
                prefetch(state, o + size + size * k // steps, o + size + size * (k + 1) // steps)
            slot = ((step + k) % ring.slots) * ring.slot_stride
            at = slot + block * ring.block_stride
            if sampled and (step + k) % traces.every == 0:
                _sample(state, values, slot, traces, block, samples, (step + k) // traces.every - first_sample)
            if marked:
                mark = np.uint64(at) >> shift
                at = at if filled[mark] else ring.nothing
                filled[mark] = 0
            if adaptive[block]:
                crossed = adex_step(state, o, values, at, receptors, limits, push)
            else:
                crossed = lif_step(state, o, values, at, receptors, limits)
            if crossed > 0:
                events, times = grown(events, count + LANES), grown(times, count + LANES)
                count = _reset(state, o, block * LANES, step + k + 1, events, times, count)
    return count, events, times


@jit
def _reset(state, o, first_neuron, when, events, times, count):
    """Reset the neurons of a block that are at their threshold and append their spikes."""
    s = state[o : o + RECEPTORS * LANES]
    for begin in range(0, LANES, _GROUP):
        crossed = 0
        for i in range(begin, begin + _GROUP):
            crossed += s[V * LANES + i] >= s[V_SPIKE * LANES + i]
        if crossed == 0:
            continue
        for i in range(begin, begin + _GROUP):
            if s[V * LANES + i] >= s[V_SPIKE * LANES + i]:
                s[V * LANES + i] = s[V_RESET * LANES + i]
                s[W * LANES + i] += s[B * LANES + i]
                s[REFRACTORY * LANES + i] = s[HOLD * LANES + i]
                events[count], times[count] = first_neuron + i, when
                count += 1
    return count


@jit
def _sample(state, inputs, slot, traces, block, samples, row):
    """Store the traced quantities of a block as they are at the beginning of a step."""
    for t in range(traces.first[block], traces.first[block + 1]):
        value = state[traces.state[t]]
        if traces.slot[t] >= 0:
            value += inputs[slot + traces.slot[t]]
        samples[row, t] = value
