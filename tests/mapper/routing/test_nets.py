"""From nets to trees: order of nets, blocked lines, and the shape of the result."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mapper.context import Context
from mapper.problem import Problem
from mapper.routing import ALGORITHMS, backbone, dijkstra
from mapper.routing.nets import by_priority, routing_of, sending_segment, source_nets
from models.hardware import Limits, Wafer
from models.hardware.coordinates import hicann_at
from models.hardware.layer1 import N_LINES, hline
from models.network import AllToAll, Network, Population, Projection, Static

#: Six HICANNs in two columns; every population is one neuron, all project to all.
PLACES = [hicann_at(x, y) for x in (5, 8) for y in (5, 6, 7)]


@pytest.fixture
def problem():
    populations = [Population(f"p{k}", 1, "IF_cond_exp") for k in range(6)] + [Population("mute", 1, "IF_cond_exp")]
    projections = [
        Projection(f"{a.name}-{b.name}", (a.view(),), (b.view(),), "excitatory", AllToAll(), Static(0.01))
        for a in populations[:6]
        for b in populations[:6]
        if a is not b
    ]
    network = Network(tuple(populations), tuple(projections))
    return Problem(cast(Any, SimpleNamespace(network=network, wafer=Wafer(), limits=Limits(), placement=())))


@pytest.fixture
def draft(problem):
    blank = problem.blank_mapping()
    blank.placement.hicann[:] = [*PLACES, PLACES[0]]
    blank.placement.column[:] = [0] * 6 + [32]
    blank.placement.width[:] = 2
    blank.addresses.dnc[:] = [0] * 6 + [1]
    blank.addresses.address[:] = 63
    return blank


def test_sending_lines():
    assert [sending_segment(8 * 2 + dnc) - 2 * N_LINES for dnc in range(8)] == [62, 54, 46, 38, 30, 22, 14, 6]


def test_only_populations_with_projections_are_sources(problem, draft):
    assert source_nets(problem, draft).tolist() == sorted(8 * h for h in PLACES)


@pytest.mark.parametrize("router", [backbone, dijkstra])
def test_trees_are_disjoint_and_rooted(problem, draft, router):
    routing = router(problem, draft, Context()).routing
    assert len(set(routing.segment.tolist())) == len(routing.segment)
    seen: set[tuple[int, int]] = set()
    for net, segment, parent in zip(routing.net, routing.segment, routing.parent, strict=True):
        if parent < 0:
            assert segment == sending_segment(int(net))
        else:
            assert (net, parent) in seen
        seen.add((net, segment))
    for net, hicann, segment in zip(routing.arrival_net, routing.arrival_hicann, routing.arrival_segment, strict=True):
        assert (net, segment) in seen
        assert segment // N_LINES == hicann


def test_backbone_reaches_everybody_and_dijkstra_one_per_column(problem, draft):
    reached = {
        name: len(ALGORITHMS[name](problem, draft, Context()).routing.arrival_net) for name in ("backbone", "dijkstra")
    }
    assert reached == {"backbone": 30, "dijkstra": 12}
    routing = dijkstra(problem, draft, Context(), exclusiveness="per_route").routing
    assert len(routing.arrival_net) == 30


def test_sending_lines_of_others_are_not_used(problem, draft):
    routing = backbone(problem, draft, Context()).routing
    sending = {sending_segment(8 * h): 8 * h for h in PLACES}
    for net, segment in zip(routing.net.tolist(), routing.segment.tolist(), strict=True):
        assert sending.get(segment, net) == net


def test_warnings_name_failed_nets(problem, draft):
    events: list[Any] = []
    dijkstra(problem, draft, Context(listener=events.append))
    assert {e.kind for e in events} == {"warning"}
    assert "3 of 5 HICANNs not reached" in events[0].message


def test_priority_decides_the_order(problem, draft):
    nets = source_nets(problem, draft)
    order = [8 * h for h in PLACES]
    assert by_priority(problem, draft, nets, {}) == sorted(order)
    high = by_priority(problem, draft, nets, {"p4-p0": 2.0, "p3-p0": 1.5})
    assert high == [order[4], order[3], *sorted(set(order) - {order[4], order[3]})]
    assert by_priority(problem, draft, nets, "p4-p0=2, p3-p0=1.5") == high


def test_wrong_priorities_are_refused(problem, draft):
    nets = source_nets(problem, draft)
    with pytest.raises(ValueError, match=r"must be at least 1 \(got 0.5\)"):
        by_priority(problem, draft, nets, {"p0-p1": 0.5})
    with pytest.raises(ValueError, match="unknown projection 'p9'"):
        by_priority(problem, draft, nets, {"p9": 2.0})
    with pytest.raises(ValueError, match="name=value with a number"):
        by_priority(problem, draft, nets, "p0-p1=high")


def test_wrong_options_are_refused(problem, draft):
    with pytest.raises(ValueError, match="exclusiveness must be one of global, per_route"):
        dijkstra(problem, draft, Context(), exclusiveness="none")
    with pytest.raises(ValueError, match="unknown order of crossbar switches"):
        backbone(problem, draft, Context(), switch_ordering="random")


def test_time_is_up(problem, draft):
    context = Context()
    context.stop.set()
    for router in (backbone, dijkstra):
        assert len(router(problem, draft, context).routing.net) == 0


def test_paths_merge_into_one_tree():
    a, b, c, d = (hline(0, h) for h in (6, 8, 10, 12))
    routing = routing_of([(9, {}), (7, {5: [a, b, d], 3: [a, b, c]})])
    assert routing.net.tolist() == [7] * 4
    assert list(zip(routing.segment.tolist(), routing.parent.tolist(), strict=True)) == [
        (a, -1), (b, a), (c, b), (d, b),
    ]  # fmt: skip
    assert routing.arrival_hicann.tolist() == [3, 5]
    assert routing.arrival_segment.tolist() == [c, d]


def test_an_empty_network_has_no_routes(problem, draft):
    silent = replace(draft, addresses=replace(draft.addresses, dnc=np.full(7, -1, np.int8)))
    for router in (backbone, dijkstra):
        assert len(router(problem, silent, Context()).routing.net) == 0
