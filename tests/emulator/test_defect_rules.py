"""Whatever a legal configuration uses is found when it is blacklisted; what it does not use may be dead."""

from __future__ import annotations

import numpy as np
import pytest

from models.configuration import DRIVE_NEIGHBOUR
from models.hardware import Wafer
from models.hardware.coordinates import FPGA_OF, LINK_OF
from models.hardware.layer1 import REPEATER_SIDE, SWITCH_HLINE, SWITCH_VLINE, next_segment, vrepeater_number
from models.hardware.mergers import TAP, node_name

LEVELS = (("mergers0", 0), ("mergers1", 8), ("mergers2", 12), ("mergers3", 14))


def first(table):
    """Return (row, index) of the first set entry."""
    i, k = np.argwhere(table)[0]
    return int(i), int(k)


@pytest.mark.parametrize(("kind", "low", "high", "noun"), [("hbuses", 0, 64, "HLine"), ("vbuses", 64, 320, "VLine")])
def test_segments(planted, has, kind, low, high, noun):
    net = planted.decoded.nets.net.reshape(384, 320)[:, low:high]
    hicann, line = first(net >= 0)
    found = planted.with_defects(**{kind: [(hicann, line)]})
    has(found, "blacklisted_segment", hicann, f"{noun} {line} on", f"HICANN {net[hicann, line] // 8}")
    unused = np.argwhere((net == -1) & planted.instance.wafer.hicanns[:, None]).tolist()
    assert planted.with_defects(**{kind: unused}) == ()


def test_horizontal_repeaters(planted, has):
    i, h = first(planted.bits.repeater[:, :64] != 0)
    hicann = int(planted.bits.hicanns[i])
    has(planted.with_defects(hrepeaters=[(hicann, h)]), "blacklisted_repeater", hicann, f"HLine {h} on")


def test_vertical_repeaters(planted, has):
    i, v = first(planted.bits.repeater[:, 64:] != 0)
    hicann = int(planted.bits.hicanns[i])
    found = planted.with_defects(vrepeaters=[(hicann, vrepeater_number(v))])
    has(found, "blacklisted_repeater", hicann, f"VLine {v} on")


def test_crossbar_switches(planted, has):
    i, switch = first(planted.bits.crossbar)
    hicann = int(planted.bits.hicanns[i])
    found = planted.with_defects(crossbarswitches=[(hicann, switch)])
    where = f"HLine {SWITCH_HLINE[switch]}, VLine {SWITCH_VLINE[switch]}"
    has(found, "blacklisted_crossbar_switch", hicann, where)


def test_synapse_switches(planted, has):
    i, switch = first(planted.bits.synapse_switch)
    hicann = int(planted.bits.hicanns[i])
    where = f"to driver {switch // 32}"
    has(planted.with_defects(synapseswitches=[(hicann, switch)]), "blacklisted_synapse_switch", hicann, where)
    row = 2 * (switch // 32) + switch % 32 // 16
    has(planted.with_defects(synapseswitchrows=[(hicann, row)]), "blacklisted_synapse_switch", hicann, where)
    idle = ~planted.bits.synapse_switch.reshape(-1, 448, 16).any(axis=2)
    rows = [(int(planted.bits.hicanns[i]), int(row)) for i, row in np.argwhere(idle)]
    assert planted.with_defects(synapseswitchrows=rows) == ()


def test_drivers(planted, has):
    i, driver = first(planted.bits.driver_enable)
    hicann = int(planted.bits.hicanns[i])
    has(planted.with_defects(drivers=[(hicann, driver)]), "blacklisted_driver", hicann, f"driver {driver}")
    found = planted.with_defects(synapsearrays=[(hicann, driver // 112)])
    has(found, "blacklisted_driver", hicann, f"driver {driver}")
    idle = np.argwhere(~planted.bits.driver_enable)
    idle[:, 0] = planted.bits.hicanns[idle[:, 0]]
    assert planted.with_defects(drivers=idle.tolist()) == ()


@pytest.mark.parametrize(("kind", "start"), LEVELS)
def test_mergers(planted, has, kind, start):
    bits = planted.bits
    for i, dnc in np.argwhere(bits.dnc_mode == 2):
        if start <= TAP[dnc] < start + {0: 8, 8: 4, 12: 2, 14: 1}[start]:
            hicann = int(bits.hicanns[i])
            found = planted.with_defects(**{kind: [(hicann, TAP[dnc] - start)]})
            has(found, "blacklisted_merger", hicann, node_name(TAP[dnc]))
            return
    raise AssertionError(f"no tap at {kind} in use")


def test_dnc_mergers_and_generators(planted, has):
    i, dnc = first(planted.bits.dnc_mode == 2)
    hicann = int(planted.bits.hicanns[i])
    found = planted.with_defects(dncmergers=[(hicann, dnc)])
    has(found, "blacklisted_dnc_merger", hicann, f"DNC merger {dnc}")
    i, block = first(planted.bits.generator)
    hicann = int(planted.bits.hicanns[i])
    found = planted.with_defects(backgroundgenerators=[(hicann, block)])
    has(found, "blacklisted_generator", hicann, f"background generator {block}")


def test_unused_mergers_may_be_dead(planted):
    bits = planted.bits
    idle = np.argwhere(bits.dnc_mode != 2)
    idle[:, 0] = bits.hicanns[idle[:, 0]]
    assert planted.with_defects(dncmergers=idle.tolist()) == ()


@pytest.mark.parametrize("kind", ["neurons", "synaptic_inputs", "fgblocks"])
def test_denmems(planted, has, kind):
    hicann, denmem = int(planted.bits.neuron_hicann[0]), int(planted.bits.neuron_denmem[0])
    index = {"neurons": denmem, "synaptic_inputs": 2 * denmem + 1, "fgblocks": denmem // 128}[kind]
    found = planted.with_defects(**{kind: [(hicann, index)]})
    has(found, "blacklisted_denmem", hicann, f"denmem {denmem}")
    free = np.argwhere((planted.decoded.neurons.cell == -1) & planted.instance.wafer.hicanns[:, None])
    assert planted.with_defects(neurons=free.tolist()) == ()


def test_synapses_and_rows(planted, has):
    made = planted.decoded.synapses
    hicann, row, column = int(made.hicann[9]), int(made.row[9]), int(made.column[9])
    where = f"row {row}, column {column}"
    has(planted.with_defects(synapses=[(hicann, 256 * row + column)]), "blacklisted_synapse", hicann, where)
    has(planted.with_defects(synapserows=[(hicann, row)]), "blacklisted_synapse", hicann, where)
    idle = np.setdiff1d(np.arange(448), made.row[made.hicann == hicann])
    assert planted.with_defects(synapserows=[(hicann, int(r)) for r in idle]) == ()


def test_absent_hicanns(planted, has):
    for hicann in planted.bits.hicanns.tolist():
        has(planted.with_defects(hicanns=[hicann]), "absent_hicann", hicann, "all of it")


def test_hicanns_outside_the_region(planted, has):
    region = frozenset(planted.bits.hicanns[1:].tolist())
    found = planted.violations(wafer=Wafer(region=region))
    has(found, "absent_hicann", planted.bits.hicanns[0], "all of it")


def test_signals_do_not_run_into_absent_hicanns(planted, has):
    bits = planted.copy()
    outside = ~np.isin(np.arange(384), bits.hicanns)
    region = frozenset(bits.hicanns.tolist())
    net = planted.decoded.nets.net.reshape(384, 320)[bits.hicanns]
    for i, line in np.argwhere((net >= 0) & (bits.repeater == 0)):
        beyond = next_segment(320 * int(bits.hicanns[i]) + int(line), int(REPEATER_SIDE[line]))
        if beyond >= 0 and outside[beyond // 320]:
            bits.repeater[i, line] = DRIVE_NEIGHBOUR
            break
    assert planted.violations(bits, wafer=Wafer()) == ()
    has(planted.violations(bits, wafer=Wafer(region=region)), "absent_hicann", beyond // 320, "Line")


def test_hicanns_without_link_serve_layer_1_only(planted, has):
    i, dnc = first(planted.bits.dnc_mode == 2)
    hicann = int(planted.bits.hicanns[i])
    found = planted.with_defects(hslinks=[(int(FPGA_OF[hicann]), int(LINK_OF[hicann]))])
    has(found, "no_link", hicann, f"DNC merger {dnc}")
    kinds = {v.kind for v in found if v.hicann == hicann}
    assert {"blacklisted_denmem", "blacklisted_driver"} <= kinds
    assert {v.hicann for v in found} == {hicann}
