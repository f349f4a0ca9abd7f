"""marocco's greedy merger router: its unit tests, worked examples, and legality of everything it returns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.merging.router import Unroutable, greedy_map, reaches
from models.hardware.mergers import is_monotone, is_realisable, modes_for_map

WORKS = ([True] * 15, [True] * 8)


def routed(counts, accept=lambda dnc, blocks: True):
    return greedy_map(counts, *WORKS, 59, accept)


def only(**blocks):
    return [blocks.get(f"b{b}", 0) for b in range(8)]


@pytest.mark.parametrize(
    ("counts", "dnc"),
    [
        # marocco MergerTreeRouter
        (only(b2=12, b3=32), {2: 3, 3: 3}),
        (only(b3=32, b4=26), {3: 3, 4: 3}),
        (only(b3=32, b4=26, b5=32), {3: 3, 4: 5, 5: 5}),
        ([32] * 8, dict(enumerate(range(8)))),
        ([5] * 8, dict.fromkeys(range(8), 3)),
        # derived by hand
        ([8] * 8, dict(enumerate([3, 3, 3, 3, 5, 5, 5, 5]))),
        ([14] * 8, dict(enumerate([3, 3, 3, 3, 5, 5, 5, 5]))),
        ([8, 7, 7, 7, 8, 7, 8, 7], dict.fromkeys(range(8), 3)),
        ([16] * 8, dict(enumerate([0, 3, 3, 3, 5, 5, 5, 7]))),
        ([20] * 8, dict(enumerate([1, 1, 3, 3, 5, 5, 6, 6]))),
        ([16, 0] * 4, {0: 3, 2: 3, 4: 5, 6: 5}),
        ([0] * 8, {}),
    ],
)
def test_oracles(counts, dnc):
    assert routed(counts) == tuple(dnc.get(b, -1) for b in range(8))


@pytest.mark.parametrize("blocks", [{0}, {1}, {0, 1}, {1, 2}, {4}, {4, 6}, {3}, {5}, set(range(7)), set(range(1, 8))])
def test_few_neurons_leave_together(blocks):
    """marocco MergerRouting (python): one neuron on each of these blocks."""
    assert routed([int(b in blocks) for b in range(8)]) == tuple(3 if b in blocks else -1 for b in range(8))


def test_a_rejected_claim_is_not_shrunk():
    tried = []

    def accept(dnc, blocks):
        tried.append((dnc, tuple(blocks)))
        return len(blocks) < 3 and blocks != [4, 5]

    assert routed([16] * 8, accept) == (1, 1, 2, 3, 4, 5, 6, 6)
    assert tried[:3] == [(5, (4, 5, 6)), (3, (1, 2, 3)), (6, (6, 7))]
    assert (3, (2, 3, 4)) in tried
    assert (3, (2, 3)) not in tried


def test_a_block_does_not_pass_the_tap_of_a_waiting_one():
    """DNC merger 3 could take blocks 0..4, but block 5 must leave on DNC merger 5, which block 4 would pass."""
    refused = {(3, tuple(range(8))), (5, (4, 5, 6, 7))}
    mapping = routed([12, 12, 12, 12, 11, 12, 12, 12], lambda d, b: (d, tuple(b)) not in refused)
    assert mapping[4] != 3
    assert is_realisable(mapping)


@pytest.mark.parametrize(
    ("node", "dead_dnc", "counts", "blocked"),
    [
        (14, None, only(b0=1), 3),
        (13, None, only(b5=1), 5),
        (10, None, only(b0=30, b5=30), 5),
        (3, None, only(b0=1), 3),
        (None, 3, only(b7=1), 3),
        (None, 0, [59] * 8, 0),
    ],
)
def test_dead_mergers_make_blocks_unroutable(node, dead_dnc, counts, blocked):
    nodes = [n != node for n in range(15)]
    dncs = [d != dead_dnc for d in range(8)]
    with pytest.raises(Unroutable, match=f"neuron block {blocked} cannot reach DNC merger {blocked}"):
        greedy_map(counts, nodes, dncs, 59, lambda dnc, blocks: True)


def test_reach():
    paths = {0: {0}, 1: {0, 1}, 2: {2}, 3: set(range(8)), 4: {4}, 5: {4, 5, 6, 7}, 6: {6, 7}, 7: {7}}
    for dnc, blocks in paths.items():
        assert {b for b in range(8) if reaches(b, dnc, *WORKS)} == blocks


@settings(max_examples=400, deadline=None)
@given(
    counts=st.lists(st.one_of(st.just(0), st.integers(0, 32), st.integers(0, 8)), min_size=8, max_size=8),
    refused=st.sets(st.integers(0, 2**8 * 8 - 1), max_size=900),
)
def test_every_result_is_legal_whatever_is_refused(counts, refused):
    carried = []

    def accept(dnc, blocks):
        carried.append(blocks)
        return 8 * sum(1 << b for b in blocks) + dnc not in refused

    mapping = routed(counts, accept)
    assert [d >= 0 for d in mapping] == [n > 0 for n in counts]
    assert is_realisable(mapping)
    assert is_monotone(mapping)
    assert len(modes_for_map(mapping)) == 15
    for dnc in set(mapping) - {-1}:
        assert sum(n for n, d in zip(counts, mapping, strict=True) if d == dnc) <= 59
