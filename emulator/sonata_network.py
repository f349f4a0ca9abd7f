"""SONATA networks: the nodes and the realised edges as HDF5 that libsonata and others read (needs the extra ``h5py``).

Format: SONATA developer guide (Allen Institute & Blue Brain Project), "Representing nodes" and "Representing edges".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.connections import Connections
from emulator.files import replacing
from emulator.sonata import h5py_module, population_ranges, stamp
from models.network import CELL_TYPES, Network


def write_network(found: Connections, path: str | Path, nodes: Mapping[str, NDArray[Any]] | None = None) -> None:
    """Write nodes and edges into one file, which appears complete or not at all.

    ``/nodes/POPULATION``: ``node_type_id``, and in group 0 the scalar parameters and the given attributes.
    ``/edges/PROJECTION``: source and target, and in group 0 ``syn_weight`` [uS], ``delay`` [ms], ``hops``,
    ``requested_weight`` [uS] and ``receptor``; with both indices, sorted by target.  A projection between several
    populations becomes one edge population for each pair, ``PROJECTION__PRE__POST``.

    Parameters
    ----------
    found : Connections
        The realised synapses; those that nothing requires go to ``unrequested``.
    path : str or Path
        The file.
    nodes : mapping of (n_cells,) arrays or None
        More attributes of the nodes.

    Raises
    ------
    CircuitError
        If h5py is missing.
    """
    h5py = h5py_module()
    network = found.network
    with replacing(path) as new, h5py.File(new, "w") as file:
        stamp(file)
        group = file.create_group("nodes")
        for number, (name, first, last) in enumerate(population_ranges(network)):
            more = {key: values[first:last] for key, values in (nodes or {}).items()}
            _nodes(group.create_group(name), network, number, more)
        group = file.create_group("edges")
        for name, pre, post, chosen in _edge_populations(found):
            _edges(group.create_group(name), found.select(chosen), pre, post)


def _nodes(group: Any, network: Network, number: int, more: Mapping[str, NDArray[Any]]) -> None:
    population = network.populations[number]
    group.create_dataset("node_type_id", data=np.full(population.size, number, dtype=np.int64))
    own = group.create_group("0")
    for name, default in CELL_TYPES[population.cell].defaults.items():
        if isinstance(default, float):
            own.create_dataset(name, data=population.parameter(name))
    for name, values in more.items():
        own.create_dataset(name, data=values)
    labels = own.create_group("@library")
    own.create_dataset("model_template", data=np.zeros(population.size, dtype=np.uint32))
    labels.create_dataset("model_template", data=[population.cell], dtype=_text())


def _text() -> Any:
    return h5py_module().string_dtype("utf-8")


def _edge_populations(found: Connections) -> Iterator[tuple[str, int, int, NDArray[np.int64]]]:
    """Yield name, number of the source and target population, and the synapses of each edge population."""
    network = found.network
    offsets = network.offsets
    source = np.searchsorted(offsets, found.pre, side="right") - 1
    target = np.searchsorted(offsets, found.post, side="right") - 1
    names = [*(p.name for p in network.projections), "unrequested"]
    populations = [p.name for p in network.populations]
    key = (found.projection % len(names) * len(populations) + source) * len(populations) + target
    pairs = [int(value) for value in np.unique(key)]
    owners = [pair // len(populations) ** 2 for pair in pairs]
    for pair, owner in zip(pairs, owners, strict=True):
        pre, post = pair // len(populations) % len(populations), pair % len(populations)
        name = names[owner]
        if owners.count(owner) > 1:
            name = f"{name}__{populations[pre]}__{populations[post]}"
        yield name, pre, post, np.flatnonzero(key == pair)


def _edges(group: Any, found: Connections, pre: int, post: int) -> None:
    """Write one edge population, sorted by target, then source."""
    network = found.network
    order = np.lexsort((found.pre, found.post))
    found = found.select(order)
    for side, population, cells in (("source", pre, found.pre), ("target", post, found.post)):
        node = (cells - network.offsets[population]).astype(np.uint64)
        data = group.create_dataset(f"{side}_node_id", data=node)
        data.attrs["node_population"] = network.populations[population].name
        size = network.populations[population].size
        _index(group.require_group("indices").create_group(_INDEX[side]), node.astype(np.int64), size)
    group.create_dataset("edge_type_id", data=np.zeros(len(found), dtype=np.int64))
    group.create_dataset("edge_group_id", data=np.zeros(len(found), dtype=np.int64))
    group.create_dataset("edge_group_index", data=np.arange(len(found), dtype=np.int64))
    own = group.create_group("0")
    for name, values, unit in (
        ("syn_weight", found.weight, "uS"),
        ("requested_weight", found.requested, "uS"),
        ("delay", found.delay, "ms"),
        ("hops", found.hops, ""),
        ("receptor", found.receptor, ""),
    ):
        own.create_dataset(name, data=values).attrs["units"] = unit


_INDEX = {"source": "source_to_target", "target": "target_to_source"}


def _index(group: Any, node: NDArray[np.int64], size: int) -> None:
    """Write which runs of consecutive edges each node has."""
    begin = np.flatnonzero(np.diff(node, prepend=-1))
    end = np.append(begin[1:], len(node))
    owner = node[begin]
    order = np.argsort(owner, kind="stable")
    last = np.cumsum(np.bincount(owner, minlength=size))
    first = np.concatenate([[0], last[:-1]])
    group.create_dataset("node_id_to_ranges", data=np.column_stack([first, last]).astype(np.uint64))
    ranges = np.column_stack([begin, end])[order].astype(np.uint64)
    group.create_dataset("range_to_edge_id", data=ranges)
