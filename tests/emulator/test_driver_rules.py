"""Every rule of synapse switches and driver chains, broken on purpose in a legal configuration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import netlist
from emulator.drivers import driver_chains
from models.hardware import Limits, Wafer
from models.hardware.coordinates import EAST, NEIGHBOUR, WEST, hicann_at
from models.hardware.synapses import DRIVER_SIDE, local_drivers
from models.hardware.synapses import switch_number as synapse_switch_number


def test_synapse_switches_per_vline_are_limited(planted, has):
    bits = planted.copy()
    i, primary = np.argwhere(bits.driver_locin)[0]
    row, _ = planted.used_switch(int(i), int(primary))
    v = int(planted.decoded.chains.segment[bits.hicanns[i], primary]) % 320 - 64
    other = next(y for y in local_drivers(v) if not bits.driver_enable[row, y])
    bits.synapse_switch[row, synapse_switch_number(v, other)] = True
    has(
        planted.violations(bits),
        "synapse_switch_limit",
        bits.hicanns[row],
        f"VLine {v}",
        "2 synapse switches",
    )


def test_vlines_per_route_are_limited(planted, has):
    bits, net = planted.copy(), planted.decoded.nets.net
    served = {}
    for i, y in np.argwhere(bits.driver_locin):
        segment = int(planted.decoded.chains.segment[bits.hicanns[i], y])
        served.setdefault((int(net[segment]), int(bits.hicanns[i])), segment)
    for i, line in planted.driven(64):
        hicann = int(bits.hicanns[i])
        bus, v = int(net[320 * hicann + line]), line - 64
        busy = bits.synapse_switch[i].reshape(224, 8, 4)[:, v // 32, v % 4].any()
        free = [y for y in local_drivers(v) if not bits.driver_enable[i, y]]
        if (bus, hicann) in served and free and not busy:
            bits.synapse_switch[i, synapse_switch_number(v, free[0])] = True
            bits.driver_locin[i, free[0]] = bits.driver_enable[i, free[0]] = True
            break
    found = planted.violations(bits)
    has(found, "vlines_limit", hicann, f"DNC merger {bus % 8} of HICANN {bus // 8}", "served over 2 VLines")
    assert planted.violations(bits, limits=replace(planted.instance.limits, vlines_per_route=2)) == ()


def test_a_driver_is_fed_by_one_vline(planted, has):
    bits = planted.copy()
    i, primary = np.argwhere(bits.driver_locin)[1]
    row, number = planted.used_switch(int(i), int(primary))
    base = number // 16 * 16
    other = next(n for n in range(base, base + 16) if n != number)
    bits.synapse_switch[row, other] = True
    has(planted.violations(bits), "driver_fed_twice", bits.hicanns[i], f"driver {primary}", "fed by VLine")


def test_a_driver_is_not_fed_from_both_hicanns(planted, has):
    bits = planted.copy()
    for i, primary in np.argwhere(bits.driver_locin):
        row, _ = planted.used_switch(int(i), int(primary))
        facing = NEIGHBOUR[bits.hicanns[i], WEST if DRIVER_SIDE[primary] == 0 else EAST]
        if row == i and facing in bits.hicanns:
            break
    base = 32 * primary + (16 if DRIVER_SIDE[primary] == 0 else 0)
    bits.synapse_switch[bits.position[facing], base] = True
    found = planted.violations(bits)
    has(found, "driver_fed_twice", bits.hicanns[i], f"driver {primary}", f"on HICANN {facing}")


def test_a_closed_switch_needs_a_locin(planted, has):
    bits = planted.copy()
    i, primary = np.argwhere(bits.driver_locin)[2]
    row, _ = planted.used_switch(int(i), int(primary))
    bits.driver_locin[i, primary] = False
    found = planted.violations(bits)
    has(found, "switch_without_locin", bits.hicanns[row], f"to driver {primary}")
    has(found, "chain_broken", bits.hicanns[i], f"driver {primary}")


def test_a_switch_off_the_wafer_leads_nowhere(blank, has):
    hicann = hicann_at(12, 0)
    bits = blank(hicann)
    bits.synapse_switch[0, synapse_switch_number(0, 0)] = True
    nets = netlist(bits, Wafer(), Limits())
    found = driver_chains(bits, Wafer(), Limits(), nets).violations
    has(found, "switch_without_locin", hicann, "VLine 0", "off the wafer")


def test_a_locin_needs_a_closed_switch(planted, has):
    bits = planted.copy()
    i, primary = np.argwhere(bits.driver_locin)[2]
    bits.synapse_switch[planted.used_switch(int(i), int(primary))] = False
    has(planted.violations(bits), "locin_without_switch", bits.hicanns[i], f"driver {primary}")


def test_a_chain_has_one_locin(planted, has):
    bits = planted.copy()
    i, members, primary = planted.chains(2)[0]
    bits.driver_locin[i, next(y for y in members if y != primary)] = True
    has(planted.violations(bits), "two_locins", bits.hicanns[i], "driver", "2 drivers of its chain")


def test_a_chain_does_not_break(planted, has):
    bits = planted.copy()
    i, members, primary = planted.chains(2)[0]
    inner = next(y for y in members if bits.driver_mirror[i, y])
    outer = inner + (-2 if inner < 112 else 2)
    bits.driver_mirror[i, inner] = False
    lonely = outer if primary == inner or (primary in members and abs(primary - 112) < abs(outer - 112)) else inner
    has(planted.violations(bits), "chain_broken", bits.hicanns[i], f"driver {lonely}")


def test_a_member_that_passes_nothing_on_breaks_the_chain(planted, has):
    bits = planted.copy()
    i, members, _ = planted.chains(2)[0]
    outermost = next(y for y in members if not bits.driver_mirror[i, y])
    bits.driver_enable[i, outermost] = False
    has(planted.violations(bits), "chain_broken", bits.hicanns[i], f"driver {outermost}", "neither enabled")


@pytest.mark.parametrize("driver", [0, 1, 222, 223])
def test_no_chain_runs_over_the_edge_of_a_quadrant(planted, has, driver):
    bits = planted.copy()
    bits.driver_mirror[0, driver] = True
    has(planted.violations(bits), "chain_broken", bits.hicanns[0], f"driver {driver}", "over the edge")


def test_a_mirror_only_driver_is_legal(planted):
    bits = planted.copy()
    i, members, _ = planted.chains(2)[0]
    inner = next(y for y in members if bits.driver_mirror[i, y])
    bits.driver_enable[i, inner] = False
    assert planted.violations(bits) == ()


def test_chains_are_limited(planted, has):
    i, members, _ = planted.chains(3)[0]
    shorter = replace(planted.instance.limits, driver_chain_length=2)
    hicann = planted.bits.hicanns[i]
    has(planted.violations(limits=shorter), "chain_too_long", hicann, f"driver {members[0]}", "3 drivers")
