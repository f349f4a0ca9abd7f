"""What a placed and addressed network will lose, before routing, and what a driver is worth on every HICANN."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import CellTables, Demand, demand, service_curves
from mapper.fragments import damaged, packed
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
    prices : (384, K) float64
        Synapses that one more driver would serve as the k-th of a bus, 0 where all wishes are granted.
    """

    lost: int
    prices: NDArray[np.float64]


def estimate(problem: Problem, draft: Mapping) -> Estimate:
    """Return the loss to expect from a placed and addressed network, before routing.

    Nothing arrives from a bus that cannot be driven.  Besides what the chain limit loses, on every HICANN what is
    left over when its drivers go to the buses with the largest marginal gains.  With all drivers usable the estimate
    is a lower bound for these addresses, and the prices are the dual variables of the drivers; here ``PACKING`` of
    the drivers are usable.  On a HICANN with dead drivers chains are packed instead, see `mapper.fragments`.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    limit = drivers_per_route(problem.limits)
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, limit)
    sends = usable_buses(draft.merging, problem.wafer).ravel()[wanted.net]
    gain = np.diff(curve, axis=1) * sends[:, None]
    room = np.floor(PACKING * problem.wafer.drivers.sum(axis=1)).astype(np.int64)
    served, price = _shared_out(wanted.hicann, gain, room)
    prices = np.repeat(price[:, None], limit, axis=1)
    for hicann in np.flatnonzero(damaged(problem.wafer) & (np.bincount(wanted.hicann, minlength=N_HICANNS) > 0)):
        served[hicann], prices[hicann] = _in_fragments(problem, wanted, gain, int(hicann))
    return Estimate(len(problem.synapses) - int(served.sum()), prices)


def _shared_out(
    hicann: NDArray[np.int32], gain: NDArray[np.int32], room: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what ``room`` drivers of every HICANN serve wherever they lie, and what one more would, (384,) each."""
    flat = gain.ravel()
    owner = np.repeat(hicann, gain.shape[1])
    order = np.lexsort((-flat, owner))
    first = np.searchsorted(owner[order], np.arange(N_HICANNS + 1))
    rank = np.arange(len(order)) - first[owner[order]]
    granted = order[rank < room[owner[order]]]
    served = np.bincount(owner[granted], flat[granted], N_HICANNS).astype(np.int64)
    price = np.zeros(N_HICANNS)
    short = np.flatnonzero(np.diff(first) > room)
    price[short] = flat[order][first[short] + room[short]]
    return served, price


def _in_fragments(
    problem: Problem, wanted: Demand, gain: NDArray[np.int32], hicann: int
) -> tuple[int, NDArray[np.float64]]:
    """Return what chains on the working drivers of a HICANN serve, and the prices of every driver of a bus, (K,)."""
    here = np.flatnonzero(wanted.hicann == hicann)
    chain, limit = problem.limits.driver_chain_length, gain.shape[1]
    chains = -(-limit // chain)
    own = np.zeros((len(here), chains * chain), dtype=np.int64)
    own[:, :limit] = gain[here]
    curve = np.zeros((len(here) * chains, chain + 1), dtype=np.int64)
    curve[:, 1:] = np.cumsum(own.reshape(-1, chain), axis=1)
    service = packed(problem.wafer, hicann, np.repeat(wanted.net[here], chains), curve)
    return service.served, np.tile(service.prices, chains)[:limit]
