"""marocco's merging on networks: chain constraint, strategies, defects, shared buses."""

from functools import partial

import pytest

from mapper.merging import marocco_greedy, one_to_one
from mapper.placement import linear
from models.errors import PlacementError
from models.hardware import Defects, Wafer
from models.mapping import OUTPUT
from models.network import AllToAll, Network, Population, Projection, Static

H = 123


def pairs_of_two():
    """Return marocco's hw_merging_spl1_should_merge_some: 8 populations of 2, every ordered pair connected."""
    populations = tuple(Population(f"p{b}", 2, "IF_cond_exp") for b in range(8))
    projections = [
        Projection(f"{a.name}{b.name}", (a.view(),), (b.view(),), "excitatory", AllToAll(), Static(1.0))
        for a in populations
        for b in populations
    ]
    return Network(populations, tuple(projections))


def on_blocks(request_at):
    return [request_at(f"p{b}", range(2), blocks=((H, b),)) for b in range(8)]


def block_map(mapping, hicann=H):
    return mapping.merging.block_to_dnc[hicann].tolist()


def test_as_many_blocks_as_three_drivers_allow(make_problem, run, request_at):
    problem = make_problem(pairs_of_two(), placement=on_blocks(request_at))
    mapping = run(problem, linear, marocco_greedy)
    assert block_map(mapping) == [3, 3, 3, 3, 5, 5, 5, 5]
    assert (mapping.merging.mode[H] == OUTPUT).nonzero()[0].tolist() == [3, 5]
    assert (mapping.merging.block_to_dnc >= 0).sum() == 8


@pytest.mark.parametrize(("chain", "dncs"), [(1, {1, 3, 5, 6}), (2, {3, 5}), (4, {3})])
def test_the_calibrated_chain_length_counts(make_problem, run, request_at, chain, dncs):
    problem = make_problem(
        pairs_of_two(), placement=on_blocks(request_at), calibrated_chain_length=chain, driver_chain_length=3
    )
    assert set(block_map(run(problem, linear, marocco_greedy))) == dncs


def test_strategies(make_problem, run, request_at):
    problem = make_problem(pairs_of_two(), placement=on_blocks(request_at))
    fewest = partial(marocco_greedy, strategy="minimize_number_of_sending_repeaters")
    assert block_map(run(problem, linear, fewest)) == [3] * 8
    assert block_map(run(problem, linear, one_to_one)) == list(range(8))
    assert block_map(run(problem, linear, partial(marocco_greedy, strategy="one_to_one"))) == list(range(8))
    with pytest.raises(ValueError, match="unknown merging strategy 'best': there are minimize_as_possible"):
        run(problem, linear, partial(marocco_greedy, strategy="best"))


def test_only_blocks_with_neurons_leave(make_problem, run):
    network = Network((Population("n", 40, "IF_cond_exp"),))
    assert block_map(run(make_problem(network), linear, marocco_greedy), 0) == [3, 3, 3] + [-1] * 5
    assert block_map(run(make_problem(network), linear, one_to_one), 0) == [0, 1, 2] + [-1] * 5


def test_addresses_limit_a_bus(make_problem, run):
    network = Network((Population("n", 40, "IF_cond_exp"),))
    mapping = run(make_problem(network, sources_per_bus=20), linear, marocco_greedy)
    assert block_map(mapping, 0) == [0, 1, 3] + [-1] * 5


@pytest.mark.parametrize("kind", ["dncmergers", "mergers0", "mergers1", "mergers2", "mergers3"])
def test_dead_mergers_abort(make_problem, run, request_at, kind):
    """marocco MergerDefects: all mergers of a level of HICANN 3 are dead."""
    count = {"dncmergers": 8, "mergers0": 8, "mergers1": 4, "mergers2": 2, "mergers3": 1}[kind]
    wafer = Wafer(Defects.from_components(components={kind: [(3, i) for i in range(count)]}))
    network = Network((Population("n", 1, "IF_cond_exp"),))
    problem = make_problem(network, wafer=wafer, placement=[request_at("n", [0], hicanns=(3,))])
    with pytest.raises(PlacementError, match="unroutable mergers: on HICANN 3 "):
        run(problem, linear, marocco_greedy)


def test_dead_merger_off_the_way_of_one_to_one(make_problem, run):
    wafer = Wafer(Defects.from_components(components={"mergers3": [(0, 0)]}))
    small, large = (Network((Population("n", n, "IF_cond_exp"),)) for n in (48, 64))
    assert block_map(run(make_problem(small, wafer=wafer), linear, one_to_one), 0)[:3] == [0, 1, 2]
    with pytest.raises(PlacementError, match="neuron block 3 cannot reach DNC merger 3"):
        run(make_problem(large, wafer=wafer), linear, one_to_one)


def all_to_all(n):
    population = Population("n", n, "IF_cond_exp")
    view = (population.view(),)
    return Network((population,), (Projection("r", view, view, "excitatory", AllToAll(), Static(1.0)),))


def test_shared_bus(make_problem, run):
    network = all_to_all(50)
    apart = run(make_problem(network), linear, marocco_greedy)
    assert len(set(block_map(apart, 0)[:4])) > 1
    view = network.populations[0].view()
    for algorithm in (marocco_greedy, one_to_one):
        together = run(make_problem(network, shared_buses=[view]), linear, algorithm)
        assert block_map(together, 0) == [3] * 4 + [-1] * 4


def test_shared_bus_that_is_too_large(make_problem, run):
    network = all_to_all(60)
    problem = make_problem(network, shared_buses=[network.populations[0].view()])
    with pytest.raises(PlacementError, match=r"shared bus: the cells of n leave on .*; place at most 59"):
        run(problem, linear, marocco_greedy)
