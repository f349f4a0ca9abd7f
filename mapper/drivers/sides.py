"""The driver sides of a mapping: who arrives where, and which chains they get; kept where nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.demand import Demand, drivers_needed
from mapper.drivers.set_packing import Line, pack_side
from mapper.drivers.vlines import reachable
from mapper.kernels.chain_packing import anneal_chains
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import DRIVER_AT, DRIVER_HALF, DRIVER_INDEX
from models.mapping import Drivers, Routing

Ints = NDArray[np.int64]
Sides = Mapping[tuple[int, int], "Side"]

#: Moves of one packing for every line that arrives; ten times as many gain less than 0.5 % on random sides.
_EFFORT = 60
#: Temperature at the start of a packing, in prices of a driver; the best of 0.5, 1, 1.7 and 4 on full sides.
_HOT = 1.7


def plain(routing: Routing) -> bool:
    """Tell whether every bus serves a HICANN over one VLine of that HICANN."""
    pair = routing.arrival_net.astype(np.int64) * N_HICANNS + routing.arrival_hicann
    own = routing.arrival_segment // N_LINES == routing.arrival_hicann
    return bool(own.all()) and len(np.unique(pair)) == len(pair)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a HICANN.

    Attributes
    ----------
    net, segment : (m,) int64
        The nets that arrive, and their VLines.
    curve : (m, K + 1) int64
        Synapses that 0..K drivers serve.
    chain : (m, 3) int64
        Strip, first index and length of the chain of every line; length 0 for none.
    served : int
        Synapses that the chains serve.
    proven : bool
        Whether the exact model has been asked for better chains.
    """

    net: Ints
    segment: Ints
    curve: Ints
    chain: Ints
    served: int
    proven: bool = False

    @property
    def wanted(self) -> int:
        """Return the drivers that all lines together want."""
        return int(drivers_needed(self.curve.astype(np.int32), self.curve[:, -1]).sum())


def side_of(hicann: Ints, segment: Ints) -> Ints:
    """Return the side of a HICANN, 0 left or 1 right, whose drivers a VLine feeds, (n,)."""
    vline = segment % N_LINES - N_HLINES
    own = segment // N_LINES == hicann
    return np.where(own, vline >= 128, vline < 128).astype(np.int64)


class Packer:
    """Packs sides; remembers which drivers every line reaches.

    Parameters
    ----------
    problem : Problem
        The instance.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._reach: dict[tuple[int, int], NDArray[np.bool_]] = {}

    def pack(
        self,
        wanted: Demand,
        curve: NDArray[np.int32],
        arrival: Ints,
        before: Sides,
        seed: int,
        effort: int = _EFFORT,
        late: Callable[[], bool] = lambda: False,
    ) -> Sides:
        """Return the sides for arrivals, those of ``before`` where nothing changed.

        Parameters
        ----------
        wanted, curve : Demand, (n_pairs, K + 1) int32
            The pairs and what drivers serve of them.
        arrival : (n, 3) int64
            Net, HICANN and VLine segment of every arrival.
        seed, effort : int
            Of the annealing: its random choices, and moves for every line that arrives.
        late : callable
            Tells whether the sides that are left must do with a tenth of the moves.
        """
        net, hicann, segment = arrival[:, 0], arrival[:, 1], arrival[:, 2]
        pair = np.searchsorted(wanted.net.astype(np.int64) * 384 + wanted.hicann, net * 384 + hicann)
        place = 2 * hicann + side_of(hicann, segment)
        order = np.lexsort((segment, net, place))
        net, segment, service = net[order], segment[order], curve[pair[order]].astype(np.int64)
        places, first = np.unique(place[order], return_index=True)
        found: dict[tuple[int, int], Side] = {}
        last = np.append(first, len(order))[1:]
        for key, a, b in zip(places.tolist(), first, last, strict=True):
            where = (key // 2, key % 2)
            old = before.get(where)
            if old is not None and _same(old, net[a:b], segment[a:b], service[a:b]):
                found[where] = old
            else:
                chain = np.zeros((b - a, 3), dtype=np.int64) if old is None else _kept(old, net[a:b], segment[a:b])
                start = Side(net[a:b], segment[a:b], service[a:b], chain, 0)
                found[where] = self.packed(where, start, effort // 10 if late() else effort, seed)
        return found

    def packed(self, where: tuple[int, int], start: Side, effort: int, seed: int) -> Side:
        """Return a side whose chains were annealed with ``effort`` moves for every line that arrives."""
        hicann, side = where
        chain = start.chain.copy()
        need = drivers_needed(start.curve.astype(np.int32), start.curve[:, -1]).astype(np.int64)
        primary = np.stack([self._reachable(hicann, side, int(s)) for s in start.segment])
        usable = self._problem.wafer.drivers[hicann][DRIVER_AT[side]]
        served = anneal_chains(start.curve, need, primary, usable, chain, effort * len(chain), _HOT, seed)
        return replace(start, chain=chain, served=int(served), proven=False)

    def exact(self, where: tuple[int, int], side: Side, context: Context) -> Side:
        """Return a side with the chains of the exact model if they serve more."""
        hicann, which = where
        lines = [
            Line(int(n), int(s), c.astype(np.int32), self._reachable(hicann, which, int(s)))
            for n, s, c in zip(side.net, side.segment, side.curve, strict=True)
        ]
        found = pack_side(lines, self._problem.wafer.drivers[hicann][DRIVER_AT[which]], context)
        served = sum(int(side.curve[c.line, c.length]) for c in found)
        if served <= side.served:
            return replace(side, proven=True)
        chain = np.zeros_like(side.chain)
        for c in found:
            chain[c.line] = c.strip, c.first, c.length
        return replace(side, chain=chain, served=served, proven=True)

    def _reachable(self, hicann: int, side: int, segment: int) -> NDArray[np.bool_]:
        key = (hicann, segment)
        if key not in self._reach:
            self._reach[key] = reachable(self._problem, hicann, side, segment)
        return self._reach[key]

    def drivers(self, sides: Sides) -> Drivers:
        """Return the chains of all sides as `Drivers`, nets ascending."""
        rows = []
        for (hicann, side), packed in sides.items():
            for i in np.flatnonzero(packed.chain[:, 2]).tolist():
                strip, first, length = packed.chain[i].tolist()
                segment = int(packed.segment[i])
                at = DRIVER_AT[side, strip]
                reach = self._reachable(hicann, side, segment)[strip, first : first + length]
                primary = int(at[first + np.flatnonzero(reach)[0]])
                rows.append((int(packed.net[i]), hicann, segment, primary, int(at[first]), int(at[first + length - 1])))
        table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 6)
        return Drivers(
            table[:, 0].astype(np.int32), table[:, 1].astype(np.int16), table[:, 2].astype(np.int32),
            table[:, 3].astype(np.int16), table[:, 4].astype(np.int16), table[:, 5].astype(np.int16),
        )  # fmt: skip


def sides_of(drivers: Drivers) -> Sides:
    """Return the chains of a mapping as sides without curves: what a packing can start from."""
    hicann, segment = drivers.hicann.astype(np.int64), drivers.segment.astype(np.int64)
    place = 2 * hicann + side_of(hicann, segment)
    length = (drivers.last.astype(np.int64) - drivers.first) // 2 + 1
    chain = np.stack([DRIVER_HALF[drivers.first], DRIVER_INDEX[drivers.first], length], axis=1).astype(np.int64)
    found: dict[tuple[int, int], Side] = {}
    for key in np.unique(place).tolist():
        here = np.flatnonzero(place == key)
        here = here[np.lexsort((segment[here], drivers.net[here]))]
        net = drivers.net[here].astype(np.int64)
        found[key // 2, key % 2] = Side(net, segment[here], np.zeros((len(here), 1), np.int64), chain[here], -1)
    return found


def _kept(old: Side, net: Ints, segment: Ints) -> Ints:
    """Return the chains of the lines that arrived before as well, (m, 3)."""
    at = np.minimum(np.searchsorted(old.net, net), len(old.net) - 1)
    kept = (old.net[at] == net) & (old.segment[at] == segment)
    return np.where(kept[:, None], old.chain[at], 0)


def _same(side: Side, net: Ints, segment: Ints, curve: Ints) -> bool:
    return np.array_equal(side.net, net) and np.array_equal(side.segment, segment) and np.array_equal(side.curve, curve)
