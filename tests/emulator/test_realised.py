"""Circuits from bits: the values of a hand-made chip, the decoded connectivity, and what a changed bit changes."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from emulator import audit, decode
from emulator.audit import match
from emulator.circuits import CircuitError
from emulator.earlier import Earlier
from emulator.planted import planted_instance
from emulator.realised import realise, realised
from emulator.variation import Variation
from models.configuration import Configuration
from models.hardware.calibration import Calibration, HicannCurves
from models.hardware.calibration_curves import POLYNOMIAL, Curve
from models.network import Network, Population

IDEAL = Variation.none()
H = 100


def chip(cell="IF_cond_exp", columns=(0, 1), cm=0.2, **registers):
    """Return a network of one neuron on HICANN 100, and its bits."""
    bits = Configuration.blank(np.array([H], np.int16))
    first = columns[0]
    for column in columns:
        bits.denmem_vertical[0, column] = True
        if column % 2:
            bits.denmem_horizontal[0, :, column // 2] = True
    bits.denmem_fires[0, first] = True
    bits = replace(
        bits,
        neuron_cell=np.array([0], np.int32),
        neuron_hicann=np.array([H], np.int16),
        neuron_denmem=np.array([first], np.int16),
    )
    for name, dac in registers.items():
        bits = bits.with_floating_gate(H, name, dac)
    return Network((Population("n", 1, cell, {"cm": cm}),)), bits


def only(circuits, name):
    return float(np.ravel(getattr(circuits.neurons, name))[0])


def test_potentials_and_times_of_one_neuron():
    network, bits = chip(E_l=313, V_t=398, V_reset=284, I_gl=80, I_pl=43, V_syntcx=531, V_syntci=250, E_synx=721)
    circuits = realised(network, bits)
    expected = {"v_rest": -64.93, "v_thresh": -49.97, "v_reset": -70.03, "tau_m": 20.0, "tau_refrac": 3.58}
    for name, value in expected.items():
        assert only(circuits, name) == pytest.approx(value, rel=2e-3), name
    assert circuits.neurons.tau_syn[0].tolist() == pytest.approx([1.75, 10.97], rel=1e-3)
    assert circuits.neurons.e_rev[0].tolist() == pytest.approx([0.03, -102.4], abs=0.1)
    assert not circuits.neurons.adaptive[0]


def test_adaptation_of_connected_denmems_adds_up():
    network, bits = chip("EIF_cond_exp_isfa_ista", V_exp=396, I_gladapt=100, I_fire=500, I_radapt=100, I_rexp=512)
    circuits, curves = realised(network, bits), Calibration()
    here = np.zeros(1, np.int64)
    one = {
        name: curves.value(name, np.array([dac]), here, here)[0] for name, dac in (("I_gladapt", 100), ("I_fire", 500))
    }
    assert circuits.neurons.adaptive[0]
    assert only(circuits, "a") == pytest.approx(1e9 * one["I_gladapt"] / 1e4 * 0.2 / 2.16456e-3)
    assert only(circuits, "b") == pytest.approx(1e9 * one["I_fire"] / 1e5 * 0.2 / 2.16456e-3)
    assert only(circuits, "v_thresh") == pytest.approx(-50.32, abs=0.01)
    assert only(circuits, "v_spike") == pytest.approx(-32.02, abs=0.01)


def test_leaks_of_connected_denmems_are_weighted_by_conductance():
    """Half of the capacitance leaks with 20 ms to -65 mV, half with 40 ms to -50 mV."""
    network, bits = chip(columns=(0,), I_gl=80, E_l=313)
    bits = bits.with_floating_gate(H, "I_gl", 39, 256).with_floating_gate(H, "E_l", 398, 256)
    circuits, slow = realised(network, bits), realised(*chip(columns=(0,), I_gl=39))
    tau = only(slow, "tau_m")
    assert only(circuits, "tau_m") == pytest.approx(2 / (1 / 20.0 + 1 / tau), rel=1e-3)
    assert only(circuits, "v_rest") == pytest.approx((-64.93 / 20 - 49.97 / tau) / (1 / 20 + 1 / tau), abs=0.02)


def test_the_firing_denmem_gives_threshold_reset_and_refractory_time():
    network, bits = chip()
    bits = bits.with_floating_gate(H, "V_t", 398, 0).with_floating_gate(H, "V_reset", 200, 0)
    bits = bits.with_floating_gate(H, "I_pl", 43, 0)
    circuits = realised(network, bits)
    assert only(circuits, "v_thresh") == pytest.approx(-49.97, abs=0.01)
    assert only(circuits, "v_reset") == pytest.approx(-84.81, abs=0.01)
    assert only(circuits, "tau_refrac") == pytest.approx(3.58, abs=0.01)


def test_small_capacitors_and_leak_modes():
    network, bits = chip(columns=(0,), I_gl=80)
    for half in (0, 1):
        bits = bits.with_membrane(H, half, False, 0)
    assert only(realised(network, bits), "tau_m") == pytest.approx(4.0, rel=2e-3)
    for half in (0, 1):
        bits = bits.with_membrane(H, half, True, 2)
    fast = 1e-7 * only(realised(network, bits), "tau_m")  # the polynomial is 3 * 80 there
    polynomial = 3.885e-5 / fast + 4.598e-10 / fast**2 - 5.597e-16 / fast**3 + 2.499e-22 / fast**4
    assert polynomial == pytest.approx(240, rel=1e-3)


def test_a_measured_chip_is_not_the_ideal_one():
    network, bits = chip(columns=(0,), V_t=500)
    shifted = np.tile([50.0, 500.0], (512, 1))
    voltage = Curve(POLYNOMIAL, shifted, np.zeros(512), np.full(512, 1.8))
    calibration = Calibration(hicanns={H: HicannCurves({"V_t": voltage})})
    assert only(realised(network, bits, calibration=calibration), "v_thresh") == pytest.approx((0.9 - 1.2) * 100)


def test_a_reset_above_the_threshold_counts_as_just_below():
    circuits = realised(*chip(V_t=398, V_reset=450))
    assert only(circuits, "v_reset") == pytest.approx(only(circuits, "v_thresh") - 0.1)


def test_inputs_saturate_in_proportion_to_their_current_cell_and_number():
    """Four denmems have four inputs of each receptor; the conductance counts in units of all their capacitance."""
    network, bits = chip(columns=(0, 1))
    assert realised(network, bits).neurons.g_max is None
    variation = replace(Variation.none(), saturates=True)
    excitatory, inhibitory = realised(network, bits, variation=variation).neurons.g_max[0]
    assert excitatory == pytest.approx(4 * 5000.0 / (1e7 * 4 * 2.16456e-3 / 0.2))
    assert inhibitory == pytest.approx(excitatory)
    halved = bits.with_floating_gate(H, "I_convx", 512)
    stronger = replace(variation, saturation=10_000.0)
    assert realised(network, halved, variation=stronger).neurons.g_max[0] == pytest.approx(
        [2 * 512 / 1023 * excitatory, 2 * excitatory]
    )
    one_off = bits.with_floating_gate(H, "I_convi", 0, 0)
    assert realised(network, one_off, variation=variation).neurons.g_max[0] == pytest.approx(
        [excitatory, 0.75 * inhibitory], rel=1e-3
    )


def test_receptors_without_input_do_not_saturate():
    network, bits = chip("IF_multicond_exp", columns=(0, 1))
    variation = replace(Variation.none(), saturates=True)
    assert np.all(realised(network, bits, variation=variation).neurons.g_max > 0)


def test_an_impossible_delay_is_refused():
    with pytest.raises(CircuitError, match="delay must be positive"):
        realised(*chip(), delay=0.0)


# planted chips: real connectivity


@pytest.fixture(scope="module")
def base(planted):
    return realise(planted.instance.network, planted.bits, wafer=planted.instance.wafer, limits=planted.instance.limits)


def test_the_synapses_are_the_decoded_ones(planted, base):
    made, table = planted.decoded.synapses, base.circuits.synapses
    unit_cell = base.circuits.unit_cell
    assert len(table) == len(made)
    assert (unit_cell[table.source] == made.pre).all()
    assert (unit_cell[table.target] == made.post).all()
    assert (table.receptor == made.receptor).all()
    assert (base.effective == np.arange(len(made))).all()


def test_weights_follow_code_range_and_capacitance(planted, base):
    """Blank dividers count as 1, V_gmax is DAC 1000."""
    made, network = planted.decoded.synapses, planted.instance.network
    size = np.bincount(planted.decoded.neurons.cell[planted.decoded.neurons.cell >= 0], minlength=network.n_cells)
    conductance = 93.94065 + 81.34435 * made.weight - 1.59734 * made.weight.astype(float) ** 2
    factor = 1000 * 1e4 * size[made.post] * 2.16456e-3 / 1.0
    expected = conductance * (1000 / 205 * 22) / factor
    assert base.circuits.synapses.weight == pytest.approx(expected, rel=1e-5)


def test_delays_count_the_hicanns_of_the_route(planted, base):
    made = planted.decoded.synapses
    hicanns = planted.decoded.nets.hops[made.segment] + 1 + (made.segment // 320 != made.hicann)
    assert hicanns.max() > 1
    assert base.circuits.synapses.delay == pytest.approx(0.6444 + 0.0397 * hicanns, rel=1e-6)
    fixed = realised(planted.instance.network, planted.bits, limits=planted.instance.limits, delay=1.5)
    assert set(fixed.synapses.delay.tolist()) == {1.5}


def test_requested_delays_belong_to_the_synapses_that_require_them(planted):
    network, rng = planted.instance.network, np.random.default_rng(7)
    shapes = [[sum(len(view) for view in side) for side in (p.pre, p.post)] for p in network.projections]
    asking = [
        replace(p, delay=rng.uniform(0.5, 3.0, shape).round(2)) if i % 2 == 0 else p
        for i, (p, shape) in enumerate(zip(network.projections, shapes, strict=True))
    ]
    wanting = Network(network.populations, tuple(asking))
    made = realise(wanting, planted.bits, limits=planted.instance.limits, wafer=planted.instance.wafer, delay=0.6)
    required, effective = match(wanting, made.decoded.synapses)
    expected = np.full(len(made.decoded.synapses), np.float32(0.6))
    expected[effective] = np.where(np.isnan(wanting.delays), np.float32(0.6), wanting.delays)[required]
    assert np.array_equal(made.circuits.synapses.delay, expected)
    assert len(set(expected.tolist())) > 20
    by_route = realise(wanting, planted.bits, limits=planted.instance.limits, wafer=planted.instance.wafer)
    assert not np.array_equal(by_route.circuits.synapses.delay, expected)


def test_short_term_plasticity_has_one_state_per_driver(planted, base):
    made, table, sets = planted.decoded.synapses, base.circuits.synapses, base.circuits.plasticity
    plastic = made.stp != 0
    assert ((table.stp >= 0) == plastic).all()
    assert (sets.mode[table.stp[plastic]] == made.stp[plastic]).all()
    driver = made.hicann[plastic].astype(int) * 224 + made.row[plastic] // 2
    pairs = set(zip(driver.tolist(), table.stp_state[plastic].tolist(), strict=True))
    assert len(pairs) == len(set(driver.tolist())) == len(set(table.stp_state[plastic].tolist()))


def test_stp_registers_become_parameters(planted, base):
    made = planted.decoded.synapses
    at = int(np.flatnonzero(made.stp == 2)[0])
    hicann, driver = int(made.hicann[at]), int(made.row[at]) // 2
    bits = planted.bits.with_stp(hicann, driver, 2, 7)
    for cell, dac in (("V_stdf", 568), ("V_fac", 284), ("V_dtc", 62)):
        bits = bits.with_floating_gate(hicann, cell, dac)
    circuits = realised(planted.instance.network, bits, limits=planted.instance.limits)
    row = circuits.synapses.stp[at]
    values = [float(getattr(circuits.plasticity, name)[row]) for name in ("U", "lam", "n", "tau_rec")]
    assert values == pytest.approx([0.40, 568 / 568.33, 0.5, 100.2], rel=1e-3)


def test_one_weight_bit_changes_one_synapse(planted, base):
    made = planted.decoded.synapses
    at = len(made) // 2
    hicann, row, column = int(made.hicann[at]), int(made.row[at]), int(made.column[at])
    bits = planted.bits.with_weight(hicann, row, column, int(made.weight[at]) ^ 8)
    after = realise(planted.instance.network, bits, previous=base).circuits.synapses
    changed = np.flatnonzero(after.weight != base.circuits.synapses.weight)
    both = (made.hicann == hicann) & (made.row == row) & (made.column == column)
    assert at in changed
    assert changed.tolist() == np.flatnonzero(both).tolist()


def test_one_decoder_bit_takes_one_synapse_away(planted, base):
    made = planted.decoded.synapses
    both = planted.bits.row_input[planted.bits.position[made.hicann], made.row].all(axis=1)
    at = int(np.flatnonzero(~both)[0])
    place = int(made.hicann[at]), int(made.row[at]), int(made.column[at])
    bits = planted.bits.with_decoder(*place, 1)  # low bits 1 are never sent
    after = realise(planted.instance.network, bits, previous=base)
    judged = audit(planted.instance, bits)
    assert len(after.circuits.synapses) == len(made) - 1
    assert judged.lost == audit(planted.instance, planted.bits).lost + 1
    assert judged.synapses - judged.lost + judged.spurious == len(after.circuits.synapses)


def test_without_quantisation_first_pulses_are_those_asked_for(planted):
    network, bits = planted.instance.network, planted.bits
    for hicann in bits.hicanns.tolist():
        for cell, dac in (("V_stdf", 568), ("V_fac", 250), ("V_dep", 100)):
            bits = bits.with_floating_gate(hicann, cell, dac)
    run = realised(network, bits, variation=replace(IDEAL, quantised=False), limits=planted.instance.limits)
    required, made = match(network, planted.decoded.synapses)
    stp, asked = network.synapses.stp[required], network.synapses.weight[required]
    utilisation = np.array([getattr(p.synapse, "U", 1.0) for p in network.projections])
    factor = np.array([1.0, 1 + 100 / 568.33, 1 - 250 / 568.33])
    assert set(stp.tolist()) == {0, 1, 2}
    first = run.synapses.weight[made] * factor[stp]
    assert first == pytest.approx(asked * utilisation[network.synapses.projection[required]], rel=1e-4)


def test_transport_follows_blocks_and_buses(planted):
    run = realise(planted.instance.network, planted.bits, limits=planted.instance.limits, transport=True)
    transport, cell = run.circuits.transport, run.circuits.neuron_cell
    sent = np.isin(cell, run.decoded.buses.source)
    assert ((transport.encoder >= 0) == sent).all()
    assert transport.line.min() >= 0
    assert transport.line.max() < 64
    taken = transport.encoder * 64 + transport.line
    assert len(np.unique(taken[sent])) == np.count_nonzero(sent)
    assert set(transport.bus.tolist()) == set(range(int(transport.bus.max()) + 1))


# only what changed is decoded again


def equal(a, b):
    for part in ("nets", "chains", "neurons", "buses", "synapses"):
        one, other = getattr(a, part), getattr(b, part)
        for name in one.__dataclass_fields__:
            left, right = getattr(one, name), getattr(other, name)
            assert np.array_equal(left, right) if isinstance(left, np.ndarray) else left == right, (part, name)
    assert a.violations == b.violations


def _a_switch(bits):
    i, switch = np.argwhere(bits.synapse_switch)[0]
    return bits.with_value("synapse_switch", int(bits.hicanns[i]), (int(switch),), 0, 1)


def _a_repeater(bits):
    i, line = np.argwhere(bits.repeater)[-1]
    return bits.with_value("repeater", int(bits.hicanns[i]), (int(line),), 0, 7)


def _an_address(bits):
    i, denmem = np.argwhere(bits.denmem_sends)[0]
    return bits.with_value("denmem_address", int(bits.hicanns[i]), (int(denmem),), 0, 63)


def _a_denmem(bits):
    i, column = np.argwhere(bits.denmem_vertical)[0]
    return bits.with_value("denmem_vertical", int(bits.hicanns[i]), (int(column),), 0, 1)


def _a_row(bits):
    i, row, side = np.argwhere(bits.row_input)[0]
    return bits.with_value("row_input", int(bits.hicanns[i]), (int(row), int(side)), 0, 1)


def _a_row_that_hears_a_generator(bits):
    i, driver = np.argwhere(bits.driver_locin)[0]
    bits = bits.with_row_decoder(int(bits.hicanns[i]), int(2 * driver), 0, 0)
    return bits.with_decoder(int(bits.hicanns[i]), int(2 * driver), 0, 0)


@pytest.mark.parametrize(
    "change",
    [_a_switch, _a_repeater, _an_address, _a_denmem, _a_row, _a_row_that_hears_a_generator, lambda bits: bits.copy()],
)
def test_decoding_changes_is_decoding_everything(planted, base, change):
    bits = change(planted.bits)
    again = realise(planted.instance.network, bits, previous=base)
    equal(again.decoded, decode(bits, planted.instance.network, planted.instance.wafer, planted.instance.limits))
    back = realise(planted.instance.network, planted.bits, previous=again)
    equal(back.decoded, base.decoded)


DIGITAL = (
    "merger_mode", "dnc_mode", "gbit_link", "generator", "repeater", "crossbar", "synapse_switch", "driver_enable",
    "driver_locin", "driver_mirror", "driver_stp", "row_decoder", "row_input", "synapse", "denmem_vertical",
    "denmem_horizontal", "denmem_fire_input", "denmem_fires", "denmem_sends", "denmem_address",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_any_change_is_decoded_as_everything_is(planted, base, seed):
    """Each step flips one register that is set and one at random, and starts from the step before."""
    rng = np.random.default_rng(seed)
    bits, earlier = planted.bits, Earlier(planted.bits, base.decoded)
    for table in rng.choice(DIGITAL, 4, replace=False):
        values = getattr(bits, table)
        in_use = np.argwhere(values != 0x10 if table == "synapse" else values)
        for place in (rng.choice(in_use), [rng.integers(n) for n in values.shape]):
            at, *inside = (int(i) for i in place)
            largest = 255 if table == "synapse" else max(int(values.max()), 1)
            value = int(rng.integers(largest + 1))
            bits = bits.with_value(table, int(bits.hicanns[at]), tuple(inside), value, 255)
        whole = planted.instance.network, planted.instance.wafer, planted.instance.limits
        decoded = decode(bits, *whole, earlier)
        equal(decoded, decode(bits, *whole))
        earlier = Earlier(bits, decoded)


def test_another_set_of_hicanns_is_decoded_anew(planted, base):
    keep = planted.bits.hicanns[1:]
    tables = {}
    for name in Configuration.__dataclass_fields__:
        table = getattr(planted.bits, name)
        labels = name.startswith(("neuron_", "input_"))
        tables[name] = table if labels else table[1:]
    bits = Configuration(**tables)
    assert len(keep) == len(bits.hicanns)
    again = realise(planted.instance.network, bits, previous=base)
    equal(again.decoded, decode(bits, planted.instance.network, planted.instance.wafer, planted.instance.limits))


def test_untouched_tables_are_not_decoded_again(planted, base, monkeypatch):
    def never(*_):
        raise AssertionError("decoded again")

    module = sys.modules["emulator.decode"]  # the package has a function of the same name
    for step in ("netlist", "driver_chains", "neurons", "buses"):
        monkeypatch.setattr(module, step, never)
    decoded_rows, deliver = [], module._deliver

    def watched(configuration, rows, *rest):
        decoded_rows.append(np.unique(rows.hicann).tolist())
        return deliver(configuration, rows, *rest)

    monkeypatch.setattr(module, "_deliver", watched)
    made = base.decoded.synapses
    hicann = int(made.hicann[0])
    bits = planted.bits.with_weight(hicann, int(made.row[0]), int(made.column[0]), 3)
    bits = bits.with_floating_gate(hicann, "V_t", 510).with_gmax_div(hicann, 0, 5, 5)
    after = realise(planted.instance.network, bits, previous=base)
    assert decoded_rows == [[hicann]]
    assert after.decoded.nets is base.decoded.nets


def test_a_chip_per_seed_is_the_same_for_the_audit():
    for seed in (1, 2):
        instance, bits = planted_instance(seed)
        run = realise(instance.network, bits, wafer=instance.wafer, limits=instance.limits)
        judged = audit(instance, bits)
        assert judged.valid
        assert len(run.circuits.synapses) == judged.synapses - judged.lost + judged.spurious
