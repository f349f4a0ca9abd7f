"""Mapping to bits: the last step of every solver.  Nothing is decided here except weight codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER, Configuration
from models.hardware.coordinates import DIRECTIONS, EAST, NEIGHBOUR, OPPOSITE, WEST
from models.hardware.layer1 import N_HLINES, N_LINES, N_VLINES, REPEATER_SIDE, segment_name
from models.hardware.mergers import (
    LEFT_ONLY,
    LINK_TO_DNC,
    LINK_TO_HICANN,
    LOCKING_ADDRESS,
    MERGE,
    modes_for_map,
)
from models.hardware.synapses import DRIVER_HALF, DRIVER_SIDE, LEFT, SWITCH
from models.instance import Instance
from models.mapping import (
    INPUT,
    OUTPUT,
    REALISED,
    UNUSED,
    Addresses,
    Drivers,
    Mapping,
    Placement,
    usable_buses,
)

#: Summed membrane capacitance per denmem with the big capacitor [nF] (calibtic NeuronCalibration).
BIG_CAPACITANCE: Final = 2.16456e-3
#: Conductance of weight code w in the only default row calibration [nS]: a + b w + c w^2 (calibtic
#: SynapseRowCalibration, V_gmax 500 nA, divider 11).
CONDUCTANCE: Final = (93.94, 81.344, -1.597)
GMAX_DIVIDER: Final = 11


def configure(instance: Instance, mapping: Mapping) -> Configuration:
    """Return the bits that realise a mapping.

    Parameters
    ----------
    instance : Instance
        Gives the weights and the cell parameters.
    mapping : Mapping
        A complete mapping; HICANNs that only pass routes are configured, too.

    Raises
    ------
    ValueError
        If the mapping asks for a merger map, hop or switch that the hardware does not have.
    """
    configuration = Configuration.blank(mapping.hicanns_in_use)
    position = configuration.position.astype(np.int64)
    usable = usable_buses(mapping.merging, instance.wafer)
    _buses(configuration, mapping, usable, instance.wafer.generators)
    _routes(configuration, position, mapping)
    _chains(configuration, position, mapping)
    _rows(configuration, position, mapping)
    _synapses(configuration, position, instance, mapping)
    addresses = _on_usable_buses(mapping, usable)
    _denmems(configuration, position, mapping.placement, addresses)
    return _labelled(configuration, mapping.placement, addresses)


def _on_usable_buses(mapping: Mapping, usable: NDArray[np.bool_]) -> Addresses:
    """Return the addresses of the cells whose bus works; -1 for the others."""
    placement, addresses = mapping.placement, mapping.addresses
    works = (addresses.dnc >= 0) & (placement.hicann >= 0)
    works[works] = usable[placement.hicann[works], addresses.dnc[works]]
    silent = np.int8(-1)
    return Addresses(np.where(works, addresses.dnc, silent), np.where(works, addresses.address, silent))


def _buses(bits: Configuration, mapping: Mapping, usable: NDArray[np.bool_], generators: NDArray[np.bool_]) -> None:
    """Set mergers, Gbit links and, for every bus, the first background generator that can lock it."""
    merging = mapping.merging
    works = usable[bits.hicanns]
    mode = np.where(works, merging.mode[bits.hicanns], UNUSED)
    bits.dnc_mode[mode != UNUSED] = MERGE
    bits.dnc_slow[mode != UNUSED] = True
    bits.gbit_link[mode == OUTPUT] = LINK_TO_DNC
    bits.gbit_link[mode == INPUT] = LINK_TO_HICANN
    bits.generator_address[:] = LOCKING_ADDRESS
    for i in np.flatnonzero((mode != UNUSED).any(axis=1)):
        inputs = np.flatnonzero(mode[i] == INPUT)
        block_to_dnc = merging.block_to_dnc[bits.hicanns[i]].copy()
        block_to_dnc[inputs] = inputs
        bits.merger_mode[i] = modes_for_map(block_to_dnc.tolist())
        bits.merger_mode[i, inputs] = LEFT_ONLY
        block = np.flatnonzero(block_to_dnc >= 0)
        dnc = block_to_dnc[block]
        locks = works[i, dnc] & generators[bits.hicanns[i], block, dnc]
        _, first = np.unique(dnc[locks], return_index=True)
        bits.generator[i, block[locks][first]] = True


def _routes(bits: Configuration, position: NDArray[np.int64], mapping: Mapping) -> None:
    """Set repeaters and crossbar switches along the edges of the route trees."""
    routing = mapping.routing
    child, parent = routing.segment.astype(np.int64), routing.parent.astype(np.int64)
    roots = child[parent < 0]
    edge = parent >= 0
    child, parent = child[edge], parent[edge]
    hop = child // N_LINES != parent // N_LINES
    _crossbar(bits, position, child[~hop], parent[~hop])
    owner, register, direction = _repeaters(child[hop], parent[hop])

    from_root = np.isin(parent[hop], roots)
    leaves_west = from_root & (direction == WEST)
    stays = np.concatenate([parent[~hop], parent[hop][~leaves_west]])
    root_register = np.where(
        np.isin(roots, stays) | ~np.isin(roots, parent), FROM_MERGER | DRIVE_LOCAL, FROM_MERGER
    ).astype(np.uint8)
    owners, registers = np.concatenate([owner, roots]), np.concatenate([register, root_register])
    np.bitwise_or.at(bits.repeater, (position[owners // N_LINES], owners % N_LINES), registers)


def _crossbar(bits: Configuration, position: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64]) -> None:
    """Close the crossbar switches between segments of one HICANN."""
    horizontal, vertical = np.minimum(a, b) % N_LINES, np.maximum(a, b) % N_LINES - N_HLINES
    slot = np.where(vertical < 128, 31 - horizontal // 2, horizontal // 2)
    for i in np.flatnonzero((vertical < 0) | (horizontal >= N_HLINES) | (vertical % 32 != slot)):
        raise ValueError(f"no crossbar switch between {segment_name(int(a[i]))} and {segment_name(int(b[i]))}")
    bits.crossbar[position[a // N_LINES], 8 * horizontal + vertical // 32] = True


def _repeaters(
    child: NDArray[np.int64], parent: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int8]]:
    """Return the segment that owns the repeater of each hop, what it must drive, and the hop's direction."""
    direction = np.full(len(child), -1, dtype=np.int8)
    for candidate in DIRECTIONS:
        direction[NEIGHBOUR[parent // N_LINES, candidate] == child // N_LINES] = candidate
    for i in np.flatnonzero(direction < 0):
        raise ValueError(f"no hop from {segment_name(int(parent[i]))} to {segment_name(int(child[i]))}")
    at_child = REPEATER_SIDE[child % N_LINES] == np.array(OPPOSITE)[direction]
    owner = np.where(at_child, child, parent)
    return owner, np.where(at_child, DRIVE_LOCAL, DRIVE_NEIGHBOUR).astype(np.uint8), direction


def _chains(bits: Configuration, position: NDArray[np.int64], mapping: Mapping) -> None:
    """Close one synapse switch per chain and connect its drivers."""
    drivers = mapping.drivers
    primary = drivers.primary.astype(np.int64)
    line_hicann, vline = drivers.segment // N_LINES, drivers.segment % N_LINES - N_HLINES
    _check_switches(drivers)
    bits.synapse_switch[position[line_hicann], 32 * primary + 4 * (vline // 32) + vline % 4] = True
    bits.driver_locin[position[drivers.hicann], primary] = True

    length = (drivers.last.astype(np.int64) - drivers.first) // 2 + 1
    chain = np.repeat(np.arange(len(length)), length)
    member = drivers.first[chain] + 2 * _within(length)
    row = position[drivers.hicann[chain]]
    bits.driver_enable[row, member] = True
    outermost = np.where(DRIVER_HALF[primary] == 0, drivers.first, drivers.last)
    inner = member != outermost[chain]
    bits.driver_mirror[row[inner], member[inner]] = True


def _check_switches(drivers: Drivers) -> None:
    """Raise if a chain's VLine cannot feed its primary driver."""
    hicann, vline = drivers.segment // N_LINES, drivers.segment % N_LINES - N_HLINES
    side = (vline >= N_VLINES // 2).astype(np.int64)
    facing = NEIGHBOUR[hicann, np.where(side == LEFT, WEST, EAST)]
    served = np.where(DRIVER_SIDE[drivers.primary] == side, hicann, facing)
    for i in np.flatnonzero((vline < 0) | ~SWITCH[vline, drivers.primary] | (served != drivers.hicann)):
        line, driver = segment_name(int(drivers.segment[i])), int(drivers.primary[i])
        raise ValueError(f"no synapse switch from {line} to driver {driver} of HICANN {drivers.hicann[i]}")


def _within(length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, .. length - 1 for every group, concatenated."""
    return np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)


def _rows(bits: Configuration, position: NDArray[np.int64], mapping: Mapping) -> None:
    """Set decoders, inputs and conductance ranges of the rows, and the STP modes of their drivers."""
    rows = mapping.rows
    at, row = position[rows.hicann], rows.row.astype(np.int64)
    bits.driver_stp[at, row // 2] = rows.stp
    bits.row_input[at, row, rows.side] = True
    bits.row_gmax_div[at, row] = GMAX_DIVIDER
    for parity, decoder in enumerate((rows.decoder_even, rows.decoder_odd)):
        bits.row_decoder[at, row, parity] = np.maximum(decoder, 0)


def _synapses(bits: Configuration, position: NDArray[np.int64], instance: Instance, mapping: Mapping) -> None:
    """Set decoder and weight of the realised synapses."""
    cells = mapping.synapses
    real = np.flatnonzero(cells.cause == REALISED)
    synapses = instance.network.synapses
    pre, post = synapses.pre[real], synapses.post[real]
    decoder = (mapping.addresses.address[pre] & 15).astype(np.uint8)
    code = weight_codes(
        synapses.weight[real],
        mapping.placement.width[post],
        _capacitance(instance)[post],
        instance.limits.speedup,
    )
    at = position[mapping.placement.hicann[post]]
    bits.synapse[at, cells.row[real], cells.column[real]] = decoder << 4 | code


def _capacitance(instance: Instance) -> NDArray[np.float64]:
    """Return the membrane capacitance of every cell [nF], 1 for spike sources, (n_cells,)."""
    network = instance.network
    parts = [np.empty(0)]
    for population, first in zip(network.populations, network.offsets, strict=False):
        source = network.is_source[first]
        parts.append(np.ones(population.size) if source else population.parameter("cm"))
    return np.concatenate(parts)


def weight_codes(
    weight: NDArray[np.float32], width: NDArray[np.int8], cm: NDArray[np.float64], speedup: float
) -> NDArray[np.uint8]:
    """Return the 4-bit weight codes whose conductance in the default calibration is nearest.

    A biological weight w [uS] becomes 1000 w speedup C_hw / cm [nS] on the wafer, C_hw being the sum over the
    neuron's denmems (marocco HICANNParameters).  Codes go from 1 to 15: 0 would not switch the synapse off.
    A tie takes the smaller code.

    Parameters
    ----------
    weight : (n,) float32
        Biological weights [uS].
    width : (n,) int8
        Columns of the target neurons, two denmems each.
    cm : (n,) float64
        Biological membrane capacitance of the targets [nF].
    speedup : float
        How much faster than biology the wafer runs.
    """
    hardware = 1000.0 * weight.astype(np.float64) * speedup * (2 * width * BIG_CAPACITANCE) / cm
    constant, linear, square = CONDUCTANCE
    between = np.arange(1, 15) + 0.5
    # the middle between the conductances of the codes k and k + 1
    border = constant + linear * between + square * (between**2 + 0.25)
    return (1 + np.searchsorted(border, hardware, side="left")).astype(np.uint8)


def _denmems(bits: Configuration, position: NDArray[np.int64], placement: Placement, addresses: Addresses) -> None:
    """Connect the denmems of every neuron: all inside quads, the top row between quads (sthal Neurons)."""
    cells = np.flatnonzero(placement.column >= 0)
    first, width = placement.column[cells].astype(np.int64), placement.width[cells].astype(np.int64)
    at = position[placement.hicann[cells]]
    inside = _within(width)
    row, column = np.repeat(at, width), np.repeat(first, width) + inside
    bits.denmem_vertical[row, column] = True
    joined = (inside > 0) & (column % 2 == 1)
    bits.denmem_horizontal[row[joined], :, column[joined] // 2] = True
    bridge = (inside > 0) & (column % 2 == 0)
    bits.denmem_fire_input[row[bridge], column[bridge]] = True

    address = addresses.address[cells]
    sends = address >= 0
    bits.denmem_fires[at, first] = True
    bits.denmem_sends[at[sends], first[sends]] = True
    bits.denmem_address[at[sends], first[sends]] = address[sends]


def _labelled(bits: Configuration, placement: Placement, addresses: Addresses) -> Configuration:
    """Return the configuration with the labels of neurons and spike sources."""
    neuron = np.flatnonzero(placement.column >= 0)
    source = np.flatnonzero((placement.column < 0) & (placement.hicann >= 0) & (addresses.address >= 0))
    return replace(
        bits,
        neuron_cell=neuron.astype(np.int32),
        neuron_hicann=placement.hicann[neuron],
        neuron_denmem=placement.column[neuron],
        input_cell=source.astype(np.int32),
        input_hicann=placement.hicann[source],
        input_link=addresses.dnc[source].astype(np.uint8),
        input_address=addresses.address[source].astype(np.uint8),
    )
