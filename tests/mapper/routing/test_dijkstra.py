"""The Dijkstra router, with the numbers of marocco's own unit tests."""

import pytest

from mapper.routing.dijkstra import DijkstraRouter, _claim, trace
from models.hardware import Defects, Wafer
from models.hardware.coordinates import X, hicann_at
from models.hardware.layer1 import N_HLINES, N_LINES, hline, vline
from models.hardware.mergers import sending_hline

CENTRE, EAST_OF = hicann_at(5, 5), hicann_at(6, 5)


@pytest.fixture(scope="module")
def router():
    return DijkstraRouter.of(Wafer())


def lines(accepted, hicann, vertical=True):
    offset = hicann * N_LINES + (N_HLINES if vertical else 0)
    return [segment - offset for segment in accepted.get(hicann, [])]


def test_horizontal_target(router):
    accepted, _ = router.search(hline(CENTRE, 30), [EAST_OF], vertical=False)
    assert lines(accepted, EAST_OF, vertical=False)[0] == 32


def test_only_one_vline_is_accepted(router):
    accepted, predecessor = router.search(hline(CENTRE, 30), [EAST_OF])
    assert lines(accepted, EAST_OF) == [15]
    assert trace(predecessor, vline(EAST_OF, 79)) == [
        hline(CENTRE, 30),
        hline(EAST_OF, 32),
        vline(EAST_OF, 79),
    ]


def test_per_route_exclusiveness_accepts_all_vlines(router):
    accepted, _ = router.search(hline(CENTRE, 30), [EAST_OF], "per_route")
    assert sorted(lines(accepted, EAST_OF)) == [15, 47, 79, 111, 144, 176, 208, 240]


@pytest.mark.parametrize(
    ("start", "target", "vertical", "accepted_line"),
    [
        (hline(368, 8), 367, False, 6),
        (vline(303, 8), 275, True, 10),
        (vline(303, 8), 303, True, 8),
    ],
)
def test_straight_targets(router, start, target, vertical, accepted_line):
    accepted, _ = router.search(start, [target], vertical=vertical)
    found = lines(accepted, target, vertical)
    assert found[0] == accepted_line
    assert 7 not in found


def test_one_target_per_column(router):
    source = hline(hicann_at(17, 7), 30)
    column = [hicann_at(17, 6), hicann_at(17, 5)]
    assert list(router.search(source, column)[0]) == [column[0]]
    around = [hicann_at(*p) for p in ((16, 5), (16, 6), (16, 8), (16, 9), (18, 5), (18, 9))]
    assert sorted(X[h] for h in router.search(source, around)[0]) == [16, 18]


def test_targets_in_one_row(router):
    row = [hicann_at(x, 7) for x in (18, 19, 20)]
    accepted, _ = router.search(hline(hicann_at(17, 7), 30), row)
    assert [lines(accepted, h)[0] for h in row] == [111, 209, 45]


@pytest.mark.parametrize("dnc", range(8))
def test_way_around_a_hole(dnc):
    region = frozenset({167, 168, 169, 170, 206, 240, 241, 242})
    router = DijkstraRouter.of(Wafer(region=region))
    accepted, predecessor = router.search(hline(167, sending_hline(dnc)), [240])
    path = trace(predecessor, accepted[240][0])
    hicanns = list(dict.fromkeys(segment // N_LINES for segment in path))
    assert hicanns == [167, 168, 169, 170, 206, 242, 241, 240]


def test_other_sending_lines_are_avoided_but_not_forbidden():
    straight = hline(EAST_OF, 32)
    region = frozenset({CENTRE, EAST_OF})
    no_other_way = Defects.from_components(components={"hbuses": [(EAST_OF, 33)]})
    for defects, used in ((Defects.none(), False), (no_other_way, True)):
        router = DijkstraRouter.of(Wafer(defects, region), [hline(CENTRE, 30), straight])
        accepted, predecessor = router.search(hline(CENTRE, 30), [EAST_OF])
        assert (straight in trace(predecessor, vline(EAST_OF, 15))) is used
        assert (EAST_OF in accepted) is used  # the other way switches one VLine twice


def test_blocked_segments_are_not_in_the_graph():
    no_other_way = Defects.from_components(components={"hbuses": [(EAST_OF, 33)]})
    router = DijkstraRouter.of(Wafer(no_other_way, frozenset({CENTRE, EAST_OF})))
    assert EAST_OF in router.search(hline(CENTRE, 30), [EAST_OF])[0]
    router.blocked[hline(EAST_OF, 32)] = 1
    assert router.search(hline(CENTRE, 30), [EAST_OF])[0] == {}


def test_a_refused_switch_leaves_its_new_line_blocked():
    h, v, other = hline(0, 2), vline(0, 30), vline(0, 62)
    used = {h}
    assert not _claim([h, v], used)
    assert used == {h, v}
    assert not _claim([h, other], used)
    assert used == {h, v, other}
    used.clear()
    assert _claim([h, v], used)
    assert used == {h, v}
