"""Automatic placement: order, packing, defects, options, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.placement import ALGORITHMS, linear, linear_descending, smaller_block
from mapper.placement.orders import spiral
from mapper.problem import Problem
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Defects, Limits, Wafer
from models.hardware.coordinates import X, Y
from models.hardware.neurons import neurons_per_hicann
from models.instance import Instance, PlacementRequest
from models.network import Network, Population


def populations(*sizes, kind="IF_cond_exp", **params):
    return Network(tuple(Population(f"p{i}", n, kind, params) for i, n in enumerate(sizes)))


def located(mapping):
    placement = mapping.placement
    return list(zip(placement.hicann.tolist(), placement.block.tolist(), (placement.column % 32).tolist(), strict=True))


@pytest.mark.parametrize("size", [2, 4, 6, 8, 10, 12, 16, 32, 64])
def test_hicanns_are_filled_from_the_north_west(make_problem, run, size):
    per_chip = neurons_per_hicann(size)
    mapping = run(make_problem(populations(per_chip + 1), neuron_size=size), linear)
    assert mapping.placement.hicann.tolist() == [0] * per_chip + [1]
    assert (mapping.placement.width == size // 2).all()
    assert mapping.placement.sequence.tolist() == list(range(per_chip + 1))
    assert located(mapping)[1] == (0, 0 if size < 64 else 1, size // 2 % 32)
    assert located(mapping)[-1] == (1, 0, 0)


def test_populations_ascend_or_descend(make_problem, run):
    problem = make_problem(populations(3, 20))
    up, down = (located(run(problem, f)) for f in (linear, linear_descending))
    assert up[0] == (0, 0, 0)
    assert up[3] == (0, 0, 6)
    assert down[3] == (0, 0, 0)
    assert down[0] == (0, 1, 8)


def test_denmems_that_a_large_neuron_left_over_are_lost_for_small_ones(make_problem, run, request_at):
    problem = make_problem(
        populations(1, 1), placement=[request_at("p0", [0], size=10), request_at("p1", [0], size=2)],
        wafer=Wafer(Defects.from_components(components={"neurons": [(0, c) for c in range(4, 32)]})),
    )  # fmt: skip
    assert located(run(problem, linear)) == [(0, 1, 0), (0, 1, 5)]


def test_a_defect_halves_a_population_and_its_second_half_comes_first(make_problem, run):
    wafer = Wafer(Defects.from_components(components={"neurons": [(0, 20)]}))
    columns = [c for _, _, c in located(run(make_problem(populations(15), wafer=wafer), linear))]
    # 8..14 fit before the defect, then 4..7 behind it, 2..3 before it, and the last two one by one
    assert columns == [29, 18, 14, 16, 21, 23, 25, 27, 0, 2, 4, 6, 8, 10, 12]


def test_neurons_per_block_spreads(make_problem, run):
    problem = make_problem(populations(50))
    placement = linear(problem, problem.blank_mapping(), Context(), neurons_per_block=3).placement
    blocks = placement.hicann.astype(int) * 8 + placement.block
    assert np.bincount(blocks).tolist() == [3] * 16 + [2]


def test_neurons_per_block_spares_manual_placement(make_problem, request_at):
    problem = make_problem(populations(10), placement=[request_at("p0", range(8), blocks=((0, 0),))])
    placement = linear(problem, problem.blank_mapping(), Context(), neurons_per_block=1).placement
    assert placement.block.tolist() == [0] * 8 + [1, 2]
    with pytest.raises(ValueError, match=r"at least 1 \(got 0\)"):
        linear(problem, problem.blank_mapping(), Context(), neurons_per_block=0)


@pytest.mark.parametrize(("size", "neurons"), [(2, 236), (4, 118), (8, 59)])
def test_minimize_number_of_sending_repeaters(make_problem, size, neurons):
    problem = make_problem(populations(neurons + 1), neuron_size=size)
    placement = linear(problem, problem.blank_mapping(), Context(), minimize_number_of_sending_repeaters=True).placement
    assert placement.hicann.tolist() == [0] * neurons + [1]


def test_rightmost_blocks_stay_empty(make_problem):
    problem = make_problem(populations(113))
    placement = linear(problem, problem.blank_mapping(), Context(), restrict_rightmost_neuron_blocks=True).placement
    assert placement.block.max() == 6
    assert placement.hicann[-1] == 1


def test_disabled_hicanns_and_the_region_are_kept(make_problem, run):
    wafer = Wafer(Defects.from_components(hicanns=[10]), region=frozenset({10, 20, 30}))
    assert set(run(make_problem(populations(200), wafer=wafer), linear).placement.hicann.tolist()) == {20, 30}


def test_no_room(make_problem, run):
    wafer = Wafer(region=frozenset({7}))
    with pytest.raises(ResourceExhausted, match="unable to place all populations: no room for 2 neurons of p1"):
        run(make_problem(populations(60, 70), wafer=wafer), linear)


def test_more_neurons_than_denmems(make_problem, run):
    with pytest.raises(ResourceExhausted, match="hardware capacity too low: 196609 neurons on 196608 denmems"):
        run(make_problem(populations(196609)), linear)


def test_neuron_too_small_for_its_receptors(make_problem, run):
    network = populations(2, kind="IF_multicond_exp", tau_syn=[1.0] * 3, e_rev=[0.0] * 3)
    with pytest.raises(PlacementError, match="p0: 3 synaptic targets do not fit on a neuron of 2 denmems"):
        run(make_problem(network, neuron_size=2), linear)


def test_spiral_order():
    assert spiral()[:20].tolist() == [
        174, 210, 209, 173, 137, 138, 139, 175, 211, 247, 246, 245, 244, 208, 172, 136, 104, 105, 106, 107,
    ]  # fmt: skip
    assert spiral()[-12:].tolist() == [229, 193, 157, 121, 155, 191, 227, 263, 228, 192, 156, 120]
    around_304 = spiral(float(X[304]), float(Y[304]))
    assert around_304[:10].tolist() == [304, 276, 277, 305, 329, 328, 327, 303, 275, 243]


def test_smaller_block_starts_in_the_centre_and_with_the_last_population(make_problem, run):
    mapping = run(make_problem(populations(5, 128)), smaller_block)
    assert (mapping.placement.hicann[5:] == 174).all()
    assert (mapping.placement.hicann[:5] == 210).all()


def test_smaller_block_prefers_blocks_with_defects(make_problem, run):
    wafer = Wafer(Defects.from_components(components={"neurons": [(9, 100), (9, 101), (3, 70)]}))
    mapping = run(make_problem(populations(32), wafer=wafer), smaller_block)
    # 62 denmems on block 3 of HICANN 9 hold 15 neurons, 63 on block 2 of HICANN 3 as many
    assert sorted({(h, b) for h, b, _ in located(mapping)}) == [(3, 2), (9, 3), (174, 0)]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
    neuron_sizes=st.lists(st.sampled_from([2, 4, 6, 10, 16]), min_size=4, max_size=4),
    dead=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 511)), max_size=60),
    algorithm=st.sampled_from(sorted(ALGORITHMS)),
)
def test_every_placement_is_legal(sizes, neuron_sizes, dead, algorithm):
    network = populations(*sizes)
    requests = [PlacementRequest(p.view(), size=s) for p, s in zip(network.populations, neuron_sizes, strict=False)]
    wafer = Wafer(Defects.from_components(components={"neurons": dead}), region=frozenset({0, 1, 2}))
    problem = Problem(Instance("h", network, wafer=wafer, limits=Limits(), placement=tuple(requests)))
    try:
        placement = ALGORITHMS[algorithm](problem, problem.blank_mapping(), Context()).placement
    except ResourceExhausted:
        return
    used = np.zeros((384, 256), dtype=int)
    for hicann, column, width in zip(placement.hicann, placement.column, placement.width, strict=True):
        assert column // 32 == (column + width - 1) // 32
        used[hicann, column : column + width] += 1
    assert used.max() == 1
    assert problem.wafer.columns[used > 0].all()
    assert (2 * placement.width == problem.size).all()
    assert sorted(placement.sequence.tolist()) == list(range(problem.n_cells))
