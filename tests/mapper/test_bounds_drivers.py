"""Driver bounds: curves against brute force, prices against exact packings, and the bound of a placement."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.bounds import bound_any_placement, bound_this_placement
from mapper.bounds.drivers import (
    best_shares,
    chain_costs,
    gains,
    marginal_prices,
    packing_prices,
    profits,
    reach_at,
    upper_curves,
)
from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.drivers.set_packing import Line, pack_side
from mapper.problem import Problem
from models.hardware import Limits
from models.hardware.coordinates import EAST, NEIGHBOUR, WEST
from models.hardware.layer1 import phase, vline
from models.hardware.synapses import DRIVER_HALF, DRIVER_INDEX, DRIVER_SIDE, adjacent_drivers, local_drivers
from models.instance import Instance
from models.mapping import Addresses, Placement
from models.network import network_from_edges

HICANN = 174


@pytest.mark.parametrize("number", [0, 3, 4, 17, 31])
def test_reach_is_what_the_vlines_of_the_phase_feed(number):
    reach = np.zeros((2, 2, 56), dtype=bool)
    for hicann, drivers in (
        (HICANN, local_drivers),
        (NEIGHBOUR[HICANN, WEST], lambda v: adjacent_drivers(v) if v >= 128 else []),
        (NEIGHBOUR[HICANN, EAST], lambda v: adjacent_drivers(v) if v < 128 else []),
    ):
        for v in range(256):
            if phase(vline(int(hicann), v)) == number:
                for y in drivers(v):
                    reach[DRIVER_SIDE[y], DRIVER_HALF[y], DRIVER_INDEX[y]] = True
    assert np.array_equal(reach_at(number, HICANN), reach)


def placed(counts, sizes, chain=3):
    """Return a problem, its placement and addresses: neuron i gets counts[i] synapses from one bus on a HICANN."""
    n, most = len(counts), max(counts)
    pre = np.concatenate([np.arange(c) + n for c in counts])
    network = network_from_edges(pre, np.repeat(np.arange(n), counts), neurons=n, sources=most)
    problem = Problem(Instance("t", network, limits=Limits(driver_chain_length=chain)))
    placement, addresses = Placement.empty(problem.n_cells), Addresses.empty(problem.n_cells)
    width = np.array(sizes) // 2
    placement.hicann[:n], placement.hicann[n:] = HICANN, 0
    placement.width[:n], placement.column[:n] = width, np.cumsum(width) - width
    addresses.dnc[n:], addresses.address[n:] = 0, np.arange(most) % 15 + 1
    return problem, placement, addresses


def best_service(counts, width, column, rows):
    """Return the most synapses that half rows of one decoder can serve, by trying all settings of every row."""
    even = [(w + 1 - c % 2) // 2 for w, c in zip(width, column, strict=True)]
    return max(
        sum(min(n, e * sum(a for a, _ in choice) + (w - e) * sum(b for _, b in choice))
            for n, e, w in zip(counts, even, width, strict=True))
        for choice in product([(1, 1), (1, 0), (0, 1)], repeat=rows)
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from([2, 4, 6, 8])), min_size=1, max_size=4))
def test_curves_bound_every_choice_of_rows(neurons):
    counts, sizes = zip(*neurons, strict=True)
    problem, placement, addresses = placed(counts, sizes, 2)
    wanted = demand(problem, placement, addresses)
    tables = CellTables.of(problem, placement, addresses)
    curve = upper_curves(problem, tables, wanted, 2)[0]
    n = len(counts)
    for k in (1, 2):
        best = best_service(counts, placement.width[:n].tolist(), placement.column[:n].tolist(), 2 * k)
        assert curve[k] >= best
        if set(sizes) <= {4, 8}:
            assert curve[k] == best
    assert (curve >= service_curves(tables, wanted, 2)[0]).all()
    assert (np.diff(curve, 2) <= 0).all()


def random_lines(seed, n, phases):
    rng = np.random.default_rng(seed)
    gains = np.sort(rng.integers(0, 60, (n, 3)), axis=1)[:, ::-1]
    curve = np.concatenate([np.zeros((n, 1), int), np.cumsum(gains, axis=1)], axis=1)
    usable = rng.random((2, 2, 56)) > 0.1
    return curve, rng.choice(phases, n), usable


@pytest.mark.parametrize(("seed", "n", "phases"), [(0, 20, [3]), (1, 60, [0, 1, 8, 20]), (2, 45, list(range(32)))])
def test_prices_bound_every_packing(seed, n, phases):
    curve, phase_of, usable = random_lines(seed, n, phases)
    reaches = np.stack([reach_at(int(p), HICANN) for p in phase_of])
    packed, kind = np.unique(reaches.reshape(n, -1), axis=0, return_inverse=True)
    reach = packed.reshape(-1, 2, 2, 56)
    prices = packing_prices(curve, reach, kind.ravel(), usable, 3)
    costs = [chain_costs(prices, usable, reach[k], 3) for k in kind.ravel()]
    bound = prices[usable].sum() + sum(profits(curve[i : i + 1], cost, 1)[0] for i, cost in enumerate(costs))
    room = np.full(384, int(usable.sum()))
    hicann = np.full(n, HICANN)
    knapsack = best_shares(*gains(hicann, curve), room)[HICANN]
    # the exact packing of a random division of the lines between the sides is no better than any bound
    side = np.random.default_rng(seed).integers(0, 2, n)
    best = 0
    for s in (0, 1):
        lines = [Line(i, 0, curve[i].astype(np.int32), reaches[i, s]) for i in np.flatnonzero(side == s)]
        chains = pack_side(lines, usable[s], Context(det_limit=10.0))
        best += sum(int(lines[c.line].curve[c.length]) for c in chains)
    assert best <= bound + 1e-6
    assert bound <= knapsack + 1e-6
    price = marginal_prices(*gains(hicann, curve), room)[HICANN]
    uniform = price * usable.sum() + (curve - price * np.arange(4)).max(axis=1).sum()
    assert uniform == pytest.approx(knapsack)


def test_lines_of_one_select_group_are_bounded_by_its_drivers():
    # 14 primaries on each side, chains of 3: no more than 28 of 40 equal lines are served at all
    curve = np.tile([0, 10, 10, 10], (40, 1))
    reach = reach_at(1, HICANN)[None]
    usable = np.ones((2, 2, 56), dtype=bool)
    prices = packing_prices(curve, reach, np.zeros(40, int), usable, 3)
    bound = prices.sum() + profits(curve, chain_costs(prices, usable, reach[0], 3), 1).sum()
    assert bound == pytest.approx(10 * reach.sum())
    assert best_shares(*gains(np.full(40, HICANN), curve), np.full(384, 224))[HICANN] == 400


def sparse(homes, per_home, chain=3):
    """Return a problem with senders on many HICANNs that all project to one neuron, and the placement."""
    n = homes * per_home
    network = network_from_edges(np.arange(n) + 1, np.zeros(n, int), neurons=n + 1)
    problem = Problem(Instance("t", network, limits=Limits(neuron_size=4, driver_chain_length=chain)))
    placement = Placement.empty(problem.n_cells)
    placement.hicann[0] = HICANN
    placement.hicann[1:] = np.arange(n) // per_home
    placement.column[1:] = np.arange(n) % per_home * 2
    placement.column[0] = 0
    placement.width[:] = 2
    return problem, placement


def test_every_source_hicann_needs_a_driver():
    problem, placement = sparse(230, 1)
    anywhere = bound_any_placement(problem)
    assert anywhere.value == 0
    bound = bound_this_placement(problem, placement, anywhere)
    assert (bound.value, bound.kind) == (230 - 224, "drivers of the HICANNs")
    problem, placement = sparse(224, 1)
    assert bound_this_placement(problem, placement, anywhere).value == 0


def test_a_neuron_block_leaves_on_one_bus():
    # 16 neurons of one block: one driver, two rows of two columns
    problem, placement = sparse(1, 16, chain=1)
    assert bound_this_placement(problem, placement, bound_any_placement(problem)).value == 16 - 4
    problem, placement = sparse(1, 16, chain=4)
    assert bound_this_placement(problem, placement, bound_any_placement(problem)).value == 0


def test_longer_chains_and_more_drivers_never_raise_the_bound_of_a_placement():
    values = []
    for chain in range(1, 5):
        problem, placement = sparse(12, 16, chain=chain)
        values.append(bound_this_placement(problem, placement, bound_any_placement(problem)).value)
    assert values == sorted(values, reverse=True)
    assert values[0] == 12 * (16 - 4)
    assert values[-1] == 0
