"""What dead drivers leave: runs, primaries, chains packed before there are routes, and limits that are worth trying."""

from dataclasses import replace

import numpy as np
import pytest

import mapper
from emulator import audit
from mapper.context import Context
from mapper.drivers.vlines import reachable
from mapper.estimate import estimate
from mapper.fragments import damaged, fragmented, packed, primaries, run_lengths, supply
from mapper.placement.linear import linear
from mapper.problem import Problem
from mapper.search import DRAFT, LATER
from mapper.solvers import Step, run_steps
from mapper.weaker_limits import limits_to_try
from models.hardware import Defects, Limits, Wafer, random_defects
from models.hardware.layer1 import N_HLINES, N_LINES, SLOT, phase_of_source, slot_at
from models.hardware.synapses import DRIVER_AT
from models.instance import Instance
from models.network import network_from_edges


def broken(share, region=1, seed=3, **limits):
    """Return 50 densely connected neurons for HICANNs of whose drivers a share is dead, the same ones and more."""
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((50, 50)) < 0.5)
    network = network_from_edges(pre, post, neurons=50, inhibitory=pre % 4 == 0)
    dead = np.argwhere(rng.random((4, 224)) < share)
    wafer = Wafer(Defects.from_components(components={"drivers": dead.tolist()}), region=frozenset(range(region)))
    return Instance("t", network, wafer=wafer, limits=Limits(neuron_size=4, **limits), digest="sha256:0")


def test_runs_are_those_that_one_counts():
    wafer = Wafer(random_defects(2, {"drivers": 0.4}), region=frozenset({7}))
    found = run_lengths(wafer)
    assert (found.reshape(384, -1).max(axis=1) > 0).nonzero()[0].tolist() == [7]
    for side in (0, 1):
        for strip in (0, 1):
            text = "".join(" x"[w] for w in wafer.drivers[7, DRIVER_AT[side, strip]].astype(int))
            counted = [len(run) for run in text.split() for _ in run]
            assert found[7, side, strip][found[7, side, strip] > 0].tolist() == counted


@pytest.mark.parametrize(("net", "hicann"), [(0, 0), (8 * 200 + 5, 201), (8 * 17 + 3, 300)])
def test_primaries_are_what_the_vlines_of_the_bus_reach(net, hicann):
    problem = Problem(broken(0.0))
    slot = slot_at(phase_of_source(net // 8, net % 8), hicann)
    expected = np.zeros((2, 2, 56), dtype=np.bool_)
    for v in np.flatnonzero(SLOT[N_HLINES:] == slot).tolist():
        side = int(v >= 128)
        expected[side] |= reachable(problem, hicann, side, hicann * N_LINES + N_HLINES + v)
    assert np.array_equal(primaries(hicann, np.array([net])).reshape(2, 2, 56), expected)


def test_an_intact_wafer_supplies_everything():
    wafer = Wafer()
    count, longest = supply(wafer)
    assert (count == 14).all()
    assert (longest == 56).all()
    assert not damaged(wafer).any()
    assert not fragmented(wafer)


def test_without_neighbours_every_chain_has_one_driver():
    alive = [int(DRIVER_AT[0, 0, index]) for index in range(0, 56, 2)]
    dead = {"drivers": [(0, d) for d in range(224) if d not in alive]}
    wafer = Wafer(Defects.from_components(components=dead), region=frozenset({0}))
    nets = np.arange(8, dtype=np.int32)
    curve = np.tile([0, 10, 19, 27], (8, 1)).astype(np.int64)
    service = packed(wafer, 0, nets, curve)
    reached = (primaries(0, nets) & wafer.drivers[0][DRIVER_AT].reshape(4, 56)).any(axis=(1, 2))
    assert service.served == 10 * reached.sum() > 0
    assert service.prices[1:].tolist() == [9.0, 8.0]
    assert (supply(wafer)[1][0, :8] <= 1).all()


def test_the_estimate_knows_what_dead_drivers_lose():
    problem = Problem(broken(0.85))
    steps = (*DRAFT, Step("addresses", "high_first"))
    draft = run_steps(problem, steps, Context(det_limit=0.1), linear(problem, problem.blank_mapping(), Context()))
    expected = estimate(problem, draft)
    lost = run_steps(problem, LATER, Context(det_limit=0.1), draft).lost
    # measured: 196 and 177; 26 and 504 while drivers counted wherever they lie
    assert 0.7 * lost <= expected.lost <= 1.3 * lost
    assert expected.prices.shape == (384, 3)
    assert expected.prices[0, 2] > 0


def test_weaker_limits_are_tried_where_drivers_are_in_fragments():
    whole, few = Problem(broken(0.1)), Problem(broken(0.85, driver_chain_length=9, vlines_per_route=2))
    assert limits_to_try(whole) == [whole.limits]
    tried = limits_to_try(few)
    longest = int(run_lengths(few.wafer).max())
    assert longest < 9
    assert [some.driver_chain_length for some in tried] == [*range(longest, 0, -1)] * 2
    assert {some.vlines_per_route for some in tried[:longest]} == {2}
    assert {some.vlines_per_route for some in tried[longest:]} == {1}


@pytest.mark.parametrize("seed", [0, 1])
def test_a_longer_chain_limit_never_loses_more(seed):
    losses = []
    for chain in (1, 2, 3):
        instance = broken(0.85, seed=seed, driver_chain_length=chain)
        solution = mapper.solve(instance, "cpsat", det_limit=0.05)
        assert audit(instance, solution.configuration, solution.lost).valid
        losses.append(solution.lost)
    assert losses == sorted(losses, reverse=True)
    more = replace(instance, limits=replace(instance.limits, driver_chain_length=30))
    assert mapper.solve(more, "cpsat", det_limit=0.05).lost <= losses[-1]


@pytest.mark.parametrize("seed", [0, 1])
def test_more_working_drivers_lose_less(seed):
    losses = [mapper.solve(broken(dead, 1, seed), "cpsat", det_limit=0.05).lost for dead in (0.9, 0.75, 0.3)]
    assert losses[0] > losses[1] >= losses[2]
