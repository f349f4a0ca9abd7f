"""Exact driver allocation: the model's constraint groups, optimality, and never worse than a heuristic."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.context import Context
from mapper.drivers.coupled_packing import Bus, Feed, pack_hicann, value_of
from mapper.drivers.fieres import fieres
from mapper.drivers.set_packing import Line, columns_of, pack_greedily, pack_side, set_packing
from mapper.drivers.vlines import reachable
from mapper.problem import Problem
from mapper.rows.exact import exact
from mapper.solvers import Step, run_steps
from models.hardware import Defects, Wafer
from models.hardware.layer1 import vline
from models.hardware.synapses import DRIVER_AT
from models.instance import Instance
from models.network import network_from_edges

NOTHING = network_from_edges(np.empty(0, int), np.empty(0, int), neurons=1)


def problem_on(wafer=None):
    return Problem(Instance("t", NOTHING, wafer=wafer or Wafer()))


def line(v, need, per_driver=100, problem=None):
    curve = (np.arange(need + 1) * per_driver).astype(np.int32)
    side = 0 if v < 128 else 1
    return Line(v, vline(100, v), curve, reachable(problem or problem_on(), 100, side, vline(100, v)))


ALL = np.ones((2, 56), dtype=bool)


def check(lines, usable, chains):
    """Assert every constraint of the model; return the synapses served."""
    taken = np.zeros((2, 56), dtype=int)
    for chain in chains:
        window = slice(chain.first, chain.first + chain.length)
        taken[chain.strip, window] += 1
        assert usable[chain.strip, window].all()
        assert lines[chain.line].primaries[chain.strip, window].any()
        assert chain.length < len(lines[chain.line].curve)
    assert taken.max(initial=0) <= 1
    assert len({c.line for c in chains}) == len(chains)
    return sum(int(lines[c.line].curve[c.length]) for c in chains)


# (VLine, drivers, synapses) of three crowded sides that were once lost to fragmentation (marocco issue 1666)
CROWDED = [
    [(133, 2), (172, 7), (238, 8), (208, 7), (175, 6), (135, 1), (163, 1), (142, 7), (169, 6), (234, 7), (235, 7),
     (143, 6), (177, 7), (209, 8), (205, 3), (203, 4)],
    [(142, 6), (226, 2), (236, 8), (207, 6), (177, 7), (176, 6), (228, 2), (237, 7), (137, 8), (178, 7), (212, 7),
     (146, 7), (145, 7), (144, 4), (174, 4), (202, 4), (200, 4)],
    [(47, 7), (63, 2), (49, 7), (16, 7), (20, 6), (51, 8), (109, 8), (107, 6), (10, 8), (108, 7), (45, 4), (111, 4)],
]  # fmt: skip


@pytest.mark.parametrize("wishes", CROWDED)
def test_crowded_sides_are_fully_satisfied(wishes):
    lines = [line(v, n) for v, n in wishes]
    chains = pack_side(lines, ALL, Context())
    assert check(lines, ALL, chains) == sum(100 * n for _, n in wishes)


def test_fourteen_lines_of_one_group_fit_and_the_fifteenth_does_not():
    lines = [line(v, 1) for v in (0, 1, 2, 3, 32, 33, 34, 35, 64, 65, 66, 67, 96, 97, 98)]
    assert check(lines[:14], ALL, pack_side(lines[:14], ALL, Context())) == 1400
    assert check(lines, ALL, pack_side(lines, ALL, Context())) == 1400


def test_a_full_side_loses_only_what_cannot_fit():
    lines = [line(v, 4) for v in range(0, 128, 4)]
    assert check(lines, ALL, pack_side(lines, ALL, Context())) == 11200


def test_dead_drivers_and_dead_switches_are_not_used():
    dead = Defects.from_components(
        components={"drivers": [(100, y) for y in (3, 19)], "synapseswitches": [(100, 32 * 1 + 0)]}
    )
    problem = problem_on(Wafer(dead))
    first = line(0, 3, problem=problem)
    assert not first.primaries[0, 0]  # driver 1 is reachable only through the dead switch
    usable = problem.wafer.drivers[100][DRIVER_AT[0]]
    assert not usable[0, 1]
    assert check([first], usable, pack_side([first], usable, Context())) == 300


def test_without_a_primary_there_is_no_chain():
    problem = problem_on(
        Wafer(Defects.from_components(components={"synapseswitchrows": [(100, 2 * y) for y in range(224)]}))
    )
    alone = line(0, 3, problem=problem)
    assert columns_of(alone, ALL) == []
    assert pack_side([alone], ALL, Context()) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_exact_is_never_worse_than_greedy_and_meets_every_constraint(seed):
    rng = np.random.default_rng(seed)
    lines = []
    for v in rng.choice(128, size=int(rng.integers(5, 45)), replace=False):
        gains = np.sort(rng.integers(1, 200, size=int(rng.integers(1, 6))))[::-1]
        base = line(int(v), 1)
        lines.append(
            Line(
                base.net,
                base.segment,
                np.concatenate([[0], np.cumsum(gains)]).astype(np.int32),
                base.primaries,
            )
        )
    usable = rng.random((2, 56)) < 0.95
    exact = check(lines, usable, pack_side(lines, usable, Context()))
    assert exact >= check(lines, usable, pack_greedily(lines, usable))


BOTH = np.ones((2, 2, 56), dtype=bool)


def feed(v, owner=100, switches=1):
    """A VLine that feeds drivers of HICANN 100, its own or the one next door."""
    side = int(v >= 128) if owner == 100 else int(v < 128)
    return Feed(vline(owner, v), side, switches, reachable(problem_on(), 100, side, vline(owner, v)))


def bus(feeds, need, vlines=1):
    return Bus(feeds[0].segment, (100 * np.arange(need + 1)).astype(np.int32), tuple(feeds), vlines)


def check_hicann(buses, usable, longest, grants):
    """Assert every constraint of the coupled model; return the synapses served."""
    taken = np.zeros((2, 2, 56), dtype=int)
    for g in grants:
        one = buses[g.bus].feeds[g.feed]
        window = slice(g.first, g.first + g.length)
        taken[one.side, g.strip, window] += 1
        assert usable[one.side, g.strip, window].all()
        assert one.primaries[g.strip, window].any()
        assert g.length <= longest
    assert taken.max(initial=0) <= 1
    for b, one in enumerate(buses):
        chains = np.bincount([g.feed for g in grants if g.bus == b], minlength=len(one.feeds))
        assert (chains <= [f.switches for f in one.feeds]).all()
        assert (chains > 0).sum() <= one.vlines
    return value_of(buses, grants)


@pytest.mark.parametrize(("vlines", "switches", "served"), [(1, 1, 300), (2, 1, 600), (1, 2, 600), (2, 2, 1000)])
def test_a_bus_gets_a_chain_for_every_switch_of_its_vlines(vlines, switches, served):
    one = bus([feed(0, switches=switches), feed(140, switches=switches)], 10, vlines)
    assert check_hicann([one], BOTH, 3, pack_hicann([one], BOTH, 3, Context())) == served


def test_a_full_select_group_is_relieved_by_the_other_side_and_by_the_neighbour():
    full = [bus([feed(v)], 1) for v in (0, 1, 2, 3, 32, 33, 34, 35, 64, 65, 66, 67, 96, 97)]
    # the western neighbour's VLine 248 feeds the primaries of group 1
    choices = [([feed(98)], 1400), ([feed(98), feed(130)], 1500), ([feed(98), feed(248, owner=99)], 1500)]
    for feeds, served in choices:
        buses = [*full, bus(feeds, 1)]
        assert check_hicann(buses, BOTH, 3, pack_hicann(buses, BOTH, 3, Context())) == served


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_coupled_model_meets_every_constraint_and_uses_its_freedom(seed):
    rng = np.random.default_rng(seed)
    buses = []
    for _ in range(int(rng.integers(5, 25))):
        feeds = [feed(int(v), switches=int(rng.integers(1, 3))) for v in rng.choice(256, 3, replace=False)]
        gains = np.sort(rng.integers(1, 200, size=int(rng.integers(2, 9))))[::-1]
        curve = np.concatenate([[0], np.cumsum(gains)]).astype(np.int32)
        buses.append(Bus(0, curve, tuple(feeds), int(rng.integers(1, 4))))
    usable = rng.random((2, 2, 56)) < 0.5
    single = [Bus(b.net, b.curve[:3], (Feed(*_with_one_switch(b.feeds[0])),), 1) for b in buses]
    free = check_hicann(buses, usable, 2, pack_hicann(buses, usable, 2, Context()))
    assert free >= check_hicann(single, usable, 2, pack_hicann(single, usable, 2, Context()))


def _with_one_switch(one):
    return one.segment, one.side, 1, one.primaries


#: About half of the drivers of a HICANN.
HALF = np.flatnonzero(np.random.default_rng(1).random(224) < 0.5).tolist()


def crowded(dead=()):
    """Return a problem on two HICANNs, and a draft complete but for drivers and rows, that lacks drivers."""
    rng = np.random.default_rng(1)
    pre, post = np.nonzero(rng.random((160, 160)) < 0.5)
    defects = Defects.from_components(components={"drivers": [(h, y) for h in range(2) for y in dead]})
    wafer = Wafer(defects, region=frozenset(range(2)))
    problem = Problem(Instance("t", network_from_edges(pre, post, neurons=160, inhibitory=pre % 4 == 0), wafer=wafer))
    steps = (
        Step("placement", "linear", {"neurons_per_block": 10}),
        Step("merging", "one_to_one"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest"),
        Step("routing", "pathfinder", {"adjacent": False}),
    )
    return problem, run_steps(problem, steps, Context(det_limit=1.0))


def lost(problem, draft):
    return exact(problem, draft, Context()).lost


def chains_of(draft):
    d = draft.drivers
    columns = (d.net, d.hicann, d.segment, d.primary, d.first, d.last)
    return set(zip(*(c.tolist() for c in columns), strict=True))


def test_present_chains_stay_where_nothing_better_is_found():
    problem, draft = crowded(HALF)
    packed = set_packing(problem, draft, Context())
    assert lost(problem, packed) > 0
    again = set_packing(problem, packed, Context())
    assert chains_of(again) == chains_of(packed)
    # the budget is over: a quick packing would lose more
    over = Context(time_limit=0.0)
    assert lost(problem, set_packing(problem, draft, over)) > lost(problem, packed)
    assert chains_of(set_packing(problem, packed, over)) == chains_of(packed)


def test_poor_chains_are_replaced():
    problem, draft = crowded(HALF)
    best = lost(problem, set_packing(problem, draft, Context()))
    poor = fieres(problem, draft, Context())
    assert lost(problem, poor) > best
    assert lost(problem, set_packing(problem, poor, Context())) == best


def test_chains_that_are_no_longer_legal_are_dropped():
    problem, draft = crowded()
    packed = set_packing(problem, draft, Context())
    hurt, _ = crowded(HALF)
    again = set_packing(hurt, packed, Context(time_limit=0.0))
    assert len(again.drivers.first) > 0
    for _, hicann, _, _, first, last in chains_of(again):
        assert hurt.wafer.drivers[hicann][first : last + 1 : 2].all()
    elsewhere = replace(packed.drivers, segment=packed.drivers.segment + 1)
    fresh = set_packing(problem, replace(packed, drivers=elsewhere), Context())
    assert lost(problem, fresh) == lost(problem, packed)
