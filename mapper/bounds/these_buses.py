"""A lower bound for every mapping with the same placement, merging and addresses: any routes, drivers and rows.

The bound adds up what drivers and buses cannot carry without counting a synapse twice.  With a price on every driver
(`mapper.bounds.drivers`) a pair (net, HICANN) is worth its profit, and

    served <= sum of driver prices + sum over phases of the most profit that trees can deliver.

The last sum is bounded phase by phase (`mapper.bounds.routing`), trivially by the profit of all pairs.  With all
prices of drivers 0 this is the routing bound alone, with trivial phases the driver bound alone.

Driver prices come from marginal gains on every HICANN, and from the dual of the packing LP where the mapping loses
more than they explain, the largest unexplained losses first.  Only phases in which the mapping misses something get a
Lagrangian bound; elsewhere there is nothing to prove.  Unless the mapping does otherwise, the routes considered serve
every HICANN from its own VLines; the kind of the bound says so.  How much is computed follows from the budget, never
from the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.bounds.drivers import (
    SHAPE,
    Curves,
    Prices,
    chain_costs,
    gains,
    marginal_prices,
    packing_prices,
    profits,
    reach_at,
    upper_curves,
)
from mapper.bounds.routing import Effort, delivery_bound
from mapper.bounds.rows import drivers_per_bus
from mapper.context import Context
from mapper.demand import CellTables, Demand, demand
from mapper.problem import Problem
from mapper.routing.phases import Phase, split
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_LINES, phase_of_source
from models.hardware.synapses import DRIVER_AT
from models.mapping import REALISED, Mapping, usable_buses
from models.solution import Bound

#: Work that ten seconds of budget allow, about 0.3 s each: entries of packing LPs, arcs of dual ascents.
_LP_ENTRIES: Final = 10_000
_ARCS: Final = 12_000_000
#: Packing LPs in a row that prove nothing new after which no more are solved: the other HICANNs look alike.
_LP_PATIENCE: Final = 3
#: Most evaluations of the Lagrangian of one phase.
_EVALUATIONS: Final = 120


@dataclass(frozen=True, slots=True)
class _Situation:
    """The pairs of a mapping: what they want, can get, and get.

    Attributes
    ----------
    wanted : Demand
    curve : (n_pairs, K + 1) int64
        Synapses that k drivers can serve; 0 for nets without a working bus.
    served : (n_pairs,) int64
        Synapses that the mapping realises.
    arrives : (n_pairs,) bool
        Whether the mapping has a route.
    phase : (n_pairs,) int64
    usable : (3072,) bool
        Nets with a working bus.
    facing : bool
        Whether the mapping serves a HICANN from a neighbour's VLine.
    """

    wanted: Demand
    curve: Curves
    served: NDArray[np.int64]
    arrives: NDArray[np.bool_]
    phase: NDArray[np.int64]
    usable: NDArray[np.bool_]
    facing: bool

    @property
    def hicann(self) -> NDArray[np.int64]:
        return self.wanted.hicann.astype(np.int64)


def bound_these_buses(problem: Problem, mapping: Mapping, this_placement: Bound, context: Context) -> Bound:
    """Return a bound that holds for every mapping with this placement, merging and addresses.

    Parameters
    ----------
    mapping : Mapping
        A complete mapping; what it loses steers the effort, not the validity.
    this_placement : Bound
        Returned if nothing better is found, and at once if the mapping meets it.
    context : Context
        Its budget determines the effort.
    """
    if mapping.lost <= this_placement.value:
        return this_placement
    at = _situation(problem, mapping)
    longest = problem.limits.driver_chain_length
    chains = drivers_per_bus(problem) // min(224, longest)
    room = problem.wafer.drivers.sum(axis=1).astype(np.int64)
    price = marginal_prices(*gains(at.hicann, at.curve), room)
    worth = profits_at(at.curve, price[at.hicann])
    paid = price * room
    in_vain = 0
    for hicann in _unexplained(at, paid, worth, context, longest):
        in_vain = 0 if _refine(problem, at, hicann, longest, max(1, chains), paid, worth) else in_vain + 1
        if in_vain == _LP_PATIENCE:
            break
    over_drivers = float(paid.sum() + worth.sum())
    most = over_drivers - _undeliverable(problem, at, worth, context)
    value = int(np.ceil(len(problem.synapses) - most - 1e-6))
    if value <= this_placement.value:
        return this_placement
    lines = "VLines" if at.facing else "own VLines"
    return Bound(value, f"drivers of the buses, routes to {lines}" if most < over_drivers else "drivers of the buses")


def profits_at(curve: Curves, price: Prices) -> Prices:
    """Return the profits of pairs whose drivers cost ``price`` (n,) each."""
    best: Prices = (curve - price[:, None] * np.arange(curve.shape[1])).max(axis=1)
    return best


def _situation(problem: Problem, mapping: Mapping) -> _Situation:
    wanted = demand(problem, mapping.placement, mapping.addresses)
    tables = CellTables.of(problem, mapping.placement, mapping.addresses)
    curve = upper_curves(problem, tables, wanted, drivers_per_bus(problem))
    usable = usable_buses(mapping.merging, problem.wafer).ravel()
    curve[~usable[wanted.net]] = 0
    realised = np.append(0, np.cumsum(mapping.synapses.cause[wanted.synapse] == REALISED))
    arrival = mapping.routing.arrival_net.astype(np.int64) * N_HICANNS + mapping.routing.arrival_hicann
    key = wanted.net.astype(np.int64) * N_HICANNS + wanted.hicann
    phase_of = np.array([phase_of_source(net // 8, net % 8) for net in range(8 * N_HICANNS)])
    facing = bool((mapping.routing.arrival_segment // N_LINES != mapping.routing.arrival_hicann).any())
    served = np.diff(realised[wanted.start])
    return _Situation(wanted, curve, served, np.isin(key, arrival), phase_of[wanted.net], usable, facing)


def _unexplained(at: _Situation, paid: Prices, worth: Prices, context: Context, longest: int) -> list[int]:
    """Return the HICANNs that get a packing LP: those where the mapping serves less than proven possible."""
    here = at.hicann
    possible = paid + np.bincount(here, worth, N_HICANNS)
    gap = possible - np.bincount(here, at.served, N_HICANNS)
    # what has no route is the routing bound's business
    gap -= np.bincount(here, np.where(at.arrives, 0.0, worth), N_HICANNS)
    entries = 24 * 28 * longest**3 // 3 + np.bincount(here, minlength=N_HICANNS) * longest
    order = np.argsort(-gap, kind="stable")
    order = order[gap[order] >= 1.0]
    affordable = np.cumsum(entries[order]) <= _work(context, _LP_ENTRIES)
    return [int(h) for h in order[affordable]]


def _work(context: Context, per_ten_seconds: int) -> int:
    """Return the share of the budget: by deterministic budget, else by the time limit as given, else a minute's."""
    if context.det_limit is not None or context.time_limit is None:
        return context.work(per_ten_seconds) if context.det_limit is not None else 6 * per_ten_seconds
    return int(per_ten_seconds * context.time_limit / 10.0)


def _refine(
    problem: Problem, at: _Situation, hicann: int, longest: int, chains: int, paid: Prices, worth: Prices
) -> bool:
    """Replace the prices of a HICANN by those of the packing LP if they prove more; tell whether they do."""
    pairs = np.flatnonzero((at.hicann == hicann) & (at.curve[:, -1] > 0))
    if len(pairs) == 0:
        return False
    curve = at.curve[pairs]
    reaches = np.stack([reach_at(int(phase), hicann) for phase in at.phase[pairs]])
    packed, kind = np.unique(reaches.reshape(len(pairs), -1), axis=0, return_inverse=True)
    reach = packed.reshape(-1, *SHAPE)
    usable = problem.wafer.drivers[hicann][DRIVER_AT]
    prices = packing_prices(curve[:, : longest + 1], reach, kind.ravel(), usable, longest)
    if prices is None:
        return False
    profit = np.zeros(len(pairs))
    for q in range(len(reach)):
        mine = kind.ravel() == q
        profit[mine] = profits(curve[mine], chain_costs(prices, usable, reach[q], longest), chains)
    total = float(prices[usable].sum())
    if total + profit.sum() > paid[hicann] + worth[pairs].sum() - 0.5:
        return False
    paid[hicann] = total
    worth[pairs] = profit
    return True


def _undeliverable(problem: Problem, at: _Situation, worth: Prices, context: Context) -> float:
    """Return how much of the pairs' worth no routes can deliver."""
    missing = np.where(at.arrives, 0.0, worth)
    if missing.sum() < 1.0:
        return 0.0
    lost = np.bincount(at.phase, missing, 32)
    budget, lacking = _work(context, _ARCS), 0.0
    # the phases are asked for graphs and pairs only, not for needs and values
    ones = np.ones(at.wanted.n_pairs, dtype=np.int32)
    phases = split(problem, at.wanted.net, at.wanted.hicann, ones, ones, at.usable)
    pairs = [_pairs_of(at, phase) for phase in phases]
    order = sorted(range(len(phases)), key=lambda i: -lost[at.phase[pairs[i][0]]])
    for done, i in enumerate(order):
        loses = lost[at.phase[pairs[i][0]]]
        if loses < 1.0 or budget <= 0:
            break
        # the worse a phase, the larger its share of what is left
        rest = sum(lost[at.phase[pairs[j][0]]] for j in order[done:])
        mine = worth[pairs[i]]
        delivered = float(mine[at.arrives[pairs[i]]].sum())
        effort = Effort(_EVALUATIONS, int(budget * loses / rest))
        most, arcs = delivery_bound(phases[i], mine, problem.limits, delivered, effort, at.facing)
        budget -= arcs
        lacking += max(0.0, float(mine.sum()) - _whole(most, mine))
    return lacking


def _whole(most: float, worth: Prices) -> float:
    """Return the largest sum of worths that is no more than ``most``: a multiple of their greatest common divisor."""
    units = np.round(worth).astype(np.int64)
    if np.abs(worth - units).max(initial=0.0) > 1e-9:
        return most
    unit = int(np.gcd.reduce(units))
    return float(int(most / unit + 1e-9) * unit) if unit else 0.0


def _pairs_of(at: _Situation, phase: Phase) -> NDArray[np.int64]:
    """Return the pairs of a phase's nets in the phase's order."""
    return np.flatnonzero(np.isin(at.wanted.net, phase.key))
