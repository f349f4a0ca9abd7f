"""Service curves against the worked examples of the driver requirement and against brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.bus import BusModel, high_first_groups
from mapper.demand import CellTables, demand, drivers_needed, service_curves
from mapper.problem import Problem
from models.hardware import Limits
from models.hardware.mergers import ADDRESSES
from models.instance import Instance
from models.mapping import Addresses, Placement
from models.network import network_from_edges


def one_bus(counts, width, groups=None, inhibitory=None, column=0):
    """Return problem, placement, addresses: sources on one bus of HICANN 1, one synapse per (source, neuron)."""
    sources, neurons = counts.shape
    pre, post = np.nonzero(counts)
    minus = None if inhibitory is None else inhibitory[pre]
    network = network_from_edges(pre + neurons, post, neurons=neurons, sources=sources, inhibitory=minus)
    problem = Problem(Instance("t", network, limits=Limits(neuron_size=2 * width)))
    placement = Placement.empty(problem.n_cells)
    placement.hicann[:neurons] = 0
    placement.column[:neurons] = column + np.arange(neurons) * width
    placement.width[:neurons] = width
    placement.hicann[neurons:] = 1
    addresses = Addresses.empty(problem.n_cells)
    addresses.dnc[neurons:] = 7
    if groups is None:
        addresses.address[neurons:] = ADDRESSES[::-1][:sources]
    else:
        addresses.address[neurons:] = [16 * d + 2 + i for i, d in enumerate(groups)]
    return problem, placement, addresses


def needed(counts, width, inhibitory=None):
    problem, placement, addresses = one_bus(counts, width, inhibitory=inhibitory)
    wanted = demand(problem, placement, addresses)
    curve = service_curves(CellTables.of(problem, placement, addresses), wanted, 40)
    assert curve[0, -1] == counts.sum()
    return int(drivers_needed(curve, wanted.size)[0])


@pytest.mark.parametrize(("width", "drivers"), [(1, 30), (2, 15), (4, 8), (8, 4), (16, 2), (32, 1)])
def test_59_dense_sources_need_as_many_drivers_as_the_reference_says(width, drivers):
    # with one column per neuron, two neurons of different parity make both half rows count
    assert needed(np.ones((59, 2), bool), width) == drivers


@pytest.mark.parametrize(("width", "drivers"), [(1, 30), (2, 15), (4, 8), (8, 5), (16, 3)])
def test_47_excitatory_and_12_inhibitory_dense_sources(width, drivers):
    assert needed(np.ones((59, 2), bool), width, inhibitory=np.arange(59) >= 47) == drivers


@pytest.mark.parametrize(("width", "most"), [(1, 6), (2, 12), (4, 23), (8, 45), (16, 59)])
def test_three_drivers_serve_this_many_dense_sources(width, most):
    assert needed(np.ones((most, 2), bool), width) <= 3
    if most < 59:
        assert needed(np.ones((most + 1, 2), bool), width) > 3


def brute_force(problem, placement, addresses, n_rows):
    """Return the most synapses that n_rows rows serve, by trying every setting."""
    synapses = problem.synapses
    counts = {}
    for pre, post, receptor in zip(synapses.pre, synapses.post, synapses.receptor, strict=True):
        key = (post, receptor, addresses.address[pre] >> 4)
        counts[key] = counts.get(key, 0) + 1
    best = 0
    for setting in product(product((0, 1), range(4), range(4)), repeat=n_rows):
        served = 0
        for (post, receptor, group), count in counts.items():
            first, last = placement.column[post], placement.column[post] + placement.width[post]
            cells = sum(
                1 for side, even, odd in setting for c in range(first, last)
                if side == receptor and (odd if c % 2 else even) == group
            )  # fmt: skip
            served += min(count, cells)
        best = max(best, served)
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 4]))
def test_one_driver_is_used_optimally_for_even_widths_and_width_one(seed, width):
    rng = np.random.default_rng(seed)
    groups = rng.integers(4, size=9)
    problem, placement, addresses = one_bus(
        rng.random((9, 3)) < 0.6, width, groups, inhibitory=rng.random(9) < 0.4, column=int(rng.integers(2))
    )
    if len(problem.synapses) == 0:
        return
    wanted = demand(problem, placement, addresses)
    curve = service_curves(CellTables.of(problem, placement, addresses), wanted, 1)
    assert curve[0, 1] == brute_force(problem, placement, addresses, 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_curves_are_concave_and_end_at_all_synapses(seed):
    rng = np.random.default_rng(seed)
    problem, placement, addresses = one_bus(rng.random((30, 20)) < rng.random(), 2, inhibitory=rng.random(30) < 0.3)
    if len(problem.synapses) == 0:
        return
    wanted = demand(problem, placement, addresses)
    curve = service_curves(CellTables.of(problem, placement, addresses), wanted, 40)[0]
    gains = np.diff(curve)
    assert (np.diff(gains) <= 0).all()
    assert curve[-1] == len(problem.synapses)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.sampled_from([1, 2, 3, 4, 8]))
def test_the_bus_model_agrees_with_the_curves(seed, chain, width):
    """The model has a short cut for neurons of even width, the curves have none."""
    rng = np.random.default_rng(seed)
    problem, placement, addresses = one_bus(rng.random((40, 16)) < 0.5, width, inhibitory=rng.random(40) < 0.3)
    wanted = demand(problem, placement, addresses)
    curve = service_curves(CellTables.of(problem, placement, addresses), wanted, chain)
    cost = BusModel(problem, placement, chain).cost(np.arange(16, 56, dtype=np.int32), high_first_groups(40))
    assert cost.lost == wanted.size[0] - curve[0, -1]
    assert cost.drivers == drivers_needed(curve, wanted.size)[0]
    assert cost.targets == 1
