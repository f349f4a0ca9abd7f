"""marocco's python tests of neuron placement: exact denmems, sizes, strategies, hooks, clustering."""

from functools import partial
from inspect import signature

import pytest

from mapper.context import Context
from mapper.placement import ALGORITHMS, cluster_neuron, cluster_population
from mapper.placement.loop import Ordered
from mapper.placement.run import place
from mapper.problem import Problem
from models.errors import LimitError
from models.hardware import Limits
from models.hardware.coordinates import hicann_at
from models.network import OneToOne

CLUSTERS = ("cluster_population", "cluster_neuron")


@pytest.fixture
def placed(instance):
    """Return ``placed(algorithm, populations, projections, options={}, **instance) -> Placement``."""

    def run(algorithm, populations, projections=(), options=None, **arguments):
        problem = Problem(instance(populations, projections, **arguments))
        return algorithm(problem, problem.blank_mapping(), Context(), **(options or {})).placement

    return run


def test_a09_exact_denmems_by_block_and_by_hicann(solved, neurons, put):
    """Size 4 at column 3 of block 3, and at the top-left denmem (2, 0) of the HICANN."""
    first, second = neurons("first", 1), neurons("second", 1)
    placement = [put(first, neurons=((0, 3 * 32 + 3, 4),)), put(second, neurons=((0, 2, 4),))]
    found = solved([first, second], placement=placement).mapping.placement
    assert found.column.tolist() == [99, 2]
    assert found.width.tolist() == [2, 2]


def test_a29_neuron_sizes():
    for size in range(2, 65, 2):
        assert Limits(neuron_size=size).neuron_size == size
    for size in (-1, 0, *range(1, 64, 2), 65, 68):
        with pytest.raises(LimitError, match=rf"neuron_size must be 2..64 in steps of 2 .*got {size}\)"):
            Limits(neuron_size=size)


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name != "dealt"])
def test_a30_every_strategy_places_a_chain(solved, chain, name):
    solution = solved(*chain(*[1] * 10), options={"placement": name})
    assert (solution.mapping.placement.column >= 0).all()
    assert (solution.synapses, solution.lost) == (9, 0)


def test_a31_a_strategy_may_choose_blocks(placed, neurons):
    """marocco hook_modularity_nb: the hook keeps neuron block 4 of HICANN 42 only."""

    def only_block_4_of_42(blocks, order, requests):
        return Ordered([block for block in order if block == 8 * 42 + 4], requests)

    algorithm = partial(
        lambda problem, draft, context, **options: place(problem, draft, only_block_4_of_42, **options),
        minimize_number_of_sending_repeaters=False,
        restrict_rightmost_neuron_blocks=False,
    )
    placement = placed(algorithm, [neurons(f"p{i}", 1) for i in range(10)])
    assert set(placement.hicann.tolist()) == {42}
    assert set(placement.block.tolist()) == {4}


def test_a32_a_strategy_may_act_after_every_step(placed, neurons):
    """marocco loop_modularity_nb: the hook drops the present block after each placement."""

    class OnePerBlock(Ordered):
        def settle(self):
            self.leave()

    def strategy(blocks, order, requests):
        return OnePerBlock(order, requests)

    algorithm = partial(
        lambda problem, draft, context, **options: place(problem, draft, strategy, **options),
        minimize_number_of_sending_repeaters=False,
        restrict_rightmost_neuron_blocks=False,
    )
    placement = placed(algorithm, [neurons(f"p{i}", 1) for i in range(10)])
    blocks = list(zip(placement.hicann.tolist(), placement.block.tolist(), strict=True))
    assert blocks == [divmod(i, 8) for i in range(10)]


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
@pytest.mark.parametrize(
    ("ordering", "block"),
    [
        ("merger_tree_friendly", 3),
        ("neuron_block_on_hicann_enum_decreasing", 7),
        ("neuron_block_on_hicann_enum_increasing", 0),
    ],
)
def test_a34_order_of_the_blocks(placed, chain, algorithm, ordering, block):
    placement = placed(algorithm, *chain(*[1] * 10), options={"neuron_block_on_hicann_ordering": ordering})
    assert set(placement.block.tolist()) == {block}
    assert set(placement.hicann.tolist()) == {174}


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_a35_defaults(algorithm):
    defaults = {n: p.default for n, p in signature(algorithm).parameters.items() if p.default is not p.empty}
    assert defaults == {
        "neuron_block_on_hicann_ordering": "merger_tree_friendly",
        "neuron_block_on_wafer_ordering": "hicann_on_wafer_then_neuron_block_on_hicann",
        "hicann_on_wafer_ordering": "spiral",
        "spiral_center": "spiral_neighbours",
        "sort_priority_targets": 1,
        "sort_priority_sources": 1,
        "population_placement_priority": "target_and_source",
        "minimize_number_of_sending_repeaters": False,
        "restrict_rightmost_neuron_blocks": False,
    }


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
@pytest.mark.parametrize(
    ("center", "hicann"),
    [("spiral_neighbours", 101), ("spiral_neighbours_source", 100), ("spiral_neighbours_target", 102)],
)
def test_a36_between_source_and_target(placed, chain, put, algorithm, center, hicann):
    """marocco clustering, cluster_source, cluster_target: P0 on HICANN 100, P2 on 102, P1 follows."""
    populations, projections = chain(1, 1, 1)
    placement = [put(populations[0], hicanns=(100,)), put(populations[2], hicanns=(102,))]
    found = placed(algorithm, populations, projections, {"spiral_center": center}, placement=placement)
    assert found.hicann.tolist() == [100, hicann, 102]


@pytest.mark.parametrize("algorithm", [cluster_population, cluster_neuron])
def test_a37_vertical_order(placed, chain, put, algorithm):
    """Three populations of 128 neurons, each a HICANN: they stand above each other."""
    populations, projections = chain(128, 128, 128, connector=OneToOne())
    found = placed(
        algorithm,
        populations,
        projections,
        {"hicann_on_wafer_ordering": "vertical"},
        placement=[put(populations[0], hicanns=(100,))],
    )
    assert (hicann_at(12, 4), hicann_at(12, 3)) == (72, 48)
    assert [set(found.hicann[128 * i : 128 * i + 128].tolist()) for i in range(3)] == [{100}, {72}, {48}]
