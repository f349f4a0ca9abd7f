"""Which denmem columns of every neuron block are still free: first fit, defects, ceilings.

A neuron takes whole columns (both rows), so a block is a bit mask of 32 columns.  The room of a block is counted in
denmems, single working denmems of half-dead columns included, because marocco counts that way.

Source: marocco ``OnNeuronBlock``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK, DENMEMS_PER_BLOCK, N_BLOCKS, N_COLUMNS
from models.hardware.wafer import Wafer

#: Denmems to leave free on blocks 0..7 so that all neurons of a HICANN leave on 4 (size 2), 2 (4) or 1 (8) buses.
_LEFT_FREE = {
    2: (4, 6, 4, 6, 4, 6, 4, 6),
    4: (4, 8, 4, 4, 4, 8, 4, 4),
    6: (0, 0, 0, 0, 0, 0, 0, 0),
    8: (0, 8, 8, 8, 0, 8, 0, 8),
}


class NeuronBlocks:
    """Room on all neuron blocks of a wafer; a block is numbered 8 hicann + block.

    Parameters
    ----------
    denmems : (384, 512) bool
        Denmems that may be used.
    """

    def __init__(self, denmems: NDArray[np.bool_]) -> None:
        by_block = denmems.reshape(N_HICANNS, 2, N_BLOCKS, COLUMNS_PER_BLOCK)
        columns = by_block.all(axis=1).reshape(-1, COLUMNS_PER_BLOCK)
        self._free: list[int] = (columns @ (1 << np.arange(COLUMNS_PER_BLOCK, dtype=np.int64))).tolist()
        self._available: list[int] = by_block.sum(axis=(1, 3)).ravel().tolist()
        self._neurons = [0] * len(self._free)

    @classmethod
    def of(cls, wafer: Wafer) -> NeuronBlocks:
        """Return the empty blocks of a wafer."""
        return cls(wafer.denmems)

    def available(self, block: int) -> int:
        """Return how many denmems of a block may still be used."""
        return self._available[block]

    def neurons(self, block: int) -> int:
        """Return how many neurons were put on a block."""
        return self._neurons[block]

    def restrict(self, block: int, ceiling: int) -> None:
        """Allow at most ``ceiling`` denmems of a block; a ceiling never rises.

        Raises
        ------
        ValueError
            If neurons are on the block already.
        """
        if self._neurons[block]:
            raise ValueError(
                f"neuron block {block % N_BLOCKS} of HICANN {block // N_BLOCKS} has neurons already: "
                "restrict it before placing"
            )
        self._available[block] = min(self._available[block], ceiling)

    def add(self, block: int, count: int, size: int) -> int:
        """Put ``count`` neurons of ``size`` denmems side by side into the first gap; return its column or -1."""
        width = count * size // 2
        start = _first_run(self._free[block], width) if count * size <= self._available[block] else -1
        if start >= 0:
            self._take(block, start, width, count)
        return start

    def add_at(self, block: int, column: int, size: int) -> bool:
        """Put one neuron at ``column`` 0..31 of a block; tell whether there was room."""
        width = size // 2
        mask = ((1 << width) - 1) << column
        fits = self._free[block] & mask == mask and size <= self._available[block]
        if fits:
            self._take(block, column, width, 1)
        return fits

    def _take(self, block: int, start: int, width: int, count: int) -> None:
        self._free[block] &= ~(((1 << width) - 1) << start)
        self._available[block] -= 2 * width
        self._neurons[block] += count


def _first_run(free: int, width: int) -> int:
    """Return the lowest position of ``width`` consecutive set bits, or -1."""
    length = 1
    while length < width:
        step = min(length, width - length)
        free &= free >> step
        length += step
    return (free & -free).bit_length() - 1


def leave_room_for_few_buses(blocks: NeuronBlocks, size: int) -> None:
    """Restrict all blocks so that the neurons of a HICANN fit onto few buses (sizes up to 8 denmems).

    Source: marocco ``NeuronPlacement`` (minimize_number_of_sending_repeaters).
    """
    for block in range(N_HICANNS * N_BLOCKS):
        if size in _LEFT_FREE:
            blocks.restrict(block, DENMEMS_PER_BLOCK - _LEFT_FREE[size][block % N_BLOCKS])


def close_rightmost(blocks: NeuronBlocks) -> None:
    """Keep neuron block 7 of every HICANN empty, so that DNC merger 7 is free for input."""
    for block in range(N_BLOCKS - 1, N_HICANNS * N_BLOCKS, N_BLOCKS):
        blocks.restrict(block, 0)


assert N_COLUMNS == N_BLOCKS * COLUMNS_PER_BLOCK
