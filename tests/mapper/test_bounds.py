"""Lower bounds against hand calculations and brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.bounds import bound_any_placement, bound_this_placement
from mapper.problem import Problem
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance
from models.mapping import Placement
from models.network import network_from_edges


def fan_in(excitatory, inhibitory, size=4, neurons=1, **options):
    """Return a problem in which every neuron has the given synapses from as many sources."""
    n = excitatory + inhibitory
    pre = np.tile(np.arange(n) + neurons, neurons)
    post = np.repeat(np.arange(neurons), n)
    minus = np.tile(np.arange(n) >= excitatory, neurons)
    network = network_from_edges(pre, post, neurons=neurons, sources=n, inhibitory=minus)
    return Problem(Instance("t", network, limits=Limits(neuron_size=size), **options))


def placed(problem, per_hicann):
    neurons = int((~problem.network.is_source).sum())
    placement = Placement.empty(problem.n_cells)
    index = np.arange(neurons)
    placement.hicann[:neurons] = index // per_hicann
    placement.column[:neurons] = index % per_hicann * (problem.size[0] // 2)
    placement.width[:neurons] = problem.size[0] // 2
    return placement


@pytest.mark.parametrize(
    ("excitatory", "inhibitory", "size", "lost"),
    [
        (896, 0, 4, 0),  # 224 synapses per denmem
        (897, 0, 4, 1),
        (784, 784, 4, 1568 - 896),
        (784, 784, 8, 0),
        (895, 1, 4, 1),  # 895 excitatory synapses fill 448 rows, none is left for the inhibitory one
        (894, 1, 4, 0),
        (448, 0, 2, 0),
        (449, 0, 2, 1),
    ],
)
def test_fan_in_of_one_neuron(excitatory, inhibitory, size, lost):
    assert bound_any_placement(fan_in(excitatory, inhibitory, size)).value == lost


def test_neurons_of_one_hicann_share_the_split_of_the_rows():
    n = 1000
    pre = np.concatenate([np.arange(n) + 2, np.arange(n) + 2])
    post = np.repeat([0, 1], n)
    network = network_from_edges(pre, post, neurons=2, sources=n, inhibitory=post == 1)
    problem = Problem(Instance("t", network))
    anywhere = bound_any_placement(problem)
    assert anywhere.value == 2 * (1000 - 896)
    together, apart = Placement.empty(problem.n_cells), Placement.empty(problem.n_cells)
    for placement, hicanns in ((together, (0, 0)), (apart, (0, 1))):
        placement.hicann[:2] = hicanns
        placement.column[:2] = (0, 2)
        placement.width[:2] = 2
    assert bound_this_placement(problem, together, anywhere).value == 2 * 1000 - 896
    assert bound_this_placement(problem, apart, anywhere).value == anywhere.value


def test_dead_rows_lower_the_room():
    dead = Wafer(Defects.from_components(components={"synapsearrays": [(0, 0)]}), region=frozenset({0}))
    assert bound_any_placement(fan_in(500, 0, 4, wafer=dead)).value == 500 - 448


def test_shared_buses_are_limited_by_their_chains():
    problem = fan_in(50, 0, 4, neurons=3)
    shared = Instance(
        "t", problem.network, limits=problem.limits, shared_buses=(problem.network.populations[1].view(),)
    )
    # 3 drivers, 6 rows, 2 columns: 12 synapses from one bus
    bound = bound_any_placement(Problem(shared))
    assert bound.value == 3 * (50 - 12)
    assert "shared" in bound.kind
    assert bound_this_placement(Problem(shared), placed(problem, 3), bound).value == 3 * 38


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), st.sampled_from([2, 4, 6]))
def test_the_split_of_the_rows_is_the_best_one(excitatory, inhibitory, size):
    width = size // 2
    best = min(max(0, excitatory - width * rows) + max(0, inhibitory - width * (448 - rows)) for rows in range(449))
    assert bound_any_placement(fan_in(excitatory, inhibitory, size)).value == best
