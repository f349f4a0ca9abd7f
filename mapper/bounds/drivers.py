"""What synapse drivers can serve at most: curves of (bus, HICANN) pairs, and dual prices of the drivers of a HICANN.

Curves.  `upper_curves` bounds the synapses of a pair that k drivers serve.  For neurons of one kind - equally many
receptors, and even width or width 1 - choosing rows by marginal gain is exact (proof in `mapper.rows.exact`), so the
service curve is the bound.  Neurons of different kinds are taken as if each kind had the k drivers for itself, and
odd widths above 1 as if they were one column wider; both only add synapses.  Every curve is concave.

Prices.  Let every driver d of a HICANN have a price p_d >= 0.  A pair that gets k drivers in chains of at most L
that each contain a driver in its reach serves f(k), hence at most

    profit = max over k of (f(k) - least price of k drivers in such chains)

more than it pays, and all pairs together pay at most sum p_d.  So any prices prove

    served on the HICANN <= sum over working drivers of p_d + sum over pairs of profit.

Uniform prices at the marginal gain of the last driver give the knapsack bound; the dual variables of the packing LP
give the LP bound, whatever tolerance the LP solver worked with, because the formula is evaluated anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mapper.demand import CellTables, Demand, service_curves
from mapper.problem import Problem
from models.hardware.layer1 import slot_at
from models.hardware.synapses import DRIVERS_PER_QUADRANT, PRIMARY_INDEX, group_of_slot

Curves = NDArray[np.int64]
Prices = NDArray[np.float64]
Reach = NDArray[np.bool_]

#: Driver positions of a HICANN: side, strip, index.
SHAPE: Final = (2, 2, DRIVERS_PER_QUADRANT)


def upper_curves(problem: Problem, tables: CellTables, wanted: Demand, drivers: int) -> Curves:
    """Return how many synapses of every pair k drivers can serve at most, (n_pairs, drivers + 1)."""
    width = np.where((tables.width > 1) & (tables.width % 2 == 1), tables.width + 1, tables.width)
    kind = tables.receptors * 2 + (width == 1)
    curve = np.zeros((wanted.n_pairs, drivers + 1), dtype=np.int64)
    if wanted.n_pairs == 0:
        return curve
    widened = replace(tables, width=width)
    kinds = kind[tables.post[wanted.synapse]]
    for k in np.unique(kinds):
        kept = kinds == k
        position = np.append(0, np.cumsum(kept))[wanted.start]
        part = Demand(wanted.net, wanted.hicann, position.astype(np.int64), wanted.synapse[kept])
        curve += service_curves(widened, part, drivers)
    return np.minimum(curve, wanted.size[:, None])


def gains(hicann: NDArray[np.int64], curve: Curves) -> tuple[NDArray[np.int64], Curves]:
    """Return HICANN and size of all marginal gains above 0 of concave curves, (m,) each."""
    gain = np.diff(curve, axis=1)
    pair, k = np.nonzero(gain > 0)
    return hicann[pair].astype(np.int64), gain[pair, k]


def best_shares(hicann: NDArray[np.int64], gain: Curves, room: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what every HICANN can serve when its drivers go to the largest marginal gains, (384,).

    Parameters
    ----------
    hicann, gain : (m,) int64
        From `gains`.
    room : (384,) int64
        Working drivers.
    """
    owner, rank, gain = _ranked(hicann, gain)
    return np.bincount(owner, gain * (rank < room[owner]), len(room)).astype(np.int64)


def marginal_prices(hicann: NDArray[np.int64], gain: Curves, room: NDArray[np.int64]) -> Prices:
    """Return the gain of the first driver that every HICANN does not have, 0 where there are enough, (384,)."""
    owner, rank, gain = _ranked(hicann, gain)
    price = np.zeros(len(room))
    first = rank == room[owner]
    price[owner[first]] = gain[first]
    return price


def _ranked(hicann: NDArray[np.int64], gain: Curves) -> tuple[NDArray[np.int64], NDArray[np.int64], Curves]:
    """Return HICANN, rank on the HICANN (largest first) and size of the gains, HICANN by HICANN."""
    order = np.lexsort((-gain, hicann))
    owner = hicann[order]
    return owner, np.arange(len(order)) - np.searchsorted(owner, np.arange(384))[owner], gain[order]


def reach_at(phase: int, hicann: int) -> Reach:
    """Return the drivers that a bus of a phase can feed directly on a HICANN, whatever its route, (2, 2, 56).

    On its own VLines, and on those of the west and the east neighbour, whose slot is one lower and one higher; a
    neighbour's group reaches what the mirrored own group does.  All switches count as working.
    """
    slot = slot_at(phase, hicann)
    table = np.zeros(SHAPE, dtype=np.bool_)
    facing = (15 - group_of_slot((slot - 1) % 32, 1), 15 - group_of_slot((slot + 1) % 32, 0))
    for side in (0, 1):
        for group in (group_of_slot(slot, side), facing[side]):
            for strip in (0, 1):
                table[side, strip, PRIMARY_INDEX[group, strip]] = True
    return table


def chain_costs(prices: Prices, usable: Reach, reach: Reach, longest: int) -> NDArray[np.float64]:
    """Return the least price of a chain of 0..longest drivers, infinity where there is none, (longest + 1,)."""
    cost = np.full(longest + 1, np.inf)
    cost[0] = 0.0
    for length in range(1, min(longest, DRIVERS_PER_QUADRANT) + 1):
        windows = np.lib.stride_tricks.sliding_window_view
        legal = windows(usable, length, axis=2).all(axis=3) & windows(reach, length, axis=2).any(axis=3)
        if legal.any():
            cost[length] = windows(prices, length, axis=2).sum(axis=3)[legal].min()
    return cost


def profits(curve: Curves, cost: NDArray[np.float64], chains: int) -> NDArray[np.float64]:
    """Return the profit of pairs whose drivers come in up to ``chains`` chains, (n,).

    With several chains, k drivers cost at least k times the least price per driver of any chain.
    """
    if chains > 1:
        per_driver = (cost[1:] / np.arange(1, len(cost))).min(initial=np.inf)
        cost = np.append(0.0, np.arange(1, curve.shape[1]) * per_driver)
    return np.asarray((curve[:, : len(cost)] - cost[: curve.shape[1]]).max(axis=1))


def packing_prices(curve: Curves, reach: Reach, kind: NDArray[np.int64], usable: Reach, longest: int) -> Prices | None:
    """Return the dual prices of the packing LP of one HICANN, (2, 2, 56); None if the LP solver fails.

    Pairs of equal reach share their chains:

    Variables
        u[i, k] in [0, 1]: pair i has k drivers or more; z[q, l, place] >= 0: chains of length l at a place that pairs
        of reach q get; only chains of working drivers, one of them in the reach.
    Constraints
        (share) sum over pairs of reach q of u[i, k] <= sum over l >= k of z[q, l, place], for every q and k;
        (slot)  sum of z that cover a driver <= 1.
    Objective
        maximise sum (f_i(k) - f_i(k - 1)) u[i, k].

    Source: chains from halco synapse.cpp.

    Parameters
    ----------
    curve : (n, longest + 1) int64
    reach : (m, 2, 2, 56) bool
        The different reaches.
    kind : (n,) int64
        Which reach each pair has.
    """
    from scipy.optimize import linprog

    gain = np.diff(curve, axis=1)
    matrix, chains = packing_rows(gain, reach, kind, usable, longest)
    n = matrix.shape[1] - chains
    limit = np.append(np.zeros(len(reach) * longest), np.ones(usable.size))
    upper = np.append(np.full(chains, np.inf), np.ones(n))
    objective = -np.append(np.zeros(chains), gain[gain > 0])
    bounds: Any = np.stack([np.zeros(len(upper)), upper], axis=1)
    result = linprog(objective, A_ub=matrix, b_ub=limit, bounds=bounds, method="highs")
    if result.status != 0:
        return None
    marginals: NDArray[np.float64] = np.asarray(result.ineqlin.marginals)
    return np.maximum(0.0, -marginals[len(reach) * longest :]).reshape(SHAPE)


def packing_rows(gain: Curves, reach: Reach, kind: NDArray[np.int64], usable: Reach, longest: int) -> tuple[Any, int]:
    """Return the matrix of `packing_prices` and how many of its columns are chains z; gains u above 0 follow.

    Its rows are (share) by reach and k, then (slot) by driver.
    """
    from scipy.sparse import csc_array

    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    sign: list[NDArray[np.float64]] = []
    n = 0
    for q in range(len(reach)):
        for length in range(1, longest + 1):
            windows = np.lib.stride_tricks.sliding_window_view
            legal = windows(usable, length, axis=2).all(axis=3) & windows(reach[q], length, axis=2).any(axis=3)
            side, strip, first = np.nonzero(legal)
            place = ((side * 2 + strip) * DRIVERS_PER_QUADRANT + first)[:, None] + np.arange(length)
            enough = np.broadcast_to(np.arange(length), place.shape) + q * longest
            at = np.arange(n, n + len(place))[:, None]
            rows += [(place + len(reach) * longest).ravel(), enough.ravel()]
            columns += [np.broadcast_to(at, place.shape).ravel()] * 2
            sign += [np.ones(place.size), np.full(place.size, -1.0)]
            n += len(place)
    i, k = np.nonzero(gain > 0)
    rows.append(kind[i] * longest + k)
    columns.append(n + np.arange(len(i)))
    sign.append(np.ones(len(i)))
    shape = (len(reach) * longest + usable.size, n + len(i))
    # the stubs of scipy know no sparse constraints
    return csc_array((np.concatenate(sign), (np.concatenate(rows), np.concatenate(columns))), shape=shape), n
