"""The parts into which layer 1 falls: 32 phases whose nets never meet on a bus.

Source: connectivity and line shifts from halco l1.cpp; the phase of a line is constant along every route.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mapper.kernels.forest import Nets
from mapper.kernels.trees import Loads, PhaseGraph
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS, L1Graph, phase_of_source
from models.hardware.layer1 import phase as phase_of
from models.hardware.mergers import sending_hline
from models.hardware.synapses import N_GROUPS


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


def driver_loads(problem: Problem) -> Loads:
    """Return empty books of the synapse drivers."""
    room = np.array([problem.wafer.usable_drivers_per_side(h) for h in range(N_HICANNS)], dtype=np.float64)
    return Loads(np.zeros((N_HICANNS, 2)), room, np.zeros((N_HICANNS, N_GROUPS)))


def split(
    problem: Problem, net: NDArray[np.int32], hicann: NDArray[np.int32], need: NDArray[np.int32],
    value: NDArray[np.int32], usable: NDArray[np.bool_],
) -> list[Phase]:  # fmt: skip
    """Return the phases that nets with a working bus use.

    Parameters
    ----------
    net, hicann : (n_pairs,) int32
        Who wants to arrive where, ascending by (net, hicann).
    need, value : (n_pairs,) int32
        Drivers wanted there, and synapses that they can serve.
    usable : (3072,) bool
        Nets whose bus works.
    """
    table = neighbour_table(problem.wafer.graph)
    open_segments = problem.wafer.segments.copy()
    key, first = np.unique(net, return_index=True)
    root = key.astype(np.int64) // 8 * N_LINES + np.array([sending_hline(int(k) % 8) for k in key], dtype=np.int64)
    open_segments[root] = False
    phase = np.array([phase_of_source(int(k) // 8, int(k) % 8) for k in key], dtype=np.int64)
    phase[~usable[key]] = -1
    phase_of_segment = phase_of(np.arange(N_SEGMENTS))
    pairs = np.split(np.arange(len(net)), first[1:])
    found = []
    for number in np.unique(phase[phase >= 0]):
        segment = np.flatnonzero(phase_of_segment == number)
        local = np.full(N_SEGMENTS + 1, -1, dtype=np.int32)
        local[segment] = np.arange(len(segment))
        line = segment % N_LINES
        vline = line - N_HLINES
        group = np.where(vline >= 0, vline // 4 % 8 + 8 * (vline >= 128), -1)
        graph = PhaseGraph(
            local[table[segment]], (segment // N_LINES).astype(np.int32), group.astype(np.int32),
            open_segments[segment], _vlines(segment // N_LINES, vline),
        )  # fmt: skip
        mine = np.flatnonzero(phase == number)
        own = np.concatenate([pairs[i] for i in mine])
        nets = Nets(
            local[root[mine]], np.append(0, np.cumsum([len(pairs[i]) for i in mine])).astype(np.int64), hicann[own],
            need[own].astype(np.float64), np.maximum(1, value[own]).astype(np.int64),
        )  # fmt: skip
        found.append(Phase(segment, key[mine], graph, nets))
    return found


def _vlines(hicann: NDArray[np.int64], vline: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the indices of the VLines of every HICANN, (384, 8), of segments ascending; -1 for none."""
    found = np.flatnonzero(vline >= 0)
    owner = hicann[found]
    table = np.full((N_HICANNS, 8), -1, dtype=np.int32)
    table[owner, np.arange(len(owner)) - np.searchsorted(owner, owner)] = found
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
