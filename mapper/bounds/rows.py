"""The least loss of neurons that have so many synapse rows: the formula behind all fan-in bounds.

A neuron of ``w`` columns owns ``w`` synapses in every row; every row drives one of the two synaptic inputs.  With
``r`` of ``R`` rows on the left input and ``R - r`` on the right one,

    lost(r) >= sum over receptors t of max(0, n_t - columns_t * rows of t's side),

which is convex and piecewise linear in ``r``.  Decoder groups, STP modes and the sharing of rows by buses are relaxed.

Sources: row and column counts from halco; input sides from marocco ``SynapseTargetMapping``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem

Ints = NDArray[np.int64]

#: Input side of every receptor and whether it gets all columns (2) or those of one parity (1), by receptor count.
_SIDE_AND_SHARE: Final = {
    1: ((0, 2),),
    2: ((0, 2), (1, 2)),
    3: ((0, 2), (1, 1), (1, 1)),
    4: ((0, 1), (1, 1), (0, 1), (1, 1)),
}


def counts_by_receptor(problem: Problem) -> Ints:
    """Return the synapses onto every cell by receptor, (n_cells, 4)."""
    synapses = problem.synapses
    key = synapses.post.astype(np.int64) * 4 + synapses.receptor
    return np.bincount(key, minlength=4 * problem.n_cells).reshape(-1, 4).astype(np.int64)


def loss_alone(problem: Problem, neurons: Ints, counts: Ints, rows: Ints) -> Ints:
    """Return the least loss of every neuron for itself, each with its own split of its rows.

    Parameters
    ----------
    neurons, rows : (n,) int64
        The neurons and the rows that each may use at most.
    counts : (n, 4) int64
        Synapses by receptor.

    Returns
    -------
    (n,) int64
    """
    loss = np.zeros(len(neurons), dtype=np.int64)
    receptors = problem.network.receptor_count[neurons]
    width = problem.size[neurons].astype(np.int64) // 2
    for n_receptors, sides in _SIDE_AND_SHARE.items():
        chosen = np.flatnonzero(receptors == n_receptors)
        if len(chosen):
            loss[chosen] = _least(sides, counts[chosen], width[chosen], rows[chosen])
    return loss


def _least(sides: tuple[tuple[int, int], ...], counts: Ints, width: Ints, rows: Ints) -> Ints:
    """Return the least of lost(r) over integers r: one of the ends or next to a break point."""
    if len(sides) == 1:
        return np.maximum(0, counts[:, 0] - width * rows)
    columns = [np.maximum(1, width if share == 2 else (width + 1) // 2) for _, share in sides]
    candidates = [np.zeros_like(rows), rows]
    for t, (side, _) in enumerate(sides):
        near = (counts[:, t] // columns[t], -(-counts[:, t] // columns[t]))
        candidates += [np.clip(whole if side == 0 else rows - whole, 0, rows) for whole in near]
    left = np.stack(candidates)
    lost = np.zeros_like(left)
    for t, (side, _) in enumerate(sides):
        lost += np.maximum(0, counts[:, t] - columns[t] * (left if side == 0 else rows - left))
    least: Ints = lost.min(axis=0)
    return least


def loss_together(problem: Problem, neurons: Ints, counts: Ints, rows: int) -> int:
    """Return the least loss of neurons of one HICANN, which share the split of its rows.

    Parameters
    ----------
    neurons : (n,) int64
    counts : (n, 4) int64
        Synapses by receptor.
    rows : int
        Rows that may be used on the HICANN.
    """
    left = np.arange(rows + 1)
    loss = np.zeros(rows + 1, dtype=np.int64)
    for n_receptors, sides in _SIDE_AND_SHARE.items():
        chosen = np.flatnonzero(problem.network.receptor_count[neurons] == n_receptors)
        width = problem.size[neurons[chosen]].astype(np.int64) // 2
        for t, (side, share) in enumerate(sides):
            columns = width if share == 2 else (width + 1) // 2
            available = np.full(rows + 1, rows) if n_receptors == 1 else left if side == 0 else rows - left
            # neurons that never lack a row need no table
            short = np.flatnonzero(counts[chosen, t] > columns * available.min())
            wanted = counts[chosen[short], t]
            loss += np.maximum(0, wanted[:, None] - columns[short, None] * available[None, :]).sum(axis=0)
    return int(loss.min())


def cells_of_neuron(problem: Problem, hicann: int, column: int, width: int) -> int:
    """Return the working synapses of a neuron's columns."""
    alive = ~problem.wafer.dead_synapses(hicann)[:, column : column + width]
    return int(alive.sum())


def drivers_per_bus(problem: Problem) -> int:
    """Return how many drivers of a HICANN one bus can feed: chains on every VLine that may serve it.

    Every closed synapse switch feeds one chain of at most ``driver_chain_length`` drivers.
    """
    limits = problem.limits
    chains = limits.vlines_per_route * limits.synapse_switches_per_vline
    return min(224, limits.driver_chain_length * chains)
