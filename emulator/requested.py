"""The unmapped network as circuits: every parameter as it was asked for, nothing lost, nothing rounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import (
    STP_TSODYKS_MARKRAM,
    CircuitError,
    Circuits,
    NeuronParameters,
    Plasticity,
    SpikeSources,
    SynapseTable,
)
from models.network import CELL_TYPES, Network, Population, TsodyksMarkram
from models.network.parameters import is_nested

#: Delay of a synapse of which none is asked for [ms]: the part of the measured delay on the wafer that does not depend
#: on the route (brainscales1-demos, wafer 30: 0.6444 ms + 0.0397 ms per HICANN).  The hardware cannot set any.
DEFAULT_DELAY: Final = 0.6444

_SCALARS: Final = ("cm", "tau_m", "v_rest", "v_thresh", "v_reset", "tau_refrac")
_ADAPTIVE: Final = {"a": 0.0, "b": 0.0, "tau_w": 1.0, "delta_T": 1.0, "v_spike": 0.0}


def requested(network: Network, *, delay: float = DEFAULT_DELAY, v_init: NDArray[Any] | None = None) -> Circuits:
    """Return the circuits that the network asks for.

    Short-term plasticity follows Tsodyks and Markram's equations, one state per source and projection.

    Parameters
    ----------
    network : Network
        n neurons and m spike sources, in the order of their cells.
    delay : float
        Delay of the synapses of which the network asks for none [ms].
    v_init : (n,) or None
        Potential of each neuron at t = 0 [mV]; None: its resting potential, as in PyNN.

    Raises
    ------
    CircuitError
        If a parameter cannot be simulated.
    """
    if not (np.isfinite(delay) and delay > 0):
        raise CircuitError(f"delay must be positive [ms] (got {delay})")
    source = network.is_source
    neuron_cell = np.flatnonzero(~source).astype(np.int32)
    source_cell = np.flatnonzero(source).astype(np.int32)
    unit = np.empty(network.n_cells, dtype=np.int32)
    unit[neuron_cell] = np.arange(len(neuron_cell))
    unit[source_cell] = len(neuron_cell) + np.arange(len(source_cell))
    is_neuron = [not CELL_TYPES[population.cell].is_source for population in network.populations]
    neurons = [p for p, keep in zip(network.populations, is_neuron, strict=True) if keep]
    sources = [p for p, keep in zip(network.populations, is_neuron, strict=True) if not keep]
    return Circuits(
        neuron_parameters(neurons, v_init),
        spike_sources(sources),
        _synapses(network, unit, delay),
        _plasticity(network),
        neuron_cell,
        source_cell,
    )


def neuron_parameters(populations: Sequence[Population], v_init: NDArray[Any] | None = None) -> NeuronParameters:
    """Return the PyNN parameters of all cells of some populations of neurons, in their order.

    Raises
    ------
    CircuitError
        If a parameter cannot be simulated.
    """
    scalars = {name: _concatenate([p.parameter(name) for p in populations]) for name in _SCALARS}
    adaptive = {name: _concatenate([_adaptive(p, name) for p in populations]) for name in _ADAPTIVE}
    lists = [(_receptors(p, "tau_syn"), _receptors(p, "e_rev")) for p in populations]
    width = max([1, *(tau.shape[1] for tau, _ in lists)])
    on = _concatenate([np.full(p.size, "tau_w" in CELL_TYPES[p.cell].defaults) for p in populations])
    return NeuronParameters(
        **scalars,
        **adaptive,
        tau_syn=_stack([_padded(tau, width, 1.0) for tau, _ in lists], width),
        e_rev=_stack([_padded(rev, width, 0.0) for _, rev in lists], width),
        adaptive=on.astype(np.bool_),
        v_init=scalars["v_rest"].copy() if v_init is None else np.asarray(v_init, dtype=np.float64),
    )


def spike_sources(populations: Sequence[Population]) -> SpikeSources:
    """Return all cells of some populations of spike sources, in their order.

    Raises
    ------
    CircuitError
        If a rate or a spike time is negative.
    """
    trains: list[NDArray[np.float64]] = []
    poisson: dict[str, list[NDArray[np.float64]]] = {"rate": [], "start": [], "duration": []}
    for population in populations:
        if population.cell == "SpikeSourcePoisson":
            for name, values in poisson.items():
                values.append(population.parameter(name))
            trains += [np.empty(0)] * population.size
        else:
            trains += _given_spikes(population)
            poisson["rate"].append(np.full(population.size, np.nan))
            poisson["start"].append(np.zeros(population.size))
            poisson["duration"].append(np.zeros(population.size))
    first = np.concatenate([[0], np.cumsum([len(train) for train in trains])]).astype(np.int64)
    rate, start, duration = (_concatenate(values) for values in poisson.values())
    return SpikeSources(rate, start, duration, first, _concatenate(trains))


def _given_spikes(population: Population) -> list[NDArray[np.float64]]:
    times = population.params.get("spike_times", ())
    if is_nested(times):
        return [np.sort(np.asarray(one, dtype=np.float64)) for one in times]
    return [np.sort(np.asarray(times, dtype=np.float64))] * population.size


def _adaptive(population: Population, name: str) -> NDArray[np.float64]:
    if name in CELL_TYPES[population.cell].defaults:
        return population.parameter(name)
    return np.full(population.size, _ADAPTIVE[name])


def _receptors(population: Population, name: str) -> NDArray[np.float64]:
    """Return ``tau_syn`` or ``e_rev`` of each cell and receptor, (size, receptors)."""
    kind = CELL_TYPES[population.cell]
    if kind.multi_conductance:
        row = np.asarray(population.params.get(name, kind.defaults[name]), dtype=np.float64)
        return np.tile(row, (population.size, 1))
    return np.stack([population.parameter(f"{name}_E"), population.parameter(f"{name}_I")], axis=1)


def _padded(values: NDArray[np.float64], width: int, fill: float) -> NDArray[np.float64]:
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=fill)


def _concatenate(parts: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
    return np.concatenate([np.empty(0), *parts])


def _stack(parts: Sequence[NDArray[np.float64]], width: int) -> NDArray[np.float64]:
    return np.concatenate([np.empty((0, width)), *parts])


def _synapses(network: Network, unit: NDArray[np.int32], delay: float) -> SynapseTable:
    all_synapses = network.synapses
    row = np.full(len(network.projections), -1, dtype=np.int32)
    plastic = [i for i, p in enumerate(network.projections) if isinstance(p.synapse, TsodyksMarkram)]
    row[plastic] = np.arange(len(plastic))
    stp = row[all_synapses.projection] if len(row) else np.empty(0, np.int32)
    return SynapseTable(
        unit[all_synapses.pre],
        unit[all_synapses.post],
        all_synapses.receptor,
        all_synapses.weight,
        requested_delays(network, delay),
        stp,
        np.zeros(len(all_synapses), dtype=np.int32),
    )


def requested_delays(network: Network, otherwise: float) -> NDArray[np.float32]:
    """Return the delay that is asked for of each synapse of a network, or another one where none is, (n,) [ms]."""
    return np.where(np.isnan(network.delays), np.float32(otherwise), network.delays)


def _plasticity(network: Network) -> Plasticity:
    rows = [p.synapse for p in network.projections if isinstance(p.synapse, TsodyksMarkram)]
    none = np.zeros(len(rows))
    return Plasticity(
        np.full(len(rows), STP_TSODYKS_MARKRAM, dtype=np.int8),
        np.array([row.U for row in rows], dtype=np.float64),
        np.array([row.tau_rec for row in rows], dtype=np.float64),
        np.array([row.tau_facil for row in rows], dtype=np.float64),
        none,
        none,
    )
