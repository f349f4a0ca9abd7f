"""Which layer-1 lines a routing uses: how full a phase is, on a HICANN, around a bus, on the whole wafer."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS, SLOT, phase, slot_at
from models.hardware.mergers import sending_hline
from models.hardware.wafer import Wafer
from models.mapping import Routing

#: VLines of every slot, (32, 8).
_VLINES_OF_SLOT = np.stack([N_HLINES + np.flatnonzero(SLOT[N_HLINES:] == slot) for slot in range(32)])


class LineUse:
    """Bus segments in use.

    Parameters
    ----------
    wafer : Wafer
        Says which segments work.
    routing : Routing
        Says who uses which.
    """

    def __init__(self, wafer: Wafer, routing: Routing) -> None:
        self._wafer = wafer
        self._owner = np.full(N_SEGMENTS, -1, dtype=np.int64)
        self._owner[routing.segment] = routing.net

    @cached_property
    def _phase(self) -> NDArray[np.int64]:
        return phase(np.arange(N_SEGMENTS))

    @cached_property
    def _adjacency(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        start, neighbour, _ = self._wafer.graph.adjacency()
        return start, neighbour

    def arrivals(self, hicann: int, phase_: int) -> tuple[int, int]:
        """Return (used, working) VLines of a phase on a HICANN."""
        lines = hicann * N_LINES + _VLINES_OF_SLOT[slot_at(phase_, hicann)]
        working = self._wafer.segments[lines]
        return int((working & (self._owner[lines] >= 0)).sum()), int(working.sum())

    def around(self, net: int) -> tuple[int, int]:
        """Return (used by other nets, working) segments next to a net's tree, its sending line included."""
        hicann, dnc = divmod(net, 8)
        tree = np.union1d(np.flatnonzero(self._owner == net), [hicann * N_LINES + sending_hline(dnc)])
        start, neighbour = self._adjacency
        near = np.unique(np.concatenate([neighbour[start[s] : start[s + 1]] for s in tree]))
        near = near[~np.isin(near, tree)]
        return int((self._owner[near] >= 0).sum()), len(near)

    def walled_in(self, net: int) -> bool:
        """Tell whether no free segment is next to a net's tree."""
        used, working = self.around(net)
        return used == working

    def in_phase(self, phase_: int) -> tuple[int, int]:
        """Return (used, working) segments of a phase on the whole wafer."""
        working = self._wafer.segments & (self._phase == phase_)
        return int((working & (self._owner >= 0)).sum()), int(working.sum())
