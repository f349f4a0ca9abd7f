"""Floating gates to neurons: the effective parameters of denmems that are connected to one neuron.

Connected membranes add up: capacitances, leak conductances (the resting potential is their weighted mean), adaptation
and exponential currents.  The firing denmem gives threshold, reset and refractory time (ESS ``CompoundNeuron``).  The
synaptic inputs that serve one receptor have one time constant and reversal potential in the engine: their mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import NeuronParameters
from emulator.neurons import Neurons
from emulator.variation import Variation
from models.configuration import Configuration
from models.hardware.calibration import PARAMETERS, SWITCHABLE, Calibration, denmem_capacitance, leak_curve
from models.hardware.calibration_cells import (
    ADAPTATION_OFF,
    BLOCK_OF_DENMEM,
    DAC_MAX,
    DENMEM_CELL,
    EXPONENTIAL_OFF,
    LEAK_NAMES,
    N_SHARED_BLOCKS,
    SHARED_CELL,
)
from models.hardware.neurons import N_COLUMNS, N_DENMEMS
from models.hardware.synapses import TARGETS
from models.network import Network

Floats = NDArray[np.float64]

#: Parameters of every denmem that neither depend on the leak mode nor are shared.
_OWN: Final = tuple(name for name in PARAMETERS if name not in ("tau_m", "v_reset"))
#: A reset above the threshold, which makes a circuit fire without end, counts as this far below it [mV].
_GAP: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class RealisedNeurons:
    """The neurons of a configuration.

    Attributes
    ----------
    parameters : NeuronParameters
        Of n neurons.
    cell : (n,) int32
        Their cells, ascending.
    denmem : (n,) int64
        Firing denmem 512 hicann + denmem.
    cm, capacitance : (n_cells,) float64
        Biological and hardware capacitance of every cell [nF]; 1 where there is none.
    """

    parameters: NeuronParameters
    cell: NDArray[np.int32]
    denmem: NDArray[np.int64]
    cm: Floats
    capacitance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Denmems:
    """Denmems of labelled neurons, by neuron: neuron, place 512 hicann + denmem, table row, on-chip number, (k,)."""

    neuron: NDArray[np.int64]
    place: NDArray[np.int64]
    hicann: NDArray[np.int64]
    row: NDArray[np.int64]
    denmem: NDArray[np.int64]


def realised_neurons(
    network: Network, configuration: Configuration, cells: Neurons, calibration: Calibration, variation: Variation
) -> RealisedNeurons:
    """Return the neurons that the analog registers make.

    Parameters
    ----------
    network : Network
        Tells how many receptors a cell has and, as the unit of conductances, its capacitance.
    configuration : Configuration
        The registers.
    cells : Neurons
        Which denmems are which neuron.
    calibration, variation : Calibration, Variation
        What the registers mean.
    """
    denmems, cell = _denmems(configuration, cells)
    n, neuron = len(cell), denmems.neuron
    cm = _capacitances(network)
    capacitance = denmem_capacitance(configuration.denmem_bigcap[denmems.row, denmems.denmem // N_COLUMNS])
    total = np.bincount(neuron, weights=capacitance, minlength=n)
    firing = _firing(configuration, denmems, n)
    values = _values(configuration, denmems, total[neuron] / cm[cell[neuron]], calibration, variation)

    def at_firing(name: str) -> Floats:
        return values[name][firing]

    def total_of(weight: Floats) -> Floats:
        return np.bincount(neuron, weights=weight, minlength=n).astype(np.float64)

    def mean(name: str, weight: Floats) -> Floats:
        return total_of(weight * values[name]) / total_of(weight)

    leak = capacitance / values["tau_m"]
    adaptive = _adaptive(configuration, denmems, n)
    threshold = at_firing("v_threshold")
    inputs = _Inputs.of(network, cell, denmems)
    tau_syn, e_rev = (inputs.mean(values, name) for name in ("tau_syn", "e_rev"))
    factor = calibration.scaling.weight_factor(total, cm[cell])
    limit = inputs.total(_limits(configuration, denmems, variation)) / factor[:, None] if variation.saturates else None
    parameters = NeuronParameters(
        cm=cm[cell],
        tau_m=total / total_of(leak),
        v_rest=mean("v_rest", leak),
        v_thresh=np.where(adaptive, mean("v_exponential", leak), threshold),
        v_reset=np.minimum(at_firing("v_reset"), threshold - _GAP),
        tau_refrac=at_firing("tau_refrac"),
        tau_syn=tau_syn,
        e_rev=e_rev,
        adaptive=adaptive,
        a=total_of(values["a"]),
        b=total_of(values["b"]),
        tau_w=mean("tau_w", capacitance),
        delta_T=mean("delta_T", leak),
        v_spike=threshold,
        v_init=mean("v_rest", leak),
        g_max=limit,
    )
    whole = np.ones(network.n_cells)
    whole[cell] = total
    place = denmems.place[firing]
    return RealisedNeurons(parameters, cell, place, cm, whole)


def _denmems(configuration: Configuration, cells: Neurons) -> tuple[_Denmems, NDArray[np.int32]]:
    """Return the denmems of labelled neurons and the cells of these neurons, ascending."""
    flat = cells.cell.ravel()
    place = np.flatnonzero(flat >= 0)
    cell, neuron = np.unique(flat[place], return_inverse=True)
    hicann = place // N_DENMEMS
    row = configuration.position[hicann].astype(np.int64)
    return _Denmems(neuron.astype(np.int64), place, hicann, row, place % N_DENMEMS), cell.astype(np.int32)


def _capacitances(network: Network) -> Floats:
    """Return the biological capacitance of every cell [nF], 1 for sources, (n_cells,)."""
    parts = [np.empty(0)]
    for population, first in zip(network.populations, network.offsets, strict=False):
        source = network.is_source[first]
        parts.append(np.ones(population.size) if source else population.parameter("cm"))
    return np.concatenate(parts)


def _firing(configuration: Configuration, denmems: _Denmems, n: int) -> NDArray[np.int64]:
    """Return for each neuron which of the denmems fires; if none does, its lowest, (n,)."""
    silent = ~configuration.denmem_fires[denmems.row, denmems.denmem]
    order = np.lexsort((denmems.place, silent, denmems.neuron))
    first = np.searchsorted(denmems.neuron[order], np.arange(n))
    chosen: NDArray[np.int64] = order[first]
    return chosen


def _adaptive(configuration: Configuration, denmems: _Denmems, n: int) -> NDArray[np.bool_]:
    """Return which neurons have an exponential or adaptation term switched on, (n,)."""
    gates = configuration.fg_denmem[denmems.row, denmems.denmem]
    exponential = gates[:, DENMEM_CELL["V_exp"]] < EXPONENTIAL_OFF
    adapts = (gates[:, [DENMEM_CELL["I_gladapt"], DENMEM_CELL["I_fire"]]] > ADAPTATION_OFF).any(axis=1)
    return np.asarray(np.bincount(denmems.neuron, weights=exponential | adapts, minlength=n) > 0)


def _values(
    configuration: Configuration,
    denmems: _Denmems,
    ratio: Floats,
    calibration: Calibration,
    variation: Variation,
) -> Mapping[str, Floats]:
    """Return the biological value of every parameter of every denmem.

    Conductances and currents are in units of the neuron's whole capacitance, so that the sum over its denmems is the
    value of the neuron.
    """
    values = {}
    for name in _OWN:
        dac = configuration.fg_denmem[denmems.row, denmems.denmem, DENMEM_CELL[PARAMETERS[name][0]]]
        values[name] = _value(name, dac, denmems.hicann, denmems.denmem, N_DENMEMS, ratio, calibration, variation)
    block = BLOCK_OF_DENMEM[denmems.denmem].astype(np.int64)
    dac = configuration.fg_shared[denmems.row, block, SHARED_CELL["V_reset"]]
    values["v_reset"] = _value("v_reset", dac, denmems.hicann, block, N_SHARED_BLOCKS, ratio, calibration, variation)
    half = denmems.denmem // N_COLUMNS
    big, leak = configuration.denmem_bigcap[denmems.row, half], configuration.denmem_leak[denmems.row, half]
    dac = configuration.fg_denmem[denmems.row, denmems.denmem, DENMEM_CELL["I_gl"]]
    values["tau_m"] = np.empty(len(dac))
    for capacitor in (False, True):
        for mode in range(len(LEAK_NAMES)):
            here = np.flatnonzero((big == capacitor) & (leak == mode))
            if len(here):
                place = denmems.hicann[here], denmems.denmem[here], N_DENMEMS
                curve = leak_curve(capacitor, mode)
                values["tau_m"][here] = _value("tau_m", dac[here], *place, ratio[here], calibration, variation, curve)
    return values


def _value(
    name: str,
    dac: NDArray[np.uint16],
    hicann: NDArray[np.int64],
    circuit: NDArray[np.int64],
    circuits: int,
    ratio: Floats,
    calibration: Calibration,
    variation: Variation,
    curve: str | None = None,
) -> Floats:
    """Return biological values of cells: programmed with an error, then the circuits' fixed pattern, (n,)."""
    cell, quantity = PARAMETERS[name]
    place = hicann * circuits + circuit
    held = variation.programmed(cell, dac, place)
    hardware = variation.parameter(name, calibration.value(curve or cell, held, hicann, circuit), place)
    bio = calibration.scaling.to_bio(quantity, hardware, ratio)
    return np.where(dac <= ADAPTATION_OFF, 0.0, bio) if name in SWITCHABLE else bio


@dataclass(frozen=True, slots=True, eq=False)
class _Inputs:
    """Synaptic inputs of denmems by receptor: ``place`` (2, k), left and right, is ``width`` neuron + receptor."""

    place: NDArray[np.int64]
    count: NDArray[np.int64]
    width: int

    @classmethod
    def of(cls, network: Network, cell: NDArray[np.int32], denmems: _Denmems) -> _Inputs:
        """Return which receptor each input of each denmem serves."""
        receptors = network.receptor_count[cell]
        width = int(receptors.max(initial=1))
        table = np.zeros((5, 2, 2), dtype=np.int64)
        for number, by_parity in TARGETS.items():
            table[number] = by_parity
        served = table[receptors[denmems.neuron], denmems.denmem % 2]
        place = denmems.neuron * width + served.T
        return cls(place, np.bincount(place.ravel(), minlength=len(cell) * width), width)

    def total(self, values: Mapping[str, Floats]) -> Floats:
        """Return the sum over the inputs of every receptor of ``x`` and ``i``, infinite where it has none, (n, r)."""
        sums = sum(np.bincount(p, values[letter], len(self.count)) for p, letter in zip(self.place, "xi", strict=True))
        return np.where(self.count > 0, sums, np.inf).reshape(-1, self.width)

    def mean(self, values: Mapping[str, Floats], name: str) -> Floats:
        """Return the mean of ``NAME_x`` and ``NAME_i`` over the inputs of every receptor, (n, r)."""
        total = self.total({letter: values[f"{name}_{letter}"] for letter in "xi"})
        none = self.count.reshape(-1, self.width) == 0
        without = 1.0 if name == "tau_syn" else 0.0
        return np.where(none, without, total / np.maximum(self.count, 1).reshape(-1, self.width))


def _limits(configuration: Configuration, denmems: _Denmems, variation: Variation) -> dict[str, Floats]:
    """Return the largest conductance of the inputs of denmems [nS], (k,) each, in proportion to their I_conv."""
    limits = {}
    for letter in "xi":
        cell = f"I_conv{letter}"
        dac = configuration.fg_denmem[denmems.row, denmems.denmem, DENMEM_CELL[cell]]
        held = np.maximum(variation.programmed(cell, dac, denmems.place), 1.0)
        limits[letter] = variation.saturation * held / DAC_MAX
    return limits
