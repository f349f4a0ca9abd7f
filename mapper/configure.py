"""Mapping to bits: the last step of every solver.  Nothing is decided here except analog values and weight codes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.translation import (
    Analog,
    TranslationReport,
    cell_capacitance,
    cell_parameters,
    members,
    translation_report,
    weight_codes,
    write_neurons,
    write_plasticity,
    write_weights,
)
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER, Configuration
from models.hardware.calibration_defaults import IDEAL_RANGES
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

__all__ = ["Analog", "Translation", "configure", "translate", "weight_codes"]


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """The bits of a mapping, and what their analog part makes of the parameters that were asked for."""

    configuration: Configuration
    report: TranslationReport


def translate(instance: Instance, mapping: Mapping, analog: Analog | None = None) -> Translation:
    """Return the bits that realise a mapping, with a report of requested against realised parameters.

    Parameters and errors are those of `configure`.
    """
    analog = analog or Analog()
    bits = configure(instance, mapping, analog)
    calibration = analog.calibration_for(instance.limits)
    return Translation(bits, translation_report(instance.network, mapping, bits, calibration))


def configure(instance: Instance, mapping: Mapping, analog: Analog | None = None) -> Configuration:
    """Return the bits that realise a mapping.

    Parameters
    ----------
    instance : Instance
        Gives the weights and the cell parameters.
    mapping : Mapping
        A complete mapping; HICANNs that only pass routes are configured, too.
    analog : Analog or None
        How parameters become registers; None: on the ideal chip, big capacitors, normal leak, nearest weights.

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
    _analog(configuration, position, instance, mapping, analog or Analog())
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
    bits.row_gmax_div[at, row] = IDEAL_RANGES[0][1]
    for parity, decoder in enumerate((rows.decoder_even, rows.decoder_odd)):
        bits.row_decoder[at, row, parity] = np.maximum(decoder, 0)


def _analog(
    bits: Configuration, position: NDArray[np.int64], instance: Instance, mapping: Mapping, analog: Analog
) -> None:
    """Set floating gates, membrane modes, row ranges and STP; decoder and weight of the realised synapses."""
    network, synapses = instance.network, instance.network.synapses
    calibration = analog.calibration_for(instance.limits)
    cells, member = cell_parameters(network), members(mapping.placement)
    write_neurons(bits, cells, member, network.receptor_count, calibration, analog)

    real = np.flatnonzero(mapping.synapses.cause == REALISED)
    pre, post = synapses.pre[real], synapses.post[real]
    hicann, row = mapping.placement.hicann[post], mapping.synapses.row[real]
    first_pulse = write_plasticity(bits, network, hicann, row, synapses.projection[real], calibration)
    per_weight = calibration.scaling.weight_factor(cell_capacitance(bits, member, network.n_cells), cells.scalar["cm"])
    conductance = synapses.weight[real] * first_pulse * per_weight[post]
    code = write_weights(bits, hicann, row, conductance, calibration, analog.rounding, analog.seed)
    decoder = (mapping.addresses.address[pre] & 15).astype(np.uint8)
    bits.synapse[position[hicann], row, mapping.synapses.column[real]] = decoder << 4 | code


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
