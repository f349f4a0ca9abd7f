"""Effective synapses to conductances, delays and short-term plasticity.

Conductance: calibtic's row polynomial of the weight code, times the row's gain (V_gmax over the dividers).  Delay: the
route's length in HICANNs (measured on wafer 30, brainscales1-demos).  STP state: one per source and synapse driver
(ESS ``syndriver``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.audit import match
from emulator.circuits import STP_DEPRESSION, Plasticity, SynapseTable
from emulator.decode import Decoded, EffectiveSynapses
from emulator.realised_neurons import RealisedNeurons
from emulator.requested import requested_delays
from emulator.variation import Variation
from models.configuration import Configuration
from models.hardware.calibration import Calibration, cap_to_utilisation, dac_to_recovery
from models.hardware.calibration_cells import BLOCK_OF_DRIVER, N_SHARED_BLOCKS, SHARED_CELL
from models.hardware.calibration_defaults import PER_VOLT
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_LINES
from models.hardware.synapses import N_COLUMNS, N_DRIVERS, N_ROWS
from models.network import STP_OFF, Network, TsodyksMarkram

Floats = NDArray[np.float64]

#: Delay of a route [ms]: constant plus a part for every HICANN on it (wafer 30, speedup 10^4).
DELAY_CONSTANT: Final = 0.6444
DELAY_PER_HICANN: Final = 0.0397
#: No delay is shorter [ms].
LEAST_DELAY: Final = 0.1
_REFERENCE_SPEEDUP: Final = 1e4
#: First pulses of driver circuits are not divided by less.
_LEAST_PULSE: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class RealisedSynapses:
    """Synapses of a configuration, and where each is: index into the effective synapses of the decoded bits."""

    table: SynapseTable
    plasticity: Plasticity
    effective: NDArray[np.int64]


def realised_synapses(
    network: Network,
    configuration: Configuration,
    decoded: Decoded,
    neurons: RealisedNeurons,
    unit: NDArray[np.int32],
    calibration: Calibration,
    variation: Variation,
    delay: float | None = None,
) -> RealisedSynapses:
    """Return the synapses that the bits make.

    Parameters
    ----------
    network : Network
        Its weights count only if the variation is without quantisation.
    configuration, decoded : Configuration, Decoded
        The bits and what they connect.
    neurons : RealisedNeurons
        The target neurons.
    unit : (n_cells,) int32
        Unit of each cell in the circuits, -1: none.
    calibration, variation : Calibration, Variation
        What the registers mean.
    delay : float or None
        Where the network asks for none, if its delays hold [ms]; None: by the route.
    """
    every = decoded.synapses
    kept = np.flatnonzero((unit[every.pre] >= 0) & (unit[every.post] >= 0))
    synapses = every if len(kept) == len(every) else every.select(kept)
    index = configuration.position[synapses.hicann].astype(np.int64)
    weight = _weights(configuration, synapses, index, neurons, calibration, variation)
    stp, state, plasticity = _plasticity(configuration, synapses, index, calibration, variation)
    if not variation.quantised:
        weight = _as_asked(network, synapses, weight, _first_pulse(plasticity, stp), variation)
    table = SynapseTable(
        source=unit[synapses.pre],
        target=unit[synapses.post],
        receptor=synapses.receptor,
        weight=weight.astype(np.float32),
        delay=_delays(network, decoded, synapses, calibration, variation, delay),
        stp=stp,
        stp_state=state,
    )
    return RealisedSynapses(table, plasticity, kept)


def _weights(
    configuration: Configuration,
    synapses: EffectiveSynapses,
    index: NDArray[np.int64],
    neurons: RealisedNeurons,
    calibration: Calibration,
    variation: Variation,
) -> Floats:
    """Return the conductance of every synapse in biological terms [uS], (n,)."""
    row = synapses.row.astype(np.int64)
    conductance = calibration.conductance(np.arange(16))[synapses.weight]
    for number, curves in calibration.hicanns.items():
        here = np.flatnonzero(synapses.hicann == number)
        if curves.conductance is not None and len(here):
            conductance[here] = calibration.conductance(synapses.weight[here], 1.0, row[here], number)
    conductance *= _gains(configuration, calibration, variation).ravel()[index * N_ROWS + row]
    per_weight = calibration.scaling.weight_factor(neurons.capacitance, neurons.cm)
    return np.asarray(conductance / per_weight[synapses.post] * _strength(synapses, variation))


def _strength(synapses: EffectiveSynapses, variation: Variation) -> Floats | float:
    """Return the fixed pattern of the synapses' strengths, (n,)."""
    if not variation.synapses:
        return 1.0
    place = (synapses.hicann.astype(np.int64) * N_ROWS + synapses.row) * N_COLUMNS + synapses.column
    return variation.strength(place)


def _gains(configuration: Configuration, calibration: Calibration, variation: Variation) -> Floats:
    """Return the gain of every row of the configured HICANNs, (n, 448)."""
    block = np.repeat(BLOCK_OF_DRIVER.astype(np.int64), 2)
    first = SHARED_CELL["V_gmax0"]
    place = configuration.hicanns[:, None].astype(np.int64) * N_SHARED_BLOCKS + np.arange(N_SHARED_BLOCKS)
    held = np.empty((len(configuration.hicanns), N_SHARED_BLOCKS, 4))
    for selector in range(4):
        dac = configuration.fg_shared[:, :, first + selector]
        held[:, :, selector] = variation.programmed(f"V_gmax{selector}", dac.ravel(), place.ravel()).reshape(dac.shape)
    at = np.arange(len(configuration.hicanns))[:, None]
    selected = held[at, block, configuration.row_gmax & 3]
    return calibration.row_gain(selected, configuration.row_gmax_div)


def _as_asked(
    network: Network, synapses: EffectiveSynapses, weight: Floats, first_pulse: Floats, variation: Variation
) -> Floats:
    """Return weights whose first pulse is what the network asks for; synapses that nothing requires keep theirs, (n,).

    The first pulse of Tsodyks and Markram is the weight times the utilisation.
    """
    required, effective = match(network, synapses)
    pulse = np.array([p.synapse.U if isinstance(p.synapse, TsodyksMarkram) else 1.0 for p in network.projections])
    asked = network.synapses.weight[required] * (pulse[network.synapses.projection[required]] if len(pulse) else 1.0)
    exact = weight.copy()
    exact[effective] = asked / first_pulse[effective]
    strength = _strength(synapses, variation)
    exact[effective] *= strength if isinstance(strength, float) else strength[effective]
    return exact


def _first_pulse(plasticity: Plasticity, stp: NDArray[np.int32]) -> Floats:
    """Return the factor of short-term plasticity on the first pulse of every synapse, (n,)."""
    rest = np.where(plasticity.mode == STP_DEPRESSION, 1.0, -1.0) * plasticity.lam * plasticity.n
    return np.append(np.maximum(1.0 + rest, _LEAST_PULSE), 1.0)[stp]


def _requested_delays(network: Network, synapses: EffectiveSynapses, delay: float) -> NDArray[np.float32]:
    """Return the delays that the network asks for, ``delay`` for what nothing requires, (n,) [ms]."""
    delays = np.full(len(synapses), delay, dtype=np.float32)
    if not np.isnan(network.delays).all():
        required, effective = match(network, synapses)
        delays[effective] = requested_delays(network, delay)[required]
    return delays


def _delays(
    network: Network,
    decoded: Decoded,
    synapses: EffectiveSynapses,
    calibration: Calibration,
    variation: Variation,
    delay: float | None,
) -> NDArray[np.float32]:
    """Return the delay of every synapse [ms], (n,)."""
    if delay is not None:
        return _requested_delays(network, synapses, delay)
    route = synapses.net.astype(np.int64) * N_HICANNS + synapses.hicann
    first, inverse = _runs(synapses.segment.astype(np.int64) * (8 * N_HICANNS * N_HICANNS) + route)
    hicanns = route_length(decoded, synapses.segment[first], synapses.hicann[first])
    physical = (DELAY_CONSTANT + DELAY_PER_HICANN * hicanns) * calibration.scaling.speedup / _REFERENCE_SPEEDUP
    varied = variation.delay(np.asarray(physical, np.float64), route[first])
    return np.maximum(varied, LEAST_DELAY).astype(np.float32)[inverse]


def route_length(decoded: Decoded, segment: NDArray[np.int32], hicann: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the number of HICANNs from where a bus starts to its synapses, both ends included, (n,).

    Parameters
    ----------
    decoded : Decoded
        Layer 1.
    segment : (n,) int32
        VLine segment that feeds the driver.
    hicann : (n,) int16
        HICANN of the driver; it may be fed by the VLine of its neighbour.
    """
    adjacent = segment // N_LINES != hicann
    return np.asarray(decoded.nets.hops[segment].astype(np.int64) + 1 + adjacent, np.int64)


def _runs(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first of every run of equal keys, and the run of each entry."""
    starts = np.ones(len(key), dtype=np.bool_)
    starts[1:] = key[1:] != key[:-1]
    return np.flatnonzero(starts), np.cumsum(starts) - 1


def _plasticity(
    configuration: Configuration,
    synapses: EffectiveSynapses,
    index: NDArray[np.int64],
    calibration: Calibration,
    variation: Variation,
) -> tuple[NDArray[np.int32], NDArray[np.int32], Plasticity]:
    """Return the parameter set and state of every synapse, and the sets: one per driver with plasticity."""
    stp, state = np.full(len(synapses), -1, np.int32), np.zeros(len(synapses), np.int32)
    here = np.flatnonzero(synapses.stp != STP_OFF)
    if not len(here):
        return stp, state, Plasticity.none()
    driver = index[here] * N_DRIVERS + synapses.row[here] // 2
    used, number = np.unique(driver, return_inverse=True)
    stp[here] = state[here] = number
    at, y = used // N_DRIVERS, used % N_DRIVERS
    hicann, block = configuration.hicanns[at].astype(np.int64), BLOCK_OF_DRIVER[y].astype(np.int64)
    place = hicann * N_SHARED_BLOCKS + block

    def held(cell: str) -> Floats:
        return variation.programmed(cell, configuration.fg_shared[at, block, SHARED_CELL[cell]], place)

    mode = configuration.driver_stp[at, y].astype(np.int8)
    offset = np.where(mode == STP_DEPRESSION, held("V_dep"), held("V_fac"))
    strength = held("V_stdf")
    cap = cap_to_utilisation(configuration.driver_stp_cap[at, y])
    tau = dac_to_recovery(held("V_dtc"), calibration.scaling)
    return (
        stp,
        state,
        Plasticity(
            mode=mode,
            U=np.minimum(variation.parameter("utilisation", cap, hicann * N_DRIVERS + y), 1.0),
            tau_rec=variation.parameter("recovery", tau, place),
            tau_facil=np.zeros(len(used)),
            lam=strength / PER_VOLT,
            n=np.divide(offset, strength, out=np.zeros(len(used)), where=strength > 0),
        ),
    )
