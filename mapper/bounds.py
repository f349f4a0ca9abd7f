"""Lower bounds on the number of lost synapses that hold for every mapping.

Fan-in bound.  A neuron of ``w`` columns owns ``w`` synapses in each of the (at most 448) rows of its HICANN; every row
drives one of the two synaptic inputs, so with ``r`` rows on the left input and ``R - r`` on the right one

    lost(r) >= sum over receptors t of max(0, n_t - columns_t * rows_side(t)).

The least value over ``r`` is a bound for that neuron, whatever the placement, addresses, routes and drivers.  It is
convex and piecewise linear in ``r``, so the break points decide.  For a given placement all neurons of a HICANN share
``r``, and defective rows reduce ``R``.

Shared-bus bound.  Cells that an instance forces onto one bus reach a HICANN over ``vlines_per_route`` VLines with
chains of at most ``driver_chain_length`` drivers, two rows each: the same formula with that many rows, for their
synapses alone; bounds of different buses add up.

STP modes, decoder groups and the sharing of rows by several buses are relaxed.

Sources: row and column counts from halco; input sides from marocco ``SynapseTargetMapping``; limits of the instance.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from models.mapping import Placement
from models.solution import Bound

#: Input side of every receptor and whether it gets all columns (2) or those of one parity (1), by receptor count.
_SIDE_AND_SHARE = {
    1: ((0, 2),),
    2: ((0, 2), (1, 2)),
    3: ((0, 2), (1, 1), (1, 1)),
    4: ((0, 1), (1, 1), (0, 1), (1, 1)),
}

Counts = NDArray[np.int64]


def bound_any_placement(problem: Problem) -> Bound:
    """Return a bound that holds for every placement."""
    rows = int(problem.wafer.rows.sum(axis=1).max(initial=0))
    all_synapses = _counts(problem, None)
    neurons = np.flatnonzero(all_synapses.any(axis=1))
    total = sum(_least_loss(problem, [n], all_synapses, rows) for n in _suspects(problem, neurons, all_synapses, rows))
    shared = 0
    chain_rows = _rows_of_route(problem, rows)
    for counts in _shared_counts(problem):
        targets = np.flatnonzero(counts.any(axis=1))
        shared += sum(
            _least_loss(problem, [n], counts, chain_rows) for n in _suspects(problem, targets, counts, chain_rows)
        )
    return Bound(max(total, shared), "fan-in" if total >= shared else "fan-in over the shared buses")


def bound_this_placement(problem: Problem, placement: Placement, any_placement: Bound) -> Bound:
    """Return a bound that holds for every mapping with this placement of the neurons."""
    all_synapses, shared_counts = _counts(problem, None), _shared_counts(problem)
    total = shared = 0
    for hicann in placement.hicanns_with_neurons:
        neurons = np.flatnonzero((placement.hicann == hicann) & (placement.column >= 0))
        rows = int(problem.wafer.rows[hicann].sum())
        total += _least_loss(problem, neurons, all_synapses, rows)
        for counts in shared_counts:
            shared += _least_loss(problem, neurons, counts, _rows_of_route(problem, rows))
    value = max(total, shared)
    if value <= any_placement.value:
        return any_placement
    return Bound(value, "rows of the HICANNs" if total >= shared else "rows of the shared buses")


def _rows_of_route(problem: Problem, rows: int) -> int:
    limits = problem.limits
    return min(rows, 2 * limits.driver_chain_length * limits.vlines_per_route)


def _counts(problem: Problem, sources: NDArray[np.int32] | None) -> Counts:
    """Return the synapses of every cell by receptor, (n_cells, 4), optionally only those from ``sources``."""
    synapses = problem.synapses
    chosen = slice(None) if sources is None else np.isin(synapses.pre, sources)
    key = synapses.post[chosen].astype(np.int64) * 4 + synapses.receptor[chosen]
    return np.bincount(key, minlength=4 * problem.n_cells).reshape(-1, 4)


def _shared_counts(problem: Problem) -> list[Counts]:
    return [_counts(problem, problem.network.cells(view)) for view in problem.instance.shared_buses]


def _suspects(problem: Problem, neurons: Counts, counts: Counts, rows: int) -> Iterable[int]:
    """Return the neurons that could lose anything: those with more synapses than a row share can surely hold."""
    width = np.maximum(1, problem.size[neurons].astype(np.int64) // 2)
    half = np.maximum(1, width // 2)
    needed = np.ceil(counts[neurons] / half[:, None]).sum(axis=1)
    return [int(n) for n in neurons[needed > rows]]


def _least_loss(problem: Problem, neurons: Iterable[int] | Counts, counts: Counts, rows: int) -> int:
    """Return the least loss of neurons that share ``rows`` rows, over all splits between the two inputs."""
    neurons = np.fromiter(neurons, dtype=np.int64)
    left = np.arange(rows + 1)
    loss = np.zeros(rows + 1, dtype=np.int64)
    for n_receptors, table in _SIDE_AND_SHARE.items():
        members = neurons[problem.network.receptor_count[neurons] == n_receptors]
        if len(members) == 0:
            continue
        width = problem.size[members].astype(np.int64) // 2
        for receptor, (side, share) in enumerate(table):
            columns = width if share == 2 else (width + 1) // 2
            available = left if side == 0 else rows - left
            if n_receptors == 1:
                available = np.full(rows + 1, rows)
            wanted = counts[members, receptor]
            # the rows that one receptor of one neuron lacks, summed over the neurons, for every split at once
            loss += np.maximum(0, wanted[:, None] - columns[:, None] * available[None, :]).sum(axis=0)
    return int(loss.min())
