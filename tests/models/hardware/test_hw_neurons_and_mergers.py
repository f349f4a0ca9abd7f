"""Denmems, legal neurons, the merger tree and L1 addresses."""

from itertools import product

import numpy as np
import pytest

from models.hardware import mergers as m
from models.hardware import neurons as n


@pytest.mark.parametrize(
    ("size", "per_block", "per_hicann"),
    [(2, 32, 256), (4, 16, 128), (6, 10, 80), (8, 8, 64), (10, 6, 48), (12, 5, 40), (14, 4, 32), (16, 4, 32),
     (32, 2, 16), (64, 1, 8)],
)  # fmt: skip
def test_neurons_per_block(size, per_block, per_hicann):
    assert n.neurons_per_block(size) == per_block
    assert n.neurons_per_hicann(size) == per_hicann


@pytest.mark.parametrize("size", [0, 1, 3, 65, 66, -2])
def test_illegal_sizes(size):
    with pytest.raises(ValueError, match=rf"even number of denmems from 2 to 64 \(got {size}\)"):
        n.check_size(size)


def test_denmem_numbers():
    assert n.denmem(3, 1) == 259
    assert n.rectangle(40, 2).tolist() == [40, 41, 296, 297]
    assert [n.block_of_column(c) for c in (0, 31, 32, 255)] == [0, 0, 1, 7]
    assert [n.shared_fg_line(c, r) for r in (0, 1) for c in (0, 1)] == [0, 1, 2, 3]
    assert [n.FG_BLOCK_OF_DENMEM[n.denmem(c, r)] for r in (0, 1) for c in (0, 255)] == [0, 1, 2, 3]


def test_paths_of_the_blocks():
    assert m.PATHS == ((0, 1, 3), (1, 3), (2, 3), (3,), (4, 5, 3), (5, 3), (6, 5, 3), (7, 6, 5, 3))


def test_complete_maps():
    maps = m.complete_maps()
    assert len(maps) == len(set(maps)) == 128
    assert [sum(len(set(x)) == k for x in maps) for k in range(1, 9)] == [1, 7, 21, 35, 35, 21, 7, 1]
    assert sum(m.is_monotone(x) for x in maps) == 72
    assert all(m.is_realisable(x) for x in maps)


@pytest.mark.parametrize(
    ("taps", "expected"),
    [
        ((), (3,) * 8),
        ((5,), (3, 3, 3, 3, 5, 5, 5, 5)),
        ((1, 5), (1, 1, 3, 3, 5, 5, 5, 5)),
        ((1, 5, 6), (1, 1, 3, 3, 5, 5, 6, 6)),
        ((0, 1, 2, 4, 5, 6, 7), tuple(range(8))),
    ],
)
def test_maps_of_enabled_taps(taps, expected):
    assert m.map_for_taps(taps) == expected


def _active_maps():
    return [x for x in product(*[(-1, *path) for path in m.PATHS]) if m.is_realisable(x)]


def test_every_legal_active_map_is_realised_by_its_modes_and_nothing_else_is_carried():
    maps = _active_maps()
    assert len(maps) == 6480
    for chosen in maps:
        carried = m.blocks_at_taps(m.modes_for_map(chosen))
        active = {b for b in range(8) if chosen[b] >= 0}
        for dnc in {d for d in chosen if d >= 0}:
            assert carried[dnc] & active == {b for b in active if chosen[b] == dnc}


def test_the_rule_agrees_with_a_walk_through_all_settings_of_the_upper_mergers():
    """A map is realised if some setting brings every active block to its own tap and to no other tap in use."""
    carried = [m.blocks_at_taps((2,) * 8 + upper) for upper in product((0, 1, 2), repeat=7)]
    taps = np.array([[sum(1 << d for d in range(8) if b in at[d]) for b in range(8)] for at in carried])
    taps = np.unique(taps, axis=0)  # (settings, blocks): bit d set where the block arrives at tap d
    for chosen in product(*[(-1, *path) for path in m.PATHS]):
        active = [b for b in range(8) if chosen[b] >= 0]
        goals = [1 << chosen[b] for b in active]
        in_use = sum(set(goals))
        realised = ((taps[:, active] & in_use) == goals).all(axis=1).any()
        assert realised == m.is_realisable(chosen), chosen


def test_legal_silicon_that_marocco_refuses():
    chosen = (-1, -1, -1, -1, 4, 3, 3, 3)
    assert m.is_realisable(chosen)
    assert not m.is_monotone(chosen)


def test_an_input_needs_its_generator_alone_on_the_tap():
    assert not m.is_realisable((3, 3, 3, 3, 3, 5, -1, -1))  # block 4 passes tap 5 on its way to DNC merger 3
    assert m.is_realisable((3, 3, 3, 3, 4, 5, -1, -1))
    with pytest.raises(ValueError, match="cannot realise"):
        m.modes_for_map((3, 3, 3, 3, 3, 5, -1, -1))


def test_default_modes_are_one_to_one():
    assert [sorted(x) for x in m.blocks_at_taps(m.DEFAULT_MODES)] == [[k] for k in range(8)]
    assert m.modes_for_map(tuple(range(8))) == m.DEFAULT_MODES


def test_sending_lines():
    assert [m.sending_hline(k) for k in range(8)] == [62, 54, 46, 38, 30, 22, 14, 6]
    assert [m.sending_repeater(k) for k in range(8)] == [7, 6, 5, 4, 3, 2, 1, 0]
    assert [m.node_name(k) for k in (0, 7, 8, 13, 14)] == [
        "Merger0[0]", "Merger0[7]", "Merger1[0]", "Merger2[1]", "Merger3[0]"]  # fmt: skip


def test_addresses():
    assert len(m.ADDRESSES) == 59
    assert m.GROUP_CAPACITY == (14, 15, 15, 15)
    assert not {0, 1, 17, 33, 49} & set(m.ADDRESSES.tolist())
    assert (m.driver_decoder(m.ADDRESSES[-1]), m.synapse_decoder(m.ADDRESSES[-1])) == (3, 15)
