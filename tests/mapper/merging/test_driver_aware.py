"""Merging with the driver model in view: legal, loss-free where a map allows it, few buses otherwise."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.addresses.pool import assign
from mapper.context import BudgetExhausted, Context
from mapper.estimate import estimate
from mapper.merging.driver_aware import driver_aware
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.errors import PlacementError
from models.hardware import Defects, Limits, Wafer
from models.hardware.mergers import is_realisable
from models.instance import Instance
from models.mapping import OUTPUT, UNUSED, Placement
from models.network import network_from_edges


def blocks_of(counts, matrix, limits=None, wafer=None, shared=False):
    """Return problem and draft: counts[b] neurons of size 4 on block b of HICANN 5, connected by ``matrix``."""
    n = sum(counts)
    pre, post = np.nonzero(matrix)
    network = network_from_edges(pre, post, neurons=n)
    buses = (network.populations[0].view(),) if shared else ()
    problem = Problem(Instance("t", network, limits=limits or Limits(), wafer=wafer or Wafer(), shared_buses=buses))
    placement = Placement.empty(n)
    placement.hicann[:] = 5
    block = np.repeat(np.arange(8), counts)
    placement.column[:] = 32 * block + 2 * np.concatenate([np.arange(c) for c in counts])
    placement.width[:] = 2
    placement.sequence[:] = np.arange(n)
    return problem, replace(problem.blank_mapping(), placement=placement)


def chosen(problem, draft):
    merging = driver_aware(problem, draft, Context()).merging
    mapping = tuple(int(d) for d in merging.block_to_dnc[5])
    assert is_realisable(mapping)
    used = {d for d in mapping if d >= 0}
    assert {d for d in range(8) if merging.mode[5, d] == OUTPUT} == used
    assert (np.delete(merging.mode, 5, axis=0) == UNUSED).all()
    return mapping


def test_sparse_neurons_share_one_bus():
    assert chosen(*blocks_of([5] * 8, np.eye(40, dtype=bool))) == (3,) * 8


def test_dense_neurons_are_split_so_that_three_drivers_suffice():
    mapping = chosen(*blocks_of([2] * 8, np.ones((16, 16), bool)))
    sizes = [2 * mapping.count(d) for d in set(mapping)]
    assert max(sizes) <= 12
    assert len(sizes) == 2


def test_a_bus_carries_at_most_59_sources():
    mapping = chosen(*blocks_of([16] * 8, np.eye(128, dtype=bool)))
    assert max(16 * mapping.count(d) for d in set(mapping)) <= 59
    assert len(set(mapping)) == 4


def test_shared_buses_stay_together_even_at_a_loss():
    mapping = chosen(*blocks_of([16, 16, 16, 2, 0, 0, 0, 0], np.ones((50, 50), bool), shared=True))
    assert len(set(mapping[:4])) == 1


def test_a_shared_bus_that_cannot_hold_its_cells_is_refused():
    with pytest.raises(PlacementError, match="shared bus"):
        chosen(*blocks_of([16] * 8, np.eye(128, dtype=bool), shared=True))


def test_dead_mergers_are_avoided_and_what_cannot_leave_is_silent():
    dead = Wafer(Defects.from_components(components={"dncmergers": [(5, 3)]}))
    counts = [3, 0, 3, 0, 3, 3, 3, 3]
    assert 3 not in chosen(*blocks_of(counts, np.eye(18, dtype=bool), wafer=dead))
    assert chosen(*blocks_of([0, 0, 0, 3, 0, 0, 0, 0], np.eye(3, dtype=bool), wafer=dead)) == (-1,) * 8
    gone = Wafer(Defects.from_components(components={"mergers0": [(5, 2)]}))
    mapping = chosen(*blocks_of([3, 0, 3, 0, 0, 0, 0, 0], np.eye(6, dtype=bool), wafer=gone))
    assert mapping[2] == -1
    assert mapping[0] >= 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_other_legal_map_loses_less(seed):
    from mapper.bus import BusModel, high_first_groups
    from models.hardware.mergers import complete_maps

    rng = np.random.default_rng(seed)
    counts = [int(c) for c in rng.integers(0, 9, size=8)]
    n = sum(counts)
    problem, draft = blocks_of(counts, rng.random((n, n)) < rng.random())
    model = BusModel(problem, draft.placement, 3)
    block = draft.placement.block

    def loss(mapping):
        total = 0
        for dnc in {mapping[b] for b in range(8) if counts[b]}:
            cells = np.flatnonzero([mapping[b] == dnc for b in block]).astype(np.int32)
            if len(cells) > 59:
                return float("inf")
            total += model.cost(cells, high_first_groups(len(cells))).lost
        return total

    if n:
        assert loss(chosen(problem, draft)) == min(loss(m) for m in complete_maps())


def test_a_shared_bus_on_two_hicanns_is_refused():
    problem, draft = blocks_of([2, 2, 0, 0, 0, 0, 0, 0], np.eye(4, dtype=bool), shared=True)
    draft.placement.hicann[3] = 6
    with pytest.raises(PlacementError, match="HICANNs 5, 6"):
        driver_aware(problem, draft, Context())


@pytest.fixture(scope="module")
def scarce():
    """Return problem and draft of 448 neurons on 8 HICANNs with 32 working drivers each, no two of them adjacent."""
    rng = np.random.default_rng(5)
    n = 448
    pre, post = np.nonzero(rng.random((n, n)) < 0.08)
    network = network_from_edges(pre, post, neurons=n, inhibitory=pre % 56 >= 42)
    dead = {"drivers": [(h, d) for h in range(8) for d in range(224) if d % 7]}
    wafer = Wafer(Defects.from_components(components=dead), region=frozenset(range(8)))
    problem = Problem(Instance("t", network, wafer=wafer, limits=Limits(neuron_size=8)))
    return problem, linear(problem, problem.blank_mapping(), Context(), neurons_per_block=7)


def test_prices_of_drivers_change_the_merging_for_the_better(scarce):
    problem, placed = scarce

    def expected(rounds):
        merged = driver_aware(problem, placed, Context(), rounds=rounds)
        return estimate(problem, assign(problem, merged, "high_first"))

    once, thrice = expected(1), expected(3)
    assert (once.prices[:8, 0] == 0).all(), "every bus gets its one driver"
    assert (once.prices[:8, 1] > 0).all()
    # measured: 3496 and 288
    assert thrice.lost < 0.2 * once.lost


class _Interrupted(Context):
    """A context that is over after it was asked a number of times."""

    asked = 0
    allowed = 0

    @property
    def over(self):
        self.asked += 1
        return self.asked > self.allowed


def interrupted(allowed):
    context = _Interrupted()
    context.allowed = allowed
    return context


def test_a_round_that_does_not_end_leaves_the_round_before(scarce):
    problem, placed = scarce
    first, second = (driver_aware(problem, placed, Context(), rounds=n).merging.block_to_dnc for n in (1, 2))
    assert not np.array_equal(first, second)
    cut = driver_aware(problem, placed, interrupted(12)).merging.block_to_dnc
    assert np.array_equal(cut, first), "8 HICANNs in the first round, 4 in the second"
    with pytest.raises(BudgetExhausted):
        driver_aware(problem, placed, interrupted(7))
