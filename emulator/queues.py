"""Finite transport as the engine's table: servers, what they serve, and their service times in steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits, Transport
from emulator.kernels.tables import Queues


def queues(circuits: Circuits, dt: float) -> Queues:
    """Return the empty queues of a run; ideal transport has none, which is not finite."""
    finite = circuits.transport is not None
    t = circuits.transport or _ideal(len(circuits.neurons), len(circuits.sources))
    n, m, n_encoders = len(circuits.neurons), len(circuits.sources), len(t.bus)
    n_buses, n_links, n_fpgas = (int(ids.max(initial=-1)) + 1 for ids in (t.bus, t.link, t.fpga))
    units = np.lexsort((t.line, t.encoder))
    units = units[t.encoder[units] >= 0]
    encoders = np.argsort(t.bus, kind="stable")
    step = 1e3 * dt / t.speedup  # one time step in microseconds of the hardware
    link_service, fpga_service = 1.0 / (t.link_rate * step), 1.0 / (t.fpga_rate * step)
    link_patience, fpga_patience = t.link_buffer * link_service, t.fpga_late / dt
    late = n_fpgas * (fpga_patience / fpga_service + 2.0) + n_links * (
        (fpga_patience + link_patience) / link_service + 2
    )
    return Queues(
        finite,
        t.encoder,
        t.bus,
        _starts(t.encoder[units], n_encoders),
        units.astype(np.int32),
        _starts(t.bus[encoders], n_buses),
        encoders.astype(np.int32),
        _next_turns(encoders, t.bus),
        np.zeros(n, np.bool_),
        np.zeros(n_encoders, np.int32),
        np.zeros(n_encoders),
        np.full(n_encoders, -1, np.int32),
        np.zeros(n_encoders),
        np.zeros(n_buses),
        np.zeros(n_buses, np.int32),
        np.zeros(n_buses, np.int64),
        np.zeros(n_buses, np.int32),
        np.zeros(n_buses, np.int32),
        t.link,
        t.fpga,
        np.zeros(n_links),
        np.zeros(n_fpgas),
        np.empty(int(late), np.int32),
        np.empty(int(late)),
        np.zeros(1, np.int64),
        np.zeros((4, n + m), np.int64),
        2.0 / (t.clock * step),
        link_service,
        link_patience,
        fpga_service,
        fpga_patience,
    )


def _ideal(n: int, m: int) -> Transport:
    none, free = np.full(n, -1, dtype=np.int32), np.full(m, -1, dtype=np.int32)
    return Transport(none, none, np.empty(0, np.int32), free, free)


def _starts(owner: NDArray[np.int32], size: int) -> NDArray[np.int64]:
    return np.searchsorted(owner, np.arange(size + 1)).astype(np.int64)


def _next_turns(encoders: NDArray[np.int64], bus: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return whose turn it is after each encoder, counted from the first encoder of its bus, (n_encoders,)."""
    first = np.searchsorted(bus[encoders], bus[encoders])
    width = np.bincount(bus, minlength=1)[bus[encoders]]
    turn = np.empty(len(bus), dtype=np.int32)
    turn[encoders] = (np.arange(len(bus)) - first + 1) % width
    return turn
