"""Spikes through finite resources: priority encoders, mergers and buses, FPGAs and input links.

Service times are known, so nothing is clocked: each server remembers when it is free.  Rules of loss: see
`emulator.circuits.Transport`.
"""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.growing import appended
from emulator.kernels.jit import jit

#: Rows of the table of losses.
LOST_ENCODER, LOST_MERGER, LOST_FPGA, LOST_LINK = 0, 1, 2, 3


@jit
def transport(queues, n_neurons, step, steps, buckets, unit, time, out_unit, out_time):
    """Pass the spikes of some steps on, as far as they leave before half a step after the last one.

    Events of step ``step + k`` are ``buckets[k]:buckets[k + 1]`` of ``unit``, ``time``.  Returns the number of events
    that have passed, and both arrays.
    """
    encoder_of, bus_of, busy, newest = queues.encoder, queues.bus, queues.bus_busy, queues.bus_newest
    pending, n_pending, free, lost = queues.pending, queues.n_pending, queues.encoder_free, queues.lost
    count = 0
    waiting = busy.sum()
    for k in range(steps + 1):
        for e in range(buckets[k], buckets[k + 1]):
            source, when = unit[e], time[e]
            if source >= n_neurons:
                when = _input(queues, source - n_neurons, source, when)
            elif encoder_of[source] >= 0:
                encoder = encoder_of[source]
                if pending[source]:
                    lost[LOST_ENCODER, source] += 1
                else:
                    pending[source] = True
                    if n_pending[encoder] == 0:
                        free[encoder] = max(free[encoder], when)
                    n_pending[encoder] += 1
                    bus = bus_of[encoder]
                    busy[bus] += 1
                    newest[bus] = source
                    waiting += 1
                when = -1.0
            if when >= 0.0:
                count, out_unit, out_time = appended(source, when, count, out_unit, out_time)
        if waiting > 0:
            count, out_unit, out_time = _run(queues, step + k + 0.5, count, out_unit, out_time)
            waiting = busy.sum()
    return count, out_unit, out_time


@jit
def _run(queues, end, count, out_unit, out_time):
    """Let all buses at which something waits work until ``end``."""
    busy = queues.bus_busy
    for bus in range(busy.shape[0]):
        if busy[bus] == 0:
            continue
        leaves = _alone(queues, bus, end) if busy[bus] == 1 else -1.0
        if leaves >= 0.0:
            count, out_unit, out_time = appended(queues.bus_newest[bus], leaves, count, out_unit, out_time)
        else:
            count, out_unit, out_time = _run_bus(queues, bus, end, count, out_unit, out_time)
    return count, out_unit, out_time


@jit
def _input(queues, j, source, time):
    """Return when a spike of source ``j`` has passed its FPGA and link, or -1 if it is lost."""
    fpga, link = queues.fpga[j], queues.link[j]
    if fpga >= 0:
        begin = max(queues.fpga_free[fpga], time)
        if begin - time > queues.fpga_patience:
            queues.lost[LOST_FPGA, source] += 1
            return -1.0
        queues.fpga_free[fpga] = begin + queues.fpga_service
        time = begin
    if link >= 0:
        begin = max(queues.link_free[link], time)
        if begin - time > queues.link_patience:
            queues.lost[LOST_LINK, source] += 1
            return -1.0
        queues.link_free[link] = begin + queues.link_service
        time = begin
    return time


@jit
def _alone(queues, bus, end):
    """Send the only spike at a bus if it is pending and leaves before ``end``; return when, or -1."""
    source = queues.bus_newest[bus]
    encoder = queues.encoder[source]
    begin = queues.encoder_free[encoder]
    leaves = max(begin, queues.bus_free[bus])
    if not queues.pending[source] or begin >= end or leaves > end:
        return -1.0
    queues.pending[source] = False
    queues.n_pending[encoder] = 0
    queues.encoder_free[encoder] = begin + queues.service
    queues.bus_free[bus] = leaves + queues.service
    queues.bus_busy[bus] = 0
    first, last = queues.first_encoder[bus], queues.first_encoder[bus + 1]
    for i in range(first, last):
        if queues.encoders[i] == encoder:
            queues.bus_turn[bus] = (i - first + 1) % (last - first)
    return leaves


@jit
def _run_bus(queues, bus, end, count, out_unit, out_time):
    """Let the encoders of a bus and the bus itself work until ``end``, in the order of time."""
    begin, stop = queues.first_encoder[bus], queues.first_encoder[bus + 1]
    while True:
        chosen, when = -1, math.inf
        for i in range(begin, stop):
            encoder = queues.encoders[i]
            if queues.n_pending[encoder] > 0 and queues.encoder_free[encoder] < when:
                chosen, when = encoder, queues.encoder_free[encoder]
        limit = min(when, end)
        count, out_unit, out_time = _empty_registers(queues, bus, limit, count, out_unit, out_time)
        if when >= end:
            return count, out_unit, out_time
        _send(queues, bus, chosen, when)


@jit
def _send(queues, bus, encoder, when):
    """Move the pending neuron of the lowest line into the register of its encoder, over what was there."""
    for i in range(queues.first_unit[encoder], queues.first_unit[encoder + 1]):
        source = queues.units[i]
        if queues.pending[source]:
            queues.pending[source] = False
            queues.n_pending[encoder] -= 1
            queues.encoder_free[encoder] = when + queues.service
            if queues.register[encoder] >= 0:
                queues.lost[LOST_MERGER, queues.register[encoder]] += 1
                queues.bus_busy[bus] -= 1
            queues.register[encoder] = source
            queues.register_time[encoder] = when
            return


@jit
def _empty_registers(queues, bus, limit, count, out_unit, out_time):
    """Send what stands in the registers, round robin, as far as the bus is free up to ``limit``."""
    begin = queues.first_encoder[bus]
    width = queues.first_encoder[bus + 1] - begin
    while True:
        chosen, when = -1, math.inf
        for i in range(width):
            turn = (queues.bus_turn[bus] + i) % width
            encoder = queues.encoders[begin + turn]
            if queues.register[encoder] >= 0:
                ready = max(queues.bus_free[bus], queues.register_time[encoder])
                if ready < when:
                    chosen, when = turn, ready
        if chosen < 0 or when > limit:
            return count, out_unit, out_time
        encoder = queues.encoders[begin + chosen]
        count, out_unit, out_time = appended(queues.register[encoder], when, count, out_unit, out_time)
        queues.register[encoder] = -1
        queues.bus_free[bus] = when + queues.service
        queues.bus_turn[bus] = (chosen + 1) % width
        queues.bus_busy[bus] -= 1


@jit
def order(count, unit, time, base, steps, sorted_unit, sorted_time, first):
    """Sort events by step, stable; events of step ``base + k`` are ``first[k]:first[k + 1]`` of the sorted arrays."""
    for k in range(steps + 2):
        first[k] = 0
    for e in range(count):
        first[_bucket(time[e], base, steps) + 1] += 1
    for k in range(steps + 1):
        first[k + 1] += first[k]
    place = first.copy()
    for e in range(count):
        k = _bucket(time[e], base, steps)
        sorted_unit[place[k]], sorted_time[place[k]] = unit[e], time[e]
        place[k] += 1


@jit
def _bucket(time, base, steps):
    return min(max(np.int64(math.floor(time + 0.5)) - base, 0), steps)
