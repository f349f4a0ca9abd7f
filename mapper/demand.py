"""Synapses grouped by (net, target HICANN): the unit that routing, drivers and rows decide about.

All synapses from the cells of one bus to the neurons of one HICANN share the bus's driver chain there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.kernels import rows as kernel
from mapper.problem import Problem
from models.hardware.synapses import TARGETS
from models.mapping import Addresses, Placement, nets_of


@dataclass(frozen=True, slots=True)
class Demand:
    """Who wants to be served where.

    Attributes
    ----------
    net, hicann : (n_pairs,) int32
        The pairs, ascending by (net, hicann).
    start : (n_pairs + 1,) int64
        ``synapse[start[i]:start[i + 1]]`` are the synapses of pair i.
    synapse : (m,) int64
        Synapses of all pairs, ascending by (pair, post, receptor, STP mode, decoder, network order).
    """

    net: NDArray[np.int32]
    hicann: NDArray[np.int32]
    start: NDArray[np.int64]
    synapse: NDArray[np.int64]

    @property
    def n_pairs(self) -> int:
        """Return the number of (net, HICANN) pairs."""
        return len(self.net)

    @property
    def size(self) -> NDArray[np.int64]:
        """Return the number of synapses of every pair, (n_pairs,)."""
        return np.diff(self.start)


def demand(problem: Problem, placement: Placement, addresses: Addresses) -> Demand:
    """Group all synapses whose source has an address and whose target is placed."""
    synapses = problem.synapses
    net_of_cell = nets_of(placement, addresses)
    net, hicann = net_of_cell[synapses.pre], placement.hicann[synapses.post]
    chosen = np.flatnonzero((net >= 0) & (hicann >= 0))
    decoder = addresses.address[synapses.pre[chosen]].astype(np.int64) >> 4
    inner = (synapses.receptor[chosen].astype(np.int64) * 3 + synapses.stp[chosen]) * 4 + decoder
    outer = (net[chosen].astype(np.int64) * 384 + hicann[chosen]) * problem.n_cells + synapses.post[chosen]
    order = np.lexsort((inner, outer))
    chosen = chosen[order]
    pair = net[chosen].astype(np.int64) * 384 + hicann[chosen]
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    return Demand(
        (pair[first] // 384).astype(np.int32),
        (pair[first] % 384).astype(np.int32),
        np.append(first, len(chosen)).astype(np.int64),
        chosen.astype(np.int64),
    )


def targets_table() -> NDArray[np.int8]:
    """Return the receptor by [number of receptors, column parity, input side], (5, 2, 2)."""
    table = np.zeros((5, 2, 2), dtype=np.int8)
    for n, parities in TARGETS.items():
        table[n] = parities
    return table


@dataclass(frozen=True, slots=True)
class CellTables:
    """What the row kernels need to know about every cell.

    Attributes
    ----------
    column, width : (n_cells,) int64
        Rectangle of the neuron.
    receptors : (n_cells,) int64
        Number of receptors of its cell type.
    decoder : (n_cells,) int64
        Decoder group 0..3 of the address that the cell sends, -1 if none.
    pre, post, receptor, stp : (n_synapses,)
        Of the network's synapses.
    """

    column: NDArray[np.int64]
    width: NDArray[np.int64]
    receptors: NDArray[np.int64]
    decoder: NDArray[np.int64]
    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    receptor: NDArray[np.int8]
    stp: NDArray[np.int8]

    @classmethod
    def of(cls, problem: Problem, placement: Placement, addresses: Addresses) -> CellTables:
        """Return the tables of a placement and addresses."""
        synapses = problem.synapses
        address = addresses.address.astype(np.int64)
        return cls(
            placement.column.astype(np.int64),
            placement.width.astype(np.int64),
            problem.network.receptor_count.astype(np.int64),
            np.where(address >= 0, address >> 4, -1),
            synapses.pre,
            synapses.post,
            synapses.receptor,
            synapses.stp,
        )


def service_curves(tables: CellTables, wanted: Demand, max_drivers: int) -> NDArray[np.int32]:
    """Return how many synapses of every pair k drivers can serve, k = 0..max_drivers.

    The rows are chosen greedily by marginal gain: exact for neurons of even width and of width 1, where the gains
    of the half rows of one kind fall and every row takes the two best that remain (proof in ``mapper.rows.exact``).

    Returns
    -------
    (n_pairs, max_drivers + 1) int32
    """
    no_dead = np.zeros((0, 0), dtype=np.bool_)
    drivers = np.arange(max_drivers, dtype=np.int64)
    curve = np.zeros((wanted.n_pairs, max_drivers + 1), dtype=np.int32)
    kernel.service_curves(
        wanted.start, wanted.synapse, drivers, tables.column, tables.width, tables.receptors, tables.decoder,
        tables.pre, tables.post, tables.receptor, tables.stp, targets_table(), no_dead, curve,
    )  # fmt: skip
    return curve


def drivers_needed(curve: NDArray[np.int32], size: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the fewest drivers that serve all of every pair's synapses, or as many as the curve can tell.

    Parameters
    ----------
    curve : (n_pairs, K + 1) int32
        From `service_curves`.
    size : (n_pairs,) int64
        Synapses of every pair.
    """
    best = np.minimum(curve[:, -1], size)
    needed: NDArray[np.int32] = np.argmax(curve >= best[:, None], axis=1).astype(np.int32)
    return needed
