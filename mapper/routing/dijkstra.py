"""marocco's optional router: shortest paths, net after net, with crossbar switches used exclusively.

A target is only accepted if none of the lines at its switches has been switched for this net before.  So a
net reaches at most one HICANN per column, which makes this router much weaker than the backbone router on
large nets; its strength is a single target behind a non-convex hole.

Sources: marocco ``L1DijkstraRouter``, ``L1Routing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.problem import Problem
from mapper.routing.nets import (
    by_priority,
    is_vertical,
    routing_of,
    sending_segment,
    source_nets,
    targets_of_nets,
)
from mapper.routing.switch_order import BY_HICANN, DEFAULT_SEED, switch_orders
from mapper.routing.walker import Crossbar, crossbar_of, hops
from models.errors import OptionError
from models.hardware import Wafer
from models.hardware.coordinates import EAST, N_HICANNS, NORTH, SOUTH, WEST
from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS
from models.mapping import Mapping as Draft

#: marocco L1Routing: weight of an edge at the sending line of a net.
_SENDING_LINE_COST: Final = 10000

EXCLUSIVENESS: Final = ("global", "per_route")


def dijkstra(
    problem: Problem,
    draft: Draft,
    context: Context,
    *,
    exclusiveness: str = "global",
    switch_ordering: str = BY_HICANN,
    switch_seed: int = DEFAULT_SEED,
    priority: Mapping[str, float] | str = "",
) -> Draft:
    """Route every net to the HICANNs that need it.

    Parameters
    ----------
    exclusiveness : str
        ``global``: a line is switched once per net; ``per_route``: once per path.
    switch_ordering, switch_seed, priority
        As of the backbone router.

    Raises
    ------
    ValueError
        If an option is wrong.
    """
    if exclusiveness not in EXCLUSIVENESS:
        raise OptionError(f"exclusiveness must be one of {', '.join(EXCLUSIVENESS)} (got {exclusiveness!r})")
    nets = source_nets(problem, draft)
    targets = targets_of_nets(problem, draft)
    router = DijkstraRouter.of(problem.wafer, map(sending_segment, nets.tolist()), switch_ordering, switch_seed)
    routed: list[tuple[int, dict[int, list[int]]]] = []
    for net in by_priority(problem, draft, nets, priority):
        if context.over:
            break
        wanted = targets.get(net, [])
        if not wanted:
            continue
        accepted, predecessor = router.search(sending_segment(net), wanted, exclusiveness)
        paths = {h: trace(predecessor, found[0]) for h, found in accepted.items()}
        for path in paths.values():
            router.blocked[path] = 1
        routed.append((net, paths))
        if len(paths) < len(wanted):
            failed = len(wanted) - len(paths)
            context.emit("warning", "routing", f"net {net}: {failed} of {len(wanted)} HICANNs not reached")
    return replace(draft, routing=routing_of(routed))


@dataclass(frozen=True, slots=True)
class DijkstraRouter:
    """The graph as CSR lists in marocco's order, and what is still in it.

    Attributes
    ----------
    start, neighbour : (122881,) int32, (m,) int32
        Neighbours of every segment.
    blocked, costly : (122880,) uint8
        Segments in use; sending lines.
    """

    start: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    blocked: NDArray[np.uint8]
    costly: NDArray[np.uint8]

    @classmethod
    def of(
        cls,
        wafer: Wafer,
        sending: Iterable[int] = (),
        ordering: str = BY_HICANN,
        seed: int = DEFAULT_SEED,
    ) -> DijkstraRouter:
        """Return a router on what works of a wafer, given the sending lines of all nets."""
        graph = wafer.graph
        table = _neighbours(hops(graph), crossbar_of(graph, switch_orders(ordering, seed, wafer.hicanns)))
        exists = table >= 0
        start = np.zeros(N_SEGMENTS + 1, np.int32)
        np.cumsum(exists.sum(axis=1), out=start[1:])
        costly = np.zeros(N_SEGMENTS, np.uint8)
        costly[list(sending)] = 1
        return cls(start, table[exists], np.zeros(N_SEGMENTS, np.uint8), costly)

    def search(
        self,
        source: int,
        targets: Sequence[int],
        exclusiveness: str = "global",
        vertical: bool = True,
    ) -> tuple[dict[int, list[int]], NDArray[np.int32]]:
        """Return the segments accepted on every target HICANN, nearest first, and all predecessors.

        Parameters
        ----------
        vertical : bool
            Whether a net arrives on VLines; False: on HLines.
        """
        from mapper.kernels.paths import shortest_paths

        order, predecessor = shortest_paths(
            source, self.start, self.neighbour, self.blocked, self.costly, _SENDING_LINE_COST
        )
        on_target = np.isin(order // N_LINES, targets) & ((order % N_LINES >= N_HLINES) == vertical)
        used: set[int] = set()
        accepted: dict[int, list[int]] = {}
        for segment in order[on_target].tolist():
            if exclusiveness == "per_route":
                used.clear()
            if _claim(trace(predecessor, segment), used):
                accepted.setdefault(segment // N_LINES, []).append(segment)
        return accepted, predecessor


def _neighbours(hop: NDArray[np.int32], crossbar: Crossbar) -> NDArray[np.int32]:
    """Return the neighbours of every segment in marocco's order, -1 in between, (122880, 10).

    Those behind switches stand first; of those behind repeaters, the one on the HICANN of smaller enum.
    """
    table = np.full((N_HICANNS, N_LINES, 10), -1, np.int32)
    table[:, :N_HLINES, :8] = crossbar.hlines
    table[:, N_HLINES:, :2] = crossbar.vlines
    by_hicann = hop.reshape(4, N_HICANNS, N_LINES)
    table[:, :N_HLINES, 8:] = by_hicann[[WEST, EAST], :, :N_HLINES].transpose(1, 2, 0)
    table[:, N_HLINES:, 8:] = by_hicann[[NORTH, SOUTH], :, N_HLINES:].transpose(1, 2, 0)
    return table.reshape(N_SEGMENTS, 10)


def trace(predecessor: NDArray[np.int32], segment: int) -> list[int]:
    """Return the path from the source to a segment."""
    path = [segment]
    while (before := int(predecessor[segment])) != segment:
        path.append(before)
        segment = before
    return path[::-1]


def _claim(path: Sequence[int], used: set[int]) -> bool:
    """Mark the lines at the switches of a path as used; if one already is, take back and return False.

    As in marocco, a new line whose partner at the refused switch was in use stays marked.
    """
    claimed: list[int] = []
    for segment, before in zip(path[:0:-1], path[-2::-1], strict=True):
        if is_vertical(segment) == is_vertical(before):
            continue
        if segment in used or before in used:
            used.difference_update(claimed)
            used.update((segment, before))
            return False
        used.update((segment, before))
        claimed += (segment, before)
    return True
