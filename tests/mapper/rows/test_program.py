"""The integer program for rows: constraint groups one by one, and its optimum against every row on its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

import mapper
from emulator import audit
from mapper.bounds import bound_any_placement, bound_these_buses, bound_this_placement
from mapper.bounds.drivers import upper_curves
from mapper.configure import configure
from mapper.context import Context
from mapper.demand import CellTables, demand, targets_table
from mapper.drivers.coupled_packing import Rows as Constraints
from mapper.problem import Problem
from mapper.rows.doubtful import kinds_of, pair_of
from mapper.rows.exact import exact
from mapper.rows.program import Pair, add_better, add_groups, add_modes, add_served, add_sides, best_setting
from mapper.solvers import Step, run_steps
from models.hardware import Defects, Limits, Wafer
from models.instance import Instance
from models.network import FixedProbability, Network, Population, Projection, Static, network_from_edges


def holds(rows, *values):
    """Tell whether values in full meet all constraints."""
    total = np.zeros(len(rows.bound))
    np.add.at(total, rows.row, np.array(rows.entry) * np.array(values, float)[rows.column])
    return bool((total <= np.array(rows.bound)).all())


class TestConstraintGroups:
    """`mapper.rows.program`: numbers of drivers, rows, half rows and synapses."""

    @pytest.mark.parametrize(("off", "depression", "ok"), [(1, 1, True), (0, 2, True), (2, 1, False)])
    def test_modes(self, off, depression, ok):
        # two drivers with rows of class 0 only; the third, of another class, helps nobody
        rows = Constraints()
        add_modes(rows, {(0, 0, 0): 0, (0, 0, 1): 1, (0, 1, 0): 2}, {(0, 0): 2, (0, 1): 1})
        assert holds(rows, off, depression, 1) == ok

    @pytest.mark.parametrize(("left", "right", "ok"), [(3, 0, True), (1, 2, True), (2, 2, False), (4, 0, False)])
    def test_sides(self, left, right, ok):
        # one driver has two rows of class 0, one has one, and one has none
        rows = Constraints()
        d = {(0, 0, 2): 0, (0, 1, 2): 1, (1, 1, 2): 2, (0, 0, 1): 3}
        add_sides(rows, {(0, 2, 0): 4, (0, 2, 1): 5}, d)
        assert holds(rows, 1, 1, 1, 9, left, right) == ok

    @pytest.mark.parametrize(
        ("even", "odd", "ok"), [((2, 1), (0, 3), True), ((2, 2), (0, 0), False), ((0, 0), (3, 1), False)]
    )
    def test_groups(self, even, odd, ok):
        rows = Constraints()
        kind = (0, 1, 1)
        h = {(*kind, 0, 0): 1, (*kind, 0, 3): 2, (*kind, 1, 0): 3, (*kind, 1, 3): 4, (0, 1, 0, 0, 0): 5}
        add_groups(rows, h, {kind: 0, (0, 1, 0): 6})
        assert holds(rows, 3, *even, *odd, 1, 1) == ok
        assert not holds(rows, 3, *even, *odd, 1, 0), "half rows of rows of the other side"

    @pytest.mark.parametrize(("served", "ok"), [(0, True), (5, True), (6, False)])
    def test_served(self, served, ok):
        rows = Constraints()
        add_served(rows, 2, [(0, 2), (1, 1)])
        assert holds(rows, 2, 1, served) == ok

    @pytest.mark.parametrize(("served", "ok"), [((2, 2), True), ((3, 1), False), ((0, 3), True)])
    def test_better(self, served, ok):
        rows = Constraints()
        add_better(rows, {0: 1, 1: 3}, 7)
        assert holds(rows, *served) == ok


def random_pair(seed, widths, receptors, drivers=2, dead=0.0, modes=1):
    """Return a pair with few neurons, and the number of its receptors and its width by neuron."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    of, width = rng.choice(receptors, n), rng.choice(widths, n)
    of = np.where(width == 1, np.minimum(of, 2), of)
    start = int(rng.integers(2)) + np.append(0, np.cumsum(width)[:-1])
    alive = rng.random((2 * drivers, start[-1] + width[-1])) >= dead
    counts = np.zeros((n, 4, 4, 3), dtype=np.int64)
    room = np.zeros((2 * drivers, n, 2), dtype=np.int64)
    for k in range(n):
        shape = (of[k], int(rng.integers(1, 5)), modes)
        counts[k, : shape[0], : shape[1], :modes] = rng.integers(0, 5, shape) * (rng.random(shape) < 0.7)
        for parity in (0, 1):
            columns = [c for c in range(start[k], start[k] + width[k]) if c % 2 == parity]
            room[:, k, parity] = alive[:, columns].sum(axis=1)
    target = targets_table()[of].astype(np.int64)
    return Pair(counts, target, room.reshape(drivers, 2, n, 2)), of, width


def row_by_row(pair):
    """Return the most synapses that any setting of the rows serves: CP-SAT decides every row by itself."""
    model = cp_model.CpModel()
    reached = {}
    for rooms in pair.room:
        mode = [model.new_bool_var("") for _ in range(3)]
        model.add_exactly_one(mode)
        for room in rooms:
            side = model.new_bool_var("")
            for parity in (0, 1):
                for s in (0, 1):
                    use = [[model.new_bool_var("") for _ in range(3)] for _ in range(4)]
                    model.add(sum(map(sum, use)) <= (side if s else 1 - side))
                    for p in range(3):
                        model.add(sum(group[p] for group in use) <= mode[p])
                    for k in range(len(room)):
                        for group in range(4):
                            for p in range(3):
                                key = (k, int(pair.target[k, parity, s]), group, p)
                                reached.setdefault(key, []).append(int(room[k, parity]) * use[group][p])
    total = []
    for key, cells in reached.items():
        y = model.new_int_var(0, int(pair.counts[key]), "")
        model.add(y <= sum(cells))
        total.append(y)
    model.maximize(sum(total))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return int(solver.objective_value)


def served_by(pair, setting):
    """Return what a setting serves."""
    cells = np.zeros_like(pair.counts)
    for rooms, of_driver in zip(pair.room, setting, strict=True):
        assert len({int(p) for _, _, _, p in of_driver if p >= 0}) <= 1, "one STP mode per driver"
        for room, (side, even, odd, mode) in zip(rooms, of_driver, strict=True):
            for parity, group in enumerate((even, odd)):
                for k in range(len(room)):
                    if group >= 0:
                        cells[k, pair.target[k, parity, side], group, mode] += room[k, parity]
    return int(np.minimum(cells, pair.counts).sum())


@settings(max_examples=12, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([(3,), (5,), (2,), (1, 2, 3), (3, 4, 5)]),
    st.sampled_from([(2,), (3,), (4,), (1, 2), (1, 2, 3, 4)]), st.sampled_from([0.0, 0.2, 0.5]), st.integers(1, 3),
)  # fmt: skip
def test_the_optimum_is_that_of_all_rows_one_by_one(seed, widths, receptors, dead, modes):
    pair, _, _ = random_pair(seed, widths, receptors, dead=dead, modes=modes)
    most = row_by_row(pair)
    if most > 0:
        assert served_by(pair, best_setting(pair, most - 1, Context())) == most
        assert served_by(pair, best_setting(pair, 0, Context())) == most
    assert best_setting(pair, most, Context()) is None


def dead_cells(rng, share):
    """Return defects of a share of the synapses and of the rows of four HICANNs."""
    synapses, rows = np.nonzero(rng.random((4, 448 * 256)) < share), np.nonzero(rng.random((4, 448)) < share)
    components = {"synapses": np.stack(synapses, 1).tolist(), "synapserows": np.stack(rows, 1).tolist()}
    return Defects.from_components(components={k: [tuple(x) for x in v] for k, v in components.items()})


def crowd(seed, neurons, p, size, chain=1, dead=0.0):
    """Return an instance on four HICANNs; a quarter of the sources is inhibitory."""
    rng = np.random.default_rng(seed)
    pre, post = np.nonzero(rng.random((neurons, neurons)) < p)
    network = network_from_edges(pre, post, neurons=neurons, inhibitory=pre % 4 == 0)
    wafer = Wafer(dead_cells(rng, dead), region=frozenset(range(4)))
    limits = Limits(neuron_size=size, driver_chain_length=chain)
    return Instance("crowd", network, wafer=wafer, limits=limits, digest="sha256:0")


def mixed(receptors, size, dead=0.0, neurons=24, chain=1):
    """Return an instance on four HICANNs: one population for every number of receptors, synapses onto all of them."""
    populations, projections = [], []
    for n in receptors:
        cell = {} if n == 2 else {"tau_syn": (2.0,) * n, "e_rev": tuple(-20.0 * k for k in range(n))}
        kind = "IF_cond_exp" if n == 2 else "IF_multicond_exp"
        populations.append(Population(f"{n} receptors", neurons, kind, cell))
    everybody = tuple(p.view() for p in populations)
    for n, target in zip(receptors, populations, strict=True):
        for k in range(n):
            receptor = ("excitatory", "inhibitory")[k] if n == 2 else str(k)
            name = f"{n} {receptor}"
            connector = FixedProbability(0.2 + 0.1 * k, 10 * n + k)
            projections.append(Projection(name, everybody, (target.view(),), receptor, connector, Static(0.004)))
    wafer = Wafer(dead_cells(np.random.default_rng(1), dead), region=frozenset(range(4)))
    limits = Limits(neuron_size=size, driver_chain_length=chain)
    network = Network(tuple(populations), tuple(projections))
    return Instance("mixed", network, wafer=wafer, limits=limits, digest="sha256:0")


def driven(instance, per_block):
    """Return problem and draft, complete but for rows, with a bus for every neuron block."""
    problem = Problem(instance)
    steps = (
        Step("placement", "linear", {"neurons_per_block": per_block}),
        Step("merging", "one_to_one"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest"),
        Step("routing", "pathfinder", {"adjacent": False}),
        Step("drivers", "set_packing"),
    )
    return problem, run_steps(problem, steps, Context(det_limit=1.0))


DEAD = 0.05


@pytest.mark.parametrize(("size", "dead", "greedy", "best"), [(6, DEAD, 346, 315), (4, DEAD, 805, 788)])
def test_rows_are_better_than_by_marginal_gain(size, dead, greedy, best):
    problem, draft = driven(crowd(3, 90, 0.4, size, dead=dead), 8)
    assert exact(problem, draft, Context(), ilp=False).lost == greedy
    found, again = (exact(problem, draft, Context(det_limit=100.0), ilp=True) for _ in range(2))
    assert found.lost == best
    for name in ("row", "column", "cause"):
        np.testing.assert_array_equal(getattr(found.synapses, name), getattr(again.synapses, name))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([4, 6, 10]), st.sampled_from([0.0, 0.05]))
def test_rows_are_never_worse_than_by_marginal_gain(seed, size, dead):
    problem, draft = driven(crowd(seed, 40, 0.6, size, dead=dead), 6)
    greedy = exact(problem, draft, Context(), ilp=False)
    assert exact(problem, draft, Context(det_limit=1.0), ilp=True).lost <= greedy.lost


@pytest.mark.parametrize("size", [4, 6])
def test_bits_are_what_is_claimed(size):
    instance = crowd(3, 90, 0.4, size, dead=DEAD)
    options = {"rows.ilp": "yes"}
    solution = mapper.solve(instance, "cpsat-fixed-placement", det_limit=1.0, options=options)
    verdict = audit(instance, solution.configuration, solution.lost)
    assert verdict.valid
    assert [str(v) for v in verdict.violations] == []
    assert verdict.lost == solution.lost > 0


@pytest.mark.parametrize("receptors", [(3,), (4,), (2, 3), (2, 3, 4)])
@pytest.mark.parametrize(("size", "dead"), [(4, 0.0), (6, 0.0), (4, DEAD)])
def test_several_receptors_keep_bits_and_bounds(receptors, size, dead):
    instance = mixed(receptors, size, dead)
    problem, draft = driven(instance, 6)
    greedy, found = (exact(problem, draft, Context(det_limit=10.0), ilp=ilp) for ilp in (False, True))
    assert found.lost <= greedy.lost
    anywhere = bound_any_placement(problem)
    here = bound_this_placement(problem, found.placement, anywhere)
    with_these_buses = bound_these_buses(problem, found, here, Context(det_limit=1.0))
    assert anywhere.value <= here.value <= with_these_buses.value <= found.lost
    bits = configure(instance, found)
    verdict = audit(instance, bits, found.lost)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.lost == found.lost > 0


@pytest.mark.parametrize(
    ("instance", "proven"),
    [
        (crowd(3, 60, 0.5, 4), True), (crowd(3, 60, 0.5, 2), True), (mixed((3,), 4), True), (mixed((4,), 6), True),
        (crowd(3, 60, 0.5, 6), False), (mixed((2, 3), 4), False), (crowd(3, 60, 0.5, 4, dead=DEAD), False),
    ],
)  # fmt: skip
def test_marginal_gains_are_optimal_where_they_are_said_to_be(instance, proven):
    problem, draft = driven(instance, 8)
    mapping = exact(problem, draft, Context(), ilp=False)
    tables = CellTables.of(problem, draft.placement, draft.addresses)
    wanted = demand(problem, draft.placement, draft.addresses)
    curve = upper_curves(problem, tables, wanted, 1)
    better = 0
    for pair in range(wanted.n_pairs):
        synapse = wanted.synapse[wanted.start[pair] : wanted.start[pair + 1]]
        mine = (draft.drivers.net == wanted.net[pair]) & (draft.drivers.hicann == wanted.hicann[pair])
        served = int((mapping.synapses.row[synapse] >= 0).sum())
        if not mine.any() or served == len(synapse):
            continue
        first = int(draft.drivers.first[mine][0])
        alive = ~problem.wafer.dead_synapses(int(wanted.hicann[pair]))[2 * first : 2 * first + 2]
        drivers = pair_of(tables, synapse, alive)
        setting = best_setting(drivers, served, Context())
        most = served if setting is None else served_by(drivers, setting)
        assert most <= curve[pair, 1]
        better += most - served
    kinds = np.unique(kinds_of(tables.receptors, tables.width))
    assert (len(kinds) == 1 and kinds[0] != -1 and not problem.wafer.hicanns_with_dead_cells.any()) == proven
    assert (better == 0) if proven else (better >= 0)
    if proven:
        assert mapping.lost > 0


def test_drivers_behind_one_without_working_rows_are_used():
    # the first driver of every HICANN that a chain of two gets is dead but for its switches
    instance = crowd(3, 40, 0.5, 4, chain=2)
    problem, draft = driven(instance, 8)
    rows = [[int(h), 2 * int(first) + which] for h, first in zip(draft.drivers.hicann, draft.drivers.first, strict=True)
            for which in (0, 1)]  # fmt: skip
    dead = Defects.from_components(components={"synapserows": [tuple(row) for row in rows]})
    wafer = Wafer(dead, region=frozenset(range(4)))
    hurt = Problem(replace(instance, wafer=wafer))
    mapping = exact(hurt, draft, Context())
    assert 0 < mapping.lost < len(problem.synapses)
    assert len(mapping.rows.row) > 0
    assert not {(h, r) for h, r in zip(mapping.rows.hicann.tolist(), mapping.rows.row.tolist(), strict=True)} & {
        tuple(row) for row in rows
    }


def test_solver_uses_the_integer_program_unless_a_setting_decides_the_rows():
    instance = crowd(3, 200, 0.4, 4, chain=3, dead=DEAD)
    with_it = mapper.solve(instance, "cpsat", det_limit=1.0)
    without = mapper.solve(instance, "cpsat", det_limit=1.0, options={"rows.ilp": "no"})
    assert with_it.lost < without.lost
    again = mapper.solve(instance, "cpsat", det_limit=1.0, threads=2)
    np.testing.assert_array_equal(with_it.mapping.synapses.row, again.mapping.synapses.row)
    assert audit(instance, with_it.configuration, with_it.lost).valid
    assert with_it.bounds.these_buses.value <= with_it.lost
