"""Decoder-group-aware addresses: which of a bus's four address groups every source gets.

Model, for one bus with sources i, jointly for all its target HICANNs t:

Variables
    x[i, d] in {0, 1}: source i has an address of group d = 0..3.
Constraints
    sum_d x[i, d] = 1; sum_i x[i, d] <= 14, 15, 15, 15 addresses of the group.
Objective
    Lexicographic: least synapses lost to the chain limit plus price of the drivers (`mapper.estimate`), summed over
    t, then least drivers summed over t; both from the exact row model (`BusModel`).

Method: seeded annealing on swaps and moves, for the buses that lose synapses, starting from the present addresses and
never worse than them.  A bus is finished when it loses no more than it would with all its sources in one group, which
is a bound.  A fixed number of moves is shared out, so the result does not depend on the machine.  Buses with few
targets that still lose more than their bound are then polished with CP-SAT, see `decoder_groups_cpsat`.

Source: 2-bit driver decoders per half row, halbe RowConfig and L1Address.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.decoder_groups_cpsat import polished
from mapper.bus import BusCost, BusModel
from mapper.context import Context
from mapper.estimate import estimate
from mapper.problem import Problem
from mapper.routing.phases import drivers_per_route
from models.hardware.mergers import ADDRESSES
from models.mapping import Mapping, nets_of

#: Annealing moves in a second on the machine it was written on; turns a deterministic budget into moves.
_MOVES_PER_SECOND = 20_000
#: Moves of one annealing run: a longer run gains nothing on the guidebook network.
_MOVES_PER_RUN = 100_000


def decoder_groups(
    problem: Problem, draft: Mapping, context: Context, *, moves: int = 200_000, polish: bool = True
) -> Mapping:
    """Regroup the addresses of every bus on which the chain limit loses synapses."""
    prices = estimate(problem, draft).prices
    model = BusModel(problem, draft.placement, drivers_per_route(problem.limits), prices)
    address = draft.addresses.address.copy()
    losing = []
    for cells in _buses(draft):
        groups = address[cells].astype(np.int64) >> 4
        one_group = model.cost(cells, np.zeros(len(cells), dtype=np.int64))
        if _price(model.cost(cells, groups)) > _price(one_group):
            losing.append((cells, groups, _price(one_group)))
    rng = context.rng("addresses/decoder_groups")
    moves = min(moves, context.work(_MOVES_PER_SECOND * 10))
    for cells, groups, ideal in losing:
        if context.over:
            break
        better = _anneal(model, cells, groups, ideal, rng, moves // len(losing), context)
        if polish and not prices.any() and model.cost(cells, better).lost > ideal:
            better = polished(problem, draft.placement, model, cells, better, context, len(losing))
        address[cells] = addresses_in(better)
    return replace(draft, addresses=replace(draft.addresses, address=address))


def _price(cost: BusCost) -> float:
    return cost.lost + cost.charge


def _buses(draft: Mapping) -> list[NDArray[np.int32]]:
    """Return the cells of every net, nets ascending."""
    net = nets_of(draft.placement, draft.addresses)
    order = np.argsort(net, kind="stable").astype(np.int32)
    order = order[net[order] >= 0]
    first = np.flatnonzero(np.diff(net[order], prepend=-1))
    return np.split(order, first[1:]) if len(order) else []


def _anneal(
    model: BusModel,
    cells: NDArray[np.int32],
    groups: NDArray[np.int64],
    ideal: float,
    rng: np.random.Generator,
    moves: int,
    context: Context,
) -> NDArray[np.int64]:
    """Return the best grouping met in runs of at most ``_MOVES_PER_RUN`` steps, ``moves`` in all."""
    best, best_groups = model.cost(cells, groups), groups
    for start in range(0, moves, _MOVES_PER_RUN):
        if context.over or _price(best) <= ideal:
            break
        steps = min(_MOVES_PER_RUN, moves - start)
        found, cost = model.anneal(cells, groups, steps, int(rng.integers(1 << 62)), ideal)
        if (_price(cost), cost.drivers) < (_price(best), best.drivers):
            best, best_groups = cost, found
    return best_groups


def addresses_in(groups: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return distinct addresses in the given groups, highest first, (n,)."""
    address = np.empty(len(groups), dtype=np.int8)
    for d in range(4):
        members = np.flatnonzero(groups == d)
        address[members] = ADDRESSES[::-1][ADDRESSES[::-1] >> 4 == d][: len(members)]
    return address
