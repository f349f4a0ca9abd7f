"""Lower bounds on the number of lost synapses that hold for every mapping, wherever it places the neurons.

Fan-in.  Every neuron for itself has at most the rows of the best HICANN that its manual placement allows
(`mapper.bounds.rows`); neurons that the instance fixes to one and the same HICANN share the split of its rows, and a
neuron fixed to its denmems has at most their working synapses.

One bus.  Cells that must share a bus - views in ``shared_buses``, neurons fixed to one neuron block, and every cell
with itself - reach a HICANN over the chains of one bus, two rows per driver: the same formula with that many rows,
for their synapses alone.  Different buses use different rows, so their bounds add up.

Both are bounds of the same neurons' losses, so the larger one counts, neuron by neuron.

Capacity.  A neuron of ``w`` columns and ``n`` synapses on a HICANN with ``R`` rows realises at most
``sum over its columns of min(n / w, R)``.  ``min`` has increasing differences, so over all ways to give columns to
neurons the sum is largest when the densest neurons get the columns with most rows; columns that are not there
realise nothing.  Where the solver chooses the widths, the columns' synapses bound what is realised.

Addresses.  There are no more senders than usable buses times L1 addresses; the ones with fewest synapses drop out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.bounds.rows import (
    Ints,
    cells_of_neuron,
    counts_by_receptor,
    drivers_per_bus,
    loss_alone,
    loss_together,
)
from mapper.problem import Problem
from mapper.sizes import widest
from models.hardware.neurons import COLUMNS_PER_BLOCK
from models.solution import Bound


def bound_any_placement(problem: Problem) -> Bound:
    """Return a bound that holds for every placement, and for every size of the neurons where the solver chooses it."""
    problem = widest(problem)
    fixed = _fixed(problem)
    fan_in, bus, both = _neuron_bounds(problem, fixed)
    kind = "fan-in" if fan_in >= bus else "fan-in over the shared buses"
    if both > max(fan_in, bus):
        kind = "fan-in, also over the shared buses"
    candidates = [
        Bound(both, kind),
        Bound(_capacity(problem), "capacity of the wafer"),
        Bound(_addresses(problem), "L1 addresses of the wafer"),
    ]
    return max(candidates, key=lambda bound: bound.value)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """What manual placement says of every cell, all (n_cells,).

    ``rows`` are those of the best HICANN allowed; ``hicann``, ``block`` and ``column`` are -1 where several are.
    """

    rows: Ints
    hicann: Ints
    block: Ints
    column: Ints


def _fixed(problem: Problem) -> _Fixed:
    rows_of = problem.wafer.rows.sum(axis=1).astype(np.int64)
    n = problem.n_cells
    fixed = _Fixed(np.full(n, rows_of.max(initial=0)), np.full(n, -1), np.full(n, -1), np.full(n, -1))
    for request in problem.instance.placement:
        cells = problem.network.cells(request.view)
        if request.neurons:
            place = np.array([(hicann, column) for hicann, column, _ in request.neurons]).reshape(-1, 2)
            fixed.hicann[cells], fixed.column[cells] = place.T
            fixed.block[cells] = place[:, 1] // COLUMNS_PER_BLOCK
            fixed.rows[cells] = rows_of[place[:, 0]]
        elif request.blocks or request.hicanns:
            hicanns = list(request.hicanns) or [hicann for hicann, _ in request.blocks]
            fixed.rows[cells] = rows_of[hicanns].max()
            if len(set(hicanns)) == 1:
                fixed.hicann[cells] = hicanns[0]
            if len(set(request.blocks)) == 1:
                fixed.block[cells] = request.blocks[0][1]
    return fixed


def _neuron_bounds(problem: Problem, fixed: _Fixed) -> tuple[int, int, int]:
    """Return the bound by fan-in, by buses, and by the larger one of both for every neuron or fixed HICANN."""
    counts = counts_by_receptor(problem)
    neurons = np.flatnonzero(counts.any(axis=1)).astype(np.int64)
    fan_in = np.zeros(problem.n_cells, dtype=np.int64)
    fan_in[neurons] = loss_alone(problem, neurons, counts[neurons], fixed.rows[neurons])
    bus = _bus_loss(problem, fixed)
    loose = fixed.hicann < 0
    totals = [int(fan_in[loose].sum()), int(bus[loose].sum()), int(np.maximum(fan_in, bus)[loose].sum())]
    for hicann in np.unique(fixed.hicann[neurons][~loose[neurons]]):
        mine = neurons[fixed.hicann[neurons] == hicann]
        rows = int(problem.wafer.rows[hicann].sum())
        together = loss_together(problem, mine, counts[mine], rows)
        here, over_buses = max(together, _lacking_cells(problem, fixed, counts, mine)), int(bus[mine].sum())
        totals = [totals[0] + here, totals[1] + over_buses, totals[2] + max(here, over_buses)]
    return totals[0], totals[1], totals[2]


def _lacking_cells(problem: Problem, fixed: _Fixed, counts: Ints, neurons: Ints) -> int:
    """Return how many synapses neurons fixed to their denmems have beyond the working ones of their columns."""
    lacking = 0
    for n in neurons[fixed.column[neurons] >= 0].tolist():
        width = int(problem.size[n]) // 2
        alive = cells_of_neuron(problem, int(fixed.hicann[n]), int(fixed.column[n]), width)
        lacking += max(0, int(counts[n].sum()) - alive)
    return lacking


def buses(problem: Problem, hicann: Ints, block: Ints) -> Ints:
    """Return for every cell the smallest cell that must share its bus, (n_cells,).

    Parameters
    ----------
    hicann, block : (n_cells,) int64
        Neuron block in which a neuron is; -1 where that is open.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = problem.n_cells
    pairs: list[NDArray[np.int64]] = []
    known = np.flatnonzero((hicann >= 0) & (block >= 0) & ~problem.network.is_source)
    place = hicann[known] * 8 + block[known]
    groups = [known[place == p] for p in np.unique(place)]
    groups += [problem.network.cells(view).astype(np.int64) for view in problem.instance.shared_buses]
    pairs = [np.stack([np.full(len(group), group[0]), group]) for group in groups if len(group)]
    if not pairs:
        return np.arange(n)
    a, b = np.concatenate(pairs, axis=1)
    _, label = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(n, n)), directed=False)
    _, first = np.unique(label, return_index=True)
    return first.astype(np.int64)[label]


def _bus_loss(problem: Problem, fixed: _Fixed) -> Ints:
    """Return what every neuron loses at least because single buses feed too few drivers, (n_cells,)."""
    synapses = problem.synapses
    drivers = drivers_per_bus(problem)
    bus = buses(problem, fixed.hicann, fixed.block)
    pair = bus[synapses.pre] * problem.n_cells + synapses.post
    loss = np.zeros(problem.n_cells, dtype=np.int64)
    # every row holds a synapse of a neuron at least, so pairs with no more synapses than rows are never short
    ordered, least = np.sort(pair), 2 * drivers
    crowded = np.unique(ordered[least:][ordered[least:] == ordered[: max(0, len(ordered) - least)]])
    if len(crowded) == 0:
        return loss
    chosen = np.isin(pair, crowded)
    keys, index = np.unique(pair[chosen], return_inverse=True)
    counts = np.bincount(index * 4 + synapses.receptor[chosen], minlength=4 * len(keys)).reshape(-1, 4)
    neurons = keys % problem.n_cells
    rows = np.minimum(fixed.rows[neurons], 2 * drivers)
    np.add.at(loss, neurons, loss_alone(problem, neurons, counts, rows))
    return loss


def _capacity(problem: Problem) -> int:
    wafer = problem.wafer
    incoming = np.bincount(problem.synapses.post, minlength=problem.n_cells)
    neurons = np.flatnonzero(problem.size > 0)
    if problem.chooses_sizes:
        # however wide the neurons are, every synapse takes one cell of a usable column
        return max(0, int(incoming.sum()) - int(wafer.rows.sum(axis=1) @ wafer.columns.sum(axis=1)))
    width = problem.size[neurons].astype(np.int64) // 2
    density = np.sort(np.repeat(incoming[neurons] / np.maximum(1, width), width))[::-1]
    rows = np.sort(np.repeat(wafer.rows.sum(axis=1), wafer.columns.sum(axis=1)))[::-1]
    columns = min(len(density), len(rows))
    realised = float(np.minimum(density[:columns], rows[:columns]).sum())
    # 1e-6 of a synapse covers the rounding of sums of 10^5 quotients
    return max(0, int(np.ceil(incoming.sum() - realised - 1e-6)))


def _addresses(problem: Problem) -> int:
    outgoing = np.bincount(problem.synapses.pre, minlength=problem.n_cells)
    senders = np.sort(outgoing[outgoing > 0])
    room = int(problem.wafer.can_send.sum()) * problem.limits.sources_per_bus
    return int(senders[: max(0, len(senders) - room)].sum())
