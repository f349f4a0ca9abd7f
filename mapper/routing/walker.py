"""Walking on layer 1 as marocco's backbone router does: step, walk, turn, detour.

The graph is held by segment: the segment behind each repeater, and the segments behind the crossbar switches in
marocco's order, HICANN by HICANN as they are needed.  What may no longer be entered is one byte per segment.

Source: marocco ``L1GraphWalker``, ``L1_crossbar_restrictioning``.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mapper.routing.switch_order import BY_HICANN, DEFAULT_SEED, switch_orders
from models.errors import ResourceExhausted
from models.hardware import Wafer
from models.hardware.coordinates import DIRECTIONS, EAST, N_HICANNS, NORTH, SOUTH, WEST, X, Y
from models.hardware.layer1 import (
    N_CROSSBAR_SWITCHES,
    N_HLINES,
    N_LINES,
    N_SEGMENTS,
    N_VLINES,
    SLOT,
    SWITCH_HLINE,
    SWITCH_VLINE,
    L1Graph,
    segment_name,
)

#: Predecessor of every segment on the way from the source; the source and unvisited segments have none.
Predecessors = dict[int, int]


@dataclass(slots=True)
class Crossbar:
    """Segments behind the crossbar switches of every segment, in marocco's order, without dead ones.

    Attributes
    ----------
    hlines, vlines : (384, 64, 8), (384, 256, 2) int32
        Segments behind the switches of each line by rank, -1: the switch is dead.
    """

    hlines: NDArray[np.int32]
    vlines: NDArray[np.int32]
    _lists: list[list[list[int]]] = field(default_factory=lambda: [[] for _ in range(N_HICANNS)])

    def __getitem__(self, segment: int) -> list[int]:
        hicann, line = divmod(segment, N_LINES)
        return (self._lists[hicann] or self._listed(hicann))[line]

    def _listed(self, hicann: int) -> list[list[int]]:
        hlines, vlines = self.hlines[hicann], self.vlines[hicann]
        lists: list[list[int]] = hlines.tolist() + vlines.tolist()
        if hlines.min() < 0 or vlines.min() < 0:
            lists = [[segment for segment in row if segment >= 0] for row in lists]
        self._lists[hicann] = lists
        return lists


@dataclass(slots=True)
class Walker:
    """Layer 1 of a wafer, and what of it may still be entered.

    Attributes
    ----------
    hop : list of 4 arrays of int
        ``hop[direction][segment]``: the segment behind the repeater, -1 if there is none.
    crossbar : Crossbar
        Segments behind the crossbar switches of every segment, in marocco's order.
    blocked : bytearray
        Segments that may not be entered: sending lines and segments in use.
    position : list of 4 lists of int
        ``position[direction][hicann]``: coordinate along a direction, growing with every step.
    """

    hop: list[array[int]]
    crossbar: Crossbar
    blocked: bytearray
    position: list[list[int]]

    @classmethod
    def of(
        cls,
        wafer: Wafer,
        ordering: str = BY_HICANN,
        seed: int = DEFAULT_SEED,
    ) -> Walker:
        """Return a walker on what works of a wafer."""
        graph = wafer.graph
        columns, rows = X.astype(np.int64), Y.astype(np.int64)
        position = {NORTH: -rows, EAST: columns, SOUTH: rows, WEST: -columns}
        return cls(
            [array("i", row.tobytes()) for row in hops(graph)],
            crossbar_of(graph, switch_orders(ordering, seed, wafer.hicanns)),
            bytearray(N_SEGMENTS),
            [position[d].tolist() for d in DIRECTIONS],
        )

    def block(self, segments: Iterable[int]) -> None:
        """Forbid to enter segments from now on."""
        for segment in segments:
            self.blocked[segment] = 1

    def step(self, segment: int, direction: int) -> int:
        """Return the segment behind the repeater in a direction, -1 if there is none to enter."""
        after = self.hop[direction][segment]
        return after if after >= 0 and not self.blocked[after] else -1

    def walk(self, segment: int, direction: int, limit: int) -> tuple[list[int], bool]:
        """Return the segments entered on the way to a limit, and whether the limit was reached.

        Parameters
        ----------
        segment : int
            Where to start; not part of the result.
        limit : int
            x (going east or west) or y (north or south) of the last HICANN to enter.
        """
        hop, blocked = self.hop[direction], self.blocked
        goal = limit if direction in (EAST, SOUTH) else -limit
        path: list[int] = []
        for _ in range(goal - self.position[direction][segment // N_LINES]):
            segment = hop[segment]
            if segment < 0 or blocked[segment]:
                return path, False
            path.append(segment)
        return path, True

    def change_orientation(self, segment: int) -> list[int]:
        """Return the segments that crossbar switches lead to, in marocco's order."""
        blocked = self.blocked
        return [other for other in self.crossbar[segment] if not blocked[other]]

    def turns(self, segment: int, predecessors: Predecessors, max_switches: int) -> list[int]:
        """Return where a segment may turn to: a bus that already uses its switches may only reuse them.

        Raises
        ------
        ResourceExhausted
            If the bus already uses more switches than allowed.
        """
        candidates = self.change_orientation(segment)
        before = predecessors.get(segment, -1)
        used = [c for c in candidates if c == before or predecessors.get(c, -1) == segment]
        if len(used) > max_switches:
            raise ResourceExhausted(
                f"Crossbar switch planning exceeded hardware constraints: {segment_name(segment)} uses "
                f"{len(used)} switches, {max_switches} allowed - raise crossbar_switches_per_hline/_vline"
            )
        return used if len(used) == max_switches else candidates

    def _freedom(self, segment: int, directions: tuple[int, int]) -> int:
        """Return how many steps are possible to both sides."""
        steps = 0
        for direction in directions:
            here = segment
            while (here := self.step(here, direction)) >= 0:
                steps += 1
        return steps

    def detour(
        self, segment: int, direction: int, limit: int, predecessors: Predecessors, max_switches: int
    ) -> tuple[list[int], bool]:
        """Return the way around an obstacle that leads furthest, and whether it reaches the limit.

        The path turns off ``segment``, goes along the other orientation, turns back on another HICANN and
        walks on in ``direction`` for at least one step; empty if there is none.
        """
        if self.position[direction][segment // N_LINES] >= (limit if direction in (EAST, SOUTH) else -limit):
            return [], True
        sideways = (NORTH, SOUTH) if direction in (EAST, WEST) else (EAST, WEST)
        candidates = self.turns(segment, predecessors, max_switches)
        candidates.sort(key=lambda c: -self._freedom(c, sideways))
        best: list[int] = []
        longest = 0
        for candidate in candidates:
            for side in sideways:
                path, here = [candidate], candidate
                while (here := self.step(here, side)) >= 0:
                    path.append(here)
                    for back in self.turns(here, predecessors, max_switches):
                        onward, reached = self.walk(back, direction, limit)
                        if len(onward) > longest:
                            longest = len(onward)
                            best = [*path, back, *onward]
                            if reached:
                                return best, True
        return best, False


def hops(graph: L1Graph) -> NDArray[np.int32]:
    """Return the segment behind each repeater by direction, -1 without, (4, 122880)."""
    table = np.full((4, N_SEGMENTS), -1, dtype=np.int32)
    horizontal = graph.a % N_LINES < N_HLINES
    for there, back, along in ((EAST, WEST, horizontal), (SOUTH, NORTH, ~horizontal)):
        chosen = along & (graph.switch < 0)
        table[there, graph.a[chosen]] = graph.b[chosen]
        table[back, graph.b[chosen]] = graph.a[chosen]
    return table


def crossbar_of(graph: L1Graph, orders: NDArray[np.int16]) -> Crossbar:
    """Return the segments behind the switches of every segment, in the order of the switches, (384, 512)."""
    rank = np.empty((N_HICANNS, N_CROSSBAR_SWITCHES), dtype=np.int16)
    np.put_along_axis(rank, orders.astype(np.int64), np.arange(N_CROSSBAR_SWITCHES, dtype=np.int16)[None, :], 1)
    works = np.zeros((N_HICANNS, N_CROSSBAR_SWITCHES), dtype=np.bool_)
    works.ravel()[graph.switch[graph.switch >= 0]] = True

    by_hline = np.arange(N_CROSSBAR_SWITCHES).reshape(N_HLINES, 8)
    v = np.arange(N_VLINES)
    slot = SLOT[N_HLINES:].astype(np.int64)
    by_vline = np.stack([8 * (2 * slot + side) + v // 32 for side in (0, 1)], axis=1)
    hlines = _neighbours(rank, works, by_hline, N_HLINES + SWITCH_VLINE.astype(np.int64))
    vlines = _neighbours(rank, works, by_vline, SWITCH_HLINE.astype(np.int64))
    return Crossbar(hlines, vlines)


def _neighbours(
    rank: NDArray[np.int16], works: NDArray[np.bool_], switches: NDArray[np.int64], line: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Return by HICANN and line the segments behind ``switches[line]``, by rank, -1 behind dead ones."""
    order = np.argsort(rank[:, switches], axis=2)
    chosen = np.take_along_axis(np.broadcast_to(switches, (N_HICANNS, *switches.shape)), order, 2)
    hicann = np.arange(N_HICANNS)[:, None, None]
    return np.where(works[hicann, chosen], hicann * N_LINES + line[chosen], -1).astype(np.int32)
