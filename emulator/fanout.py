"""Synapses sorted for delivery: by source, state of short-term plasticity and delay."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import STP_TSODYKS_MARKRAM, Circuits
from emulator.kernels.jit import jit
from emulator.kernels.tables import Fanout, Stp
from emulator.layout import Layout, conductance_scale


def fanout(circuits: Circuits, layout: Layout, dt: float) -> tuple[Fanout, Stp]:
    """Return the synapses of all units as segments, and the states of their short-term plasticity.

    A segment is what one source sends with one delay under one set of plasticity parameters.  All drivers of a source
    see the same spikes, so their states with the same parameters are the same at all times: one per source and set is
    kept, and ``stp_state`` makes no difference.  Sorting is by counting, linear in the
    number of synapses.

    Parameters
    ----------
    circuits : Circuits
        n neurons, m sources.
    layout : Layout
        Where the inputs of the neurons stand.
    dt : float
        Time step [ms]; delays are rounded to it, to at least one step.
    """
    table, units = circuits.synapses, len(circuits.neurons) + len(circuits.sources)
    delay = delay_steps(table.delay, dt)
    code = (table.stp + 1).astype(np.int32)  # 0 for static synapses
    order = _sorted_by(delay, code, table.source)
    source, delay, code = table.source[order], delay[order], code[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(source) != 0) | (np.diff(code) != 0) | (np.diff(delay) != 0)
    begin = np.flatnonzero(new)
    owner = source[begin]
    state, representative = _number_states(owner, code[begin])
    target = layout.input_index(table.target[order], table.receptor[order])
    scale = conductance_scale(circuits.neurons, table.target[order], table.receptor[order], dt)
    weight = (table.weight[order] * scale).astype(np.float32)
    index_type = np.uint16 if layout.small else np.uint32
    fan = Fanout(
        np.searchsorted(owner, np.arange(units + 1)).astype(np.int64),
        np.append(begin, len(order)).astype(np.int64),
        delay[begin],
        state,
        target.astype(index_type),
        weight,
    )
    return fan, _states(circuits, table.stp[order[begin[representative]]])


def delay_steps(delay: NDArray[np.float32], dt: float) -> NDArray[np.int32]:
    """Return delays [ms] in time steps of ``dt``, at least one."""
    steps: NDArray[np.int32] = np.maximum(np.floor(delay / np.float32(dt) + np.float32(0.5)), 1).astype(np.int32)
    return steps


def _sorted_by(*keys: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the stable order by the last key, then the one before it, and so on."""
    order = np.arange(len(keys[0]), dtype=np.int64)
    for key in keys:
        if len(key) and key.min() != key.max() and np.any(np.diff(key[order]) < 0):
            order = _counting_sort(key, order, int(key.max()) + 1)
    return order


@jit
def _counting_sort(key: NDArray[Any], order: NDArray[Any], size: int) -> NDArray[Any]:
    place = np.zeros(size + 1, np.int64)
    for k in key:
        place[k + 1] += 1
    for k in range(size):
        place[k + 1] += place[k]
    result = np.empty_like(order)
    for i in order:
        result[place[key[i]]] = i
        place[key[i]] += 1
    return result


def _number_states(owner: NDArray[Any], code: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the state of each segment, one per source and code, and the first segment of each state."""
    plastic = code > 0
    new = plastic.copy()
    new[1:] &= (np.diff(owner) != 0) | (np.diff(code) != 0)
    state = np.where(plastic, np.cumsum(new) - 1, -1).astype(np.int32)
    return state, np.flatnonzero(new)


def _states(circuits: Circuits, row: NDArray[Any]) -> Stp:
    p = circuits.plasticity
    memory = np.empty((len(row), 3))
    memory[:, 0] = np.where(p.mode[row] == STP_TSODYKS_MARKRAM, 1.0, 0.0)
    memory[:, 1] = p.U[row]
    memory[:, 2] = -1.0
    rules = np.stack([p.mode.astype(np.float64), p.U, p.tau_rec, p.tau_facil, p.lam, p.n], axis=1)
    return Stp(memory.ravel(), row.astype(np.int32), np.ascontiguousarray(rules))
