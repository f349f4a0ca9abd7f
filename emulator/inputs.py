"""External sources as the engine's tables: single spikes, and fast drives that are only counted."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits
from emulator.kernels.sources import GROUP, first_spikes
from emulator.kernels.tables import Drives, Sources
from emulator.layout import Layout, conductance_scale

#: Poisson sources from this rate on [Hz] that have one static synapse are drawn as a number of spikes per step.
FAST_RATE: Final = 1000.0
#: Mean number of spikes per step up to which the distribution is inverted in single precision.
_MOST_PER_STEP: Final = 40.0


def fast(circuits: Circuits, dt: float) -> NDArray[np.bool_]:
    """Return which sources are drawn as counts, (m,): fast, Poisson, one static synapse, ideal transport."""
    n, m = len(circuits.neurons), len(circuits.sources)
    table, rate = circuits.synapses, np.nan_to_num(circuits.sources.rate)
    quick = (rate >= FAST_RATE) & (rate * dt * 1e-3 <= _MOST_PER_STEP)
    if not quick.any():
        return quick
    external = table.source >= n
    quick &= np.bincount(table.source[external] - n, minlength=m) == 1
    plastic = external & (table.stp >= 0)
    quick &= np.bincount(table.source[plastic] - n, minlength=m) == 0
    if circuits.transport is not None:
        quick &= (circuits.transport.link < 0) & (circuits.transport.fpga < 0)
    return quick


def single_sources(circuits: Circuits, quick: NDArray[np.bool_], seed: int) -> Sources:
    """Return the sources that are not ``quick``, with their first spikes drawn."""
    given = circuits.sources
    m = len(given)
    rate = np.where(quick, 0.0, np.nan_to_num(given.rate)) * 1e-3
    table = Sources(
        rate,
        np.where(np.isnan(given.rate), 0.0, given.start + given.duration),
        np.empty(m),
        np.full(-(-m // GROUP), np.inf),
        np.where(np.isnan(given.rate), given.first[:-1], 0),
        _keys(circuits, seed),
        np.where(np.isnan(given.rate), given.first[1:], 0),
        given.times,
    )
    first_spikes(table, given.start)
    return table


def drives(circuits: Circuits, layout: Layout, quick: NDArray[np.bool_], dt: float, seed: int) -> Drives:
    """Return the ``quick`` sources, in the order of what they drive."""
    n, synapses, given = len(circuits.neurons), circuits.synapses, circuits.sources
    external = np.flatnonzero(synapses.source >= n)
    synapse = external[quick[synapses.source[external] - n]]
    entry = layout.input_index(synapses.target[synapse], synapses.receptor[synapse])
    order = np.argsort(entry, kind="stable")
    synapse, entry = synapse[order], entry[order]
    source = synapses.source[synapse] - n
    mean, law = np.unique(given.rate[source] * dt * 1e-3, return_inverse=True)
    table, distribution = _laws(mean)
    scale = conductance_scale(circuits.neurons, synapses.target[synapse], synapses.receptor[synapse], dt)
    begin = np.floor(given.start[source] / dt + 0.5)
    stop = np.floor((given.start + given.duration)[source] / dt + 0.5)
    last = np.iinfo(np.int32).max
    return Drives(
        entry.astype(np.uint32),
        (synapses.weight[synapse] * scale).astype(np.float32),
        law.astype(np.uint32),
        table,
        distribution,
        np.minimum(begin, last).astype(np.int32),
        np.minimum(stop, last).astype(np.int32),
        (_keys(circuits, seed)[source] >> np.uint64(32)).astype(np.uint32),
        synapses.source[synapse],
    )


def _laws(mean: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return the tables of Poisson distributions for `kernels.tables.Drives`."""
    most = int(np.ceil(_MOST_PER_STEP + 8.0 * np.sqrt(_MOST_PER_STEP)))
    term = np.exp(-mean)
    distribution = np.empty((len(mean), most))
    for k in range(most):
        distribution[:, k] = term
        term = term * mean / (k + 1)
    distribution = np.cumsum(distribution, axis=1) * 2.0**32
    edges = np.arange(4097) * 2.0**20
    table = np.empty((len(mean), 4096), dtype=np.uint8)
    for row, steps in zip(table, distribution, strict=True):
        count = np.searchsorted(steps, edges, side="right")
        row[:] = np.where(count[:-1] == np.searchsorted(steps, edges[1:] - 1.0, side="right"), count[:-1], 255)
    return table, distribution


def _keys(circuits: Circuits, seed: int) -> NDArray[np.uint64]:
    """Return the key of the stream of each source, by its cell of the network, (m,)."""
    cells = circuits.source_cell
    size = int(cells.max()) + 1 if len(cells) else 0
    words = np.random.SeedSequence([seed, 0]).generate_state(max(size, 1), np.uint64)
    return words.astype(np.uint64)[cells]
