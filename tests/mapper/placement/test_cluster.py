"""Clustering placements: order, memory, options, and the neuron variant against its rule written out."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.placement import cluster_neuron, cluster_population
from mapper.placement.cluster import BLOCK_ORDERS, CENTRES, HICANN_ORDERS, PRIORITIES
from mapper.placement.orders import spiral, vertical
from mapper.problem import Problem
from models.errors import ResourceExhausted
from models.hardware import Defects, Limits, Wafer
from models.hardware.coordinates import X, Y
from models.instance import Instance, PlacementRequest
from models.network import AllToAll, FromList, Network, Population, Projection, Static, View


def connected(sizes, pairs, connector=None):
    populations = [Population(f"p{i}", n, "IF_cond_exp") for i, n in enumerate(sizes)]
    projections = [
        Projection(
            f"{a}-{b} {i}",
            (populations[a].view(),),
            (populations[b].view(),),
            "excitatory",
            connector or AllToAll(),
            Static(0.004),
        )
        for i, (a, b) in enumerate(pairs)
    ]
    return Network(tuple(populations), tuple(projections))


@pytest.fixture
def placed(make_problem):
    def run(algorithm, network, *, options=None, **arguments):
        problem = make_problem(network, **arguments)
        return algorithm(problem, problem.blank_mapping(), Context(), **(options or {})).placement

    return run


def order_of(placement, network):
    """Return the populations in the order in which their first cells were placed."""
    order = np.argsort(placement.sequence)
    return list(dict.fromkeys(network.population_of[order].tolist()))


def test_vertical_order():
    assert vertical(12.0, 5.0)[:5].tolist() == [100, 72, 132, 48, 168]
    assert {int(X[h]) for h in vertical()[:32]} == {17, 18}


def test_the_last_population_starts_and_the_best_connected_follows(placed):
    # 4 starts, its targets 0 and 3 are queued; 3 has two projections with it, and 1 hangs on 0
    network = connected([1] * 5, [(4, 0), (4, 3), (3, 4), (0, 1)])
    assert order_of(placed(cluster_population, network), network) == [4, 3, 0, 1, 2]
    assert order_of(placed(cluster_neuron, network), network) == [4, 3, 0, 1, 2]


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({"population_placement_priority": "target"}, [4, 1, 3, 2, 0]),
        ({"population_placement_priority": "source"}, [4, 0, 3, 2, 1]),
        ({"sort_priority_targets": 3}, [4, 0, 1, 3, 2]),
        ({"sort_priority_sources": 3}, [4, 1, 0, 3, 2]),
    ],
)
@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_targets_and_sources_can_be_preferred(placed, algorithm, options, order):
    network = connected([1] * 5, [(0, 4), (4, 1)])
    assert order_of(placed(algorithm, network, options=options), network) == order


def test_single_source_follows_the_targets_of_what_was_placed_last(placed):
    network = connected([1] * 6, [(5, 0), (0, 1), (5, 2), (3, 5)])
    found = placed(cluster_neuron, network, options={"population_placement_priority": "single_source"})
    # 5 first, then all of its targets; 0, placed last, has 1; 3 is no target of anything and keeps its turn
    assert order_of(found, network) == [5, 2, 0, 1, 4, 3]
    with pytest.raises(ValueError, match="'single_source' needs placement cluster_neuron"):
        placed(cluster_population, network, options={"population_placement_priority": "single_source"})


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_blocks_before_hicanns(placed, algorithm):
    network = connected([40], [(0, 0)])
    options = {"neuron_block_on_wafer_ordering": "neuron_block_on_hicann_then_hicann_on_wafer"}
    found = placed(algorithm, network, options=options, neuron_size=4)
    assert set(found.block.tolist()) == {3}
    assert len(set(found.hicann.tolist())) == 3


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_placed_partners_attract_unless_they_lie_on_exact_denmems(placed, request_at, algorithm):
    network = connected([1, 1], [(0, 1)])
    for where, hicann in (
        ({"hicanns": (9,)}, 9),
        ({"blocks": ((9, 5),)}, 9),
        ({"neurons": ((9, 0, 4),)}, 174),
    ):
        found = placed(algorithm, network, placement=[request_at("p0", [0], **where)])
        assert found.hicann.tolist() == [9, hicann]


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_blocks_with_defects_are_filled_around(placed, algorithm):
    wafer = Wafer(Defects.from_components(components={"neurons": [(0, c) for c in range(0, 256, 3)]}), frozenset({0}))
    found = placed(algorithm, connected([20, 5], [(0, 1)]), wafer=wafer, neuron_size=4)
    assert len(set(found.column.tolist())) == 25
    with pytest.raises(ResourceExhausted, match="unable to place all populations: no room for"):
        placed(algorithm, connected([80, 80], [(0, 1)]), wafer=wafer, neuron_size=4)


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("neuron_block_on_hicann_ordering", "random"),
        ("neuron_block_on_wafer_ordering", "spiral"),
        ("hicann_on_wafer_ordering", "horizontal"),
        ("spiral_center", "middle"),
        ("population_placement_priority", "both"),
        ("sort_priority_targets", -1),
        ("sort_priority_sources", -2),
    ],
)
def test_unknown_options(placed, algorithm, option, value):
    with pytest.raises(ValueError, match=rf"{option} must .*got {value!r}"):
        placed(algorithm, connected([1], []), options={option: value})


class Rule:
    """marocco's ClusterByNeuronConnectivity with lists: every queue and block sorted again after every neuron."""

    def __init__(self, problem, options):
        self.options, self.degree, self.order, self.at = options, Counter(), [], {}
        self.history = []
        self.room = dict.fromkeys(range(8 * 384), 64)
        edges = zip(problem.synapses.projection, problem.synapses.pre, problem.synapses.post, strict=True)
        edges = sorted({tuple(map(int, e)) for e in edges})
        cells = range(problem.n_cells)
        self.targets = {c: [post for _, pre, post in edges if pre == c] for c in cells}
        self.sources = {c: [pre for _, pre, post in edges if post == c] for c in cells}

    def connect(self, cell):
        priority = self.options["population_placement_priority"]
        wanted = PRIORITIES.get(priority, (False, False))
        for partners, by, queued in (
            (self.targets[cell], self.options["sort_priority_sources"], wanted[0]),
            (self.sources[cell], self.options["sort_priority_targets"], wanted[1]),
        ):
            for partner in partners:
                self.degree[partner] += by
                if queued:
                    self.enqueue(partner)

    def enqueue(self, cell):
        if cell in self.unconnected:
            self.unconnected.remove(cell)
            self.queue.append(cell)

    def settle(self):
        self.queue.sort(key=lambda c: self.degree[c])
        if not self.queue and self.options["population_placement_priority"] == "single_source":
            while self.history and not self.queue:
                for target in self.targets[self.history.pop()]:
                    self.enqueue(target)
            self.queue.sort(key=lambda c: self.degree[c])
        if not self.queue and self.unconnected:
            self.queue.append(self.unconnected.pop())
        if self.queue:
            self.sort_blocks()

    def sort_blocks(self):
        cell, (targets, sources) = self.queue[-1], CENTRES[self.options["spiral_center"]]
        partners = set(self.targets[cell] if targets else []) | set(self.sources[cell] if sources else [])
        places = [self.at[c] // 8 for c in partners if c in self.at]
        centre = [float(np.float32(np.mean([axis[h] for h in places]))) for axis in (X, Y)] if places else [17.5, 7.5]
        near = {int(h): i for i, h in enumerate(HICANN_ORDERS[self.options["hicann_on_wafer_ordering"]](*centre))}
        turn = BLOCK_ORDERS[self.options["neuron_block_on_hicann_ordering"]].index
        hicann_first = self.options["neuron_block_on_wafer_ordering"].startswith("hicann")
        self.blocks.sort(
            key=lambda b: (near[b // 8], turn(b % 8)) if hicann_first else (turn(b % 8), near[b // 8]), reverse=True
        )

    def fill(self, blocks, requests, size):
        parts = [list(range(first, first + count)) for first, count in requests]
        while any(len(part) > 1 for part in parts):
            part = next(part for part in parts if len(part) > 1)
            parts.append([part.pop(0)])
        self.unconnected, self.queue, self.blocks = [part[0] for part in parts], [], list(blocks)
        for cell in self.order:
            self.connect(cell)
        self.settle()
        while self.queue and self.blocks:
            if self.room[self.blocks[-1]] < size:
                self.blocks.pop()
                continue
            cell = self.queue.pop()
            self.room[self.blocks[-1]] -= size
            self.at[cell] = self.blocks[-1]
            self.order.append(cell)
            self.history.append(cell)
            self.connect(cell)
            self.settle()


OPTIONS = st.fixed_dictionaries(
    {
        "neuron_block_on_hicann_ordering": st.sampled_from(sorted(BLOCK_ORDERS)),
        "neuron_block_on_wafer_ordering": st.sampled_from(
            ["hicann_on_wafer_then_neuron_block_on_hicann", "neuron_block_on_hicann_then_hicann_on_wafer"]
        ),
        "hicann_on_wafer_ordering": st.sampled_from(sorted(HICANN_ORDERS)),
        "spiral_center": st.sampled_from(sorted(CENTRES)),
        "sort_priority_targets": st.integers(0, 3),
        "sort_priority_sources": st.integers(0, 3),
        "population_placement_priority": st.sampled_from([*sorted(PRIORITIES), "single_source"]),
    }
)


@settings(max_examples=80, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=4),
    edges=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=60),
    size=st.sampled_from([16, 32, 64]),
    by_hand=st.integers(0, 3),
    options=OPTIONS,
)
def test_agrees_with_the_rule_written_out(sizes, edges, size, by_hand, options):
    populations = len(sizes)
    pairs = [(a, b) for a in range(populations) for b in range(populations)]
    network = connected(sizes, pairs)
    projections = [
        Projection(
            p.name, p.pre, p.post, p.receptor,
            FromList([(i, j) for i, j in edges[k :: len(pairs)] if i < sizes[a] and j < sizes[b]]),
            p.synapse,
        )
        for k, (p, (a, b)) in enumerate(zip(network.projections, pairs, strict=True))
    ]  # fmt: skip
    network = Network(network.populations, tuple(projections))
    region = [int(h) for h in spiral()[:12]]
    by_hand = min(by_hand, sizes[0])
    requests = [PlacementRequest(View("p0", (i,)), hicanns=(region[3 * i],)) for i in range(by_hand)]
    problem = Problem(
        Instance(
            "h", network, wafer=Wafer(region=frozenset(region)), limits=Limits(neuron_size=size),
            placement=tuple(requests),
        )
    )  # fmt: skip
    rule = Rule(problem, options)
    for i in range(by_hand):
        rule.fill([8 * region[3 * i] + b for b in range(8)], [(i, 1)], size)
    rest = [(by_hand, sizes[0] - by_hand)] if by_hand < sizes[0] else []
    rest += [(int(network.offsets[p]), sizes[p]) for p in range(1, populations)]
    rule.fill([8 * h + b for h in region for b in range(8)], rest, size)
    found = cluster_neuron(problem, problem.blank_mapping(), Context(), **options).placement
    assert np.argsort(found.sequence).tolist() == rule.order
    assert (8 * found.hicann + found.block).tolist() == [rule.at[c] for c in range(problem.n_cells)]
