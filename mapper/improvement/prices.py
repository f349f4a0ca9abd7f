"""What a driver is worth, side by side and HICANN by HICANN, at the present arrivals.

The price of a driver is the dual variable of the capacity row in the LP "give the drivers to the chains, wherever
they lie": the marginal gain of the last driver that is granted.  It is the LP dual of the set packing model without
the positions of chains (see `mapper.explain.prices` for the full one), and takes a sort instead of a linear program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.drivers.sides import Sides
from mapper.problem import Problem

#: Share of the drivers that packing gets used, as measured on full sides.
_PACKING = 0.98


def driver_prices(problem: Problem, sides: Sides) -> NDArray[np.float64]:
    """Return the price of a driver on the left and right side of every HICANN, (384, 2) [synapses]."""
    prices = np.zeros((384, 2))
    for (hicann, side), lines in sides.items():
        gain = np.sort(np.diff(lines.curve, axis=1).ravel())[::-1]
        room = int(_PACKING * problem.wafer.usable_drivers_per_side(hicann)[side])
        prices[hicann, side] = gain[room] if room < len(gain) else 0.0
    return prices


def losses(sides: Sides) -> NDArray[np.int64]:
    """Return what every side loses for want of drivers, (384, 2) [synapses]."""
    lost = np.zeros((384, 2), dtype=np.int64)
    for (hicann, side), lines in sides.items():
        lost[hicann, side] = int(lines.curve[:, -1].sum()) - lines.served
    return lost
