"""Free places beside the neurons of a placement, so that neurons can move where nobody has to make room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.mapping import Placement

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Holes:
    """Free places.

    Attributes
    ----------
    hicann, column, width : (n,) int64
        Rectangles of working denmems without a neuron.
    beside : (n,) int64
        A neuron of the same block: the one that sends with its lowest address.
    """

    hicann: Ints
    column: Ints
    width: Ints
    beside: Ints

    def __len__(self) -> int:
        return len(self.hicann)


def fullest(placement: Placement) -> int:
    """Return the most neurons on any block."""
    return int(_by_block(placement)[1].max(initial=0))


def holes(problem: Problem, placement: Placement, free: NDArray[np.bool_], most: int) -> Holes:
    """Return the places that are left on the blocks in use until each has ``most`` neurons.

    Blocks stay within the addresses of a bus.  Blocks with neurons of several widths, or that all have to stay, get
    no place.

    Parameters
    ----------
    free : (n_cells,) bool
        Neurons that may move to other blocks.
    """
    neurons, count, block = _by_block(placement)
    most = min(problem.limits.sources_per_bus, most)
    found: list[tuple[int, int, int, int]] = []
    for number, cells in zip(block.tolist(), np.split(neurons, np.cumsum(count)[:-1]), strict=False):
        width = int(placement.width[cells[0]])
        if len(cells) >= most or not free[cells].any() or (placement.width[cells] != width).any():
            continue
        hicann, within = divmod(number, N_BLOCKS)
        columns = _gaps(problem, hicann, within, placement.column[cells].astype(np.int64), width)
        found += [(hicann, column, width, int(cells[-1])) for column in columns[: most - len(cells)]]
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return Holes(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _by_block(placement: Placement) -> tuple[Ints, Ints, Ints]:
    """Return all neurons block by block in sequence, how many each block has, and its number 8 hicann + block."""
    neurons = np.flatnonzero(placement.column >= 0)
    block = placement.hicann[neurons].astype(np.int64) * N_BLOCKS + placement.block[neurons]
    order = np.lexsort((placement.sequence[neurons], block))
    numbers, count = np.unique(block, return_counts=True)
    return neurons[order], count.astype(np.int64), numbers


def _gaps(problem: Problem, hicann: int, block: int, taken: Ints, width: int) -> list[int]:
    """Return the columns of the neurons of a width for which a block still has room, first fit."""
    start = COLUMNS_PER_BLOCK * block
    usable = problem.wafer.columns[hicann, start : start + COLUMNS_PER_BLOCK].copy()
    for column in (taken - start).tolist():
        usable[column : column + width] = False
    found, column = [], 0
    while column + width <= COLUMNS_PER_BLOCK:
        if usable[column : column + width].all():
            found.append(start + column)
            column += width
        else:
            column += 1
    return found
