"""What a mapping was made of: ``results.bio_graph``, ``results.resources``, and routes for drawing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.coordinates import (
    FPGAOnWafer,
    HICANNGlobal,
    HICANNOnWafer,
    L1Address,
    SynapseDriverOnHICANN,
    SynapseOnHICANN,
)
from mapper.frontends.errors import TypeRejected
from mapper.frontends.pymarocco.routing_results import L1Routing, Route
from mapper.frontends.pymarocco.tables import Tables
from models.hardware.coordinates import N_HICANNS, hicanns_of_fpga
from models.hardware.synapses import N_ROWS
from models.mapping import REALISED, nets_of

if TYPE_CHECKING:
    import networkx as nx


class Resources:
    """What of the wafer the mapping was allowed to use: no defects, inside the region."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def has(self, what: HICANNOnWafer | HICANNGlobal | FPGAOnWafer) -> bool:
        """Return whether a HICANN may be configured, or an FPGA reaches one by its high-speed link.

        Raises
        ------
        TypeRejected
            If it is neither.
        """
        tables = self._tables
        wafer: Any = tables.stored if tables.instance is None else tables.instance.wafer
        if isinstance(what, FPGAOnWafer):
            return bool(wafer.linked[hicanns_of_fpga(int(what))].any())
        if isinstance(what, HICANNOnWafer | HICANNGlobal):
            return bool(wafer.hicanns[int(what.toHICANNOnWafer())])
        raise TypeRejected(f"HICANNOnWafer or FPGAOnWafer is needed (got {what!r})")


def bio_graph(tables: Tables) -> nx.MultiDiGraph[int]:
    """Return the network as a graph of populations by number.

    Nodes have ``size`` and ``is_source``.  There is an edge, with the number of the projection as key, between two
    populations with synapses of that projection; it has ``synapses``, how many, and ``realised``, how many of them.
    """
    import networkx as nx

    arrays = tables.arrays
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for number, (first, end) in enumerate(zip(arrays.offsets[:-1].tolist(), arrays.offsets[1:].tolist(), strict=True)):
        graph.add_node(number, size=end - first, is_source=bool(arrays.is_source[first]))
    ends = [np.searchsorted(arrays.offsets, cells, side="right") - 1 for cells in (arrays.pre, arrays.post)]
    table = np.column_stack([*ends, arrays.projection]).astype(np.int64)
    realised = tables.solution.mapping.synapses.cause == REALISED
    edges, inverse = np.unique(table, axis=0, return_inverse=True)
    counts = np.bincount(inverse.ravel(), minlength=len(edges))
    kept = np.bincount(inverse.ravel(), weights=realised, minlength=len(edges)).astype(np.int64)
    for (pre, post, projection), n, m in zip(edges.tolist(), counts.tolist(), kept.tolist(), strict=True):
        graph.add_edge(pre, post, key=projection, synapses=n, realised=m)
    return graph


@dataclass(frozen=True, slots=True)
class L1Properties:
    """A route with what it ends in.

    Attributes
    ----------
    route : Route
        Bus lines from a DNC merger to a HICANN.
    drivers : tuple of SynapseDriverOnHICANN
        On that HICANN, fed by the route; empty if there was none left.
    synapses : tuple of SynapseOnHICANN
        Realised on the rows of these drivers.
    projections : tuple of int
        Numbers of the projections that need the route.
    addresses : tuple of L1Address
        Under which sources of these projections send on it.
    """

    route: Route
    drivers: tuple[SynapseDriverOnHICANN, ...]
    synapses: tuple[SynapseOnHICANN, ...]
    projections: tuple[int, ...]
    addresses: tuple[L1Address, ...]

    def projection_ids(self) -> list[int]:
        """Return the numbers of the projections that need the route."""
        return list(self.projections)

    def l1_addresses(self) -> list[L1Address]:
        """Return the addresses in use on the route, ascending."""
        return list(self.addresses)


def l1_properties(tables: Tables, hicann: int | None = None) -> Iterator[L1Properties]:
    """Yield all routes with what they end in, or those that start on, pass or end on a HICANN."""
    mapping, arrays = tables.solution.mapping, tables.arrays
    net = nets_of(mapping.placement, mapping.addresses)[arrays.pre].astype(np.int64)
    target = mapping.placement.hicann[arrays.post].astype(np.int64)
    chain = _chain_of_synapse(tables, target)
    drivers = mapping.drivers
    for arrival, route in enumerate(L1Routing(tables)):
        if hicann is not None and hicann not in _hicanns(route):
            continue
        number, end = int(mapping.routing.arrival_net[arrival]), int(mapping.routing.arrival_hicann[arrival])
        segment = int(mapping.routing.arrival_segment[arrival])
        own = np.flatnonzero((drivers.net == number) & (drivers.hicann == end) & (drivers.segment == segment))
        served = np.flatnonzero((net == number) & (target == end))
        here = served[np.isin(chain[served], own)]
        yield L1Properties(
            route,
            tuple(SynapseDriverOnHICANN(d) for i in own for d in range(drivers.first[i], drivers.last[i] + 1, 2)),
            tuple(SynapseOnHICANN(int(mapping.synapses.column[i]), int(mapping.synapses.row[i])) for i in here),
            tuple(np.unique(arrays.projection[served]).tolist()),
            tuple(L1Address(int(a)) for a in np.unique(mapping.addresses.address[arrays.pre[served]])),
        )


def _hicanns(route: Route) -> set[int]:
    return {int(route.source.hicann), int(route.target), *(int(hicann) for hicann, _ in route.segments)}


def _chain_of_synapse(tables: Tables, target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return which chain of drivers each synapse hangs on, -1 if it is lost, (n_synapses,)."""
    mapping = tables.solution.mapping
    chain_of_row = np.full((N_HICANNS, N_ROWS), -1, dtype=np.int64)
    chain_of_row[mapping.rows.hicann, mapping.rows.row] = mapping.rows.chain
    realised = mapping.synapses.cause == REALISED
    found = np.full(len(target), -1, dtype=np.int64)
    found[realised] = chain_of_row[target[realised], mapping.synapses.row[realised]]
    return found
