"""Populations, views and projections, and all synapses of a network as flat arrays.

The global number of a cell ("cell") counts through all populations in order, spike sources included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import InstanceError, Problem
from models.network.cells import CELL_TYPES, RECEPTOR_INDEX, receptors
from models.network.connectors import Connector, Edges, FromArrays
from models.network.parameters import parameter, parameter_problems, source_rates
from models.network.synapse_types import Static, Synapse, Weight, delays, weights


@dataclass(frozen=True, slots=True)
class View:
    """Some cells of one population, by local index."""

    population: str
    indices: range | tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.indices)


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Cells of one type.

    Attributes
    ----------
    name : str
        Unique in the network.
    size : int
        Number of cells.
    cell : str
        Name in `CELL_TYPES`.
    params : mapping
        PyNN parameters: a number, a distribution or an array (size,); defaults apply to the others.
        ``tau_syn``, ``e_rev`` and ``spike_times`` are lists; ``spike_times`` may be one list per cell.
    """

    name: str
    size: int
    cell: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def view(self, start: int = 0, stop: int | None = None, step: int = 1) -> View:
        """Return the cells ``start:stop:step``; without arguments all of them."""
        return View(self.name, range(*slice(start, stop, step).indices(self.size)))

    def parameter(self, name: str) -> NDArray[np.float64]:
        """Return the value of a scalar parameter for each cell, (size,)."""
        return parameter(self.name, self.size, self.cell, self.params, name)


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Synapses from one set of cells to another.

    Attributes
    ----------
    name : str
        Unique in the network; part of the seed of its random choices.
    pre, post : tuple of View
        Cells on either side; several views form an assembly, and the connector sees their concatenation.
    receptor : str
        ``excitatory``, ``inhibitory``, or ``"0"``.. of a multi-conductance cell.
    connector : Connector
        Which pairs.
    synapse : Static or TsodyksMarkram
        Weight and plasticity.
    loss_weight : float
        Cost of losing one synapse, for solvers that weigh; those of `mapper` count every synapse once.
    delay : Weight
        Delays that are asked for [ms], given like weights; None: none.  The hardware cannot set any.
    """

    name: str
    pre: tuple[View, ...]
    post: tuple[View, ...]
    receptor: str
    connector: Connector
    synapse: Synapse
    loss_weight: float = 1.0
    delay: Weight = None


@dataclass(frozen=True, eq=False)
class Synapses:
    """All synapses of a network that have a positive weight.

    The order is: projection, then (pre view, post view), then pre, then post.

    Attributes
    ----------
    pre, post : (n,) int32
        Global cells.
    projection : (n,) uint16
        Index of the projection.
    weight : (n,) float32
        Weight [uS].
    projection_receptor, projection_stp : (n_projections,) int8
        Receptor index and short-term plasticity mode of each projection.
    """

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    projection: NDArray[np.uint16]
    weight: NDArray[np.float32]
    projection_receptor: NDArray[np.int8]
    projection_stp: NDArray[np.int8]

    def __len__(self) -> int:
        """Return the number of synapses."""
        return len(self.pre)

    @cached_property
    def receptor(self) -> NDArray[np.int8]:
        """Receptor index of each synapse, (n,)."""
        return self.projection_receptor[self.projection]

    @cached_property
    def stp(self) -> NDArray[np.int8]:
        """Short-term plasticity mode of each synapse: 0 off, 1 depression, 2 facilitation, (n,)."""
        return self.projection_stp[self.projection]

    def count_by_projection(self) -> NDArray[np.int64]:
        """Return the number of synapses of each projection, (n_projections,)."""
        return np.bincount(self.projection, minlength=len(self.projection_stp)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Network:
    """A spiking network, checked when it is made.

    Raises
    ------
    InstanceError
        With one problem per fault: unknown or duplicate names, indices out of range, a receptor that the post
        cells do not have, a spike source as target, unsupported parameters.
    """

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...] = ()

    def __post_init__(self) -> None:
        """Check everything that refers to something else."""
        object.__setattr__(self, "populations", tuple(self.populations))
        object.__setattr__(self, "projections", tuple(self.projections))
        problems = list(_population_problems(self.populations))
        known = {population.name: population for population in self.populations}
        problems += _projection_problems(self.projections, known)
        if problems:
            raise InstanceError(problems)

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Index of each population by name."""
        return {population.name: i for i, population in enumerate(self.populations)}

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """First cell of each population and the total, (n_populations + 1,)."""
        sizes = [population.size for population in self.populations]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    @property
    def n_cells(self) -> int:
        """Number of cells, spike sources included."""
        return int(self.offsets[-1])

    @cached_property
    def population_of(self) -> NDArray[np.int32]:
        """Population index of each cell, (n_cells,)."""
        return np.repeat(np.arange(len(self.populations), dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def is_source(self) -> NDArray[np.bool_]:
        """Which cells are spike sources, (n_cells,)."""
        sources = [CELL_TYPES[population.cell].is_source for population in self.populations]
        return np.repeat(np.array(sources, dtype=np.bool_), np.diff(self.offsets))

    @cached_property
    def receptor_count(self) -> NDArray[np.int8]:
        """Number of receptors of each cell, 0 for sources, (n_cells,)."""
        counts = [len(receptors(population.cell, population.params)) for population in self.populations]
        return np.repeat(np.array(counts, dtype=np.int8), np.diff(self.offsets))

    @cached_property
    def rates(self) -> NDArray[np.float64]:
        """Firing rate of each spike source [Hz, biological], 0 for neurons, (n_cells,).

        Poisson sources: their rate.  Given spikes: (n - 1) / (last - first); one spike counts as 1 Hz, none
        as 0 (marocco FiringRateVisitor).
        """
        parts = [source_rates(p.name, p.size, p.cell, p.params) for p in self.populations]
        return np.concatenate([*parts, np.empty(0)])

    def cells(self, view: View) -> NDArray[np.int32]:
        """Return the global cells of a view in its order, (len(view),)."""
        first = self.offsets[self.index[view.population]]
        cells: NDArray[np.int32] = (np.asarray(view.indices, dtype=np.int64) + first).astype(np.int32)
        return cells

    @cached_property
    def synapses(self) -> Synapses:
        """All real synapses; built at the first use.

        Raises
        ------
        InstanceError
            If a connector cannot be carried out.
        """
        built: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
        problems: list[Problem] = []
        for projection in self.projections:
            try:
                built.append(self._expand(projection))
            except ValueError as error:
                problems.append(Problem("", f"network.projections.{projection.name}", str(error)))
        if problems:
            raise InstanceError(problems)
        return _collect(self.projections, built)

    @cached_property
    def delays(self) -> NDArray[np.float32]:
        """Delay that is asked for of each synapse [ms], NaN where none is, (n,); built at the first use.

        Raises
        ------
        InstanceError
            If a delay is not positive and finite.
        """
        parts, problems = [np.empty(0, np.float32)], []
        for projection, count in zip(self.projections, self.synapses.count_by_projection().tolist(), strict=True):
            brings = isinstance(projection.connector, FromArrays) and projection.connector.delay is not None
            if projection.delay is None and not brings:
                parts.append(np.full(count, np.nan, dtype=np.float32))
                continue
            try:
                parts.append(self._delays_of(projection))
            except ValueError as error:
                problems.append(Problem("", f"network.projections.{projection.name}", str(error)))
        if problems:
            raise InstanceError(problems)
        return np.concatenate(parts)

    def _delays_of(self, projection: Projection) -> NDArray[np.float32]:
        _, _, edges, _, order = self._connected(projection)
        shape = (len(self._assembly(projection.pre)), len(self._assembly(projection.post)))
        wanted = projection.delay if edges.delay is None else edges.delay
        found: NDArray[np.float32] = delays(wanted, edges.pre, edges.post, shape, projection.name)[order]
        return found

    def _expand(self, projection: Projection) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        pre_cells, post_cells, edges, weight, order = self._connected(projection)
        return pre_cells[edges.pre[order]], post_cells[edges.post[order]], weight[order]

    def _connected(
        self, projection: Projection
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], Edges, NDArray[np.float32], NDArray[Any]]:
        """Return the cells on both sides, the connections with their weights, and which are synapses in which order."""
        pre_cells, post_cells = self._assembly(projection.pre), self._assembly(projection.post)
        own = np.full(self.n_cells, -1, dtype=np.int64)
        own[pre_cells] = np.arange(len(pre_cells))
        shape = (len(pre_cells), len(post_cells))
        edges = projection.connector.connect(*shape, projection.name, own[post_cells])
        weight = edges.weight
        if weight is None:
            weight = weights(projection.synapse.weight, edges.pre, edges.post, shape, projection.name)
        if np.isposinf(weight).any():
            raise ValueError(f"weights must be finite [uS] (got inf at synapse {int(np.argmax(weight))})")
        order = _view_order(projection, edges.pre, edges.post, weight > 0)
        return pre_cells, post_cells, edges, weight, order

    def _assembly(self, views: Sequence[View]) -> NDArray[np.int32]:
        return np.concatenate([np.empty(0, np.int32), *(self.cells(view) for view in views)])


def _view_order(
    projection: Projection, pre: NDArray[np.uint32], post: NDArray[np.uint32], real: NDArray[np.bool_]
) -> NDArray[Any]:
    """Return which synapses to keep, ordered by (pre view, post view) and else as they stand."""
    if len(projection.pre) == len(projection.post) == 1:
        return real
    pre_view = np.repeat(np.arange(len(projection.pre)), [len(view) for view in projection.pre])
    post_view = np.repeat(np.arange(len(projection.post)), [len(view) for view in projection.post])
    order = np.lexsort((post_view[post], pre_view[pre]))
    kept: NDArray[Any] = order[real[order]]
    return kept


def _collect(
    projections: Sequence[Projection],
    built: Sequence[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]],
) -> Synapses:
    counts = [len(pre) for pre, _, _ in built]
    return Synapses(
        np.concatenate([np.empty(0, np.int32), *(pre for pre, _, _ in built)]),
        np.concatenate([np.empty(0, np.int32), *(post for _, post, _ in built)]),
        np.repeat(np.arange(len(built), dtype=np.uint16), counts),
        np.concatenate([np.empty(0, np.float32), *(weight for _, _, weight in built)]),
        np.array([RECEPTOR_INDEX[p.receptor] for p in projections], dtype=np.int8),
        np.array([p.synapse.stp for p in projections], dtype=np.int8),
    )


def _duplicates(names: Iterable[str], where: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem("", f"{where}.{name}", f"the name {name!r} stands twice", "names must be unique")
        seen.add(name)


def _population_problems(populations: Sequence[Population]) -> Iterator[Problem]:
    yield from _duplicates((p.name for p in populations), "network.populations")
    for population in populations:
        path = f"network.populations.{population.name}"
        if population.size < 1:
            yield Problem("", f"{path}.size", f"a population needs at least one cell (got {population.size})")
        elif population.cell not in CELL_TYPES:
            known = ", ".join(CELL_TYPES)
            yield Problem("", f"{path}.cell", f"unknown cell type {population.cell!r}", f"known are {known}")
        else:
            yield from parameter_problems(path, population.size, population.cell, population.params)


def _projection_problems(projections: Sequence[Projection], known: Mapping[str, Population]) -> Iterator[Problem]:
    yield from _duplicates((p.name for p in projections), "network.projections")
    if len(projections) > np.iinfo(np.uint16).max:
        yield Problem("", "network.projections", f"at most 65535 projections (got {len(projections)})")
    for projection in projections:
        path = f"network.projections.{projection.name}"
        yield from view_problems(f"{path}.pre", projection.pre, known)
        yield from view_problems(f"{path}.post", projection.post, known)
        yield from _target_problems(path, projection, known)
        if not 0 <= projection.loss_weight < float("inf"):
            yield Problem("", f"{path}.loss_weight", f"must be 0 or more (got {projection.loss_weight})")


def view_problems(path: str, views: Sequence[View], known: Mapping[str, Population]) -> Iterator[Problem]:
    """Yield what is wrong with the views of one side: unknown population, index out of range, cell twice."""
    seen: set[tuple[str, int]] = set()
    for view in views:
        population = known.get(view.population)
        if population is None:
            hint = f"known are {', '.join(known)}" if known else "there is none"
            yield Problem("", path, f"unknown population {view.population!r}", hint)
            continue
        outside = [i for i in view.indices if not 0 <= i < population.size]
        if outside:
            limit = f"its indices are 0..{population.size - 1}"
            yield Problem("", path, f"population {view.population!r} has no cell {outside[0]}", limit)
        cells = {(view.population, i) for i in view.indices}
        if len(cells) < len(view) or cells & seen:
            yield Problem("", path, f"a cell of {view.population!r} stands twice", "each cell once")
        seen |= cells


def _target_problems(path: str, projection: Projection, known: Mapping[str, Population]) -> Iterator[Problem]:
    for name in dict.fromkeys(view.population for view in projection.post):
        population = known.get(name)
        if population is None or population.cell not in CELL_TYPES:
            continue
        if CELL_TYPES[population.cell].is_source:
            message = f"population {name!r} ({population.cell}) cannot be a target"
            yield Problem("", f"{path}.post", message, "spike sources have no synapses")
            continue
        try:
            names = receptors(population.cell, population.params)
        except ValueError:
            continue
        if projection.receptor not in names:
            message = f"{population.cell} {name!r} has no receptor {projection.receptor!r}"
            yield Problem("", f"{path}.receptor", message, f"it has {', '.join(names)}")


def network_from_edges(
    pre: NDArray[Any],
    post: NDArray[Any],
    *,
    neurons: int,
    sources: int = 0,
    inhibitory: NDArray[np.bool_] | None = None,
    weight: float = 0.004,
    rate: float = 2.0,
) -> Network:
    """Return a network of one population ``neuron`` and, if asked, one of Poisson sources ``source``.

    Parameters
    ----------
    pre, post : (n,) integers
        Cells: 0..neurons-1 are the neurons, the sources follow.
    neurons, sources : int
        Sizes of the two populations.
    inhibitory : (n,) bool or None
        Which synapses are inhibitory; None means none.
    weight : float
        Weight of every synapse [uS].
    rate : float
        Rate of every source [Hz].
    """
    populations = [Population("neuron", neurons, "IF_cond_exp")]
    if sources:
        populations.append(Population("source", sources, "SpikeSourcePoisson", {"rate": rate}))
    minus = np.zeros(len(pre), dtype=np.bool_) if inhibitory is None else np.asarray(inhibitory)
    whole = tuple(population.view() for population in populations)
    projections = [
        Projection(name, whole, whole[:1], name, FromArrays(pre[mask], post[mask]), Static(weight))
        for name, mask in (("excitatory", ~minus), ("inhibitory", minus))
        if mask.any()
    ]
    return Network(tuple(populations), tuple(projections))
