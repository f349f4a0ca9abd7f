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
from mapper.solvers import Step, run_steps
from models.hardware import Defects, Limits, Wafer, random_defects
from models.instance import Instance
from models.network import network_from_edges
from models.solution import save


def crowded(seed, neurons=60, p=0.7, size=4, chain=1, dead=0.85):
    """More synapses than the few working drivers of two HICANNs can serve."""
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons, neurons)) < p)
    network = network_from_edges(pre, post, neurons=neurons, inhibitory=pre % 4 == 0)
    wafer = Wafer(random_defects(seed, {"drivers": dead}), region=frozenset(range(2)))
    limits = Limits(neuron_size=size, driver_chain_length=chain)
    return Instance("crowded", network, wafer=wafer, limits=limits, digest="sha256:0")


def routed(problem, per_block):
    """Return a draft with a bus for every neuron block, complete but for drivers and rows."""
    steps = (
        Step("placement", "linear", {"neurons_per_block": per_block}),
        Step("merging", "one_to_one"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest"),
        Step("routing", "pathfinder", {"adjacent": False}),
    )
    return run_steps(problem, steps, Context(det_limit=1.0))


def lost(problem, draft, drivers, rows):
    steps = (Step("drivers", drivers), Step("rows", rows))
    return run_steps(problem, steps, Context(det_limit=1.0), draft).lost


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 8]), st.integers(1, 4), st.integers(4, 8))
def test_exact_drivers_and_rows_lose_no_more_than_any_heuristic(seed, size, chain, per_block):
    problem = Problem(crowded(seed, 16 * min(per_block, 32 // size), p=0.4, size=size, chain=chain, dead=0.7))
    draft = routed(problem, per_block)
    by_drivers = {name: lost(problem, draft, name, "exact") for name in ("set_packing", "annealed", "fieres")}
    assert by_drivers["set_packing"] == min(by_drivers.values())
    for name, with_exact_rows in by_drivers.items():
        assert with_exact_rows <= lost(problem, draft, name, "proportional")


def test_there_are_drafts_on_which_heuristics_lose_more():
    # measured: 1404 exactly; 1577 and 1697 with annealed and marocco's chains, 1493 with rows in proportion
    problem = Problem(crowded(1, 128, p=0.4, size=2, chain=4, dead=0.75))
    draft = routed(problem, 8)
    exact = lost(problem, draft, "set_packing", "exact")
    assert 0 < exact < lost(problem, draft, "annealed", "exact")
    assert exact < lost(problem, draft, "fieres", "exact")
    assert exact < lost(problem, draft, "set_packing", "proportional")


@settings(max_examples=10, deadline=None)
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


@pytest.fixture(scope="module")
def before():
    instance = crowded(2, 130, chain=2, dead=0.5)
    return instance, mapper.solve(instance, "cpsat", det_limit=0.1)


@pytest.mark.parametrize("resource", ["drivers", "chains", "hicanns"])
def test_the_loss_never_rises_when_a_resource_is_added(before, resource):
    (instance, little), wafer = before, before[0].wafer
    changed = {
        "drivers": {"wafer": Wafer(Defects.none(), wafer.region)},
        "chains": {"limits": replace(instance.limits, driver_chain_length=3)},
        "hicanns": {"wafer": Wafer(wafer.defects, wafer.region | {2, 3})},
    }
    richer = replace(instance, **changed[resource])
    assert little.lost > 0
    alone = mapper.solve(richer, "cpsat", det_limit=0.1)
    assert alone.lost <= little.lost
    assert alone.bounds.any_placement.value <= little.bounds.any_placement.value
    assert mapper.solve(richer, "cpsat", det_limit=0.1, start=little).lost <= little.lost


def test_a_deterministic_budget_gives_equal_bytes_for_any_number_of_threads(tmp_path):
    for threads in (1, 3):
        solution = mapper.solve(crowded(4, 130, chain=2, dead=0.5), "cpsat", det_limit=0.1, threads=threads)
        save(tmp_path / str(threads), solution)
    assert solution.lost > 0
    assert (tmp_path / "1").read_bytes() == (tmp_path / "3").read_bytes()
