"""Spikes lost to finite bandwidth, by the population that sent them."""

import numpy as np

from emulator.comparison import Run
from emulator.experiment import Outcome
from emulator.recording import Losses, Recording
from emulator.requested import requested
from models.network import Network, Population


def test_lost_spikes_belong_to_their_population():
    """Units are neurons first, then sources, while cells are numbered by population."""
    source = Population("source", 2, "SpikeSourcePoisson")
    a, b = Population("a", 2, "IF_cond_exp"), Population("b", 1, "IF_cond_exp")
    network = Network((source, a, b), ())
    circuits = requested(network)
    none = np.zeros(5, dtype=np.int64)
    losses = Losses(np.array([1, 0, 4, 0, 0]), none, np.array([0, 0, 0, 0, 3]), np.array([0, 0, 0, 2, 7]))
    units, times = np.empty(0, np.int32), np.empty(0)
    recording = Recording(10.0, 0.1, circuits.neuron_cell, circuits.source_cell, units, times, (), times, losses)
    outcome = Outcome("x", None, (Run(circuits, recording),) * 2, (), ())
    assert outcome.lost_by_population(network) == {
        "a": {"encoder": 2}, "b": {"encoder": 8}, "source": {"fpga": 6, "link": 18}
    }  # fmt: skip
    assert outcome.lost_spikes == {"encoder": 10, "merger": 0, "fpga": 6, "link": 18}
