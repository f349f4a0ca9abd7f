"""The HICANN grid of a BrainScaleS-1 wafer: enums, neighbours, reticles, FPGAs.

x grows east, y grows south.  A HICANN is named by its enum 0..383, row-major over the valid positions of a
36 x 16 box whose rows have different widths.

Sources: halco ``hicann/v2`` (hicann.cpp, external.cpp, lookup_tables.cpp).
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

NORTH: Final = 0
EAST: Final = 1
SOUTH: Final = 2
WEST: Final = 3
DIRECTIONS: Final = (NORTH, EAST, SOUTH, WEST)
OPPOSITE: Final = (SOUTH, WEST, NORTH, EAST)
DIRECTION_NAMES: Final = ("north", "east", "south", "west")

WIDTH: Final = 36
HEIGHT: Final = 16
#: First valid x of each row y; the wafer is mirror-symmetric, so the last one is 35 - first.
_FIRST_X: Final = (12, 12, 8, 8, 4, 4, 0, 0, 0, 0, 4, 4, 8, 8, 12, 12)

N_HICANNS: Final = 384
N_RETICLES: Final = 48
N_FPGAS: Final = 48
HICANNS_PER_RETICLE: Final = 8

_STEP: Final = ((0, -1), (1, 0), (0, 1), (-1, 0))


def _positions() -> tuple[NDArray[np.int16], NDArray[np.int16], NDArray[np.int16]]:
    grid = np.full((HEIGHT, WIDTH), -1, dtype=np.int16)
    xs: list[int] = []
    ys: list[int] = []
    for y, first in enumerate(_FIRST_X):
        for x in range(first, WIDTH - first):
            grid[y, x] = len(xs)
            xs.append(x)
            ys.append(y)
    return grid, np.array(xs, dtype=np.int16), np.array(ys, dtype=np.int16)


#: ``GRID[y, x]`` is the HICANN enum or -1; ``X[hicann]`` and ``Y[hicann]`` are its position, each (384,).
GRID, X, Y = _positions()


def _neighbours() -> NDArray[np.int16]:
    table = np.full((N_HICANNS, 4), -1, dtype=np.int16)
    for direction, (dx, dy) in enumerate(_STEP):
        x, y = X + dx, Y + dy
        inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
        table[inside, direction] = GRID[y[inside], x[inside]]
    return table


#: ``NEIGHBOUR[hicann, direction]`` is the adjacent HICANN's enum or -1, shape (384, 4).
NEIGHBOUR: Final = _neighbours()


def _reticles() -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return the reticle grid (8, 9) with -1 where there is none, and the reticle of every HICANN (384,)."""
    grid = np.full((HEIGHT // 2, WIDTH // 4), -1, dtype=np.int16)
    number = 0
    for row in range(HEIGHT // 2):
        for column in range(WIDTH // 4):
            if GRID[2 * row, 4 * column] >= 0:
                grid[row, column] = number
                number += 1
    return grid, grid[Y // 2, X // 4]


#: ``RETICLE_OF[hicann]``: the reticle, which is the DNC coordinate of halco, 0..47 row-major, (384,).
RETICLE_GRID, RETICLE_OF = _reticles()

#: FPGA of each reticle 0..47 (halco external.cpp; one FPGA per reticle on the Kintex system).
FPGA_OF_RETICLE: Final[NDArray[np.int16]] = np.array(
    [12, 13, 11,
     16, 14, 15, 10, 9,
     20, 17, 19, 7, 6, 8, 3,
     22, 21, 23, 18, 5, 4, 0, 2, 1,
     25, 26, 24, 28, 43, 42, 47, 45, 46,
     27, 29, 30, 41, 40, 38, 44,
     31, 32, 39, 37, 36,
     33, 34, 35],
    dtype=np.int16,
)  # fmt: skip
RETICLE_OF_FPGA: Final[NDArray[np.int16]] = np.argsort(FPGA_OF_RETICLE).astype(np.int16)
FPGA_OF: Final[NDArray[np.int16]] = FPGA_OF_RETICLE[RETICLE_OF]

#: Power-supply number (1-based) of each FPGA's reticle, ADC trigger and ADC group of each FPGA (halco tables).
POWER_NUMBER_OF_FPGA: Final[tuple[int, ...]] = (
    15, 13, 16, 14, 9, 46, 11, 12, 10, 8, 7, 5, 1, 4, 45, 6, 2, 43, 48, 3, 44, 42, 41, 47,
    39, 37, 40, 38, 36, 33, 35, 32, 31, 29, 30, 25, 26, 28, 19, 27, 22, 21, 24, 34, 20, 18, 17, 23,
)  # fmt: skip
ADC_TRIGGER_OF_FPGA: Final[tuple[int, ...]] = tuple(
    trigger for trigger in (8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 10, 9) for _ in range(4)
)
#: Membrane recording is shared within an ADC group: two triggers, eight reticles each.
_ADC_GROUP_OF_TRIGGER: Final = {8: 2, 7: 2, 6: 0, 5: 0, 4: 1, 3: 1, 2: 3, 1: 3, 0: 5, 11: 5, 10: 4, 9: 4}
ADC_GROUP_OF_FPGA: Final[tuple[int, ...]] = tuple(_ADC_GROUP_OF_TRIGGER[t] for t in ADC_TRIGGER_OF_FPGA)

#: HICANN within its reticle, 4 (y % 2) + x % 4, and the number of its high-speed link, 2 (x % 4) + y % 2.
HICANN_ON_RETICLE: Final[NDArray[np.int16]] = (4 * (Y % 2) + X % 4).astype(np.int16)
LINK_OF: Final[NDArray[np.int16]] = (2 * (X % 4) + Y % 2).astype(np.int16)


def hicann_at(x: int, y: int) -> int:
    """Return the enum of the HICANN at (x, y).

    Raises
    ------
    ValueError
        If there is no HICANN at that position.
    """
    if not (0 <= x < WIDTH and 0 <= y < HEIGHT) or GRID[y, x] < 0:
        raise ValueError(f"no HICANN at x={x}, y={y}: row {y} holds {_row_range(y)}")
    return int(GRID[y, x])


def _row_range(y: int) -> str:
    if not 0 <= y < HEIGHT:
        return f"nothing (rows are 0..{HEIGHT - 1})"
    return f"x={_FIRST_X[y]}..{WIDTH - 1 - _FIRST_X[y]}"


def hicanns_of_reticle(reticle: int) -> NDArray[np.int16]:
    """Return the eight HICANN enums of a reticle, ascending, shape (8,)."""
    return np.flatnonzero(reticle == RETICLE_OF).astype(np.int16)


def hicanns_of_fpga(fpga: int) -> NDArray[np.int16]:
    """Return the eight HICANN enums that an FPGA serves, ascending, shape (8,)."""
    return hicanns_of_reticle(int(RETICLE_OF_FPGA[fpga]))


def name(hicann: int) -> str:
    """Return how a HICANN is written in reports, e.g. ``HICANN 174 (18,7)``."""
    return f"HICANN {hicann} ({X[hicann]},{Y[hicann]})"
