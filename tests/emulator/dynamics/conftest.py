import numpy as np
import pytest

from emulator.circuits import Circuits, NeuronParameters, Plasticity, SpikeSources, SynapseTable

LIF = {
    "cm": 0.2, "tau_m": 10.0, "v_rest": -65.0, "v_thresh": -50.0, "v_reset": -70.0, "tau_refrac": 2.0,
    "tau_syn": (3.0, 5.0), "e_rev": (0.0, -80.0), "adaptive": False,
    "a": 0.0, "b": 0.0, "tau_w": 100.0, "delta_T": 2.0, "v_spike": -40.0, "v_init": -65.0,
}  # fmt: skip
ADEX = LIF | {"adaptive": True, "a": 4.0, "b": 0.08}


def neuron_parameters(n, values):
    values = LIF | values
    lists = {name: np.tile(np.asarray(values[name], dtype=float), (n, 1)) for name in ("tau_syn", "e_rev")}
    adaptive = np.full(n, values["adaptive"], dtype=bool)
    scalars = {
        name: np.broadcast_to(np.asarray(value, dtype=float), (n,)).copy()
        for name, value in values.items()
        if name not in ("tau_syn", "e_rev", "adaptive")
    }
    return NeuronParameters(**scalars, **lists, adaptive=adaptive)


def source_table(trains=(), rates=()):
    m = len(trains) + len(rates)
    rate = np.array([np.nan] * len(trains) + list(rates), dtype=float)
    first = np.cumsum([0, *(len(train) for train in trains), *([0] * len(rates))]).astype(np.int64)
    times = np.concatenate([np.empty(0), *(np.asarray(train, dtype=float) for train in trains)])
    return SpikeSources(rate, np.zeros(m), np.full(m, 1e10), first, times)


def synapse_table(rows):
    """Rows are (source, target, receptor, weight, delay[, stp[, stp_state]])."""
    rows = [tuple(row) + (-1, 0)[len(row) - 5 :] for row in rows]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    kinds = (np.int32, np.int32, np.int8, np.float32, np.float32, np.int32, np.int32)
    return SynapseTable(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


@pytest.fixture
def build():
    """Make circuits of n like neurons; every argument is optional."""

    def make(n=1, values=None, trains=(), rates=(), synapses=(), plasticity=None, **more):
        sources = source_table(trains, rates)
        return Circuits(
            neuron_parameters(n, values or {}),
            sources,
            synapse_table(synapses),
            plasticity or Plasticity.none(),
            np.arange(n, dtype=np.int32),
            np.arange(n, n + len(sources), dtype=np.int32),
            **more,
        )

    return make


@pytest.fixture
def lif():
    return dict(LIF)


@pytest.fixture
def adex():
    return dict(ADEX)
