"""The move that gives a HICANN another merger map, with routes and drivers at their prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.decoder_groups import addresses_in
from mapper.bus import BusModel, high_first_groups
from mapper.improvement.change import Change
from mapper.improvement.homes import blocks_in_use, cells_on, fixed_cells, remerged
from mapper.improvement.layer1 import Search
from mapper.improvement.prices import driver_prices
from mapper.improvement.state import State, Workshop
from models.hardware.layer1 import phase_of_source
from models.hardware.mergers import complete_maps
from models.mapping import nets_of

#: Routing search of the phases concerned.
_SEARCH = Search(50, 0.5)
#: The best maps among which one is drawn.
_BEST = 4
#: Annealing steps for the groups of a new bus that loses synapses.
_STEPS = 1_500


def remerge(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Give a HICANN whose buses lose synapses one of the best other maps."""
    weight = _weights(shop, state)
    if weight.sum() == 0:
        return None
    hicann = int(rng.choice(384, p=weight / weight.sum()))
    model = BusModel(
        shop.problem, state.placement, shop.problem.limits.driver_chain_length,
        driver_prices(shop.problem, state.sides).max(axis=1),
    )  # fmt: skip
    maps = _ranked(shop, state, hicann, model)
    present = tuple(state.merging.block_to_dnc[hicann].tolist())
    others = [chosen for chosen in maps if chosen != present][:_BEST]
    if not others:
        return None
    change = remerged(shop.problem, state, hicann, others[int(rng.integers(len(others)))])
    if change is None:
        return None
    return shop.changed(state, _grouped(change, model, rng), _SEARCH, int(rng.integers(1 << 31)))


def _weights(shop: Workshop, state: State) -> NDArray[np.float64]:
    """Return how much the buses of every HICANN lose: on the way, and by the chain limit, (384,)."""
    wanted = state.wanted
    lost = (wanted.size - state.curve[:, -1]).astype(np.float64)
    key = wanted.net.astype(np.int64) * 384 + wanted.hicann
    arrived = [trees.arrival[:, 0] * 384 + trees.arrival[:, 1] for trees in state.routes.values()]
    missing = ~np.isin(key, np.concatenate([np.empty(0, np.int64), *arrived]))
    lost[missing] += state.curve[missing, -1]
    by_side = driver_prices(shop.problem, state.sides).max(axis=1)
    lost += 0.1 * by_side[wanted.hicann]
    weight = np.bincount(wanted.net // 8, weights=lost, minlength=384).astype(np.float64)
    weight[state.placement.hicann[fixed_cells(shop.problem) & (state.placement.hicann >= 0)]] = 0.0
    weight[blocks_in_use(state).sum(axis=1) == 0] = 0.0
    return weight


def _route_prices(state: State) -> NDArray[np.float64]:
    """Return what a route in every phase costs: the mean value that a wanted route of the phase loses, (32,)."""
    price = np.zeros(32)
    for n, trees in state.routes.items():
        price[n] = trees.missing / max(1, len(trees.phase.nets.target))
    return price


def _ranked(shop: Workshop, state: State, hicann: int, model: BusModel) -> list[tuple[int, ...]]:
    """Return the legal maps of a HICANN, cheapest first, at the prices of drivers and routes."""
    routes = _route_prices(state)
    cells = [cells_on(state, hicann, b).astype(np.int32) for b in range(8)]
    active = [b for b in range(8) if len(cells[b]) and state.merging.block_to_dnc[hicann, b] >= 0]
    costs: dict[tuple[int, ...], tuple[float, int]] = {}

    def cost(blocks: tuple[int, ...]) -> tuple[float, int]:
        if blocks not in costs:
            own = np.concatenate([cells[b] for b in blocks])
            if len(own) > shop.problem.limits.sources_per_bus:
                costs[blocks] = (float("inf"), 0)
            else:
                bus = model.cost(own, high_first_groups(len(own)))
                costs[blocks] = (bus.lost + bus.charge, bus.targets)
        return costs[blocks]

    ranked: dict[tuple[int, ...], float] = {}
    for full in complete_maps():
        chosen = tuple(full[b] if b in active else -1 for b in range(8))
        if chosen in ranked:
            continue
        total = 0.0
        for dnc in {d for d in chosen if d >= 0}:
            price, targets = cost(tuple(b for b in active if chosen[b] == dnc))
            total += price + routes[phase_of_source(hicann, dnc)] * targets
        ranked[chosen] = total
    return sorted((m for m in ranked if np.isfinite(ranked[m])), key=lambda m: (ranked[m], m))


def _grouped(change: Change, model: BusModel, rng: np.random.Generator) -> Change:
    """Return a change whose new buses have good decoder groups."""
    net_of = nets_of(change.placement, change.addresses)
    address = change.addresses.address.copy()
    for net in change.nets.tolist():
        cells = np.flatnonzero(net_of == net).astype(np.int32)
        if len(cells) == 0:
            continue
        present, packed = address[cells].astype(np.int64) >> 4, high_first_groups(len(cells))
        groups, cost = min(
            ((g, model.cost(cells, g)) for g in (present, packed)), key=lambda e: e[1].lost + e[1].charge
        )
        if cost.lost > 0:
            groups, _ = model.anneal(cells, groups, _STEPS, int(rng.integers(1 << 62)), 0)
        address[cells] = addresses_in(groups)
    return replace(change, addresses=replace(change.addresses, address=address))
