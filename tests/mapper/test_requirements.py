"""Driver requirements: marocco's unit tests, worked examples, and a slow implementation of the same rule."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.problem import Problem
from mapper.requirements import drivers_of_bus, requirements
from models.hardware.synapses import TARGETS
from models.instance import Instance
from models.mapping import Addresses, Placement
from models.network import FromList, Network, Population, Projection, Static, TsodyksMarkram

STP = (
    Static(0.01),
    TsodyksMarkram(0.01, tau_rec=100.0, tau_facil=0.0),
    TsodyksMarkram(0.01, tau_rec=0.0, tau_facil=100.0),
)
EXC, INH = 0, 1
HERE, THERE = 5, 6


def bus(neurons, synapses, receptors=2):
    """Return problem and draft of one bus: cell ``a`` < 64 sends address ``a`` on DNC merger 3 of HICANN 6.

    ``neurons`` lists (first column, width, HICANN 5 unless given); ``synapses`` (address, neuron, receptor, stp).
    """
    kind, names = "IF_cond_exp", ("excitatory", "inhibitory")
    params = {}
    if receptors != 2:
        kind, names = "IF_multicond_exp", tuple(map(str, range(receptors)))
        params = {"tau_syn": [5.0] * receptors, "e_rev": [0.0] * receptors}
    pre = Population("pre", 64, "IF_cond_exp")
    post = Population("post", len(neurons), kind, params)
    pairs = defaultdict(list)
    for address, neuron, receptor, stp in synapses:
        pairs[receptor, stp].append((address, neuron))
    projections = [
        Projection(f"{r} {p}", (pre.view(),), (post.view(),), names[r], FromList(pairs[r, p]), STP[p])
        for r, p in sorted(pairs)
    ]
    problem = Problem(Instance("bus", Network((pre, post), tuple(projections))))
    draft = problem.blank_mapping()
    placement, addresses = Placement.empty(problem.n_cells), Addresses.empty(problem.n_cells)
    placement.hicann[:64] = THERE
    placement.column[:64], placement.width[:64] = 4 * np.arange(64), 2
    addresses.dnc[:64], addresses.address[:64] = 3, np.arange(64)
    for i, (column, width, *hicann) in enumerate(neurons, start=64):
        placement.hicann[i] = hicann[0] if hicann else HERE
        placement.column[i], placement.width[i] = column, width
    return problem, replace(draft, placement=placement, addresses=addresses)


def half_rows(required, pair=0):
    """Return {(stp, side, parity, decoder): (half rows, synapses)} of a pair."""
    mine = required.half_pair == pair
    keys = zip(
        required.half_stp[mine].tolist(),
        required.half_side[mine].tolist(),
        required.half_parity[mine].tolist(),
        required.half_decoder[mine].tolist(),
        strict=True,
    )
    values = zip(required.half_rows[mine].tolist(), required.half_synapses[mine].tolist(), strict=True)
    return dict(zip(keys, values, strict=True))


def one(neurons, synapses, receptors=2):
    """Return drivers and half rows of the only pair; checks `drivers_of_bus` on the way."""
    problem, draft = bus(neurons, synapses, receptors)
    required = requirements(problem, draft)
    assert required.net.tolist() == [8 * THERE + 3]
    assert required.hicann.tolist() == [HERE]
    assert required.synapses.tolist() == [len(synapses)]
    assert required.half_synapses.sum() == len(synapses)
    cells = np.unique([s[0] for s in synapses]).astype(np.int32)
    drivers, targets = drivers_of_bus(problem, draft.placement, cells, cells.astype(np.int8))
    assert targets.tolist() == [HERE]
    assert drivers == required.drivers[0]
    return drivers, half_rows(required)


HIGH_FIRST = [a for a in range(63, 1, -1) if a % 16 != 1]
ONE_WIDE = [(2 * i, w) for i, w in enumerate([2] * 59)]
DENSE = {1: 30, 2: 15, 4: 8, 8: 4, 16: 2, 32: 1}
MIXED = {1: 30, 2: 15, 4: 8, 8: 5, 16: 3}


@pytest.mark.parametrize(
    ("neurons", "synapses", "receptors", "drivers"),
    [
        # 1: marocco test _calc
        ([(0, 2)], [(a, 0, EXC, 0) for a in range(2, 7)], 2, 2),
        # 2: marocco test Issue2115_minimal
        ([(0, 2), (2, 2)], [(1, 0, EXC, 0), (2, 0, EXC, 0), (3, 0, EXC, 0), (16, 1, EXC, 0)], 2, 1),
        # 3, 4, 5: odd widths
        ([(0, 1)], [(a, 0, EXC, 0) for a in range(2, 6)], 2, 2),
        ([(0, 1), (1, 1)], [(a, 0, EXC, 0) for a in (2, 3, 4)] + [(a, 1, EXC, 0) for a in (2, 3)], 2, 2),
        ([(0, 3)], [(a, 0, EXC, 0) for a in range(2, 6)], 2, 1),
        # 6: one source to many; 7: static to some, depressing to others
        ([(4 * i, 2) for i in range(9)], [(9, i, EXC, 0) for i in range(9)], 2, 1),
        ([(0, 2), (2, 2)], [(9, 0, EXC, 0), (9, 1, EXC, 1)], 2, 2),
        # 8, 9: one to one
        (ONE_WIDE, [(a, i, EXC, 0) for i, a in enumerate(HIGH_FIRST)], 2, 1),
        (ONE_WIDE, [(a, i, (i % 4) // 2, 0) for i, a in enumerate(HIGH_FIRST)], 2, 2),
        # 12, 13: three and four receptors
        ([(0, 2)], [(a, 0, t, 0) for t in range(3) for a in (2, 3, 4)], 3, 3),
        ([(0, 2)], [(a, 0, t, 0) for t in range(4) for a in (2, 3)], 4, 2),
        # four receptors, one synapse each; three STP modes
        ([(0, 2)], [(2 + t, 0, t, 0) for t in range(4)], 4, 1),
        ([(0, 2)], [(2, 0, EXC, 0), (3, 0, EXC, 1), (4, 0, EXC, 2)], 2, 3),
        # fragmentation: 15 sources in one decoder, 5 in each of three
        ([(0, 4)], [(a, 0, EXC, 0) for a in range(32, 47)], 2, 2),
        ([(0, 4)], [(16 * d + a, 0, EXC, 0) for d in (1, 2, 3) for a in range(2, 7)], 2, 3),
    ],
)  # fmt: skip
def test_worked_examples(neurons, synapses, receptors, drivers):
    assert one(neurons, synapses, receptors)[0] == drivers


@pytest.mark.parametrize(("width", "drivers"), DENSE.items())
def test_dense_excitatory_bus(width, drivers):
    assert one([(0, width)], [(a, 0, EXC, 0) for a in HIGH_FIRST])[0] == drivers


@pytest.mark.parametrize(("width", "drivers"), MIXED.items())
def test_dense_bus_with_inhibitory_sources_at_the_low_addresses(width, drivers):
    kinds = [EXC] * 47 + [INH] * 12
    assert one([(0, width)], [(a, 0, k, 0) for a, k in zip(HIGH_FIRST, kinds, strict=True)])[0] == drivers


@pytest.mark.parametrize(("sources", "drivers"), [(12, 3), (16, 4), (20, 5), (30, 8)])
def test_closed_form_for_the_narrowest_neuron(sources, drivers):
    """One decoder, ceil(ceil(n / 2) / 2) drivers."""
    assert one([(0, 2)], [(i % 16 + 16, 0, EXC, 0) for i in range(sources)])[0] == drivers


@pytest.mark.parametrize(("width", "sources"), [(1, 6), (2, 12), (4, 23), (8, 45), (16, 59)])
def test_largest_dense_bus_within_three_drivers(width, sources):
    def needed(n):
        return one([(0, width)], [(a, 0, EXC, 0) for a in HIGH_FIRST[:n]])[0]

    assert needed(sources) == 3 or sources == 59
    assert sources == 59 or needed(sources + 1) > 3


def test_half_rows_of_the_minimal_example_alternate():
    synapses = [(1, 0, EXC, 0), (2, 0, EXC, 0), (3, 0, EXC, 0), (16, 1, EXC, 0)]
    _, half = one([(0, 2), (2, 2)], synapses)
    assert half == {(0, 0, 0, 0): (2, 2), (0, 0, 1, 0): (1, 1), (0, 0, 1, 1): (1, 1)}


def test_synapse_histogram_of_three_receptors_on_six_denmems():
    """marocco count_synapses_per_hardware_property: 1, 4 and 3 synapses of three types on columns 0..2."""
    synapses = [(2, 0, 0, 0)] + [(a, 0, 1, 0) for a in range(2, 6)] + [(a, 0, 2, 0) for a in range(2, 5)]
    drivers, half = one([(0, 3)], synapses, receptors=3)
    assert half == {(0, 0, 0, 0): (1, 1), (0, 1, 0, 0): (2, 4), (0, 1, 1, 0): (3, 3)}
    assert drivers == 2


def test_free_half_rows_go_to_the_shorter_parity_first():
    """marocco resolve_triparity: left even 2 + 3, odd 4, two free ones: first odd, then even; right odd 1 + 3."""
    even, odd, wide = 0, 1, 2
    neurons = [(even, 1), (3, 1), (4, 2), (7, 1)]
    synapses = [(2 + i, 0, EXC, 0) for i in range(2)] + [(18 + i, 0, EXC, 0) for i in range(3)]
    synapses += [(34 + i, odd, EXC, 0) for i in range(4)] + [(50 + i, wide, EXC, 0) for i in range(2)]
    synapses += [(2, 3, INH, 0)] + [(18 + i, 3, INH, 0) for i in range(3)]
    drivers, half = one(neurons, synapses)
    assert half == {
        (0, 0, 0, 0): (2, 2),
        (0, 0, 0, 1): (3, 3),
        (0, 0, 0, 3): (1, 1),
        (0, 0, 1, 2): (4, 4),
        (0, 0, 1, 3): (1, 1),
        (0, 1, 1, 0): (1, 1),
        (0, 1, 1, 1): (3, 3),
    }
    assert drivers == 5


def test_rows_of_both_sides_share_drivers_but_stp_modes_do_not():
    """marocco count_drivers: off 2 + 3 rows, depression 1 + 1, facilitation 3: 3 + 1 + 2 drivers."""
    neuron = [(0, 1)]
    rows = [(EXC, 0, 2), (INH, 0, 3), (EXC, 1, 1), (INH, 1, 1), (EXC, 2, 3)]
    synapses = [(2 + i, 0, receptor, stp) for receptor, stp, n in rows for i in range(n)]
    assert one(neuron, synapses)[0] == 6


def test_pairs_are_sorted_and_only_addressed_cells_and_placed_neurons_count():
    neurons = [(0, 2, 9), (2, 2, 5), (4, 2, 300), (6, 2, -1)]
    problem, draft = bus(neurons, [(a, i, EXC, 0) for i in range(4) for a in (2, 3, 40)])
    draft.addresses.dnc[3] = 1
    draft.addresses.dnc[40], draft.addresses.address[40] = -1, -1
    required = requirements(problem, draft)
    pairs = list(zip((required.net - 8 * THERE).tolist(), required.hicann.tolist(), strict=True))
    assert pairs == [(1, 5), (1, 9), (1, 300), (3, 5), (3, 9), (3, 300)]
    assert required.synapses.tolist() == [1] * 6
    assert required.half_pair.tolist() == list(range(6))


def test_bus_without_synapses_needs_nothing():
    problem, draft = bus([(0, 2)], [(2, 0, EXC, 0)])
    drivers, targets = drivers_of_bus(problem, draft.placement, np.array([5, 6], np.int32), np.array([63, 62], np.int8))
    assert drivers == 0
    assert len(targets) == 0
    empty = requirements(problem, problem.blank_mapping())
    assert len(empty.net) == len(empty.half_pair) == 0


def slow(neurons, synapses, receptors):
    """Return drivers and half rows, synapse by synapse as the rule is written down."""
    count = defaultdict(int)
    for address, neuron, receptor, stp in synapses:
        count[neuron, receptor, address // 16, stp] += 1
    best, details = defaultdict(int), []
    for (neuron, receptor, decoder, stp), n in sorted(count.items()):
        column, width = neurons[neuron][:2]
        caps = {
            (side, parity): sum(1 for c in range(column, column + width) if c % 2 == parity)
            for side in (0, 1)
            for parity in (0, 1)
            if TARGETS[receptors][parity][side] == receptor
        }
        options = {key: -(-n // cap) for key, cap in caps.items() if cap}
        per_side = {}
        for side in (0, 1):
            here = {parity: options[side, parity] for parity in (0, 1) if (side, parity) in options}
            if here:
                least = min(here.values())
                fits = [parity for parity in here if here[parity] == least]
                per_side[side] = (least, 2 if len(fits) == 2 else fits[0])
        rows, parity, side = min(
            ((least, parity, side) for side, (least, parity) in per_side.items()),
            key=lambda o: (o[0], o[1] != 2, o[2]),
        )
        best[parity, side, decoder, stp] = max(best[parity, side, decoder, stp], rows)
        details.append((parity, side, decoder, stp, n, rows, caps))
    half, served, sequence, used = defaultdict(int), defaultdict(int), defaultdict(list), defaultdict(int)
    for (parity, side, decoder, stp), rows in best.items():
        if parity < 2:
            half[stp, side, parity, decoder] += rows
            used[side, parity, stp] += rows
    for (parity, side, decoder, stp), rows in sorted(best.items(), key=lambda item: item[0][1:]):
        for _ in range(rows if parity == 2 else 0):
            to = 0 if used[side, 0, stp] <= used[side, 1, stp] else 1
            used[side, to, stp] += 1
            half[stp, side, to, decoder] += 1
            sequence[side, decoder, stp].append(to)
    for parity, side, decoder, stp, n, _, caps in details:
        todo = [parity] if parity < 2 else sequence[side, decoder, stp]
        for to in todo:
            part = n if parity < 2 else min(n, caps[side, to])
            served[stp, side, to, decoder] += part
            n -= part
    rows = {stp: sum(max(used[s, 0, stp], used[s, 1, stp]) for s in (0, 1)) for stp in range(3)}
    return sum(-(-r // 2) for r in rows.values()), {k: (v, served[k]) for k, v in half.items()}


@st.composite
def buses(draw):
    receptors = draw(st.integers(1, 4))
    widths = draw(st.lists(st.integers(2 if receptors > 2 else 1, 5), min_size=1, max_size=4))
    starts = np.cumsum([0, *widths])[:-1] + draw(st.integers(0, 1))
    synapse = st.tuples(
        st.integers(0, 63), st.integers(0, len(widths) - 1), st.integers(0, receptors - 1), st.integers(0, 2)
    )
    synapses = draw(st.lists(synapse, min_size=1, max_size=60))
    return [(int(c), w) for c, w in zip(starts, widths, strict=True)], synapses, receptors


@settings(max_examples=150, deadline=None)
@given(buses())
def test_agrees_with_the_rule_written_out(case):
    assert one(*case) == slow(*case)
