"""L1 addresses by marocco's three strategies."""

import numpy as np
import pytest

from mapper.addresses import ALGORITHMS, alternating, high_first, low_first
from mapper.addresses.pool import ORDERS
from mapper.merging import marocco_greedy
from mapper.placement import linear, linear_descending
from models.errors import ResourceExhausted
from models.hardware.mergers import ADDRESSES
from models.network import Network, Population


def test_orders():
    assert ORDERS["high_first"][:16].tolist() == [*range(63, 49, -1), 48, 47]
    assert ORDERS["low_first"][:16].tolist() == [*range(2, 17), 18]
    assert ORDERS["alternating"][:5].tolist() == [2, 63, 3, 62, 4]
    for order in ORDERS.values():
        assert sorted(order.tolist()) == ADDRESSES.tolist()
        assert not set(order.tolist()) & {0, 1, 17, 33, 49}


@pytest.mark.parametrize("algorithm", [high_first, low_first, alternating])
def test_every_bus_has_its_own_addresses(make_problem, run, algorithm):
    network = Network((Population("a", 150, "IF_cond_exp"),))
    mapping = run(make_problem(network), linear, marocco_greedy, algorithm)
    placement, addresses = mapping.placement, mapping.addresses
    wanted = mapping.merging.block_to_dnc[placement.hicann, placement.block]
    assert (addresses.dnc == wanted).all()
    net = placement.hicann.astype(int) * 8 + addresses.dnc
    for n in np.unique(net):
        given = addresses.address[net == n]
        assert given.tolist() == ORDERS[algorithm.__name__][: len(given)].tolist()
    assert len(np.unique(net)) > 2


def test_neurons_are_served_block_by_block_in_the_order_of_placement(make_problem, run):
    network = Network((Population("a", 3, "IF_cond_exp"), Population("b", 15, "IF_cond_exp")))
    mapping = run(make_problem(network), linear_descending, marocco_greedy, high_first)
    order = [*range(3, 18), 0, 1, 2]
    assert mapping.addresses.address[order].tolist() == ORDERS["high_first"][:18].tolist()


def test_block_order_beats_placement_order(make_problem, run, request_at):
    network = Network((Population("a", 2, "IF_cond_exp"),))
    requests = [request_at("a", [0], blocks=((0, 2),)), request_at("a", [1], blocks=((0, 1),))]
    mapping = run(make_problem(network, placement=requests), linear, marocco_greedy, high_first)
    assert mapping.addresses.address.tolist() == [62, 63]


def test_silent_blocks_and_sources_get_no_address(make_problem, run):
    network = Network((Population("a", 2, "IF_cond_exp"), Population("s", 2, "SpikeSourcePoisson", {"rate": 1.0})))
    mapping = run(make_problem(network), linear, marocco_greedy)
    mapping.merging.block_to_dnc[:] = -1
    assert (high_first(make_problem(network), mapping, None).addresses.address == -1).all()


def test_too_many_on_a_bus(make_problem, run):
    problem = make_problem(Network((Population("a", 61, "IF_cond_exp"),)))
    mapping = run(problem, linear)
    mapping.merging.block_to_dnc[0] = 3
    with pytest.raises(ResourceExhausted, match=r"DNC merger 3 of HICANN 0 .* carries 61 neurons but a bus has 59"):
        high_first(problem, mapping, None)


def test_registry():
    assert set(ORDERS) < set(ALGORITHMS)
