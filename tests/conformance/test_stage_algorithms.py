"""Every algorithm of every stage, put into the baseline's table in the place of its stage.

This weeds out fundamental failures only: a broken contract, an illegal configuration, a wrong claim, a result that
depends on the run.  How good an algorithm is, is measured elsewhere.
"""

from importlib import import_module

import numpy as np
import pytest

from emulator import audit
from mapper.configure import configure
from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, STAGES, Step, run_steps
from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance
from models.mapping import to_arrays
from models.network import network_from_edges

ALGORITHMS = [(stage, name) for stage in STAGES for name in import_module(f"mapper.{stage}").ALGORITHMS]


def random_network(neurons, sources, p, seed):
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons + sources, neurons)) < p)
    return network_from_edges(pre, post, neurons=neurons, sources=sources, inhibitory=rng.random(len(pre)) < 0.2)


PROBLEMS = {
    "one HICANN": Instance("one", random_network(40, 0, 0.2, 1)),
    "with sources": Instance("sources", random_network(150, 30, 0.1, 2)),
    "overloaded": Instance("dense", random_network(128, 0, 0.9, 3), wafer=Wafer(region=frozenset(range(12)))),
    "small neurons": Instance("small", random_network(200, 10, 0.1, 4), limits=Limits(neuron_size=2)),
    "odd widths": Instance("odd", random_network(90, 10, 0.2, 5), limits=Limits(neuron_size=6)),
    "blacklisted": Instance(
        "black",
        random_network(150, 20, 0.1, 6),
        wafer=Wafer(
            random_defects(
                6, {"neurons": 0.02, "drivers": 0.05, "vbuses": 0.05, "hbuses": 0.02, "synapses": 0.002, "hicanns": 0.1}
            )
        ),
    ),
}


def table_with(stage, name):
    """Return the baseline's table with one algorithm exchanged; what refines addresses runs after the inputs."""
    if name == "decoder_groups":
        at = STAGES.index("inputs") + 1
        return (*MAROCCO[:at], Step("addresses", name), *MAROCCO[at:])
    return tuple(Step(stage, name) if step.stage == stage else step for step in MAROCCO)


@pytest.mark.parametrize("case", PROBLEMS)
@pytest.mark.parametrize(("stage", "name"), ALGORITHMS)
def test_contract(stage, name, case):
    problem = Problem(PROBLEMS[case])
    steps = table_with(stage, name)
    at = max(i for i, step in enumerate(steps) if step.algorithm == name)
    before = run_steps(problem, steps[:at], Context(det_limit=1.0))
    frozen = {key: array.copy() for key, array in to_arrays(before, "m").items()}
    after = run_steps(problem, steps[at : at + 1], Context(det_limit=1.0), before)
    again = run_steps(problem, steps[at : at + 1], Context(det_limit=1.0), before)

    for key, array in to_arrays(before, "m").items():
        assert np.array_equal(array, frozen[key]), f"{key} of the draft was changed in place"
    for key, array in to_arrays(after, "m").items():
        assert np.array_equal(array, to_arrays(again, "m")[key]), f"{key} depends on the run"
        assert array.dtype == frozen[key].dtype
        allowed = {"inputs": ("placement", "merging", "addresses"), "rows": ("rows", "synapses")}.get(stage, (stage,))
        if key.split(".")[1] not in allowed:
            assert np.array_equal(array, frozen[key]), f"{stage} must not touch {key}"

    mapping = run_steps(problem, steps[at + 1 :], Context(det_limit=1.0), after)
    verdict = audit(problem.instance, configure(problem.instance, mapping), mapping.lost)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.valid
