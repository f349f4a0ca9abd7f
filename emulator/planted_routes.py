"""Random legal layer-1 trees and driver chains for planted instances, from the rules of the hardware."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER, Configuration
from models.hardware import Limits
from models.hardware.coordinates import DIRECTIONS, NEIGHBOUR
from models.hardware.layer1 import (
    N_HLINES,
    N_LINES,
    hlines_of_vline,
    next_segment,
    repeater_of_hop,
    segment,
    switch_number,
    vlines_of_hline,
)
from models.hardware.mergers import MERGE, sending_hline
from models.hardware.synapses import (
    DRIVER_HALF,
    DRIVER_SIDE,
    N_DRIVERS,
    adjacent_direction,
    adjacent_drivers,
    local_drivers,
)
from models.hardware.synapses import switch_number as synapse_switch_number

#: Steps that the growth of one tree tries; share of the VLines that get a chain.
_STEPS: Final = 60
_CHAIN_SHARE: Final = 0.7

#: VLines of each tree, by net.
Trees = dict[int, list[int]]


@dataclass(slots=True)
class _Layer1:
    """The segments that are taken, and how many crossbar switches every segment has closed."""

    bits: Configuration
    limits: Limits
    taken: set[int] = field(default_factory=set)
    switches: dict[int, int] = field(default_factory=dict)

    def position(self, seg: int) -> int:
        return int(self.bits.position[seg // N_LINES])

    def has_switch_left(self, seg: int) -> bool:
        limits = self.limits
        per_line = (limits.crossbar_switches_per_hline, limits.crossbar_switches_per_vline)
        return self.switches.get(seg, 0) < per_line[seg % N_LINES >= N_HLINES]


def plant_routes(rng: np.random.Generator, bits: Configuration, limits: Limits) -> Trees:
    """Grow a random tree from the sending line of every used bus; return the VLines of each."""
    layer = _Layer1(bits, limits)
    roots = {
        int(hicann) * 8 + int(dnc): segment(int(hicann), sending_hline(int(dnc)))
        for i, hicann in enumerate(bits.hicanns)
        for dnc in np.flatnonzero(bits.dnc_mode[i] == MERGE)
    }
    layer.taken |= set(roots.values())
    return {net: _grow(rng, layer, root) for net, root in roots.items()}


def _grow(rng: np.random.Generator, layer: _Layer1, root: int) -> list[int]:
    """Extend the tree of ``root`` step by step and return its VLines."""
    tree = [root]
    layer.bits.repeater[layer.position(root), root % N_LINES] = FROM_MERGER
    for _ in range(_STEPS):
        here = tree[int(rng.integers(len(tree)))]
        step = _hop if rng.random() < 0.6 else _switch
        there = step(rng, layer, here, root)
        if there >= 0:
            layer.taken.add(there)
            tree.append(there)
    register = layer.bits.repeater[layer.position(root)]
    if register[root % N_LINES] == FROM_MERGER:
        register[root % N_LINES] |= DRIVE_LOCAL
    return [seg for seg in tree if seg % N_LINES >= N_HLINES]


def _hop(rng: np.random.Generator, layer: _Layer1, here: int, root: int) -> int:
    """Drive a free line of a neighbouring HICANN; return it or -1."""
    direction = int(rng.choice(DIRECTIONS))
    there = next_segment(here, direction)
    if there < 0 or there in layer.taken or layer.position(there) < 0:
        return -1
    owner = repeater_of_hop(here, direction)
    register = layer.bits.repeater
    if owner == here:
        register[layer.position(here), here % N_LINES] |= DRIVE_NEIGHBOUR
    else:
        register[layer.position(there), there % N_LINES] |= DRIVE_LOCAL
        _drive_root(layer, here, root)
    return there


def _switch(rng: np.random.Generator, layer: _Layer1, here: int, root: int) -> int:
    """Close a crossbar switch to a free line; return the line or -1."""
    hicann, line = divmod(here, N_LINES)
    if line < N_HLINES:
        v, h = int(rng.choice(vlines_of_hline(line))), line
        there = segment(hicann, N_HLINES + v)
    else:
        v, h = line - N_HLINES, int(rng.choice(hlines_of_vline(line - N_HLINES)))
        there = segment(hicann, h)
    if there in layer.taken or not (layer.has_switch_left(here) and layer.has_switch_left(there)):
        return -1
    layer.bits.crossbar[layer.position(here), switch_number(v, h)] = True
    for seg in (here, there):
        layer.switches[seg] = layer.switches.get(seg, 0) + 1
    _drive_root(layer, here, root)
    return there


def _drive_root(layer: _Layer1, here: int, root: int) -> None:
    """Let the sending repeater drive its own line if that is where a branch begins."""
    if here == root:
        layer.bits.repeater[layer.position(root), root % N_LINES] |= DRIVE_LOCAL


def plant_chains(rng: np.random.Generator, bits: Configuration, limits: Limits, trees: Trees) -> None:
    """Feed chains of free drivers, local or on the adjacent HICANN, from the VLines of the trees."""
    free = np.ones((len(bits.hicanns), N_DRIVERS), dtype=np.bool_)
    for vlines in trees.values():
        served: dict[int, int] = {}
        for seg in rng.permutation(np.array(vlines, dtype=np.int64)).tolist():
            if rng.random() < _CHAIN_SHARE:
                _plant_chain(rng, bits, limits, free, seg, served)


def _plant_chain(
    rng: np.random.Generator,
    bits: Configuration,
    limits: Limits,
    free: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    seg: int,
    served: dict[int, int],
) -> None:
    hicann, v = seg // N_LINES, seg % N_LINES - N_HLINES
    adjacent = bool(rng.random() < 0.3)
    target = int(NEIGHBOUR[hicann, adjacent_direction(v)]) if adjacent else hicann
    at = -1 if target < 0 else int(bits.position[target])
    if at < 0 or served.get(target, 0) >= limits.vlines_per_route:
        return
    drivers = adjacent_drivers(v) if adjacent else local_drivers(v)
    candidates = [y for y in drivers if free[at, y]]
    if not candidates:
        return
    served[target] = served.get(target, 0) + 1
    primary = int(rng.choice(candidates))
    members = [primary]
    for _ in range(int(rng.integers(0, limits.driver_chain_length))):
        end = members[0] - 2 if rng.random() < 0.5 else members[-1] + 2
        if 0 <= end < N_DRIVERS and _same_quadrant(end, primary) and free[at, end]:
            members = sorted([*members, end])
    free[at, members] = False
    bits.synapse_switch[bits.position[hicann], synapse_switch_number(v, primary)] = True
    bits.driver_enable[at, members] = True
    bits.driver_locin[at, primary] = True
    outermost = members[0] if DRIVER_HALF[primary] == 0 else members[-1]
    bits.driver_mirror[at, [y for y in members if y != outermost]] = True


def _same_quadrant(a: int, b: int) -> bool:
    return bool(DRIVER_SIDE[a] == DRIVER_SIDE[b] and DRIVER_HALF[a] == DRIVER_HALF[b])
