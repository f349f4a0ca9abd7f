"""Layer 1: lines, switches, hops, repeaters, phases, and the graph of the whole wafer."""

import itertools
import time

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.hardware import Defects, Wafer, full_graph
from models.hardware import layer1 as l1
from models.hardware.coordinates import EAST, NEIGHBOUR, NORTH, SOUTH, WEST, hicann_at


@pytest.mark.parametrize(
    ("h", "vlines"),
    [
        (0, [31, 63, 95, 127, 128, 160, 192, 224]),
        (1, [31, 63, 95, 127, 128, 160, 192, 224]),
        (2, [30, 62, 94, 126, 129, 161, 193, 225]),
        (6, [28, 60, 92, 124, 131, 163, 195, 227]),
        (14, [24, 56, 88, 120, 135, 167, 199, 231]),
        (30, [16, 48, 80, 112, 143, 175, 207, 239]),
        (42, [10, 42, 74, 106, 149, 181, 213, 245]),
        (62, [0, 32, 64, 96, 159, 191, 223, 255]),
        (63, [0, 32, 64, 96, 159, 191, 223, 255]),
    ],
)
def test_vlines_of_an_hline(h, vlines):
    assert l1.vlines_of_hline(h) == vlines
    assert all(l1.switch_exists(v, h) and h in l1.hlines_of_vline(v) for v in vlines)


@pytest.mark.parametrize(
    ("v", "hlines"),
    [(0, (62, 63)), (1, (60, 61)), (31, (0, 1)), (32, (62, 63)), (42, (42, 43)), (127, (0, 1)), (128, (0, 1)),
     (131, (6, 7)), (255, (62, 63))],
)  # fmt: skip
def test_hlines_of_a_vline(v, hlines):
    assert l1.hlines_of_vline(v) == hlines


def test_crossbar_switch_numbers():
    assert sum(l1.switch_exists(v, h) for v in range(256) for h in range(64)) == 512
    for number in range(512):
        v, h = int(l1.SWITCH_VLINE[number]), int(l1.SWITCH_HLINE[number])
        assert l1.switch_number(v, h) == number == 8 * h + v // 32
    with pytest.raises(ValueError, match="no crossbar switch between VLine 0 and HLine 0"):
        l1.switch_number(0, 0)


@pytest.mark.parametrize(
    ("direction", "lines"),
    [
        (EAST, [6, 8, 10, 12, 14]), (WEST, [6, 4, 2, 0, 62, 60]), (EAST, [62, 0, 2, 4]), (EAST, [63, 1, 3]),
        (WEST, [1, 63, 61]), (SOUTH, [64, 64 + 126, 64 + 124, 64 + 122]), (SOUTH, [64 + 1, 64 + 127, 64 + 125]),
        (SOUTH, [64 + 2, 64, 64 + 126]), (NORTH, [64 + 127, 64 + 1, 64 + 3]), (SOUTH, [64 + 128, 64 + 130, 64 + 132]),
        (NORTH, [64 + 128, 64 + 254, 64 + 252]), (SOUTH, [64 + 254, 64 + 128, 64 + 130]),
        (SOUTH, [64 + 255, 64 + 129, 64 + 131]),
    ],
)  # fmt: skip
def test_line_shifts(direction, lines):
    for line, after in itertools.pairwise(lines):
        assert l1.LINE_AFTER_HOP[direction, line] == after


def test_shifts_are_inverse_and_periodic():
    h, v = np.arange(64), np.arange(64, 320)
    east, south = l1.LINE_AFTER_HOP[EAST], l1.LINE_AFTER_HOP[SOUTH]
    assert (l1.LINE_AFTER_HOP[WEST][east[h]] == h).all()
    assert (l1.LINE_AFTER_HOP[NORTH][south[v]] == v).all()
    for table, line, period in ((east, h, 32), (south, v, 64)):
        moved = line
        for _ in range(period):
            moved = table[moved]
        assert (moved == line).all()
    assert (east[64:] == -1).all()
    assert (south[:64] == -1).all()


@pytest.mark.parametrize(
    ("line", "side"),
    [(0, WEST), (1, EAST), (64 + 0, SOUTH), (64 + 1, NORTH), (64 + 128, NORTH), (64 + 129, SOUTH)],
)
def test_repeaters_alternate(line, side):
    assert l1.REPEATER_SIDE[line] == side


def test_repeater_numbers():
    assert [l1.vrepeater_number(v) for v in (1, 0, 4, 128, 129)] == [0, 128, 130, 64, 192]
    assert sorted(l1.vrepeater_number(v) for v in range(256)) == list(range(256))


def test_who_owns_a_hop():
    west, east = hicann_at(5, 5), hicann_at(6, 5)
    north, south = hicann_at(5, 4), hicann_at(5, 5)
    assert l1.next_segment(l1.hline(west, 46), EAST) == l1.hline(east, 48)
    assert l1.repeater_of_hop(l1.hline(west, 46), EAST) == l1.hline(east, 48)  # even: left edge of the east chip
    assert l1.repeater_of_hop(l1.hline(west, 47), EAST) == l1.hline(west, 47)  # odd: right edge of this chip
    for v, owner_is_north in ((2, True), (3, False), (130, False), (131, True)):
        owner = l1.repeater_of_hop(l1.vline(north, v), SOUTH)
        assert owner == (l1.vline(north, v) if owner_is_north else l1.next_segment(l1.vline(north, v), SOUTH))
        assert owner // 320 == (north if owner_is_north else south)
    assert l1.repeater_of_hop(l1.hline(hicann_at(12, 0), 0), WEST) == -1


def test_the_example_that_crosses_one_border():
    # HLine 46 on (5,5) continues as HLine 48 on (6,5), which can be switched to VLine 39
    assert 39 in l1.vlines_of_hline(int(l1.LINE_AFTER_HOP[EAST, 46]))


def test_full_graph_is_complete_and_quick():
    full_graph.cache_clear()
    started = time.perf_counter()
    graph = full_graph()
    assert time.perf_counter() - started < 2.0
    assert graph.n_edges == 309_248
    assert len(graph.working) == l1.N_SEGMENTS == 122_880
    switch, horizontal = graph.switch >= 0, (graph.switch < 0) & (graph.a % 320 < 64)
    assert (switch.sum(), horizontal.sum(), (~switch & ~horizontal).sum()) == (196_608, 23_552, 89_088)


def test_the_phase_splits_the_wafer_into_32_components():
    graph = full_graph()
    assert np.array_equal(l1.phase(graph.a), l1.phase(graph.b))
    edges = coo_array((np.ones(graph.n_edges, bool), (graph.a, graph.b)), shape=(l1.N_SEGMENTS,) * 2)
    n, label = connected_components(edges)
    assert n == 32
    assert (np.bincount(label) == 3840).all()
    lines = np.arange(320)
    on_one_chip = l1.phase(l1.segment(174, 0) + lines)
    assert (np.bincount(on_one_chip[:64], minlength=32) == 2).all()
    assert (np.bincount(on_one_chip[64:], minlength=32) == 8).all()


def test_sources_per_phase():
    phases = [l1.phase_of_source(hicann, dnc) for hicann in range(384) for dnc in range(8)]
    assert (np.bincount(phases, minlength=32) == 96).all()
    for hicann in (0, 174, 383):
        assert len({l1.phase_of_source(hicann, dnc) for dnc in range(8)}) == 8


def test_the_worked_example_of_dnc_merger_3_on_18_7():
    source = hicann_at(18, 7)
    phase = l1.phase_of_source(source, 3)
    seg = l1.hline(source, 38)
    assert l1.SLOT[38] == 19
    for x, line in ((19, 40), (20, 42), (21, 44)):
        seg = l1.next_segment(seg, EAST)
        assert seg == l1.hline(hicann_at(x, 7), line)
    assert l1.vlines_of_hline(44) == [9, 41, 73, 105, 150, 182, 214, 246]
    assert l1.slot_at(phase, hicann_at(21, 7)) == 22
    assert l1.slot_at(phase, hicann_at(21, 9)) == 26
    down = l1.vline(hicann_at(21, 7), 9)
    for v in (7, 5):
        down = l1.next_segment(down, SOUTH)
        assert down % 320 - 64 == v
    assert l1.segment_name(down) == f"VLine 5 on HICANN {hicann_at(21, 9)}"


def test_degrees_on_one_chip():
    alone = Wafer(region=frozenset({93})).graph
    degree = np.bincount(np.concatenate([alone.a, alone.b]), minlength=l1.N_SEGMENTS)
    assert degree[l1.hline(93, 48)] == 8
    assert degree[l1.vline(93, 39)] == 2
    assert alone.n_edges == 512


def test_networkx_view_has_the_same_edges_and_owners():
    graph = Wafer(region=frozenset({93, 94})).graph
    view = graph.to_networkx()
    assert (view.number_of_nodes(), view.number_of_edges()) == (640, graph.n_edges) == (640, 1024 + 64)
    hop = view.edges[l1.hline(93, 46), l1.hline(94, 48)]
    assert hop == {"kind": "hop", "owner": l1.hline(94, 48)}
    assert view.edges[l1.hline(94, 48), l1.vline(94, 39)]["kind"] == "switch"


def test_neighbour_lists_hold_every_edge_twice():
    start, neighbour, edge = full_graph().adjacency()
    assert start[-1] == len(neighbour) == len(edge) == 2 * 309_248
    seg = l1.hline(174, 20)
    mine = set(neighbour[start[seg] : start[seg + 1]].tolist())
    assert mine == {l1.vline(174, v) for v in l1.vlines_of_hline(20)} | {
        l1.hline(int(NEIGHBOUR[174, EAST]), 22), l1.hline(int(NEIGHBOUR[174, WEST]), 18)}  # fmt: skip


def test_defects_remove_edges():
    east = int(NEIGHBOUR[93, EAST])
    whole = Wafer(region=frozenset({93, east})).graph.n_edges

    def left(**components):
        defects = Defects.from_components(components={k: [(93, i) for i in v] for k, v in components.items()})
        return whole - Wafer(defects, region=frozenset({93, east})).graph.n_edges

    assert left(hbuses=[10]) == 8 + 1
    assert left(vbuses=[10]) == 2
    assert left(crossbarswitches=[0, 1]) == 2
    assert left(hrepeaters=[11]) == 1  # odd: right edge, the hop to the east neighbour
    assert left(hrepeaters=[10]) == 0  # even: left edge, there is no west neighbour in the region
