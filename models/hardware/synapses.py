"""Synapse drivers, the switches that feed them, driver chains, and synapse rows.

A HICANN has 224 synapse drivers, numbered from top to bottom; each serves two rows over all 256 columns.  In the
top half odd drivers are fed from the left and even ones from the right, in the bottom half it is the other way
round.  So there are four quadrants of 56 drivers; neighbours in a quadrant can be chained.  A VLine reaches 14
drivers of its own side on its own HICANN and 14 of the facing side on the adjacent one.

Sources: halco synapse.cpp and l1.cpp; halbe SynapseSwitch.cpp, SynapseDriver.h, RowConfig.h.  (halbe's
``SynapseSwitch::local`` ignores the mirrored bottom half; halco's rule is used here.)
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import EAST, WEST
from models.hardware.layer1 import N_VLINES

N_DRIVERS: Final = 224
N_ROWS: Final = 448
N_COLUMNS: Final = 256
N_SYNAPSES: Final = N_ROWS * N_COLUMNS
N_SYNAPSE_SWITCHES: Final = 7168
DRIVERS_PER_QUADRANT: Final = 56
DRIVERS_PER_SIDE: Final = 112
PRIMARIES_PER_VLINE: Final = 14
N_GROUPS: Final = 16
LEFT: Final = 0
RIGHT: Final = 1

_DRIVER: Final = np.arange(N_DRIVERS)
#: Side (0 left, 1 right), half (0 top, 1 bottom) and index on the quadrant (0..55) of every driver, (224,).
DRIVER_SIDE: Final[NDArray[np.int8]] = ((_DRIVER + (_DRIVER < 112)) % 2).astype(np.int8)
DRIVER_HALF: Final[NDArray[np.int8]] = (_DRIVER >= 112).astype(np.int8)
DRIVER_INDEX: Final[NDArray[np.int8]] = ((_DRIVER // 2) % DRIVERS_PER_QUADRANT).astype(np.int8)


def driver_at(side: int, half: int, index: int) -> int:
    """Return the driver 0..223 at ``index`` 0..55 of the quadrant (side 0 left, 1 right; half 0 top, 1 bottom)."""
    odd = (side == LEFT) != (half == 1)
    return 2 * (DRIVERS_PER_QUADRANT * half + index) + int(odd)


#: ``DRIVER_AT[side, half, index]``, shape (2, 2, 56).
DRIVER_AT: Final[NDArray[np.int16]] = np.array(
    [[[driver_at(s, h, i) for i in range(DRIVERS_PER_QUADRANT)] for h in (0, 1)] for s in (0, 1)],
    dtype=np.int16,
)


def _switch_matrix() -> NDArray[np.bool_]:
    v = np.arange(N_VLINES)[:, None]
    y = _DRIVER[None, :]
    line_group, row_group = (v % 32) // 4, (y % 16) // 2
    mirrored = (v < 128) == (y >= 112)
    exists: NDArray[np.bool_] = row_group == np.where(mirrored, 7 - line_group, line_group)
    return exists


#: ``SWITCH[v, y]``: a select switch joins VLine v and the switch row of driver y, shape (256, 224).
SWITCH: Final = _switch_matrix()


def switch_number(v: int, y: int) -> int:
    """Return the number 32 y + 4 (v // 32) + v % 4 of the select switch of VLine ``v`` in switch row ``y``.

    Raises
    ------
    ValueError
        If there is no such switch.
    """
    if not SWITCH[v, y]:
        raise ValueError(f"no synapse switch between VLine {v} and driver row {y}")
    return 32 * y + 4 * (v // 32) + v % 4


def _switch_lists() -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Return VLine and row of every select switch number, both (7168,)."""
    v, y = np.nonzero(SWITCH)
    number = 32 * y + 4 * (v // 32) + v % 4
    vlines, rows = np.empty(N_SYNAPSE_SWITCHES, np.int16), np.empty(N_SYNAPSE_SWITCHES, np.int16)
    vlines[number], rows[number] = v, y
    return vlines, rows


SWITCH_VLINE, SWITCH_ROW = _switch_lists()


def vline_side(v: int) -> int:
    """Return the side (0 left, 1 right) on which VLine ``v`` runs."""
    return LEFT if v < 128 else RIGHT


def group_of_vline(v: int) -> int:
    """Return the select group 0..15; all 16 VLines of a group reach the same drivers."""
    return (v // 4) % 8 + (8 if v >= 128 else 0)


def group_of_slot(slot: int, side: int) -> int:
    """Return the select group of the VLines with ``slot`` on a side: 7 - slot // 4 left, 8 + slot // 4 right."""
    return 7 - slot // 4 if side == LEFT else 8 + slot // 4


def local_drivers(v: int) -> list[int]:
    """Return the 14 drivers of its own HICANN that VLine ``v`` can feed, top to bottom."""
    return [int(y) for y in np.flatnonzero(SWITCH[v] & (vline_side(v) == DRIVER_SIDE))]


def adjacent_drivers(v: int) -> list[int]:
    """Return the 14 drivers of the adjacent HICANN (left VLine: west, right: east) that VLine ``v`` can feed."""
    return [int(y) for y in np.flatnonzero(SWITCH[v] & (vline_side(v) != DRIVER_SIDE))]


def adjacent_direction(v: int) -> int:
    """Return the direction of the adjacent HICANN that VLine ``v`` can feed."""
    return WEST if v < 128 else EAST


def _primary_indices() -> NDArray[np.int8]:
    """Return for side, group-on-side 0..7 the 7 top and 7 bottom quadrant indices of the primaries."""
    table = np.empty((N_GROUPS, 2, 7), dtype=np.int8)
    for group in range(N_GROUPS):
        v = 4 * (group % 8) + (128 if group >= 8 else 0)
        drivers = np.array(local_drivers(v))
        for half in (0, 1):
            table[group, half] = DRIVER_INDEX[drivers[DRIVER_HALF[drivers] == half]]
    return table


#: ``PRIMARY_INDEX[group, half]``: quadrant indices of the primaries that a select group reaches, (16, 2, 7).
PRIMARY_INDEX: Final = _primary_indices()


def row_of(driver: int, which: int) -> int:
    """Return the synapse row 0..447 of a driver's top (0) or bottom (1) row."""
    return 2 * driver + which


def chain(first: int, last: int) -> list[int]:
    """Return the drivers from ``first`` to ``last`` (same quadrant, ascending): every second number."""
    return list(range(first, last + 1, 2))


#: Synapse decoder value 4 MSB and weight 4 LSB share one byte in the configuration; an unused synapse holds this.
UNUSED_SYNAPSE: Final = 0x10

STP_OFF: Final = 0
STP_DEPRESSION: Final = 1
STP_FACILITATION: Final = 2
STP_NAMES: Final = ("off", "depression", "facilitation")

#: ``TARGETS[n]``: synapse type (receptor index) reached through [even/odd column][input left/right] of a
#: denmem of a cell with n receptors (marocco ``SynapseTargetMapping::simple_mapping``).
TARGETS: Final[dict[int, tuple[tuple[int, int], tuple[int, int]]]] = {
    1: ((0, 0), (0, 0)),
    2: ((0, 1), (0, 1)),
    3: ((0, 1), (0, 2)),
    4: ((0, 1), (2, 3)),
}
