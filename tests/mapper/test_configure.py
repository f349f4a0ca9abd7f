"""The bits of a small mapping made by hand on two HICANNs and a third one that is only passed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import audit
from mapper.configure import configure, weight_codes
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER
from models.hardware.coordinates import hicann_at
from models.hardware.layer1 import hline, vline
from models.hardware.mergers import LEFT_ONLY, LINK_OFF, LINK_TO_DNC, LINK_TO_HICANN, MERGE, RIGHT_ONLY
from models.instance import Instance
from models.mapping import (
    INPUT,
    NO_ROW,
    NOT_PLACED,
    OUTPUT,
    Addresses,
    Drivers,
    Mapping,
    Merging,
    Placement,
    Routing,
    Rows,
    SynapseCells,
)
from models.network import FromList, Network, Population, Projection, Static, TsodyksMarkram

A, B, PASSED = hicann_at(18, 7), hicann_at(19, 7), hicann_at(18, 8)
NET_A, NET_B = 8 * A + 3, 8 * B + 7


def i4(*values):
    return np.array(values, np.int32)


def i2(*values):
    return np.array(values, np.int16)


def i1(*values):
    return np.array(values, np.int8)


@pytest.fixture
def instance() -> Instance:
    neuron = Population("neuron", 3, "IF_cond_exp", {"cm": 0.2})
    source = Population("source", 1, "SpikeSourcePoisson")

    def projection(name, pre, receptor, pairs, synapse):
        return Projection(name, (pre.view(),), (neuron.view(),), receptor, FromList(np.array(pairs)), synapse)

    depressing = TsodyksMarkram(1e-3, tau_rec=100.0, tau_facil=0.0)
    projections = (
        projection("plain", neuron, "excitatory", [(0, 1), (0, 2), (1, 0)], Static(1e-3)),
        projection("minus", neuron, "inhibitory", [(1, 2)], Static(1e-3)),
        projection("outside", source, "excitatory", [(0, 2)], depressing),
    )
    return Instance("by hand", Network((neuron, source), projections))


@pytest.fixture
def mapping() -> Mapping:
    block_to_dnc, mode = np.full((384, 8), -1, np.int8), np.zeros((384, 8), np.int8)
    block_to_dnc[A, :2] = 3
    block_to_dnc[B, 2] = 2
    mode[A, 3], mode[B, 7], mode[B, 2] = OUTPUT, INPUT, OUTPUT
    root_a, root_b = hline(A, 38), hline(B, 6)
    return Mapping(
        Placement(i2(A, A, B, B), i2(0, 33, 64, -1), i1(2, 2, 2, 0), i4(0, 1, 2, 3)),
        Merging(block_to_dnc, mode),
        Addresses(i1(3, 3, 2, 7), i1(63, 34, 50, 16)),
        Routing(
            net=i4(NET_A, NET_A, NET_A, NET_A, NET_A, NET_B, NET_B, NET_B),
            segment=i4(
                root_a,
                hline(B, 40),
                vline(B, 11),
                vline(A, 44),
                vline(PASSED, 42),
                root_b,
                hline(A, 4),
                vline(A, 130),
            ),
            parent=i4(-1, root_a, hline(B, 40), root_a, vline(A, 44), -1, root_b, hline(A, 4)),
            arrival_net=i4(NET_A, NET_A, NET_B),
            arrival_hicann=i2(B, A, B),
            arrival_segment=i4(vline(B, 11), vline(A, 44), vline(A, 130)),
        ),
        Drivers(
            net=i4(NET_A, NET_A, NET_B),
            hicann=i2(B, A, B),
            segment=i4(vline(B, 11), vline(A, 44), vline(A, 130)),
            primary=i2(5, 120, 15),
            first=i2(3, 120, 15),
            last=i2(7, 122, 15),
        ),
        Rows(
            hicann=i2(B, B, A, B),
            row=i2(10, 15, 244, 30),
            chain=i4(0, 0, 1, 2),
            side=i1(0, 1, 0, 0),
            decoder_even=i1(3, -1, 3, 1),
            decoder_odd=i1(-1, 2, -1, -1),
            stp=i1(0, 0, 0, 1),
        ),
        SynapseCells(i2(244, 10, -1, 15, 30), i2(34, 64, -1, 65, 64), i1(0, 0, NO_ROW, 0, 0)),
    )


@pytest.fixture
def bits(instance, mapping):
    return configure(instance, mapping)


@pytest.fixture
def at(bits):
    return {hicann: int(bits.position[hicann]) for hicann in (A, B, PASSED)}


def test_audit_agrees_with_the_mapping(instance, mapping, bits):
    result = audit(instance, bits, claimed=mapping.lost)
    assert result.violations == ()
    assert result.valid
    assert (result.synapses, result.lost, result.spurious) == (5, 1, 0)
    assert result.realised.tolist() == [True, True, False, True, True]
    assert result.lost_by_projection.tolist() == [1, 0, 0]


def test_a_wrong_claim_is_not_valid(instance, bits):
    assert not audit(instance, bits, claimed=0).valid


def test_hicanns_that_are_only_passed_are_configured(bits):
    assert bits.hicanns.tolist() == sorted([A, B, PASSED])


def test_buses(bits, at):
    a, b = at[A], at[B]
    assert bits.merger_mode[a, 8] == MERGE
    assert bits.merger_mode[a, [12, 14]].tolist() == [LEFT_ONLY, LEFT_ONLY]
    assert bits.merger_mode[b, 7] == LEFT_ONLY
    assert bits.gbit_link[a].tolist() == [LINK_OFF] * 3 + [LINK_TO_DNC] + [LINK_OFF] * 4
    assert bits.gbit_link[b, [2, 7]].tolist() == [LINK_TO_DNC, LINK_TO_HICANN]
    assert np.flatnonzero(bits.dnc_mode[a] == MERGE).tolist() == [3]
    assert np.flatnonzero(bits.dnc_slow[b]).tolist() == [2, 7]
    assert np.flatnonzero(bits.generator[a]).tolist() == [0]
    assert np.flatnonzero(bits.generator[b]).tolist() == [2, 7]
    assert not bits.generator_address.any()


def test_the_generator_of_a_bus_is_that_of_its_first_block(instance, mapping):
    block_to_dnc = mapping.merging.block_to_dnc.copy()
    block_to_dnc[A] = (-1, -1, -1, 3, -1, -1, 3, -1)
    placement = replace(mapping.placement, column=i2(96, 193, 64, -1))
    merging = replace(mapping.merging, block_to_dnc=block_to_dnc)
    bits = configure(instance, replace(mapping, placement=placement, merging=merging))
    row = int(bits.position[A])
    assert np.flatnonzero(bits.generator[row]).tolist() == [3]
    assert bits.merger_mode[row, 13] == RIGHT_ONLY


def test_repeaters(bits, at):
    expected = {
        (A, 38): FROM_MERGER | DRIVE_LOCAL,
        (B, 40): DRIVE_LOCAL,  # even HLine: the repeater at its left edge looks at HICANN A
        (A, 64 + 44): DRIVE_NEIGHBOUR,  # even left VLine: its repeater is at the bottom
        (B, 6): FROM_MERGER | DRIVE_NEIGHBOUR,  # leaves west only
    }
    found = {(int(bits.hicanns[i]), int(line)) for i, line in zip(*np.nonzero(bits.repeater), strict=True)}
    assert found == set(expected)
    for (hicann, line), register in expected.items():
        assert bits.repeater[at[hicann], line] == register


def test_a_root_that_goes_east_and_west_drives_both_sides(instance, mapping):
    routing = mapping.routing
    west = replace(
        routing,
        net=np.append(routing.net, NET_A).astype(np.int32),
        segment=np.append(routing.segment, hline(A - 1, 36)).astype(np.int32),
        parent=np.append(routing.parent, hline(A, 38)).astype(np.int32),
    )
    bits = configure(instance, replace(mapping, routing=west))
    assert bits.repeater[bits.position[A], 38] == FROM_MERGER | DRIVE_LOCAL | DRIVE_NEIGHBOUR
    assert audit(instance, bits, claimed=1).valid


def test_crossbar_and_synapse_switches(bits, at):
    assert np.flatnonzero(bits.crossbar[at[A]]).tolist() == [8 * 4 + 4, 8 * 38 + 1]
    assert np.flatnonzero(bits.crossbar[at[B]]).tolist() == [8 * 40]
    assert np.flatnonzero(bits.synapse_switch[at[A]]).tolist() == [32 * 15 + 16 + 2, 32 * 120 + 4]
    assert np.flatnonzero(bits.synapse_switch[at[B]]).tolist() == [32 * 5 + 3]


def test_chains_mirror_towards_the_outer_edge(bits, at):
    def drivers(table, hicann):
        return np.flatnonzero(table[at[hicann]]).tolist()

    assert drivers(bits.driver_enable, B) == [3, 5, 7, 15]
    assert drivers(bits.driver_mirror, B) == [5, 7]
    assert drivers(bits.driver_locin, B) == [5, 15]
    assert drivers(bits.driver_mirror, A) == [120]
    assert bits.driver_stp[at[B], 15] == 1


def test_rows_and_synapses(bits, at):
    b = at[B]
    assert bits.row_decoder[b, 10].tolist() == [3, 0]
    assert bits.row_decoder[b, 15].tolist() == [0, 2]
    assert bits.row_input[b, [10, 15]].tolist() == [[True, False], [False, True]]
    assert bits.synapse[b, 10, 64] == 15 << 4 | 5
    assert bits.synapse[b, 15, 65] == 2 << 4 | 5
    assert np.count_nonzero(bits.synapse != 0x10) == 4


def test_denmems(bits, at):
    a = at[A]
    assert np.flatnonzero(bits.denmem_vertical[a]).tolist() == [0, 1, 33, 34]
    assert np.argwhere(bits.denmem_horizontal[a]).tolist() == [[0, 0], [1, 0]]
    assert np.flatnonzero(bits.denmem_fire_input[a]).tolist() == [34]
    assert np.flatnonzero(bits.denmem_fires[a]).tolist() == [0, 33]
    assert bits.denmem_address[a, [0, 33]].tolist() == [63, 34]
    assert bits.input_link.tolist() == [7]
    assert bits.neuron_cell.tolist() == [0, 1, 2]


def test_a_neuron_without_address_does_not_send(instance, mapping):
    silent = replace(mapping, addresses=Addresses(i1(3, 3, -1, 7), i1(63, 34, -1, 16)))
    bits = configure(instance, silent)
    row = int(bits.position[B])
    assert bits.denmem_fires[row, 64]
    assert not bits.denmem_sends[row].any()


@pytest.mark.parametrize(
    ("segment", "parent", "text"),
    [
        (vline(B, 12), hline(B, 40), "no crossbar switch between VLine 12 on HICANN 175 and HLine 40"),
        (hline(A + 5, 40), hline(A, 38), "no hop from HLine 38 on HICANN 174 to HLine 40 on HICANN 179"),
    ],
)
def test_impossible_edges_are_refused(instance, mapping, segment, parent, text):
    routing = replace(mapping.routing, net=i4(NET_A), segment=i4(segment), parent=i4(parent))
    with pytest.raises(ValueError, match=text):
        configure(instance, replace(mapping, routing=routing))


@pytest.mark.parametrize("primary", [4, 6])  # row 4 leads to the western neighbour, row 6 has no switch
def test_impossible_primaries_are_refused(instance, mapping, primary):
    drivers = replace(mapping.drivers, primary=i2(primary, 120, 15))
    with pytest.raises(ValueError, match=f"from VLine 11 on HICANN 175 to driver {primary} of HICANN 175"):
        configure(instance, replace(mapping, drivers=drivers))


@pytest.mark.parametrize(
    ("weight", "width", "code"),
    [
        (1e-3, 2, 5),  # 433 nS, between 394 (code 4) and 461 (code 5)
        (1e-3, 4, 13),  # 866 nS, between 840 (code 12) and 881 (code 13)
        (1e-6, 2, 1),  # below the smallest conductance, but never 0
        (1.0, 2, 15),
    ],
)
def test_weight_codes_are_the_nearest(weight, width, code):
    codes = weight_codes(np.array([weight], np.float32), i1(width), np.array([0.2]), 1e4)
    assert codes.tolist() == [code]


def test_a_mapping_of_nothing_has_no_bits(instance):
    nowhere = np.full(5, -1, np.int16)
    nothing = SynapseCells(nowhere, nowhere, np.full(5, NOT_PLACED, np.int8))
    empty = Mapping(
        Placement.empty(4),
        Merging.empty(),
        Addresses.empty(4),
        Routing.empty(),
        Drivers.empty(),
        Rows.empty(),
        nothing,
    )
    bits = configure(instance, empty)
    assert len(bits.hicanns) == 0
    assert audit(instance, bits, claimed=5).valid
