"""Synapse drivers, select switches and their groups, chains and rows."""

import numpy as np
import pytest

from models.hardware import synapses as s
from models.hardware.layer1 import SLOT
from models.hardware.synapses import LEFT, RIGHT

# group, first VLine of its four runs of four, slots, local drivers, drivers of the adjacent HICANN
GROUPS = [
    (0, [0, 32, 64, 96], (28, 31),
     [1, 17, 33, 49, 65, 81, 97, 126, 142, 158, 174, 190, 206, 222],
     [0, 16, 32, 48, 64, 80, 96, 127, 143, 159, 175, 191, 207, 223]),
    (1, [4, 36, 68, 100], (24, 27),
     [3, 19, 35, 51, 67, 83, 99, 124, 140, 156, 172, 188, 204, 220],
     [2, 18, 34, 50, 66, 82, 98, 125, 141, 157, 173, 189, 205, 221]),
    (2, [8, 40, 72, 104], (20, 23),
     [5, 21, 37, 53, 69, 85, 101, 122, 138, 154, 170, 186, 202, 218],
     [4, 20, 36, 52, 68, 84, 100, 123, 139, 155, 171, 187, 203, 219]),
    (3, [12, 44, 76, 108], (16, 19),
     [7, 23, 39, 55, 71, 87, 103, 120, 136, 152, 168, 184, 200, 216],
     [6, 22, 38, 54, 70, 86, 102, 121, 137, 153, 169, 185, 201, 217]),
    (4, [16, 48, 80, 112], (12, 15),
     [9, 25, 41, 57, 73, 89, 105, 118, 134, 150, 166, 182, 198, 214],
     [8, 24, 40, 56, 72, 88, 104, 119, 135, 151, 167, 183, 199, 215]),
    (5, [20, 52, 84, 116], (8, 11),
     [11, 27, 43, 59, 75, 91, 107, 116, 132, 148, 164, 180, 196, 212],
     [10, 26, 42, 58, 74, 90, 106, 117, 133, 149, 165, 181, 197, 213]),
    (6, [24, 56, 88, 120], (4, 7),
     [13, 29, 45, 61, 77, 93, 109, 114, 130, 146, 162, 178, 194, 210],
     [12, 28, 44, 60, 76, 92, 108, 115, 131, 147, 163, 179, 195, 211]),
    (7, [28, 60, 92, 124], (0, 3),
     [15, 31, 47, 63, 79, 95, 111, 112, 128, 144, 160, 176, 192, 208],
     [14, 30, 46, 62, 78, 94, 110, 113, 129, 145, 161, 177, 193, 209]),
    (8, [128, 160, 192, 224], (0, 3),
     [14, 30, 46, 62, 78, 94, 110, 113, 129, 145, 161, 177, 193, 209],
     [15, 31, 47, 63, 79, 95, 111, 112, 128, 144, 160, 176, 192, 208]),
    (9, [132, 164, 196, 228], (4, 7),
     [12, 28, 44, 60, 76, 92, 108, 115, 131, 147, 163, 179, 195, 211],
     [13, 29, 45, 61, 77, 93, 109, 114, 130, 146, 162, 178, 194, 210]),
    (10, [136, 168, 200, 232], (8, 11),
     [10, 26, 42, 58, 74, 90, 106, 117, 133, 149, 165, 181, 197, 213],
     [11, 27, 43, 59, 75, 91, 107, 116, 132, 148, 164, 180, 196, 212]),
    (11, [140, 172, 204, 236], (12, 15),
     [8, 24, 40, 56, 72, 88, 104, 119, 135, 151, 167, 183, 199, 215],
     [9, 25, 41, 57, 73, 89, 105, 118, 134, 150, 166, 182, 198, 214]),
    (12, [144, 176, 208, 240], (16, 19),
     [6, 22, 38, 54, 70, 86, 102, 121, 137, 153, 169, 185, 201, 217],
     [7, 23, 39, 55, 71, 87, 103, 120, 136, 152, 168, 184, 200, 216]),
    (13, [148, 180, 212, 244], (20, 23),
     [4, 20, 36, 52, 68, 84, 100, 123, 139, 155, 171, 187, 203, 219],
     [5, 21, 37, 53, 69, 85, 101, 122, 138, 154, 170, 186, 202, 218]),
    (14, [152, 184, 216, 248], (24, 27),
     [2, 18, 34, 50, 66, 82, 98, 125, 141, 157, 173, 189, 205, 221],
     [3, 19, 35, 51, 67, 83, 99, 124, 140, 156, 172, 188, 204, 220]),
    (15, [156, 188, 220, 252], (28, 31),
     [0, 16, 32, 48, 64, 80, 96, 127, 143, 159, 175, 191, 207, 223],
     [1, 17, 33, 49, 65, 81, 97, 126, 142, 158, 174, 190, 206, 222]),
]  # fmt: skip


@pytest.mark.parametrize(("group", "runs", "slots", "local", "adjacent"), GROUPS)
def test_group_table(group, runs, slots, local, adjacent):
    for v in (first + i for first in runs for i in range(4)):
        assert s.group_of_vline(v) == group
        assert s.local_drivers(v) == local
        assert s.adjacent_drivers(v) == adjacent
        assert slots[0] <= SLOT[64 + v] <= slots[1]
        assert s.group_of_slot(int(SLOT[64 + v]), s.vline_side(v)) == group
    assert (
        sorted(s.DRIVER_AT[s.vline_side(runs[0]), half, i] for half in (0, 1) for i in s.PRIMARY_INDEX[group, half])
        == local
    )


def test_the_groups_cover_each_side_once():
    for side, groups in ((LEFT, range(8)), (RIGHT, range(8, 16))):
        reached = sorted(y for g in groups for y in GROUPS[g][3])
        assert reached == np.flatnonzero(side == s.DRIVER_SIDE).tolist()
        assert len(reached) == s.DRIVERS_PER_SIDE == 112


def test_opposite_groups_reach_complementary_drivers():
    for g in range(8):
        assert GROUPS[g][3] == GROUPS[15 - g][4]


def test_driver_numbers_round_trip():
    for y in range(224):
        side, half, index = int(s.DRIVER_SIDE[y]), int(s.DRIVER_HALF[y]), int(s.DRIVER_INDEX[y])
        assert s.driver_at(side, half, index) == y == s.DRIVER_AT[side, half, index]
    assert [int(s.DRIVER_SIDE[y]) for y in (0, 1, 111, 112, 113, 223)] == [RIGHT, LEFT, LEFT, LEFT, RIGHT, RIGHT]


def test_switch_matrix():
    assert s.SWITCH.sum() == s.N_SYNAPSE_SWITCHES == 7168
    assert (s.SWITCH.sum(axis=0) == 32).all()
    assert (s.SWITCH.sum(axis=1) == 28).all()
    rows = [y for y in range(224) if s.SWITCH[0, y]]
    assert rows == [
        *sorted(y + d for y in range(0, 112, 16) for d in (0, 1)),
        *sorted(y + d for y in range(126, 224, 16) for d in (0, 1)),
    ]


def test_switch_numbers():
    for number in range(0, 7168, 37):
        v, y = int(s.SWITCH_VLINE[number]), int(s.SWITCH_ROW[number])
        assert s.SWITCH[v, y]
        assert s.switch_number(v, y) == number == 32 * y + 4 * (v // 32) + v % 4
    assert len({(v, y) for v, y in zip(s.SWITCH_VLINE.tolist(), s.SWITCH_ROW.tolist(), strict=True)}) == 7168
    with pytest.raises(ValueError, match="no synapse switch between VLine 0 and driver row 2"):
        s.switch_number(0, 2)


@pytest.mark.parametrize("y", range(0, 224, 13))
def test_own_chip_shortcut_to_a_driver(y):
    # the sending repeater whose HLine meets, in the crossbar, a VLine that feeds this driver
    from models.hardware.layer1 import vlines_of_hline

    repeater = 7 - (y // 2) % 8 if y < 112 else (y // 2) % 8
    reached = {d for v in vlines_of_hline(6 + 8 * repeater) for d in s.local_drivers(v)}
    assert y in reached


def test_rows_and_chains():
    assert (s.row_of(0, 0), s.row_of(223, 1)) == (0, 447)
    assert s.chain(13, 19) == [13, 15, 17, 19]
    assert s.N_SYNAPSES == 114_688
    assert s.UNUSED_SYNAPSE >> 4 == 1


def test_receptors_of_columns_and_inputs():
    assert s.TARGETS == {1: ((0, 0), (0, 0)), 2: ((0, 1), (0, 1)), 3: ((0, 1), (0, 2)), 4: ((0, 1), (2, 3))}
