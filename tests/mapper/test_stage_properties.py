"""What holds for every input: exact stages against heuristics on the same draft, and more resources."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.context import Context
from mapper.drivers.set_packing import Line, pack_side
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Step, run_steps
from models.hardware import Defects, Limits, Wafer, random_defects
from models.instance import Instance
from models.network import network_from_edges
from models.solution import save

#: Everything in front of the drivers.
ROUTED = (*MAROCCO[:4], Step("routing", "pathfinder", {"adjacent": False}))


def crowded(seed, neurons=60, p=0.7, size=4, chain=2, shares=(("drivers", 0.7),), hicanns=2):
    """More synapses than the drivers of two HICANNs can serve."""
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons, neurons)) < p)
    network = network_from_edges(pre, post, neurons=neurons, inhibitory=pre % 4 == 0)
    wafer = Wafer(random_defects(seed, dict(shares)), region=frozenset(range(hicanns)))
    limits = Limits(neuron_size=size, driver_chain_length=chain)
    return Instance("crowded", network, wafer=wafer, limits=limits, digest="sha256:0")


def lost(problem, draft, *steps):
    return run_steps(problem, [Step(*step) for step in steps], Context(det_limit=1.0), draft).lost


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 8]), st.integers(1, 4), st.integers(40, 100))
def test_exact_drivers_and_rows_lose_no_more_than_any_heuristic(seed, size, chain, neurons):
    problem = Problem(crowded(seed, neurons, size=size, chain=chain))
    draft = run_steps(problem, ROUTED, Context(det_limit=1.0))
    by_drivers = {
        name: lost(problem, draft, ("drivers", name), ("rows", "exact"))
        for name in ("set_packing", "annealed", "fieres")
    }
    assert by_drivers["set_packing"] == min(by_drivers.values())
    for name, with_exact_rows in by_drivers.items():
        assert with_exact_rows <= lost(problem, draft, ("drivers", name), ("rows", "proportional"))


def test_the_draft_above_is_one_where_heuristics_lose_more():
    problem = Problem(crowded(1, 100))
    draft = run_steps(problem, ROUTED, Context(det_limit=1.0))
    exact = lost(problem, draft, ("drivers", "set_packing"), ("rows", "exact"))
    assert exact < lost(problem, draft, ("drivers", "fieres"), ("rows", "exact"))
    assert exact < lost(problem, draft, ("drivers", "set_packing"), ("rows", "proportional"))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_more_drivers_switches_or_longer_chains_never_serve_less(seed):
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(int(rng.integers(5, 30))):
        gains = np.sort(rng.integers(1, 100, size=3))[::-1]
        curve = np.concatenate([[0], np.cumsum(gains)]).astype(np.int32)
        lines.append(Line(0, 0, curve, rng.random((2, 56)) < 0.15))
    usable = rng.random((2, 56)) < 0.4

    def served(lines, usable):
        return sum(int(lines[c.line].curve[c.length]) for c in pack_side(lines, usable, Context()))

    least = served([replace(line, curve=line.curve[:3]) for line in lines], usable)
    assert least <= served(lines, usable)
    assert served(lines, usable) <= served(lines, usable | (rng.random((2, 56)) < 0.3))
    reached = [replace(line, primaries=line.primaries | (rng.random((2, 56)) < 0.1)) for line in lines]
    assert served(lines, usable) <= served(reached, usable)


def more(instance):
    """The same network with more of one resource: a repaired wafer, longer chains, more HICANNs."""
    limits, wafer = instance.limits, instance.wafer
    return {
        "drivers": replace(instance, wafer=Wafer(Defects.none(), wafer.region)),
        "chains": replace(instance, limits=replace(limits, driver_chain_length=limits.driver_chain_length + 1)),
        "hicanns": replace(instance, wafer=Wafer(wafer.defects, wafer.region | {2, 3})),
    }


@pytest.mark.parametrize("resource", ["drivers", "chains", "hicanns"])
@pytest.mark.parametrize("seed", [2, 3])
def test_the_loss_never_rises_when_a_resource_is_added(seed, resource):
    instance = crowded(seed)
    before = mapper.solve(instance, "cpsat", det_limit=0.1)
    after = mapper.solve(more(instance)[resource], "cpsat", det_limit=0.1)
    again = mapper.solve(more(instance)[resource], "cpsat", det_limit=0.1, start=before)
    assert 0 < before.lost
    assert after.lost <= before.lost
    assert again.lost <= before.lost
    assert after.bounds.any_placement.value <= before.bounds.any_placement.value


def test_a_deterministic_budget_gives_equal_bytes_for_any_number_of_threads(tmp_path):
    for threads in (1, 3):
        save(tmp_path / str(threads), mapper.solve(crowded(4), "cpsat", det_limit=0.3, threads=threads))
    assert (tmp_path / "1").read_bytes() == (tmp_path / "3").read_bytes()
