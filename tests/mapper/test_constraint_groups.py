"""Every constraint group of every model, alone: what it lets pass, and what it does not.

The groups of the placement model are tested beside it (``placement/test_assignment_cpsat.py``).
"""

import numpy as np
import pytest
from ortools.sat.python import cp_model

from mapper.addresses.decoder_groups_cpsat import add_groups, add_rows, add_served
from mapper.bounds.drivers import SHAPE, packing_prices, packing_rows
from mapper.drivers.coupled_packing import Bus, Feed, Grant
from mapper.drivers.coupled_packing import model_of as model_of_hicann
from mapper.drivers.set_packing import Line
from mapper.drivers.set_packing import model_of as model_of_side
from mapper.explain.counting import countable
from mapper.explain.feasible import Cells
from mapper.explain.prices import Wish, best_packing
from mapper.explain.room import Room
from mapper.merging.benders import add_cut, add_one
from models.hardware.mergers import GROUP_CAPACITY


def passes(model, *fixed):
    """Tell whether a model has a solution with these values."""
    for variable, value in fixed:
        model.add(variable == value)
    return cp_model.CpSolver().solve(model) == cp_model.OPTIMAL


class TestMaster:
    """`mapper.merging.benders`: the maps of a window."""

    @pytest.mark.parametrize(("chosen", "ok"), [((0, 1), True), ((1, 1), False), ((0, 0), False)])
    def test_one(self, chosen, ok):
        model = cp_model.CpModel()
        x = add_one(model, {7: 2}, {7: 0})
        assert passes(model, *zip(x[7], chosen, strict=True)) == ok

    @pytest.mark.parametrize(
        ("maps", "served", "ok"),
        [((0, 0), 3000, True), ((0, 0), 3001, False), ((1, 0), 5500, True), ((1, 0), 5501, False),
         ((1, 1), 6500, True), ((1, 1), 6501, False)],
    )  # fmt: skip
    def test_cut(self, maps, served, ok):
        # drivers and other HICANNs pay 3 synapses on HICANN 2; the second maps are worth 2.5 and 1 there
        model = cp_model.CpModel()
        x = add_one(model, {7: 2, 8: 2}, {7: 0, 8: 0})
        theta = model.new_int_var(0, 10**6, "theta")
        worth = {s: [np.zeros(384), np.where(np.arange(384) == 2, w, 0.0)] for s, w in ((7, 2.5), (8, 1.0))}
        add_cut(model, x, {2: theta}, np.where(np.arange(384) == 2, 3.0, 0.0), worth)
        assert passes(model, (x[7][maps[0]], 1), (x[8][maps[1]], 1), (theta, served)) == ok


class TestDecoderGroups:
    """`mapper.addresses.decoder_groups_cpsat`: the sources of one bus."""

    @pytest.mark.parametrize(("row", "ok"), [((0, 0, 1, 0), True), ((1, 0, 1, 0), False), ((0, 0, 0, 0), False)])
    def test_group_a_source_is_in_one(self, row, ok):
        model = cp_model.CpModel()
        x = [[model.new_bool_var("") for _ in range(4)]]
        add_groups(model, x)
        assert passes(model, *zip(x[0], row, strict=True)) == ok

    @pytest.mark.parametrize("group", range(4))
    def test_group_has_so_many_addresses(self, group):
        for more in (0, 1):
            model = cp_model.CpModel()
            x = [[model.new_bool_var("") for _ in range(4)] for _ in range(GROUP_CAPACITY[group] + more)]
            add_groups(model, x)
            assert passes(model, *((row[group], 1) for row in x)) == (more == 0)

    @pytest.mark.parametrize(
        ("left", "right", "ok"), [(4, 8, True), (12, 0, True), (11, 1, False), (13, 0, False), (7, 5, False)]
    )
    def test_chain_and_half_row(self, left, right, ok):
        # three drivers have six rows: rows are given to a side as a whole
        model = cp_model.CpModel()
        half = add_rows(model, 0, 3)
        model.add(sum(half[0]) == left)
        model.add(sum(half[1]) == right)
        assert passes(model) == ok

    @pytest.mark.parametrize(
        ("half", "served", "ok"), [(1, 2, True), (1, 3, False), (2, 4, True), (3, 5, True), (3, 6, False)]
    )
    def test_served(self, half, served, ok):
        # two columns of a parity; sources 0 and 1 with 2 and 3 synapses are in group 0, source 2 is not
        model = cp_model.CpModel()
        x = [[model.new_bool_var("") for _ in range(4)] for _ in range(3)]
        add_groups(model, x)
        rows = [model.new_int_var(0, 8, "") for _ in range(4)]
        y = add_served(model, x, rows, {0: 2, 1: 3, 2: 4}, 2, "n")
        assert passes(model, (x[0][0], 1), (x[1][0], 1), (x[2][3], 1), (rows[0], half), (y[0], served)) == ok


def curve(*gains):
    return np.concatenate([[0], np.cumsum(gains)]).astype(np.int32)


EVERYWHERE = np.ones((2, 56), dtype=bool)


class TestSetPacking:
    """`mapper.drivers.set_packing`: chains (line, strip, first, length) on one side."""

    lines = tuple(Line(0, 0, curve(9, 8, 7), EVERYWHERE) for _ in range(2))

    def holds(self, *chains):
        _, matrix = model_of_side(self.lines, list(chains))
        return bool((matrix @ np.ones(len(chains)) <= 1).all())

    def test_line(self):
        assert self.holds((0, 0, 0, 2), (1, 0, 2, 2))
        assert not self.holds((0, 0, 0, 2), (0, 1, 0, 1))

    def test_slot(self):
        assert self.holds((0, 0, 0, 3), (1, 0, 3, 1))
        assert self.holds((0, 0, 0, 3), (1, 1, 2, 1)), "the other strip has drivers of its own"
        assert not self.holds((0, 0, 0, 3), (1, 0, 2, 1))

    def test_objective(self):
        value, _ = model_of_side(self.lines, [(0, 0, 0, 1), (1, 0, 0, 3)])
        np.testing.assert_allclose(value, [9, 24], atol=0.01)
        assert value[0] < 9
        assert value[1] < 24


class TestCoupledPacking:
    """`mapper.drivers.coupled_packing`: chains on both sides of a HICANN."""

    def holds(self, bus, *chains, z=(), y=()):
        """Tell whether chains (feed, side's strip, first, length) of a bus hold, with z and y given in full."""
        columns = [Grant(0, *chain) for chain in chains]
        value, _, rows = model_of_hicann([bus], columns)
        x = np.concatenate([np.ones(len(columns)), z, y])
        assert len(x) == len(value)
        total = np.zeros(len(rows.bound))
        np.add.at(total, rows.row, np.array(rows.entry) * x[rows.column])
        return bool((total <= np.array(rows.bound) + 1e-9).all())

    def bus(self, *switches, vlines):
        feeds = tuple(Feed(i, i % 2, n, EVERYWHERE) for i, n in enumerate(switches))
        return Bus(0, curve(9, 8, 7, 6), feeds, vlines)

    def test_line_with_all_vlines_in_use(self):
        bus, y = self.bus(2, 1, vlines=2), (1, 1, 0, 0)
        assert self.holds(bus, (0, 0, 0, 1), (0, 0, 1, 1), (1, 0, 0, 1), y=y)
        assert not self.holds(bus, (0, 0, 0, 1), (1, 0, 0, 1), (1, 0, 1, 1), y=y)

    def test_line_of_a_vline_that_is_not_in_use(self):
        bus, y = self.bus(2, 1, vlines=1), (1, 1, 0, 0)
        assert self.holds(bus, (0, 0, 0, 1), (0, 0, 1, 1), z=(1, 0), y=y)
        assert not self.holds(bus, (0, 0, 0, 1), (1, 0, 0, 1), z=(1, 0), y=y)

    def test_route_counts_vlines(self):
        bus, y = self.bus(2, 1, 2, vlines=2), (1, 1, 0, 0)
        assert self.holds(bus, (0, 0, 0, 1), (2, 0, 1, 1), z=(1, 0, 1), y=y)
        assert not self.holds(bus, (0, 0, 0, 1), (2, 0, 1, 1), z=(1, 1, 1), y=y)

    def test_route_counts_chains_of_single_switches(self):
        bus, y = self.bus(1, 1, 1, vlines=2), (1, 1, 0, 0)
        assert self.holds(bus, (0, 0, 0, 1), (1, 0, 0, 1), y=y)
        assert not self.holds(bus, (0, 0, 0, 1), (1, 0, 0, 1), (2, 0, 1, 1), y=y)
        assert not self.holds(bus, (0, 0, 0, 1), (0, 1, 0, 1), y=y)

    def test_a_bus_with_one_chain(self):
        bus = self.bus(1, 1, vlines=1)
        assert self.holds(bus, (1, 0, 0, 3))
        assert not self.holds(bus, (0, 0, 0, 1), (1, 0, 0, 3))

    def test_slot(self):
        bus, y = self.bus(2, 1, vlines=2), (1, 0, 0, 0)
        assert self.holds(bus, (0, 0, 0, 2), (1, 0, 1, 1), y=y), "the other side has drivers of its own"
        assert self.holds(bus, (0, 0, 0, 2), (0, 0, 2, 2), y=y)
        assert not self.holds(bus, (0, 0, 0, 2), (0, 0, 1, 2), y=y)

    def test_drivers(self):
        bus = self.bus(2, vlines=1)
        assert self.holds(bus, (0, 0, 0, 2), (0, 1, 0, 1), y=(1, 1, 1, 0))
        assert not self.holds(bus, (0, 0, 0, 2), (0, 1, 0, 1), y=(1, 1, 1, 1))


class TestPackingProgram:
    """`mapper.bounds.drivers.packing_prices`: chains z and drivers u of a HICANN."""

    usable = np.zeros(SHAPE, dtype=bool)
    usable[0, 0, :2] = True
    reach = usable[None]

    def holds(self, gain, z, u):
        """Two working drivers: the chains are the first, the second, and both."""
        gain = np.array(gain)
        matrix, chains = packing_rows(gain, self.reach, np.zeros(len(gain), np.int64), self.usable, 2)
        assert chains == 3
        limit = np.append(np.zeros(2), np.ones(np.prod(SHAPE)))
        return bool((matrix @ np.array([*z, *u]) <= limit + 1e-9).all())

    def test_share(self):
        assert self.holds([[5, 4]], z=(0, 0, 1), u=(1, 1))
        assert self.holds([[5, 4]], z=(1, 1, 0), u=(1, 0))
        assert not self.holds([[5, 4]], z=(1, 1, 0), u=(1, 1)), "two chains of one driver serve no pair's second"
        assert not self.holds([[5, 4]], z=(0, 0, 0), u=(1, 0))

    def test_slot(self):
        assert self.holds([[5], [3]], z=(1, 1, 0), u=(1, 1))
        assert not self.holds([[5], [3]], z=(1, 0, 1), u=(1, 1))

    def test_prices_are_those_of_the_optimum(self):
        # three pairs want one driver each and there are two: the third gain is what a driver is worth
        kind = np.zeros(3, np.int64)
        three = packing_prices(np.array([[0, 9], [0, 7], [0, 4]]), self.reach, kind, self.usable, 1)
        assert 4 <= three[self.usable].min() <= three[self.usable].max() <= 7
        assert three[~self.usable].sum() == 0
        two = packing_prices(np.array([[0, 9], [0, 7]]), self.reach, kind[:2], self.usable, 1)
        assert two.max() <= 7


class TestPricesOfASide:
    """`mapper.explain.prices`: the relaxation of the set packing model."""

    def served(self, usable, *gains):
        return best_packing([Wish(curve(*g), EVERYWHERE) for g in gains], usable).served

    def test_line(self):
        apart = np.zeros((2, 56), dtype=bool)
        apart[0, [0, 2]] = True
        together = np.zeros((2, 56), dtype=bool)
        together[0, [0, 1]] = True
        assert self.served(together, (9, 8)) == pytest.approx(17)
        assert self.served(apart, (9, 8)) == pytest.approx(9), "one chain, and there is none of two"

    def test_slot(self):
        single = np.zeros((2, 56), dtype=bool)
        single[1, 30] = True
        assert self.served(single, (9,)) == pytest.approx(9)
        assert self.served(single, (9,), (4,)) == pytest.approx(9)
        assert self.served(EVERYWHERE, (9,), (4,)) == pytest.approx(13)


class TestCounting:
    """`mapper.explain.counting`: cells on the runs of blocks 0 (two runs of 5) and 8 (10 columns, next HICANN)."""

    @staticmethod
    def room():
        free = np.zeros((384 * 8, 32), dtype=bool)
        free[0, :11] = True
        free[0, 5] = False
        free[8, :10] = True
        return Room(free)

    def possible(self, *classes, fixed=(), homes=None, limit=59):
        return countable(self.room(), classes, fixed, homes or {}, limit, 10.0)

    def test_cells(self):
        assert self.possible(Cells(2, 5, (0,), frozenset(), True))
        assert not self.possible(Cells(1, 2, (1,), frozenset(), True)), "no run of that block"

    def test_run(self):
        wide, narrow = Cells(1, 3, (0,), frozenset(), True), Cells(3, 2, (0,), frozenset(), True)
        assert self.possible(wide, Cells(2, 2, (0,), frozenset(), True))
        assert self.possible(wide, narrow)
        assert not self.possible(Cells(2, 3, (0,), frozenset(), True), narrow), "five columns hold 3 and 2, not 2 x 3"

    def test_home(self):
        bus = frozenset({0})
        parts = (Cells(5, 2, None, bus, True), Cells(4, 2, (0,), bus, True))
        assert self.possible(Cells(5, 2, None, bus, True), homes={0: [0, 1]})
        assert not self.possible(Cells(5, 2, None, bus, True), homes={0: [0]}), "block 0 holds four"
        assert self.possible(parts[1], homes={0: [0]})
        assert not self.possible(*parts, homes={0: [0, 1]}), "nine on one HICANN"
        assert not self.possible(parts[1], homes={0: []})

    def test_addresses(self):
        shared = Cells(2, 1, (8,), frozenset({0}), True)
        sending, silent = Cells(3, 1, (8,), frozenset(), True), Cells(3, 1, (8,), frozenset(), False)
        assert self.possible(shared, sending, homes={0: [1]}, limit=5)
        assert not self.possible(shared, sending, homes={0: [1]}, limit=4)
        assert self.possible(shared, silent, homes={0: [1]}, limit=2), "who sends to nobody needs no address"
        exact = [(8, frozenset(), True)] * 2
        assert self.possible(shared, fixed=exact, homes={0: [1]}, limit=4)
        assert not self.possible(shared, fixed=exact, homes={0: [1]}, limit=3)
