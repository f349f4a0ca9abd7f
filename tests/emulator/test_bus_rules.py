"""Every rule of the mergers, buses, addresses and labels, broken on purpose in a legal configuration."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import decode
from models.configuration import FROM_MERGER
from models.hardware.mergers import (
    LEFT_ONLY,
    LINK_OFF,
    LINK_TO_DNC,
    LINK_TO_HICANN,
    MERGE,
    RIGHT_ONLY,
    blocks_at_taps,
)


@pytest.fixture
def output(planted):
    """Return (row of the tables, DNC merger, neuron blocks) of a bus with neurons of several blocks."""
    bits = planted.bits
    for i, dnc in np.argwhere(bits.gbit_link == LINK_TO_DNC):
        denmems = np.flatnonzero(bits.denmem_sends[i]) % 256 // 32
        blocks = sorted(set(denmems.tolist()) & blocks_at_taps(bits.merger_mode[i].tolist())[dnc])
        if len(blocks) > 1:
            return int(i), int(dnc), blocks
    raise AssertionError("no such bus")


@pytest.fixture
def entry(planted):
    """Return (row of the tables, DNC merger) of a bus with external input."""
    i, dnc = np.argwhere(planted.bits.gbit_link == LINK_TO_HICANN)[0]
    return int(i), int(dnc)


def senders(bits, i, block):
    """Return the denmems of a block that send."""
    denmems = np.flatnonzero(bits.denmem_sends[i])
    return denmems[denmems % 256 // 32 == block]


def test_a_used_bus_has_a_generator(planted, has, output):
    bits, (i, dnc, _) = planted.copy(), output
    bits.generator[i] = False
    has(planted.violations(bits), "generator_missing", bits.hicanns[i], f"DNC merger {dnc}")


def test_a_bus_that_only_drives_layer_1_needs_a_generator_too(planted, has):
    bits = planted.copy()
    i, dnc = np.argwhere(bits.dnc_mode == LEFT_ONLY)[0]
    bits.repeater[i, 62 - 8 * dnc] = FROM_MERGER | 1
    has(planted.violations(bits), "generator_missing", bits.hicanns[i], f"DNC merger {dnc}")


def test_a_generator_behind_a_merger_that_blocks_it_does_not_count(planted, has, output):
    bits, (i, dnc, _) = planted.copy(), output
    block = next(b for b in np.flatnonzero(bits.generator[i]) if b in blocks_at_taps(bits.merger_mode[i])[dnc])
    bits.merger_mode[i, block] = RIGHT_ONLY
    has(planted.violations(bits), "generator_missing", bits.hicanns[i], f"DNC merger {dnc}")


def test_a_used_bus_has_one_generator(planted, has, output):
    bits, (i, dnc, blocks) = planted.copy(), output
    bits.generator[i, blocks] = True
    has(planted.violations(bits), "generator_doubled", bits.hicanns[i], f"DNC merger {dnc}")


def test_generators_send_the_locking_address(planted, has):
    bits = planted.copy()
    i, block = np.argwhere(bits.generator)[0]
    bits.generator_address[i, block] = 5
    has(planted.violations(bits), "generator_address", bits.hicanns[i], f"generator {block}", "address 5")


def test_sources_of_a_bus_have_different_addresses(planted, has, output):
    bits, (i, dnc, blocks) = planted.copy(), output
    first, second = senders(bits, i, blocks[0])[0], senders(bits, i, blocks[1])[0]
    bits.denmem_address[i, second] = bits.denmem_address[i, first]
    text = f"2 sources send address {bits.denmem_address[i, first]}"
    has(planted.violations(bits), "duplicate_address", bits.hicanns[i], f"DNC merger {dnc}", text)


@pytest.mark.parametrize("address", [0, 1, 17, 33, 49])
def test_no_neuron_sends_a_reserved_address(planted, has, output, address):
    bits, (i, dnc, blocks) = planted.copy(), output
    bits.denmem_address[i, senders(bits, i, blocks[0])[0]] = address
    has(planted.violations(bits), "reserved_address", bits.hicanns[i], f"DNC merger {dnc}", f" {address}")


def test_no_input_sends_a_reserved_address(planted, has):
    bits = planted.copy()
    bits.input_address[4] = 33
    has(planted.violations(bits), "reserved_address", bits.input_hicann[4], f"DNC merger {bits.input_link[4]}")


def test_sources_per_bus_are_limited(planted, has, entry):
    i, dnc = entry
    n = np.count_nonzero((planted.bits.input_hicann == planted.bits.hicanns[i]) & (planted.bits.input_link == dnc))
    found = planted.violations(limits=replace(planted.instance.limits, sources_per_bus=int(n) - 1))
    has(found, "sources_per_bus", planted.bits.hicanns[i], f"DNC merger {dnc}", f"{n} sources")


def test_a_bus_has_one_direction(planted, has, output):
    bits, (i, dnc, _) = planted.copy(), output
    bits.gbit_link[i, dnc] = LINK_TO_HICANN
    has(planted.violations(bits), "bus_direction", bits.hicanns[i], f"DNC merger {dnc}")


def test_the_merger_of_a_used_bus_is_slow(planted, has, entry):
    bits, (i, dnc) = planted.copy(), entry
    bits.dnc_slow[i, dnc] = False
    has(planted.violations(bits), "bus_not_slow", bits.hicanns[i], f"DNC merger {dnc}")


@pytest.mark.parametrize(("table", "value"), [("gbit_link", LINK_OFF), ("dnc_mode", RIGHT_ONLY)])
def test_input_must_pass(planted, has, entry, table, value):
    bits, (i, dnc) = planted.copy(), entry
    getattr(bits, table)[i, dnc] = value
    has(planted.violations(bits), "input_blocked", bits.hicanns[i], f"Gbit link {dnc}")


def test_one_denmem_of_a_neuron_fires(planted, has):
    bits = planted.copy()
    hicann, denmem = int(bits.neuron_hicann[0]), int(bits.neuron_denmem[0])
    members = planted.decoded.neurons.members(hicann, denmem)
    bits.denmem_fires[bits.position[hicann], members[members != denmem][0]] = True
    has(planted.violations(bits), "two_firing_denmems", hicann, f"denmem {members[0]}")


def test_two_quads_are_joined_once(planted, has):
    bits = planted.copy()
    i, denmem = np.argwhere(bits.denmem_fire_input)[0]
    bits.denmem_fire_input[i, (denmem + 256) % 512] = True
    left = denmem % 256 - (denmem % 2 == 0)
    has(planted.violations(bits), "fire_input", bits.hicanns[i], f"columns {left} and {left + 1}")


@pytest.mark.parametrize("denmem", [0, 255, 256, 511])
def test_no_fire_input_comes_from_beyond_the_edge(planted, has, denmem):
    bits = planted.copy()
    bits.denmem_fire_input[0, denmem] = True
    has(planted.violations(bits), "fire_input", bits.hicanns[0], f"denmem {denmem}", "beyond the edge")


def test_only_firing_denmems_send(planted, has):
    bits = planted.copy()
    i, denmem = np.argwhere(bits.denmem_sends)[0]
    bits.denmem_fires[i, denmem] = False
    found = planted.violations(bits)
    has(found, "sends_without_firing", bits.hicanns[i], f"denmem {denmem}")
    has(found, "label_not_firing", bits.hicanns[i], f"denmem {denmem}")


def _without_label(bits, k):
    tables = ("neuron_cell", "neuron_hicann", "neuron_denmem")
    return replace(bits, **{name: np.delete(getattr(bits, name), k) for name in tables})


def test_senders_have_labels(planted, has):
    bits = planted.bits
    k = next(k for k in range(9) if bits.denmem_sends[bits.position[bits.neuron_hicann[k]], bits.neuron_denmem[k]])
    found = planted.violations(_without_label(bits, k))
    has(found, "unlabelled", bits.neuron_hicann[k], f"denmem {bits.neuron_denmem[k]}")


def test_labels_are_on_the_denmem_that_fires(planted, has):
    bits = planted.copy()
    hicann, denmem = int(bits.neuron_hicann[3]), int(bits.neuron_denmem[3])
    members = planted.decoded.neurons.members(hicann, denmem)
    bits.neuron_denmem[3] = members[members != denmem][-1]
    has(planted.violations(bits), "label_not_firing", hicann, f"denmem {bits.neuron_denmem[3]}")


@pytest.mark.parametrize("cell", [-1, 10**6])
def test_labels_name_cells_of_the_network(planted, has, cell):
    bits = planted.copy()
    bits.neuron_cell[2] = cell
    bits.input_cell[2] = cell
    found = planted.violations(bits)
    has(found, "label", bits.neuron_hicann[2], f"denmem {bits.neuron_denmem[2]}", f"no neuron {cell}")
    has(found, "label", bits.input_hicann[2], f"Gbit link {bits.input_link[2]}", f"no spike source {cell}")


def test_neurons_and_sources_are_not_interchangeable(planted, has):
    bits = planted.copy()
    bits.neuron_cell[2], bits.input_cell[2] = bits.input_cell[2], bits.neuron_cell[2]
    found = planted.violations(bits)
    has(found, "label", bits.neuron_hicann[2], "denmem", "no neuron")
    has(found, "label", bits.input_hicann[2], "Gbit link", "no spike source")


def test_labels_are_on_configured_hicanns(planted, has):
    bits = planted.copy()
    elsewhere = next(h for h in range(384) if h not in bits.hicanns)
    bits.neuron_hicann[2] = bits.input_hicann[2] = elsewhere
    found = planted.violations(bits)
    has(found, "label", elsewhere, "denmem", "not configured")
    has(found, "label", elsewhere, "Gbit link", "not configured")


def test_a_cell_has_one_label(planted, has):
    bits = planted.copy()
    bits.neuron_cell[5] = bits.neuron_cell[4]
    bits.input_cell[5] = bits.input_cell[4]
    found = planted.violations(bits)
    has(found, "labelled_twice", bits.neuron_hicann[5], f"denmem {bits.neuron_denmem[5]}")
    has(found, "labelled_twice", bits.input_hicann[5], f"Gbit link {bits.input_link[5]}")


def test_a_neuron_is_one_cell(planted, has):
    bits = planted.copy()
    bits.neuron_hicann[5], bits.neuron_denmem[5] = bits.neuron_hicann[4], bits.neuron_denmem[4]
    has(planted.violations(bits), "labelled_twice", bits.neuron_hicann[4], text="two cells")
    hicann, denmem = int(bits.neuron_hicann[4]), int(bits.neuron_denmem[4])
    members = planted.decoded.neurons.members(hicann, denmem)
    bits.neuron_denmem[5] = members[members != denmem][0]
    has(planted.violations(bits), "labelled_twice", hicann, text="2 cells are this one neuron")


def test_a_block_may_travel_on_two_buses(planted):
    """Silicon allows it: both buses then carry the block's neurons."""
    bits = planted.copy()
    i, denmem = np.argwhere(bits.denmem_sends)[0]
    block = denmem % 256 // 32
    modes = np.full(15, MERGE, np.uint8)
    bits.merger_mode[i] = modes
    bits.dnc_mode[i] = MERGE
    carried = [dnc for dnc, blocks in enumerate(blocks_at_taps(modes.tolist())) if block in blocks]
    assert len(carried) > 1
    source = decode(bits, planted.instance.network, planted.instance.wafer, planted.instance.limits).buses.source
    cell = planted.decoded.neurons.cell[bits.hicanns[i], denmem]
    for dnc in carried:
        assert cell in source[8 * int(bits.hicanns[i]) + dnc]
