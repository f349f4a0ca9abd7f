"""What one bus would cost: drivers, loss and target HICANNs of a set of sources with their decoder groups.

Merging, decoder groups and placement ask this question thousands of times; it is answered without sorting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import targets_table
from mapper.kernels.buses import anneal_groups, bus_cost, bus_curves
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.mergers import ADDRESSES, GROUP_CAPACITY
from models.mapping import Placement

#: Start temperature of the annealing in lost synapses; the best of 0.3, 0.6, 1, 2, 3 on the guidebook network.
_HOT = 0.6


@dataclass(frozen=True, slots=True)
class BusCost:
    """Cost of a bus that gets on every target HICANN the drivers worth their price, up to the chain limit.

    Attributes
    ----------
    lost : int
        Synapses that the chain limit alone loses.
    drivers : int
        Drivers wanted on all target HICANNs together.
    targets : int
        Target HICANNs, each of which needs a route.
    charge : float
        Price of all drivers [synapses].
    """

    lost: int
    drivers: int
    targets: int
    charge: float = 0.0


class BusModel:
    """Evaluates buses for one placement; reuses its work arrays.

    Parameters
    ----------
    problem : Problem
        The instance.
    placement : Placement
        Where the target neurons are.
    chain_length : int
        Drivers that one bus may have on a HICANN.
    prices : (384,) or (384, chain_length) float64, optional
        Synapses that a driver on each HICANN, or every driver of a chain there, must serve at least to be worth it;
        none: 0.
    """

    def __init__(
        self,
        problem: Problem,
        placement: Placement,
        chain_length: int,
        prices: NDArray[np.float64] | None = None,
    ) -> None:
        synapses = problem.synapses
        self.n_cells = problem.n_cells
        start, synapse = problem.outgoing
        post = synapses.post[synapse]
        placed = placement.hicann[post] >= 0
        self._start = np.concatenate([[0], np.cumsum(placed)])[start].astype(np.int64)
        self._post = post[placed].astype(np.int32)
        self._kind = (synapses.receptor[synapse].astype(np.int8) * 3 + synapses.stp[synapse])[placed]
        self._hicann = placement.hicann.astype(np.int64)
        self._column = placement.column.astype(np.int64)
        self._width = placement.width.astype(np.int64)
        self._receptors = problem.network.receptor_count.astype(np.int64)
        self._targets = targets_table()
        self._slot = np.full(self.n_cells, -1, dtype=np.int64)
        self.chain_length = chain_length
        if prices is None:
            prices = np.zeros(N_HICANNS)
        by_driver = prices if prices.ndim == 2 else prices[:, None]
        self.prices = np.ascontiguousarray(np.broadcast_to(by_driver, (N_HICANNS, chain_length)), dtype=np.float64)

    def synapses(self, cells: NDArray[np.int32]) -> int:
        """Return how many synapses onto placed neurons ``cells`` have."""
        return int((self._start[cells + 1] - self._start[cells]).sum())

    def cost(self, cells: NDArray[np.int32], groups: NDArray[np.int64]) -> BusCost:
        """Return the cost of a bus that carries ``cells`` with decoder ``groups``, both (n,)."""
        lost, drivers, charge, targets = bus_cost(
            cells.astype(np.int64), groups, self._start, self._post, self._kind, self._hicann, self._column,
            self._width, self._receptors, self._targets, self._slot, self.chain_length, self.prices,
        )  # fmt: skip
        return BusCost(int(lost), int(drivers), int(targets), float(charge))

    def curves(
        self, cells: NDArray[np.int32], groups: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the target HICANNs of a bus, (n,), and what 0..chain_length drivers serve there, (n, length + 1)."""
        homes, curve = bus_curves(
            cells.astype(np.int64), groups, self._start, self._post, self._kind, self._hicann, self._column,
            self._width, self._receptors, self._targets, self._slot, self.chain_length,
        )  # fmt: skip
        return homes, curve

    def anneal(
        self, cells: NDArray[np.int32], groups: NDArray[np.int64], moves: int, seed: int, good_enough: float
    ) -> tuple[NDArray[np.int64], BusCost]:
        """Return the best grouping of a bus met in ``moves`` annealing steps, and its cost.

        Parameters
        ----------
        cells, groups : (n,) arrays
            The sources and the groups to start from.
        moves, seed : int
            Length and seed of the run; the same seed gives the same groups on every machine.
        good_enough : float
            Lost synapses, with the price of the drivers, at which to stop early.
        """
        found = groups.copy()
        anneal_groups(
            cells.astype(np.int64), found, np.array(GROUP_CAPACITY), self._start, self._post, self._kind, self._hicann,
            self._column, self._width, self._receptors, self._targets, self._slot, self.chain_length, self.prices,
            moves, seed, _HOT, good_enough,
        )  # fmt: skip
        return found, self.cost(cells, found)


def high_first_groups(n: int) -> NDArray[np.int64]:
    """Return the decoder groups of n sources that take the highest free addresses one after the other."""
    return (ADDRESSES[::-1][:n].astype(np.int64)) >> 4
