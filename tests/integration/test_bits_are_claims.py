"""The central test: what the emulator decodes from the bits equals what the mapper claims."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mapper
from emulator import audit
from emulator.planted import planted_instance
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance, load_instance
from models.instance.library import find, members
from models.network import network_from_edges


def agreed(instance, solver):
    """Solve deterministically, audit the bits, return the loss."""
    solution = mapper.solve(instance, solver, det_limit=1.0)
    verdict = audit(instance, solution.configuration, solution.lost)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.spurious == 0
    assert verdict.lost == solution.lost
    assert tuple(verdict.lost_by_projection) == solution.lost_by_projection
    assert verdict.valid
    return solution


@pytest.mark.parametrize("name", [name for name, _ in members("tiny")])
def test_shipped_instances(name):
    instance = load_instance(find(name))
    baseline, best = agreed(instance, "marocco"), agreed(instance, "cpsat")
    assert best.lost <= baseline.lost
    if name == "guidebook-merged":
        assert best.lost_by_projection[0] <= 258 + (best.lost - best.bounds.any_placement.value)
    else:
        assert best.lost == 0
        assert best.status == "optimal"


@pytest.mark.parametrize("solver", ["marocco", "cpsat"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_instances_map_and_agree(solver, seed):
    instance, _ = planted_instance(seed)
    agreed(instance, solver)


FRACTIONS = {
    "neurons": 0.01, "drivers": 0.03, "hbuses": 0.02, "vbuses": 0.02, "hrepeaters": 0.01, "vrepeaters": 0.01,
    "crossbarswitches": 0.02, "synapseswitches": 0.03, "synapserows": 0.01, "synapses": 0.001, "hicanns": 0.1,
    "dncmergers": 0.01, "synaptic_inputs": 0.003, "backgroundgenerators": 0.1, "mergers0": 0.01, "mergers1": 0.01,
    "mergers2": 0.01, "mergers3": 0.005,
}  # fmt: skip


@settings(max_examples=8, deadline=None)
@example(9945, "marocco")  # a dead sending repeater
@given(st.integers(0, 2**31 - 1), st.sampled_from(["marocco", "cpsat"]))
def test_random_networks_on_blacklisted_wafers(seed, solver):
    rng = np.random.default_rng(seed)
    neurons, sources = int(rng.integers(1, 120)), int(rng.integers(0, 30))
    pre, post = np.nonzero(rng.random((neurons + sources, neurons)) < rng.random() * 0.5)
    network = network_from_edges(
        pre, post, neurons=neurons, sources=sources, inhibitory=rng.random(len(pre)) < rng.random()
    )
    wafer = Wafer(random_defects(seed, FRACTIONS), region=frozenset(range(12)) | frozenset(range(24, 44)))
    limits = Limits(neuron_size=int(rng.choice([2, 4, 6, 8])), driver_chain_length=int(rng.choice([1, 3, 5])))
    instance = Instance("random", network, wafer=wafer, limits=limits)
    try:
        solution = agreed(instance, solver)
    except (ResourceExhausted, PlacementError) as error:
        baseline_gave_up = solver == "marocco" and re.search("unroutable mergers|out of resources", str(error))
        if not baseline_gave_up:  # as the original does on dead mergers and on inputs without room
            raise
    else:
        assert solution.bounds.this_placement.value <= solution.lost
