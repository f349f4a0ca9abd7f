"""Which full resource cost every lost synapse.

All lost synapses of one (bus, target HICANN) share the resource, by the stage that lost them:

* no route: the VLines of the bus's phase on the target HICANN if all are in use; else the lines around the bus if
  nothing next to its tree is free; else the phase as a whole;
* no driver: the select group if more lines that want drivers arrive in it than it has primaries, else the side;
* no row: the chain if it is as long as the limits allow and one driver more would serve more; the side if the chain
  could still grow; else the half rows of the chain, which no driver more would help;
* not placed: the buses for a source population, the places for neurons.

A price is what one more unit of that resource would save at most: the dual price of the driver packing for a side
(`mapper.explain.prices`), the step of the service curve for a chain, the best line priced in for lines and groups.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mapper.explain.lines import LineUse
from mapper.explain.prices import Packing, Wish, priced_in, reach_of_group
from mapper.explain.resources import (
    ARRIVALS,
    BUSES,
    CHAIN,
    EXITS,
    GROUP,
    HALF_ROWS,
    PHASE,
    PLACES,
    SIDE,
    Explanation,
    Resource,
    ranked,
)
from mapper.explain.rows import half_rows
from mapper.explain.situation import Ints, Situation
from mapper.problem import Problem
from models.errors import MapperError
from models.hardware.coordinates import name as hicann_name
from models.hardware.layer1 import phase_of_source, slot_at
from models.hardware.synapses import group_of_slot
from models.instance import Instance
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, NOT_PLACED, REALISED
from models.solution import Solution

Key = tuple[str, int, int]
_SIDES = ("left", "right")


class ExplainError(MapperError, ValueError):
    """A solution that does not belong to the instance."""


def explain(instance: Instance, solution: Solution) -> Explanation:
    """Return for every lost synapse the resource that was full, and all of these ranked and priced.

    Raises
    ------
    ExplainError
        If the solution is of another instance.
    """
    if solution.digest != instance.digest:
        raise ExplainError(
            f"the solution is of {solution.instance} {solution.digest}, but {instance.name} has {instance.digest}; "
            "solve this instance first"
        )
    return _Attribution(Situation.of(Problem(instance), solution.mapping)).explanation()


class _Attribution:
    """One run: gives every lossy pair a resource, then counts and prices the resources."""

    def __init__(self, situation: Situation) -> None:
        self.at = situation
        self.pairs_of: dict[Key, list[int]] = defaultdict(list)
        self._packings: dict[tuple[int, int], Packing] = {}

    @cached_property
    def lines(self) -> LineUse:
        """Who uses which bus segment; only needed where routes are missing."""
        return LineUse(self.at.problem.wafer, self.at.mapping.routing)

    def explanation(self) -> Explanation:
        """Attribute, count, price and rank."""
        at = self.at
        for pair in np.flatnonzero(at.lost).tolist():
            self.pairs_of[self._key(pair)].append(pair)
        table = [self._resource(key, pairs) for key, pairs in self.pairs_of.items()]
        of_pair = np.full(at.wanted.n_pairs, -1, dtype=np.int32)
        for i, pairs in enumerate(self.pairs_of.values()):
            of_pair[pairs] = i
        resource = np.full(len(at.problem.synapses), -1, dtype=np.int32)
        resource[at.wanted.synapse] = np.repeat(of_pair, at.wanted.size)
        self._add_unplaced(table, resource)
        cause = at.mapping.synapses.cause
        synapse = np.flatnonzero(cause != REALISED)
        return ranked(synapse, cause[synapse], resource[synapse], tuple(table))

    def _key(self, pair: int) -> Key:
        at = self.at
        net, hicann, cause = int(at.wanted.net[pair]), int(at.wanted.hicann[pair]), int(at.cause[pair])
        if cause == NO_ROUTE or at.side[pair] < 0:
            phase = phase_of_source(net // 8, net % 8)
            used, usable = self.lines.arrivals(hicann, phase)
            if used == usable:
                return ARRIVALS, hicann, phase
            return (EXITS, net // 8, net) if self.lines.walled_in(net) else (PHASE, -1, phase)
        if cause == NO_DRIVER:
            used, capacity = self._group_use(hicann, int(at.group[pair]))
            return (GROUP, hicann, int(at.group[pair])) if used > capacity else (SIDE, hicann, int(at.side[pair]))
        assert cause in (NO_ROW, NOT_PLACED)
        if self._step(pair) > 0:
            return (CHAIN, hicann, net) if at.at_limit[pair] else (SIDE, hicann, int(at.side[pair]))
        return HALF_ROWS, hicann, net

    def _step(self, pair: int) -> int:
        """Return what one more driver in a pair's chain would serve more [synapses]."""
        granted = int(self.at.granted[pair])
        return int(self.at.curve[pair, granted + 1] - self.at.curve[pair, granted])

    def _group_use(self, hicann: int, group: int) -> tuple[int, int]:
        """Return the arrivals of a select group that want drivers, and its working primaries."""
        at = self.at
        arriving = (at.wanted.hicann == hicann) & (at.group == group) & (at.curve[:, -1] > 0)
        return int(arriving.sum()), int((reach_of_group(group) & at.usable(hicann, group // 8)).sum())

    def _resource(self, key: Key, pairs: list[int]) -> Resource:
        kind, hicann, index = key
        describe = {
            ARRIVALS: self._arrivals, EXITS: self._exits, PHASE: self._phase, GROUP: self._group, SIDE: self._side,
            CHAIN: self._chain, HALF_ROWS: self._half_rows,
        }[kind]  # fmt: skip
        used, capacity, price, name, detail = describe(hicann, index, pairs)
        lost = int(self.at.lost[pairs].sum())
        return Resource(kind, hicann, index, used, capacity, lost, min(price, float(lost)), name, detail)

    def packing(self, hicann: int, side: int) -> Packing:
        """Return the best packing of a side's drivers, computed once."""
        if (hicann, side) not in self._packings:
            self._packings[hicann, side] = self.at.packing(hicann, side)
        return self._packings[hicann, side]

    def _gain_of_line(self, pair: int) -> float:
        """Return what one more VLine of its phase on the target HICANN would gain for a pair without a route."""
        at = self.at
        net, hicann = int(at.wanted.net[pair]), int(at.wanted.hicann[pair])
        slot = slot_at(phase_of_source(net // 8, net % 8), hicann)
        wishes = [(side, Wish(at.allowed(pair), reach_of_group(group_of_slot(slot, side)))) for side in (0, 1)]
        return max(priced_in(wish, at.usable(hicann, side), self.packing(hicann, side).prices) for side, wish in wishes)

    def _arrivals(self, hicann: int, phase: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        used, usable = self.lines.arrivals(hicann, phase)
        name = f"VLines of phase {phase} on {hicann_name(hicann)}"
        detail = f"{used} of {usable} VLines in use, {len(pairs)} buses do not get in ({self.at.names(pairs)})"
        return used, usable, max(self._gain_of_line(p) for p in pairs), name, detail

    def _exits(self, hicann: int, net: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        used, usable = self.lines.around(net)
        name = f"lines around the bus of DNC merger {net % 8} of {hicann_name(hicann)}"
        detail = f"{used} of {usable} lines in use by others, {len(pairs)} HICANNs not reached ({self.at.names(pairs)})"
        return used, usable, sum(self._gain_of_line(p) for p in pairs), name, detail

    def _phase(self, hicann: int, phase: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        used, usable = self.lines.in_phase(phase)
        detail = f"{100 * used / max(usable, 1):.0f}% of its segments in use, {len(pairs)} pairs not routed"
        detail += f" ({self.at.names(pairs)})"
        return used, usable, max(self._gain_of_line(p) for p in pairs), f"phase {phase} of layer 1", detail

    def _group(self, hicann: int, group: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        at, side = self.at, group // 8
        used, capacity = self._group_use(hicann, group)
        anywhere = np.ones((2, 56), dtype=np.bool_)
        prices, usable = self.packing(hicann, side).prices, at.usable(hicann, side)
        price = max(priced_in(Wish(at.allowed(p), anywhere), usable, prices) for p in pairs)
        name = f"select group {group} ({_SIDES[side]}) on {hicann_name(hicann)}"
        return used, capacity, price, name, f"{used} buses arrive, {capacity} primary drivers ({at.names(pairs)})"

    def _side(self, hicann: int, side: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        used, capacity = self.at.used(hicann, side), int(self.at.usable(hicann, side).sum())
        without = int((self.at.granted[pairs] == 0).sum())
        detail = f"{used} of {capacity} drivers in use, {without} buses get none, {len(pairs) - without} too few"
        best = self.packing(hicann, side)
        price = float(best.prices.max(initial=0.0))
        spare = round(best.served) - self.at.served(self.at.pairs_at(hicann, side))
        if spare > 0:
            detail += f"; packed better (drivers=set_packing) they save up to {spare}"
        name = f"{_SIDES[side]} drivers of {hicann_name(hicann)}"
        return used, capacity, price, name, f"{detail} ({self.at.names(pairs)})"

    def _chain(self, hicann: int, net: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        (pair,) = pairs
        granted = int(self.at.granted[pair])
        name = f"chain on {hicann_name(hicann)} for DNC merger {net % 8} of {hicann_name(net // 8)}"
        return granted, granted, float(self._step(pair)), name, self._rows_detail(pair)

    def _half_rows(self, hicann: int, net: int, pairs: list[int]) -> tuple[int, int, float, str, str]:
        (pair,) = pairs
        _, wanted, granted = half_rows(self.at, pair)
        name = f"half rows on {hicann_name(hicann)} for DNC merger {net % 8} of {hicann_name(net // 8)}"
        served = int(self.at.wanted.size[pair] - self.at.lost[pair])
        price = float(max(0, int(self.at.curve[pair, self.at.granted[pair]]) - served))
        return granted, wanted, price, name, self._rows_detail(pair)

    def _rows_detail(self, pair: int) -> str:
        what, wanted, granted = half_rows(self.at, pair)
        limit = self.at.problem.limits.driver_chain_length
        text = f"{int(self.at.granted[pair])} drivers of at most {limit}; {what} "
        return text + f"need {wanted} half rows, got {granted} ({self.at.names([pair])})"

    def _add_unplaced(self, table: list[Resource], resource: NDArray[np.int32]) -> None:
        """Attribute the synapses that never met a bus and a HICANN to their source or target population."""
        at = self.at
        synapses, network = at.problem.synapses, at.problem.network
        left = np.flatnonzero((at.mapping.synapses.cause != REALISED) & (resource < 0))
        homeless = at.mapping.placement.hicann[synapses.post[left]] < 0
        for kind, chosen, cell in ((PLACES, homeless, synapses.post), (BUSES, ~homeless, synapses.pre)):
            lost: Ints = left[chosen]
            population = network.population_of[cell[lost]]
            for number in np.unique(population).tolist():
                mine = lost[population == number]
                by_cell = np.bincount(cell[mine] - network.offsets[number])
                size, out = network.populations[number].size, int(np.count_nonzero(by_cell))
                name = f"{'places' if kind == PLACES else 'buses'} for {network.populations[number].name}"
                resource[mine] = len(table)
                detail = f"{out} of {size} cells {'have no place' if kind == PLACES else 'send on no bus'}"
                price = float(by_cell.max())
                table.append(Resource(kind, -1, number, size - out, size - out, len(mine), price, name, detail))
