"""What a synapse driver is worth: dual prices of the driver packing of one side of a HICANN.

The LP relaxation of the set packing model in `mapper.drivers.set_packing`, its variables, (line), (slot) and objective,
has one dual variable per driver: how many synapses more would be served if that driver existed twice.  The side's price
is the largest of them, a driver where it is worth most.  Optimal values are concave in the resources, so a price is an
upper bound on what the unit saves; where the LP relaxation is integral and not degenerate it is exact.

A line that has no driver yet is *priced in*: of all chains that it could get, the one with the largest difference of
service and prices of its drivers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.hardware.synapses import DRIVERS_PER_QUADRANT, PRIMARY_INDEX

Prices = NDArray[np.float64]
Strips = NDArray[np.bool_]

#: Prices below this are noise of the LP solver [synapses].
_NOISE = 1e-6


@dataclass(frozen=True, slots=True)
class Wish:
    """What one arriving line asks of a side.

    Attributes
    ----------
    curve : (K + 1,) int32
        Synapses that 0..K drivers serve; K is the chain limit.
    reach : (2, 56) bool
        Drivers of both strips that its select switches reach.
    """

    curve: NDArray[np.int32]
    reach: Strips


@dataclass(frozen=True, slots=True)
class Packing:
    """The LP optimum of one side.

    Attributes
    ----------
    prices : (2, 56) float64
        Dual price of every driver of both strips [synapses]; 0 where drivers are to spare.
    served : float
        Synapses that the best packing serves, at most.
    """

    prices: Prices
    served: float


def reach_of_group(group: int) -> Strips:
    """Return the drivers of both strips that a select group 0..15 reaches, (2, 56)."""
    table = np.zeros((2, DRIVERS_PER_QUADRANT), dtype=np.bool_)
    for strip in (0, 1):
        table[strip, PRIMARY_INDEX[group, strip]] = True
    return table


def chain_starts(wish: Wish, usable: Strips, length: int) -> NDArray[np.intp]:
    """Return (strip, first index) of all chains of a length that a line may get, (2, n)."""
    free = np.lib.stride_tricks.sliding_window_view(usable, length, axis=1).all(axis=2)
    fed = np.lib.stride_tricks.sliding_window_view(wish.reach, length, axis=1).any(axis=2)
    return np.stack(np.nonzero(free & fed))


def best_packing(wishes: Sequence[Wish], usable: Strips) -> Packing:
    """Return what the drivers of a side can serve and what each is worth.

    Parameters
    ----------
    wishes : sequence of Wish
        The lines that arrive on the side.
    usable : (2, 56) bool
        Working drivers.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    value: list[float] = []
    rows: list[NDArray[np.intp]] = []
    for i, wish in enumerate(wishes):
        for length in range(1, len(wish.curve)):
            if wish.curve[length] == wish.curve[length - 1]:
                continue
            strip, first = chain_starts(wish, usable, length)
            slots = len(wishes) + (strip * DRIVERS_PER_QUADRANT + first)[:, None] + np.arange(length)
            rows += list(np.concatenate([np.full((len(strip), 1), i), slots], axis=1))
            value += [float(wish.curve[length])] * len(strip)
    nothing = np.zeros((2, DRIVERS_PER_QUADRANT))
    if not value:
        return Packing(nothing, 0.0)
    entry = np.concatenate(rows)
    column = np.repeat(np.arange(len(rows)), [len(covered) for covered in rows])
    shape = (len(wishes) + 2 * DRIVERS_PER_QUADRANT, len(rows))
    # the stubs of scipy know no sparse constraints here
    matrix: Any = csc_array((np.ones(len(entry)), (entry, column)), shape=shape)
    result = linprog(-np.array(value), A_ub=matrix, b_ub=np.ones(shape[0]), bounds=(0, None), method="highs")
    if result.status != 0 or result.fun is None:
        return Packing(nothing, float(sum(wish.curve[-1] for wish in wishes)))
    prices = -np.asarray(result.ineqlin.marginals)[len(wishes) :].reshape(2, DRIVERS_PER_QUADRANT)
    prices[prices < _NOISE] = 0.0
    return Packing(prices, -float(result.fun))


def priced_in(wish: Wish, usable: Strips, prices: Prices) -> float:
    """Return what serving one line more would gain beyond the prices of its drivers, at least 0 [synapses]."""
    best = 0.0
    for length in range(1, len(wish.curve)):
        strip, first = chain_starts(wish, usable, length)
        if len(strip):
            cost = np.lib.stride_tricks.sliding_window_view(prices, length, axis=1).sum(axis=2)[strip, first]
            best = max(best, float(wish.curve[length] - cost.min()))
    return best
