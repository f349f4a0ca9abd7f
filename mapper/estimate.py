"""What a placed and addressed network will lose, before routing, and what a driver is worth on every HICANN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import CellTables, demand, service_curves
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.hardware.coordinates import N_HICANNS
from models.mapping import Mapping, usable_buses

#: Share of the drivers that packing can be expected to use; the rest is lost to fragments.
PACKING = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """The loss to expect.

    Attributes
    ----------
    lost : int
        Synapses lost to the chain limit, to missing drivers, and to buses that do not work.
    prices : (384,) float64
        Synapses that one more driver would serve, 0 where all wishes are granted.
    """

    lost: int
    prices: NDArray[np.float64]


def estimate(problem: Problem, draft: Mapping) -> Estimate:
    """Return the loss to expect from a placed and addressed network, before routing.

    Nothing arrives from a bus that cannot be driven.  Besides what the chain limit loses, on every HICANN what is
    left over when its drivers go to the buses with the largest marginal gains.  With all drivers usable the estimate
    is a lower bound for these addresses, and the prices are the dual variables of the drivers; here ``PACKING`` of
    the drivers are usable.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    limit = drivers_per_route(problem.limits)
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, limit)
    sends = usable_buses(draft.merging, problem.wafer).ravel()[wanted.net]
    gain = (np.diff(curve, axis=1) * sends[:, None]).ravel()
    hicann = np.repeat(wanted.hicann, limit)
    order = np.lexsort((-gain, hicann))
    first = np.searchsorted(hicann[order], np.arange(N_HICANNS + 1))
    rank = np.arange(len(order)) - first[hicann[order]]
    room = np.floor(PACKING * problem.wafer.drivers.sum(axis=1)).astype(np.int64)
    served = int(gain[order][rank < room[hicann[order]]].sum())
    prices = np.zeros(N_HICANNS)
    short = np.flatnonzero(np.diff(first) > room)
    prices[short] = gain[order][first[short] + room[short]]
    return Estimate(len(problem.synapses) - served, prices)
