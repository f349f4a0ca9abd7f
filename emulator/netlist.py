"""Bits to electrical nets: which sending repeater drives each bus segment, and what is wrong with the buses.

Closed crossbar switches join lines in both directions.  A repeater drives one side from the other, a
sending repeater drives one or both sides from its DNC merger.  So nets are the components of the joins,
every net has at most one driver, and the way upstream ends at a sending repeater, in the void, or in a
loop.

Sources: halco l1.cpp, halbe Repeater (modes and directions), sthal Settings (limits).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator.components import components
from emulator.repeaters import Drives, closed_switches, drives
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.layer1 import (
    N_HLINES,
    N_LINES,
    N_SEGMENTS,
    N_VLINES,
    SWITCH_HLINE,
    SWITCH_VLINE,
    segment_name,
)


@dataclass(frozen=True, slots=True)
class Netlist:
    """What every bus segment of the wafer carries.

    Attributes
    ----------
    net : (122880,) int32
        Net 8 hicann + dnc of the sending repeater that drives the segment; -1 without a signal.
    hops : (122880,) int16
        HICANN borders that the signal crossed on its way; -1 without a signal.
    violations : tuple of Violation
        Broken rules.
    """

    net: NDArray[np.int32]
    hops: NDArray[np.int16]
    violations: tuple[Violation, ...]


def netlist(configuration: Configuration, wafer: Wafer, limits: Limits) -> Netlist:
    """Return the nets of a configuration and the layer-1 rules that it breaks."""
    h, v, found = closed_switches(configuration, wafer)
    node = components(N_SEGMENTS, h, v)
    all_drives, register_violations = drives(configuration, wafer)
    found += register_violations
    kept, shorts = _one_driver_per_node(all_drives, node)
    net, hops, loops = _propagate(kept, node)
    found += shorts + loops + _crossbar_limits(configuration, limits) + _dead_segments(net[node], wafer)
    return Netlist(net[node], hops[node], tuple(found))


def _one_driver_per_node(every: Drives, node: NDArray[np.int64]) -> tuple[Drives, list[Violation]]:
    """Return one drive per node (if possible a sending repeater), and the shorts and loops of the others."""
    target = node[every.target]
    order = np.lexsort((every.target, every.source >= 0, target))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = target[order][1:] != target[order][:-1]
    kept = every.select(order[first])
    if first.all():
        return kept, []
    upstream = _upstream(kept, node)
    found = []
    for position in np.flatnonzero(~first):
        extra = int(order[position])
        keeper = int(order[: position + 1][first[: position + 1]][-1])
        found.append(_second_driver(every, extra, keeper, node, upstream))
    return kept, found


def _upstream(kept: Drives, node: NDArray[np.int64]) -> dict[int, int]:
    """Return for every driven node the node that feeds it, -1 for a DNC merger."""
    sources = np.where(kept.source >= 0, node[kept.source], -1)
    return dict(zip(node[kept.target].tolist(), sources.tolist(), strict=True))


def _second_driver(
    every: Drives, extra: int, keeper: int, node: NDArray[np.int64], upstream: dict[int, int]
) -> Violation:
    target = int(every.target[extra])
    hicann, names = target // N_LINES, [segment_name(int(every.repeater[i])) for i in (keeper, extra)]
    source = int(every.source[extra])
    if source >= 0 and int(node[target]) in _way_up(int(node[source]), upstream):
        message = f"the repeater of {names[1]} feeds the net back into itself"
        return violation("loop", hicann, segment_name(target), message)
    message = f"driven by the repeaters of {names[0]} and of {names[1]}"
    return violation("short", hicann, segment_name(target), message)


def _way_up(start: int, upstream: dict[int, int]) -> set[int]:
    """Return the nodes from ``start`` upstream."""
    seen: set[int] = set()
    while start >= 0 and start not in seen:
        seen.add(start)
        start = upstream.get(start, -1)
    return seen


def _propagate(kept: Drives, node: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int16], list[Violation]]:
    """Return net and hops of every node, and the loops without a source."""
    net, hops = np.full(N_SEGMENTS, -1, np.int32), np.full(N_SEGMENTS, -1, np.int16)
    target = node[kept.target]
    source = np.where(kept.source >= 0, node[kept.source], -1)
    sending = source < 0
    net[target[sending]] = kept.net[sending]
    hops[target[sending]] = kept.hops[sending]
    pending = np.flatnonzero(~sending)
    while True:
        ready = net[source[pending]] >= 0
        if not ready.any():
            return net, hops, _loops(source[pending], target[pending])
        now, pending = pending[ready], pending[~ready]
        net[target[now]] = net[source[now]]
        hops[target[now]] = hops[source[now]] + 1


def _loops(source: NDArray[np.int64], target: NDArray[np.int64]) -> list[Violation]:
    """Return the loops among drives that no source feeds; the rest of them forward nothing."""
    upstream = dict(zip(target.tolist(), source.tolist(), strict=True))
    seen: set[int] = set()
    found = []
    for start in upstream:
        here, path = start, []
        while here in upstream and here not in seen:
            seen.add(here)
            path.append(here)
            here = upstream[here]
        if here in path:
            message = f"a loop of {len(path) - path.index(here)} nets drives itself, no DNC merger does"
            found.append(violation("loop", here // N_LINES, segment_name(here), message))
    return found


def _crossbar_limits(configuration: Configuration, limits: Limits) -> list[Violation]:
    rows, switches = np.nonzero(configuration.crossbar)
    found = []
    for kind, line, count, limit in (
        ("HLine", SWITCH_HLINE[switches], N_HLINES, limits.crossbar_switches_per_hline),
        ("VLine", SWITCH_VLINE[switches], N_VLINES, limits.crossbar_switches_per_vline),
    ):
        closed = np.bincount(rows * count + line, minlength=len(configuration.hicanns) * count)
        for place in np.flatnonzero(closed > limit):
            hicann, number = int(configuration.hicanns[place // count]), place % count
            message = f"{closed[place]} crossbar switches closed, the limit is {limit}"
            found.append(violation("crossbar_limit", hicann, f"{kind} {number}", message))
    return found


def _dead_segments(net: NDArray[np.int32], wafer: Wafer) -> list[Violation]:
    """Return the signals that run over segments which do not work."""
    found = []
    for segment in np.flatnonzero((net >= 0) & ~wafer.segments):
        hicann = int(segment) // N_LINES
        kind = "blacklisted_segment" if wafer.hicanns[hicann] else "absent_hicann"
        source, dnc = divmod(int(net[segment]), 8)
        message = f"carries the bus of DNC merger {dnc} of HICANN {source}"
        found.append(violation(kind, hicann, segment_name(int(segment)), message))
    return found
