"""Joint choice of merger maps: as good as brute force on small windows, never worse than one HICANN at a time."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.addresses.pool import assign
from mapper.bus import BusModel
from mapper.context import Context
from mapper.estimate import estimate
from mapper.merging.benders import benders, options_of, solve_window, supply
from mapper.merging.driver_aware import driver_aware
from mapper.merging.maps import hosts
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.errors import OptionError
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance
from models.network import network_from_edges


def short_of_drivers(seed, hicanns=3, share=0.1, per_block=7, every=28):
    """Some full HICANNs on which only every ``every``-th driver works, and their placed neurons."""
    rng = np.random.default_rng(seed)
    n = hicanns * 8 * per_block
    pre, post = np.nonzero(rng.random((n, n)) < share)
    network = network_from_edges(pre, post, neurons=n, inhibitory=pre % 56 >= 42)
    dead = {"drivers": [(h, d) for h in range(hicanns) for d in range(224) if d % every]}
    wafer = Wafer(Defects.from_components(components=dead), region=frozenset(range(hicanns)))
    problem = Problem(Instance("t", network, wafer=wafer, limits=Limits(neuron_size=8)))
    return problem, linear(problem, problem.blank_mapping(), Context(), neurons_per_block=per_block)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31))
def test_a_window_is_solved_as_well_as_by_trying_everything(seed):
    problem, draft = short_of_drivers(seed, hicanns=2, every=37)
    model = BusModel(problem, draft.placement, 3)
    options = {host.hicann: options_of(problem, host, model)[:8] for host in hosts(problem, draft.placement)}
    room = np.full(384, 5.0)

    def served(maps):
        chosen = [options[s][i] for s, i in maps.items()]
        return supply(chosen, room).served.sum() - 0.01 * sum(len(option.home) for option in chosen)

    found = solve_window(options, {0: 0, 1: 0}, room, [0, 1], Context(det_limit=10.0))
    best = max(served({0: i, 1: j}) for i, j in product(range(len(options[0])), range(len(options[1]))))
    assert served(found) >= best - 1.0


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31))
def test_the_cut_bounds_every_choice_and_is_tight_for_its_own(seed):
    problem, draft = short_of_drivers(seed, hicanns=1)
    (host,) = hosts(problem, draft.placement)
    options = options_of(problem, host, BusModel(problem, draft.placement, 3))
    room = np.full(384, 4.0)
    for own in options[:4]:
        found = supply([own], room)
        for other in options:
            cut = found.price * room + other.worth(found.price)
            assert (supply([other], room).served <= cut + 1e-9).all()
        np.testing.assert_allclose(found.price * room + own.worth(found.price), found.served)


def test_it_is_never_worse_than_one_hicann_at_a_time():
    problem, draft = short_of_drivers(3)

    def expected(algorithm):
        merged = algorithm(problem, draft, Context(det_limit=5.0))
        return estimate(problem, assign(problem, merged, "high_first")).lost

    assert 0 < expected(benders) <= expected(driver_aware)


def test_a_window_needs_a_hicann():
    problem, draft = short_of_drivers(3, hicanns=1)
    with pytest.raises(OptionError, match="window must be at least 1"):
        benders(problem, draft, Context(), window=0)
