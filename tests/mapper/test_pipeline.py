"""The public solve: bounds, best-of, determinism, options, interruption, and what cannot be mapped."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import mapper
from mapper.solvers import SolverError
from models.errors import OptionError, ResourceExhausted
from models.hardware import Limits, Wafer
from models.instance import Instance, load_instance
from models.instance.library import find
from models.network import network_from_edges
from models.solution import load, save


def dense(neurons=40, p=0.5, seed=1, **options):
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons, neurons)) < p)
    network = network_from_edges(pre, post, neurons=neurons, inhibitory=rng.random(len(pre)) < 0.2)
    return Instance("dense", network, digest="sha256:0", **options)


@pytest.mark.parametrize("solver", mapper.solver_names())
def test_every_solver_maps_and_respects_the_bounds(solver):
    solution = mapper.solve(dense(), solver, det_limit=1.0)
    assert solution.synapses == len(dense().network.synapses)
    assert solution.bounds.any_placement.value <= solution.bounds.this_placement.value <= solution.lost
    assert sum(solution.lost_by_projection) == sum(solution.lost_by_cause.values()) == solution.lost
    assert solution.lost == solution.mapping.lost


def test_cpsat_loses_no_more_than_the_baseline_and_proves_zero():
    baseline, best = (mapper.solve(dense(), name, det_limit=1.0) for name in ("marocco", "cpsat"))
    assert baseline.lost > 0
    assert best.lost == 0
    assert best.status == "optimal"


def test_a_deterministic_budget_gives_equal_bytes(tmp_path):
    for name in ("a", "b"):
        save(tmp_path / name, mapper.solve(dense(), "cpsat", det_limit=1.0, seed=3))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert b'"run"' not in (tmp_path / "a").read_bytes()


def test_a_solution_survives_its_file(tmp_path):
    solution = mapper.solve(dense(), "marocco", time_limit=20)
    save(tmp_path / "s", solution)
    back = load(tmp_path / "s")
    assert back.document() == solution.document()
    assert np.array_equal(back.mapping.synapses.row, solution.mapping.synapses.row)
    assert np.array_equal(back.configuration.synapse, solution.configuration.synapse)


def test_the_published_loss_of_the_guidebook_is_reproduced():
    solution = mapper.solve(load_instance(find("guidebook-merged")), "marocco")
    instance = load_instance(find("guidebook-merged"))
    synapses, mapping = instance.network.synapses, solution.mapping
    stim = synapses.projection == 0
    assert solution.lost_by_projection[0] == 294
    # 3/3/3/1 rows of two columns for groups of 15/15/15/5 sources: every neuron keeps at most 6/6/6/2 of them
    group = (synapses.pre - 50) // 15
    for neuron in range(50):
        for g, most in enumerate((6, 6, 6, 2)):
            mine = stim & (synapses.post == neuron) & (group == g)
            assert np.count_nonzero(mapping.synapses.cause[mine] == 0) == min(most, mine.sum())


def test_options_choose_algorithms_and_reach_them():
    plain = mapper.solve(dense(), "marocco", options={"merging": "one_to_one", "placement.neurons_per_block": "5"})
    assert plain.mapping.placement.block.max() == 7
    for wrong in ({"merging": "magic"}, {"stage": "x"}, {"placement.colour": "red"}, {"routing.iterations": "3"}):
        with pytest.raises(SolverError):
            mapper.solve(dense(), "marocco", options=wrong)
    with pytest.raises(SolverError, match="decides 'placement' itself"):
        mapper.solve(dense(), "cpsat", options={"placement": "linear"})
    assert mapper.solver_names() == mapper.solver_names()
    with pytest.raises(SolverError, match="no solver 'nonesuch'"):
        mapper.solve(dense(), "nonesuch")


@pytest.mark.parametrize(
    ("effort", "message"),
    [
        ({"det_limit": float("nan")}, r"det_limit must be at least 0 and finite \(got nan\)"),
        ({"det_limit": float("inf")}, r"det_limit must be at least 0 and finite \(got inf\)"),
        ({"det_limit": -1.0}, r"det_limit must be at least 0 and finite \(got -1.0\)"),
        ({"time_limit": float("nan")}, r"time_limit must be a number of seconds \(got nan\)"),
        ({"seed": -1}, r"seed must be at least 0 and threads at least 1 \(got -1 and 1\)"),
        ({"threads": 0}, r"seed must be at least 0 and threads at least 1 \(got 0 and 0\)"),
    ],
)
def test_an_effort_that_makes_no_sense_is_refused(effort, message):
    with pytest.raises(OptionError, match=message):
        mapper.solve(dense(), "cpsat", **effort)


def test_an_interrupted_solve_returns_the_best_so_far():
    stop = threading.Event()
    stop.set()
    solution = mapper.solve(dense(), "cpsat", time_limit=60, stop=stop)
    assert solution.lost > 0
    assert solution.status == "feasible"


def test_a_wafer_that_is_too_small_is_reported():
    tiny = dense(600, 0.01, wafer=Wafer(region=frozenset({0})), limits=Limits(neuron_size=4))
    for solver in ("marocco", "cpsat"):
        with pytest.raises(ResourceExhausted):
            mapper.solve(tiny, solver)


def test_more_hicanns_never_cost_synapses():
    losses = [
        mapper.solve(dense(wafer=Wafer(region=frozenset(range(n)))), "cpsat", det_limit=1.0).lost for n in (1, 2, 8)
    ]
    assert losses == sorted(losses, reverse=True)


def test_progress_tells_bound_and_incumbents():
    events = []
    mapper.solve(dense(), "cpsat", det_limit=1.0, events=events.append)
    lost = [e.lost for e in events if e.kind == "incumbent"]
    assert lost == sorted(lost, reverse=True)
    assert lost[-1] == 0
    assert any(e.kind == "bound" and e.bound == 0 for e in events)


def test_the_number_of_hicanns_can_be_limited():
    free = mapper.solve(dense(100, 0.9), "cpsat", det_limit=1.0)
    tight = mapper.solve(dense(100, 0.9), "cpsat", det_limit=1.0, max_hicanns=1)
    assert free.hicanns > tight.hicanns == 1
    assert tight.lost > free.lost
    with pytest.raises(ResourceExhausted, match="does not fit onto 1 HICANNs"):
        mapper.solve(dense(200, 0.05), "cpsat", det_limit=1.0, max_hicanns=1)


def test_weights_of_losses_that_nobody_uses_are_said():
    instance = dense()
    network = instance.network
    heavy = replace(
        network,
        projections=tuple(replace(p, loss_weight=2.0) if i == 0 else p for i, p in enumerate(network.projections)),
    )
    events = []
    mapper.solve(replace(instance, network=heavy), "marocco", events=events.append)
    said = [e.message for e in events if e.kind == "warning"]
    assert said == [f"loss_weight of {network.projections[0].name}: no effect, every synapse counts once"]
    events.clear()
    mapper.solve(instance, "marocco", events=events.append)
    assert not [e for e in events if e.kind == "warning"]
