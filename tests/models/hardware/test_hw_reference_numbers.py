"""Capacities, shifts and ownership of the whole chip against the published tables, without the model's formulas."""

from itertools import product

import numpy as np
import pytest

from models.hardware import COMPONENTS, LIMITS, Limits, full_graph
from models.hardware import coordinates as c
from models.hardware import layer1 as l1
from models.hardware import mergers as m
from models.hardware import neurons as n
from models.hardware import synapses as s


@pytest.mark.parametrize(
    ("size", "per_wafer", "used_denmems", "fan_in"),
    [(2, 98_304, 512, 448), (4, 49_152, 512, 896), (6, 30_720, 480, 1_344), (8, 24_576, 512, 1_792),
     (10, 18_432, 480, 2_240), (12, 15_360, 480, 2_688), (14, 12_288, 448, 3_136), (16, 12_288, 512, 3_584),
     (32, 6_144, 512, 7_168), (64, 3_072, 512, 14_336)],
)  # fmt: skip
def test_capacity_by_neuron_size(size, per_wafer, used_denmems, fan_in):
    assert n.neurons_per_hicann(size) * c.N_HICANNS == per_wafer
    assert n.neurons_per_hicann(size) * size == used_denmems
    assert s.N_ROWS * len(n.rectangle(0, size // 2)) // 2 == fan_in


def test_components_of_a_hicann():
    assert dict(COMPONENTS) == {
        "neurons": 512, "synaptic_inputs": 1024, "synapses": 114_688, "synapserows": 448, "drivers": 224,
        "synapsearrays": 2, "synapseswitches": 7168, "synapseswitchrows": 448, "hbuses": 64, "vbuses": 256,
        "hrepeaters": 64, "vrepeaters": 256, "crossbarswitches": 512, "mergers0": 8, "mergers1": 4, "mergers2": 2,
        "mergers3": 1, "dncmergers": 8, "backgroundgenerators": 8, "analogs": 2, "fgblocks": 4}  # fmt: skip
    assert n.N_BLOCKS * n.DENMEMS_PER_BLOCK == n.N_DENMEMS == 4 * n.N_QUADS == COMPONENTS["neurons"]
    assert (s.N_ROWS, s.N_DRIVERS, s.N_SYNAPSES) == (448, 224, 114_688)
    assert 2 * s.N_ROWS * c.N_HICANNS == 344_064  # half rows of a wafer


def test_defaults_of_the_limits():
    assert {name: limit.default for name, limit in LIMITS.items()} == {
        "neuron_size": 4, "driver_chain_length": 3, "calibrated_chain_length": 3, "crossbar_switches_per_hline": 1,
        "crossbar_switches_per_vline": 1, "synapse_switches_per_vline": 1, "vlines_per_route": 1,
        "sources_per_bus": 59, "input_rate_per_hicann": 17.8e6, "input_rate_per_fpga": 125e6,
        "bandwidth_utilization": 0.8, "consider_firing_rate": True, "speedup": 1e4}  # fmt: skip
    limits = Limits()
    planned = limits.bandwidth_utilization / limits.speedup
    assert planned * limits.input_rate_per_hicann == pytest.approx(1_424)  # biological Hz
    assert planned * limits.input_rate_per_fpga == pytest.approx(10_000)


@pytest.mark.parametrize(
    ("name", "silicon"),
    [("driver_chain_length", 56), ("calibrated_chain_length", 56), ("crossbar_switches_per_hline", 8),
     ("crossbar_switches_per_vline", 2), ("synapse_switches_per_vline", 28), ("vlines_per_route", 8),
     ("sources_per_bus", 59), ("neuron_size", 64)],
)  # fmt: skip
def test_limits_go_up_to_the_silicon(name, silicon):
    assert LIMITS[name].maximum == silicon
    assert getattr(Limits(**{name: silicon}), name) == silicon


def test_adc_groups_hold_eight_reticles():
    assert np.bincount(c.ADC_GROUP_OF_FPGA).tolist() == [8] * 6
    assert np.bincount(c.ADC_TRIGGER_OF_FPGA).tolist() == [4] * 12
    assert sorted(c.POWER_NUMBER_OF_FPGA) == list(range(1, 49))


# --- merger tree and addresses


def test_seven_mergers_have_no_tap():
    silent = set(range(m.N_MERGERS)) - set(m.TAP)
    assert {m.node_name(node) for node in silent} == {
        "Merger0[1]", "Merger0[3]", "Merger0[5]", "Merger0[6]", "Merger1[1]", "Merger1[2]", "Merger2[0]"}  # fmt: skip


@pytest.mark.parametrize(
    ("merging_levels", "buses"),
    [((1,), {1: {0, 1}, 3: {2, 3}, 5: {4, 5}, 6: {6, 7}}), ((1, 2), {3: {0, 1, 2, 3}, 5: {4, 5, 6, 7}}),
     ((1, 2, 3), {3: set(range(8))})],
    ids=["two_on_one", "four_on_one", "eight_on_one"],
)  # fmt: skip
def test_presets_of_sthal(merging_levels, buses):
    modes = list(m.DEFAULT_MODES)
    for level in merging_levels:
        for index in range(8 >> level):
            modes[m.node(level, index)] = m.MERGE
    carried = m.blocks_at_taps(modes)
    assert {dnc: carried[dnc] for dnc in buses} == buses
    wanted = tuple(next(d for d in buses if b in buses[d]) for b in range(8))
    assert m.modes_for_map(wanted) == tuple(modes)


@pytest.mark.parametrize(
    ("size", "fewest"), [(2, 8), (4, 4), (6, 2), (8, 2), (10, 1), (16, 1), (64, 1)]
)  # 59 addresses per bus
def test_fewest_buses_of_a_full_hicann(size, fewest):
    per_block = n.neurons_per_block(size)
    fits = [x for x in m.complete_maps() if max(x.count(d) for d in set(x)) * per_block <= len(m.ADDRESSES)]
    assert min(len(set(x)) for x in fits) == fewest


# What an input on a DNC merger asks of the blocks that hold neurons: block -> the DNC mergers that it may leave on.
SIDE_CONDITIONS = {
    0: {}, 1: {0: {0}}, 2: {}, 3: {0: {0, 1}, 1: {1}, 2: {2}, 4: {4, 5}, 5: {5}, 6: {5, 6}, 7: {5, 6, 7}}, 4: {},
    5: {4: {4}, 6: {6}, 7: {6, 7}}, 6: {7: {7}}, 7: {},
}  # fmt: skip


@pytest.mark.parametrize("dnc", range(8))
def test_side_conditions_of_an_input(dnc):
    found: dict[int, set[int]] = {}
    for chosen in product(*[(-1, *path) for path in m.PATHS]):
        if chosen[dnc] == dnc and chosen.count(dnc) == 1 and m.is_realisable(chosen):
            for block, bus in enumerate(chosen):
                found.setdefault(block, set()).update({bus} - {-1})
    free = {block: set(path) - {dnc} for block, path in enumerate(m.PATHS) if block != dnc}
    assert found == {**free, **SIDE_CONDITIONS[dnc], dnc: {dnc}}


@pytest.mark.parametrize(
    ("dnc", "line", "slot", "left", "right"),
    [
        (0, 62, 31, [0, 32, 64, 96], [159, 191, 223, 255]), (1, 54, 27, [4, 36, 68, 100], [155, 187, 219, 251]),
        (2, 46, 23, [8, 40, 72, 104], [151, 183, 215, 247]), (3, 38, 19, [12, 44, 76, 108], [147, 179, 211, 243]),
        (4, 30, 15, [16, 48, 80, 112], [143, 175, 207, 239]), (5, 22, 11, [20, 52, 84, 116], [139, 171, 203, 235]),
        (6, 14, 7, [24, 56, 88, 120], [135, 167, 199, 231]), (7, 6, 3, [28, 60, 92, 124], [131, 163, 195, 227]),
    ],
)  # fmt: skip
def test_sending_lines(dnc, line, slot, left, right):
    assert m.sending_hline(dnc) == line == 6 + 8 * m.sending_repeater(dnc)
    assert l1.SLOT[line] == slot
    assert l1.vlines_of_hline(line) == left + right
    assert l1.REPEATER_SIDE[line] == c.WEST  # the sending repeater is at the left edge and may also send west
    assert line % 8 == 6


def test_the_59_addresses():
    usable = [*range(2, 16), 16, *range(18, 32), 32, *range(34, 48), 48, *range(50, 64)]
    assert m.ADDRESSES.tolist() == usable
    assert m.driver_decoder(m.ADDRESSES).tolist() == [0] * 14 + [1] * 15 + [2] * 15 + [3] * 15
    assert m.synapse_decoder(m.ADDRESSES).tolist() == [a % 16 for a in usable]


# --- layer 1


def test_a_straight_walk_meets_a_sending_line_every_four_hicanns():
    east = l1.LINE_AFTER_HOP[c.EAST]
    line, met = 6, []
    for step in range(1, 33):
        line = int(east[line])
        if line in {m.sending_hline(dnc) for dnc in range(8)}:
            met.append((step, line))
    assert met == [(4, 14), (8, 22), (12, 30), (16, 38), (20, 46), (24, 54), (28, 62), (32, 6)]


def test_hops_keep_parity_and_half():
    line = np.arange(320)
    for direction in c.DIRECTIONS:
        after = l1.LINE_AFTER_HOP[direction]
        moves = after >= 0
        assert (after[moves] % 2 == line[moves] % 2).all()
        assert ((after[moves] >= 192) == (line[moves] >= 192)).all()


def test_a_switch_joins_equal_slots_and_a_hop_shifts_them():
    assert (l1.SLOT[l1.SWITCH_HLINE] == l1.SLOT[64 + l1.SWITCH_VLINE]).all()
    for direction, shift in ((c.EAST, 1), (c.WEST, -1), (c.SOUTH, 2), (c.NORTH, -2)):
        after = l1.LINE_AFTER_HOP[direction]
        moves = after >= 0
        assert ((l1.SLOT[after[moves]] - l1.SLOT[moves] - shift) % 32 == 0).all()


def test_every_hop_belongs_to_the_repeater_that_halco_puts_there():
    graph = full_graph()
    hop = graph.switch < 0
    a, b, owner = graph.a[hop], graph.b[hop], graph.owner[hop]
    line, horizontal = a % 320, a % 320 < 64
    odd, left = line % 2 == 1, line < 64 + 128
    mine = np.where(horizontal | ~left, odd, ~odd)  # right edge, or bottom edge: the hop east or south of this chip
    assert np.array_equal(owner, np.where(mine, a, b))
    here, there = a // 320, b // 320
    assert np.array_equal(c.X[there] - c.X[here], horizontal.astype(np.int16))
    assert np.array_equal(c.Y[there] - c.Y[here], (~horizontal).astype(np.int16))
    assert len(np.unique(owner)) == len(owner)  # one repeater, one hop


def test_the_slot_of_arrival_needs_no_route():
    source = np.arange(0, 384, 5)
    for dnc, hicann in product(range(8), source.tolist()):
        phase = l1.phase_of_source(hicann, dnc)
        assert phase == l1.phase(l1.hline(hicann, m.sending_hline(dnc)))
        assert phase % 4 == (3 - c.X[hicann] - 2 * c.Y[hicann]) % 4
        arrives = (31 - 4 * dnc + (c.X - c.X[hicann]) + 2 * (c.Y - c.Y[hicann])) % 32
        assert [l1.slot_at(phase, target) for target in range(384)] == arrives.tolist()


def test_networkx_view_of_the_whole_wafer():
    view = full_graph().to_networkx()
    assert (view.number_of_nodes(), view.number_of_edges()) == (122_880, 309_248)
    degrees = np.bincount([degree for _, degree in view.degree()])
    assert degrees.sum() == 122_880
    # a VLine: 2 switches and 2 hops; an HLine: 8 switches and 2 hops; one hop less at the edge of the wafer
    horizontal, vertical = 2 * (384 - 368), 2 * (384 - 348)
    assert (degrees[9], degrees[10]) == (64 * horizontal, 64 * (384 - horizontal))
    assert (degrees[3], degrees[4]) == (256 * vertical, 256 * (384 - vertical))


# --- synapse drivers


def test_quadrants_and_rows_of_the_drivers():
    for half, side in product((0, 1), (s.LEFT, s.RIGHT)):
        drivers = s.DRIVER_AT[side, half]
        assert drivers.tolist() == list(
            range(112 * half + (half == 0) * (1 - side) + (half == 1) * side, 112 * half + 112, 2)
        )
    rows = np.array([[s.row_of(y, which) for which in (0, 1)] for y in range(s.N_DRIVERS)])
    assert rows.ravel().tolist() == list(range(s.N_ROWS))
    assert rows[:112].max() == 223  # top array


def test_whose_drivers_a_vline_reaches():
    for v in range(256):
        assert s.adjacent_direction(v) == (c.WEST if v < 128 else c.EAST)
        own, facing = s.local_drivers(v), s.adjacent_drivers(v)
        assert len(own) == len(facing) == s.PRIMARIES_PER_VLINE == 14
        assert set(s.DRIVER_SIDE[own].tolist()) == {s.vline_side(v)}
        assert set(s.DRIVER_SIDE[facing].tolist()) == {1 - s.vline_side(v)}
        assert np.bincount(s.DRIVER_HALF[own]).tolist() == np.bincount(s.DRIVER_HALF[facing]).tolist() == [7, 7]


def test_the_select_switches_of_one_phase_on_a_hicann():
    """The worked example: DNC merger 3 of (18,7) arrives on (21,9) in slot 26, group 1 or 14: 28 primaries."""
    slot = l1.slot_at(l1.phase_of_source(c.hicann_at(18, 7), 3), c.hicann_at(21, 9))
    vlines = [v for v in range(256) if l1.SLOT[64 + v] == slot]
    assert vlines == [5, 37, 69, 101, 154, 186, 218, 250]
    assert {s.group_of_vline(v) for v in vlines} == {1, 14}
    assert [s.local_drivers(v)[:3] for v in (5, 154)] == [[3, 19, 35], [2, 18, 34]]
    assert len({y for v in vlines for y in s.local_drivers(v)}) == 28


def test_at_most_eight_nets_of_a_phase_and_256_in_all_reach_a_hicann():
    slots = np.bincount(l1.SLOT[64:], minlength=32)
    assert slots.tolist() == [8] * 32
    assert slots.sum() == 256
    assert s.N_DRIVERS == s.N_GROUPS * s.PRIMARIES_PER_VLINE == 224
