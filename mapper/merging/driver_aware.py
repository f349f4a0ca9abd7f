"""Merging with the driver model in view: the best of all 128 merger maps, HICANN by HICANN.

Model, for one HICANN with its occupied neuron blocks:

Variables
    The map block -> DNC merger, one of the (at most 128) maps that the merger tree can realise.
    Blocks that do not get to a bus that works are silent.
Constraints
    At most ``sources_per_bus`` sources on a bus; working mergers on the way, a working sending line, and a background
    generator that can lock it; cells of a shared bus stay together.
Objective
    Lexicographic: least synapses lost to silent blocks and to the chain limit on any target HICANN, plus the price of
    the drivers wanted there; then least drivers plus a price per route (few buses), then fewest buses.

Every map is tried, so the choice is exact for addresses given out highest first; where drivers cost nothing and every
block has a bus of its own, a set of blocks that already loses synapses is not extended. Prices are the dual variables
of the drivers of every HICANN in `mapper.estimate`: they make a bus give up drivers that would serve little, and merge
where that saves some.

Source: merger tree from halco; chain limit from marocco and calibtic.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.pool import assign
from mapper.bus import BusCost, BusModel, high_first_groups
from mapper.context import BudgetExhausted, Context
from mapper.estimate import estimate
from mapper.merging.maps import Host, hosts, legal_maps, put
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.errors import OptionError, PlacementError
from models.hardware.coordinates import N_HICANNS
from models.mapping import Mapping, Merging

#: A route takes layer-1 lines on several HICANNs; it is priced like this many drivers.
_ROUTE_PRICE = 1.0
_IMPOSSIBLE = BusCost(1 << 40, 0, 0)


def driver_aware(problem: Problem, draft: Mapping, context: Context, *, rounds: int = 3) -> Mapping:
    """Choose the merger map of every HICANN that hosts neurons.

    Where that asks for more drivers than there are, it is done again with their prices, ``rounds`` times in all; the
    merging with the least estimated loss is kept.

    Raises
    ------
    OptionError
        If there is no round.
    PlacementError
        If a HICANN has no legal map.
    BudgetExhausted
        If the budget ends before all are chosen.
    """
    if rounds < 1:
        raise OptionError(f"rounds must be at least 1 (got {rounds})")
    prices = np.zeros((N_HICANNS, drivers_per_route(problem.limits)))
    best, best_loss = draft, -1
    for number in range(rounds):
        try:
            merged = _merged(problem, draft, context, prices)
        except BudgetExhausted:
            if number == 0:
                raise
            break
        if rounds == 1:
            return merged
        expected = estimate(problem, assign(problem, merged, "high_first"))
        if number == 0 or expected.lost < best_loss:
            best, best_loss = merged, expected.lost
        if not expected.prices.any() or (number > 0 and expected.lost > best_loss):
            break
        prices = expected.prices if number == 0 else (prices + expected.prices) / 2
    return best


def _merged(problem: Problem, draft: Mapping, context: Context, prices: NDArray[np.float64]) -> Mapping:
    """Return the draft with the best map of every HICANN at these prices of drivers [synapses], (384, K)."""
    model = BusModel(problem, draft.placement, drivers_per_route(problem.limits), prices)
    merging = Merging.empty()
    for host in hosts(problem, draft.placement):
        if context.over:
            raise BudgetExhausted("merging: the budget ended before every HICANN had its merger map")
        put(merging, host.hicann, _best_map(problem, host, model))
    return replace(draft, merging=merging)


def _best_map(problem: Problem, host: Host, model: BusModel) -> tuple[int, ...]:
    active = host.active
    silenced = [model.synapses(own) for own in host.cells]
    costs: dict[tuple[int, ...], BusCost] = {}

    def cost(blocks: tuple[int, ...]) -> BusCost:
        if blocks not in costs:
            costs[blocks] = _cost(problem, host.on_bus(blocks), model, hopeless(blocks))
        return costs[blocks]

    def hopeless(blocks: tuple[int, ...]) -> bool:
        priced = bool(host.together) or bool(model.prices.any())
        return len(blocks) > 1 and separable and not priced and any(cost((b,)).lost > 0 for b in blocks)

    maps = list(legal_maps(problem, host))
    # else a block that joins no other may have to stay silent
    separable = any(len(buses) == len(active) for _, buses in maps)

    best: tuple[tuple[float, ...], tuple[int, ...]] | None = None
    for chosen, buses in maps:
        priced = [cost(tuple(blocks)) for blocks in buses.values()]
        rank = (
            float(sum(c.lost + c.charge for c in priced) + sum(silenced[b] for b in active if chosen[b] < 0)),
            sum(c.drivers + _ROUTE_PRICE * c.targets for c in priced),
            float(len(priced)),
        )
        if best is None or rank < best[0]:
            best = (rank, chosen)
    if best is None or best[0][0] >= _IMPOSSIBLE.lost:
        addresses, most = problem.limits.sources_per_bus, max(map(len, host.cells))
        if most > addresses:
            raise PlacementError(
                f"HICANN {host.hicann}: a neuron block has {most} neurons, but a bus {addresses} addresses; spread them"
            )
        raise PlacementError(f"HICANN {host.hicann}: the cells of a shared bus do not fit on one bus")
    return best[1]


def _cost(problem: Problem, cells: NDArray[np.int32], model: BusModel, hopeless: bool) -> BusCost:
    if len(cells) > problem.limits.sources_per_bus or hopeless:
        return _IMPOSSIBLE
    return model.cost(cells, high_first_groups(len(cells)))
