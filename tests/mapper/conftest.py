"""Small instances for the tests of the mapper's stages."""

from dataclasses import replace

import numpy as np
import pytest

from mapper.context import Context
from mapper.problem import Problem
from models.hardware import Limits, Wafer
from models.instance import Instance, PlacementRequest
from models.network import View


@pytest.fixture
def make_instance():
    """Return ``make_instance(network, wafer=, placement=, shared_buses=, **limits) -> Instance``."""

    def make(network, *, wafer=None, placement=(), shared_buses=(), **limits):
        return Instance(
            "test",
            network,
            wafer=wafer or Wafer(),
            limits=Limits(**limits),
            placement=tuple(placement),
            shared_buses=tuple(shared_buses),
        )

    return make


@pytest.fixture
def make_problem(make_instance):
    """Return ``make_problem(network, ...) -> Problem`` with the arguments of ``make_instance``."""
    return lambda network, **arguments: Problem(make_instance(network, **arguments))


@pytest.fixture
def run():
    """Return ``run(problem, stage, ..., draft=) -> Mapping``: run stage functions one after the other."""

    def run_stages(problem, *stages, draft=None, context=None):
        mapping = draft or problem.blank_mapping()
        for stage in stages:
            mapping = stage(problem, mapping, context or Context())
        return mapping

    return run_stages


@pytest.fixture
def request_at():
    """Return ``request_at(population, indices, **where) -> PlacementRequest``."""

    def request(population, indices, **where):
        return PlacementRequest(View(population, tuple(indices)), where="net.yaml:7:3", **where)

    return request


@pytest.fixture
def put():
    """Return ``put(draft, cells, hicann, column, width) -> Mapping``: place neurons by hand, in this order."""

    def place(draft, cells, hicann, column, width):
        placement = draft.placement
        arrays = [a.copy() for a in (placement.hicann, placement.column, placement.width, placement.sequence)]
        first = int(placement.sequence.max(initial=-1)) + 1
        values = (hicann, column, width, np.arange(first, first + len(cells)))
        for array, value in zip(arrays, values, strict=True):
            array[cells] = value
        return replace(draft, placement=type(placement)(*arrays))

    return place
