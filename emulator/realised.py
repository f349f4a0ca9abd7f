"""From bits to circuits: what the configured wafer is, as the engine runs it.

The connectivity is the one decoded from the bits (`emulator.decode`, which the audit judges, too), the parameters are
those that the analog registers give through the calibration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError, Circuits, Transport
from emulator.decode import Decoded, decode
from emulator.earlier import Earlier
from emulator.realised_neurons import RealisedNeurons, realised_neurons
from emulator.realised_synapses import realised_synapses
from emulator.requested import spike_sources
from emulator.variation import Variation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.calibration import Calibration, Scaling
from models.hardware.coordinates import FPGA_OF, N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS, N_COLUMNS, N_DENMEMS
from models.network import Network


@dataclass(frozen=True, slots=True, eq=False)
class Realisation:
    """Circuits and what they come from.

    Attributes
    ----------
    configuration : Configuration
        The bits.
    decoded : Decoded
        What they connect, with every broken rule.
    circuits : Circuits
        What runs.
    effective : (s,) int64
        Effective synapse of ``decoded`` that each synapse of the circuits is.
    network, wafer, limits
        What the bits were decoded under.
    """

    configuration: Configuration
    decoded: Decoded
    circuits: Circuits
    effective: NDArray[np.int64]
    network: Network
    wafer: Wafer
    limits: Limits


def realised(
    network: Network,
    configuration: Configuration,
    *,
    calibration: Calibration | None = None,
    variation: Variation | None = None,
    wafer: Wafer | None = None,
    limits: Limits | None = None,
    delay: float | None = None,
    transport: bool = False,
) -> Circuits:
    """Return the circuits that a configuration makes; see `realise`."""
    return realise(
        network,
        configuration,
        calibration=calibration,
        variation=variation,
        wafer=wafer,
        limits=limits,
        delay=delay,
        transport=transport,
    ).circuits


def realise(
    network: Network,
    configuration: Configuration,
    *,
    calibration: Calibration | None = None,
    variation: Variation | None = None,
    wafer: Wafer | None = None,
    limits: Limits | None = None,
    delay: float | None = None,
    transport: bool = False,
    previous: Realisation | None = None,
) -> Realisation:
    """Return the circuits that a configuration makes, and what they come from.

    Units are the neurons that the labels of the configuration name, by cell, then all spike sources of the network.

    Parameters
    ----------
    network : Network
        Cell types, capacitances (the unit of conductance) and spike sources; not its synapses.
    configuration : Configuration
        The bits.
    calibration : Calibration or None
        What analog registers mean; None: on the ideal chip at the speedup of the limits.
    variation : Variation or None
        Imperfection of the circuits; None: none.
    wafer, limits : Wafer or None, Limits or None
        Only for the rules that the decoder checks; None: an intact wafer, default limits.
    delay : float or None
        The delays that the network asks for, and this one where it asks for none [ms]; None: by the length of the
        physical route.
    transport : bool
        Whether spikes pass priority encoders, mergers, links and FPGAs of finite bandwidth.
    previous : Realisation or None
        An earlier one of a similar configuration: only what has changed is decoded.  Ignored if it is of another
        network, wafer or limits.

    Raises
    ------
    FormatError
        If a table of the configuration is malformed.
    CircuitError
        If registers make a circuit that cannot run, or the delay is not positive.
    """
    if delay is not None and not 0 < delay < float("inf"):
        raise CircuitError(f"delay must be positive [ms] (got {delay})")
    wafer, limits = _inherited(previous, wafer, limits)
    calibration = calibration or Calibration(Scaling(speedup=limits.speedup))
    variation = variation or Variation.none()
    earlier = None
    if previous and previous.network is network and previous.wafer is wafer and previous.limits == limits:
        earlier = Earlier(previous.configuration, previous.decoded)
    decoded = decode(configuration, network, wafer, limits, earlier)
    neurons = realised_neurons(network, configuration, decoded.neurons, calibration, variation)
    sources = np.flatnonzero(network.is_source).astype(np.int32)
    unit = np.full(network.n_cells, -1, dtype=np.int32)
    unit[neurons.cell] = np.arange(len(neurons.cell))
    unit[sources] = len(neurons.cell) + np.arange(len(sources))
    synapses = realised_synapses(network, configuration, decoded, neurons, unit, calibration, variation, delay)
    circuits = Circuits(
        neurons=neurons.parameters,
        sources=spike_sources(
            [p for p, first in zip(network.populations, network.offsets, strict=False) if network.is_source[first]]
        ),
        synapses=synapses.table,
        plasticity=synapses.plasticity,
        neuron_cell=neurons.cell,
        source_cell=sources,
        transport=_transport(configuration, decoded, neurons, sources, limits) if transport else None,
        jitter=variation.jitter,
    )
    return Realisation(configuration, decoded, circuits, synapses.effective, network, wafer, limits)


def _inherited(previous: Realisation | None, wafer: Wafer | None, limits: Limits | None) -> tuple[Wafer, Limits]:
    """Return wafer and limits, by default those of the previous realisation."""
    if wafer is None:
        wafer = previous.wafer if previous else Wafer()
    if limits is None:
        limits = previous.limits if previous else Limits()
    return wafer, limits


def _transport(
    configuration: Configuration,
    decoded: Decoded,
    neurons: RealisedNeurons,
    sources: NDArray[np.int32],
    limits: Limits,
) -> Transport:
    """Return the finite resources on the way of every unit.

    A neuron's request line at the priority encoder of its block is its place there, top row first; a block whose
    spikes reach two buses is counted on the lower one.
    """
    hicann, denmem = neurons.denmem // N_DENMEMS, neurons.denmem % N_DENMEMS
    column = denmem % N_COLUMNS
    net = _nets(decoded, int(neurons.cell.max(initial=-1)))[neurons.cell]
    sends = np.flatnonzero(net >= 0)
    block = hicann[sends] * N_BLOCKS + column[sends] // COLUMNS_PER_BLOCK
    _, first, number = np.unique(block, return_index=True, return_inverse=True)
    encoder = np.full(len(neurons.cell), -1, dtype=np.int32)
    encoder[sends] = number
    _, bus = np.unique(net[sends][first], return_inverse=True)
    line = column % COLUMNS_PER_BLOCK + COLUMNS_PER_BLOCK * (denmem // N_COLUMNS)
    link, fpga = np.full(len(sources), -1, dtype=np.int32), np.full(len(sources), -1, dtype=np.int32)
    entry = np.full(int(sources.max(initial=-1)) + 1, -1, dtype=np.int64)
    known = (configuration.input_cell >= 0) & (configuration.input_cell < len(entry))
    entry[configuration.input_cell[known]] = configuration.input_hicann[known]
    into = entry[sources]
    inside = np.flatnonzero((into >= 0) & (into < N_HICANNS))
    link[inside] = np.unique(into[inside], return_inverse=True)[1]
    fpga[inside] = np.unique(FPGA_OF[into[inside]], return_inverse=True)[1]
    return Transport(encoder, line.astype(np.int32), bus.astype(np.int32), link, fpga, speedup=limits.speedup)


def _nets(decoded: Decoded, last_cell: int) -> NDArray[np.int64]:
    """Return the lowest net on which each cell sends, -1: none, (last_cell + 1,)."""
    net, address = np.nonzero(decoded.buses.source >= 0)
    table = np.full(last_cell + 1, -1, dtype=np.int64)
    cell = decoded.buses.source[net, address]
    inside = cell <= last_cell
    table[cell[inside][::-1]] = net[inside][::-1]
    return table
