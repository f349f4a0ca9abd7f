"""The loss statistics of a mapping, with the fields and the printed form of marocco's ``MappingStats``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.hardware.neurons import N_DENMEMS
from models.hardware.synapses import N_SYNAPSES
from models.mapping import Mapping
from models.network import Network


@dataclass(frozen=True, slots=True)
class MappingStats:
    """What `print` shows BrainScaleS users.

    Attributes
    ----------
    synapses, synapses_set, synapses_lost, synapses_lost_l1 : int
        Required, realised, lost, lost because no L1 route reached the target HICANN.
    populations, projections, neurons : int
        Size of the network; populations include sources, neurons do not.
    neuron_usage, synapse_usage : float
        Share of the denmems and of the hardware synapses in use on the HICANNs that host neurons.
    """

    synapses: int
    synapses_set: int
    synapses_lost: int
    synapses_lost_l1: int
    populations: int
    projections: int
    neurons: int
    neuron_usage: float
    synapse_usage: float

    @classmethod
    def of(cls, network: Network, mapping: Mapping) -> MappingStats:
        """Return the statistics of a mapping."""
        total, lost = len(network.synapses), mapping.lost
        placement = mapping.placement
        hicanns = max(1, len(placement.hicanns_with_neurons))
        return cls(
            synapses=total,
            synapses_set=total - lost,
            synapses_lost=lost,
            synapses_lost_l1=mapping.lost_l1,
            populations=len(network.populations),
            projections=len(network.projections),
            neurons=int(np.count_nonzero(~network.is_source)),
            neuron_usage=float(2 * placement.width.astype(np.int64).sum() / (N_DENMEMS * hicanns)),
            synapse_usage=float((total - lost) / (N_SYNAPSES * hicanns)),
        )

    @property
    def loss_percent(self) -> float:
        """Return the share of lost synapses [%], 0 for a network without synapses."""
        return 100.0 * self.synapses_lost / self.synapses if self.synapses else 0.0

    def __str__(self) -> str:
        """Return the multi-line form that marocco prints, tabs included."""
        return (
            "MappingStats {\n"
            f"\tsynapse_loss: {self.synapses_lost} ({self.loss_percent:.6g}%)\n"
            f"\tsynapses: {self.synapses}\n"
            f"\tsynapses set: {self.synapses_set}\n"
            f"\tsynapses lost: {self.synapses_lost}\n"
            f"\tsynapses lost(l1): {self.synapses_lost_l1}\n"
            f"\tpopulations: {self.populations}\n"
            f"\tprojections: {self.projections}\n"
            f"\tneurons: {self.neurons}}}"
        )
