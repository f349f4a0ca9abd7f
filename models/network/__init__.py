"""The network: populations, views, projections, and their synapses as arrays."""

from models.network.cells import CELL_TYPES, RECEPTOR_INDEX, CellType, receptors
from models.network.connectors import (
    AllToAll,
    Connector,
    Edges,
    FixedNumberPost,
    FixedNumberPre,
    FixedProbability,
    FromArrays,
    FromList,
    OneToOne,
)
from models.network.graphs import network_from_graph, network_from_matrix
from models.network.network import Network, Population, Projection, Synapses, View, network_from_edges
from models.network.streams import Normal, Uniform
from models.network.synapse_types import STP_DEPRESSION, STP_FACILITATION, STP_OFF, Static, TsodyksMarkram

__all__ = [
    "CELL_TYPES",
    "RECEPTOR_INDEX",
    "STP_DEPRESSION",
    "STP_FACILITATION",
    "STP_OFF",
    "AllToAll",
    "CellType",
    "Connector",
    "Edges",
    "FixedNumberPost",
    "FixedNumberPre",
    "FixedProbability",
    "FromArrays",
    "FromList",
    "Network",
    "Normal",
    "OneToOne",
    "Population",
    "Projection",
    "Static",
    "Synapses",
    "TsodyksMarkram",
    "Uniform",
    "View",
    "network_from_edges",
    "network_from_graph",
    "network_from_matrix",
    "receptors",
]
