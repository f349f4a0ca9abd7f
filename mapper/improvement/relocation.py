"""The move that takes neurons from HICANNs that lose synapses to HICANNs with room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.demand import drivers_needed
from mapper.improvement.homes import Relocation, blocks_in_use, cells_on, fixed_cells, relocated
from mapper.improvement.layer1 import Search
from mapper.improvement.prices import losses
from mapper.improvement.state import State, Workshop
from models.hardware.coordinates import X, Y
from models.hardware.mergers import PATHS
from models.mapping import INPUT

#: Routing search of the phases concerned.
_SEARCH = Search(50, 0.5)
#: Nearest HICANNs with room among which one is drawn, and tries to find legal DNC mergers there.
_NEAREST, _TRIES = 6, 12


def relocate(shop: Workshop, state: State, rng: np.random.Generator) -> State | None:
    """Move a block, the blocks of a bus, or half a HICANN from where synapses are lost."""
    problem = shop.problem
    pressure = _pressure(state)
    fixed = fixed_cells(problem)
    blocks = blocks_in_use(state)
    for hicann in np.unique(state.placement.hicann[fixed & (state.placement.column >= 0)]).tolist():
        pressure[hicann] = 0.0
    if pressure.sum() == 0:
        return None
    donor = int(rng.choice(384, p=pressure / pressure.sum()))
    unit = _unit(state, donor, blocks[donor], rng)
    receiver = _receiver(shop, state, donor, unit, blocks, rng)
    if receiver < 0:
        return None
    for _ in range(_TRIES):
        change = relocated(problem, state, _assignment(state, donor, unit, receiver, blocks[receiver], rng))
        if change is not None:
            return shop.changed(state, change, _SEARCH, int(rng.integers(1 << 31)))
    return None


def _pressure(state: State) -> NDArray[np.float64]:
    """Return what is lost on every HICANN: for want of drivers, routes, or longer chains, (384,)."""
    pressure = losses(state.sides).sum(axis=1).astype(np.float64)
    short = state.wanted.size - state.curve[:, -1]
    pressure += np.bincount(state.wanted.hicann, weights=short, minlength=384)
    if state.missing:
        key = state.wanted.net.astype(np.int64) * 384 + state.wanted.hicann
        arrived = np.concatenate([trees.arrival[:, 0] * 384 + trees.arrival[:, 1] for trees in state.routes.values()])
        lost = np.where(np.isin(key, arrived), 0, state.curve[:, -1])
        pressure += np.bincount(state.wanted.hicann, weights=lost, minlength=384)
    hosts = np.isin(np.arange(384), state.placement.hicanns_with_neurons)
    found: NDArray[np.float64] = np.where(hosts, pressure, 0.0)
    return found


def _unit(state: State, donor: int, neurons: NDArray[np.int64], rng: np.random.Generator) -> list[int]:
    """Return the blocks that are to move."""
    used = np.flatnonzero(neurons)
    kind = rng.random()
    if kind < 0.3 or len(used) == 1:
        return [int(rng.choice(used))]
    if kind < 0.6:
        dnc = state.merging.block_to_dnc[donor]
        return [int(b) for b in used if dnc[b] == dnc[rng.choice(used)]] or [int(used[0])]
    return sorted(int(b) for b in rng.choice(used, max(1, len(used) // 2), replace=False))


def _receiver(
    shop: Workshop, state: State, donor: int, unit: list[int], blocks: NDArray[np.int64], rng: np.random.Generator
) -> int:
    """Return a HICANN near the donor with free blocks and drivers, -1 if there is none."""
    wafer, wanted = shop.problem.wafer, state.wanted
    cells = np.concatenate([cells_on(state, donor, b) for b in unit])
    share = len(cells) / max(1, int(blocks[donor].sum()))
    need = drivers_needed(state.curve, wanted.size)
    load = np.bincount(wanted.hicann, weights=need, minlength=384)
    here = wanted.hicann == donor
    # a pair that is cut in two needs less than before on either side, but at least one driver
    extra = max(float(here.sum()), float(need[here].sum()) * share) * 0.9
    room = wafer.drivers.sum(axis=1) - load - (extra if share < 1.0 else load[donor])
    fits = wafer.linked & ((blocks == 0).sum(axis=1) >= len(unit)) & (room >= 0) & (np.arange(384) != donor)
    candidates = np.flatnonzero(fits)
    if len(candidates) == 0:
        return -1
    distance = np.abs(X[candidates] - X[donor]) + np.abs(Y[candidates] - Y[donor])
    near = candidates[np.argsort(distance, kind="stable")[:_NEAREST]]
    return int(rng.choice(near))


def _assignment(
    state: State, donor: int, unit: list[int], receiver: int, neurons: NDArray[np.int64], rng: np.random.Generator
) -> list[Relocation]:
    """Return a random way to lay the blocks onto free ones; blocks of one bus stay together where that is possible."""
    free = [b for b in np.flatnonzero(neurons == 0).tolist() if state.merging.mode[receiver, b] != INPUT]
    if len(free) < len(unit):
        return []
    same = all(b in free for b in unit) and rng.random() < 0.5
    places = unit if same else sorted(int(b) for b in rng.choice(free, len(unit), replace=False))
    present = state.merging.block_to_dnc[donor]
    keep = rng.random() < 0.5
    found = []
    for b, place in zip(unit, places, strict=True):
        dnc = int(present[b])
        if dnc >= 0 and not (keep and dnc in PATHS[place]):
            dnc = int(rng.choice(PATHS[place]))
        found.append(Relocation(donor, b, receiver, place, dnc))
    return found
