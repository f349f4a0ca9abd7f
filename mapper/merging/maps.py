"""The merger maps that one HICANN may have: which of its occupied neuron blocks leave together, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from models.errors import PlacementError
from models.hardware.mergers import complete_maps
from models.mapping import OUTPUT, Merging, Placement

#: Blocks that leave on every DNC merger in use.
Buses = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Host:
    """A HICANN with neurons.

    Attributes
    ----------
    hicann : int
        Its enum.
    cells : list of (n,) int32
        The neurons of its eight blocks, in the order of placement.
    together : list of sets of blocks
        Blocks whose cells share a bus by request.
    """

    hicann: int
    cells: list[NDArray[np.int32]]
    together: list[set[int]]

    @property
    def active(self) -> list[int]:
        """Return the blocks with neurons."""
        return [b for b in range(8) if len(self.cells[b])]

    def on_bus(self, blocks: tuple[int, ...]) -> NDArray[np.int32]:
        """Return the cells of a bus that carries some blocks."""
        return np.concatenate([self.cells[b] for b in blocks])


def hosts(problem: Problem, placement: Placement) -> Iterator[Host]:
    """Yield all HICANNs with neurons, ascending.

    Raises
    ------
    PlacementError
        If the cells of a shared bus lie on several HICANNs.
    """
    shared = [problem.network.cells(view) for view in problem.instance.shared_buses]
    for cells in shared:
        homes = np.unique(placement.hicann[cells[placement.column[cells] >= 0]])
        if len(homes) > 1:
            names = ", ".join(map(str, homes))
            raise PlacementError(f"the cells of a shared bus lie on HICANNs {names}; they must lie on one")
    block = placement.block
    for hicann in placement.hicanns_with_neurons.tolist():
        here = np.flatnonzero((placement.hicann == hicann) & (block >= 0))
        here = here[np.argsort(placement.sequence[here], kind="stable")]
        own = [here[block[here] == b].astype(np.int32) for b in range(8)]
        together = [
            {b for b in range(8) if np.isin(own[b], group).any()} for group in shared if np.isin(here, group).any()
        ]
        yield Host(hicann, own, together)


def legal_maps(problem: Problem, host: Host) -> Iterator[tuple[tuple[int, ...], Buses]]:
    """Yield every map block -> DNC merger (-1 silent) that the tree can realise, with the buses that work.

    Mergers on the way, the sending line and a background generator that can lock the bus work; blocks without a
    working bus are silent; cells of a shared bus leave together.
    """
    can_send = problem.wafer.can_send[host.hicann]
    reaches, locks = problem.wafer.reaches[host.hicann], problem.wafer.generators[host.hicann]
    active = host.active
    for full in complete_maps():
        chosen = tuple(full[b] if b in active else -1 for b in range(8))
        buses: Buses = {}
        for b, d in enumerate(chosen):
            if d >= 0 and can_send[d] and reaches[b, d]:
                buses.setdefault(d, []).append(b)
        buses = {d: blocks for d, blocks in buses.items() if locks[blocks, d].any()}
        chosen = tuple(d if d in buses and b in buses[d] else -1 for b, d in enumerate(chosen))
        if not any(len({chosen[b] for b in group}) > 1 for group in host.together):
            yield chosen, buses


def put(merging: Merging, hicann: int, chosen: tuple[int, ...]) -> None:
    """Write the map of a HICANN with outputs only."""
    merging.block_to_dnc[hicann] = chosen
    merging.mode[hicann] = 0
    merging.mode[hicann, [d for d in chosen if d >= 0]] = OUTPUT
