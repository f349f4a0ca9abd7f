"""Legal changes of where neuron blocks lie and on which DNC mergers they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.improvement.change import Change
from mapper.improvement.state import State
from mapper.problem import Problem
from models.hardware.mergers import ADDRESSES, is_realisable
from models.hardware.neurons import COLUMNS_PER_BLOCK
from models.mapping import INPUT, OUTPUT, UNUSED, Merging, Placement, nets_of

Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Relocation:
    """One neuron block's content moves to an empty block and leaves there on a DNC merger (-1: it stays silent)."""

    hicann: int
    block: int
    to_hicann: int
    to_block: int
    to_dnc: int


def fixed_cells(problem: Problem) -> NDArray[np.bool_]:
    """Return the cells that the instance places or ties to a shared bus, (n_cells,)."""
    fixed = np.zeros(problem.n_cells, dtype=np.bool_)
    for request in problem.instance.placement:
        if request.hicanns or request.blocks or request.neurons:
            fixed[problem.network.cells(request.view)] = True
    for view in problem.instance.shared_buses:
        fixed[problem.network.cells(view)] = True
    return fixed


def blocks_in_use(state: State) -> NDArray[np.int64]:
    """Return how many neurons are on every block, (384, 8)."""
    placement = state.placement
    neurons = np.flatnonzero(placement.column >= 0)
    flat = placement.hicann[neurons].astype(np.int64) * 8 + placement.block[neurons]
    return np.bincount(flat, minlength=3072).reshape(384, 8)


def cells_on(state: State, hicann: int, block: int) -> Cells:
    """Return the neurons of a block."""
    placement = state.placement
    first = COLUMNS_PER_BLOCK * block
    here = (placement.hicann == hicann) & (placement.column >= first)
    return np.flatnonzero(here & (placement.column < first + COLUMNS_PER_BLOCK))


def relocated(problem: Problem, state: State, relocations: Sequence[Relocation]) -> Change | None:
    """Return the change that relocations make, or None if there is none or it is not legal."""
    if not relocations:
        return None
    placement = state.placement
    hicann, column = placement.hicann.copy(), placement.column.copy()
    map_, mode = state.merging.block_to_dnc.copy(), state.merging.mode.copy()
    moved: list[Cells] = []
    for r in relocations:
        cells = cells_on(state, r.hicann, r.block)
        target = column[cells].astype(np.int64) + COLUMNS_PER_BLOCK * (r.to_block - r.block)
        if not _fits(problem, r.to_hicann, target, placement.width[cells]):
            return None
        hicann[cells], column[cells] = r.to_hicann, target
        map_[r.hicann, r.block] = -1
        map_[r.to_hicann, r.to_block] = r.to_dnc
        moved.append(cells)
    hicanns = np.unique([h for r in relocations for h in (r.hicann, r.to_hicann)])
    if not all(set_modes(problem, map_, mode, int(h)) for h in hicanns):
        return None
    merging = Merging(map_, mode)
    return readdressed(
        problem, state, replace(placement, hicann=hicann, column=column), merging, hicanns, np.concatenate(moved)
    )


def remerged(problem: Problem, state: State, hicann: int, chosen: Sequence[int]) -> Change | None:
    """Return the change that another map block -> DNC merger of a HICANN makes, or None if it is not legal."""
    map_, mode = state.merging.block_to_dnc.copy(), state.merging.mode.copy()
    map_[hicann] = chosen
    if not set_modes(problem, map_, mode, hicann):
        return None
    placement = state.placement
    cells = np.flatnonzero((placement.hicann == hicann) & (placement.column >= 0))
    nowhere = np.empty(0, dtype=np.int64)
    change = readdressed(problem, state, placement, Merging(map_, mode), np.array([hicann]), cells)
    return None if change is None else replace(change, hicanns=nowhere)


def set_modes(problem: Problem, map_: NDArray[np.int8], mode: NDArray[np.int8], hicann: int) -> bool:
    """Set the modes of a HICANN's DNC mergers to its map; tell whether the merger tree can do it and all buses work."""
    wafer, own = problem.wafer, map_[hicann].tolist()
    inputs = np.flatnonzero(mode[hicann] == INPUT).tolist()
    used = sorted({d for d in own if d >= 0})
    active = list(own)
    for d in inputs:
        if own[d] >= 0 or d in used:
            return False
        active[d] = d
    if not is_realisable(active):
        return False
    for d in used:
        blocks = [b for b in range(8) if own[b] == d]
        works = wafer.can_send[hicann, d] and wafer.reaches[hicann, blocks, d].all()
        if not works or not wafer.generators[hicann, blocks, d].any():
            return False
    mode[hicann] = UNUSED
    mode[hicann, inputs] = INPUT
    mode[hicann, used] = OUTPUT
    return True


def readdressed(
    problem: Problem, state: State, placement: Placement, merging: Merging, hicanns: NDArray[np.int64], cells: Cells
) -> Change | None:
    """Return a change with addresses for cells that may leave on other buses; None if a bus has too many sources.

    A cell keeps its address where it can, else its decoder group, else it gets any address that is free.
    """
    old_net = nets_of(state.placement, state.addresses)
    dnc, address = state.addresses.dnc.copy(), state.addresses.address.copy()
    sending = cells[old_net[cells] >= 0]
    dnc[sending] = merging.block_to_dnc[placement.hicann[sending], placement.block[sending]]
    address[sending[dnc[sending] < 0]] = -1
    addresses = replace(state.addresses, dnc=dnc, address=address)
    net = nets_of(placement, addresses)
    changed = np.unique(np.concatenate([old_net[sending], net[sending]]))
    for n in np.unique(net[sending[net[sending] >= 0]]).tolist():
        members = np.flatnonzero(net == n)
        if len(members) > problem.limits.sources_per_bus:
            return None
        # those that were on the bus before keep their addresses
        stay = old_net[members] == n
        _distinct(address, np.concatenate([members[stay], members[~stay]]))
    return Change(placement, merging, addresses, changed[changed >= 0].astype(np.int64), hicanns.astype(np.int64))


def _fits(problem: Problem, hicann: int, column: Cells, width: NDArray[np.int8]) -> bool:
    usable = problem.wafer.columns[hicann]
    return all(usable[c : c + w].all() for c, w in zip(column.tolist(), width.tolist(), strict=True))


def _distinct(address: NDArray[np.int8], members: Cells) -> None:
    """Make the addresses of a bus's cells distinct, first come, first served."""
    free = set(ADDRESSES.tolist())
    late = []
    for cell in members.tolist():
        wish = int(address[cell])
        if wish in free:
            free.remove(wish)
        else:
            late.append(cell)
    for cell in late:
        group = int(address[cell]) >> 4
        same = [a for a in free if a >> 4 == group]
        # else from the group with most addresses left
        room = [sum(a >> 4 == g for a in free) for g in range(4)]
        found = max(same) if same else max(a for a in free if a >> 4 == int(np.argmax(room)))
        free.remove(found)
        address[cell] = found
