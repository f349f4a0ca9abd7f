"""One small instance with defects, manual placement and hostile names, and two solutions of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import mapper
from models.hardware.defects import Defects
from models.hardware.limits import Limits
from models.hardware.wafer import Wafer
from models.instance import Instance, PlacementRequest
from models.network import FixedProbability, Network, Population, Projection, Static, View

HOSTILE = "</script><img src=x onerror=alert(1)>"


def network() -> Network:
    neurons, others = Population("neuron", 60, "IF_cond_exp"), Population(HOSTILE, 30, "IF_cond_exp")
    sources = Population("source", 20, "SpikeSourcePoisson", {"rate": 2.0})
    rule, weight = FixedProbability(0.3, 1, True), Static(0.004)
    return Network(
        (neurons, others, sources),
        (
            Projection("drive", (sources.view(),), (neurons.view(),), "excitatory", rule, weight),
            Projection(HOSTILE, (neurons.view(0, 60, 2),), (others.view(),), "inhibitory", rule, weight),
            Projection("back", (others.view(), sources.view(0, 5)), (neurons.view(),), "excitatory", rule, weight),
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def case() -> SimpleNamespace:
    """Return the instance, two different lossy solutions of it, their labels, and bits with a broken rule."""
    defects = Defects.from_components([100], [], [(0, 1)], {"drivers": [(210, 3), (210, 4)], "hbuses": [(175, 0)]})
    request = PlacementRequest(View("neuron", range(0, 10)), hicanns=(210, 211), where="x.yaml:1:1")
    limits = Limits.from_mapping({"driver_chain_length": 1, "calibrated_chain_length": 56})
    instance = Instance(
        "case", network(), Wafer(defects), limits, (request,), title=HOSTILE, digest="sha256:case"
    )  # fmt: skip
    names = ("marocco", "marocco-cluster-neuron")
    solutions = tuple(mapper.solve(instance, name, seed=0, det_limit=1.0) for name in names)
    bits = solutions[1].configuration.copy()
    bits.generator_address[0, :] = 5
    bits.generator[0, :] = True
    return SimpleNamespace(instance=instance, solutions=solutions, labels=("first", HOSTILE), broken=bits)
