"""Biological parameters in registers: what is written, what saturates, how rows and weights are chosen."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import mapper
from emulator import audit, decode
from emulator.audit import match
from emulator.realised import realised
from emulator.requested import requested
from emulator.variation import Variation
from mapper.configure import Analog, configure, translate
from mapper.translation import grouped_by_weight, weight_codes
from mapper.translation.weights import write_weights
from models.configuration import Configuration
from models.errors import OptionError
from models.hardware import Limits
from models.hardware.calibration import Calibration, GmaxRange, HicannCurves, Scaling
from models.hardware.calibration_cells import DENMEM_CELL, LEAK_FAST, LEAK_NORMAL, LEAK_SLOW, SHARED_CELL
from models.hardware.coordinates import hicann_at
from models.hardware.layer1 import hline, vline
from models.instance import Instance
from models.mapping import (
    OUTPUT,
    REALISED,
    Addresses,
    Drivers,
    Mapping,
    Merging,
    Placement,
    Routing,
    Rows,
    SynapseCells,
)
from models.network import FromList, Network, Population, Projection, Static, TsodyksMarkram, Uniform

A = hicann_at(18, 7)
NET = 8 * A + 3


def i4(*values):
    return np.array(values, np.int32)


def i2(*values):
    return np.array(values, np.int16)


def i1(*values):
    return np.array(values, np.int8)


def chip(cell="IF_cond_exp", synapse=None, n=4, receptor="excitatory", **params):
    """Return an instance of n size-4 neurons in a chain, all on one HICANN, and a mapping of it by hand."""
    population = Population("n", n, cell, {"cm": 0.2} | params)
    pairs = [(i, i + 1) for i in range(n - 1)]
    synapse = synapse or Static(1e-3)
    projection = Projection(
        "chain", (population.view(),), (population.view(),), receptor, FromList(np.array(pairs)), synapse
    )
    block_to_dnc, mode = np.full((384, 8), -1, np.int8), np.zeros((384, 8), np.int8)
    block_to_dnc[A, 0], mode[A, 3] = 3, OUTPUT
    root, line = hline(A, 38), vline(A, 44)
    stp, cells = synapse.stp, np.arange(n, dtype=np.int32)
    mapping = Mapping(
        Placement(np.full(n, A, np.int16), 2 * cells.astype(np.int16), np.full(n, 2, np.int8), cells),
        Merging(block_to_dnc, mode),
        Addresses(np.full(n, 3, np.int8), np.arange(50, 50 + n, dtype=np.int8)),
        Routing(i4(NET, NET), i4(root, line), i4(-1, root), i4(NET), i2(A), i4(line)),
        Drivers(i4(NET), i2(A), i4(line), i2(120), i2(120), i2(122)),
        Rows(i2(A, A), i2(240, 244), i4(0, 0), i1(0, 0), i1(3, 3), i1(-1, -1), i1(stp, stp)),
        SynapseCells(
            np.where(np.arange(n - 1) % 2, 244, 240).astype(np.int16),
            (2 * np.arange(1, n)).astype(np.int16),
            np.full(n - 1, REALISED, np.int8),
        ),
    )
    return Instance("by hand", Network((population,), (projection,))), mapping


def gate(bits, cell, denmem=0):
    if cell in DENMEM_CELL:
        return int(bits.fg_denmem[0, denmem, DENMEM_CELL[cell]])
    return int(bits.fg_shared[0, denmem, SHARED_CELL[cell]])


def test_if_parameters_in_floating_gates():
    instance, mapping = chip(tau_m=20.0, v_rest=-65.0, v_thresh=-50.0, v_reset=-70.0, e_rev_E=0.0, e_rev_I=-70.0)
    bits = configure(instance, mapping)
    expected = {
        "E_l": 313,
        "V_t": 398,
        "I_gl": 80,
        "E_synx": 721,
        "E_syni": 284,
        "V_exp": 1023,
        "I_gladapt": 0,
        "I_fire": 0,
    }
    for column in (0, 1, 256, 257):
        assert {cell: gate(bits, cell, column) for cell in expected} == expected
    assert [gate(bits, "V_reset", block) for block in range(4)] == [284] * 4
    assert [gate(bits, f"V_gmax{i}") for i in range(4)] == [205, 225, 266, 82]
    assert bits.denmem_bigcap.all()
    blank = Configuration.blank(bits.hicanns)
    assert (bits.fg_denmem[0, 8:256] == blank.fg_denmem[0, 8:256]).all()


def test_adex_parameters_in_floating_gates():
    instance, mapping = chip(
        "EIF_cond_exp_isfa_ista", a=4.0, b=0.02, delta_T=0.8, tau_w=144.0, v_thresh=-50.4, v_spike=-40.0
    )
    bits = configure(instance, mapping)
    assert gate(bits, "V_t") == round(0.8 * 1023 / 1.8)
    assert gate(bits, "V_exp") == round(0.696 * 1023 / 1.8)
    assert gate(bits, "I_rexp") == round(-38.5688 + 2.71646e4 * 8e-3 + 3.7804e6 * 64e-6)
    assert gate(bits, "I_radapt") == round(1 / (-1.222e-3 + 782.014 * 14.4e-6 + 1.07527e7 * 14.4e-6**2))
    conductance = 4e-9 * 1e4 * 2.16456e-3 / 0.2
    assert gate(bits, "I_gladapt") == round(-0.2701 + 1.06392e8 * conductance + 2.01736e13 * conductance**2)


def test_a_threshold_without_slope_has_no_exponential():
    instance, mapping = chip("EIF_cond_exp_isfa_ista", a=0.0, b=0.0, delta_T=0.0, v_thresh=-50.0)
    bits = configure(instance, mapping)
    assert [gate(bits, cell) for cell in ("V_exp", "V_t", "I_gladapt", "I_fire")] == [1023, 398, 0, 0]


def test_v_reset_of_a_block_is_the_mean():
    values = np.array([-70.0, -80.0, -70.0, -80.0])
    instance, mapping = chip(v_reset=values)
    result = translate(instance, mapping)
    assert gate(result.configuration, "V_reset") == round((1.2 - 0.75) * 1023 / 1.8)
    entry = result.report.of("n", "v_reset")
    assert entry.requested == (-80.0, -70.0)
    assert entry.realised[0] == entry.realised[1] == pytest.approx(-75.0, abs=0.1)
    assert entry.largest_error == pytest.approx(5.0, abs=0.1)


def test_what_is_out_of_range_is_clipped_and_reported():
    instance, mapping = chip(tau_refrac=0.05, v_thresh=80.0, tau_syn_E=np.array([1.0, 5.0, 5.0, 20.0]))
    result = translate(instance, mapping)
    saturated = {entry.parameter: entry for entry in result.report.saturated}
    assert set(saturated) == {"tau_refrac", "v_thresh", "tau_syn"}
    assert saturated["v_thresh"].realised == pytest.approx((60.0, 60.0))
    assert saturated["tau_refrac"].realised == pytest.approx((0.149, 0.149))
    assert saturated["tau_syn"].saturated == 2 * 4
    assert saturated["tau_syn"].realised == pytest.approx((1.299, 15.11))
    assert saturated["v_thresh"].saturated == saturated["v_thresh"].circuits == 16
    assert "v_thresh 80 mV requested, 60 realised, 16 of 16 saturate" in str(saturated["v_thresh"])
    document = json.loads(json.dumps(result.report.document()))
    assert document[0].keys() >= {"owner", "parameter", "requested", "realised", "saturated"}
    assert len(document) == len(result.report.parameters)
    with pytest.raises(KeyError, match="n has no translated parameter rate"):
        result.report.of("n", "rate")


def test_parameters_in_range_do_not_saturate():
    instance, mapping = chip(tau_refrac=2.0, tau_m=np.linspace(6, 400, 4))
    result = translate(instance, mapping)
    assert result.report.saturated == ()
    assert result.configuration.hicanns.tolist() == [A]


@pytest.mark.parametrize(
    ("tau_m", "bigcap", "leak"),
    [(20.0, True, LEAK_NORMAL), (900.0, True, LEAK_SLOW), (4.5, True, LEAK_FAST), (2.0, False, LEAK_NORMAL)],
)
def test_membrane_modes_can_follow_the_time_constants(tau_m, bigcap, leak):
    instance, mapping = chip(tau_m=tau_m)
    bits = configure(instance, mapping, Analog(bigcap=None, leak=None))
    assert (bits.denmem_bigcap == bigcap).all()
    assert (bits.denmem_leak == leak).all()
    neurons = realised(instance.network, bits).neurons
    assert neurons.tau_m == pytest.approx(np.full(4, tau_m), rel=0.15)


def test_small_capacitors_take_a_smaller_conductance():
    instance, mapping = chip(synapse=Static(0.02))
    bits = configure(instance, mapping, Analog(bigcap=False))
    weight = realised(instance.network, bits).synapses.weight
    assert weight == pytest.approx(np.full(3, 0.02), rel=0.1)


@pytest.mark.parametrize(
    ("cell", "params"),
    [
        ("IF_cond_exp", {"tau_m": np.array([8.0, 12.0, 20.0, 30.0]), "tau_syn_E": 3.0, "tau_syn_I": 8.0}),
        ("EIF_cond_exp_isfa_ista", {"delta_T": 0.9, "a": np.array([1.0, 2.0, 3.0, 4.0]), "b": 0.01, "v_reset": -60.0}),
        ("IF_multicond_exp", {"tau_syn": [2.0, 4.0, 9.0], "e_rev": [0.0, -70.0, -90.0]}),
        ("EIF_multicond_exp_isfa_ista", {"tau_syn": [2.0, 4.0, 9.0, 3.0], "e_rev": [0.0, -70.0, -90.0, 10.0]}),
    ],
)
def test_what_comes_back_from_the_bits_is_what_was_asked_for(cell, params):
    params = {"tau_refrac": 2.0, "v_rest": -64.0, "v_thresh": -51.0} | params
    if "delta_T" in params or cell == "EIF_multicond_exp_isfa_ista":
        params = {"delta_T": 1.0, "b": 0.01} | params
    receptor = "0" if "multi" in cell else "excitatory"
    instance, mapping = chip(cell, receptor=receptor, **params)
    result = translate(instance, mapping)
    assert result.report.saturated == ()
    asked, made = requested(instance.network).neurons, realised(instance.network, result.configuration).neurons
    for name in ("v_rest", "v_thresh", "v_reset", "v_spike", "e_rev"):
        if name != "v_spike" or asked.adaptive.any():
            assert getattr(made, name) == pytest.approx(getattr(asked, name), abs=0.1), name  # half a DAC: 0.088 mV
    assert made.tau_syn == pytest.approx(asked.tau_syn, rel=0.01)
    assert made.tau_refrac == pytest.approx(asked.tau_refrac, rel=0.02)
    assert made.tau_m == pytest.approx(asked.tau_m, rel=0.02)
    assert (made.cm == asked.cm).all()
    assert (made.adaptive == asked.adaptive).all()
    if asked.adaptive.any():
        for name in ("a", "b", "tau_w", "delta_T"):
            assert getattr(made, name) == pytest.approx(getattr(asked, name), rel=0.05), name


def test_unknown_options_are_refused():
    for arguments in ({"rounding": "up"}, {"leak": 3}, {"seed": -1}, {"ranges": "some"}):
        with pytest.raises(OptionError):
            Analog(**arguments)


def test_the_speedup_of_the_instance_counts():
    instance, mapping = chip(tau_m=20.0)
    slower = replace(instance, limits=replace(instance.limits, speedup=1e3))
    assert gate(configure(slower, mapping), "I_gl") < 10
    assert Analog(Calibration(Scaling(alpha_v=3.0))).calibration_for(slower.limits).scaling == Scaling(1e3, 3.0)


# weights


def rows_of(conductance, row, calibration=None, **options):
    bits = Configuration.blank(np.array([A], np.int16))
    n = len(conductance)
    codes = write_weights(
        bits, np.full(n, A, np.int16), np.asarray(row, np.int16), np.asarray(conductance, float),
        calibration or Calibration(), **options,
    )  # fmt: skip
    return bits, codes.tolist()


@pytest.mark.parametrize(
    ("largest", "selector", "divider"),
    [(200, 3, 15), (280, 3, 15), (300, 0, 11), (954, 0, 11), (1e3, 2, 4), (3e3, 2, 4), (4e3, 1, 1), (1e6, 1, 1)],
)
def test_a_row_takes_the_smallest_range_that_is_enough(largest, selector, divider):
    bits, codes = rows_of([largest, 10.0], [5, 5])
    assert bits.row_gmax[0, 5] == selector
    assert bits.row_gmax_div[0, 5].tolist() == [divider, divider]
    assert codes[1] == 1
    assert (largest > 1e5) <= (codes[0] == 15)


def test_rows_have_their_own_ranges():
    bits, codes = rows_of([3000.0, 450.0], [4, 5])
    assert bits.row_gmax[0, [4, 5]].tolist() == [2, 0]
    conductance = 93.94065 + 81.34435 * 5 - 1.59734 * 25
    assert codes[1] == 5
    assert abs(conductance - 450) < 40


def test_chosen_ranges():
    calibration = Calibration(ranges=tuple(GmaxRange(0, n) for n in range(2, 16)))
    bits, codes = rows_of([954.0, 1100.0], [0, 1], calibration)
    assert bits.row_gmax_div[0, :2, 0].tolist() == [11, 9]
    assert codes[0] == 15


def test_measured_rows_have_their_own_codes():
    """Row 0 conducts 100 nS per step; row 1 was not measured."""
    conductance = np.full((448, 3), np.nan)
    conductance[0] = (0.0, 100.0, 0.0)
    calibration = Calibration(hicanns={A: HicannCurves(conductance=conductance)})
    _, codes = rows_of([700.0, 700.0], [0, 1], calibration)
    assert codes == [7, 9]  # 696.7 nS is code 9 of calibtic's row


def test_stochastic_rounding_is_right_on_average_and_seeded():
    """433 nS is 59 % of the way from code 4 (393.8 nS) to code 5 (460.7 nS)."""
    wanted = np.full(20_000, 432.9)
    row = np.arange(20_000) % 448
    _, codes = rows_of(wanted, row, rounding="stochastic", seed=1)
    assert set(codes) == {4, 5}
    assert np.mean(np.array(codes) == 5) == pytest.approx(0.585, abs=0.01)
    assert rows_of(wanted, row, rounding="stochastic", seed=1)[1] == codes
    assert rows_of(wanted, row, rounding="stochastic", seed=2)[1] != codes


def test_stochastic_rounding_stays_within_the_codes():
    _, codes = rows_of([1.0, 1e6], [0, 1], rounding="stochastic")
    assert codes == [1, 15]


def test_every_realised_synapse_has_a_weight_code_of_1_or_more():
    instance, mapping = chip(synapse=Static(np.array([1e-7, 1e-3, 0.05], np.float32)))
    for rounding in ("nearest", "stochastic"):
        bits = configure(instance, mapping, Analog(rounding=rounding))
        assert (bits.synapse[0, mapping.synapses.row, mapping.synapses.column] & 15 >= 1).all()


def test_weights_come_back_from_the_bits():
    instance, mapping = chip(n=12, synapse=Static(np.linspace(1.5e-3, 7.8e-3, 11).astype(np.float32)))
    result = translate(instance, mapping)
    table = realised(instance.network, result.configuration).synapses
    back = dict(zip(table.target.tolist(), table.weight.tolist(), strict=True))
    asked = instance.network.synapses
    half_step = 0.5 * 80.0 * 3.57 / 432_912  # of the range 650 nA / 4
    for target, weight in zip(asked.post.tolist(), asked.weight.tolist(), strict=True):
        assert back[target] == pytest.approx(weight, abs=half_step)
    entry = result.report.of("chain", "weight")
    assert entry.circuits == 11
    assert entry.realised == pytest.approx((min(back.values()), max(back.values())), rel=1e-5)


def test_nearest_codes_of_the_default_row():
    codes = weight_codes(np.array([1e-3], np.float32), i1(2), np.array([0.2]), 1e4)
    assert codes.tolist() == [5]


def test_all_ranges_are_finer_than_the_calibrated_ones():
    instance, mapping = chip(n=12, synapse=Static(np.linspace(1e-3, 1.3e-3, 11).astype(np.float32)))
    error = {}
    for ranges in ("calibrated", "all"):
        entry = translate(instance, mapping, Analog(ranges=ranges)).report.of("chain", "weight")
        error[ranges] = entry.largest_error
    assert error["all"] < 0.7 * error["calibrated"]


# grouping


@pytest.fixture(scope="module")
def dense():
    """Return a dense instance of widely spread weights, and its mapping."""
    population = Population("n", 60, "IF_cond_exp", {"cm": 0.2})
    pre, post = np.nonzero(np.random.default_rng(1).random((60, 60)) < 0.5)
    whole, weight = (population.view(),), Uniform(5e-4, 4e-3, 2)
    projection = Projection("p", whole, whole, "excitatory", FromList(np.stack([pre, post], axis=1)), Static(weight))
    instance = Instance("dense", Network((population,), (projection,)), limits=Limits(neuron_size=8))
    return instance, mapper.solve(instance, "marocco", det_limit=1.0)


def weight_errors(instance, mapping):
    bits = configure(instance, mapping)
    synapses = realised(instance.network, bits).synapses
    decoded = decode(bits, instance.network, instance.wafer, instance.limits)
    required, made = match(instance.network, decoded.synapses)
    return np.abs(synapses.weight[made] / instance.network.synapses.weight[required] - 1), audit(instance, bits)


def test_grouped_rows_hold_alike_weights_and_the_same_synapses(dense):
    instance, solution = dense
    grouped = grouped_by_weight(instance.network, solution.mapping)
    before, judged = weight_errors(instance, solution.mapping)
    after, judged_after = weight_errors(instance, grouped)
    assert after.mean() < 0.7 * before.mean()
    assert judged.valid
    assert judged_after.valid
    assert judged.lost == judged_after.lost == solution.lost
    cells = [np.stack([m.synapses.row, m.synapses.column], axis=1) for m in (solution.mapping, grouped)]
    post = instance.network.synapses.post
    for cell in np.unique(post):
        one, other = (sorted(map(tuple, c[post == cell].tolist())) for c in cells)
        assert one == other


def test_equal_weights_stay_where_they_are(dense):
    instance, solution = dense
    projection = replace(instance.network.projections[0], synapse=Static(1e-3))
    network = Network(instance.network.populations, (projection,))
    grouped = grouped_by_weight(network, solution.mapping)
    assert (grouped.synapses.row == solution.mapping.synapses.row).all()
    assert (grouped.synapses.column == solution.mapping.synapses.column).all()


# short-term plasticity


@pytest.mark.parametrize(("tau_rec", "tau_facil"), [(200.0, 0.0), (0.0, 200.0)])
def test_stp_reproduces_tsodyks_and_markram(tau_rec, tau_facil):
    """The first pulses of a train of 20 ms: w u x, within the steps of the registers."""
    utilisation, weight = 0.30, 2e-3
    instance, mapping = chip(synapse=TsodyksMarkram(weight, utilisation, tau_rec, tau_facil))
    exact = replace(Variation.none(), quantised=True)
    circuits = realised(instance.network, configure(instance, mapping), variation=exact)
    row = circuits.synapses.stp[0]
    p = circuits.plasticity
    sign = -1 if p.mode[row] == 1 else 1
    inactive, amplitudes = 0.0, []
    for _ in range(5):
        amplitudes.append(circuits.synapses.weight[0] * (1 + sign * p.lam[row] * (inactive - p.n[row])))
        inactive = (inactive + p.U[row] * (1 - inactive)) * np.exp(-20.0 / p.tau_rec[row])
    x, u, expected = 1.0, utilisation, []
    for _ in range(5):
        expected.append(weight * u * x)
        x = 1 + (x - x * u - 1) * np.exp(-20.0 / tau_rec) if tau_rec else 1.0
        u = utilisation + u * (1 - utilisation) * np.exp(-20.0 / tau_facil) if tau_facil else utilisation
    assert amplitudes == pytest.approx(expected, rel=0.1)
    assert amplitudes[-1] / amplitudes[0] == pytest.approx(expected[-1] / expected[0], rel=0.03)


def test_stp_registers_and_saturated_utilisation():
    instance, mapping = chip(synapse=TsodyksMarkram(2e-3, 0.5, 100.0, 0.0))
    result = translate(instance, mapping)
    bits = result.configuration
    assert bits.driver_stp[0, [120, 122]].tolist() == [1, 1]
    assert bits.driver_stp_cap[0, [120, 122]].tolist() == [7, 7]
    assert bits.driver_stp_cap[0].sum() == 14
    assert gate(bits, "V_dtc", 2) == 62  # driver 120: bottom half, left side
    assert gate(bits, "V_dtc", 3) == 0
    entry = result.report.of("chain", "U")
    assert (entry.saturated, entry.realised) == (3, pytest.approx((0.4, 0.4)))
    assert result.report.of("chain", "tau_rec").realised == pytest.approx((100.2, 100.2), abs=0.1)
    first = result.report.of("chain", "weight")
    assert first.requested == pytest.approx((1e-3, 1e-3))
    assert first.realised == pytest.approx((1e-3, 1e-3), rel=0.1)


def test_an_unreachable_recovery_time_saturates():
    instance, mapping = chip(synapse=TsodyksMarkram(2e-3, 0.3, 1e4, 0.0))
    entry = translate(instance, mapping).report.of("chain", "tau_rec")
    assert entry.saturated == 3
    assert entry.realised == pytest.approx((5872, 5872), abs=1)
