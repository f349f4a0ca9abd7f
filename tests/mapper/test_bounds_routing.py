"""Routing bounds: tree profits against brute force, and phases whose optimum is known."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.bounds.routing import SCALE, Effort, Pricing, delivery_bound, pricing_graph, resources
from mapper.context import Context
from mapper.kernels.forest import new_forest
from mapper.kernels.steiner_bound import ArcGraph, new_ascent, profit_bound
from mapper.kernels.trees import new_scratch
from mapper.problem import Problem
from mapper.routing.negotiation import legal_forest
from mapper.routing.phases import driver_loads, split
from models.hardware import Defects, Limits, Wafer
from models.hardware.coordinates import GRID, X
from models.instance import Instance
from models.network import network_from_edges

NOTHING = network_from_edges(np.empty(0, int), np.empty(0, int), neurons=1)


def arc_graph(n, arcs):
    heads = sorted(arcs, key=lambda a: a[1])
    start = np.searchsorted([h for _, h in heads], np.arange(n + 1)).astype(np.int32)
    return ArcGraph(start, np.array([t for t, _ in heads], np.int32), np.arange(n, dtype=np.int32))


def best_profit(n, arcs, price, prizes):
    """Return the largest profit of any set of nodes that node 0 connects."""
    best = 0
    for size in range(1, n + 1):
        for others in combinations(range(1, n), size - 1):
            chosen, reached, front = {0, *others}, {0}, [0]
            while front:
                here = front.pop()
                for tail, head in arcs:
                    if tail == here and head in chosen and head not in reached:
                        reached.add(head)
                        front.append(head)
            if reached == chosen:
                best = max(best, sum(prizes[v] for v in chosen) - sum(price[v] for v in others))
    return best


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 7), st.sampled_from([1, 3, 100]))
def test_dual_ascent_bounds_the_profit_of_every_tree(seed, n, quantum):
    rng = np.random.default_rng(seed)
    arcs = [(a, b) for a in range(n) for b in range(1, n) if a != b and rng.random() < 0.45]
    price, prizes = rng.integers(0, 8, n), np.where(rng.random(n) < 0.5, rng.integers(0, 12, n), 0)
    prizes[0] = 0
    graph = arc_graph(n, arcs)
    terminals = np.flatnonzero(prizes > 0)
    bound = profit_bound(graph, price, 0, terminals, prizes[terminals], quantum, new_ascent(graph))
    best = best_profit(n, arcs, price, prizes)
    assert bound >= best
    if len(terminals) <= 1:
        assert bound == best  # one terminal: a shortest path


def box(width, height, value=None, wafer=None, limits=None):
    """Return a problem on a box of HICANNs and phases in which every bus wants to reach all of them."""
    hicanns = np.sort(GRID[6 : 6 + height, 12 : 12 + width].ravel()).astype(np.int32)
    problem = Problem(Instance("t", NOTHING, wafer=wafer or Wafer(region=frozenset(hicanns.tolist())),
                               limits=limits or Limits()))  # fmt: skip
    net = (hicanns[:, None] * 8 + np.arange(8)).ravel().astype(np.int32)
    pairs = len(net) * len(hicanns)
    worth = np.ones(pairs, np.int32) if value is None else value(pairs).astype(np.int32)
    phases = split(problem, np.repeat(net, len(hicanns)), np.tile(hicanns, len(net)), np.ones(pairs, np.int32), worth,
                   np.ones(3072, bool))  # fmt: skip
    return problem, phases


def delivered(problem, phase):
    """Return what the router's trees of a phase deliver."""
    loads, scratch = driver_loads(problem), new_scratch(len(phase.segment))
    forest = legal_forest(phase, loads, scratch, 30, 1, Context(det_limit=1.0))
    assert len(new_forest(phase.graph, phase.nets, 1).arrival) == len(forest.arrival)
    return int(phase.nets.value[forest.arrival >= 0].sum())


def bound_of(problem, phase, evaluations=60, facing=False, target=0.0):
    effort = Effort(evaluations)
    return delivery_bound(phase, phase.nets.value.astype(float), problem.limits, target, effort, facing)[0]


def test_the_strip_of_six_is_solved_exactly():
    # buses of HICANNs four apart share their HLines and block each other's sending line: one of them gets each of the
    # three HLines in between, so 6 of 12 targets are lost; a strip has no detours
    problem, phases = box(6, 1)
    lost = sum(len(p.nets.value) for p in phases)
    proven = 0.0
    for phase in phases:
        best = delivered(problem, phase)
        bound = bound_of(problem, phase, 100, target=best)
        assert best <= bound < best + 0.5
        proven += np.floor(bound)
    assert (lost - proven, lost) == (96, 288)


def best_of_strip(phase):
    """Return the optimum of a phase of the strip of six: the HLines between two buses are divided at one place."""
    value = phase.nets.value.reshape(len(phase.key), 6)
    if len(phase.key) == 1:
        return int(value.sum())
    first, last = sorted((int(X[key // 8]) - 12, i) for i, key in enumerate(phase.key))
    (a, i), (b, j) = first, last
    between = max(value[i, a + 1 : m].sum() + value[j, m:b].sum() for m in range(a + 1, b + 1))
    both = value[i, : a + 1].sum() + between + value[j, b:].sum()
    return int(max(both, value[i].sum(), value[j].sum()))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_strip_of_six_with_different_values(seed):
    rng = np.random.default_rng(seed)
    problem, phases = box(6, 1, lambda n: rng.integers(50, 501, n))
    best = [best_of_strip(phase) for phase in phases]
    proven = [np.floor(bound_of(problem, phase, 120, target=b)) for phase, b in zip(phases, best, strict=True)]
    assert all(p >= b for p, b in zip(proven, best, strict=True))
    assert sum(proven) <= 1.03 * sum(best)
    # last, because the router forgets the values of pairs that it cannot connect
    assert sum(delivered(problem, phase) for phase in phases) <= sum(best)


def test_facing_vlines_relax_the_strip():
    problem, phases = box(6, 1)
    pair = next(p for p in phases if len(p.key) == 2)
    assert bound_of(problem, pair, 100, True, 8.0) == pytest.approx(8.0, abs=0.05)


@pytest.mark.parametrize(("width", "height"), [(5, 2), (8, 1), (8, 2)])
def test_bounds_hold_for_what_the_router_delivers(width, height):
    rng = np.random.default_rng(width)
    problem, phases = box(width, height, lambda n: rng.integers(50, 501, n))
    for phase in phases[:6]:
        best = delivered(problem, phase)
        for evaluations in (0, 1, 9, 30):
            assert bound_of(problem, phase, evaluations, target=best) >= best
        assert bound_of(problem, phase, 0) == phase.nets.value.sum()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_any_prices_bound_the_router(seed):
    rng = np.random.default_rng(seed)
    problem, phases = box(7, 2, lambda n: rng.integers(1, 100, n))
    phase = phases[seed % len(phases)]
    best = delivered(problem, phase)
    for facing in (False, True):
        pricing = Pricing(phase, phase.nets.value.astype(float), problem.limits, facing)
        for _ in range(3):
            price = rng.integers(0, 100 * SCALE, len(pricing.capacity)) * (rng.random(len(pricing.capacity)) < 0.5)
            bound, _ = pricing.evaluate(price)
            assert bound >= SCALE * best


def test_defects_lower_the_capacity_and_the_bound():
    hicanns = np.sort(GRID[6:7, 12:18].ravel()).tolist()
    whole, phases = box(6, 1)
    alive = pricing_graph(phases[0], whole.limits, True).capacity
    assert set(alive.tolist()) == {0, 1, 8}
    dead = [(hicanns[3], line) for line in range(64)]
    wafer = Wafer(Defects.from_components(components={"hbuses": dead}), region=frozenset(hicanns))
    problem, cut = box(6, 1, wafer=wafer)
    assert pricing_graph(cut[0], problem.limits, True).capacity.sum() < alive.sum()
    for before, after in zip(phases, cut, strict=True):
        assert bound_of(problem, after) <= bound_of(whole, before) + 1e-9
    assert bound_of(problem, cut[0]) < bound_of(whole, phases[0])


def test_more_crossbar_switches_only_add_arcs():
    problem, phases = box(6, 1)
    tight = pricing_graph(phases[0], problem.limits, True)
    loose = pricing_graph(phases[0], Limits(crossbar_switches_per_vline=2), True)
    assert len(loose.arcs.tail) > len(tight.arcs.tail)
    assert resources(phases[0]).max() < 3 * 384
