"""Circuits that cannot be simulated are refused in one line that names parameter, place and value."""

from dataclasses import replace

import numpy as np
import pytest

from emulator.circuits import CircuitError, Plasticity, SpikeSources
from emulator.run import run
from models.errors import MapperError


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"tau_m": [10.0, np.nan]}, r"neuron 1: tau_m must be positive and finite \[ms\] \(got nan\)"),
        ({"tau_m": [-1.0, 10.0]}, r"neuron 0: tau_m must be positive .* \(got -1\)"),
        ({"tau_syn": (5.0, 0.0)}, r"neuron 0: tau_syn\[1\] must be positive .* \(got 0\)"),
        ({"cm": [0.2, np.inf]}, r"neuron 1: cm must be positive and finite \[nF\]"),
        ({"tau_refrac": -0.1}, r"neuron 0: tau_refrac must be 0 or more"),
        ({"v_rest": [np.nan, 0.0]}, r"neuron 0: v_rest must be a finite number \[mV\]"),
        ({"v_reset": -40.0}, r"neuron 0: v_thresh must be above v_reset \(got -50 and -40 mV\)"),
        ({"adaptive": True, "tau_w": -5.0}, r"neuron 0: tau_w must be positive"),
        ({"adaptive": True, "delta_T": -1.0}, r"neuron 0: delta_T must be 0 or more"),
        ({"adaptive": True, "delta_T": 0.0, "v_reset": -45.0}, r"neuron 0: v_thresh must be above v_reset"),
    ],
)
def test_wrong_neurons(build, values, message):
    with pytest.raises(CircuitError, match=message) as caught:
        build(2, values)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, MapperError)
    assert isinstance(caught.value, ValueError)


def test_adex_parameters_of_other_neurons_do_not_matter(build):
    assert len(build(2, {"tau_w": np.nan, "b": np.inf}).neurons) == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((5, 0, 0, 0.1, 1.0), r"synapse 0: source must be 0..1 \(got 5\)"),
        ((0, 2, 0, 0.1, 1.0), r"synapse 0: target must be 0..1 \(got 2\)"),
        ((0, 1, 2, 0.1, 1.0), r"synapse 0: receptor must be 0..1 \(got 2\)"),
        ((0, 1, 0, -0.1, 1.0), r"synapse 0: weight must be 0 or more"),
        ((0, 1, 0, np.nan, 1.0), r"synapse 0: weight .* \(got nan\)"),
        ((0, 1, 0, 0.1, 0.0), r"synapse 0: delay must be positive"),
        ((0, 1, 0, 0.1, 1.0, 0), r"synapse 0: stp must be -1..-1 \(got 0\)"),
    ],
)
def test_wrong_synapses(build, row, message):
    with pytest.raises(CircuitError, match=message):
        build(2, synapses=[row])


def test_wrong_sources(build):
    with pytest.raises(CircuitError, match=r"source 1: spike_times must be sorted \(got 2.0 ms"):
        build(trains=[[3.0], [4.0, 2.0]])
    with pytest.raises(CircuitError, match="source 0: spike_times must be 0 or more"):
        build(trains=[[-1.0]])
    with pytest.raises(CircuitError, match="source 0: rate must be 0 or more"):
        build(rates=[-1.0])
    one = np.zeros(1)
    with pytest.raises(CircuitError, match="first must be 2 ascending indices"):
        SpikeSources(one, one, one, np.zeros(1, np.int64), np.empty(0))


def test_wrong_plasticity():
    one = np.ones(1)
    with pytest.raises(CircuitError, match=r"plasticity 0: U must be 0..1 \(got 1.5\)"):
        Plasticity(np.ones(1, np.int8), 1.5 * one, one, one, one, one)
    with pytest.raises(CircuitError, match="plasticity 0: mode must be 1, 2 or 3"):
        Plasticity(np.zeros(1, np.int8), one, one, one, one, one)


def test_tables_of_different_length_do_not_fit(build):
    circuits = build(2)
    with pytest.raises(CircuitError, match=r"v_init must have 2 entries \(got the shape \(1,\)\)"):
        replace(circuits.neurons, v_init=np.zeros(1))
    with pytest.raises(CircuitError, match="neuron_cell and source_cell must have 2 and 0 entries"):
        replace(circuits, neuron_cell=np.zeros(3, np.int32))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"duration": 0.0}, r"duration must be positive \[ms\] \(got 0.0\)"),
        ({"dt": np.nan}, r"dt must be positive"),
        ({"precision": "float16"}, "precision must be float32 or float64"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(build, options, message):
    with pytest.raises(CircuitError, match=message):
        run(build(), **({"duration": 1.0} | options))
