"""Short-term plasticity against the recursions written out."""

import numpy as np
import pytest

from emulator.circuits import Plasticity
from emulator.recording import Record
from emulator.run import run

TRAIN = np.array([5.0, 15.0, 20.0, 60.0, 61.0, 200.0])


def table(mode, utilisation, tau_rec, tau_facil=0.0, lam=0.0, n=0.0):
    one = np.ones(1)
    return Plasticity(
        np.array([mode], dtype=np.int8), utilisation * one, tau_rec * one, tau_facil * one, lam * one, n * one
    )


def jumps(build, plasticity):
    """Return what each spike of the train adds to the conductance, by weight."""
    circuits = build(trains=[TRAIN], synapses=[(1, 0, 0, 0.002, 1.0, 0, 7)], plasticity=plasticity)
    got = run(circuits, 210.0, record=Record(g=[0]), precision="float64")
    g = got.traces[0].values[:, 0]
    at = np.round((TRAIN + 1.0) / 0.1).astype(int)
    return (g[at] - g[at - 1] * np.exp(-0.1 / 3.0)) / 0.002


@pytest.mark.parametrize(("tau_rec", "tau_facil"), [(100.0, 0.0), (0.0, 300.0), (50.0, 80.0)])
def test_tsodyks_markram_follows_its_recursion(build, tau_rec, tau_facil):
    x, u, expected = 1.0, 0.3, [0.3]
    for since in np.diff(TRAIN):
        x = 1 + (x - x * u - 1) * (np.exp(-since / tau_rec) if tau_rec else 0.0)
        u = 0.3 + u * 0.7 * (np.exp(-since / tau_facil) if tau_facil else 0.0)
        expected.append(x * u)
    assert np.allclose(jumps(build, table(3, 0.3, tau_rec, tau_facil)), expected, rtol=1e-6)


@pytest.mark.parametrize(("mode", "sign"), [(1, -1.0), (2, 1.0)])
def test_the_driver_circuit_follows_its_recursion(build, mode, sign):
    inactive, expected = 0.0, []
    for since in np.diff(TRAIN, prepend=TRAIN[0]):
        inactive *= np.exp(-since / 40.0)
        expected.append(max(0.0, 1.0 + sign * 1.5 * (inactive - 0.2)))
        inactive += 0.35 * (1.0 - inactive)
    assert np.allclose(jumps(build, table(mode, 0.35, 40.0, lam=1.5, n=0.2)), expected, rtol=1e-6)


@pytest.mark.parametrize("states", [(0, 0), (0, 1)])
def test_two_drivers_of_a_source_depress_alike_and_once_per_spike(build, states):
    plasticity = table(3, 0.5, 100.0)
    rows = [(2, 0, 0, 0.002, 1.0, 0, states[0]), (2, 1, 0, 0.002, 1.5, 0, states[1])]
    circuits = build(2, trains=[TRAIN], synapses=rows, plasticity=plasticity)
    g = run(circuits, 210.0, record=Record(g=[0, 1]), precision="float64").traces[0].values
    assert np.allclose(g[10:2000, 0], g[15:2005, 1], rtol=1e-9, atol=1e-15)
    at = round((TRAIN[1] + 1.0) / 0.1)
    second = (g[at, 0] - g[at - 1, 0] * np.exp(-0.1 / 3.0)) / 0.002
    assert second == pytest.approx(0.5 * (1 - 0.5 * np.exp(-10.0 / 100.0)), rel=1e-6)


def test_a_static_synapse_of_the_same_source_keeps_its_weight(build):
    rows = [(1, 0, 0, 0.002, 1.0, 0, 0), (1, 0, 1, 0.003, 1.0)]
    circuits = build(trains=[TRAIN], synapses=rows, plasticity=table(3, 0.5, 100.0))
    got = run(circuits, 210.0, record=Record(g=[0]), precision="float64")
    g = got.traces[1].values[:, 0]
    at = np.round((TRAIN + 1.0) / 0.1).astype(int)
    assert np.allclose(g[at] - g[at - 1] * np.exp(-0.1 / 5.0), 0.003, rtol=1e-6)
