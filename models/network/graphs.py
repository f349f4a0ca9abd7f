"""Networks from matrices (numpy, scipy.sparse) and graphs (networkx)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import InstanceError, Problem
from models.network.cells import CELL_TYPES
from models.network.connectors import FromArrays
from models.network.network import Network, Population, Projection
from models.network.synapse_types import Static

_RECEPTORS: Final = ("excitatory", "inhibitory")


def network_from_matrix(
    matrix: Any,
    *,
    inputs: Any = None,
    weight: float | None = None,
    cell: str = "IF_cond_exp",
    params: Mapping[str, Any] | None = None,
    rate: float = 2.0,
) -> Network:
    """Return a network of one population ``neuron`` and, if there are inputs, one of Poisson sources ``source``.

    Parameters
    ----------
    matrix : (n, n) array or scipy sparse matrix
        Weight [uS] of the synapse from row to column: positive is excitatory, negative inhibitory, 0 is no synapse.
        Entries that a sparse matrix holds twice are two synapses.
    inputs : (m, n) array or scipy sparse matrix, or None
        Weights [uS] of the synapses from sources to neurons.
    weight : float or None
        Weight of every synapse [uS]; the entries then say only whether, and with which sign.
    cell, params : str, mapping or None
        Cell type and parameters of the neurons.
    rate : float
        Rate of every source [Hz].

    Raises
    ------
    InstanceError
        If the matrix is not square, the inputs have another number of columns, or an entry is not finite.
    """
    pre, post, value, shape = _entries("matrix", matrix)
    if shape[0] != shape[1]:
        raise _wrong("matrix", f"it must be square (got {shape})", "give synapses of sources as inputs")
    populations = [Population("neuron", shape[0], cell, dict(params or {}))]
    parts = [("neuron", pre, post, value)]
    if inputs is not None:
        pre, post, value, (sources, columns) = _entries("inputs", inputs)
        if columns != shape[0]:
            raise _wrong("inputs", f"{shape[0]} columns are needed, one per neuron (got {columns})", "")
        populations.append(Population("source", sources, "SpikeSourcePoisson", {"rate": rate}))
        parts.append(("source", pre, post, value))
    views = {p.name: (p.view(),) for p in populations}
    projections = []
    for name, pre, post, value in parts:
        for receptor, mask in zip(_RECEPTORS, (value > 0, value < 0), strict=True):
            if mask.any():
                size = np.abs(value[mask]) if weight is None else np.full(np.count_nonzero(mask), weight)
                connector = FromArrays(pre[mask], post[mask], size)
                label = f"{name}-{receptor}"
                projections.append(Projection(label, views[name], views["neuron"], receptor, connector, Static()))
    return Network(tuple(populations), tuple(projections))


def _entries(name: str, matrix: Any) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], Any]:
    """Return rows, columns and values of the entries of a matrix, and its shape."""
    if hasattr(matrix, "tocoo"):
        sparse = matrix.tocoo()
        rows, columns, values = sparse.row, sparse.col, np.asarray(sparse.data, dtype=np.float64)
    else:
        dense = np.asarray(matrix, dtype=np.float64)
        if dense.ndim != 2:
            raise _wrong(name, f"a matrix is needed (got the shape {dense.shape})", "")
        rows, columns = np.nonzero(dense)
        values = dense[rows, columns]
    if not np.isfinite(values).all():
        at = int(np.flatnonzero(~np.isfinite(values))[0])
        raise _wrong(name, f"weights must be finite (got {values[at]} at {int(rows[at])}, {int(columns[at])})", "")
    return np.asarray(rows, np.int64), np.asarray(columns, np.int64), values, matrix.shape


@dataclass(slots=True)
class _Group:
    """Nodes that become one population."""

    cell: str
    params: dict[str, list[Any]] = field(default_factory=dict)
    size: int = 0


def network_from_graph(graph: Any, *, weight: float = 0.004, cell: str = "IF_cond_exp") -> Network:
    """Return the network of a networkx graph; every edge is a synapse, an undirected one two.

    Attributes of nodes: ``population`` (default ``neuron``, or ``source`` for spike sources), ``cell`` (a PyNN name),
    parameters of the cell under their PyNN names, ``inhibitory`` (whether the edges from the node are).  Of edges:
    ``weight`` [uS], negative ones are inhibitory, and ``receptor``, which has the last word.

    Parameters
    ----------
    graph : networkx.Graph, DiGraph, MultiGraph or MultiDiGraph
        Nodes keep their order.
    weight : float
        Of edges without their own [uS].
    cell : str
        Of nodes without their own.

    Raises
    ------
    InstanceError
        If there are no nodes, the nodes of a population differ in cell type or in which parameters they have, or a
        weight is no finite number.
    """
    groups: dict[str, _Group] = {}
    where: dict[Any, tuple[str, int]] = {}
    for node, attributes in graph.nodes(data=True):
        where[node] = _join(groups, node, attributes, cell)
    if not groups:
        raise _wrong("graph", "it has no nodes", "")
    populations = {name: _population(name, group) for name, group in groups.items()}
    inhibitory = {node for node, attributes in graph.nodes(data=True) if attributes.get("inhibitory")}
    found: dict[tuple[str, str, str], list[tuple[int, int, float]]] = {}
    for pre, post, attributes in graph.edges(data=True):
        ends = [(pre, post)] if graph.is_directed() or pre == post else [(pre, post), (post, pre)]
        for source, target in ends:
            size, receptor = _strength(source, target, attributes, weight, source in inhibitory)
            (a, i), (b, j) = where[source], where[target]
            found.setdefault((a, b, receptor), []).append((i, j, size))
    order = {name: number for number, name in enumerate(populations)}
    keys = sorted(found, key=lambda key: (order[key[0]], order[key[1]], key[2]))
    projections = [_projection(key, found[key], populations) for key in keys]
    return Network(tuple(populations.values()), tuple(projections))


def _join(groups: dict[str, _Group], node: Any, attributes: Mapping[str, Any], default: str) -> tuple[str, int]:
    """Add a node to its population and return its place there."""
    cell = str(attributes.get("cell", default))
    if cell not in CELL_TYPES:
        raise _wrong(f"node {node!r}", f"unknown cell type {cell!r}", f"known are {', '.join(CELL_TYPES)}")
    name = str(attributes.get("population", "source" if CELL_TYPES[cell].is_source else "neuron"))
    group = groups.setdefault(name, _Group(cell))
    if group.cell != cell:
        raise _wrong(f"node {node!r}", f"population {name!r} has {group.cell} cells (got {cell})", "")
    given = {key: value for key, value in attributes.items() if key in CELL_TYPES[cell].defaults}
    if group.size and set(given) != set(group.params):
        known = ", ".join(group.params) or "none"
        raise _wrong(
            f"node {node!r}", f"all nodes of population {name!r} need the same parameters, {known} (got {[*given]})", ""
        )
    for key, value in given.items():
        group.params.setdefault(key, []).append(value)
    group.size += 1
    return name, group.size - 1


def _population(name: str, group: _Group) -> Population:
    params: dict[str, Any] = {}
    for key, values in group.params.items():
        if key == "spike_times":
            params[key] = [np.atleast_1d(np.asarray(one, dtype=np.float64)) for one in values]
        elif np.ndim(values[0]):
            params[key] = values[0]
        else:
            params[key] = np.asarray(values, dtype=np.float64)
    return Population(name, group.size, group.cell, params)


def _strength(
    source: Any, target: Any, attributes: Mapping[str, Any], default: float, inhibitory: bool
) -> tuple[float, str]:
    """Return weight [uS] and receptor of an edge."""
    given = attributes.get("weight", default)
    try:
        size = float(given)
    except (TypeError, ValueError):
        size = float("nan")
    if not np.isfinite(size):
        raise _wrong(f"edge {source!r} -> {target!r}", f"the weight must be a finite number (got {given!r})", "")
    receptor = str(attributes.get("receptor", _RECEPTORS[inhibitory or size < 0]))
    return abs(size), receptor


def _projection(
    key: tuple[str, str, str], edges: list[tuple[int, int, float]], populations: Mapping[str, Population]
) -> Projection:
    pre, post, receptor = key
    table = np.array(edges, dtype=np.float64)
    connector = FromArrays(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2])
    sides = (populations[pre].view(),), (populations[post].view(),)
    return Projection(f"{pre}-{post}-{receptor}", *sides, receptor, connector, Static())


def _wrong(where: str, message: str, hint: str) -> InstanceError:
    return InstanceError([Problem("", where, message, hint)])
