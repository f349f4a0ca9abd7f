"""What HICANNs with dead drivers can serve: chains packed into the drivers that are left, before there are routes.

Dead drivers cut the strips of a HICANN into runs.  A chain lies in one run and holds a primary of its line, so few
long chains exist where many drivers are dead, however many are left.  All arrivals of a bus on a HICANN have the slot
of its phase, so the select groups that it can arrive in, one on each side, are known before it is routed; which of the
two it takes is left open here.

Source: phases and select groups as in `mapper.bounds.drivers`; packing by `mapper.kernels.chain_packing`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import drivers_needed
from mapper.kernels.chain_packing import anneal_chains
from models.hardware.layer1 import phase_of_source, slot_at
from models.hardware.synapses import DRIVER_AT, DRIVERS_PER_QUADRANT, N_GROUPS, PRIMARY_INDEX, group_of_slot
from models.hardware.wafer import Wafer

#: Moves of the packing for every line, a tenth of those of `mapper.drivers.annealed`.
_EFFORT = 20
#: Start temperature as in `mapper.drivers.sides`, and a seed: the packing is a function of what is wanted.
_HOT, _SEED = 1.7, 1
#: A wafer is fragmented if less than this share of its drivers are in runs as long as marocco's chains.
_USUAL_CHAIN = 3
_IN_LONG_RUNS = 2 / 3
#: Share of the drivers from which on they count as used up: the rest lies where no bus can use it.
_USED_UP = 0.9


@dataclass(frozen=True, slots=True)
class Service:
    """What the drivers of a HICANN serve.

    Attributes
    ----------
    served : int
        Synapses.
    prices : (K,) float64
        Synapses that the k-th driver of one more chain would have to serve to be worth it, 0: there are enough.
    """

    served: int
    prices: NDArray[np.float64]


def damaged(wafer: Wafer) -> NDArray[np.bool_]:
    """Return the HICANNs of which some but not all drivers work, (384,)."""
    works = wafer.drivers.sum(axis=1)
    found: NDArray[np.bool_] = (works > 0) & (works < wafer.drivers.shape[1])
    return found


def fragmented(wafer: Wafer) -> bool:
    """Tell whether most working drivers of a wafer are in runs too short for the usual chain."""
    run = run_lengths(wafer)
    return bool((run >= _USUAL_CHAIN).sum() < _IN_LONG_RUNS * (run > 0).sum())


def packed(wafer: Wafer, hicann: int, net: NDArray[np.int32], curve: NDArray[np.int64]) -> Service:
    """Return what chains on the working drivers of a HICANN serve when every bus may come in on either side.

    Parameters
    ----------
    net : (n,) int32
        The bus of every chain; the chains of a bus arrive on different VLines.
    curve : (n, K + 1) int64
        Synapses that 0..K drivers of the chain serve, concave.
    """
    chosen = np.flatnonzero(curve[:, -1] > curve[:, 0])
    chosen = chosen[np.argsort(curve[chosen, 0] - curve[chosen, 1], kind="stable")]
    net, curve = net[chosen], curve[chosen]
    if len(chosen) == 0:
        return Service(0, np.zeros(curve.shape[1] - 1))
    need = drivers_needed(curve.astype(np.int32), curve[:, -1]).astype(np.int64)
    usable = wafer.drivers[hicann][DRIVER_AT].reshape(-1, DRIVERS_PER_QUADRANT)
    chain = np.zeros((len(net), 3), dtype=np.int64)
    served = anneal_chains(
        curve, need, primaries(hicann, net), usable, chain, _EFFORT * len(net), _HOT, np.int64(_SEED)
    )
    return Service(int(served), _prices(np.diff(curve, axis=1), chain[:, 2], int(usable.sum())))


def primaries(hicann: int, net: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return the drivers of the strips of a HICANN that buses can feed directly, (n, 4, 56)."""
    phases = np.array([phase_of_source(int(n) // 8, int(n) % 8) for n in net])
    table = np.zeros((32, 2, 2, DRIVERS_PER_QUADRANT), dtype=np.bool_)
    for phase in np.unique(phases).tolist():
        for side in (0, 1):
            group = group_of_slot(slot_at(phase, hicann), side)
            for strip in (0, 1):
                table[phase, side, strip, PRIMARY_INDEX[group, strip]] = True
    found: NDArray[np.bool_] = table.reshape(32, 4, DRIVERS_PER_QUADRANT)[phases]
    return found


def supply(wafer: Wafer) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the working primaries of every select group, and the longest run that holds one, (384, 16) each."""
    works, run = wafer.drivers[:, DRIVER_AT], run_lengths(wafer)
    side = np.arange(N_GROUPS) // 8
    found = [
        np.stack([table[:, side[group], strip][:, PRIMARY_INDEX[group, strip]] for strip in (0, 1)], axis=1)
        for table in (works, run)
        for group in range(N_GROUPS)
    ]
    primaries = np.stack([table.sum(axis=(1, 2)) for table in found[:N_GROUPS]], axis=1)
    longest = np.stack([table.max(axis=(1, 2)) for table in found[N_GROUPS:]], axis=1)
    return primaries.astype(np.float64), longest.astype(np.float64)


def run_lengths(wafer: Wafer) -> NDArray[np.int64]:
    """Return how many working drivers in a row every driver is one of, 0 where dead, (384, 2 sides, 2 strips, 56)."""
    works = wafer.drivers[:, DRIVER_AT]
    before, after = np.zeros(works.shape, np.int64), np.zeros(works.shape, np.int64)
    last = works.shape[-1] - 1
    for i in range(last + 1):
        before[..., i] = (before[..., i - 1] + 1 if i else 1) * works[..., i]
        j = last - i
        after[..., j] = (after[..., j + 1] + 1 if i else 1) * works[..., j]
    return np.where(works, before + after - 1, 0)


def _prices(gain: NDArray[np.int64], length: NDArray[np.int64], drivers: int) -> NDArray[np.float64]:
    """Return the gain of the first k-th driver beyond as many as were granted, (K,).

    Where no drivers are left, any driver takes one from another chain, and no price is below that of all together.
    """
    granted = (length[:, None] > np.arange(gain.shape[1])).sum(axis=0)
    prices = np.array([_next(gain[:, k], n) for k, n in enumerate(granted.tolist())])
    used_up = granted.sum() >= _USED_UP * drivers
    return np.maximum(prices, _next(gain.ravel(), int(granted.sum()))) if used_up else prices


def _next(gain: NDArray[np.int64], granted: int) -> float:
    """Return the largest gain but ``granted`` larger ones, 0 if there is none."""
    return float(np.sort(gain)[::-1][granted]) if granted < len(gain) else 0.0
