"""Counting lost and spurious synapses, and the constraints of the instance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import audit
from emulator.audit import compare
from emulator.decode import EffectiveSynapses
from emulator.violations import KINDS, Violation, violation
from models.hardware.mergers import LINK_TO_DNC
from models.instance import PlacementRequest
from models.network import FromList, Network, Population, Projection, Static, TsodyksMarkram, View


def test_violations_name_their_place():
    assert str(Violation("short", 174, "HLine 3", "two drivers")) == "short: HICANN 174 (18,7) HLine 3: two drivers"


def test_violations_have_known_kinds():
    with pytest.raises(KeyError, match="shrot"):
        violation("shrot", 0, "", "")


# ---- lost and spurious


def test_every_synapse_that_is_switched_off_is_lost(planted):
    made = planted.decoded.synapses
    places = (made.hicann.astype(np.int64) * 448 + made.row) * 256 + made.column
    off = np.unique(places)[3:50:7]
    bits = planted.copy()
    bits.synapse[bits.position[off // 256 // 448], off // 256 % 448, off % 256] = 0x10
    result = audit(planted.instance, bits)
    assert (result.lost, result.spurious) == (np.count_nonzero(np.isin(places, off)), 0)
    assert result.valid
    assert result.lost_by_projection.sum() == result.lost
    assert np.count_nonzero(~result.realised) == result.lost
    assert audit(planted.instance, bits, claimed=result.lost).valid
    assert not audit(planted.instance, bits, claimed=result.lost - 1).valid


def test_a_driver_that_is_switched_off_loses_its_synapses(planted):
    made = planted.decoded.synapses
    bits = planted.copy()
    rows, count = np.unique(made.row // 2 + 224 * made.hicann.astype(int), return_counts=True)
    hicann, driver = divmod(int(rows[count.argmax()]), 224)
    here = (made.hicann == hicann) & (made.row // 2 == driver)
    bits.row_input[bits.position[hicann], [2 * driver, 2 * driver + 1]] = False
    result = audit(planted.instance, bits)
    assert result.lost == np.count_nonzero(here)
    assert result.spurious == 0


def test_an_unwanted_synapse_is_spurious(planted):
    made = planted.decoded.synapses
    bits = planted.copy()
    i, row, column = int(bits.position[made.hicann[0]]), int(made.row[0]), int(made.column[0])
    twin = next(
        c
        for c in range(column % 2, 256, 2)
        if bits.synapse[i, row, c] == 0x10 and planted.decoded.neurons.cell[made.hicann[0], c + 256 * (row >= 224)] >= 0
    )
    bits.synapse[i, row, twin] = bits.synapse[i, row, column]
    result = audit(planted.instance, bits, claimed=0)
    assert result.spurious == bits.row_input[i, row].sum()
    assert (result.lost, result.violations) == (0, ())
    assert not result.valid
    assert f"row {row}, column {twin}" in result.spurious_examples[0]


def test_a_wrong_stp_mode_loses_and_adds(planted):
    made = planted.decoded.synapses
    bits = planted.copy()
    here = (made.hicann == made.hicann[0]) & (made.row // 2 == made.row[0] // 2)
    bits.driver_stp[bits.position[made.hicann[0]], made.row[0] // 2] = (made.stp[0] + 1) % 3
    result = audit(planted.instance, bits)
    assert result.lost == result.spurious
    assert 0 < result.lost <= np.count_nonzero(here)


def test_a_synapse_on_the_locking_address_hears_the_generator(planted, has):
    bits, made = planted.copy(), planted.decoded.synapses
    i, row = int(bits.position[made.hicann[0]]), int(made.row[0])
    bits.row_decoder[i, row] = 0
    bits.synapse[i, row] = 0x10
    bits.synapse[i, row, [3, 8]] = 0x0F
    has(
        audit(planted.instance, bits).violations,
        "background_synapse",
        made.hicann[0],
        f"row {row}",
        "2 synapses",
    )


def _effective(rows):
    pre, post, receptor, stp = (np.array(column) for column in zip(*rows, strict=True))
    zero = np.zeros(len(pre), np.int16)
    return EffectiveSynapses(pre, post, receptor, stp, zero.astype(np.uint8), zero, zero, zero, zero, zero)


def test_parallel_projections_are_served_in_order():
    cells = Population("a", 3, "IF_cond_exp")
    whole = (cells.view(),)
    pairs = np.array([(0, 1), (0, 1), (1, 2)])

    def projection(name, receptor, synapse):
        return Projection(name, whole, whole, receptor, FromList(pairs), synapse)

    network = Network(
        (cells,),
        (
            projection("first", "excitatory", Static(1.0)),
            projection("second", "excitatory", Static(2.0)),
            projection("minus", "inhibitory", Static(1.0)),
            projection("weary", "excitatory", TsodyksMarkram(1.0, tau_rec=50.0, tau_facil=0.0)),
        ),
    )
    made = _effective([(0, 1, 0, 0)] * 3 + [(1, 2, 0, 0)] * 3 + [(1, 2, 1, 0), (0, 1, 0, 1), (2, 0, 0, 0)])
    realised, spurious = compare(network, made)
    assert realised.reshape(4, 3).tolist() == [
        [True, True, True],
        [True, False, True],
        [False, False, True],
        [True, False, False],
    ]
    assert np.flatnonzero(spurious).tolist() == [5, 8]


# ---- constraints of the instance


def _where(planted, k):
    bits = planted.bits
    cell = int(bits.neuron_cell[k])
    return cell, int(bits.neuron_hicann[k]), int(bits.neuron_denmem[k])


def test_neurons_have_the_size_of_the_limits(planted, has):
    _, hicann, denmem = _where(planted, 0)
    size = planted.instance.limits.neuron_size
    found = planted.violations(limits=replace(planted.instance.limits, neuron_size=size + 2))
    has(found, "neuron_size", hicann, f"denmem {denmem}", f"has {size} denmems instead of {size + 2}")


def test_neurons_have_the_size_asked_for(planted, has):
    cell, hicann, denmem = _where(planted, 0)
    request = PlacementRequest(View("neuron", (cell,)), size=2)
    found = planted.violations(placement=(request,))
    has(found, "neuron_size", hicann, f"denmem {denmem}")
    assert len(found) == 1


def test_placement_on_hicanns(planted, has):
    cell, hicann, denmem = _where(planted, 0)
    view = View("neuron", (cell,))
    others = tuple(int(h) for h in planted.bits.hicanns if h != hicann)
    assert planted.violations(placement=(PlacementRequest(view, hicanns=(*others, hicann)),)) == ()
    found = planted.violations(placement=(PlacementRequest(view, hicanns=others[:1]),))
    has(found, "placement", hicann, f"denmem {denmem}", f"HICANN {others[0]}")


def test_placement_on_blocks(planted, has):
    cell, hicann, denmem = _where(planted, 0)
    view, block = View("neuron", (cell,)), denmem % 256 // 32
    assert planted.violations(placement=(PlacementRequest(view, blocks=((hicann, block),)),)) == ()
    found = planted.violations(placement=(PlacementRequest(view, blocks=((hicann, (block + 1) % 8),)),))
    has(found, "placement", hicann, f"denmem {denmem}", "block")


def test_placement_on_denmems(planted, has):
    cell, hicann, denmem = _where(planted, 0)
    members, size = planted.decoded.neurons.members(hicann, denmem), planted.instance.limits.neuron_size
    view, column = View("neuron", (cell,)), int(members[0])
    assert planted.violations(placement=(PlacementRequest(view, neurons=((hicann, column, size),)),)) == ()
    found = planted.violations(placement=(PlacementRequest(view, neurons=((hicann, column + 1, size),)),))
    has(found, "placement", hicann, f"denmem {denmem}", f"columns {column + 1}..{column + size // 2}")


def test_placement_of_spike_sources(planted, has):
    bits = planted.bits
    first = len(bits.neuron_cell)
    cell, hicann, link = int(bits.input_cell[0]) - first, int(bits.input_hicann[0]), int(bits.input_link[0])
    view = View("source", (cell,))
    assert planted.violations(placement=(PlacementRequest(view, hicanns=(hicann,)),)) == ()
    other = next(int(h) for h in bits.hicanns if h != hicann)
    found = planted.violations(placement=(PlacementRequest(view, hicanns=(other,)),))
    has(found, "placement", hicann, f"Gbit link {link}", f"HICANN {other}")


def test_a_placed_neuron_must_be_somewhere(planted, has):
    bits = planted.copy()
    cell, hicann, _ = _where(planted, 0)
    gone = replace(
        bits,
        neuron_cell=bits.neuron_cell[1:],
        neuron_hicann=bits.neuron_hicann[1:],
        neuron_denmem=bits.neuron_denmem[1:],
    )
    request = PlacementRequest(View("neuron", (cell,)), hicanns=(hicann,))
    has(planted.violations(gone, placement=(request,)), "placement", 0, "nowhere", f"cell {cell}")


def test_shared_buses(planted, has):
    source = planted.decoded.buses.source
    nets = [net for net in range(3072) if planted.bits.position[net // 8] >= 0 and (source[net] >= 0).any()]
    nets = [n for n in nets if planted.bits.gbit_link[planted.bits.position[n // 8], n % 8] == LINK_TO_DNC]
    first, second = (tuple(source[net][source[net] >= 0].tolist()) for net in nets[:2])
    assert planted.violations(shared_buses=(View("neuron", first),)) == ()
    found = planted.violations(shared_buses=(View("neuron", first + second),))
    has(found, "shared_bus", nets[1] // 8, f"DNC merger {nets[1] % 8}", "2 buses")


def test_input_rates_are_limited(planted, has):
    limits, bits = planted.instance.limits, planted.bits
    entered = np.bincount(bits.input_hicann)
    busiest = int(entered.argmax())
    rate = entered[busiest] * limits.speedup / limits.bandwidth_utilization
    assert planted.violations(limits=replace(limits, input_rate_per_hicann=rate)) == ()
    found = planted.violations(limits=replace(limits, input_rate_per_hicann=rate * 0.99))
    has(found, "input_rate", busiest, "input", "events/s")
    assert planted.violations(limits=replace(limits, input_rate_per_fpga=1.0, consider_firing_rate=False)) == ()
    found = planted.violations(limits=replace(limits, input_rate_per_fpga=1.0))
    assert {"FPGA" in v.message for v in found} == {True}


def test_every_kind_says_its_rule():
    assert all(rule and rule[0].islower() for rule in KINDS.values())
