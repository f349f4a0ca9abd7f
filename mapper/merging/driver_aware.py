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

Every map is tried, so the choice is exact for addresses given out highest first; where drivers cost nothing, a set of
blocks that already loses synapses is not extended.  Prices are the dual variables of the drivers of every HICANN in
`mapper.estimate`: they make a bus give up drivers that would serve little, and merge where that saves some.

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
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.errors import OptionError, PlacementError
from models.hardware.coordinates import N_HICANNS
from models.hardware.mergers import complete_maps
from models.mapping import OUTPUT, Mapping, Merging

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
    prices = np.zeros(N_HICANNS)
    best, best_loss = draft, -1
    for number in range(rounds):
        merged = _merged(problem, draft, context, prices)
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
    """Return the draft with the best map of every HICANN at these prices of drivers [synapses], (384,)."""
    placement = draft.placement
    model = BusModel(problem, placement, drivers_per_route(problem.limits), prices)
    merging = Merging.empty()
    shared = [problem.network.cells(view) for view in problem.instance.shared_buses]
    _check_shared(shared, draft)
    block = placement.block
    for hicann in placement.hicanns_with_neurons:
        if context.over:
            raise BudgetExhausted("merging: the budget ended before every HICANN had its merger map")
        here = np.flatnonzero((placement.hicann == hicann) & (block >= 0))
        here = here[np.argsort(placement.sequence[here], kind="stable")]
        cells = [here[block[here] == b].astype(np.int32) for b in range(8)]
        together = [
            {b for b in range(8) if np.isin(cells[b], group).any()} for group in shared if np.isin(here, group).any()
        ]
        best = _best_map(problem, int(hicann), cells, together, model)
        for b, dnc in enumerate(best):
            if dnc >= 0:
                merging.block_to_dnc[hicann, b] = dnc
                merging.mode[hicann, dnc] = OUTPUT
    return replace(draft, merging=merging)


def _check_shared(shared: list[NDArray[np.int32]], draft: Mapping) -> None:
    for cells in shared:
        homes = np.unique(draft.placement.hicann[cells[draft.placement.column[cells] >= 0]])
        if len(homes) > 1:
            raise PlacementError(
                f"the cells of a shared bus lie on HICANNs {', '.join(map(str, homes))}; they must lie on one"
            )


def _best_map(
    problem: Problem,
    hicann: int,
    cells: list[NDArray[np.int32]],
    together: list[set[int]],
    model: BusModel,
) -> tuple[int, ...]:
    active = [b for b in range(8) if len(cells[b])]
    can_send = problem.wafer.can_send[hicann]
    reaches, locks = problem.wafer.reaches[hicann], problem.wafer.generators[hicann]
    silenced = [model.synapses(own) for own in cells]
    costs: dict[tuple[int, ...], BusCost] = {}

    def cost(blocks: tuple[int, ...]) -> BusCost:
        if blocks not in costs:
            costs[blocks] = _cost(problem, [cells[b] for b in blocks], model, hopeless(blocks))
        return costs[blocks]

    def hopeless(blocks: tuple[int, ...]) -> bool:
        return len(blocks) > 1 and not together and not model.prices.any() and any(cost((b,)).lost > 0 for b in blocks)

    best: tuple[tuple[float, ...], tuple[int, ...]] | None = None
    for full in complete_maps():
        chosen = tuple(full[b] if b in active else -1 for b in range(8))
        buses: dict[int, list[int]] = {}
        for b, d in enumerate(chosen):
            if d >= 0 and can_send[d] and reaches[b, d]:
                buses.setdefault(d, []).append(b)
        buses = {d: blocks for d, blocks in buses.items() if locks[blocks, d].any()}
        chosen = tuple(d if d in buses and b in buses[d] else -1 for b, d in enumerate(chosen))
        if any(len({chosen[b] for b in group}) > 1 for group in together):
            continue
        priced = [cost(tuple(blocks)) for blocks in buses.values()]
        rank = (
            float(sum(c.lost + c.charge for c in priced) + sum(silenced[b] for b in active if chosen[b] < 0)),
            sum(c.drivers + _ROUTE_PRICE * c.targets for c in priced),
            float(len(priced)),
        )
        if best is None or rank < best[0]:
            best = (rank, chosen)
    if best is None or best[0][0] >= _IMPOSSIBLE.lost:
        raise PlacementError(f"HICANN {hicann}: the cells of a shared bus do not fit on one bus")
    return best[1]


def _cost(problem: Problem, parts: list[NDArray[np.int32]], model: BusModel, hopeless: bool) -> BusCost:
    cells = np.concatenate(parts)
    if len(cells) > problem.limits.sources_per_bus or hopeless:
        return _IMPOSSIBLE
    return model.cost(cells, high_first_groups(len(cells)))
