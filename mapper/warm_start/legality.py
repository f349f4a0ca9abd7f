"""Is a mapping legal for an instance?  The first stage whose part of it is not, and why.

A mapping that this package made for one version of an instance is judged against another one: what it uses must work,
the limits must hold, and every realised synapse must be one of the network's.  Nothing here knows how a mapping is
made, and no bits are needed.

Sources: the rules are those of the stages' contracts, see ``mapper/<stage>/__init__.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import targets_table
from mapper.problem import Problem
from models.hardware.coordinates import FPGA_OF, N_FPGAS, N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS
from models.hardware.mergers import ADDRESSES, is_realisable
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_COLUMNS
from models.hardware.synapses import switch_number
from models.mapping import INPUT, OUTPUT, REALISED, UNUSED, Mapping, Merging, Placement, nets_of, usable_buses

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """The first stage whose part of a mapping is illegal, and what is wrong."""

    stage: str
    message: str


def first_fault(problem: Problem, mapping: Mapping) -> Fault | None:
    """Return what makes a mapping illegal, stage by stage; None if it is legal."""
    cells = legal_cells(problem, mapping)
    bad = np.flatnonzero(~cells & ~problem.network.is_source)
    if len(bad):
        return Fault("placement", f"{len(bad)} neurons lie where the instance does not allow it")
    if _broken_sharing(problem, mapping, sources=False):
        return Fault("placement", "the cells of a shared bus do not leave together")
    hicanns = np.flatnonzero(~legal_merging(problem, mapping))
    if len(hicanns):
        return Fault("merging", f"the mergers of HICANN {hicanns[0]} cannot be used like this")
    if (message := _addresses(problem, mapping)) is not None:
        return Fault("addresses", message)
    if not cells.all():
        return Fault("inputs", f"{np.count_nonzero(~cells)} sources enter where the instance does not allow it")
    if _broken_sharing(problem, mapping, sources=True):
        return Fault("inputs", "the sources of a shared bus do not enter together")
    for stage, check in (("routing", _routing), ("drivers", _drivers), ("rows", _rows)):
        if (message := check(problem, mapping)) is not None:
            return Fault(stage, message)
    return None


def legal_cells(problem: Problem, mapping: Mapping) -> Bools:
    """Return which cells may be where they are, (n_cells,); an unplaced source without targets may."""
    placement = mapping.placement
    placed = placement.hicann >= 0
    requested = placed & (np.clip(placement.hicann, 0, N_HICANNS - 1) == placement.hicann)
    _obey_requests(problem, placement, requested)
    source = problem.network.is_source
    idle = source & ~placed & (np.bincount(problem.synapses.pre, minlength=problem.n_cells) == 0)
    sources = (requested & _legal_sources(problem, mapping)) | idle
    legal: Bools = np.where(source, sources, requested & _legal_neurons(problem, placement))
    return legal


def _legal_neurons(problem: Problem, placement: Placement) -> Bools:
    """Return which cells lie on whole working columns of one block that no other neuron takes."""
    width, column = placement.width.astype(np.int64), placement.column.astype(np.int64)
    fits: Bools = (column >= 0) & (width > 0) & (2 * width == problem.size)
    fits &= column % COLUMNS_PER_BLOCK + width <= COLUMNS_PER_BLOCK
    taken = np.zeros((N_HICANNS, N_COLUMNS), dtype=np.int64)
    cell, place = _columns_of(placement, np.flatnonzero(fits))
    np.add.at(taken, place, 1)
    good = problem.wafer.columns[place] & (taken[place] == 1)
    fits[cell[~good]] = False
    return fits


def _columns_of(
    placement: Placement, cells: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return every (HICANN, column) that neurons take, and whose it is."""
    width = placement.width[cells].astype(np.int64)
    cell = np.repeat(cells, width)
    inside = np.arange(len(cell)) - np.repeat(np.cumsum(width) - width, width)
    return cell, (placement.hicann[cell].astype(np.int64), placement.column[cell] + inside)


def _obey_requests(problem: Problem, placement: Placement, allowed: Bools) -> None:
    """Clear ``allowed`` where a cell is not where a placement request wants it."""
    for request in problem.instance.placement:
        cells = problem.network.cells(request.view)
        hicann, block = placement.hicann[cells], placement.block[cells]
        if request.neurons:
            places = np.array([place[:2] for place in request.neurons], dtype=np.int64).reshape(-1, 2)
            if len(places) == len(cells):
                allowed[cells] &= (hicann == places[:, 0]) & (placement.column[cells] == places[:, 1])
        elif request.hicanns or request.blocks:
            blocks = [8 * h + b for h, b in request.blocks]
            allowed[cells] &= np.isin(hicann, request.hicanns) | np.isin(8 * hicann.astype(np.int64) + block, blocks)


def _legal_sources(problem: Problem, mapping: Mapping) -> Bools:
    """Return which cells enter through a DNC merger that works (if it is routed) with room for their rates."""
    hicann, dnc = mapping.placement.hicann, mapping.addresses.dnc
    enters = (hicann >= 0) & (dnc >= 0) & (mapping.placement.column < 0)
    usable = problem.wafer.linked[:, None] & (problem.wafer.can_inject | ~_routed(mapping))
    enters[enters] = usable[hicann[enters], dnc[enters]]
    enters[enters] = mapping.merging.mode[hicann[enters], dnc[enters]] == INPUT
    limits = problem.limits
    if limits.consider_firing_rate:
        rate = problem.network.rates * limits.speedup
        here = hicann[enters]
        per_hicann = np.bincount(here, rate[enters], N_HICANNS)
        per_fpga = np.bincount(FPGA_OF[here], rate[enters], N_FPGAS)
        share = limits.bandwidth_utilization * (1 + 1e-9)
        enters[enters] = (per_hicann <= share * limits.input_rate_per_hicann)[here]
        enters[enters] = (per_fpga <= share * limits.input_rate_per_fpga)[FPGA_OF[hicann[enters]]]
    return enters


def _broken_sharing(problem: Problem, mapping: Mapping, sources: bool) -> bool:
    for view in problem.instance.shared_buses:
        cells = problem.network.cells(view)
        if problem.network.is_source[cells].any() != sources:
            continue
        hicann = mapping.placement.hicann[cells]
        dnc = mapping.addresses.dnc[cells]
        if len(set(zip(hicann.tolist(), dnc.tolist(), strict=True))) > 1:
            return True
    return False


def legal_merging(problem: Problem, mapping: Mapping) -> Bools:
    """Return the HICANNs whose merger tree can be set as the mapping says, (384,)."""
    merging, wafer = mapping.merging, problem.wafer
    hicann, block = np.nonzero(merging.block_to_dnc >= 0)
    good = np.ones(N_HICANNS, dtype=np.bool_)
    good[hicann[~wafer.reaches[hicann, block, merging.block_to_dnc[hicann, block]]]] = False
    good[(_routed(mapping) & ~usable_buses(merging, wafer)).any(axis=1)] = False
    net = nets_of(mapping.placement, mapping.addresses)
    load = np.bincount(net[net >= 0], minlength=8 * N_HICANNS).reshape(N_HICANNS, 8)
    good[(load > problem.limits.sources_per_bus).any(axis=1)] = False
    for h in np.flatnonzero((merging.mode != UNUSED).any(axis=1)).tolist():
        good[h] &= _tree_fits(merging, h)
    return good


def _routed(mapping: Mapping) -> Bools:
    """Return the DNC mergers whose bus has a route, (384, 8); one without may be dead, it just loses its synapses."""
    routed = np.zeros(8 * N_HICANNS, dtype=np.bool_)
    routed[mapping.routing.net] = True
    return routed.reshape(N_HICANNS, 8)


def _tree_fits(merging: Merging, hicann: int) -> bool:
    mode, blocks = merging.mode[hicann], merging.block_to_dnc[hicann].tolist()
    inputs = np.flatnonzero(mode == INPUT).tolist()
    if any(blocks[k] >= 0 for k in inputs) or any(mode[d] != OUTPUT for d in blocks if d >= 0):
        return False
    return is_realisable([k if k in inputs else d for k, d in enumerate(blocks)])


def _addresses(problem: Problem, mapping: Mapping) -> str | None:
    addresses, placement = mapping.addresses, mapping.placement
    sends = addresses.dnc >= 0
    if not np.isin(addresses.address[sends], ADDRESSES).all():
        return "a cell has an L1 address that is reserved"
    key = nets_of(placement, addresses)[sends].astype(np.int64) * 64 + addresses.address[sends]
    if len(np.unique(key)) < len(key):
        return "two cells share an L1 address on one bus"
    neurons = np.flatnonzero(sends & (placement.column >= 0))
    leaves = mapping.merging.block_to_dnc[placement.hicann[neurons], placement.block[neurons]]
    if (leaves != addresses.dnc[neurons]).any():
        return "a neuron sends on a bus on which its block does not leave"
    return None


def _routing(problem: Problem, mapping: Mapping) -> str | None:
    routing, graph, limits = mapping.routing, problem.wafer.graph, problem.limits
    if not problem.wafer.segments[routing.segment].all():
        return "a route runs over a line that does not work"
    if len(np.unique(routing.segment)) < len(routing.segment):
        return "a line belongs to two routes"
    child = routing.segment[routing.parent >= 0].astype(np.int64)
    parent = routing.parent[routing.parent >= 0].astype(np.int64)
    ends = np.sort(np.minimum(graph.a, graph.b).astype(np.int64) * N_SEGMENTS + np.maximum(graph.a, graph.b))
    asked = np.minimum(child, parent) * N_SEGMENTS + np.maximum(child, parent)
    at = np.minimum(np.searchsorted(ends, asked), max(len(ends) - 1, 0))
    if len(asked) and (len(ends) == 0 or (ends[at] != asked).any()):
        return "a route takes a repeater or crossbar switch that does not work"
    crosses = child // N_LINES == parent // N_LINES
    switches = np.bincount(np.concatenate([child[crosses], parent[crosses]]), minlength=N_SEGMENTS)
    vertical = np.arange(N_SEGMENTS) % N_LINES >= N_HLINES
    most = np.where(vertical, limits.crossbar_switches_per_vline, limits.crossbar_switches_per_hline)
    if (switches > most).any():
        return "a line has more closed crossbar switches than the limits allow"
    pair = routing.arrival_net.astype(np.int64) * N_HICANNS + routing.arrival_hicann
    if len(pair) and np.unique(pair, return_counts=True)[1].max() > limits.vlines_per_route:
        return "a bus serves a HICANN over more VLines than the limits allow"
    return None


def _drivers(problem: Problem, mapping: Mapping) -> str | None:
    drivers, limits = mapping.drivers, problem.limits
    length = (drivers.last.astype(np.int64) - drivers.first) // 2 + 1
    if (length > limits.driver_chain_length).any():
        return f"a driver chain has more than {limits.driver_chain_length} drivers"
    chain = np.repeat(np.arange(len(length)), length)
    inside = np.arange(len(chain)) - np.repeat(np.cumsum(length) - length, length)
    if not problem.wafer.drivers[drivers.hicann[chain], drivers.first[chain] + 2 * inside].all():
        return "a synapse driver in use does not work"
    per_line = np.unique(drivers.segment, return_counts=True)[1]
    if len(per_line) and per_line.max() > limits.synapse_switches_per_vline:
        return "a VLine has more closed synapse switches than the limits allow"
    for segment, primary in zip(drivers.segment.tolist(), drivers.primary.tolist(), strict=True):
        owner, line = divmod(segment, N_LINES)
        if not problem.wafer.synapse_switches[owner, switch_number(line - N_HLINES, primary)]:
            return "a synapse switch in use does not work"
    return None


def _rows(problem: Problem, mapping: Mapping) -> str | None:
    rows, network, synapses = mapping.rows, problem.network, problem.synapses
    if len(mapping.synapses.cause) != len(synapses):
        return f"it maps {len(mapping.synapses.cause)} synapses, the instance has {len(synapses)}"
    real = np.flatnonzero(mapping.synapses.cause == REALISED)
    pre, post = synapses.pre[real], synapses.post[real]
    hicann, row = mapping.placement.hicann[post].astype(np.int64), mapping.synapses.row[real].astype(np.int64)
    column = mapping.synapses.column[real].astype(np.int64)
    if not problem.wafer.rows[hicann, row].all():
        return "a synapse row in use does not work"
    number = np.full((N_HICANNS, 448), -1, dtype=np.int64)
    number[rows.hicann, rows.row] = np.arange(len(rows.row))
    used = number[hicann, row]
    inside = column - mapping.placement.column[post]
    if (used < 0).any() or (inside < 0).any() or (inside >= mapping.placement.width[post]).any():
        return "a synapse is not among the columns of its neuron"
    decoder = np.where(column % 2 == 0, rows.decoder_even[used], rows.decoder_odd[used])
    receptor = targets_table()[network.receptor_count[post], column % 2, rows.side[used]]
    serves = (mapping.drivers.net[rows.chain[used]] == nets_of(mapping.placement, mapping.addresses)[pre]) & (
        decoder == mapping.addresses.address[pre] >> 4
    )
    serves &= (receptor == synapses.receptor[real]) & (rows.stp[used] == synapses.stp[real])
    if not serves.all():
        return f"{np.count_nonzero(~serves)} synapses are not those of the network"
    place = (hicann * 448 + row) * N_COLUMNS + column
    if len(np.unique(place)) < len(place):
        return "two synapses share one hardware synapse"
    for h in problem.wafer.hicanns_with_dead_cells.tolist():
        here = hicann == h
        if here.any() and problem.wafer.dead_synapses(h)[row[here], column[here]].any():
            return "a synapse in use does not work"
    return None
