"""Placement strategies of marocco, for ``neuron_placement.default_placement_strategy(...)``."""

from __future__ import annotations


class PlacePopulationsBase:
    """Base of the strategies; own ones cannot be written here."""


class byNeuronBlockEnumAndPopulationIDasc(PlacePopulationsBase):
    """First populations first, from the first neuron block on."""


class byNeuronBlockEnumAndPopulationID(PlacePopulationsBase):
    """Last populations first, from the first neuron block on."""


class bySmallerNeuronBlockAndPopulationID(PlacePopulationsBase):
    """Blocks with little room first."""


class ClusterByPopulationConnectivity(PlacePopulationsBase):
    """Populations near those that they are connected to."""


class ClusterByNeuronConnectivity(PlacePopulationsBase):
    """Neurons near those that they are connected to."""
