"""Thin placement: dealing over blocks, populations apart, fewer blocks per HICANN."""

import numpy as np
import pytest

from mapper.placement.dealt import dealt
from mapper.placement.linear import linear
from mapper.placement.run import Spread
from models.errors import ResourceExhausted
from models.hardware import Wafer
from models.network import Network, Population


def populations(*sizes):
    return Network(tuple(Population(f"p{i}", n, "IF_cond_exp") for i, n in enumerate(sizes)))


def test_dealing_puts_neighbours_on_different_blocks(make_problem, run):
    problem = make_problem(populations(100))
    plain = run(problem, linear).placement
    spread = run(problem, dealt).placement
    assert np.array_equal(spread.hicann, plain.hicann)
    assert sorted(spread.column) == sorted(plain.column)
    assert np.count_nonzero(np.diff(plain.block) == 0) > 90
    assert np.count_nonzero(np.diff(spread.block) == 0) < 10


def test_dealing_leaves_fixed_neurons_alone(make_problem, run, request_at):
    fixed = [request_at("p0", [3, 4], blocks=((0, 5),)), request_at("p0", [9], neurons=((0, 100, 4),))]
    problem = make_problem(populations(40), placement=fixed)
    placement = run(problem, dealt).placement
    assert placement.block[[3, 4]].tolist() == [5, 5]
    assert placement.column[9] == 100
    columns = [set(range(c, c + 2)) for c in placement.column]
    assert len(set().union(*columns)) == 80


def test_populations_apart_share_no_hicann(make_problem, run):
    problem = make_problem(populations(100, 10, 130))

    def stage(problem, draft, context):
        return linear(problem, draft, context, separate_populations=True)

    placement = run(problem, stage).placement
    homes = [set(placement.hicann[problem.network.population_of == p]) for p in range(3)]
    assert homes == [{0}, {1}, {2, 3}]


def test_blocks_per_hicann(make_problem, run):
    problem = make_problem(populations(100))

    def stage(problem, draft, context):
        return linear(problem, draft, context, blocks_per_hicann=2, neurons_per_block=10)

    placement = run(problem, stage).placement
    assert placement.block.max() == 1
    assert np.bincount(placement.hicann).tolist() == [20] * 5


@pytest.mark.parametrize("wrong", [{"neurons_per_block": 0}, {"blocks_per_hicann": 0}, {"blocks_per_hicann": 9}])
def test_numbers_out_of_range(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=rf"{name} must be .*\(got {value}\)"):
        Spread(**wrong)


def test_no_room_for_a_thin_placement(make_problem, run):
    problem = make_problem(populations(10, 10), wafer=Wafer(region=frozenset({0})))

    def stage(problem, draft, context):
        return linear(problem, draft, context, separate_populations=True)

    with pytest.raises(ResourceExhausted, match="no room for 10 neurons of p1"):
        run(problem, stage)


def test_a_spread_may_begin_in_the_middle_of_the_wafer(make_problem, run):
    problem = make_problem(populations(300))

    def stage(problem, draft, context):
        return linear(problem, draft, context, hicann_order="spiral")

    placement = run(problem, stage).placement
    assert placement.hicann[[0, 128, 256]].tolist() == [174, 210, 209]

    def wrong(problem, draft, context):
        return linear(problem, draft, context, hicann_order="random")

    with pytest.raises(ValueError, match="enum or spiral"):
        run(problem, wrong)
