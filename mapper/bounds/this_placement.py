"""Lower bounds on the number of lost synapses that hold for every mapping with a given placement of the neurons.

On every HICANN the largest of three bounds counts; HICANNs have different synapses, so their bounds add up.

Rows.  The neurons of the HICANN share the split of its working rows between the two inputs (`mapper.bounds.rows`).

Cells.  A neuron has at most the working synapses of its columns.

Drivers.  Merging, addresses, inputs and routes are free, but a bus carries the neurons of one HICANN only, whole
neuron blocks, or external sources.  So all buses of source HICANN g together are served by k drivers of HICANN h no
better than one bus with all neurons of g that hears them in one decoder group: take any mapping, let every half row
listen to that one group, and nothing is lost.  Nor better than every block by itself with k drivers, of which it can
use as many as one bus feeds.  Both curves are concave, so is their minimum, and the drivers of h serve at most the
largest marginal gains of all source HICANNs; external sources are one more "source HICANN" whose "blocks" are single
sources.  All drivers count as reachable.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.bounds.any_placement import buses
from mapper.bounds.drivers import best_shares, gains, upper_curves
from mapper.bounds.rows import Ints, cells_of_neuron, counts_by_receptor, drivers_per_bus, loss_together
from mapper.demand import CellTables, Demand
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import N_BLOCKS
from models.mapping import Addresses, Placement
from models.solution import Bound

#: Drivers on a HICANN.
_ALL_DRIVERS = 224


def bound_this_placement(problem: Problem, placement: Placement, any_placement: Bound) -> Bound:
    """Return a bound that holds for every mapping with this placement of the neurons."""
    rows, cells, drivers = _by_rows(problem, placement), _by_cells(problem, placement), _by_drivers(problem, placement)
    value = int(np.maximum(np.maximum(rows, cells), drivers).sum())
    if value <= any_placement.value:
        return any_placement
    return Bound(value, "drivers of the HICANNs" if drivers.sum() > rows.sum() else "rows of the HICANNs")


def _placed(placement: Placement) -> Ints:
    return np.flatnonzero((placement.hicann >= 0) & (placement.column >= 0)).astype(np.int64)


def _by_rows(problem: Problem, placement: Placement) -> Ints:
    counts = counts_by_receptor(problem)
    neurons = _placed(placement)
    neurons = neurons[np.argsort(placement.hicann[neurons], kind="stable")]
    loss = np.zeros(N_HICANNS, dtype=np.int64)
    hicanns, first = np.unique(placement.hicann[neurons], return_index=True)
    for hicann, mine in zip(hicanns, np.split(neurons, first[1:]), strict=True) if len(hicanns) else ():
        loss[hicann] = loss_together(problem, mine, counts[mine], int(problem.wafer.rows[hicann].sum()))
    return loss


def _by_cells(problem: Problem, placement: Placement) -> Ints:
    incoming = np.bincount(problem.synapses.post, minlength=problem.n_cells)
    loss = np.zeros(N_HICANNS, dtype=np.int64)
    neurons = _placed(placement)
    for n in neurons[np.isin(placement.hicann[neurons], problem.wafer.hicanns_with_dead_cells)]:
        hicann = int(placement.hicann[n])
        alive = cells_of_neuron(problem, hicann, int(placement.column[n]), int(placement.width[n]))
        loss[hicann] += max(0, int(incoming[n]) - alive)
    return loss


def _by_drivers(problem: Problem, placement: Placement) -> Ints:
    """Return what every HICANN loses at least for want of drivers, (384,)."""
    block = placement.block.astype(np.int64)
    neuron = ~problem.network.is_source
    bus = buses(problem, placement.hicann.astype(np.int64), block)
    bus = np.where(neuron & (placement.hicann < 0), -1, bus)
    # a placed neuron block, forced group or external source is known by its first cell
    owner, gain = [], []
    one_bus = min(_ALL_DRIVERS, drivers_per_bus(problem))
    for group, members, most in (
        (np.where(neuron, placement.hicann, -1), np.where(neuron, bus, -1), min(_ALL_DRIVERS, N_BLOCKS * one_bus)),
        (np.where(neuron, -1, 0), np.where(neuron, -1, bus), _ALL_DRIVERS),
    ):
        found = _gains(problem, placement, group.astype(np.int64), members, most, one_bus)
        owner.append(found[0])
        gain.append(found[1])
    room = problem.wafer.drivers.sum(axis=1).astype(np.int64)
    served = best_shares(np.concatenate(owner), np.concatenate(gain), room)
    to = placement.hicann[problem.synapses.post]
    lost: Ints = np.maximum(0, np.bincount(to[to >= 0], minlength=N_HICANNS) - served)
    return lost


def _gains(
    problem: Problem, placement: Placement, group: Ints, bus: Ints, most: int, one_bus: int
) -> tuple[Ints, Ints]:
    """Return HICANN and size of what successive drivers gain for groups of sources, made of parts that share a bus.

    Parameters
    ----------
    group, bus : (n_cells,) int64
        Group and part of every source, -1: not considered.
    most, one_bus : int
        Drivers that all buses of a group and one bus can use on a HICANN.
    """
    whole, wide = _curves(problem, placement, group, most)
    parts, narrow = _curves(problem, placement, bus, one_bus)
    group_of_part = np.full(problem.n_cells, -1, dtype=np.int64)
    group_of_part[bus[bus >= 0]] = group[bus >= 0]
    index = np.searchsorted(whole, group_of_part[parts // N_HICANNS] * N_HICANNS + parts % N_HICANNS)
    for k in range(wide.shape[1]):
        limit = np.bincount(index, narrow[:, min(k, one_bus)], len(whole))
        wide[:, k] = np.minimum(wide[:, k], limit)
    return gains(whole % N_HICANNS, wide)


def _curves(problem: Problem, placement: Placement, group: Ints, drivers: int) -> tuple[Ints, NDArray[np.int64]]:
    """Return the keys 384 group + HICANN, ascending, and the one-decoder curves of groups of sources; -1: no group."""
    synapses = problem.synapses
    sender, home = group[synapses.pre], placement.hicann[synapses.post].astype(np.int64)
    chosen = np.flatnonzero((sender >= 0) & (home >= 0))
    key = sender[chosen] * N_HICANNS + home[chosen]
    order = np.argsort(key * problem.n_cells + synapses.post[chosen])
    chosen, key = chosen[order], key[order]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    keys = key[first]
    wanted = Demand(
        (keys // N_HICANNS).astype(np.int32), (keys % N_HICANNS).astype(np.int32),
        np.append(first, len(chosen)).astype(np.int64), chosen.astype(np.int64),
    )  # fmt: skip
    one_decoder = np.zeros(problem.n_cells, dtype=np.int8)
    tables = CellTables.of(problem, placement, Addresses(one_decoder, one_decoder))
    return keys, upper_curves(problem, tables, wanted, drivers)
