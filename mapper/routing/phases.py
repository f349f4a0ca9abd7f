"""The parts into which layer 1 falls: 32 phases whose nets never meet on a bus.

Source: connectivity and line shifts from halco l1.cpp; the phase of a line is constant along every route.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.demand import Demand, drivers_needed
from mapper.fragments import supply
from mapper.kernels.forest import Nets
from mapper.kernels.trees import Loads, PhaseGraph
from mapper.problem import Problem
from models.hardware.coordinates import EAST, N_HICANNS, NEIGHBOUR, WEST
from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS, N_VLINES, L1Graph, phase_of_source
from models.hardware.layer1 import phase as phase_of
from models.hardware.limits import Limits
from models.hardware.mergers import sending_hline
from models.hardware.synapses import N_DRIVERS, N_GROUPS


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase: its graph and its nets.

    Attributes
    ----------
    segment : (n,) int64
        Segment of every segment of the phase, ascending.
    key : (m,) int32
        Net of every net of the phase, ascending.
    """

    segment: NDArray[np.int64]
    key: NDArray[np.int32]
    graph: PhaseGraph
    nets: Nets


@dataclass(frozen=True, slots=True)
class Pairs:
    """Who wants to arrive where; a net that needs more drivers than one VLine can feed wants to arrive several times.

    Attributes
    ----------
    net, hicann : (n,) int32
        Ascending by (net, hicann); equal entries want different VLines.
    need, value : (n,) int32
        Drivers wanted from that VLine, and the synapses that they serve beyond those of the VLines before.
    """

    net: NDArray[np.int32]
    hicann: NDArray[np.int32]
    need: NDArray[np.int32]
    value: NDArray[np.int32]

    @property
    def more(self) -> NDArray[np.bool_]:
        """Return which entries are followed by another one of the same net and HICANN, (n,)."""
        same = (self.net[1:] == self.net[:-1]) & (self.hicann[1:] == self.hicann[:-1])
        return np.append(same, np.zeros(min(1, len(self.net)), np.bool_))


def drivers_per_vline(limits: Limits) -> int:
    """Return how many drivers of one HICANN a VLine can feed: a chain behind each of its synapse switches."""
    return min(N_DRIVERS, limits.driver_chain_length * limits.synapse_switches_per_vline)


def drivers_per_route(limits: Limits, vlines: int = 0) -> int:
    """Return how many drivers of one HICANN a bus can feed, over at most ``vlines`` VLines if it is positive."""
    allowed = min(limits.vlines_per_route, vlines) if vlines > 0 else limits.vlines_per_route
    return min(N_DRIVERS, drivers_per_vline(limits) * allowed)


def wanted_pairs(wanted: Demand, curve: NDArray[np.int32], per_vline: int) -> Pairs:
    """Return the arrivals that a demand asks for, one VLine for every ``per_vline`` drivers that serve anything.

    Parameters
    ----------
    curve : (n_pairs, K + 1) int32
        Synapses that k drivers serve.
    """
    need = np.maximum(1, drivers_needed(curve, wanted.size)).astype(np.int64)
    copies = -(-need // per_vline)
    pair = np.repeat(np.arange(wanted.n_pairs), copies)
    before = per_vline * (np.arange(len(pair)) - np.repeat(np.cumsum(copies) - copies, copies))
    after = np.minimum(before + per_vline, need[pair])
    value = curve[pair, np.where(after == need[pair], curve.shape[1] - 1, after)] - curve[pair, before]
    return Pairs(wanted.net[pair], wanted.hicann[pair], (after - before).astype(np.int32), value.astype(np.int32))


def driver_loads(problem: Problem) -> Loads:
    """Return empty books of the synapse drivers."""
    room = np.array([problem.wafer.usable_drivers_per_side(h) for h in range(N_HICANNS)], dtype=np.float64)
    primaries, longest = supply(problem.wafer)
    longest = longest * problem.limits.synapse_switches_per_vline
    return Loads(np.zeros((N_HICANNS, 2)), room, np.zeros((N_HICANNS, N_GROUPS)), primaries, longest)


def split(
    problem: Problem, net: NDArray[np.int32], hicann: NDArray[np.int32], need: NDArray[np.int32],
    value: NDArray[np.int32], usable: NDArray[np.bool_], *, adjacent: bool = False,
) -> list[Phase]:  # fmt: skip
    """Return the phases that nets with a working bus use.

    Parameters
    ----------
    net, hicann, need, value : (n_pairs,) int32
        As in `Pairs`.
    usable : (3072,) bool
        Nets whose bus works.
    adjacent : bool
        Whether a VLine may serve the HICANN next door.
    """
    pairs = Pairs(net, hicann, need, value)
    more = pairs.more
    table = neighbour_table(problem.wafer.graph)
    open_segments = problem.wafer.segments.copy()
    key, first = np.unique(net, return_index=True)
    root = key.astype(np.int64) // 8 * N_LINES + np.array([sending_hline(int(k) % 8) for k in key], dtype=np.int64)
    open_segments[root] = False
    phase = np.array([phase_of_source(int(k) // 8, int(k) % 8) for k in key], dtype=np.int64)
    phase[~usable[key]] = -1
    phase_of_segment = phase_of(np.arange(N_SEGMENTS))
    of_net = np.split(np.arange(len(net)), first[1:])
    limits = problem.limits
    found = []
    for number in np.unique(phase[phase >= 0]):
        segment = np.flatnonzero(phase_of_segment == number)
        local = np.full(N_SEGMENTS + 1, -1, dtype=np.int32)
        local[segment] = np.arange(len(segment))
        line = segment % N_LINES
        vline = line - N_HLINES
        group = np.where(vline >= 0, vline // 4 % 8 + 8 * (vline >= 128), -1)
        owner = segment // N_LINES
        beside = _beside(owner, vline) if adjacent else np.empty(0, np.int32)
        switches = np.where(vline >= 0, limits.crossbar_switches_per_vline, limits.crossbar_switches_per_hline)
        graph = PhaseGraph(
            local[table[segment]], owner.astype(np.int32), group.astype(np.int32), open_segments[segment],
            _vlines(owner, vline, beside), beside, switches.astype(np.int8),
        )  # fmt: skip
        mine = np.flatnonzero(phase == number)
        own = np.concatenate([of_net[i] for i in mine])
        nets = Nets(
            local[root[mine]], np.append(0, np.cumsum([len(of_net[i]) for i in mine])).astype(np.int64), hicann[own],
            pairs.need[own].astype(np.float64), np.maximum(1, pairs.value[own]).astype(np.int64), more[own],
        )  # fmt: skip
        found.append(Phase(segment, key[mine], graph, nets))
    return found


def _beside(hicann: NDArray[np.int64], vline: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the HICANN next door that every VLine faces, -1 for none and for HLines, (n,)."""
    facing = NEIGHBOUR[hicann, np.where(vline < N_VLINES // 2, WEST, EAST)]
    return np.where(vline >= 0, facing, -1).astype(np.int32)


def _vlines(hicann: NDArray[np.int64], vline: NDArray[np.int64], beside: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the VLines that can serve every HICANN, (384, 16): eight own, then those next door; -1 for none."""
    table = np.full((N_HICANNS, 16), -1, dtype=np.int32)
    for column, owner in ((0, np.where(vline >= 0, hicann, -1)), (8, beside)):
        found = np.flatnonzero(owner >= 0)
        found = found[np.argsort(owner[found], kind="stable")]
        of = owner[found]
        table[of, column + np.arange(len(of)) - np.searchsorted(of, of)] = found
    return table


def neighbour_table(graph: L1Graph) -> NDArray[np.int32]:
    """Return the segments next to every segment, (122880, 10): two by hops, eight by switches, -1 for none."""
    start, neighbour, edge = graph.adjacency()
    owner = np.repeat(np.arange(N_SEGMENTS), np.diff(start))
    is_hop = graph.switch[edge] < 0
    table = np.full((N_SEGMENTS, 10), -1, dtype=np.int32)
    for chosen, offset in ((is_hop, 0), (~is_hop, 2)):
        seg, other = owner[chosen], neighbour[chosen]
        table[seg, offset + np.arange(len(seg)) - np.searchsorted(seg, seg)] = other
    return table
