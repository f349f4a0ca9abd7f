"""No bound exceeds what any solver loses, on random instances, defects and limits; and bounds keep through files."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.bounds import bound_any_placement, bound_these_buses, bound_this_placement
from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Step, run_steps, with_settings
from models.hardware import Limits, Wafer, random_defects
from models.hardware.coordinates import GRID
from models.instance import Instance
from models.mapping import Mapping
from models.network import network_from_edges
from models.solution import Bound, Bounds, load, save

#: Everything behind merging and addresses, decided again as well as we can.
REROUTED = (Step("routing", "pathfinder"), Step("drivers", "set_packing"), Step("rows", "exact"))


def strip(width, height=1):
    return frozenset(GRID[6 : 6 + height, 12 : 12 + width].ravel().tolist())


def instance(seed, neurons, p, size, sources=0, **options):
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons + sources, neurons)) < p)
    network = network_from_edges(pre, post, neurons=neurons, sources=sources, inhibitory=rng.random(len(pre)) < 0.25)
    limits = Limits(neuron_size=size, driver_chain_length=int(rng.integers(1, 5)))
    return Instance("t", network, limits=limits, digest="sha256:0", **options)


def bounds_of(problem: Problem, mapping: Mapping, budget: float = 10.0) -> list[int]:
    anywhere = bound_any_placement(problem)
    placed = bound_this_placement(problem, mapping.placement, anywhere)
    buses = bound_these_buses(problem, mapping, placed, Context(det_limit=budget))
    return [anywhere.value, placed.value, buses.value]


@settings(max_examples=6, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(5, 60),
    st.sampled_from([0.1, 0.4, 1.0]),
    st.sampled_from([2, 4, 6, 16]),
    st.integers(0, 20),
    st.booleans(),
)
def test_no_bound_exceeds_the_loss(seed, neurons, p, size, sources, broken):
    region = strip(3, 2)
    shares = {"drivers": 0.2, "vbuses": 0.2, "synapserows": 0.1} if broken else {}
    wafer = Wafer(random_defects(seed % 100, shares), region)
    problem = Problem(instance(seed, neurons, p, size, sources, wafer=wafer))
    mapping = run_steps(problem, MAROCCO, Context(det_limit=1.0))
    again = run_steps(problem, REROUTED, Context(det_limit=1.0), mapping)
    spread = run_steps(problem, _spread(4), Context(det_limit=1.0))
    for found, others in ((mapping, (again, spread)), (again, (mapping, spread)), (spread, (mapping, again))):
        values = bounds_of(problem, found)
        assert values == sorted(values)
        assert values[2] <= found.lost
        assert values[0] <= min(other.lost for other in others)
    assert bounds_of(problem, mapping)[2] <= again.lost
    assert bounds_of(problem, again)[2] <= mapping.lost


def _spread(per_block):
    options = {"neurons_per_block": per_block, "sending_blocks": True}
    return (
        Step("placement", "linear", options),
        Step("merging", "driver_aware"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest", {"working_buses": True}),
        *REROUTED,
    )


@pytest.fixture(scope="module")
def saturated():
    """8 buses on each of 6 HICANNs in a row, all to all: a third of the targets cannot be reached."""
    problem = Problem(instance(0, 48, 1.0, 64, wafer=Wafer(region=strip(6))))
    steps = with_settings(MAROCCO, {"merging": "one_to_one", "routing": "pathfinder"})
    return problem, run_steps(problem, steps, Context(det_limit=1.0))


def test_a_saturated_strip_has_a_routing_bound(saturated):
    problem, mapping = saturated
    bound = bound_these_buses(problem, mapping, Bound(), Context(det_limit=10.0))
    assert mapping.lost == 96 * len(problem.synapses) // 288
    assert bound.value == mapping.lost
    assert bound.kind == "drivers of the buses, routes to own VLines"


def test_more_budget_never_proves_less(saturated):
    problem, mapping = saturated
    values = [bounds_of(problem, mapping, budget)[2] for budget in (0.0, 0.5, 10.0)]
    assert values == sorted(values)
    assert values[0] < values[2]


def test_the_time_limit_sets_the_effort_not_the_clock(saturated):
    problem, mapping = saturated
    late = Context(time_limit=10.0, started=-1e6)
    bounds = [bound_these_buses(problem, mapping, Bound(), c) for c in (late, Context(det_limit=10.0))]
    assert bounds[0] == bounds[1]


@pytest.mark.parametrize("solver", ["marocco", "cpsat"])
def test_solutions_report_their_bounds_in_order(solver):
    solution = mapper.solve(instance(3, 40, 0.7, 4, wafer=Wafer(region=strip(2))), solver, det_limit=1.0)
    bounds = solution.bounds
    assert 0 <= bounds.any_placement.value <= bounds.this_placement.value <= bounds.these_buses.value <= solution.lost


def test_crowded_drivers_have_a_bound_with_the_buses():
    # 100 neurons, all to all, on buses with chains of one driver, two rows of two columns each
    crowded = instance(3, 100, 1.0, 4, wafer=Wafer(region=strip(2)))
    problem = Problem(replace(crowded, limits=Limits(neuron_size=4, driver_chain_length=1)))
    mapping = run_steps(problem, MAROCCO, Context(det_limit=1.0))
    values = bounds_of(problem, mapping)
    assert 0 < values[2] <= mapping.lost


def test_bounds_survive_the_file_and_older_files_are_read(tmp_path):
    solution = mapper.solve(instance(1, 10, 0.5, 4), "marocco", det_limit=1.0)
    assert solution.bounds.these_buses is not None
    save(tmp_path / "new", solution)
    assert load(tmp_path / "new").bounds == solution.bounds
    old = replace(solution, bounds=Bounds(Bound(1, "a"), Bound(2, "b")))
    save(tmp_path / "old", old)
    assert load(tmp_path / "old").bounds == Bounds(Bound(1, "a"), Bound(2, "b"), None)
