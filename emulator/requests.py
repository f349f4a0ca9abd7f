"""What the instance asks of the bits beyond synapses: placement, neuron sizes, shared buses, input rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator.decode import Decoded
from emulator.neurons import Neurons
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware.coordinates import FPGA_OF, N_FPGAS, N_HICANNS, hicanns_of_fpga
from models.hardware.limits import AUTO_SIZE
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS, N_COLUMNS, N_DENMEMS, rectangle
from models.instance import Instance, PlacementRequest

#: Rates are sums of floating-point numbers.
_ROUNDING = 1e-9


def check_requests(instance: Instance, configuration: Configuration, decoded: Decoded) -> list[Violation]:
    """Return the constraints of the instance that the bits do not keep."""
    where = _where(instance, configuration)
    found = _sizes(instance, where, decoded.neurons)
    for request in instance.placement:
        found += _placement(instance, request, where, decoded.neurons)
    return found + _shared_buses(instance, decoded) + _rates(instance, configuration)


def _where(instance: Instance, configuration: Configuration) -> NDArray[np.int32]:
    """Return HICANN and denmem (spike sources: Gbit link) of every cell, -1: no label, (n_cells, 2)."""
    where = np.full((instance.network.n_cells, 2), -1, dtype=np.int32)
    for cell, hicann, place in (
        (configuration.neuron_cell, configuration.neuron_hicann, configuration.neuron_denmem),
        (configuration.input_cell, configuration.input_hicann, configuration.input_link),
    ):
        known = (cell >= 0) & (cell < len(where)) & (hicann >= 0) & (hicann < N_HICANNS)
        known &= (place >= 0) & (place < N_DENMEMS)
        where[cell[known], 0], where[cell[known], 1] = hicann[known], place[known]
    return where


def _sizes(instance: Instance, where: NDArray[np.int32], cells: Neurons) -> list[Violation]:
    """Return the neurons that have another number of denmems than asked for."""
    network = instance.network
    is_free = instance.limits.neuron_size == AUTO_SIZE
    wanted = np.full(network.n_cells, 0 if is_free else instance.limits.default_size, dtype=np.int64)
    for request in instance.placement:
        members = network.cells(request.view)
        if request.size is not None:
            wanted[members] = request.size
        if request.neurons:
            wanted[members] = [size for _, _, size in request.neurons]
    group = cells.group.ravel()
    size_of_group = np.bincount(group, minlength=len(group))
    placed = np.flatnonzero((where[:, 0] >= 0) & ~network.is_source)
    hicann, denmem = where[placed].T
    size = size_of_group[cells.group[hicann, denmem]]
    return [
        violation(
            "neuron_size",
            hicann[i],
            f"denmem {denmem[i]}",
            f"cell {placed[i]} has {size[i]} denmems instead of {wanted[placed[i]]}",
        )
        for i in np.flatnonzero((size != wanted[placed]) & (wanted[placed] > 0))
    ]


def _placement(
    instance: Instance, request: PlacementRequest, where: NDArray[np.int32], cells: Neurons
) -> list[Violation]:
    """Return the cells of a request that are elsewhere; a spike source without input is nowhere wrong."""
    members = instance.network.cells(request.view)
    source = instance.network.is_source[members]
    wrong = ~_fits(request, where[members], source, cells) & ~(source & (where[members, 0] < 0))
    found = []
    for k in np.flatnonzero(wrong):
        hicann, place = (int(value) for value in where[members[k]])
        noun = f"{'Gbit link' if source[k] else 'denmem'} {place}" if hicann >= 0 else "nowhere"
        message = f"cell {members[k]} of {request.view.population} must be on {_wanted(request, int(k))}"
        found.append(violation("placement", max(hicann, 0), noun, message))
    return found


def _fits(
    request: PlacementRequest, where: NDArray[np.int32], source: NDArray[np.bool_], cells: Neurons
) -> NDArray[np.bool_]:
    """Return which cells of a request are where it wants them, (len(view),)."""
    hicann, place = where[:, 0], where[:, 1]
    if request.hicanns:
        return np.isin(hicann, request.hicanns)
    if request.blocks:
        block = np.where(source, place, place % N_COLUMNS // COLUMNS_PER_BLOCK)
        return np.isin(hicann * N_BLOCKS + block, [h * N_BLOCKS + b for h, b in request.blocks])
    fits = np.ones(len(where), dtype=np.bool_)
    for k, (target, column, size) in enumerate(request.neurons):
        wanted = np.sort(rectangle(column, size // 2))
        fits[k] = hicann[k] == target and np.array_equal(cells.members(target, int(place[k])), wanted)
    return fits


def _wanted(request: PlacementRequest, k: int) -> str:
    """Return where cell ``k`` of a request should be."""
    if request.hicanns:
        return f"HICANN {', '.join(map(str, request.hicanns))}"
    if request.blocks:
        return "block " + ", ".join(f"{block} of HICANN {hicann}" for hicann, block in request.blocks)
    hicann, column, size = request.neurons[k]
    return f"columns {column}..{column + size // 2 - 1} of HICANN {hicann}"


def _shared_buses(instance: Instance, decoded: Decoded) -> list[Violation]:
    found = []
    for view in instance.shared_buses:
        nets = decoded.buses.nets_of(instance.network.cells(view))
        if len(nets) > 1:
            names = ", ".join(f"DNC merger {net % 8} of HICANN {net // 8}" for net in nets)
            message = f"the cells of {view.population} leave on {len(nets)} buses: {names}"
            found.append(violation("shared_bus", nets[1] // 8, f"DNC merger {nets[1] % 8}", message))
    return found


def _rates(instance: Instance, configuration: Configuration) -> list[Violation]:
    """Return the HICANNs and FPGAs into which more events go than planned with (marocco InputPlacement)."""
    limits = instance.limits
    if not limits.consider_firing_rate or len(configuration.input_cell) == 0:
        return []
    rates = instance.network.rates
    cell = configuration.input_cell
    known = (cell >= 0) & (cell < len(rates))
    hicann = configuration.input_hicann[known].astype(np.int64) % N_HICANNS
    rate = rates[cell[known]] * limits.speedup
    per_hicann = np.bincount(hicann, rate, N_HICANNS)
    per_fpga = np.bincount(FPGA_OF[hicann], rate, N_FPGAS)
    share = limits.bandwidth_utilization * (1 + _ROUNDING)
    found = [
        violation("input_rate", place, "input", f"{per_hicann[place]:g} events/s enter")
        for place in np.flatnonzero(per_hicann > share * limits.input_rate_per_hicann)
    ]
    for fpga in np.flatnonzero(per_fpga > share * limits.input_rate_per_fpga):
        message = f"{per_fpga[fpga]:g} events/s come through FPGA {fpga}"
        found.append(violation("input_rate", hicanns_of_fpga(int(fpga))[0], "input", message))
    return found
