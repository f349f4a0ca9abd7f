"""Variation: sizes, seeds, what is switched, and what belongs to the wafer rather than to the mapping."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from emulator.realised import realised
from emulator.variation import Spread, Variation, VariationError, normal_at
from models.configuration import Configuration
from models.network import Network, Population

PLACES = np.arange(200_000)


def wafer_of_neurons(n_hicanns=8):
    """Return a network of one-column neurons on all columns of some HICANNs, and its bits."""
    hicanns = np.arange(100, 100 + n_hicanns, dtype=np.int16)
    bits = Configuration.blank(hicanns)
    bits.denmem_vertical[:] = True
    bits.denmem_fires[:, :256] = True
    n = 256 * n_hicanns
    bits = replace(
        bits,
        neuron_cell=np.arange(n, dtype=np.int32),
        neuron_hicann=np.repeat(hicanns, 256),
        neuron_denmem=np.tile(np.arange(256), n_hicanns).astype(np.int16),
    )
    for hicann in hicanns.tolist():
        for cell, dac in (("E_l", 313), ("V_t", 398), ("I_gl", 80), ("I_pl", 43), ("V_syntcx", 400), ("V_reset", 284)):
            bits = bits.with_floating_gate(hicann, cell, dac)
    return Network((Population("n", n, "IF_cond_exp", {"cm": 0.2}),)), bits


@pytest.fixture(scope="module")
def neurons():
    return wafer_of_neurons()


def only(**switched):
    return replace(Variation.none(), **switched)


def test_numbers_are_standard_normal_and_belong_to_seed_name_and_place():
    drawn = normal_at(3, "E_l", PLACES)
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(np.abs(drawn) < 1) == pytest.approx(0.6827, abs=0.005)
    assert np.corrcoef(drawn[1:], drawn[:-1])[0, 1] == pytest.approx(0.0, abs=0.01)
    assert (normal_at(3, "E_l", PLACES[::-7]) == drawn[::-7]).all()
    for other in (normal_at(4, "E_l", PLACES), normal_at(3, "V_t", PLACES)):
        assert np.corrcoef(drawn, other)[0, 1] == pytest.approx(0.0, abs=0.01)


def test_first_numbers_do_not_change():
    """SplitMix64 and the quantile use integer and correctly rounded operations only."""
    drawn = normal_at(0, "synapse", np.arange(3)).tolist()
    assert drawn == [
        -1.3809610525472154,
        -0.7898350843760581,
        0.8573020147349079,
    ]


def test_without_variation_circuits_of_one_kind_are_equal(neurons):
    circuits = realised(*neurons)
    for name in ("tau_m", "v_rest", "v_thresh", "tau_refrac"):
        assert np.ptp(getattr(circuits.neurons, name)) < 1e-9
    assert circuits.jitter == 0.0


def test_fixed_pattern_has_the_published_size(neurons):
    """A neuron of two denmems: times and potentials of its leak are means of two, the rest is of the firing one."""
    circuits = realised(*neurons, variation=only(neurons=True)).neurons
    ideal = realised(*neurons).neurons
    assert (circuits.v_thresh - ideal.v_thresh).std() == pytest.approx(0.34, rel=0.1)
    assert (circuits.v_rest - ideal.v_rest).std() == pytest.approx(0.6 / np.sqrt(2), rel=0.1)
    assert (circuits.tau_syn[:, 0] / ideal.tau_syn[:, 0]).std() == pytest.approx(0.13 / np.sqrt(2), rel=0.1)
    assert (circuits.tau_m / ideal.tau_m).std() == pytest.approx(0.20 / np.sqrt(2), rel=0.15)
    assert (circuits.tau_refrac / ideal.tau_refrac).std() == pytest.approx(0.5, rel=0.15)
    assert circuits.tau_refrac.min() > 0


def test_reset_is_shared_by_block(neurons):
    circuits = realised(*neurons, variation=only(neurons=True)).neurons
    reset = circuits.v_reset.reshape(8, 256)
    assert len(np.unique(reset)) == 16  # two blocks per HICANN fire here: even and odd columns
    assert (reset[:, 0::2] == reset[:, :1]).all()
    assert (reset[:, 1::2] == reset[:, 1:2]).all()


def test_the_pattern_is_that_of_the_wafer(neurons):
    network, bits = neurons
    every = Variation.default(5)
    whole = realised(network, bits, variation=every).neurons
    again = realised(network, bits, variation=every).neurons
    assert (whole.tau_m == again.tau_m).all()
    small, few = wafer_of_neurons(2)
    assert (realised(small, few, variation=every).neurons.tau_m == whole.tau_m[:512]).all()
    assert (realised(network, bits, variation=Variation.default(6)).neurons.tau_m != whole.tau_m).all()


def test_programming_again_changes_floating_gates_and_nothing_else(neurons):
    network, bits = neurons
    first = only(trial_to_trial=True)
    one, two = (realised(network, bits, variation=v).neurons for v in (first, first.reprogrammed()))
    ideal = realised(network, bits).neurons
    assert (one.v_thresh != two.v_thresh).mean() > 0.99
    assert (one.v_thresh - ideal.v_thresh).std() == pytest.approx(0.4, rel=0.1)  # 4 mV of hardware
    pattern = only(neurons=True)
    fixed = [realised(network, bits, variation=v).neurons for v in (pattern, pattern.reprogrammed())]
    assert (fixed[0].v_thresh == fixed[1].v_thresh).all()


@pytest.mark.parametrize(("dac", "size"), [(1023, 3.0), (500, 3.0), (250, 1.5), (50, 0.7)])
def test_current_cells_vary_in_proportion_down_to_a_floor(dac, size):
    held = only(trial_to_trial=True).programmed("I_gl", np.full(20_000, dac), np.arange(20_000))
    assert held.max() <= 1023
    if dac < 1023:
        assert held.std() == pytest.approx(size, rel=0.05)


def test_a_cell_at_zero_stays_off():
    assert not only(trial_to_trial=True).programmed("I_fire", np.zeros(100), np.arange(100)).any()


def test_synaptic_strength_and_delays(planted):
    network, limits = planted.instance.network, planted.instance.limits
    ideal = realised(network, planted.bits, limits=limits).synapses
    noisy = realised(network, planted.bits, limits=limits, variation=only(synapses=True)).synapses
    ratio = noisy.weight / ideal.weight
    made = planted.decoded.synapses
    _, first = np.unique(np.stack([made.hicann, made.row, made.column]), axis=1, return_index=True)
    assert ratio[first].std() == pytest.approx(0.2, rel=0.1)
    assert ratio.min() >= 0
    assert (noisy.delay == ideal.delay).all()
    late = realised(network, planted.bits, limits=limits, variation=only(delays=True)).synapses
    assert (late.weight == ideal.weight).all()
    route = made.net.astype(int) * 384 + made.hicann
    for one in np.unique(route):
        assert np.ptp((late.delay - ideal.delay)[route == one]) < 1e-6
    assert late.delay.min() >= 0.1


def test_rows_and_columns_may_have_a_strength_of_their_own():
    place = np.arange(448 * 256)
    rows = only(synapses=True, spread=Spread(synapse=0.0, row=0.1)).strength(place).reshape(448, 256)
    assert (rows == rows[:, :1]).all()
    assert rows[:, 0].std() == pytest.approx(0.1, rel=0.1)
    columns = only(synapses=True, spread=Spread(synapse=0.0, column=0.1)).strength(place).reshape(2, 224, 256)
    assert (columns == columns[:, :1]).all()
    assert (columns[0, 0] != columns[1, 0]).all()


def test_both_inputs_of_a_synapse_have_its_strength(planted):
    made, network = planted.decoded.synapses, planted.instance.network
    noisy = realised(network, planted.bits, limits=planted.instance.limits, variation=only(synapses=True)).synapses
    ideal = realised(network, planted.bits, limits=planted.instance.limits).synapses
    key = (made.hicann.astype(int) * 448 + made.row) * 256 + made.column
    twice = np.flatnonzero(key[1:] == key[:-1])
    assert len(twice)
    ratio = noisy.weight / ideal.weight
    assert ratio[twice] == pytest.approx(ratio[twice + 1], rel=1e-5)


def test_default_switches_everything_on_and_none_everything_off():
    default, none = Variation.default(), Variation.none()
    for name in ("neurons", "synapses", "delays", "trial_to_trial"):
        assert getattr(default, name)
        assert not getattr(none, name)
    assert default.quantised
    assert none.quantised
    assert default.jitter == 0.1
    assert {f.name for f in fields(Spread)} >= {"tau_m", "synapse", "delay"}


@pytest.mark.parametrize(
    "arguments", [{"seed": -1}, {"jitter": -0.1}, {"spread": Spread(tau_m=float("nan"))}, {"programming": -2}]
)
def test_impossible_variations_are_refused(arguments):
    with pytest.raises(VariationError):
        Variation(**arguments)
