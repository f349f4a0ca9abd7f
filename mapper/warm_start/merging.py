"""Merger maps of HICANNs on which neurons moved while sources stayed: no block may take the place of an input."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from models.errors import PlacementError
from models.hardware.mergers import complete_maps, is_realisable
from models.mapping import OUTPUT, Merging, Placement

Bools = NDArray[np.bool_]


def beside_inputs(problem: Problem, placement: Placement, merging: Merging, inputs: Bools, untouched: Bools) -> Merging:
    """Return a merging in which touched HICANNs leave their inputs alone.

    A map that does so already stays; otherwise the map with the fewest silent neurons, then the smallest fullest bus.

    Parameters
    ----------
    inputs : (384, 8) bool
        DNC mergers through which sources enter.
    untouched : (384,) bool
        HICANNs whose map is not looked at.

    Raises
    ------
    PlacementError
        If the cells of a shared bus cannot leave together.
    """
    blocks, mode = merging.block_to_dnc.copy(), merging.mode.copy()
    for hicann in np.flatnonzero(inputs.any(axis=1) & ~untouched).tolist():
        taken = np.flatnonzero(inputs[hicann]).tolist()
        if _fits(blocks[hicann].tolist(), taken):
            continue
        blocks[hicann] = _best(problem, placement, hicann, taken)
        mode[hicann] = 0
        mode[hicann, blocks[hicann][blocks[hicann] >= 0]] = OUTPUT
    return Merging(blocks, mode)


def _fits(blocks: list[int], taken: list[int]) -> bool:
    if any(blocks[k] >= 0 or k in blocks for k in taken):
        return False
    return is_realisable([k if k in taken else dnc for k, dnc in enumerate(blocks)])


def _best(problem: Problem, placement: Placement, hicann: int, taken: list[int]) -> tuple[int, ...]:
    here = (placement.hicann == hicann) & (placement.column >= 0)
    count = np.bincount(placement.block[here], minlength=8).tolist()
    shared = [set(placement.block[cells[here[cells]]].tolist()) for cells in _shared_neurons(problem)]
    reaches, sends = problem.wafer.reaches[hicann], problem.wafer.can_send[hicann]
    locks, limit = problem.wafer.generators[hicann], problem.limits.sources_per_bus
    best: tuple[tuple[int, int], tuple[int, ...]] | None = None
    for full in complete_maps():
        ours = [d if count[b] and d not in taken and reaches[b, d] and sends[d] else -1 for b, d in enumerate(full)]
        ours = [-1 if b in taken else d for b, d in enumerate(ours)]
        load = [sum(count[b] for b in range(8) if ours[b] == d) for d in range(8)]
        locked = [any(ours[b] == d and locks[b, d] for b in range(8)) for d in range(8)]
        chosen = tuple(d if d >= 0 and load[d] <= limit and locked[d] else -1 for d in ours)
        if not _fits(list(chosen), taken):
            continue
        if any(len({chosen[b] for b in group}) > 1 for group in shared):
            continue
        silent = sum(count[b] for b in range(8) if chosen[b] < 0)
        rank = (silent, max(load[d] if d in chosen else 0 for d in range(8)))
        if best is None or rank < best[0]:
            best = (rank, chosen)
    if best is None:
        raise PlacementError(f"HICANN {hicann}: the cells of a shared bus cannot leave beside the inputs that stay")
    return best[1]


def _shared_neurons(problem: Problem) -> list[NDArray[np.int32]]:
    groups = [problem.network.cells(view) for view in problem.instance.shared_buses]
    return [cells for cells in groups if not problem.network.is_source[cells].any()]
