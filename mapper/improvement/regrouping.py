"""The move that regroups the addresses of buses with drivers at their price."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mapper.addresses.decoder_groups import addresses_in
from mapper.bus import BusModel
from mapper.improvement.change import Change
from mapper.improvement.layer1 import Search
from mapper.improvement.prices import driver_prices, losses
from mapper.improvement.state import State, Workshop
from models.mapping import nets_of

#: Buses that one move regroups, and annealing steps for each.
_BUSES = (1, 2, 4)
_STEPS = 1_500
#: Weight of a synapse that the chain limit loses against one lost on a side with many buses, in the choice of buses.
_OWN_LOSS = 10.0


def regroup(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Regroup buses that send to lossy HICANNs, with their drivers at the price that they have there."""
    lost = losses(state.sides).sum(axis=1)
    wanted = state.wanted
    suffers = np.bincount(wanted.net, weights=lost[wanted.hicann], minlength=3072).astype(np.float64)
    # what the chain limit loses belongs to the bus itself
    short = wanted.size - state.curve[:, -1]
    suffers += _OWN_LOSS * np.bincount(wanted.net, weights=short, minlength=3072)
    candidates = np.flatnonzero(suffers)
    if len(candidates) == 0:
        return None
    count = min(len(candidates), int(rng.choice(_BUSES)))
    weight = suffers[candidates] / suffers[candidates].sum()
    chosen = rng.choice(candidates, count, replace=False, p=weight)
    model = BusModel(
        shop.problem, state.placement, shop.problem.limits.driver_chain_length,
        driver_prices(shop.problem, state.sides).max(axis=1),
    )  # fmt: skip
    net_of = nets_of(state.placement, state.addresses)
    address = state.addresses.address.copy()
    improved = []
    for net in np.sort(chosen).tolist():
        cells = np.flatnonzero(net_of == net).astype(np.int32)
        groups = address[cells].astype(np.int64) >> 4
        before = model.cost(cells, groups)
        found, cost = model.anneal(cells, groups, _STEPS, int(rng.integers(1 << 62)), 0)
        if cost.lost + cost.charge < before.lost + before.charge:
            address[cells] = addresses_in(found)
            improved.append(net)
    if not improved:
        return None
    addresses = replace(state.addresses, address=address)
    nothing = np.empty(0, dtype=np.int64)
    change = Change(state.placement, state.merging, addresses, np.array(improved, dtype=np.int64), nothing)
    return shop.changed(state, change, Search(0, 0.0), int(rng.integers(1 << 31)))
