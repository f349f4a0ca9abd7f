"""What the scenarios share: cells, projections, and a solve whose bits are audited."""

from itertools import pairwise

import pytest

import mapper
from emulator import audit
from models.hardware import Limits, Wafer
from models.instance import Instance, PlacementRequest
from models.network import AllToAll, Network, Population, Projection, Static, View


@pytest.fixture
def neurons():
    """Return ``neurons(name, size, cell="IF_cond_exp", **params) -> Population``."""
    return lambda name, size, cell="IF_cond_exp", **params: Population(name, size, cell, params)


@pytest.fixture
def sources():
    """Return ``sources(name, size, rate=1.0) -> Population`` of Poisson sources."""
    return lambda name, size, rate=1.0: Population(name, size, "SpikeSourcePoisson", {"rate": rate})


@pytest.fixture
def project():
    """Return ``project(pre, post, connector=AllToAll(), receptor=, synapse=, tag=) -> Projection``."""

    def make(pre, post, connector=None, receptor="excitatory", synapse=None, tag=""):
        name = f"{pre.name}-{post.name}-{receptor}{tag}"
        synapse = synapse or Static(0.004)
        return Projection(name, (pre.view(),), (post.view(),), receptor, connector or AllToAll(), synapse)

    return make


@pytest.fixture
def chain(neurons, project):
    """Return ``chain(*sizes, connector=) -> (populations, projections)``: p0 to p1 to p2 ..."""

    def make(*sizes, connector=None):
        populations = [neurons(f"p{i}", n) for i, n in enumerate(sizes)]
        links = pairwise(populations)
        return populations, [project(a, b, connector) for a, b in links]

    return make


@pytest.fixture
def put():
    """Return ``put(population, indices=None, **where) -> PlacementRequest``; without indices: all cells."""

    def make(population, indices=None, **where):
        cells = range(population.size) if indices is None else tuple(indices)
        return PlacementRequest(View(population.name, cells), where="net.yaml:7:3", **where)

    return make


@pytest.fixture
def instance():
    """Return ``instance(populations, projections=(), placement=(), wafer=None, **limits) -> Instance``."""

    def make(populations, projections=(), *, placement=(), wafer=None, **limits):
        network = Network(tuple(populations), tuple(projections))
        return Instance(
            "scenario", network, wafer=wafer or Wafer(), limits=Limits(**limits), placement=tuple(placement)
        )

    return make


@pytest.fixture
def solved(instance):
    """Return ``solved(populations, projections=(), solver="marocco", options=None, **instance) -> Solution``.

    The emulator finds no broken rule in the bits, and exactly the loss that is claimed.
    """

    def solve(populations, projections=(), *, solver="marocco", options=None, **arguments):
        problem = instance(populations, projections, **arguments)
        solution = mapper.solve(problem, solver, det_limit=1.0, options=options)
        verdict = audit(problem, solution.configuration, solution.lost)
        assert [str(v) for v in verdict.violations] == []
        assert verdict.spurious == 0
        assert tuple(verdict.lost_by_projection) == solution.lost_by_projection
        assert verdict.valid
        return solution

    return solve
