"""marocco's C++ unit tests, where no test of one of our stages has their numbers yet."""

from dataclasses import replace

import numpy as np
import pytest

from mapper.configure import configure
from mapper.problem import Problem
from mapper.requirements import requirements
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER
from models.hardware import mergers, synapses
from models.hardware.coordinates import EAST, WEST, hicann_at
from models.hardware.layer1 import hline, next_segment, switch_number, vline
from models.hardware.mergers import LEFT_ONLY, MERGE, RIGHT_ONLY, node, sending_hline
from models.mapping import Routing
from models.network import FromList


def modes(**dnc_of_block):
    return mergers.modes_for_map([dnc_of_block.get(f"b{b}", -1) for b in range(8)])


def test_c03_merger_modes():
    """marocco MergerTreeConfigurator."""
    assert modes()[node(1, 1)] == RIGHT_ONLY
    assert modes(b2=3, b3=3)[node(1, 1)] == MERGE
    third_and_fourth = modes(b3=3, b4=3)
    assert third_and_fourth[node(1, 2)] in (LEFT_ONLY, MERGE)
    assert third_and_fourth[node(3, 0)] == MERGE
    split = modes(b3=3, b4=5, b5=5)
    assert (split[node(1, 2)], split[node(3, 0)]) == (MERGE, LEFT_ONLY)
    for blocks in (range(8), range(7)):
        assert modes(**{f"b{b}": b for b in blocks}) == mergers.DEFAULT_MODES


@pytest.mark.parametrize("wrong", [{"b0": 3, "b1": 1}, {"b0": 7}])
def test_c03_impossible_merger_modes(wrong):
    with pytest.raises(ValueError, match="the merger tree cannot realise the map block -> DNC merger"):
        modes(**wrong)


@pytest.fixture
def half_rows(instance, neurons, project):
    """Return ``half_rows(columns, [(address, neuron, receptor)]) -> ({(side, parity, decoder): rows}, drivers)``."""

    def count(columns, wanted):
        pre, post = neurons("pre", 64), neurons("post", len(columns))
        by_receptor = {
            receptor: [(address, neuron) for address, neuron, r in wanted if r == receptor]
            for receptor in ("excitatory", "inhibitory")
        }
        projections = [project(pre, post, FromList(pairs), r) for r, pairs in by_receptor.items() if pairs]
        problem = Problem(instance([pre, post], projections))
        draft = problem.blank_mapping()
        draft.placement.hicann[:64], draft.placement.hicann[64:] = 6, 5
        draft.placement.column[64:] = [first for first, _ in columns]
        draft.placement.width[64:] = [width for _, width in columns]
        draft.addresses.dnc[:64], draft.addresses.address[:64] = 3, np.arange(64)
        found = requirements(problem, draft)
        keys = zip(found.half_side.tolist(), found.half_parity.tolist(), found.half_decoder.tolist(), strict=True)
        return dict(zip(keys, found.half_rows.tolist(), strict=True)), int(found.drivers[0])

    return count


def test_c06_base(half_rows):
    """Two columns serve any parity: left 2, 3, 4 half rows for decoders 0, 1, 2 and right 2 for decoder 3."""
    wanted = [(16 * d + 2 + i, 0, "excitatory") for d, n in ((0, 2), (1, 3), (2, 4)) for i in range(n)]
    wanted += [(48 + 2 + i, 0, "inhibitory") for i in range(2)]
    rows, drivers = half_rows([(0, 2)], wanted)
    total = {(side, d): sum(n for (s, _, e), n in rows.items() if (s, e) == (side, d)) for side, _, d in rows}
    assert total == {(0, 0): 2, (0, 1): 3, (0, 2): 4, (1, 3): 2}
    assert drivers == 3


def test_c06_several_targets(half_rows):
    """The largest need of any neuron counts, parity by parity: any 4, odd 3, even 3 - dealt out as 5 and 5."""
    wide, even, odd = [(0, 2), (2, 2), (4, 2)], [(6, 1), (8, 1)], [(11, 1)]
    needs = [(0, 2), (1, 4), (2, 3)]
    wanted = [(16 + 2 + i, neuron, "excitatory") for neuron, n in needs for i in range(n)]
    wanted += [(32 + 2 + i, neuron, "excitatory") for neuron, n in ((3, 3), (4, 2), (5, 3)) for i in range(n)]
    rows, drivers = half_rows([*wide, *even, *odd], wanted)
    assert rows == {(0, 0, 1): 2, (0, 1, 1): 2, (0, 0, 2): 3, (0, 1, 2): 3}
    assert drivers == 3


@pytest.fixture
def registers(instance, neurons):
    """Return ``registers(*segments) -> Configuration`` of one net that runs along the segments."""

    def write(net, *segments):
        problem = instance([neurons("n", 1)])
        chain = np.array(segments, np.int32)
        routing = Routing(
            np.full(len(chain), net, np.int32),
            chain,
            np.array([-1, *segments[:-1]], np.int32),
            *(np.empty(0, kind) for kind in (np.int32, np.int16, np.int32)),
        )
        return configure(problem, replace(Problem(problem).blank_mapping(), routing=routing))

    return write


def test_c13_bits_of_a_route(registers):
    """DNC merger 2 of (5,5) to VLine 39 of (6,5): both repeaters drive to the right, one crossbar switch."""
    west, east = hicann_at(5, 5), hicann_at(6, 5)
    bits = registers(8 * west + 2, hline(west, 46), hline(east, 48), vline(east, 39))
    here, there = (int(bits.position[h]) for h in (west, east))
    assert bits.repeater[here, 46] == FROM_MERGER | DRIVE_LOCAL
    assert bits.repeater[there, 48] == DRIVE_LOCAL  # its repeater is on its left edge, towards (5,5)
    assert np.count_nonzero(bits.repeater) == 2
    assert np.argwhere(bits.crossbar).tolist() == [[there, switch_number(39, 48)]]


def test_c14_a_route_to_the_west_leaves_its_own_line_out(registers):
    """DNC merger 3 of (21,14): the sending repeater drives the western neighbour only."""
    source = hicann_at(21, 14)
    root = hline(source, sending_hline(3))
    bits = registers(8 * source + 3, root, next_segment(root, WEST))
    assert bits.repeater[bits.position[source], 38] == FROM_MERGER | DRIVE_NEIGHBOUR
    east = registers(8 * source + 3, root, next_segment(root, EAST))
    assert east.repeater[east.position[source], 38] == FROM_MERGER | DRIVE_LOCAL


def test_c15_lines_reach_the_facing_drivers_of_the_neighbour():
    """Lines of (5,5) on the left half reach right drivers of (4,5): 100, never the left driver 99."""
    reached = {v for v in range(256) if 100 in synapses.adjacent_drivers(v)}
    assert reached == {first + i for first in (8, 40, 72, 104) for i in range(4)}
    for v in range(128):
        assert synapses.adjacent_direction(v) == WEST
        assert 99 not in synapses.adjacent_drivers(v)
    assert synapses.chain(1, 5) == [1, 3, 5]
