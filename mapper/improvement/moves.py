"""Moves that keep placement, merging and addresses: better chains, other ways in, better routes."""

from __future__ import annotations

import numpy as np

from mapper.drivers.sides import Side
from mapper.improvement.layer1 import Search
from mapper.improvement.state import State, Workshop

#: Moves of a packing for every line, in a move that does nothing else.
_EFFORT = 400
#: Sides that one packing move takes.
_PACKED = 4
#: Sides that one move relieves, and lines that it sends elsewhere on each.
_SIDES, _LINES = 3, 3
#: Drivers that count as taken on a side that lines are to leave: more than any side has.
_AWAY = 1000.0
#: Search of a phase: moves and temperature.
_SEARCH = Search(150, 1.0)


def pack(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Pack some lossy sides anew, with more effort."""
    lossy = [(where, lost_on(side)) for where, side in state.sides.items() if lost_on(side) > 0]
    if not lossy:
        return None
    weight = np.array([lost for _, lost in lossy], dtype=np.float64)
    chosen = rng.choice(len(lossy), min(_PACKED, len(lossy)), replace=False, p=weight / weight.sum())
    return shop.repacked(state, [lossy[i][0] for i in chosen.tolist()], _EFFORT, int(rng.integers(1 << 31)))


def exact(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Pack one lossy side to the proven optimum."""
    lossy = [(where, lost_on(side)) for where, side in state.sides.items() if lost_on(side) > 0 and not side.proven]
    if not lossy:
        return None
    weight = np.array([lost for _, lost in lossy], dtype=np.float64)
    return shop.proven(state, lossy[int(rng.choice(len(lossy), p=weight / weight.sum()))][0])


def relieve(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Send lines that want drivers on a lossy side to another way into the HICANN."""
    lossy = [(where, lost_on(side)) for where, side in state.sides.items() if lost_on(side) > 0]
    if not lossy:
        return None
    weight = np.array([lost for _, lost in lossy], dtype=np.float64)
    chosen = rng.choice(len(lossy), min(_SIDES, len(lossy)), replace=False, p=weight / weight.sum())
    prices = np.zeros((384, 2))
    dropped = []
    for i in chosen.tolist():
        hicann, side = lossy[i][0]
        lines = state.sides[hicann, side]
        # any line will do: the drivers that it leaves go to those that are short of them
        count = min(int(rng.integers(1, _LINES + 1)), len(lines.net))
        dropped.extend((lines.net[rng.choice(len(lines.net), count, replace=False)] * 384 + hicann).tolist())
        prices[hicann, side] = _AWAY
    return shop.diverted(state, np.array(dropped, dtype=np.int64), prices, int(rng.integers(1 << 31)))


def reroute(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Search the routes of a phase, those that lose most most often."""
    missing = {n: trees.missing for n, trees in state.routes.items() if trees.missing > 0}
    if not missing:
        return None
    weight = np.array(list(missing.values()), dtype=np.float64)
    phase = int(rng.choice(list(missing), p=weight / weight.sum()))
    return shop.rerouted(state, [phase], _SEARCH, int(rng.integers(1 << 31)))


def lost_on(side: Side) -> int:
    """Return the synapses that a side loses for want of drivers."""
    return int(side.curve[:, -1].sum()) - side.served
