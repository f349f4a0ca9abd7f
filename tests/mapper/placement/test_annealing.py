"""Annealing: tables against a recount, locality found again, constraints, options, determinism."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.estimate import estimate
from mapper.kernels.bisection import refine_bisection
from mapper.kernels.placement import anneal, arrange
from mapper.placement.annealing import annealed, annealing, exchange_groups
from mapper.placement.dealt import dealt
from mapper.placement.linear import linear
from mapper.placement.load_model import load_model, price_of_usage, regular_buses, units_of
from mapper.placement.multilevel import assign_by_min_cut
from mapper.problem import Problem
from mapper.solvers import Step, run_steps
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance, PlacementRequest
from models.network import network_from_edges

AFTER = (
    Step("merging", "driver_aware"),
    Step("addresses", "high_first"),
    Step("inputs", "nearest", {"working_buses": True}),
)


def random_problem(n, sources, degree, seed, **arguments):
    rng = np.random.default_rng(seed)
    pre = rng.integers(0, n + sources, degree * n)
    post = rng.integers(0, n, degree * n)
    network = network_from_edges(pre, post, neurons=n, sources=sources, inhibitory=rng.random(len(pre)) < 0.3)
    return Problem(Instance("random", network, **arguments))


def shuffled_ring(n, reach, seed):
    """Return a ring whose neurons project to the ``reach`` next ones, numbered at random."""
    rng = np.random.default_rng(seed)
    name = rng.permutation(n)
    pre = np.repeat(np.arange(n), reach)
    post = (pre + np.tile(np.arange(1, reach + 1), n)) % n
    return Problem(Instance("ring", network_from_edges(name[pre], name[post], neurons=n)))


def same_hicann(problem, placement):
    synapses = problem.synapses
    return float(np.mean(placement.hicann[synapses.pre] == placement.hicann[synapses.post]))


@pytest.mark.parametrize(("size", "sources", "chain"), [(4, 0, 3), (4, 20, 1), (2, 7, 3), (6, 0, 2), (8, 5, 5)])
def test_the_tables_stay_what_a_recount_gives(size, sources, chain):
    limits = Limits(neuron_size=size, driver_chain_length=chain)
    problem = random_problem(150, sources, 12, 1, limits=limits)
    placement = linear(problem, problem.blank_mapping(), Context(), neurons_per_block=3).placement
    units = units_of(problem, placement, regular_buses(problem, 2))
    price = price_of_usage(problem, placement, units)
    model = load_model(problem, placement, units, price)
    cells = np.flatnonzero(placement.column >= 0)
    order = cells[np.argsort(model.state.home_of[cells], kind="stable")]
    start = np.searchsorted(model.state.home_of[order], np.arange(len(model.homes) + 1))
    slot_of = np.argsort(np.concatenate([order, np.arange(len(cells), problem.n_cells)]))
    group = exchange_groups(problem, placement)
    rise, _, _ = anneal(
        cells, group, start, order, slot_of, model.net, model.buses, model.state, model.touched, np.uint64(5),
        0, 500, 500, 5.0, 0.5,
    )  # fmt: skip
    places = np.arange(problem.n_cells)
    places[order] = cells[np.argsort(placement.hicann[cells], kind="stable")]
    assert np.count_nonzero(places != np.arange(problem.n_cells)) > 50
    moved = replace(placement, **{f: getattr(placement, f)[places] for f in ("hicann", "column", "sequence")})
    again = load_model(problem, moved, units_of(problem, moved, regular_buses(problem, 2)), price)
    assert again.cost == pytest.approx(model.cost + rise)
    for name in model.state._fields:
        assert np.array_equal(getattr(model.state, name), getattr(again.state, name)), name


@pytest.mark.parametrize(("n", "degree", "chain"), [(120, 30, 3), (120, 60, 1), (300, 40, 2)])
def test_the_expected_loss_is_that_of_the_exact_rows_before_routing(n, degree, chain):
    problem = random_problem(n, 0, degree, 3, limits=Limits(driver_chain_length=chain))
    draft = run_steps(problem, (Step("placement", "linear", {"neurons_per_block": 15}), *AFTER), Context())
    units = units_of(problem, draft.placement, draft.merging.block_to_dnc.astype(np.int64), draft)
    model = load_model(problem, draft.placement, units, 0.0)
    exact = estimate(problem, draft).lost
    assert model.lost == pytest.approx(exact, rel=0.05, abs=0.005 * len(problem.synapses))


def test_a_shuffled_ring_is_local_again():
    problem = shuffled_ring(512, 20, 4)
    start = linear(problem, problem.blank_mapping(), Context()).placement
    found = annealing(problem, problem.blank_mapping(), Context(), moves=2000).placement
    assert same_hicann(problem, start) < 0.3
    # a ring on four HICANNs in arcs keeps all but 4 of 512 borders: 1 - 4 * 210 / 10240
    assert same_hicann(problem, found) > 0.85


def test_min_cut_gives_every_place_once_and_halves_two_cliques():
    clique = np.array([(i, j) for i in range(40) for j in range(40) if i != j])
    edges = np.concatenate([2 * clique, 2 * clique + 1])
    problem = Problem(Instance("cliques", network_from_edges(edges[:, 0], edges[:, 1], neurons=80)))
    hicanns = np.repeat([174, 175], 40)
    place = assign_by_min_cut(problem, np.arange(80), hicanns, np.random.default_rng(1))
    assert sorted(place) == list(range(80))
    assert len(set(hicanns[place[::2]])) == len(set(hicanns[place[1::2]])) == 1


def test_kernighan_lin_finds_the_bridge():
    path = [(i, j) for i in range(10) for j in range(10) if i != j and i // 5 == j // 5] + [(0, 9), (9, 0)]
    pairs = np.array(sorted(path))
    start = np.searchsorted(pairs[:, 0], np.arange(11))
    side = np.array([0, 1] * 5, dtype=np.int8)
    saved = refine_bisection(start, pairs[:, 1].copy(), np.ones(len(pairs)), side, 5, 10)
    assert len(set(side[:5])) == len(set(side[5:])) == 1
    # five of ten nodes alternate: 6 of 10 edges of each clique and the bridge were cut, now the bridge
    assert saved == 12


def test_whole_hicanns_move_together():
    distance = np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    ring = np.zeros((6, 6))
    for a, b in [(0, 5), (5, 1), (1, 4), (4, 2), (2, 3)]:
        ring[a, b] = ring[b, a] = 1
    place = np.arange(6)
    allowed = np.ones((6, 6), dtype=np.bool_)
    before = (ring * distance[place][:, place]).sum() / 2
    fallen = arrange(ring, distance, place, np.arange(6), allowed, np.uint64(9), 500)
    assert sorted(place) == list(range(6))
    assert (ring * distance[place][:, place]).sum() / 2 == before - fallen < before


def test_loss_falls_on_a_dense_layered_network():
    pre, post = np.meshgrid(np.arange(120), np.arange(120, 240))
    rng = np.random.default_rng(1)
    keep = rng.random(pre.shape) < 0.5
    problem = Problem(Instance("layers", network_from_edges(pre[keep], post[keep], neurons=240)))
    lost = []
    for step in (Step("placement", "linear"), Step("placement", "annealing", {"moves": 5000})):
        draft = run_steps(problem, (step, *AFTER), Context())
        lost.append(estimate(problem, draft).lost)
    assert lost[1] < 0.7 * lost[0]


def test_a_draft_is_annealed_on_its_own_places():
    problem = random_problem(200, 20, 15, 2)
    draft = run_steps(problem, (Step("placement", "linear", {"neurons_per_block": 5}), *AFTER), Context())
    found = annealed(problem, draft, Context(), moves=2000)
    old, new = draft.placement, found.placement
    blocks = [8 * p.hicann[:200].astype(int) + p.block[:200] for p in (old, new)]
    assert set(blocks[1].tolist()) <= set(blocks[0].tolist())
    assert np.bincount(blocks[1]).max() <= 5 + 1
    assert len(set(zip(new.hicann[:200].tolist(), new.column[:200].tolist(), strict=True))) == 200
    assert not np.array_equal(old.hicann[:200], new.hicann[:200])
    assert (new.hicann[200:] == -1).all()
    assert not found.merging.mode.any()
    assert run_steps(problem, AFTER, Context(), found).placement.hicann.min() >= 0


def test_no_moves_and_no_synapses_and_no_time():
    problem = random_problem(100, 0, 10, 2)
    quiet = Problem(Instance("quiet", network_from_edges(np.array([], int), np.array([], int), neurons=40)))
    assert (annealing(problem, problem.blank_mapping(), Context(), moves=0).placement.hicann == 0).all()
    assert np.array_equal(
        annealing(quiet, quiet.blank_mapping(), Context()).placement.column,
        linear(quiet, quiet.blank_mapping(), Context()).placement.column,
    )
    over = Context()
    over.stop.set()
    assert (annealing(problem, problem.blank_mapping(), over).placement.hicann == 0).all()


def test_same_seed_same_placement_and_another_seed_another_one():
    problem = random_problem(250, 0, 15, 2)
    found = [
        annealing(problem, problem.blank_mapping(), Context(seed=seed, det_limit=0.3)).placement for seed in (1, 1, 2)
    ]
    assert np.array_equal(found[0].column, found[1].column)
    assert np.array_equal(found[0].hicann, found[1].hicann)
    assert not np.array_equal(found[0].column, found[2].column)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"start": "spiral"}, "start must be one of linear, dealt .*'spiral'"), ({"moves": -1}, "negative .*-1")],
)
def test_wrong_options(options, message):
    problem = random_problem(10, 0, 2, 1)
    with pytest.raises(ValueError, match=message):
        annealing(problem, problem.blank_mapping(), Context(), **options)


def test_options_reach_the_start():
    problem = random_problem(60, 0, 10, 1)
    found = annealing(
        problem, problem.blank_mapping(), Context(), moves=500, start="dealt", neurons_per_block=2, blocks_per_hicann=4,
        hicann_order="spiral", sending_blocks=True,
    ).placement  # fmt: skip
    start = dealt(problem, problem.blank_mapping(), Context(), neurons_per_block=2, blocks_per_hicann=4).placement
    assert found.block.max() == 3
    assert np.unique(found.hicann).tolist() != np.unique(start.hicann).tolist()
    assert np.bincount(found.hicann * 8 + found.block).max() == 2


@settings(max_examples=15)
@given(
    seed=st.integers(0, 99),
    sizes=st.lists(st.sampled_from([2, 4, 6, 8]), min_size=3, max_size=3),
    dead=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 511)), max_size=30),
    shared=st.booleans(),
)
def test_requests_are_kept(seed, sizes, dead, shared):
    rng = np.random.default_rng(seed)
    network = network_from_edges(rng.integers(0, 90, 900), rng.integers(0, 90, 900), neurons=90)
    population = network.populations[0]
    view = population.view().__class__
    cells = rng.permutation(90)
    requests = [
        PlacementRequest(view(population.name, tuple(cells[:10].tolist())), hicanns=(1, 2)),
        PlacementRequest(view(population.name, tuple(cells[10:16].tolist())), blocks=((0, 3), (3, 1))),
        PlacementRequest(view(population.name, (int(cells[16]),)), neurons=((2, 200, sizes[2]),)),
        PlacementRequest(view(population.name, tuple(cells[17:40].tolist())), size=sizes[0]),
    ]
    wafer = Wafer(
        Defects.from_components(components={"neurons": [d for d in dead if d[0] != 2]}), frozenset({0, 1, 2, 3})
    )
    problem = Problem(
        Instance(
            "requests", network, wafer=wafer, limits=Limits(neuron_size=sizes[1]), placement=tuple(requests),
            shared_buses=(view(population.name, tuple(cells[40:44].tolist())),) if shared else (),
        )
    )  # fmt: skip
    start = linear(problem, problem.blank_mapping(), Context()).placement
    found = annealing(problem, problem.blank_mapping(), Context(), moves=300).placement
    assert np.isin(found.hicann[cells[:10]], [1, 2]).all()
    places = 8 * found.hicann[cells[10:16]].astype(int) + found.block[cells[10:16]]
    assert np.isin(places, [3, 25]).all()
    assert (found.hicann[cells[16]], found.column[cells[16]]) == (2, 200)
    assert np.array_equal(2 * found.width, problem.size)
    if shared:
        assert np.array_equal(found.hicann[cells[40:44]], start.hicann[cells[40:44]])
    taken = np.zeros((384, 256), dtype=int)
    for hicann, column, width in zip(found.hicann, found.column, found.width, strict=True):
        taken[hicann, column : column + width] += 1
    assert taken.max() == 1
    assert problem.wafer.columns[taken > 0].all()
