"""The walker's primitives, with the numbers of marocco's own unit tests."""

from dataclasses import replace

import pytest

from mapper.routing.walker import Walker
from models.errors import ResourceExhausted
from models.hardware import Defects, Wafer
from models.hardware.coordinates import EAST, NORTH, SOUTH, WEST, X, Y, hicann_at
from models.hardware.layer1 import N_LINES, hline, vline

CENTRE = hicann_at(8, 5)
H32 = hline(CENTRE, 32)
V47 = vline(CENTRE, 47)


@pytest.fixture(scope="module")
def fresh():
    return Walker.of(Wafer())


@pytest.fixture
def walker(fresh):
    return replace(fresh, blocked=bytearray(fresh.blocked))


def x_of(segment):
    return int(X[segment // N_LINES])


def y_of(segment):
    return int(Y[segment // N_LINES])


@pytest.mark.parametrize(
    ("start", "direction", "limit", "steps", "last", "reached"),
    [
        (H32, EAST, 35, 23, 31, False),
        (H32, WEST, 0, 4, 4, False),
        (H32, EAST, 21, 13, 21, True),
        (H32, WEST, 5, 3, 5, True),
        (V47, NORTH, 0, 3, 2, False),
        (V47, SOUTH, 15, 8, 13, False),
        (V47, NORTH, 3, 2, 3, True),
        (V47, SOUTH, 12, 7, 12, True),
    ],
)
def test_walk(walker, start, direction, limit, steps, last, reached):
    path, arrived = walker.walk(start, direction, limit)
    assert len(path) == steps
    assert (x_of if direction in (EAST, WEST) else y_of)(path[-1]) == last
    assert arrived is reached


@pytest.mark.parametrize(("direction", "limit"), [(EAST, 8), (EAST, 3), (WEST, 8), (WEST, 20)])
def test_walk_beyond_the_limit_is_empty(walker, direction, limit):
    assert walker.walk(H32, direction, limit) == ([], True)


def test_step_needs_the_right_orientation(walker):
    assert walker.step(H32, EAST) == hline(hicann_at(9, 5), 34)
    assert walker.step(H32, NORTH) == -1
    assert walker.step(V47, NORTH) == vline(hicann_at(8, 4), 49)
    assert walker.step(V47, WEST) == -1


def test_walk_stops_before_a_blocked_segment(walker):
    walker.block([hline(hicann_at(11, 5), 38)])
    assert walker.walk(H32, EAST, 20) == ([hline(hicann_at(9, 5), 34), hline(hicann_at(10, 5), 36)], False)


def test_change_orientation(walker):
    assert len(walker.change_orientation(H32)) == 8
    assert len(walker.change_orientation(V47)) == 2
    walker.block([V47])
    assert len(walker.change_orientation(H32)) == 7
    walker.block([H32])
    assert walker.change_orientation(V47) == [hline(CENTRE, 33)]


def test_a_bus_with_its_switch_in_use_may_only_reuse_it(walker):
    assert walker.turns(H32, {V47: H32}, 1) == [V47]
    assert walker.turns(H32, {H32: V47}, 1) == [V47]
    assert len(walker.turns(H32, {V47: H32}, 2)) == 8
    assert len(walker.turns(H32, {}, 1)) == 8


def test_more_switches_than_allowed_are_an_error(walker):
    others = walker.crossbar[H32]
    with pytest.raises(ResourceExhausted, match="Crossbar switch planning exceeded hardware constraints"):
        walker.turns(H32, {others[0]: H32, others[1]: H32}, 1)


def test_detour_is_three_segments_longer(walker):
    straight, _ = walker.walk(H32, EAST, 28)
    walker.block([straight[0]])
    path, reached = walker.detour(H32, EAST, 28, {}, 1)
    assert reached
    assert len(path) == len(straight) + 3
    assert x_of(path[-1]) == 28
    assert abs(y_of(path[-1]) - 5) == 1


def test_detour_at_the_limit_is_empty(walker):
    assert walker.detour(H32, EAST, 8, {}, 1) == ([], True)
    assert walker.detour(H32, WEST, 20, {}, 1) == ([], True)


def test_detour_without_a_way_out_is_empty():
    alone = Walker.of(Wafer(region=frozenset({CENTRE})))
    assert alone.detour(H32, EAST, 20, {}, 1) == ([], False)


@pytest.mark.parametrize(
    ("kind", "index", "lost"),
    [
        ("hbuses", 32, {"crossbar", EAST, WEST}),
        ("crossbarswitches", 8 * 32, {"crossbar"}),
        ("hrepeaters", 32, {WEST}),
    ],
)
def test_defects_leave_the_graph(walker, kind, index, lost):
    broken = Walker.of(Wafer(Defects.from_components(components={kind: [(CENTRE, index)]})))
    changed = {d for d in (EAST, WEST) if broken.step(H32, d) != walker.step(H32, d)}
    if broken.crossbar[H32] != walker.crossbar[H32]:
        changed.add("crossbar")
    assert changed == lost


def test_a_dead_crossbar_switch_keeps_the_order_of_the_others(walker):
    broken = Walker.of(Wafer(Defects.from_components(components={"crossbarswitches": [(CENTRE, 8 * 32)]})))
    assert broken.crossbar[H32] == [s for s in walker.crossbar[H32] if s != vline(CENTRE, 15)]
    assert broken.crossbar[vline(CENTRE, 15)] == [hline(CENTRE, 33)]


def test_absent_hicanns_are_not_entered():
    region = frozenset(range(384)) - {hicann_at(10, 5)}
    walker = Walker.of(Wafer(region=region))
    assert walker.walk(H32, EAST, 20) == ([hline(hicann_at(9, 5), 34)], False)
