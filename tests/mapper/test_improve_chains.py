"""Annealed packing of driver chains against the exact model."""

import numpy as np
import pytest

from mapper.context import Context
from mapper.drivers.set_packing import Line, pack_greedily, pack_side
from mapper.kernels.chain_packing import anneal_chains
from models.hardware.synapses import PRIMARY_INDEX


def random_side(seed, lines, longest, defects=0.0):
    """Return lines with random concave curves in random select groups, and the working drivers."""
    rng = np.random.default_rng(seed)
    usable = rng.random((2, 56)) >= defects
    found = []
    for i in range(lines):
        reach = np.zeros((2, 56), bool)
        group = int(rng.integers(8))
        for strip in (0, 1):
            reach[strip, PRIMARY_INDEX[group, strip]] = True
        gains = np.sort(rng.integers(1, 60, longest))[::-1]
        gains[int(rng.integers(1, longest + 1)) :] = 0
        found.append(Line(i, i, np.append(0, np.cumsum(gains)).astype(np.int32), reach))
    return found, usable


def annealed(lines, usable, moves, chain=None):
    curve = np.stack([line.curve for line in lines]).astype(np.int64)
    need = np.array([line.need for line in lines], dtype=np.int64)
    primary = np.stack([line.primaries for line in lines])
    chain = np.zeros((len(lines), 3), np.int64) if chain is None else chain.copy()
    served = anneal_chains(curve, need, primary, usable, chain, moves, 1.7, 1)
    return served, chain


def served_by(lines, chains):
    return sum(int(lines[c.line].curve[c.length]) for c in chains)


@pytest.mark.parametrize(("lines", "longest", "defects"), [(30, 3, 0.0), (60, 3, 0.0), (50, 3, 0.1), (22, 5, 0.05)])
def test_annealing_comes_close_to_the_optimum(lines, longest, defects):
    side, usable = random_side(lines + longest, lines, longest, defects)
    served, chain = annealed(side, usable, 200 * lines)
    best = served_by(side, pack_side(side, usable, Context()))
    assert 0.99 * best <= served <= best
    assert served >= served_by(side, pack_greedily(side, usable))
    used = np.zeros((2, 56), int)
    for line, (strip, first, length) in zip(side, chain, strict=True):
        used[strip, first : first + length] += 1
        assert length == 0 or line.primaries[strip, first : first + length].any()
    assert used.max() == 1
    assert not used[~usable].any()
    assert served == sum(int(line.curve[length]) for line, length in zip(side, chain[:, 2], strict=True))


def test_a_start_is_never_made_worse():
    side, usable = random_side(5, 60, 3)
    best, chain = annealed(side, usable, 20_000)
    again, _ = annealed(side, usable, 10, chain)
    assert again >= best


def test_impossible_chains_of_a_start_are_dropped():
    side, usable = random_side(6, 2, 3)
    overlapping = np.array([[0, 0, 3], [0, 0, 3]], np.int64)
    usable[0, :8] = False
    served, chain = annealed(side, usable, 0, overlapping)
    assert not ((chain[:, 0] == 0) & (chain[:, 1] < 8) & (chain[:, 2] > 0)).any()
    assert served == sum(int(line.curve[-1]) for line in side)
