"""A second, slow and simple decoder that follows every event step by step; it must see the same synapses."""

from __future__ import annotations

from collections import Counter, deque

import pytest

from emulator.decode import decode
from emulator.planted import planted_instance
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER
from models.hardware.coordinates import NEIGHBOUR, OPPOSITE
from models.hardware.layer1 import (
    REPEATER_SIDE,
    hlines_of_vline,
    next_segment,
    switch_number,
    vlines_of_hline,
)
from models.hardware.mergers import sending_hline
from models.hardware.synapses import adjacent_direction, adjacent_drivers, local_drivers
from models.hardware.synapses import switch_number as synapse_switch_number

LEFT, RIGHT, BOTH = 0, 1, 2
#: The inputs of the mergers, drawn from the picture of the tree: a merger's name or a neuron block's number.
TREE = {
    "m1.0": ("m0.0", "m0.1"), "m1.1": ("m0.2", "m0.3"), "m1.2": ("m0.4", "m0.5"), "m1.3": ("m0.6", "m0.7"),
    "m2.0": ("m1.0", "m1.1"), "m2.1": ("m1.2", "m1.3"), "m3.0": ("m2.0", "m2.1"),
}  # fmt: skip
TAPS = ("m0.0", "m1.0", "m0.2", "m3.0", "m0.4", "m2.1", "m1.3", "m0.7")
NODES = [f"m0.{i}" for i in range(8)] + [f"m1.{i}" for i in range(4)] + ["m2.0", "m2.1", "m3.0"]


class Chip:
    """The bits of one HICANN by name."""

    def __init__(self, bits, hicann):
        self.bits, self.row = bits, int(bits.position[hicann])

    def __getattr__(self, table):
        return getattr(self.bits, table)[self.row]


def blocks_below(chip, name):
    if name.startswith("m0"):
        return {int(name[3])} if chip.merger_mode[int(name[3])] in (RIGHT, BOTH) else set()
    mode, (left, right) = chip.merger_mode[NODES.index(name)], TREE[name]
    through_left = blocks_below(chip, left) if mode in (LEFT, BOTH) else set()
    return through_left | (blocks_below(chip, right) if mode in (RIGHT, BOTH) else set())


def sources(bits, hicann, dnc):
    """Yield (address, cell) of everything that reaches the sending repeater."""
    chip = Chip(bits, hicann)
    if chip.dnc_mode[dnc] in (RIGHT, BOTH):
        blocks = blocks_below(chip, TAPS[dnc])
        for cell, home, denmem in zip(bits.neuron_cell, bits.neuron_hicann, bits.neuron_denmem, strict=True):
            if home == hicann and chip.denmem_sends[denmem] and denmem % 256 // 32 in blocks:
                yield int(chip.denmem_address[denmem]), int(cell)
    if chip.dnc_mode[dnc] in (LEFT, BOTH) and chip.gbit_link[dnc] == 2:
        for cell, home, link, address in zip(
            bits.input_cell, bits.input_hicann, bits.input_link, bits.input_address, strict=True
        ):
            if (home, link) == (hicann, dnc):
                yield int(address), int(cell)


def reached(bits, hicann, dnc):
    """Return the segments that a sending repeater reaches."""
    configured = set(bits.hicanns.tolist())
    root = 320 * hicann + sending_hline(dnc)
    register = Chip(bits, hicann).repeater[root % 320]
    assert register & FROM_MERGER
    queue = deque([root] if register & DRIVE_LOCAL else [])
    if register & DRIVE_NEIGHBOUR:
        queue.append(next_segment(root, int(REPEATER_SIDE[root % 320])))
    seen = set()
    while queue:
        here = queue.popleft()
        if here in seen:
            continue
        seen.add(here)
        home, line = divmod(here, 320)
        if home in configured:
            chip = Chip(bits, home)
            others = vlines_of_hline(line) if line < 64 else hlines_of_vline(line - 64)
            for other in others:
                v, h = (other, line) if line < 64 else (line - 64, other)
                if chip.crossbar[switch_number(v, h)]:
                    queue.append(320 * home + (64 + v if line < 64 else h))
            if chip.repeater[line] == DRIVE_NEIGHBOUR:
                queue.append(next_segment(here, int(REPEATER_SIDE[line])))
        beyond = next_segment(here, OPPOSITE[REPEATER_SIDE[line]])
        if (
            beyond >= 0
            and beyond // 320 in configured
            and Chip(bits, beyond // 320).repeater[beyond % 320] == DRIVE_LOCAL
        ):
            queue.append(beyond)
    return seen


def drivers_of(bits, segments):
    """Yield (hicann, driver) of every enabled driver that hears one of the segments."""
    for segment in segments:
        hicann, v = segment // 320, segment % 320 - 64
        if v < 0 or hicann not in bits.hicanns:
            continue
        ends = [(hicann, y) for y in local_drivers(v)]
        ends += [(int(NEIGHBOUR[hicann, adjacent_direction(v)]), y) for y in adjacent_drivers(v)]
        for home, y in ends:
            if Chip(bits, hicann).synapse_switch[synapse_switch_number(v, y)] and Chip(bits, home).driver_locin[y]:
                yield from chain(bits, home, y)


def chain(bits, hicann, y):
    chip, outwards = Chip(bits, hicann), -2 if y < 112 else 2
    members, last = [y], y
    while chip.driver_mirror[last]:
        last += outwards
        members.append(last)
    first = y
    while (
        (first - outwards) // 112 == y // 112 and 0 <= first - outwards < 224 and chip.driver_mirror[first - outwards]
    ):
        first -= outwards
        members.append(first)
    return [(hicann, member) for member in members if chip.driver_enable[member]]


def neuron_of(bits, hicann, width):
    """Return the cell of each denmem: planted neurons are rectangles around the denmem that fires."""
    chip, cells = Chip(bits, hicann), {}
    for cell, home, denmem in zip(bits.neuron_cell, bits.neuron_hicann, bits.neuron_denmem, strict=True):
        if home == hicann:
            queue, seen = [int(denmem)], set()
            while queue:
                here = queue.pop()
                if here in seen:
                    continue
                seen.add(here)
                cells[here] = int(cell)
                queue += connected(chip, here)
            assert len(seen) == 2 * width
    return cells


def connected(chip, denmem):
    y, x = divmod(denmem, 256)
    if chip.denmem_vertical[x]:
        yield denmem + (-256 if y else 256)
    if chip.denmem_horizontal[y, x // 2]:
        yield denmem ^ 1
    across = denmem + (-1 if x % 2 == 0 else 1)
    if 0 <= x + (-1 if x % 2 == 0 else 1) < 256 and (chip.denmem_fire_input[denmem] or chip.denmem_fire_input[across]):
        yield across


def receptor(count, parity, side):
    return {1: 0, 2: side, 3: 0 if side == 0 else 1 + parity, 4: 2 * parity + side}[count]


def events(bits, network, width):
    """Return how often each (pre, post, receptor, stp) is reached."""
    found = Counter()
    cells = {int(h): neuron_of(bits, int(h), width) for h in bits.hicanns}
    for hicann in bits.hicanns.tolist():
        for dnc in range(8):
            if not Chip(bits, hicann).repeater[sending_hline(dnc)] & FROM_MERGER:
                continue
            by_address = dict(sources(bits, hicann, dnc))
            for home, y in drivers_of(bits, reached(bits, hicann, dnc)):
                chip = Chip(bits, home)
                for row in (2 * y, 2 * y + 1):
                    for column in range(256):
                        address = int(chip.row_decoder[row, column % 2]) * 16 + int(chip.synapse[row, column] >> 4)
                        pre, post = (
                            by_address.get(address),
                            cells[home].get(column + (256 if y >= 112 else 0)),
                        )
                        if pre is None or post is None:
                            continue
                        for side in (0, 1):
                            if chip.row_input[row, side]:
                                target = receptor(int(network.receptor_count[post]), column % 2, side)
                                found[pre, post, target, int(chip.driver_stp[y])] += 1
    return found


@pytest.mark.parametrize("seed", [1, 2, 3, 8])
def test_both_decoders_see_the_same_synapses(seed):
    instance, bits = planted_instance(seed, 2, 2)
    made = decode(bits, instance.network, instance.wafer, instance.limits).synapses
    fast = Counter(zip(made.pre.tolist(), made.post.tolist(), made.receptor.tolist(), made.stp.tolist(), strict=True))
    assert sum(fast.values()) > 50
    assert fast == events(bits, instance.network, instance.limits.neuron_size // 2)
