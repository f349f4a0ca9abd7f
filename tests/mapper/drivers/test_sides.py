"""Sides of drivers packed by annealing: arrivals, effort, and what stays."""

from dataclasses import replace

import numpy as np
import pytest

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.drivers import sides
from mapper.drivers.sides import Packer
from mapper.problem import Problem
from mapper.solvers import MAROCCO, run_steps
from models.instance import Instance
from models.network import network_from_edges


@pytest.fixture(scope="module")
def packing():
    """Return packer, pairs, curves and arrivals of a mapping whose drivers are short."""
    rng = np.random.default_rng(5)
    pre, post = np.nonzero(rng.random((150, 150)) < 0.5)
    problem = Problem(Instance("t", network_from_edges(pre, post, neurons=150)))
    mapping = run_steps(problem, MAROCCO[:5], Context())
    wanted = demand(problem, mapping.placement, mapping.addresses)
    curve = service_curves(
        CellTables.of(problem, mapping.placement, mapping.addresses), wanted, problem.limits.driver_chain_length
    )
    routing = mapping.routing
    arrival = np.stack([routing.arrival_net, routing.arrival_hicann, routing.arrival_segment], axis=1).astype(np.int64)
    return Packer(problem), wanted, curve, arrival


def test_nothing_arrives_and_nothing_is_packed(packing):
    packer, wanted, curve, _ = packing
    assert packer.pack(wanted, curve, np.zeros((0, 3), np.int64), {}, seed=1) == {}
    assert len(packer.drivers({}).net) == 0


def test_sides_that_are_late_get_a_tenth_of_the_moves(packing, monkeypatch):
    packer, wanted, curve, arrival = packing
    moves = []
    anneal = sides.anneal_chains

    def counted(*arguments):
        moves.append(arguments[5])
        return anneal(*arguments)

    monkeypatch.setattr(sides, "anneal_chains", counted)
    late = iter([False] + [True] * 100)
    packed = packer.pack(wanted, curve, arrival, {}, seed=1, effort=200, late=lambda: next(late))
    lines = [len(side.net) for side in packed.values()]
    assert len(lines) > 1
    assert moves == [200 * lines[0], *(20 * n for n in lines[1:])]


def test_a_side_that_did_not_change_is_kept(packing):
    packer, wanted, curve, arrival = packing
    packed = packer.pack(wanted, curve, arrival, {}, seed=1)
    again = packer.pack(wanted, curve, arrival, packed, seed=2)
    assert all(again[where] is packed[where] for where in packed)
    where, side = next(iter(packed.items()))
    changed = packer.pack(wanted, curve, arrival, {where: replace(side, net=side.net + 1)}, seed=2)
    assert changed[where] is not side
