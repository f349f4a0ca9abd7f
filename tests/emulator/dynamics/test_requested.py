"""The unmapped network as circuits."""

import numpy as np
import pytest

from emulator.circuits import CircuitError
from emulator.requested import DEFAULT_DELAY, requested
from models.network import (
    AllToAll,
    FromList,
    Network,
    Normal,
    Population,
    Projection,
    Static,
    TsodyksMarkram,
)


@pytest.fixture
def network():
    lif = Population("lif", 2, "IF_cond_exp", {"tau_m": [10.0, 11.0], "v_thresh": Normal(-50.0, 1.0, 3)})
    trains = Population("trains", 2, "SpikeSourceArray", {"spike_times": [[3.0, 1.0], []]})
    multi = Population(
        "multi", 1, "EIF_multicond_exp_isfa_ista", {"tau_syn": [1.0, 2.0, 3.0], "e_rev": [0.0, -70.0, -80.0]}
    )
    noise = Population("noise", 1, "SpikeSourcePoisson", {"rate": 7.0, "start": 5.0, "duration": 50.0})
    projections = (
        Projection("a", (trains.view(),), (lif.view(),), "excitatory", FromList([[0, 1], [1, 0]]), Static(0.002)),
        Projection(
            "b", (lif.view(),), (multi.view(),), "2", AllToAll(), TsodyksMarkram(0.01, 0.3, tau_rec=0.0, tau_facil=90.0)
        ),
    )
    return Network((lif, trains, multi, noise), projections)


def test_units_are_neurons_then_sources(network):
    circuits = requested(network)
    assert circuits.neuron_cell.tolist() == [0, 1, 4]
    assert circuits.source_cell.tolist() == [2, 3, 5]
    assert circuits.synapses.source.tolist() == [3, 4, 0, 1]
    assert circuits.synapses.target.tolist() == [1, 0, 2, 2]
    assert circuits.synapses.receptor.tolist() == [0, 0, 2, 2]
    assert np.allclose(circuits.synapses.delay, DEFAULT_DELAY)


def test_parameters_arrays_distributions_and_defaults(network):
    neurons = requested(network).neurons
    assert neurons.tau_m.tolist() == [10.0, 11.0, 9.3667]
    assert np.array_equal(neurons.v_thresh[:2], network.populations[0].parameter("v_thresh"))
    assert neurons.adaptive.tolist() == [False, False, True]
    assert neurons.tau_syn.tolist() == [[5.0, 5.0, 1.0], [5.0, 5.0, 1.0], [1.0, 2.0, 3.0]]
    assert neurons.e_rev.tolist() == [[0.0, -70.0, 0.0], [0.0, -70.0, 0.0], [0.0, -70.0, -80.0]]
    assert (neurons.a[2], neurons.b[2], neurons.tau_w[2]) == (4.0, 0.0805, 144.0)
    assert np.array_equal(neurons.v_init, neurons.v_rest)


def test_sources_keep_their_times_and_windows(network):
    sources = requested(network).sources
    assert np.isnan(sources.rate[:2]).all()
    assert (sources.rate[2], sources.start[2], sources.duration[2]) == (7.0, 5.0, 50.0)
    assert sources.first.tolist() == [0, 2, 2, 2]
    assert sources.times.tolist() == [1.0, 3.0]


def test_plasticity_is_tsodyks_and_markrams(network):
    circuits = requested(network)
    assert circuits.synapses.stp.tolist() == [-1, -1, 0, 0]
    assert circuits.plasticity.mode.tolist() == [3]
    assert circuits.plasticity.U.tolist() == [0.3]
    assert circuits.plasticity.tau_facil.tolist() == [90.0]


def test_bad_input_is_one_clear_line():
    network = Network((Population("p", 3, "IF_cond_exp"),))
    with pytest.raises(CircuitError, match=r"neuron 1: v_init must be a finite number .* \(got nan\)"):
        requested(network, v_init=np.array([-65.0, np.nan, -65.0]))
    with pytest.raises(CircuitError, match=r"delay must be positive \[ms\] \(got 0\)"):
        requested(network, delay=0)


def test_delays_are_those_asked_for_or_the_default():
    population = Population("p", 2, "IF_cond_exp")
    rule = [Projection(n, (population.view(),), (population.view(),), "excitatory", AllToAll(), Static(0.1), delay=d)
            for n, d in (("a", 2.5), ("b", None))]  # fmt: skip
    circuits = requested(Network((population,), tuple(rule)), delay=0.7)
    assert circuits.synapses.delay.tolist() == pytest.approx([2.5] * 4 + [0.7] * 4)
