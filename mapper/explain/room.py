"""Free denmem columns of the neuron blocks, as runs."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS


class Room:
    """Free columns of all neuron blocks.

    Parameters
    ----------
    free : (3072, 32) bool
        Columns of block 8 hicann + block whose denmems may be used.
    """

    def __init__(self, free: NDArray[np.bool_]) -> None:
        self._free = free.copy()

    def take(self, hicann: int, column: int, size: int) -> bool:
        """Take the columns of a neuron at an exact place; False if they are not one free rectangle of a block."""
        block, first = N_BLOCKS * hicann + column // COLUMNS_PER_BLOCK, column % COLUMNS_PER_BLOCK
        last = first + size // 2
        if size < 2 or size % 2 or last > COLUMNS_PER_BLOCK or not self._free[block, first:last].all():
            return False
        self._free[block, first:last] = False
        return True

    @cached_property
    def runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, length) of all maximal runs of free columns, by block."""
        padded = np.pad(self._free.astype(np.int8), ((0, 0), (1, 1)))
        block, first = np.nonzero(np.diff(padded, axis=1) == 1)
        last = np.nonzero(np.diff(padded, axis=1) == -1)[1]
        return block.astype(np.int64), (last - first).astype(np.int64)

    def capacity(self, width: int) -> NDArray[np.int64]:
        """Return how many neurons of ``width`` columns fit on every block, (3072,)."""
        block, length = self.runs
        return np.bincount(block, weights=length // width, minlength=len(self._free)).astype(np.int64)
