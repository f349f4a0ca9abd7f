"""Loss matrices: population by population, and cell by cell of one projection in at most 128 x 128 bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.network import Network, View

I4 = NDArray[np.int32]

#: Bins on one side of a projection's matrix.
BINS: Final = 128
#: Bins with synapses in all projections together; with more of them the matrices get coarser.
MOST_BINS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Pairs:
    """Synapses by population pair.

    Attributes
    ----------
    pre, post, required : (n_pairs,) int32
        Populations on both sides, synapses required.
    projections : tuple of tuple of int
        Projections that each pair has synapses of.
    of : (n_synapses,) int64
        Pair of each synapse.
    """

    pre: I4
    post: I4
    required: I4
    projections: tuple[tuple[int, ...], ...]
    of: NDArray[np.int64]

    def lost(self, lost: NDArray[np.bool_]) -> I4:
        """Return how many of the lost synapses each pair has, (n_pairs,)."""
        return np.bincount(self.of[lost], minlength=len(self.required)).astype(np.int32)


def pairs(network: Network) -> Pairs:
    """Return the population pairs that have synapses."""
    synapses, n = network.synapses, len(network.populations)
    key = network.population_of[synapses.pre].astype(np.int64) * n + network.population_of[synapses.post]
    unique, of, required = np.unique(key, return_inverse=True, return_counts=True)
    n_projections = max(1, len(network.projections))
    among: list[list[int]] = [[] for _ in unique]
    for combined in np.unique(of * n_projections + synapses.projection).tolist():
        among[combined // n_projections].append(combined % n_projections)
    pre, post, count = (column.astype(np.int32) for column in (unique // n, unique % n, required))
    return Pairs(pre, post, count, tuple(map(tuple, among)), of)


@dataclass(frozen=True, slots=True)
class Bins:
    """Synapses of each projection by bins of pre and post cells, as sparse matrices.

    Attributes
    ----------
    start : (n_projections + 1,) int32
        First entry of each projection.
    index, required : (n_entries,) uint16, int32
        ``128 pre_bin + post_bin`` and the synapses required.
    per_pre, per_post : (n_projections,) int32
        Cells in one bin; cells are numbered in the order of the projection's views.
    of : (n_synapses,) int64
        Entry of each synapse.
    """

    start: I4
    index: NDArray[np.uint16]
    required: I4
    per_pre: I4
    per_post: I4
    of: NDArray[np.int64]

    def lost(self, lost: NDArray[np.bool_]) -> I4:
        """Return how many of the lost synapses each entry has, (n_entries,)."""
        return np.bincount(self.of[lost], minlength=len(self.required)).astype(np.int32)


def bins(network: Network, most: int = MOST_BINS) -> Bins:
    """Return the matrices of all projections; every cell is a bin of its own if there are few enough of them.

    Parameters
    ----------
    network : Network
        The network.
    most : int
        Entries allowed; the number of bins is halved until they suffice.
    """
    pre = _local(network, [p.pre for p in network.projections], network.synapses.pre)
    post = _local(network, [p.post for p in network.projections], network.synapses.post)
    side = BINS
    while True:
        found = _binned(network, pre, post, side)
        if len(found.index) <= most or side == 1:
            return found
        side //= 2


def _local(network: Network, sides: Sequence[tuple[View, ...]], cells: I4) -> I4:
    """Return the number of each synapse's cell among the cells of its projection's side, (n_synapses,)."""
    ends = np.cumsum(network.synapses.count_by_projection())
    local = np.empty(len(cells), dtype=np.int32)
    number = np.full(network.n_cells, -1, dtype=np.int32)
    for views, start, stop in zip(sides, [0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        members = np.concatenate([network.cells(view) for view in views])
        number[members] = np.arange(len(members), dtype=np.int32)
        local[start:stop] = number[cells[start:stop]]
    return local


def _binned(network: Network, pre: I4, post: I4, side: int) -> Bins:
    projection = network.synapses.projection.astype(np.int64)
    per_pre = _per_bin([p.pre for p in network.projections], side)
    per_post = _per_bin([p.post for p in network.projections], side)
    place = BINS * (pre // per_pre[projection]) + post // per_post[projection]
    key, of, required = np.unique(projection * BINS * BINS + place, return_inverse=True, return_counts=True)
    start = np.searchsorted(key, np.arange(len(network.projections) + 1) * BINS * BINS)
    index = (key % (BINS * BINS)).astype(np.uint16)
    return Bins(start.astype(np.int32), index, required.astype(np.int32), per_pre, per_post, of)


def _per_bin(sides: Sequence[tuple[View, ...]], side: int) -> I4:
    sizes = np.array([sum(len(view) for view in views) for views in sides], dtype=np.int64)
    return np.maximum(1, -(-sizes // side)).astype(np.int32)
