"""Every rule of layer 1, broken on purpose in a legal configuration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import netlist
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER
from models.hardware import Limits, Wafer
from models.hardware.coordinates import EAST, NEIGHBOUR, NORTH, SOUTH, WEST, hicann_at
from models.hardware.layer1 import (
    REPEATER_SIDE,
    SLOT,
    SWITCH_HLINE,
    SWITCH_VLINE,
    next_segment,
    repeater_of_hop,
    segment_name,
    switch_number,
)


def test_a_forwarding_repeater_drives_one_way(planted, has):
    bits = planted.copy()
    i, line = np.argwhere(bits.repeater == 0)[7]
    bits.repeater[i, line] = DRIVE_LOCAL | DRIVE_NEIGHBOUR
    has(
        planted.violations(bits),
        "repeater_register",
        bits.hicanns[i],
        segment_name(int(line)).split(" on")[0],
        "3",
    )


def test_only_sending_lines_take_signals_from_mergers(planted, has):
    bits = planted.copy()
    bits.repeater[2, 1] = FROM_MERGER | DRIVE_LOCAL
    has(planted.violations(bits), "not_a_sending_line", bits.hicanns[2], "HLine 1")


@pytest.mark.parametrize(
    ("position", "line", "register"),
    [((12, 0), 6, DRIVE_LOCAL), ((12, 0), 6, FROM_MERGER | DRIVE_NEIGHBOUR), ((35, 8), 7, DRIVE_NEIGHBOUR)],
)
def test_no_repeater_reaches_over_the_edge(blank, has, position, line, register):
    hicann = hicann_at(*position)
    bits = blank(hicann)
    bits.repeater[0, line] = register
    has(netlist(bits, Wafer(), Limits()).violations, "nonexistent_hop", hicann, f"HLine {line}")


def test_a_sending_repeater_at_the_edge_may_drive_its_own_line(blank):
    bits = blank(hicann_at(12, 0))
    bits.repeater[0, 6] = FROM_MERGER | DRIVE_LOCAL
    nets = netlist(bits, Wafer(), Limits())
    assert nets.violations == ()
    assert np.flatnonzero(nets.net >= 0).tolist() == [6]


def test_two_drivers_on_a_net_are_a_short(planted, has):
    bits, net = planted.copy(), planted.decoded.nets.net
    for i, line in planted.driven():
        here = 320 * int(bits.hicanns[i]) + line
        there = next_segment(here, int(REPEATER_SIDE[line]))
        if bits.repeater[i, line] == 0 and there >= 0 and net[there] not in (-1, net[here]):
            bits.repeater[i, line] = DRIVE_LOCAL
            break
    line_name = segment_name(here)
    has(planted.violations(bits), "short", bits.hicanns[i], line_name)


def _ring(blank):
    """Return a ring over four HICANNs that closes without breaking any limit, and its segments."""
    a = hicann_at(18, 7)
    b, d, c = (int(NEIGHBOUR[a, EAST]), int(NEIGHBOUR[NEIGHBOUR[a, EAST], SOUTH]), int(NEIGHBOUR[a, SOUTH]))
    bits = blank(a, b, c, d)

    def hop(segment, direction):
        there, owner = next_segment(segment, direction), repeater_of_hop(segment, direction)
        register = DRIVE_NEIGHBOUR if owner == segment else DRIVE_LOCAL
        bits.repeater[bits.position[owner // 320], owner % 320] |= register
        return there

    def switch(segment, v=None, h=None):
        hicann, line = divmod(segment, 320)
        v, h = (line - 64 if v is None else v), (line if h is None else h)
        bits.crossbar[bits.position[hicann], switch_number(v, h)] = True
        return 320 * hicann + (64 + v if line < 64 else h)

    start = 320 * a + 38
    slot = int(SLOT[38])
    path = [start, hop(start, EAST)]
    path.append(switch(path[-1], v=31 - (slot + 1)))
    path.append(hop(path[-1], SOUTH))
    path.append(switch(path[-1], h=2 * (slot + 3)))
    path.append(hop(path[-1], WEST))
    path.append(switch(path[-1], v=128 + slot + 2))
    path.append(hop(path[-1], NORTH))
    assert switch(path[-1], h=38) == start
    return bits, path


def test_a_ring_without_source_is_a_loop(blank, has):
    bits, path = _ring(blank)
    nets = netlist(bits, Wafer(), Limits())
    assert {v.kind for v in nets.violations} == {"loop"}
    assert nets.violations[0].hicann in {segment // 320 for segment in path}
    assert (nets.net == -1).all()


def test_a_ring_with_source_is_a_loop(blank, has):
    bits, path = _ring(blank)
    bits.repeater[bits.position[path[0] // 320], 38] = FROM_MERGER | DRIVE_LOCAL
    nets = netlist(bits, Wafer(), Limits())
    assert {v.kind for v in nets.violations} == {"loop"}
    assert nets.violations[0].hicann == path[0] // 320
    assert set(np.flatnonzero(nets.net >= 0)) == set(path)
    assert nets.hops[path].tolist() == [0, 1, 1, 2, 2, 3, 3, 0]


def test_what_a_driver_listens_to_is_driven(planted, has):
    i, _, primary = planted.chains(1)[0]
    segment = int(planted.decoded.chains.segment[planted.bits.hicanns[i], primary])
    source, dnc = divmod(int(planted.decoded.nets.net[segment]), 8)
    bits = planted.copy()
    bits.repeater[bits.position[source], 62 - 8 * dnc] = 0
    where = f"VLine {segment % 320 - 64} to driver {primary}"
    has(planted.violations(bits), "undriven", segment // 320, where, "is undriven")


@pytest.mark.parametrize("kind", ["HLine", "VLine"])
def test_crossbar_switches_per_line_are_limited(planted, has, kind):
    bits = planted.copy()
    numbers = SWITCH_HLINE if kind == "HLine" else SWITCH_VLINE
    i, closed = np.argwhere(bits.crossbar)[3]
    others = np.flatnonzero((numbers == numbers[closed]) & ~bits.crossbar[i])
    bits.crossbar[i, others[-1]] = True
    where, text = f"{kind} {numbers[closed]}", "2 crossbar switches closed, the limit is 1"
    has(planted.violations(bits), "crossbar_limit", bits.hicanns[i], where, text)
    loose = replace(planted.instance.limits, crossbar_switches_per_hline=8, crossbar_switches_per_vline=2)
    assert all(v.kind != "crossbar_limit" for v in planted.violations(bits, limits=loose))
