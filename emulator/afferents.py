"""What reaches every neuron: number and conductance of its excitatory and inhibitory synapses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Afferents:
    """Input of n cells.

    Attributes
    ----------
    number : (n, 2) float64
        Excitatory and inhibitory synapses.
    conductance : (n, 2) float64
        Sum of their weights, short-term plasticity aside [uS].
    """

    number: Floats
    conductance: Floats


def afferents(circuits: Circuits, n_cells: int) -> Afferents:
    """Return the input of each cell of a network; cells without a neuron have none.

    A synapse is excitatory if its reversal potential lies above the resting potential of its neuron.

    Parameters
    ----------
    circuits : Circuits
        The synapses.
    n_cells : int
        Cells of the network.
    """
    synapses, neurons = circuits.synapses, circuits.neurons
    inhibits = neurons.e_rev[synapses.target, synapses.receptor] <= neurons.v_rest[synapses.target]
    place = 2 * circuits.neuron_cell[synapses.target].astype(np.int64) + inhibits
    number = np.bincount(place, minlength=2 * n_cells).astype(np.float64)
    conductance = np.bincount(place, synapses.weight, 2 * n_cells).astype(np.float64)
    return Afferents(number.reshape(n_cells, 2), conductance.reshape(n_cells, 2))
