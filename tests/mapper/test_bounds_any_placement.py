"""Bounds for any placement: single buses, manual placement, capacity and addresses, against hand calculations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.bounds import bound_any_placement
from mapper.bounds.any_placement import buses
from mapper.bounds.rows import drivers_per_bus, loss_alone, loss_together
from mapper.problem import Problem
from models.hardware import Defects, Limits, Wafer
from models.hardware.limits import AUTO_SIZE
from models.instance import Instance, PlacementRequest
from models.network import network_from_edges


def fan_in(n, neurons=1, size=4, inhibitory=0, copies=1, **options):
    """Return a problem in which every neuron has ``copies`` synapses from each of the same n sources."""
    pre = np.tile(np.repeat(np.arange(n), copies) + neurons, neurons)
    post = np.repeat(np.arange(neurons), n * copies)
    minus = np.tile(np.arange(n * copies) < inhibitory, neurons)
    network = network_from_edges(pre, post, neurons=neurons, sources=n, inhibitory=minus)
    limits = options.pop("limits", Limits(neuron_size=size))
    return Problem(Instance("t", network, limits=limits, **options))


def among_neurons(neurons, senders, **options):
    """Return a problem in which the first neurons project to all others."""
    pre = np.repeat(np.arange(senders), neurons - senders)
    post = np.tile(np.arange(senders, neurons), senders)
    return Problem(Instance("t", network_from_edges(pre, post, neurons=neurons), **options))


def test_one_source_has_the_chains_of_one_bus():
    # 3 drivers, 6 rows, 2 columns hold 12 of 20 synapses from one source to one neuron
    bound = bound_any_placement(fan_in(1, copies=20))
    assert (bound.value, bound.kind) == (8, "fan-in over the shared buses")
    assert bound_any_placement(fan_in(5, copies=12)).value == 0


@pytest.mark.parametrize(("limit", "value"), [("vlines_per_route", 2), ("synapse_switches_per_vline", 2)])
def test_more_chains_of_a_bus_lower_the_bound(limit, value):
    problem = fan_in(1, copies=20, limits=Limits(neuron_size=4, **{limit: value}))
    assert drivers_per_bus(problem) == 6
    assert bound_any_placement(problem).value == 0


def test_neurons_fixed_to_one_block_share_a_bus():
    view = among_neurons(21, 20).network.populations[0].view(0, 8)
    placement = (PlacementRequest(view, blocks=((100, 3),)),)
    problem = among_neurons(21, 20, placement=placement, limits=Limits(neuron_size=2, driver_chain_length=1))
    # 8 senders in block 3 of HICANN 100; the target has one column, and their bus two rows there
    assert bound_any_placement(problem).value == 8 - 2
    bus = buses(problem, np.full(21, -1), np.full(21, -1))
    assert bus.tolist() == list(range(21))


def test_a_neuron_fixed_to_a_hicann_has_its_rows():
    dead = Defects.from_components(components={"synapsearrays": [(7, 0)]})
    view = fan_in(500).network.populations[0].view()
    for hicanns, lost in (((7,), 500 - 448), ((7, 8), 0)):
        placement = (PlacementRequest(view, hicanns=hicanns),)
        assert bound_any_placement(fan_in(500, wafer=Wafer(dead), placement=placement)).value == lost


def test_neurons_fixed_to_one_hicann_share_the_split_of_the_rows():
    n = 1000
    pre = np.concatenate([np.arange(n) + 2, np.arange(n) + 2])
    post = np.repeat([0, 1], n)
    network = network_from_edges(pre, post, neurons=2, sources=n, inhibitory=post == 1)
    view = network.populations[0].view()
    together = Problem(Instance("t", network, placement=(PlacementRequest(view, hicanns=(9,)),)))
    assert bound_any_placement(together).value == 2 * n - 896
    assert bound_any_placement(Problem(Instance("t", network))).value == 2 * (n - 896)


def test_a_neuron_fixed_to_its_denmems_has_their_working_synapses():
    cells = [(3, 256 * row + column) for row in range(440) for column in (10, 11)]
    wafer = Wafer(Defects.from_components(components={"synapses": cells}))
    view = fan_in(30).network.populations[0].view()
    placement = (PlacementRequest(view, neurons=((3, 10, 4),)),)
    assert bound_any_placement(fan_in(30, wafer=wafer, placement=placement)).value == 30 - 16


def test_capacity_of_a_small_region():
    # 256 columns hold 128 neurons of 2 columns; the other 22 lose their 10 synapses
    problem = fan_in(10, neurons=150, wafer=Wafer(region=frozenset({5})))
    bound = bound_any_placement(problem)
    assert (bound.value, bound.kind) == (220, "capacity of the wafer")
    assert bound_any_placement(fan_in(10, neurons=150, wafer=Wafer(region=frozenset({5, 6})))).value == 0


def test_chosen_sizes_leave_the_synapses_of_the_columns():
    # 150 neurons fit as single columns, and 256 columns hold 448 synapses each
    auto = {"limits": Limits(neuron_size=AUTO_SIZE), "wafer": Wafer(region=frozenset({5}))}
    assert bound_any_placement(fan_in(10, neurons=150, **auto)).value == 0
    bound = bound_any_placement(fan_in(400, neurons=150, copies=2, **auto))
    assert (bound.value, bound.kind) == (150 * 800 - 256 * 448, "capacity of the wafer")


def test_addresses_of_a_small_region():
    # 8 buses of 3 addresses for 30 sources with 2 synapses each
    limits = Limits(neuron_size=4, sources_per_bus=3)
    bound = bound_any_placement(fan_in(30, neurons=2, limits=limits, wafer=Wafer(region=frozenset({5}))))
    assert (bound.value, bound.kind) == (2 * (30 - 24), "L1 addresses of the wafer")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.sampled_from([2, 4, 6, 8]), st.integers(0, 30))
def test_alone_and_together_agree_for_one_neuron(excitatory, inhibitory, size, rows):
    problem = fan_in(1, size=size)
    counts = np.array([[excitatory, inhibitory, 0, 0]])
    neuron = np.array([0])
    alone = loss_alone(problem, neuron, counts, np.array([rows]))
    width = size // 2
    best = min(max(0, excitatory - width * r) + max(0, inhibitory - width * (rows - r)) for r in range(rows + 1))
    assert alone.tolist() == [best]
    assert loss_together(problem, neuron, counts, rows) == best


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 30), st.sampled_from([2, 4]), st.integers(1, 4), st.integers(0, 200))
def test_more_resources_never_raise_the_bound(n, copies, size, chain, inhibitory):
    def bound(chain, size, region):
        limits = Limits(neuron_size=size, driver_chain_length=chain)
        problem = fan_in(n, 3, copies=copies, inhibitory=inhibitory, limits=limits, wafer=Wafer(region=region))
        return bound_any_placement(problem).value

    base = bound(chain, size, frozenset({5}))
    assert bound(chain + 1, size, frozenset({5})) <= base
    assert bound(chain, 2 * size, frozenset({5})) <= base
    assert bound(chain, size, frozenset({5, 6})) <= base
