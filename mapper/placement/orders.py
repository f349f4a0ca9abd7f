"""Orders of HICANNs about a point of the wafer, as marocco's placement strategies use them.

Sources: marocco ``spiral_ordering``, ``ClusterByPopulationConnectivity``.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import HEIGHT, WIDTH, X, Y

#: Middle of the wafer in HICANN coordinates (x, y).
CENTRE: Final = ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
_COS: Final = np.float32(np.cos(-np.pi / 4))
_SIN: Final = np.float32(np.sin(-np.pi / 4))


def spiral(centre_x: float = CENTRE[0], centre_y: float = CENTRE[1]) -> NDArray[np.int16]:
    """Return all HICANNs in squares of growing distance about a centre, each from its north-east corner on, (384,).

    The angle is taken in single precision, turned by 45 degrees, as marocco does; ties go to the smaller enum.
    """
    dx, dy = (X - centre_x).astype(np.float32), (Y - centre_y).astype(np.float32)
    angle = np.arctan2(dx * _SIN + dy * _COS, dx * _COS - dy * _SIN)
    return np.lexsort((angle, np.maximum(np.abs(dx), np.abs(dy)))).astype(np.int16)


def vertical(centre_x: float = CENTRE[0], centre_y: float = CENTRE[1]) -> NDArray[np.int16]:
    """Return all HICANNs column by column away from a centre, each column from the centre's row on, (384,).

    Ties go to the smaller enum, so to the west and to the north.
    """
    return np.lexsort((np.abs(Y - centre_y), np.abs(X - centre_x))).astype(np.int16)
