"""Driver lists, shares and packing, with the numbers of marocco's own unit tests."""

import numpy as np
import pytest

from mapper.drivers.fieres import Wish, driver_list, pack_side, share
from models.hardware.synapses import (
    DRIVER_HALF,
    DRIVER_INDEX,
    LEFT,
    RIGHT,
    adjacent_drivers,
    local_drivers,
    vline_side,
)

ALL = np.ones(224, dtype=np.bool_)

CASES = {
    "1 right": (
        RIGHT,
        "(133,2,40)(172,7,688)(238,8,648)(208,7,674)(175,6,600)(135,1,16)(163,1,24)(142,7,632)(169,6,648)"
        "(234,7,660)(235,7,630)(143,6,632)(177,7,606)(209,8,630)(205,3,321)(203,4,325)",
        87,
    ),
    "2 right": (
        RIGHT,
        "(142,6,616)(226,2,38)(236,8,584)(207,6,618)(177,7,590)(176,6,612)(228,2,35)(237,7,648)(137,8,642)"
        "(178,7,634)(212,7,634)(146,7,576)(145,7,590)(144,4,337)(174,4,327)(202,4,290)(200,4,332)",
        96,
    ),
    "3 left": (
        LEFT,
        "(47,7,624)(63,2,40)(49,7,634)(16,7,690)(20,6,614)(51,8,692)(109,8,698)(107,6,634)(10,8,674)(108,7,626)"
        "(45,4,330)(111,4,315)",
        74,
    ),
}


def wish(vline, drivers, synapses, adjacent=False):
    side = vline_side(vline) ^ adjacent
    return Wish(vline, drivers, synapses, driver_list(vline, side))


def wishes(text):
    entries = sorted(tuple(map(int, entry.split(","))) for entry in text.strip("()").split(")("))
    return [wish(*entry) for entry in entries]


def pack(entries, side, max_length=56, usable=ALL):
    return pack_side(entries, usable, side, max_length)


def only(*drivers):
    usable = np.zeros(224, dtype=np.bool_)
    usable[list(drivers)] = True
    return usable


@pytest.mark.parametrize("vline", range(256))
def test_driver_lists_are_the_synapse_switches(vline):
    own = vline_side(vline)
    assert sorted(driver_list(vline, own)) == local_drivers(vline)
    assert sorted(driver_list(vline, 1 - own)) == adjacent_drivers(vline)


@pytest.mark.parametrize(
    ("vline", "side", "expected"),
    [
        (0, LEFT, [1, 17, 33, 49, 65, 81, 97, 126, 142, 158, 174, 190, 206, 222]),
        (33, LEFT, [1, 17, 33, 49, 65, 81, 97, 126, 142, 158, 174, 190, 206, 222]),
        (4, LEFT, [3, 19, 35, 51, 67, 83, 99, 124, 140, 156, 172, 188, 204, 220]),
        (128, RIGHT, [14, 30, 46, 62, 78, 94, 110, 113, 129, 145, 161, 177, 193, 209]),
        (133, RIGHT, [12, 28, 44, 60, 76, 92, 108, 115, 131, 147, 163, 179, 195, 211]),
    ],
)
def test_driver_list(vline, side, expected):
    assert list(driver_list(vline, side)) == expected


@pytest.mark.parametrize("case", CASES)
def test_issue_1666(case):
    side, text, total = CASES[case]
    chains, rejected = pack(wishes(text), side)
    assert rejected == []
    assert sum(chain.length for chain in chains) == total


def test_issue_1666_intervals():
    side, text, _ = CASES["1 right"]
    entries = wishes(text)
    chains, _ = pack(entries, side)
    found = {
        entries[c.wish].vline: (
            "top" if DRIVER_HALF[c.primary] == 0 else "bottom",
            int(DRIVER_INDEX[c.primary]),
            int(DRIVER_INDEX[c.first]),
            int(DRIVER_INDEX[c.last]),
        )
        for c in chains
    }
    assert found == {
        172: ("top", 4, 0, 6),
        208: ("top", 11, 7, 13),
        234: ("top", 21, 15, 21),
        169: ("top", 29, 24, 29),
        238: ("top", 36, 30, 37),
        142: ("top", 44, 38, 44),
        143: ("top", 52, 47, 52),
        209: ("bottom", 4, 0, 7),
        235: ("bottom", 10, 8, 14),
        177: ("bottom", 20, 15, 21),
        175: ("bottom", 27, 22, 27),
        203: ("bottom", 34, 31, 34),
        205: ("bottom", 35, 35, 37),
        133: ("top", 22, 22, 23),
        163: ("top", 55, 55, 55),
        135: ("top", 14, 14, 14),
    }
    by_vline = {entries[c.wish].vline: c for c in chains}
    assert (by_vline[172].primary, by_vline[172].first, by_vline[172].last) == (8, 0, 12)
    assert (by_vline[208].primary, by_vline[208].first, by_vline[208].last) == (22, 14, 26)
    assert (by_vline[234].primary, by_vline[234].first, by_vline[234].last) == (42, 30, 42)


@pytest.mark.parametrize(
    ("asked", "side", "expected"),
    [
        ([(0, 3)], LEFT, [(1, 1, 5)]),
        ([(0, 3), (4, 3), (8, 3)], LEFT, [(1, 1, 5), (19, 15, 19), (21, 21, 25)]),
        ([(0, 3), (1, 3)], LEFT, [(1, 1, 5), (17, 13, 17)]),
        ([(255, 2)], RIGHT, [(0, 0, 2)]),
        ([(128, 3), (132, 3)], RIGHT, [(14, 10, 14), (28, 24, 28)]),
    ],
)
def test_empty_chip(asked, side, expected):
    chains, rejected = pack([wish(v, n, 10) for v, n in asked], side)
    assert rejected == []
    assert [(c.primary, c.first, c.last) for c in sorted(chains, key=lambda c: c.wish)] == expected


def test_five_drivers_on_an_empty_side():
    chains, rejected = pack([wish(2, 5, 100)], LEFT)
    assert [c.length for c in chains] == [5]
    assert rejected == []


def test_fourteen_lines_of_a_group_fit():
    lines = [v for v in range(128) if (v // 4) % 8 == 0]
    chains, rejected = pack([wish(v, 1, 10) for v in lines], LEFT)
    assert [c.primary for c in chains] == local_drivers(0)
    assert [lines[i] for i in rejected] == [98, 99]


def test_the_same_line_fits_exactly_fourteen_times():
    chains, rejected = pack([wish(33, 1, 10)] * 15, LEFT)
    assert len({c.primary for c in chains}) == 14
    assert rejected == [14]


def test_fragmentation_of_a_full_side():
    chains, rejected = pack([wish(v, 3, 10) for v in range(0, 128, 4)], LEFT, 3)
    assert sum(c.length for c in chains) == 94
    assert rejected == []


def test_rejected_without_a_working_primary():
    usable = ALL.copy()
    usable[local_drivers(33)] = False
    assert pack([wish(33, 1, 10)], LEFT, usable=usable) == ([], [0])


def test_a_perfect_gap_ends_the_search():
    primaries = driver_list(33, LEFT)
    third, fifth = primaries[2], primaries[4]
    chains, _ = pack([wish(33, 1, 10)], LEFT, usable=only(third - 2, third, third + 2, fifth))
    assert [(c.primary, c.length) for c in chains] == [(fifth, 1)]


def test_a_gap_below_the_primary_is_filled_downwards():
    third = driver_list(33, LEFT)[2]
    chains, _ = pack([wish(33, 3, 10)], LEFT, usable=only(third, third + 2, third + 4))
    assert [(c.primary, c.first, c.last) for c in chains] == [(third, third, third + 4)]


def test_a_chain_is_clipped_to_the_largest_gap():
    third = driver_list(33, LEFT)[2]
    chains, _ = pack([wish(33, 8, 10)], LEFT, usable=only(third - 2, third, third + 2))
    assert [(c.primary, c.first, c.last) for c in chains] == [(third, third - 2, third + 2)]


def test_a_dead_switch_closes_a_primary():
    entry = Wish(0, 3, 10, driver_list(0, LEFT)[1:])
    chains, _ = pack([entry], LEFT)
    assert chains[0].primary == 17


def test_lines_of_the_adjacent_hicann_feed_the_facing_side():
    chains, rejected = pack([wish(128, 2, 10, adjacent=True)], LEFT)
    assert rejected == []
    assert chains[0].primary in adjacent_drivers(128)
    assert chains[0].primary == driver_list(128, LEFT)[0] == 15


def test_share_gives_what_fits():
    assert share([2, 5, 1], [10, 10, 10], 112, 3) == ([2, 3, 1], [])
    assert share([2, 5, 1], [10, 10, 10], 8, 56) == ([2, 5, 1], [])


@pytest.mark.parametrize(
    ("required", "synapses", "available", "max_length", "expected"),
    [
        ([10, 10], [30, 10], 8, 56, [6, 2]),
        ([10, 10], [10, 10], 7, 56, [4, 3]),  # both are half a driver short: first come
        ([10, 10], [21, 11], 8, 56, [5, 3]),  # 5.25 and 2.75: the larger shortfall gets the rest
        ([2, 10, 10], [80, 10, 10], 10, 56, [2, 1, 1]),  # shares that cannot be used are not passed on
        ([10, 10, 10], [100, 10, 10], 6, 3, [3, 1, 1]),
    ],
)
def test_share_in_proportion(required, synapses, available, max_length, expected):
    assert share(required, synapses, available, max_length) == (expected, [])


def test_nobody_left_over_means_last_resort():
    granted, last_resort = share([2, 1, 1], [50, 25, 25], 2, 3)
    assert (granted, last_resort) == ([1, 0, 1], [1])
    # 9.7, 0.1, 0.1 and 0.1 become 9, 1, 1 and 1: the largest surplus pays
    assert share([10, 1, 1, 1], [97, 1, 1, 1], 10, 56) == ([9, 0, 0, 1], [1, 2])


def test_nobody_pays_if_all_have_what_they_asked_for():
    assert share([1, 1, 1], [50, 25, 25], 2, 3) == ([1, 1, 1], [])
    assert share([9, 1, 1, 1], [97, 1, 1, 1], 10, 56) == ([9, 1, 1, 1], [])


def test_last_resort_is_tried_after_all_others():
    primaries = driver_list(0, LEFT)
    usable = only(primaries[0], primaries[1])
    chains, rejected = pack([wish(0, 2, 50), wish(1, 1, 25), wish(2, 1, 25)], LEFT, usable=usable)
    assert [c.wish for c in chains] == [0, 2]
    assert rejected == [1]


def test_impossible_wishes_are_errors():
    with pytest.raises(ValueError, match="empty driver interval"):
        share([1, 0], [1, 1], 112, 3)
    with pytest.raises(ValueError, match="assignment error"):
        share([1, 1], [1, 0], 112, 3)
