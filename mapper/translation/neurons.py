"""Neuron parameters to floating gates and membrane modes.

Which cell takes which parameter follows calibtic ``HWNeuronParameter.cpp`` and marocco ``HICANNParameters.cpp``: the
threshold comparator gets ``v_thresh`` of IF neurons and ``v_spike`` of AdEx neurons, whose ``v_thresh`` goes to the
exponential term.  A shared V_reset is the mean over the neurons of its block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.translation.cells import CellParameters, Members
from mapper.translation.options import Analog
from models.configuration import Configuration
from models.hardware.calibration import PARAMETERS, Calibration, denmem_capacitance, leak_curve
from models.hardware.calibration_cells import (
    BLOCK_OF_DENMEM,
    DENMEM_CELL,
    EXPONENTIAL_OFF,
    LEAK_FAST,
    LEAK_NORMAL,
    LEAK_SLOW,
    N_SHARED_BLOCKS,
    SHARED_CELL,
)
from models.hardware.coordinates import N_HICANNS
from models.hardware.synapses import TARGETS

Floats = NDArray[np.float64]

#: Capacitor and leak mode in order of preference.
_MODES: Final = (
    (True, LEAK_NORMAL), (True, LEAK_SLOW), (True, LEAK_FAST),
    (False, LEAK_NORMAL), (False, LEAK_SLOW), (False, LEAK_FAST),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One parameter that the denmems of neurons are to have.

    Attributes
    ----------
    parameter : str
        Name in `models.hardware.calibration.PARAMETERS`.
    name : str
        PyNN name, for reports.
    at : (n,) int64
        Which of the members.
    bio : (n,) float64
        Value in PyNN units.
    """

    parameter: str
    name: str
    at: NDArray[np.int64]
    bio: Floats


def wanted(cells: CellParameters, member: Members, receptor_count: NDArray[np.int8]) -> list[Wanted]:
    """Return everything that the network asks of the denmems, tau_m and V_reset included."""
    adaptive, value = cells.adaptive[member.cell], {k: v[member.cell] for k, v in cells.scalar.items()}
    exponential = adaptive & (value["delta_T"] > 0)
    every = np.arange(len(member.cell))

    def of(parameter: str, name: str, where: NDArray[np.bool_] | None = None) -> Wanted:
        at = every if where is None else np.flatnonzero(where)
        return Wanted(parameter, name, at, value[name][at])

    return [
        of("v_rest", "v_rest"), of("tau_m", "tau_m"), of("tau_refrac", "tau_refrac"), of("v_reset", "v_reset"),
        of("v_threshold", "v_thresh", ~exponential), of("v_threshold", "v_spike", exponential),
        of("v_exponential", "v_thresh", exponential), of("delta_T", "delta_T", exponential),
        of("a", "a", adaptive), of("b", "b", adaptive), of("tau_w", "tau_w", adaptive),
        *_synaptic(cells, member, receptor_count),
    ]  # fmt: skip


def _synaptic(cells: CellParameters, member: Members, receptor_count: NDArray[np.int8]) -> list[Wanted]:
    table = np.zeros((5, 2, 2), dtype=np.int64)
    for count, by_parity in TARGETS.items():
        table[count] = by_parity
    every = np.arange(len(member.cell))
    found = []
    for side, letter in enumerate("xi"):
        receptor = table[receptor_count[member.cell], member.denmem % 2, side]
        for name, values in (("tau_syn", cells.tau_syn), ("e_rev", cells.e_rev)):
            found.append(Wanted(f"{name}_{letter}", name, every, values[member.cell, receptor]))
    return found


def write_neurons(
    bits: Configuration,
    cells: CellParameters,
    member: Members,
    receptor_count: NDArray[np.int8],
    calibration: Calibration,
    options: Analog,
) -> None:
    """Write membrane modes and floating gates of all placed neurons, and V_gmax of all HICANNs.

    Parameters
    ----------
    bits : Configuration
        Its tables are changed.
    cells, member, receptor_count
        What is asked for, of which denmems; (n_cells,) receptors of each cell.
    calibration, options
        How to translate.
    """
    position = bits.position.astype(np.int64)
    for selector, gmax in enumerate(calibration.gmax):
        bits.fg_shared[:, :, SHARED_CELL[f"V_gmax{selector}"]] = gmax
    if not len(member.cell):
        return
    _write_modes(bits, member, cells.scalar["tau_m"][member.cell], calibration, options)
    row = position[member.hicann]
    bits.fg_denmem[row, member.denmem, DENMEM_CELL["V_exp"]] = EXPONENTIAL_OFF
    ratio = membrane_ratio(bits, cells, member)
    for want in wanted(cells, member, receptor_count):
        hicann, denmem = member.hicann[want.at], member.denmem[want.at]
        if want.parameter == "v_reset":
            _write_reset(bits, hicann, denmem, want.bio, calibration)
        elif want.parameter == "tau_m":
            for name, here in leaks(bits, member):
                dac = calibration.bio_to_dac("tau_m", want.bio[here], hicann[here], denmem[here], cell=name)
                bits.fg_denmem[row[here], denmem[here], DENMEM_CELL["I_gl"]] = dac
        else:
            dac = calibration.bio_to_dac(want.parameter, want.bio, hicann, denmem, ratio[want.at])
            bits.fg_denmem[row[want.at], denmem, DENMEM_CELL[PARAMETERS[want.parameter][0]]] = dac


def membrane_ratio(bits: Configuration, cells: CellParameters, member: Members) -> Floats:
    """Return the capacitance of each denmem over the biological one of its neuron, (n_members,).

    Conductances and currents of a neuron are spread over its denmems in proportion to their capacitances, so each
    denmem takes the biological value times its own capacitance over the biological one.
    """
    big = bits.denmem_bigcap[bits.position[member.hicann], member.half]
    ratio: Floats = denmem_capacitance(big) / cells.scalar["cm"][member.cell]
    return ratio


def cell_capacitance(bits: Configuration, member: Members, n_cells: int) -> Floats:
    """Return the summed capacitance of the denmems of every cell [nF], 0 where it has none, (n_cells,)."""
    if not len(member.cell):
        return np.zeros(n_cells)
    capacitance = denmem_capacitance(bits.denmem_bigcap[bits.position[member.hicann], member.half])
    return np.bincount(member.cell, weights=capacitance, minlength=n_cells).astype(np.float64)


def leaks(bits: Configuration, member: Members) -> list[tuple[str, NDArray[np.int64]]]:
    """Return the leak curves in use and the members that each applies to."""
    at = bits.position[member.hicann], member.half
    big, leak = bits.denmem_bigcap[at], bits.denmem_leak[at]
    found = []
    for capacitor, mode in _MODES:
        here = np.flatnonzero((big == capacitor) & (leak == mode))
        if len(here):
            found.append((leak_curve(capacitor, mode), here))
    return found


def _write_modes(
    bits: Configuration, member: Members, tau_m: Floats, calibration: Calibration, options: Analog
) -> None:
    """Choose capacitor and leak mode of every HICANN: the first that saturates the fewest time constants."""
    modes = [
        (big, leak)
        for big, leak in _MODES
        if options.bigcap in (None, big) and (options.leak is None or options.leak == leak)
    ]
    hardware = calibration.scaling.to_hardware("time", tau_m)
    beyond = np.empty((len(modes), N_HICANNS), dtype=np.int64)
    for i, (big, leak) in enumerate(modes):
        outside = calibration.clipped(leak_curve(big, leak), hardware, member.hicann, member.denmem) != hardware
        beyond[i] = np.bincount(member.hicann[outside], minlength=N_HICANNS)
    best = beyond[:, bits.hicanns].argmin(axis=0)
    bits.denmem_bigcap[:] = np.array([big for big, _ in modes])[best][:, None]
    bits.denmem_leak[:] = np.array([leak for _, leak in modes], dtype=np.uint8)[best][:, None]


def _write_reset(
    bits: Configuration,
    hicann: NDArray[np.int64],
    denmem: NDArray[np.int64],
    bio: Floats,
    calibration: Calibration,
) -> None:
    """Write the mean reset potential of the neurons of every shared block."""
    place = hicann * N_SHARED_BLOCKS + BLOCK_OF_DENMEM[denmem]
    count = np.bincount(place, minlength=N_HICANNS * N_SHARED_BLOCKS)
    used = np.flatnonzero(count)
    mean = np.bincount(place, weights=bio, minlength=len(count))[used] / count[used]
    at, block = used // N_SHARED_BLOCKS, used % N_SHARED_BLOCKS
    dac = calibration.bio_to_dac("v_reset", mean, at, block)
    bits.fg_shared[bits.position[at], block, SHARED_CELL["V_reset"]] = dac
