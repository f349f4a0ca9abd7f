"""The shuffle must equal libstdc++'s number by number: all reference values come from g++."""

import numpy as np
import pytest

from mapper.routing.switch_order import BY_GIVEN_SEED, BY_HICANN, UNSHUFFLED, switch_orders
from mapper.routing.walker import Walker
from models.hardware import Wafer
from models.hardware.layer1 import N_HLINES, N_LINES, SWITCH_HLINE, SWITCH_VLINE, hline

ALL = np.ones(384, dtype=np.bool_)


def first_pairs(order, n):
    return [(int(SWITCH_HLINE[s]), int(SWITCH_VLINE[s])) for s in order[:n]]


@pytest.mark.parametrize(
    ("hicann", "pairs"),
    [
        (0, [(0, 160), (27, 141), (35, 78), (8, 59), (63, 64), (43, 245)]),
        (1, [(0, 160), (27, 141), (35, 78), (8, 59), (63, 64), (43, 245)]),
        (2, [(24, 51), (40, 43), (37, 77), (27, 141), (3, 30), (35, 209)]),
        (94, [(37, 45), (26, 82), (62, 0), (24, 83), (43, 213), (62, 191)]),
    ],
)
def test_hicann_enum_as_seed(hicann, pairs):
    assert first_pairs(switch_orders(BY_HICANN, 0, ALL)[hicann], 6) == pairs


@pytest.mark.parametrize(
    ("hicann", "vlines"),
    [
        (94, [15, 47, 144, 79, 240, 176, 208, 111]),
        (303, [144, 79, 15, 176, 47, 208, 111, 240]),
        (275, [208, 15, 79, 240, 144, 47, 176, 111]),
    ],
)
def test_order_seen_from_an_hline(hicann, vlines):
    crossbar = Walker.of(Wafer()).crossbar[hline(hicann, 32)]
    assert [segment - hicann * N_LINES - N_HLINES for segment in crossbar] == vlines


def test_every_order_is_a_permutation():
    for ordering in (BY_HICANN, BY_GIVEN_SEED, UNSHUFFLED):
        orders = switch_orders(ordering, 424242, ALL)
        assert orders.shape == (384, 512)
        assert (np.sort(orders, axis=1) == np.arange(512)).all()


def test_unshuffled_goes_by_hline_then_vline():
    order = switch_orders(UNSHUFFLED, 0, ALL)[100]
    assert first_pairs(order, 9) == [(0, v) for v in (31, 63, 95, 127, 128, 160, 192, 224)] + [(1, 31)]


def test_given_seed_continues_over_present_hicanns():
    whole = switch_orders(BY_GIVEN_SEED, 424242, ALL)
    without_first = ALL.copy()
    without_first[0] = False
    part = switch_orders(BY_GIVEN_SEED, 424242, without_first)
    assert (part[1] == whole[0]).all()
    assert (part[0] == np.arange(512)).all()
    assert (whole[0] != whole[1]).any()
    assert (switch_orders(BY_GIVEN_SEED, 1, ALL)[0] != whole[0]).any()


def test_unknown_order_is_refused():
    with pytest.raises(ValueError, match="unknown order of crossbar switches 'random'"):
        switch_orders("random", 0, ALL)
