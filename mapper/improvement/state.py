"""A complete mapping under improvement: what was decided, and what follows from it, kept up to date by parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import CellTables, Demand, demand, drivers_needed, service_curves
from mapper.drivers.sides import Packer, Sides, sides_of
from mapper.improvement.change import Change, demand_of, merged
from mapper.improvement.layer1 import (
    Layer1,
    Routes,
    Search,
    Wish,
    arrivals,
    empty_loads,
    loads_of,
    revalued,
    routing_of,
    same_targets,
)
from mapper.problem import Problem
from mapper.rows.exact import exact
from models.mapping import Addresses, Mapping, Merging, Placement, Rows, SynapseCells, usable_buses

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class State:
    """Decisions, and the loss that follows from them.

    Attributes
    ----------
    placement, merging, addresses
        Decisions of the first stages.
    wanted : Demand
        Synapses by (net, target HICANN).
    curve : (n_pairs, K + 1) int32
        Synapses of every pair that 0..K drivers serve.
    routes, sides
        Routes by phase, chains by (HICANN, side).
    """

    placement: Placement
    merging: Merging
    addresses: Addresses
    wanted: Demand
    curve: NDArray[np.int32]
    routes: Routes
    sides: Sides

    @property
    def served(self) -> int:
        """Return the synapses that the chains serve."""
        return sum(side.served for side in self.sides.values())

    @property
    def missing(self) -> int:
        """Return the synapses that do not arrive."""
        return sum(trees.missing for trees in self.routes.values())

    @property
    def hicanns(self) -> int:
        """Return how many HICANNs must be configured."""
        placed = self.placement.hicann[self.placement.hicann >= 0]
        used = [placed.astype(np.int64), *(trees.tree[:, 1] // 320 for trees in self.routes.values())]
        return len(np.unique(np.concatenate(used)))


class Workshop:
    """Makes states from mappings, from other states, and mappings from states.

    Parameters
    ----------
    problem, context : Problem, Context
        The instance, and the budget.
    """

    def __init__(self, problem: Problem, context: Context) -> None:
        self.problem = problem
        self.context = context
        self._layer1 = Layer1(problem)
        self._packer = Packer(problem)
        self._empty = empty_loads(problem)
        self._limit = problem.limits.driver_chain_length

    def state_of(self, mapping: Mapping) -> State:
        """Return the state of a complete mapping."""
        wanted = demand(self.problem, mapping.placement, mapping.addresses)
        curve = self._curves(mapping.placement, mapping.addresses, wanted)
        phases = self._layer1.wanted(self._wish(mapping.merging, wanted, curve))
        routes = self._layer1.trees_of(mapping.routing, phases)
        sides = self._packer.pack(wanted, curve, arrivals(routes), sides_of(mapping.drivers), 1)
        return State(mapping.placement, mapping.merging, mapping.addresses, wanted, curve, routes, sides)

    def mapping_of(self, state: State) -> Mapping:
        """Return the complete mapping of a state."""
        n = len(self.problem.synapses)
        nothing = SynapseCells(np.full(n, -1, np.int16), np.full(n, -1, np.int16), np.zeros(n, np.int8))
        drivers = self._packer.drivers(state.sides)
        draft = Mapping(
            state.placement, state.merging, state.addresses, routing_of(state.routes), drivers, Rows.empty(), nothing
        )
        return exact(self.problem, draft, self.context)

    def rerouted(self, state: State, phases: Iterable[int], search: Search, seed: int) -> State:
        """Return a state whose routes of some phases were searched on."""
        wish = self._wish(state.merging, state.wanted, state.curve)
        return self._settled(state, wish, set(phases), search, seed)

    def diverted(self, state: State, dropped: Ints, prices: NDArray[np.float64], seed: int) -> State:
        """Return a state in which some pairs look for another way in.

        Parameters
        ----------
        dropped : (n,) int64
            384 net + HICANN of pairs whose arrivals are given up.
        prices : (384, 2) float64
            Drivers that are to count as taken, besides the real ones, on every side.
        """
        wish = self._wish(state.merging, state.wanted, state.curve)
        routes, touched = dict(state.routes), set()
        for n, trees in state.routes.items():
            stays = ~np.isin(trees.arrival[:, 0] * 384 + trees.arrival[:, 1], dropped)
            if not stays.all():
                routes[n] = replace(trees, arrival=trees.arrival[stays])
                touched.add(n)
        return self._settled(replace(state, routes=routes), wish, touched, Search(0, 0.0), seed, prices)

    def repacked(self, state: State, where: Iterable[tuple[int, int]], effort: int, seed: int) -> State:
        """Return a state some of whose sides were packed on."""
        sides = dict(state.sides)
        for place in where:
            sides[place] = self._packer.packed(place, sides[place], effort, seed)
        return replace(state, sides=sides)

    def proven(self, state: State, where: tuple[int, int]) -> State:
        """Return a state with one side packed by the exact model."""
        best = self._packer.exact(where, state.sides[where], self.context)
        return replace(state, sides={**state.sides, where: best})

    def changed(self, state: State, change: Change, search: Search, seed: int) -> State:
        """Return a state with other decisions of the first stages; only the phases and sides concerned are redone."""
        wanted, curve = self._updated(state, change)
        fresh = State(change.placement, change.merging, change.addresses, wanted, curve, state.routes, state.sides)
        return self._settled(fresh, self._wish(change.merging, wanted, curve), set(), search, seed)

    def _settled(
        self, state: State, wish: Wish, touched: set[int], search: Search, seed: int,
        prices: NDArray[np.float64] | None = None,
    ) -> State:  # fmt: skip
        phases = self._layer1.wanted(wish)
        routes = {}
        for n, phase in phases.items():
            old = state.routes.get(n)
            if old is None or not same_targets(old.phase, phase):
                touched.add(n)
            if old is not None:
                routes[n] = old if n in touched else revalued(old, phase)
        loads = loads_of(self._empty, routes, touched, wish)
        if prices is not None:
            loads.side[:] += prices
        for n in sorted(touched & set(phases)):
            routes[n] = self._layer1.rebuilt(phases[n], routes.get(n), loads, search, seed + n)
        sides = self._packer.pack(state.wanted, state.curve, arrivals(routes), state.sides, seed)
        return replace(state, routes=routes, sides=sides)

    def _updated(self, state: State, change: Change) -> tuple[Demand, NDArray[np.int32]]:
        """Return demand and curves after a change; only the pairs concerned are counted anew."""
        fresh = demand_of(self.problem, change)
        new = self._curves(change.placement, change.addresses, fresh)
        return merged(state.wanted, state.curve, change, fresh, new)

    def _curves(self, placement: Placement, addresses: Addresses, wanted: Demand) -> NDArray[np.int32]:
        return service_curves(CellTables.of(self.problem, placement, addresses), wanted, self._limit)

    def _wish(self, merging: Merging, wanted: Demand, curve: NDArray[np.int32]) -> Wish:
        need = np.maximum(1, drivers_needed(curve, wanted.size))
        usable = usable_buses(merging, self.problem.wafer).ravel()
        return Wish(wanted.net, wanted.hicann, need, curve[:, -1], usable)
