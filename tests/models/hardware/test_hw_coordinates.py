"""The HICANN grid against halco's published tables."""

import numpy as np
import pytest

from models.hardware import coordinates as c

# (y, first x, last x, first enum): row widths 12 12 20 20 28 28 36 36, mirrored
GRID_ROWS = [
    (0, 12, 23, 0), (1, 12, 23, 12), (2, 8, 27, 24), (3, 8, 27, 44), (4, 4, 31, 64), (5, 4, 31, 92), (6, 0, 35, 120),
    (7, 0, 35, 156), (8, 0, 35, 192), (9, 0, 35, 228), (10, 4, 31, 264), (11, 4, 31, 292), (12, 8, 27, 320),
    (13, 8, 27, 340), (14, 12, 23, 360), (15, 12, 23, 372),
]  # fmt: skip

# FPGA, reticle, reticle x, reticle y, first x, first y, first HICANN of the upper and of the lower row, power supply,
# ADC trigger, ADC group
FPGAS = [
    (0, 21, 6, 3, 24, 6, 144, 180, 15, 8, 2), (1, 23, 8, 3, 32, 6, 152, 188, 13, 8, 2),
    (2, 22, 7, 3, 28, 6, 148, 184, 16, 8, 2), (3, 14, 7, 2, 28, 4, 88, 116, 14, 8, 2),
    (4, 20, 5, 3, 20, 6, 140, 176, 9, 7, 2), (5, 19, 4, 3, 16, 6, 136, 172, 46, 7, 2),
    (6, 12, 5, 2, 20, 4, 80, 108, 11, 7, 2), (7, 11, 4, 2, 16, 4, 76, 104, 12, 7, 2),
    (8, 13, 6, 2, 24, 4, 84, 112, 10, 6, 0), (9, 7, 6, 1, 24, 2, 40, 60, 8, 6, 0),
    (10, 6, 5, 1, 20, 2, 36, 56, 7, 6, 0), (11, 2, 5, 0, 20, 0, 8, 20, 5, 6, 0),
    (12, 0, 3, 0, 12, 0, 0, 12, 1, 5, 0), (13, 1, 4, 0, 16, 0, 4, 16, 4, 5, 0),
    (14, 4, 3, 1, 12, 2, 28, 48, 45, 5, 0), (15, 5, 4, 1, 16, 2, 32, 52, 6, 5, 0),
    (16, 3, 2, 1, 8, 2, 24, 44, 2, 4, 1), (17, 9, 2, 2, 8, 4, 68, 96, 43, 4, 1),
    (18, 18, 3, 3, 12, 6, 132, 168, 48, 4, 1), (19, 10, 3, 2, 12, 4, 72, 100, 3, 4, 1),
    (20, 8, 1, 2, 4, 4, 64, 92, 44, 3, 1), (21, 16, 1, 3, 4, 6, 124, 160, 42, 3, 1),
    (22, 15, 0, 3, 0, 6, 120, 156, 41, 3, 1), (23, 17, 2, 3, 8, 6, 128, 164, 47, 3, 1),
    (24, 26, 2, 4, 8, 8, 200, 236, 39, 2, 3), (25, 24, 0, 4, 0, 8, 192, 228, 37, 2, 3),
    (26, 25, 1, 4, 4, 8, 196, 232, 40, 2, 3), (27, 33, 1, 5, 4, 10, 264, 292, 38, 2, 3),
    (28, 27, 3, 4, 12, 8, 204, 240, 36, 1, 3), (29, 34, 2, 5, 8, 10, 268, 296, 33, 1, 3),
    (30, 35, 3, 5, 12, 10, 272, 300, 35, 1, 3), (31, 40, 2, 6, 8, 12, 320, 340, 32, 1, 3),
    (32, 41, 3, 6, 12, 12, 324, 344, 31, 0, 5), (33, 45, 3, 7, 12, 14, 360, 372, 29, 0, 5),
    (34, 46, 4, 7, 16, 14, 364, 376, 30, 0, 5), (35, 47, 5, 7, 20, 14, 368, 380, 25, 0, 5),
    (36, 44, 6, 6, 24, 12, 336, 356, 26, 11, 5), (37, 43, 5, 6, 20, 12, 332, 352, 28, 11, 5),
    (38, 38, 6, 5, 24, 10, 284, 312, 19, 11, 5), (39, 42, 4, 6, 16, 12, 328, 348, 27, 11, 5),
    (40, 37, 5, 5, 20, 10, 280, 308, 22, 10, 4), (41, 36, 4, 5, 16, 10, 276, 304, 21, 10, 4),
    (42, 29, 5, 4, 20, 8, 212, 248, 24, 10, 4), (43, 28, 4, 4, 16, 8, 208, 244, 34, 10, 4),
    (44, 39, 7, 5, 28, 10, 288, 316, 20, 9, 4), (45, 31, 7, 4, 28, 8, 220, 256, 18, 9, 4),
    (46, 32, 8, 4, 32, 8, 224, 260, 17, 9, 4), (47, 30, 6, 4, 24, 8, 216, 252, 23, 9, 4),
]  # fmt: skip


@pytest.mark.parametrize(("y", "first", "last", "enum"), GRID_ROWS)
def test_rows_of_the_wafer(y, first, last, enum):
    assert [c.hicann_at(x, y) for x in range(first, last + 1)] == list(range(enum, enum + last - first + 1))
    for x in (first - 1, last + 1):
        with pytest.raises(ValueError, match=f"no HICANN at x={x}, y={y}"):
            c.hicann_at(x, y)


@pytest.mark.parametrize(
    ("x", "y", "enum"),
    [(12, 0, 0), (23, 0, 11), (12, 1, 12), (8, 2, 24), (4, 4, 64), (5, 5, 93), (0, 6, 120), (18, 7, 174), (12, 8, 204),
     (35, 8, 227), (35, 9, 263), (12, 12, 324), (12, 14, 360), (23, 15, 383), (12, 5, 100), (19, 13, 351),
     (9, 11, 297)],
)  # fmt: skip
def test_enums(x, y, enum):
    assert c.hicann_at(x, y) == enum
    assert (c.X[enum], c.Y[enum]) == (x, y)


@pytest.mark.parametrize("y", [-1, 16])
def test_rows_outside_the_wafer(y):
    with pytest.raises(ValueError, match=r"rows are 0\.\.15"):
        c.hicann_at(18, y)


def test_the_wafer_is_mirror_symmetric():
    assert c.N_HICANNS == len(c.X) == 384
    present = c.GRID >= 0
    assert np.array_equal(present, present[::-1])
    assert np.array_equal(present, present[:, ::-1])


def test_neighbour_pairs():
    there = c.NEIGHBOUR >= 0
    assert (there[:, c.EAST].sum(), there[:, c.SOUTH].sum()) == (368, 348)
    assert [int((there.sum(axis=1) == n).sum()) for n in (4, 3, 2)] == [296, 72, 16]
    crossing = 0
    for direction in (c.EAST, c.SOUTH):
        here = np.flatnonzero(there[:, direction])
        crossing += int((c.RETICLE_OF[here] != c.RETICLE_OF[c.NEIGHBOUR[here, direction]]).sum())
    assert crossing == 236


def test_neighbours_are_mutual_and_row_ends_are_stairs():
    for direction in c.DIRECTIONS:
        here = np.flatnonzero(c.NEIGHBOUR[:, direction] >= 0)
        assert (c.NEIGHBOUR[c.NEIGHBOUR[here, direction], c.OPPOSITE[direction]] == here).all()
    assert c.NEIGHBOUR[c.hicann_at(12, 1), c.WEST] == -1
    assert c.NEIGHBOUR[c.hicann_at(12, 2), c.WEST] == c.hicann_at(11, 2)


@pytest.mark.parametrize(
    ("fpga", "reticle", "rx", "ry", "x", "y", "upper", "lower", "power", "trigger", "group"), FPGAS
)
def test_fpga_table(fpga, reticle, rx, ry, x, y, upper, lower, power, trigger, group):
    assert c.RETICLE_GRID[ry, rx] == reticle
    assert c.FPGA_OF_RETICLE[reticle] == fpga
    assert c.RETICLE_OF_FPGA[fpga] == reticle
    assert c.hicanns_of_fpga(fpga).tolist() == [*range(upper, upper + 4), *range(lower, lower + 4)]
    assert (c.X[upper], c.Y[upper]) == (x, y)
    assert (c.POWER_NUMBER_OF_FPGA[fpga], c.ADC_TRIGGER_OF_FPGA[fpga], c.ADC_GROUP_OF_FPGA[fpga]) == (
        power, trigger, group)  # fmt: skip


@pytest.mark.parametrize(
    ("x", "y", "reticle", "fpga", "on_reticle", "link"),
    [(18, 7, 19, 5, 6, 5), (5, 5, 8, 20, 5, 3), (12, 8, 27, 28, 0, 0), (35, 8, 32, 46, 3, 6)],
)
def test_links(x, y, reticle, fpga, on_reticle, link):
    hicann = c.hicann_at(x, y)
    found = (c.RETICLE_OF[hicann], c.FPGA_OF[hicann], c.HICANN_ON_RETICLE[hicann], c.LINK_OF[hicann])
    assert found == (reticle, fpga, on_reticle, link)


def test_link_numbers_run_column_by_column():
    reticle = c.hicanns_of_reticle(0)
    by_link = c.HICANN_ON_RETICLE[reticle][np.argsort(c.LINK_OF[reticle])]
    assert by_link.tolist() == [0, 4, 1, 5, 2, 6, 3, 7]


def test_names():
    assert c.name(174) == "HICANN 174 (18,7)"
