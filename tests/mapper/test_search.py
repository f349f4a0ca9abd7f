"""The search of ``cpsat``: settings of its stages, its fallbacks, what it says when nothing fits."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import mapper
from emulator import audit
from mapper.context import Context
from mapper.placement.linear import linear
from mapper.problem import Problem
from mapper.search import DRAFT, LATER, check_switches, stages
from mapper.solvers import SolverError, Step
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Defects, Limits, Wafer, random_defects
from models.instance import Instance
from models.network import network_from_edges


def network(neurons, p, seed=1):
    pre, post = np.nonzero(np.random.default_rng(seed).random((neurons, neurons)) < p)
    return network_from_edges(pre, post, neurons=neurons)


def without_mergers(hicanns, numbers):
    """Return a wafer on which DNC mergers are dead, reduced to these HICANNs."""
    dead = {"dncmergers": [(h, m) for h in hicanns for m in numbers]}
    return Wafer(Defects.from_components(components=dead), region=frozenset(hicanns))


def agrees(instance, solution):
    verdict = audit(instance, solution.configuration, solution.lost)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.spurious == 0
    return True


def test_naming_the_algorithm_that_runs_anyway_keeps_its_options():
    routing = stages({"routing": "pathfinder"}, LATER)[1]
    assert routing == LATER[1]
    assert routing.options["adjacent"] is False
    assert routing.share < 1.0
    assert stages({"routing": "backbone"}, LATER)[1] == replace(LATER[1], algorithm="backbone", options={})
    assert stages({"merging": "driver_aware"}, DRAFT)[0] == Step("merging", "driver_aware")


@pytest.mark.parametrize("key", ["spread.more", "improve.depth", "benders.x"])
def test_switches_have_no_options_but_the_moves(key):
    with pytest.raises(SolverError, match=key.partition(".")[0]):
        check_switches({key: "on"})


@pytest.mark.parametrize("settings", [{}, {"spread": "off"}])
def test_every_second_dnc_merger_may_be_dead(settings):
    region = range(100, 104)
    instance = Instance("t", network(120, 0.2), wafer=without_mergers(region, (0, 2, 4, 6)))
    solution = mapper.solve(instance, "cpsat", det_limit=0.2, options=settings)
    assert solution.lost < solution.synapses / 10
    assert agrees(instance, solution)
    used = np.unique(solution.mapping.merging.block_to_dnc)
    assert set(used[used >= 0].tolist()) <= {1, 3, 5, 7}


def test_a_wafer_without_any_dnc_merger_silences_all():
    region = range(100, 102)
    instance = Instance("t", network(20, 0.2), wafer=without_mergers(region, range(8)))
    with pytest.raises(PlacementError, match="unroutable mergers"):
        mapper.solve(instance, "marocco")
    solution = mapper.solve(instance, "cpsat", det_limit=0.2)
    assert solution.lost == solution.synapses
    assert agrees(instance, solution)


def test_the_error_of_the_baseline_survives_where_nothing_else_fits():
    instance = Instance("t", network(600, 0.01), wafer=Wafer(region=frozenset({0})), limits=Limits(neuron_size=4))
    with pytest.raises(ResourceExhausted) as baseline:
        mapper.solve(instance, "marocco")
    with pytest.raises(ResourceExhausted) as cpsat:
        mapper.solve(instance, "cpsat", det_limit=0.2)
    assert type(cpsat.value) is type(baseline.value)
    assert str(cpsat.value) == str(baseline.value)


def test_an_interrupt_leaves_the_whole_baseline():
    instance = Instance("t", network(200, 0.4))
    stop = threading.Event()
    stop.set()
    baseline = mapper.solve(instance, "marocco")
    for solver in ("cpsat", "cpsat-fixed-placement"):
        assert mapper.solve(instance, solver, time_limit=60, stop=stop).lost == baseline.lost


def test_without_time_the_baseline_remains():
    instance = Instance("t", network(200, 0.4))
    solution = mapper.solve(instance, "cpsat", time_limit=1e-3)
    assert solution.lost == mapper.solve(instance, "marocco").lost > 0
    problem = Problem(instance)
    assert np.array_equal(
        solution.mapping.placement.hicann, linear(problem, problem.blank_mapping(), Context()).placement.hicann
    )


@pytest.mark.parametrize(
    ("solver", "quick"), [("cpsat", {"spread": "off", "improve": "off"}), ("cpsat-fixed-placement", {})]
)
def test_what_the_baseline_could_not_do_is_no_warning_about_the_result(solver, quick):
    wafer = Wafer(random_defects(1, {"drivers": 0.9}), region=frozenset(range(2)))
    instance, kinds = Instance("t", network(150, 0.5), wafer=wafer), {}
    for name, options in (("marocco", {}), (solver, quick)):
        events = []
        mapper.solve(instance, name, det_limit=0.1, events=events.append, options=options)
        kinds[name] = {e.kind for e in events if "without any free driver" in e.message}
    assert kinds == {"marocco": {"warning"}, solver: {"status"}}
