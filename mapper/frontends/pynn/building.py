"""From the populations and projections of the PyNN backend to an instance; arrays throughout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.building import digest_of, listed, say_followed, separated
from mapper.frontends.errors import ValueRejected
from mapper.frontends.notices import logger
from mapper.frontends.pynn.populations import Population, parts
from models.instance import Instance
from models.network import CELL_TYPES, FromArrays, Network, Static, TsodyksMarkram, View
from models.network import Population as Cells
from models.network import Projection as Synapses
from models.network.synapse_types import Synapse

if TYPE_CHECKING:
    from mapper.frontends.pynn.projections import Projection
    from mapper.frontends.pynn.simulator import State


def instance_of(state: State) -> tuple[Instance, tuple[NDArray[np.int64], ...]]:
    """Return the instance that a script describes, and which connections its synapses are.

    Returns
    -------
    Instance
        The network, its cells numbered like PyNN's.
    tuple of (n,) int64
        Of each projection: the connections with a weight above 0, in the order of the network's synapses.

    Raises
    ------
    models.errors.InstanceError
        If a parameter cannot be mapped.
    ValueRejected
        If a synapse shall depress and facilitate.
    """
    _inventory(state)
    follows = state.settings.follows_delays
    asked = [follows or bool(np.any(p.connections.columns["delay"] != state.min_delay)) for p in state.projections]
    delayed = [p.label for p, asks in zip(state.projections, asked, strict=True) if asks]
    ignored = list(_ignored(state, [] if follows else delayed))
    if ignored:
        state.notices.warn(f"ignored, because the wafer cannot do it: {'; '.join(ignored)}")
    if follows:
        say_followed(state.notices, delayed, f"{state.min_delay:g} ms where a script says nothing")
    names = _names(state.populations)
    order = tuple(_order(projection) for projection in state.projections)
    network = Network(
        tuple(cells_of(p, name) for p, name in zip(state.populations, names, strict=True)),
        tuple(_synapses(p, names, kept, asks) for p, kept, asks in zip(state.projections, order, asked, strict=True)),
    )
    settings = state.settings
    limits, wafer = settings.checked_limits(), settings.on_wafer()
    return Instance("script", network, wafer, limits, digest=digest_of(network, ())), order


def cells_of(population: Population, name: str | None = None) -> Cells:
    """Return a population as the network has it; parameters that have their default are left out."""
    defaults, params = CELL_TYPES[population.model].defaults, dict[str, Any]()
    for parameter, values in population.parameters.items():
        if parameter == "spike_times":
            params[parameter] = population.spike_trains()
        elif parameter != "i_offset" and np.any(values != defaults[parameter]):
            params[parameter] = float(values[0]) if np.all(values == values[0]) else values.astype(np.float64)
    return Cells(name or population.label, population.size, population.model, params)


def _names(populations: Sequence[Population]) -> list[str]:
    """Return a unique name of each population: its label if nobody else has it."""
    labels = [str(population.label) for population in populations]
    return [label if labels.count(label) == 1 else f"{label}#{i}" for i, label in enumerate(labels)]


def _order(projection: Projection) -> NDArray[np.int64]:
    """Return the connections of a weight above 0 by (pre part, post part, pre, post), as `models.network` has them."""
    columns = projection.connections.columns
    pre, post = columns["presynaptic_index"], columns["postsynaptic_index"]
    order = np.lexsort((post, pre, _part(projection.post)[post], _part(projection.pre)[pre]))
    return order[columns["weight"][order] > 0]


def _part(group: Any) -> NDArray[np.int64]:
    """Return the number of the member that each cell of a group is in, (n,)."""
    sizes = [len(indices) for _, indices in parts(group)]
    return np.repeat(np.arange(len(sizes)), sizes)


def _synapses(projection: Projection, names: Sequence[str], kept: NDArray[np.int64], delayed: bool) -> Synapses:
    columns = projection.connections.columns
    pre, post, weight = (columns[name][kept] for name in ("presynaptic_index", "postsynaptic_index", "weight"))
    each, common = separated(columns["delay"][kept] if delayed else None)
    return Synapses(
        f"projection{projection.number}",
        _views(projection.pre, names),
        _views(projection.post, names),
        projection.receptor_type,
        FromArrays(pre, post, weight, each),
        _synapse(projection, kept),
        delay=common,
    )


def _views(group: Any, names: Sequence[str]) -> tuple[View, ...]:
    return tuple(View(names[population.number], tuple(indices.tolist())) for population, indices in parts(group))


def _synapse(projection: Projection, kept: NDArray[np.int64]) -> Synapse:
    columns = projection.connections.columns
    if "U" not in columns or not len(kept):
        return Static()
    U, tau_rec, tau_facil = (float(columns[name][kept].mean()) for name in ("U", "tau_rec", "tau_facil"))
    if (tau_rec > 0) == (tau_facil > 0):
        raise ValueRejected(
            f"{projection.label}: a synapse driver either depresses or facilitates, so exactly one of tau_rec and "
            f"tau_facil must be positive (got {tau_rec:g} and {tau_facil:g} ms)"
        )
    return TsodyksMarkram(None, U, tau_rec, tau_facil)


def _ignored(state: State, delayed: Sequence[str]) -> Iterator[str]:
    """Yield what of a script has no effect on the wafer."""
    for population in state.populations:
        if np.any(population.parameters.get("i_offset", np.zeros(1)) != 0):
            yield f"i_offset of {population.label!r} (there is no constant current input)"
    uneven, silent = [], []
    for projection in state.projections:
        columns = projection.connections.columns
        if not np.all(columns["weight"] > 0):
            silent.append(projection.label)
        if any(len(np.unique(columns[name])) > 1 for name in ("U", "tau_rec", "tau_facil") if name in columns):
            uneven.append(projection.label)
    for labels, what in (
        (delayed, "delays of {} (they follow from the routes; setup(delays='requested') emulates them)"),
        (uneven, "differences of U, tau_rec and tau_facil within {} (the mean is used)"),
        (silent, "connections of weight 0 in {}"),
    ):
        if labels:
            yield what.format(listed(labels))


def _inventory(state: State) -> None:
    log = logger("pynn")
    for population in state.populations:
        log.info("population %s: %d cells %s", population.label, population.size, population.model)
    for projection in state.projections:
        log.info("projection %s: %d connections", projection.label, len(projection))
    if not state.populations:
        state.notices.warn("there are no populations: create them between setup() and run()")
