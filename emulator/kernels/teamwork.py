"""The main loop cut into what several threads do at once, each for its own neurons, and what one does for all.

Everything happens in the order of `emulator.kernels.advance`: a block of steps of all neurons, then its spikes.  A
thread delivers the last spikes to its own neurons and advances them; no two threads touch the same entry.
"""

from __future__ import annotations

from emulator.kernels.advance import update
from emulator.kernels.delivery import deliver
from emulator.kernels.growing import grown
from emulator.kernels.jit import jit
from emulator.kernels.sources import drive, driven_spikes, external_spikes
from emulator.kernels.transport import order, transport


@jit
def work(
    state, adaptive, receptors, limits, first, last, ring, step, steps, dt, seed, key, jitter, fan, stp, drives,
    traces, samples, first_sample, slot, sent, sent_events, sent_times, events, times,
):  # fmt: skip
    """Deliver ``sent`` spikes and advance the blocks ``first`` to ``last`` by ``steps``.

    ``fan``, ``stp`` and ``drives`` are the thread's own: those of the synapses of these blocks, and its own copy of
    the states of short-term plasticity, which are the same in all threads.  Returns the number of the spikes of these
    blocks and both arrays.
    """
    deliver(sent, sent_events, sent_times, fan, stp, ring, slot, step, dt, jitter, key)
    for k in range(steps):
        drive(drives, step + k, seed, ring)
    return update(
        state, adaptive, receptors, limits, first, last, ring, step, steps, traces, samples, first_sample, events, times
    )


@jit
def gather(
    count, events, times, step, steps, n_neurons, dt, seed, drives, sources, queues, record_sources, buckets,
    sorted_events, sorted_times, sent_events, sent_times, n_out, out_unit, out_time,
):  # fmt: skip
    """Add the spikes of sources, record them all, and send them.

    Returns the number of spikes to deliver and their arrays, both pairs of work arrays, and the recorded spikes; see
    `emulator.kernels.advance.advance`.
    """
    if record_sources:
        driven = 0
        for k in range(steps):
            driven, sorted_events, sorted_times = driven_spikes(
                drives, step + k, seed, driven, sorted_events, sorted_times
            )
        out_unit, out_time = grown(out_unit, n_out + driven), grown(out_time, n_out + driven)
        for e in range(driven):
            out_unit[n_out], out_time[n_out] = sorted_events[e], sorted_times[e]
            n_out += 1
    count, events, times = external_spikes(sources, n_neurons, step + steps + 0.5, dt, count, events, times)
    sorted_events, sorted_times = grown(sorted_events, count), grown(sorted_times, count)
    order(count, events, times, step, steps, sorted_events, sorted_times, buckets)
    out_unit, out_time = grown(out_unit, n_out + count), grown(out_time, n_out + count)
    for e in range(count):
        if record_sources or sorted_events[e] < n_neurons:
            out_unit[n_out], out_time[n_out] = sorted_events[e], sorted_times[e]
            n_out += 1
    room = count + queues.n_late[0] + queues.bus_busy.sum()
    sent_events, sent_times = grown(sent_events, room), grown(sent_times, room)
    if queues.finite:
        count = transport(queues, n_neurons, step, steps, buckets, sorted_events, sorted_times, sent_events, sent_times)
    else:
        for e in range(count):
            sent_events[e], sent_times[e] = sorted_events[e], sorted_times[e]
    return count, sorted_events, sorted_times, sent_events, sent_times, n_out, out_unit, out_time
