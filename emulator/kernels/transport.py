"""Spikes through finite resources: priority encoders, mergers and buses, FPGAs and input links.

Service times are known, so nothing is clocked: each server remembers when it is free.  Rules of loss: see
`emulator.circuits.Transport`.
"""

from __future__ import annotations

import math

import numpy as np

from emulator.kernels.jit import jit

#: Rows of the table of losses.
LOST_ENCODER, LOST_MERGER, LOST_FPGA, LOST_LINK = 0, 1, 2, 3


@jit
def transport(queues, n_neurons, step, steps, buckets, unit, time, out_unit, out_time):
    """Pass the spikes of some steps on, as far as they leave before half a step after the last one.

    What leaves a link or an FPGA later is kept for the block in which it does.  Events of step ``step + k`` are
    ``buckets[k]:buckets[k + 1]`` of ``unit``, ``time``.  Returns the number of events that have passed; their arrays
    have room for all events that wait or come.
    """
    # every array by its own name, and none is assigned to twice: else numba counts references in the loop
    encoder_of, bus_of, pending, n_pending = queues.encoder, queues.bus, queues.pending, queues.n_pending
    busy, newest, active, turn, bus_free = (
        queues.bus_busy, queues.bus_newest, queues.active, queues.bus_turn, queues.bus_free,
    )  # fmt: skip
    free, next_turn, lost, service = queues.encoder_free, queues.next_turn, queues.lost, queues.service
    first_encoder, encoders, first_unit, units = (
        queues.first_encoder, queues.encoders, queues.first_unit, queues.units,
    )  # fmt: skip
    register, register_time = queues.register, queues.register_time
    fpga, link, fpga_free, link_free = queues.fpga, queues.link, queues.fpga_free, queues.link_free
    late_unit, late_time, n_late = queues.late_unit, queues.late_time, queues.n_late
    count, n_active, until, waiting = 0, 0, step + steps + 0.5, 0
    for i in range(n_late[0]):
        if late_time[i] <= until:
            out_unit[count], out_time[count] = late_unit[i], late_time[i]
            count += 1
        else:
            late_unit[waiting], late_time[waiting] = late_unit[i], late_time[i]
            waiting += 1
    for bus in range(busy.shape[0]):
        if busy[bus] > 0:
            active[n_active] = bus
            n_active += 1
    for k in range(steps + 1):
        for e in range(buckets[k], buckets[k + 1]):
            source, when = unit[e], time[e]
            if source < n_neurons and encoder_of[source] >= 0:
                encoder = encoder_of[source]
                if pending[source]:
                    lost[LOST_ENCODER, source] += 1
                    continue
                bus = bus_of[encoder]
                if busy[bus] == 0:
                    active[n_active] = bus
                    n_active += 1
                pending[source] = True
                if n_pending[encoder] == 0:
                    free[encoder] = max(free[encoder], when)
                n_pending[encoder] += 1
                busy[bus] += 1
                newest[bus] = source
                continue
            if source >= n_neurons:
                j = source - n_neurons
                if fpga[j] >= 0:
                    when = _queued(fpga_free, fpga[j], when, queues.fpga_patience, queues.fpga_service)
                    if when < 0.0:
                        lost[LOST_FPGA, source] += 1
                if link[j] >= 0 and when >= 0.0:
                    when = _queued(link_free, link[j], when, queues.link_patience, queues.link_service)
                    if when < 0.0:
                        lost[LOST_LINK, source] += 1
            if when > until:
                late_unit[waiting], late_time[waiting] = source, when
                waiting += 1
            elif when >= 0.0:
                out_unit[count], out_time[count] = source, when
                count += 1
        end, kept = step + k + 0.5, 0
        for i in range(n_active):
            bus = active[i]
            source = newest[bus]
            encoder = encoder_of[source]
            begin = free[encoder]
            leaves = max(begin, bus_free[bus])
            if busy[bus] == 1 and pending[source] and begin < end and leaves <= end:  # the only one, and at once
                pending[source] = False
                n_pending[encoder] = 0
                free[encoder] = begin + service
                bus_free[bus] = leaves + service
                busy[bus] = 0
                turn[bus] = next_turn[encoder]
                out_unit[count], out_time[count] = source, leaves
                count += 1
            else:
                count = _run_bus(
                    bus, end, service, encoders[first_encoder[bus] : first_encoder[bus + 1]], first_unit, units,
                    pending, n_pending, free, register, register_time, bus_free, turn, busy, lost,
                    count, out_unit, out_time,
                )  # fmt: skip
            active[kept] = bus
            kept += busy[bus] > 0
        n_active = kept
    n_late[0] = waiting
    return count


@jit
def _queued(free, server, time, patience, service):
    """Return when a server of fixed service time takes an event, or -1 if it would wait too long."""
    begin = max(free[server], time)
    if begin - time > patience:
        return -1.0
    free[server] = begin + service
    return begin


@jit
def _run_bus(
    bus, end, service, encoders, first_unit, units, pending, n_pending, free, register, register_time, bus_free, turn,
    busy, lost, count, out_unit, out_time,
):  # fmt: skip
    """Let the encoders of a bus and the bus itself work until ``end``, in the order of time; return the count."""
    width = encoders.shape[0]
    running = True
    while running:
        chosen, when = -1, math.inf
        for i in range(width):
            encoder = encoders[i]
            if n_pending[encoder] > 0 and free[encoder] < when:
                chosen, when = encoder, free[encoder]
        running = when < end
        limit = min(when, end)
        # what stands in the registers leaves first, round robin, as far as the bus is free up to the limit
        while True:
            full, leaves = -1, math.inf
            at = turn[bus]
            for _ in range(width):
                encoder = encoders[at]
                if register[encoder] >= 0:
                    ready = max(bus_free[bus], register_time[encoder])
                    if ready < leaves:
                        full, leaves = at, ready
                at = at + 1 if at + 1 < width else 0
            if full < 0 or leaves > limit:
                break
            encoder = encoders[full]
            out_unit[count], out_time[count] = register[encoder], leaves
            count += 1
            register[encoder] = -1
            bus_free[bus] = leaves + service
            turn[bus] = full + 1 if full + 1 < width else 0
            busy[bus] -= 1
        if running:
            # the pending neuron of the lowest line goes into the register, over what was there
            at = first_unit[chosen]
            while not pending[units[at]]:
                at += 1
            pending[units[at]] = False
            n_pending[chosen] -= 1
            free[chosen] = when + service
            if register[chosen] >= 0:
                lost[LOST_MERGER, register[chosen]] += 1
                busy[bus] -= 1
            register[chosen], register_time[chosen] = units[at], when
    return count


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
