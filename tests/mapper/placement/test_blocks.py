"""First fit on neuron blocks: marocco's OnNeuronBlock test."""

import numpy as np
import pytest

from mapper.placement.blocks import NeuronBlocks, close_rightmost, leave_room_for_few_buses
from models.hardware import Defects, Wafer

BLOCK = 8 * 3 + 5


def blocks_with(dead=()):
    """Return blocks with dead denmems (column 0..31, row) on block 5 of HICANN 3."""
    denmems = np.ones((384, 512), dtype=np.bool_)
    for column, row in dead:
        denmems[3, 256 * row + 32 * 5 + column] = False
    return NeuronBlocks(denmems)


def columns(which, rows=(0, 1)):
    return [(c, r) for c in which for r in rows]


def test_neurons_stand_side_by_side():
    blocks = blocks_with()
    assert blocks.available(BLOCK) == 64
    assert [blocks.add(BLOCK, 1, 2), blocks.available(BLOCK)] == [0, 62]
    assert [blocks.add(BLOCK, 2, 6), blocks.available(BLOCK)] == [1, 50]
    assert blocks.add(BLOCK, 25, 2) == 7
    assert blocks.add(BLOCK, 1, 2) == -1
    assert blocks.neurons(BLOCK) == 28
    assert blocks.available(BLOCK + 1) == 64


def test_a_ceiling_only_falls_and_comes_before_neurons():
    blocks = blocks_with()
    for ceiling, available in [(42, 42), (5, 5), (13, 5)]:
        blocks.restrict(BLOCK, ceiling)
        assert blocks.available(BLOCK) == available
    assert blocks.add(BLOCK, 10, 2) == -1
    assert blocks.add(BLOCK, 1, 2) == 0
    with pytest.raises(ValueError, match="neuron block 5 of HICANN 3 has neurons already"):
        blocks.restrict(BLOCK, 2)


def test_defects_count_against_the_room_and_not_against_the_ceiling():
    blocks = blocks_with([(5, 0)])
    assert blocks.available(BLOCK) == 63
    half = blocks_with(columns(range(16)))
    half.restrict(BLOCK, 60)
    assert half.available(BLOCK) == 32
    assert half.add(BLOCK, 1, 2) == 16
    assert half.available(BLOCK) == 30


def test_a_run_ends_at_any_defect():
    blocks = blocks_with(columns(c for c in range(32) if c not in (4, 5)))
    assert blocks.available(BLOCK) == 4
    assert blocks.add(BLOCK, 3, 2) == -1
    assert blocks.add(BLOCK, 1, 2) == 4
    assert blocks.available(BLOCK) == 2


def test_neurons_do_not_start_in_the_bottom_row():
    blocks = blocks_with([(0, 0), (1, 1), *columns(range(3, 32))])
    assert blocks.available(BLOCK) == 4
    assert blocks.add(BLOCK, 1, 2) == 2
    assert blocks.add(BLOCK, 1, 2) == -1


def test_the_first_gap_that_is_large_enough_is_taken():
    blocks = blocks_with(columns([3, 9, 20], rows=(1,)))
    assert blocks.add(BLOCK, 4, 2) == 4
    assert blocks.add(BLOCK, 1, 20) == 10
    assert blocks.add(BLOCK, 1, 6) == 0
    assert blocks.add(BLOCK, 11, 2) == 21
    assert blocks.add(BLOCK, 1, 4) == -1


def test_exact_position():
    blocks = blocks_with(columns([9]))
    assert blocks.add_at(BLOCK, 3, 4)
    assert not blocks.add_at(BLOCK, 4, 4)
    assert not blocks.add_at(BLOCK, 8, 4)
    assert blocks.add_at(BLOCK, 5, 4)
    assert blocks.available(BLOCK) == 62 - 8


@pytest.mark.parametrize(("size", "neurons"), [(2, 236), (4, 118), (6, 80), (8, 59), (16, 32)])
def test_room_for_few_buses(size, neurons):
    blocks = NeuronBlocks.of(Wafer())
    leave_room_for_few_buses(blocks, size)
    assert sum(blocks.available(8 * 17 + b) // size for b in range(8)) == neurons


def test_rightmost_blocks_closed_and_wafer_defects_seen():
    blocks = NeuronBlocks.of(Wafer(Defects.from_components(hicanns=[2], components={"neurons": [(0, 300)]})))
    close_rightmost(blocks)
    assert [blocks.available(b) for b in range(8)] == [64, 63, 64, 64, 64, 64, 64, 0]
    assert not any(blocks.available(8 * 2 + b) for b in range(8))
