"""Denmems and how they are joined into neurons.

A HICANN has 512 denmems (membrane circuits): 256 columns x 2 rows (0 top, 1 bottom), enum = 256 row + column.
A neuron of size ``s`` (even) is a rectangle of both rows and ``s / 2`` columns inside one neuron block of 32
columns; its top-left denmem fires.

Sources: halco neuron.h; sthal ``set_neuron_size``; marocco ``OnNeuronBlock`` for the legal rectangle.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

N_COLUMNS: Final = 256
N_DENMEMS: Final = 512
N_BLOCKS: Final = 8
COLUMNS_PER_BLOCK: Final = 32
DENMEMS_PER_BLOCK: Final = 64
N_QUADS: Final = 128
N_FG_BLOCKS: Final = 4
MIN_SIZE: Final = 2
MAX_SIZE: Final = 64

#: FG block of each denmem: 0 top-left, 1 top-right, 2 bottom-left, 3 bottom-right, shape (512,).
FG_BLOCK_OF_DENMEM: Final[NDArray[np.int8]] = (np.arange(N_DENMEMS) // 128).astype(np.int8)


def check_size(size: int) -> int:
    """Return ``size`` if it is a legal neuron size (even, 2..64 denmems).

    Raises
    ------
    ValueError
        Otherwise.
    """
    if not MIN_SIZE <= size <= MAX_SIZE or size % 2:
        raise ValueError(f"a neuron takes an even number of denmems from 2 to 64 (got {size})")
    return size


def denmem(column: int, row: int) -> int:
    """Return the enum of the denmem at ``column`` 0..255 in ``row`` 0 (top) or 1 (bottom)."""
    return N_COLUMNS * row + column


def block_of_column(column: int) -> int:
    """Return the neuron block 0..7 of a denmem column."""
    return column // COLUMNS_PER_BLOCK


def neurons_per_block(size: int) -> int:
    """Return how many neurons of ``size`` fit into a neuron block without defects."""
    return COLUMNS_PER_BLOCK // (check_size(size) // 2)


def neurons_per_hicann(size: int) -> int:
    """Return how many neurons of ``size`` fit onto a HICANN without defects."""
    return N_BLOCKS * neurons_per_block(size)


def shared_fg_line(column: int, row: int) -> int:
    """Return the position on the quad, 2 row + column % 2: the shared FG block and analog multiplexer line."""
    return 2 * row + column % 2


def rectangle(column: int, width: int) -> NDArray[np.int16]:
    """Return the denmem enums of a neuron at ``column``: top row left to right, then bottom row, (2 width,)."""
    top = np.arange(column, column + width, dtype=np.int16)
    return np.concatenate([top, top + np.int16(N_COLUMNS)])
