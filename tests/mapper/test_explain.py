"""Explained losses: every lost synapse gets the resource that was full, and prices agree with hand-made cases."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper.context import Context
from mapper.drivers import set_packing
from mapper.drivers.vlines import reachable
from mapper.explain import ExplainError, explain
from mapper.explain.prices import Wish, best_packing, priced_in, reach_of_group
from mapper.explain.situation import Situation
from mapper.problem import Problem
from mapper.rows import exact
from models.hardware import Limits, Wafer
from models.hardware.coordinates import GRID, X, Y
from models.hardware.layer1 import N_HLINES, N_LINES, SLOT, hline, phase_of_source, slot_at, vline
from models.hardware.mergers import ADDRESSES, sending_hline
from models.instance import Instance
from models.mapping import NO_DRIVER, NO_ROUTE, NO_ROW, NOT_PLACED, Routing
from models.network import network_from_edges

ALL = np.ones((2, 56), dtype=bool)
HICANN = 100


def instance_of(pre, post, neurons, sources, **arguments):
    network = network_from_edges(np.asarray(pre), np.asarray(post), neurons=neurons, sources=sources)
    return Instance("t", network, digest="sha256:t", **arguments)


def dense(sources, neurons, **arguments):
    """Return an instance in which every source drives every neuron of 4 denmems."""
    pre, post = np.divmod(np.arange(sources * neurons), neurons)
    return instance_of(pre + neurons, post, neurons, sources, **arguments)


def solved(instance):
    return mapper.solve(instance, "marocco", seed=1)


def on_lines(instance, vlines, per_net):
    """Return a solution: the sources, ``per_net`` on a bus, arrive on these VLines of the neurons' HICANN."""
    problem, template = Problem(instance), solved(instance)
    draft = problem.blank_mapping()
    sources = np.flatnonzero(problem.network.is_source)
    neurons = np.flatnonzero(~problem.network.is_source)
    placement, addresses = draft.placement, draft.addresses
    placement.hicann[neurons] = HICANN
    placement.column[neurons] = 2 * np.arange(len(neurons))
    placement.width[neurons] = 2
    number, rank = np.divmod(np.arange(len(sources)), per_net)
    placement.hicann[sources] = 200 + number // 8
    addresses.dnc[sources] = number % 8
    addresses.address[sources] = ADDRESSES[::-1][rank]
    net = (1600 + np.arange(len(vlines))).astype(np.int32)
    segment = np.array([vline(HICANN, v) for v in vlines], dtype=np.int32)
    root = np.full(len(vlines), -1, np.int32)
    routing = Routing(net, segment, root, net, np.full(len(net), HICANN, np.int16), segment)
    mapping = set_packing(problem, replace(draft, routing=routing), Context())
    mapping = exact(problem, mapping, Context())
    return replace(template, mapping=mapping, lost=mapping.lost)


def check_books(explanation, solution):
    """Assert that every lost synapse has one resource and that the resources count them."""
    assert explanation.synapse.tolist() == np.flatnonzero(solution.mapping.synapses.cause).tolist()
    counts = np.bincount(explanation.resource, minlength=len(explanation.resources))
    assert counts.tolist() == [r.lost for r in explanation.resources]
    assert all(a.lost >= b.lost for a, b in zip(explanation.resources, explanation.resources[1:], strict=False))
    assert all(0 <= r.price <= r.lost for r in explanation.resources)


@pytest.mark.parametrize("own", [True, False])
def test_select_group_of_an_arrival_reaches_what_its_line_reaches(own):
    """Also over the adjacent HICANN: left lines of the east one, right lines of the west one."""
    instance = dense(1, 1)
    problem = Problem(instance)
    for v in range(0, 256, 5):
        solution = on_lines(instance, [v], 1)
        away = hicann_at(1 if v < 128 else -1) if not own else HICANN
        routing = replace(solution.mapping.routing, arrival_segment=np.array([vline(away, v)], np.int32))
        at = Situation.of(problem, replace(solution.mapping, routing=routing))
        side = int(at.side[0])
        assert side == (v >= 128) if own else side == (v < 128)
        expected = reachable(problem, HICANN, side, vline(away, v))
        assert (reach_of_group(int(at.group[0])) == expected).all()


def hicann_at(dx):
    return int(GRID[Y[HICANN], X[HICANN] + dx])


def test_nothing_lost_needs_no_explanation():
    instance = dense(6, 5)
    explanation = explain(instance, solved(instance))
    assert (explanation.lost, explanation.resources, explanation.by_kind()) == (0, (), {})


@pytest.mark.parametrize(("chain", "served"), [(1, 4), (2, 8), (3, 12), (4, 16)])
def test_chain_price_is_what_one_driver_more_serves(chain, served):
    """20 dense sources on one bus and neurons of 2 columns: every driver serves 4 of them, 5 neurons each."""
    instance = dense(20, 5, limits=Limits(driver_chain_length=chain))
    solution = on_lines(instance, [0], 20)
    explanation = explain(instance, solution)
    check_books(explanation, solution)
    (chain_full,) = explanation.resources
    assert (chain_full.kind, chain_full.used, chain_full.capacity) == ("driver chain", chain, chain)
    assert (chain_full.lost, chain_full.price) == (5 * (20 - served), 20.0)
    assert set(explanation.cause.tolist()) == {NO_ROW}
    assert "driver_chain_length" in chain_full.remedy
    longer = on_lines(dense(20, 5, limits=Limits(driver_chain_length=chain + 1)), [0], 20)
    assert solution.lost - longer.lost == chain_full.price


def test_the_decoder_group_that_lacks_half_rows_is_named():
    """The 15 highest addresses are group 3; 3 drivers have 6 rows, 12 half rows."""
    instance = dense(15, 5)
    (chain,) = explain(instance, on_lines(instance, [0], 15)).resources
    text = "3 drivers of at most 3; excitatory synapses of decoder group 3 need 15 half rows, got 12 (source)"
    assert (chain.lost, chain.price, chain.detail) == (15, 15.0, text)


def test_full_side_is_priced_by_the_linear_program():
    """40 buses want 3 drivers each, 120 of 112; a driver serves 4 sources of a bus, 2 neurons each."""
    vlines = [v + 32 * k for v in range(0, 32, 4) for k in (0, 1, 2, 3)] + [v + 1 for v in range(0, 32, 4)]
    instance = dense(480, 2)
    solution = on_lines(instance, vlines, 12)
    explanation = explain(instance, solution)
    check_books(explanation, solution)
    (side,) = explanation.resources
    assert (side.kind, side.hicann, side.index, side.capacity) == ("driver side", HICANN, 0, 112)
    assert side.used == 112
    assert side.lost == 2 * (480 - 4 * 112)
    assert side.price == pytest.approx(8.0)
    assert "112 of 112 drivers in use" in side.detail
    assert "packed better" not in side.detail


def test_a_wasteful_packing_is_told():
    instance = dense(12, 2)
    solution = on_lines(instance, [0], 12)
    assert solution.lost == 0
    drivers = solution.mapping.drivers
    short = replace(solution.mapping, drivers=replace(drivers, first=drivers.primary, last=drivers.primary))
    wasteful = replace(solution, mapping=exact(Problem(instance), short, Context()))
    (side,) = explain(instance, wasteful).resources
    assert (side.kind, side.used, side.lost, side.price) == ("driver side", 1, 16, 0.0)
    assert "packed better (drivers=set_packing) they save up to 16" in side.detail


def test_sixteen_buses_in_a_select_group_of_fourteen():
    vlines = [v + 32 * k for v in range(4) for k in range(4)]
    instance = dense(16, 3)
    solution = on_lines(instance, vlines, 1)
    explanation = explain(instance, solution)
    check_books(explanation, solution)
    (group,) = explanation.resources
    assert (group.kind, group.hicann, group.index) == ("select group", HICANN, 0)
    assert (group.used, group.capacity, group.lost, group.price) == (16, 14, 6, 3.0)
    assert set(explanation.cause.tolist()) == {NO_DRIVER}


@pytest.fixture
def unrouted():
    """Return ``unrouted(segments) -> (instance, solution)``: no route for one bus; another one holds segments."""

    def build(segments):
        instance = dense(8, 3)
        solution = on_lines(instance, [0], 8)
        net = np.full(len(segments), 7, np.int32)
        none, nowhere = np.empty(0, np.int32), np.empty(0, np.int16)
        routing = Routing(net, np.asarray(segments, np.int32), net - 8, none, nowhere, none)
        blank = Problem(instance).blank_mapping()
        draft = replace(solution.mapping, routing=routing, drivers=blank.drivers, rows=blank.rows)
        mapping = exact(Problem(instance), draft, Context())
        assert set(mapping.synapses.cause.tolist()) == {NO_ROUTE}
        return instance, replace(solution, mapping=mapping)

    return build


def test_all_vlines_of_the_phase_in_use(unrouted):
    phase = phase_of_source(200, 0)
    lines = N_HLINES + np.flatnonzero(SLOT[N_HLINES:] == slot_at(phase, HICANN))
    instance, solution = unrouted(HICANN * N_LINES + lines)
    explanation = explain(instance, solution)
    check_books(explanation, solution)
    (full,) = explanation.resources
    assert (full.kind, full.hicann, full.index, full.used, full.capacity) == ("arrivals", HICANN, phase, 8, 8)
    assert (full.lost, full.price) == (24, 24.0)
    # one line left: then it is not the target HICANN
    instance, solution = unrouted(HICANN * N_LINES + lines[1:])
    (full,) = explain(instance, solution).resources
    assert (full.kind, full.index, full.used, full.capacity) == ("phase", phase, 7, 3840)


def test_a_bus_that_is_walled_in(unrouted):
    graph = Wafer().graph
    sending = hline(200, sending_hline(0))
    around = np.concatenate([graph.b[graph.a == sending], graph.a[graph.b == sending]])
    instance, solution = unrouted(around)
    (full,) = explain(instance, solution).resources
    assert (full.kind, full.hicann, full.index) == ("exits", 200, 1600)
    assert (full.used, full.capacity, full.price) == (len(around), len(around), 24.0)
    instance, solution = unrouted(around[1:])
    assert explain(instance, solution).resources[0].kind == "phase"


def test_rows_that_were_not_used_are_no_want_of_drivers():
    instance = dense(6, 4)
    solution = solved(instance)
    assert solution.lost == 0
    cells = solution.mapping.synapses
    cause = cells.cause.copy()
    cause[:2] = NO_ROW
    lossy = replace(solution, mapping=replace(solution.mapping, synapses=replace(cells, cause=cause)))
    (rows,) = explain(instance, lossy).resources
    assert (rows.kind, rows.lost, rows.price) == ("half rows", 2, 2.0)


@pytest.mark.parametrize(("lose", "kind"), [("sources", "buses"), ("neurons", "places")])
def test_cells_without_a_place(lose, kind):
    instance = dense(6, 4)
    solution = solved(instance)
    problem, mapping = Problem(instance), solution.mapping
    cells = np.flatnonzero(problem.network.is_source == (lose == "sources"))[:2]
    mapping.placement.hicann[cells] = -1
    mapping.addresses.dnc[cells] = -1
    homeless = replace(solution, mapping=exact(problem, mapping, Context()))
    explanation = explain(instance, homeless)
    check_books(explanation, homeless)
    assert set(explanation.cause.tolist()) == {NOT_PLACED}
    (missing,) = explanation.resources
    per_cell = 4 if lose == "sources" else 6
    assert (missing.kind, missing.lost, missing.price) == (kind, 2 * per_cell, per_cell)


def test_only_some_synapses():
    instance = dense(20, 5)
    explanation = explain(instance, on_lines(instance, [0], 20))
    keep = np.arange(explanation.lost) < 3
    part = explanation.only(keep)
    assert (part.lost, part.resources[0].lost, part.resources[0].price) == (3, 3, explanation.resources[0].price)
    assert explanation.only(np.zeros(explanation.lost, bool)).resources == ()


def test_solution_of_another_instance_is_refused():
    instance = dense(6, 4)
    with pytest.raises(ExplainError, match="solve this instance first"):
        explain(instance, replace(solved(instance), digest="sha256:other"))


def test_a_line_more_pays_the_prices_of_its_drivers():
    """32 lines want 4 drivers each, 128 of 112, 100 synapses a driver: every driver is worth 100."""
    crowd = [Wish(np.arange(5, dtype=np.int32) * 100, reach_of_group(g)) for g in range(8) for _ in range(4)]
    packing = best_packing(crowd, ALL)
    assert packing.served == pytest.approx(11200)
    assert packing.prices == pytest.approx(np.full((2, 56), 100.0))
    greedy = Wish(np.array([0, 300, 350], dtype=np.int32), reach_of_group(0))
    assert priced_in(greedy, ALL, packing.prices) == pytest.approx(200)
    assert priced_in(crowd[0], ALL, packing.prices) == pytest.approx(0, abs=1e-6)
    assert priced_in(greedy, ALL, np.zeros((2, 56))) == 350
    assert not best_packing(crowd[:20], ALL).prices.any()


WISHES = st.lists(
    st.tuples(st.integers(0, 7), st.lists(st.integers(1, 50), min_size=1, max_size=3)), min_size=10, max_size=25
)


@settings(max_examples=15, deadline=None)
@given(WISHES, st.integers(0, 55))
def test_a_price_is_at_most_what_losing_the_driver_costs(wishes, index):
    """The optimum is concave in the drivers, so its right derivative is at most the drop to the left."""
    lines = [
        Wish(np.cumsum([0, *sorted(gains, reverse=True)], dtype=np.int32), reach_of_group(g)) for g, gains in wishes
    ]
    usable = np.zeros((2, 56), dtype=bool)
    usable[0, :20] = True
    usable[0, index % 20] = True
    packing = best_packing(lines, usable)
    without = usable.copy()
    without[0, index % 20] = False
    assert packing.prices[0, index % 20] <= packing.served - best_packing(lines, without).served + 1e-6
    assert not packing.prices[~usable].any()
