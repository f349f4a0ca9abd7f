"""The mapping tool as scripts see it: ``from pymarocco import PyMarocco, Defects``, ``pymarocco.runtime``, ..."""

from mapper.frontends.pymarocco.configuration import PyMarocco
from mapper.frontends.pymarocco.coordinates import LogicalNeuron
from mapper.frontends.pymarocco.defects import Defects
from mapper.frontends.pymarocco.placement import ManualPlacement
from mapper.frontends.pymarocco.runtime import Runtime
from mapper.frontends.pymarocco.stats import MappingStats
from mapper.frontends.pymarocco.strategies import (
    ClusterByNeuronConnectivity,
    ClusterByPopulationConnectivity,
    PlacePopulationsBase,
    byNeuronBlockEnumAndPopulationID,
    byNeuronBlockEnumAndPopulationIDasc,
    bySmallerNeuronBlockAndPopulationID,
)

__all__ = [
    "ClusterByNeuronConnectivity",
    "ClusterByPopulationConnectivity",
    "Defects",
    "LogicalNeuron",
    "ManualPlacement",
    "MappingStats",
    "PlacePopulationsBase",
    "PyMarocco",
    "Runtime",
    "byNeuronBlockEnumAndPopulationID",
    "byNeuronBlockEnumAndPopulationIDasc",
    "bySmallerNeuronBlockAndPopulationID",
]
