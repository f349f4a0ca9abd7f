"""Free places beside the neurons: where they are, and what the annealing does with them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from emulator import audit
from mapper.context import Context
from mapper.placement.holes import fullest, holes
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.hardware import Limits, Wafer, random_defects
from models.instance import Instance
from models.network import network_from_edges


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 4, 6, 8]), st.integers(1, 9))
def test_places_are_free_and_work_and_stay_within_their_block(seed, size, per_block):
    rng = np.random.default_rng(seed)
    wafer = Wafer(random_defects(seed, {"neurons": 0.05}), region=frozenset({3, 4}))
    network = network_from_edges(*rng.integers(0, 30, size=(2, 60)), neurons=30)
    problem = Problem(Instance("t", network, wafer=wafer, limits=Limits(neuron_size=size, sources_per_bus=8)))
    cap = min(per_block, 32 // size)
    placement = linear(problem, problem.blank_mapping(), Context(), neurons_per_block=max(2, cap)).placement
    most = fullest(placement) + 1
    found = holes(problem, placement, np.ones(30, dtype=np.bool_), most)
    used = np.zeros((384, 256), dtype=np.int64)
    for h, c, w in zip(
        np.append(placement.hicann, found.hicann).tolist(), np.append(placement.column, found.column).tolist(),
        np.append(placement.width, found.width).tolist(), strict=True,
    ):  # fmt: skip
        assert c // 32 == (c + w - 1) // 32
        used[h, c : c + w] += 1
    assert used.max() == 1
    assert wafer.columns[used > 0].all()
    blocks = used.reshape(384, 8, 32).sum(axis=2) // (size // 2)
    assert blocks.max() <= max(fullest(placement), min(8, most))
    own = placement.hicann[found.beside] * 8 + placement.column[found.beside] // 32
    assert np.array_equal(own, found.hicann * 8 + found.column // 32)


def test_neurons_that_stay_get_no_company():
    problem = Problem(
        Instance("t", network_from_edges(np.array([0]), np.array([1]), neurons=20), limits=Limits(neuron_size=4))
    )
    placement = linear(problem, problem.blank_mapping(), Context(), neurons_per_block=5).placement
    assert len(holes(problem, placement, np.ones(20, dtype=np.bool_), 5)) == 0
    assert len(holes(problem, placement, np.zeros(20, dtype=np.bool_), 9)) == 0
    assert len(holes(problem, placement, np.arange(20) < 5, 9)) == 4


@pytest.mark.parametrize(("neurons", "most"), [(50, 400), (56, 1792)])
def test_two_layers_that_fill_a_hicann_lose_only_what_does_not_fit(neurons, most):
    # a bus carries 6 neurons of either layer without loss, 8 buses 48; each neuron more loses its 2 synapses to all
    # of the other layer.  Measured before blocks could exchange places for free ones: 1400 and 1792.
    a, b = np.meshgrid(np.arange(neurons), np.arange(neurons, 2 * neurons))
    pre, post = np.concatenate([a.ravel(), b.ravel()] * 2), np.concatenate([b.ravel(), a.ravel()] * 2)
    inhibitory = np.arange(len(pre)) >= len(pre) // 2
    network = network_from_edges(pre, post, neurons=2 * neurons, inhibitory=inhibitory)
    instance = Instance("t", network, wafer=Wafer(region=frozenset({174})), limits=Limits(neuron_size=4))
    solution = mapper.solve(instance, "cpsat", det_limit=1.0)
    assert solution.lost == most == 4 * neurons * (neurons - 48)
    assert audit(instance, solution.configuration, solution.lost).valid
