"""Golden paths of the backbone router: default switch order, no scoring, as in marocco's unit tests."""

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import pytest

from mapper.routing.backbone import BackboneRouter, VLineUsage
from mapper.routing.walker import Walker
from models.hardware import Defects, Wafer
from models.hardware.coordinates import GRID, RETICLE_OF, X, Y, hicann_at, hicanns_of_reticle
from models.hardware.layer1 import N_HLINES, N_LINES, hline, vline


@lru_cache
def perfect_graph():
    return Walker.of(Wafer())


def perfect():
    return replace(perfect_graph(), blocked=bytearray(perfect_graph().blocked))


def route(source, line, targets, avoid=(), score=lambda vline: 1, **defects):
    """Route HLine ``line`` of the HICANN at ``source``; return {(x, y): "x,y:line x,y:line ..."}."""
    walker = Walker.of(Wafer(Defects.from_components(**defects))) if defects else perfect()
    start = hline(hicann_at(*source), line)
    walker.block([start, *avoid])
    paths = BackboneRouter(walker, 1, score).route(start, [hicann_at(*t) for t in targets])
    for path in paths.values():
        assert path[0] == start
    assert_one_switch_per_line(paths.values())
    return {(int(X[h]), int(Y[h])): written(path) for h, path in paths.items()}


def written(path):
    names = []
    for segment in path:
        hicann, line = divmod(segment, N_LINES)
        name = f"h{line}" if line < N_HLINES else f"v{line - N_HLINES}"
        names.append(f"{X[hicann]},{Y[hicann]}:{name}")
    return " ".join(names)


def turns(path):
    return {(a, b) for a, b in pairwise(path) if a // N_LINES == b // N_LINES}


def assert_one_switch_per_line(paths):
    switches = set().union(*(turns(path) for path in paths))
    uses = Counter(segment for switch in switches for segment in switch)
    assert all(n == 1 for n in uses.values())


def test_four_targets_around_a_source():
    paths = route((5, 5), 30, [(4, 4), (6, 6), (12, 7), (13, 5)])
    trunk = "5,5:h30 6,5:h32 7,5:h34 8,5:h36 9,5:h38 10,5:h40 11,5:h42 12,5:h44"
    assert paths == {
        (4, 4): "5,5:h30 4,5:h28 4,5:v174 4,4:v172",
        (6, 6): "5,5:h30 6,5:h32 6,5:v15 6,6:v13",
        (12, 7): f"{trunk} 12,5:v150 12,6:v152 12,7:v154",
        (13, 5): f"{trunk} 13,5:h46 13,5:v72",
    }


def test_every_target_of_the_group_alone():
    assert route((5, 5), 30, [(4, 4)])[4, 4] == "5,5:h30 4,5:h28 4,5:v174 4,4:v172"
    assert route((5, 5), 30, [(6, 6)])[6, 6] == "5,5:h30 6,5:h32 6,5:v15 6,6:v13"


@pytest.mark.parametrize(
    ("source", "target", "path"),
    [
        ((5, 5), (5, 5), "5,5:h30 5,5:v143"),
        ((13, 1), (12, 0), "13,1:h30 12,1:h28 12,1:v81 12,0:v83"),
        ((21, 0), (20, 0), "21,0:h30 20,0:h28 20,0:v49"),
        ((21, 0), (22, 0), "21,0:h30 22,0:h32 22,0:v176"),
        ((14, 0), (13, 0), "14,0:h30 13,0:h28 13,0:v174"),
        ((14, 0), (15, 0), "14,0:h30 15,0:h32 15,0:v15"),
        ((12, 1), (12, 0), "12,1:h30 12,1:v207 12,0:v205"),
        ((12, 1), (11, 2), "12,1:h30 12,1:v207 12,2:v209 12,2:h34 11,2:h32 11,2:v176"),
    ],
)
def test_single_targets(source, target, path):
    assert route(source, 30, [target]) == {target: path}


def test_two_targets_at_the_edge_of_the_wafer():
    assert route((13, 1), 30, [(12, 0), (11, 2)]) == {
        (12, 0): "13,1:h30 12,1:h28 12,1:v81 12,0:v83",
        (11, 2): "13,1:h30 12,1:h28 12,1:v81 12,2:v79 12,2:h33 11,2:h31 11,2:v239",
    }


def test_neighbours_on_both_sides_leave_from_the_sending_line():
    assert route((21, 0), 30, [(20, 0), (22, 0)]) == {
        (20, 0): "21,0:h30 20,0:h28 20,0:v49",
        (22, 0): "21,0:h30 22,0:h32 22,0:v176",
    }


def test_detour_around_a_dead_hline():
    paths = route((5, 5), 30, [(6, 5)], components={"hbuses": [(hicann_at(6, 5), 32)]})
    assert paths == {(6, 5): "5,5:h30 5,5:v143 5,4:v141 5,4:h27 6,4:h29 6,4:v113 6,5:v111"}


def test_two_detours_around_absent_reticles():
    absent = [int(h) for r in (19, 28) for h in hicanns_of_reticle(r)]
    path = route((12, 8), 30, [(35, 8)], hicanns=absent)[35, 8].split()
    assert len(path) == 35
    positions = [tuple(map(int, bus.split(":")[0].split(","))) for bus in path]
    back = [
        positions[i]
        for i in range(1, len(path))
        if ":v" in path[i - 1] and ":h" in path[i] and positions[i] == positions[i - 1]
    ]
    assert back == [(15, 5), (31, 6)]
    assert [int(RETICLE_OF[hicann_at(*p)]) for p in back] == [10, 22]


def test_defective_column():
    corner = hicann_at(13, 0)
    paths = route(
        (14, 0),
        30,
        [(12, 1), (13, 3)],
        components={
            "hbuses": [(hicann_at(12, 0), 26), (hicann_at(13, 1), 33)],
            "vbuses": [(corner, 174), (corner, 49), (corner, 81)],
        },
    )
    shared = "14,0:h30 13,0:h28 13,0:v238 13,1:v240"
    assert paths == {
        (12, 1): f"{shared} 13,1:h32 12,1:h30 12,1:v207",
        (13, 3): f"{shared} 13,2:v242 13,3:v244",
    }


def test_detour_at_the_side_of_the_wafer():
    east, north, far = 227, 155, 225
    at = [(int(X[h]), int(Y[h])) for h in (east, north, far)]
    paths = route(at[0], 38, at[1:], hicanns=[226, 263])
    assert paths == {
        at[1]: "35,8:h38 35,8:v147 35,7:v145 35,6:v143",
        at[2]: "35,8:h38 35,8:v147 35,7:v145 35,7:h35 34,7:h33 33,7:h31 33,7:v112 33,8:v110",
    }


def test_detour_around_an_absent_neighbour():
    at = [(int(X[h]), int(Y[h])) for h in (351, 331, 353)]
    assert route(at[0], 38, at[1:], hicanns=[352]) == {
        at[1]: "19,13:h38 19,13:v179 19,12:v177",
        at[2]: "19,13:h38 19,13:v179 19,12:v177 19,12:h34 20,12:h36 21,12:h38 21,12:v108 21,13:v106",
    }


def test_unreachable_targets_are_left_out():
    region_edge = hicann_at(6, 5)
    walled = [int(h) for h in GRID[GRID >= 0] if h not in (hicann_at(5, 5), region_edge, hicann_at(20, 8))]
    paths = route((5, 5), 30, [(6, 5), (20, 8)], hicanns=walled)
    assert set(paths) == {(6, 5)}


def test_the_first_best_candidate_wins():
    source = hicann_at(5, 5)
    favourite = vline(source, 47 + 1)

    def score(segment):
        return 3 if segment == favourite else 2

    assert route((5, 5), 30, [(5, 5)], score=score) == {(5, 5): "5,5:h30 5,5:v48"}


def test_crowded_groups_score_less():
    usage = VLineUsage()
    bus, same_group, other = vline(7, 0), vline(7, 99), vline(7, 4)
    for _ in range(11):
        usage.add(bus)
    assert usage.score(same_group) == 3
    usage.add(bus)
    assert [usage.score(s) for s in (same_group, other, vline(8, 0))] == [2, 3, 3]
