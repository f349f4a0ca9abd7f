"""Every algorithm of every stage, put into the baseline's table in the place of its stage.

This weeds out fundamental failures only: a broken contract, an illegal configuration, a wrong claim, a result that
depends on the run.  How good an algorithm is, is measured elsewhere.
"""

from importlib import import_module

import numpy as np
import pytest

from mapper.solvers import STAGES
from mapper.testing import check_algorithm
from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance
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


@pytest.mark.parametrize("case", PROBLEMS)
@pytest.mark.parametrize(("stage", "name"), ALGORITHMS)
def test_contract(stage, name, case):
    check_algorithm(stage, name, [PROBLEMS[case]], after="inputs" if name == "decoder_groups" else None)
