"""A finished mapping seen pair by pair: what every (bus, target HICANN) wanted, got and lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import CellTables, Demand, demand, service_curves
from mapper.drivers.vlines import reachable
from mapper.explain.prices import Packing, Strips, Wish, best_packing
from mapper.problem import Problem
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import DRIVER_AT, DRIVER_SIDE
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, NOT_PLACED, REALISED, Mapping

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Situation:
    """What every pair of `wanted` got.

    Attributes
    ----------
    problem, mapping, wanted
        The instance, the finished mapping, its synapses by (net, target HICANN).
    curve : (n_pairs, K + 2) int32
        Synapses that 0..K + 1 drivers serve, K the most drivers that any pair has or may have.
    lost, cause : (n_pairs,) int64
        Lost synapses and the stage that lost them; REALISED if none is lost.
    granted : (n_pairs,) int64
        Drivers in the pair's chains.
    at_limit : (n_pairs,) bool
        Every chain of the pair is as long as the limits allow.
    side, group : (n_pairs,) int64
        Side of the HICANN whose drivers the pair's first arrival feeds, and the select group 0..15 of that side
        whose primaries it reaches; -1 without arrival.
    segment : (n_pairs,) int64
        The segment of that arrival, -1 without.
    """

    problem: Problem
    mapping: Mapping
    wanted: Demand
    curve: NDArray[np.int32]
    lost: Ints
    cause: Ints
    granted: Ints
    at_limit: NDArray[np.bool_]
    side: Ints
    group: Ints
    segment: Ints

    @classmethod
    def of(cls, problem: Problem, mapping: Mapping) -> Situation:
        """Return the situation of a finished mapping."""
        wanted = demand(problem, mapping.placement, mapping.addresses)
        granted, at_limit = _granted(problem, mapping, wanted)
        side, group, segment = _arrivals(mapping, wanted)
        longest = max(problem.limits.driver_chain_length, int(granted.max(initial=0))) + 1
        curve = service_curves(CellTables.of(problem, mapping.placement, mapping.addresses), wanted, longest)
        lost, cause = _losses(mapping, wanted)
        return cls(problem, mapping, wanted, curve, lost, cause, granted, at_limit, side, group, segment)

    def usable(self, hicann: int, side: int) -> Strips:
        """Return the working drivers of a side, (2, 56)."""
        usable: Strips = self.problem.wafer.drivers[hicann][DRIVER_AT[side]]
        return usable

    def used(self, hicann: int, side: int) -> int:
        """Return how many drivers of a side are in chains."""
        drivers = self.mapping.drivers
        here = (drivers.hicann == hicann) & (DRIVER_SIDE[drivers.first] == side)
        return int(((drivers.last[here] - drivers.first[here]) // 2 + 1).sum())

    def allowed(self, pair: int) -> NDArray[np.int32]:
        """Return the curve of a pair up to the chain limit, (K + 1,)."""
        allowed: NDArray[np.int32] = self.curve[pair, : self.problem.limits.driver_chain_length + 1]
        return allowed

    def pairs_at(self, hicann: int, side: int) -> Ints:
        """Return the pairs that arrive on a side of a HICANN."""
        return np.flatnonzero((self.wanted.hicann == hicann) & (self.side == side))

    def packing(self, hicann: int, side: int) -> Packing:
        """Return the best packing of the drivers of a side, see `mapper.explain.prices`."""
        pairs = self.pairs_at(hicann, side)
        if not self.lost[pairs].any():
            return Packing(np.zeros((2, DRIVER_AT.shape[2])), float(self.served(pairs)))
        wishes = [
            Wish(self.allowed(int(i)), reachable(self.problem, hicann, side, int(self.segment[i]))) for i in pairs
        ]
        return best_packing(wishes, self.usable(hicann, side))

    def served(self, pairs: Ints) -> int:
        """Return how many synapses of pairs are realised."""
        return int((self.wanted.size[pairs] - self.lost[pairs]).sum())

    def names(self, pairs: Sequence[int] | Ints) -> str:
        """Return the first few populations that send to the pairs, for people."""
        names: dict[str, None] = {}
        network = self.problem.network
        for pair in list(pairs)[:8]:
            first, last = self.wanted.start[pair : pair + 2]
            sources = np.unique(network.population_of[self.problem.synapses.pre[self.wanted.synapse[first:last]]])
            names |= dict.fromkeys(network.populations[int(p)].name for p in sources)
        shown = list(names)[:3]
        return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")


def _pair_of(wanted: Demand, net: NDArray[np.int32], hicann: NDArray[np.int16]) -> Ints:
    """Return the index of (net, hicann) among the pairs, -1 for those without synapses, (n,)."""
    keys = np.append(wanted.net.astype(np.int64) * 384 + wanted.hicann, -1)
    asked = net.astype(np.int64) * 384 + hicann
    pair = np.searchsorted(keys[:-1], asked)
    return np.where(keys[pair] == asked, pair, -1).astype(np.int64)


def _losses(mapping: Mapping, wanted: Demand) -> tuple[Ints, Ints]:
    cause = mapping.synapses.cause[wanted.synapse]
    pair = np.repeat(np.arange(wanted.n_pairs), wanted.size)
    lost = np.bincount(pair[cause != REALISED], minlength=wanted.n_pairs).astype(np.int64)
    first = np.full(wanted.n_pairs, REALISED, dtype=np.int64)
    for stage in (NOT_PLACED, NO_ROW, NO_DRIVER, NO_ROUTE):
        first[pair[cause == stage]] = stage
    return lost, first


def _granted(problem: Problem, mapping: Mapping, wanted: Demand) -> tuple[Ints, NDArray[np.bool_]]:
    drivers = mapping.drivers
    pair = _pair_of(wanted, drivers.net, drivers.hicann)
    known = pair >= 0
    length = ((drivers.last.astype(np.int64) - drivers.first) // 2 + 1)[known]
    pair = pair[known]
    granted = np.bincount(pair, weights=length, minlength=wanted.n_pairs).astype(np.int64)
    short = np.bincount(pair[length < problem.limits.driver_chain_length], minlength=wanted.n_pairs)
    return granted, (granted > 0) & (short == 0)


def _arrivals(mapping: Mapping, wanted: Demand) -> tuple[Ints, Ints, Ints]:
    routing = mapping.routing
    line = routing.arrival_segment.astype(np.int64) % N_LINES - N_HLINES
    own = routing.arrival_segment // N_LINES == routing.arrival_hicann
    side = np.where(own, line >= 128, line < 128).astype(np.int64)
    group = (line // 4) % 8 + np.where(line >= 128, 8, 0)
    group = np.where(own, group, 15 - group)
    pair = _pair_of(wanted, routing.arrival_net, routing.arrival_hicann)
    found = np.full((3, wanted.n_pairs), -1, dtype=np.int64)
    # backwards, so that the first arrival of a pair is written last
    real = np.flatnonzero(pair >= 0)[::-1]
    found[:, pair[real]] = np.stack([side, group, routing.arrival_segment])[:, real]
    return found[0], found[1], found[2]
