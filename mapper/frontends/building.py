"""From the populations and projections of a script to an instance of the mapping problem; arrays throughout."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.requested import DEFAULT_DELAY
from mapper.frontends.errors import NotImplementedHere, PlacementRejected, ValueRejected
from mapper.frontends.notices import Notices, logger
from models.hardware.coordinates import N_HICANNS, RETICLE_OF, hicann_at
from models.hardware.limits import Limits
from models.hardware.wafer import Wafer
from models.instance import Instance
from models.instance.placement import placement_problems
from models.network import FromArrays, Network, Static, TsodyksMarkram, View
from models.network import Population as Cells
from models.network import Projection as Synapses
from models.network.synapse_types import Synapse

if TYPE_CHECKING:
    from mapper.frontends.pyhmf.populations import Population
    from mapper.frontends.pyhmf.projections import Projection
    from mapper.frontends.pyhmf.recorded import Cells as Group
    from mapper.frontends.pymarocco.configuration import PyMarocco
    from mapper.frontends.session import Session

#: ``delays`` of a script whose emulation shall follow the delays that it asks for; ``route``: those of the wafer.
REQUESTED: Final = "requested"
#: Environment variable with HICANNs whose reticles a script may use, as a job of the platform gets them.
HICANNS_VARIABLE: Final = "HICANN_MAPPER_HICANNS"


def instance_of(session: Session, marocco: PyMarocco) -> Instance:
    """Return the instance that a script describes.

    Raises
    ------
    models.errors.InstanceError
        If the network has parameters that cannot be mapped.
    NotImplementedHere
        If a cell type or STDP rule cannot be mapped.
    PlacementRejected
        If a cell is to be placed where it cannot be.
    ValueRejected
        If `HICANNS_VARIABLE` names no HICANN.
    """
    network = network_of(session, marocco.delays == REQUESTED)
    names = population_names(session.populations)
    requests = marocco.manual_placement.requests(names, [p.number for p in session.populations])
    number = int(marocco.default_wafer)
    wafer = Wafer(marocco.defects.on_wafer(number), allocated(os.environ.get(HICANNS_VARIABLE, "")), number)
    problems = list(placement_problems(requests, network, wafer))
    if problems:
        raise PlacementRejected("; ".join(f"{p.message} ({p.hint})" if p.hint else p.message for p in problems))
    return Instance("script", network, wafer, limits_of(marocco), requests, digest=digest_of(network, requests))


def allocated(text: str) -> frozenset[int] | None:
    """Return the HICANNs on the reticles of those that a text names, ``297,5:5``; None, all, if it is empty.

    Raises
    ------
    ValueRejected
        If it names something else.
    """
    reticles = set()
    for part in filter(None, (part.strip() for part in text.split(","))):
        x, colon, y = part.partition(":")
        try:
            chosen = hicann_at(int(x), int(y)) if colon else int(x)
        except ValueError:
            chosen = -1
        if not 0 <= chosen < N_HICANNS:
            raise ValueRejected(f"HICANNs are 0..{N_HICANNS - 1}, or x:y on the wafer, with commas (got {part!r})")
        reticles.add(int(RETICLE_OF[chosen]))
    return frozenset(np.flatnonzero(np.isin(RETICLE_OF, list(reticles))).tolist()) or None


def limits_of(marocco: PyMarocco) -> Limits:
    """Return the limits that the options of a script set."""
    return Limits(
        neuron_size=marocco.neuron_placement.default_neuron_size(),
        driver_chain_length=marocco.synapse_routing.driver_chain_length(),
        consider_firing_rate=bool(marocco.input_placement.consider_firing_rate()),
        bandwidth_utilization=marocco.input_placement.bandwidth_utilization(),
        speedup=marocco.experiment.speedup(),
    )


def population_names(populations: Sequence[Population]) -> dict[int, str]:
    """Return a unique name of each population by its number: its label if nobody else has it."""
    labels = [population.label for population in populations]
    return {
        p.number: p.label if p.label and labels.count(p.label) == 1 else f"population{p.number}" for p in populations
    }


def network_of(session: Session, follow: bool = False) -> Network:
    """Return the network of a script and log what the mapper sees of it.

    Parameters
    ----------
    session : Session
        What the script built.
    follow : bool
        Whether the emulation follows the delays that the script asks for; if not, they are reported as ignored.

    Raises
    ------
    models.errors.InstanceError
        If the network has parameters that cannot be mapped.
    ValueRejected
        If a spike source is the target of another.
    """
    _inventory(session)
    for projection in session.projections:
        sides = [[p.celltype.is_source for p, _ in side.parts()] for side in (projection.pre, projection.post)]
        if any(sides[0]) and any(sides[1]):
            raise ValueRejected(
                f"spike source connected to other spike source: {projection.label}; only neurons have synapses"
            )
    names = population_names(session.populations)
    delayed = [p.label for p in session.projections if p.delays is not None]
    ignored = list(_ignored(session, [] if follow else delayed))
    if ignored:
        session.notices.warn(f"ignored, because the wafer cannot do it: {'; '.join(ignored)}")
    if follow:
        say_followed(session.notices, delayed, f"others take {DEFAULT_DELAY:g} ms")
    populations = tuple(_population(p, names[p.number]) for p in session.populations)
    projections = tuple(_projection(p, names, session.min_delay) for p in session.projections)
    return Network(populations, projections)


def say_followed(notices: Notices, labels: Sequence[str], others: str) -> None:
    """Say that the emulation follows the delays of some projections, and what the other ones have."""
    notices.inform(
        f"the emulator follows the delays of {listed(labels) if labels else 'no projection'} ({others}); no wafer does"
    )


def _ignored(session: Session, delayed: Sequence[str]) -> Iterator[str]:
    """Yield what of a script has no effect on the wafer."""
    projections = session.projections
    for population in session.populations:
        if np.any(np.asarray(population.parameters.get("i_offset", 0.0)) != 0):
            yield f"i_offset of {population} (there is no constant current input)"
    slow = [p.label for p in projections if p.synapse_dynamics is not None and p.synapse_dynamics.slow is not None]
    for labels, what in (
        (delayed, "delays of {} (they follow from the routes; marocco.delays = 'requested' emulates them)"),
        (slow, "STDP of {} (weights stay constant)"),
        ([p.label for p in projections if not np.all(p.weights > 0)], "synapses of weight 0 in {}"),
    ):
        if labels:
            yield what.format(listed(labels))


def listed(labels: Sequence[str], most: int = 4) -> str:
    """Return some labels of projections, and how many more there are."""
    rest = len(labels) - most
    return ", ".join(labels[:most]) + (f" and {rest} more projections" if rest > 0 else "")


def _inventory(session: Session) -> None:
    log = logger("marocco")
    log.info("Populations:")
    for i, population in enumerate(session.populations):
        log.info("%dth element: %s", i, population)
    log.info("Projections:")
    for i, projection in enumerate(session.projections):
        log.info("%dth element: %s, %d synapses", i, projection, len(projection))
    targeted = {p.number for projection in session.projections for p, _ in projection.pre.parts()}
    for population in session.populations:
        if population.celltype.is_source and population.number not in targeted:
            log.warning("source population %d does not have any targets", population.number)
    if not session.populations:
        log.warning("the mapper sees no populations: setup() must be called before they are created")


def source_cells(session: Session) -> list[Cells]:
    """Return the spike sources as the script has them now; their spikes may change without a new mapping."""
    names = population_names(session.populations)
    return [_population(p, names[p.number]) for p in session.populations if p.celltype.is_source]


def _population(population: Population, name: str) -> Cells:
    kind = population.celltype
    if not kind.can_be_mapped:
        raise NotImplementedHere(f"{kind.__name__} cannot be mapped: {kind.__doc__}")
    return Cells(name, population.size, kind.__name__, _parameters(population))


def _parameters(population: Population) -> Mapping[str, Any]:
    found = {}
    for name, value in population.parameters.items():
        if name != "i_offset":
            found[name] = _spike_times(value) if name == "spike_times" else _values(value)
    return found


def _values(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64) if isinstance(value, list | tuple | np.ndarray) else float(value)


def _spike_times(value: Any) -> Any:
    """Return one list for all cells, or one for each."""
    rows = list(value)
    if any(np.ndim(row) > 0 for row in rows):
        return [np.asarray(row, dtype=np.float64).ravel() for row in rows]
    return np.asarray(rows, dtype=np.float64)


def _projection(projection: Projection, names: Mapping[int, str], least: float) -> Synapses:
    """Return a projection; delays shorter than the least one [ms] count as that, as in PyNN."""
    edges = projection.edges
    each, common = separated(None if projection.delays is None else np.maximum(projection.delays, least))
    return Synapses(
        f"projection{projection.number}",
        _views(projection.pre, names),
        _views(projection.post, names),
        projection.target,
        FromArrays(edges.pre, edges.post, edges.weight, each),
        _synapse(projection),
        delay=common,
    )


def separated(delays: NDArray[Any] | None) -> tuple[NDArray[Any] | None, float | None]:
    """Return delays [ms] as an instance has them: one for each synapse, (n,), or one for all; None without."""
    if delays is None or not len(delays):
        return None, None
    return (None, float(delays[0])) if np.all(delays == delays[0]) else (delays, None)


def _views(group: Group, names: Mapping[int, str]) -> tuple[View, ...]:
    views = []
    for population, indices in group.parts():
        whole = len(indices) == population.size and np.array_equal(indices, np.arange(population.size))
        views.append(
            View(names[population.number], range(population.size) if whole else tuple(int(i) for i in indices))
        )
    return tuple(views)


def _synapse(projection: Projection) -> Synapse:
    dynamics = projection.synapse_dynamics
    if dynamics is None or dynamics.fast is None:
        return Static()
    return TsodyksMarkram(None, dynamics.fast.U, dynamics.fast.tau_rec, dynamics.fast.tau_facil)


def digest_of(network: Network, requests: Any) -> str:
    """Return ``sha256:..`` of what a script asks for."""
    state = hashlib.sha256()
    for population in network.populations:
        params = {name: np.asarray(value, dtype=object).tolist() for name, value in population.params.items()}
        state.update(repr((population.name, population.size, population.cell, params)).encode())
    synapses = network.synapses
    for array in (synapses.pre, synapses.post, synapses.projection, synapses.weight, synapses.receptor, synapses.stp):
        state.update(np.ascontiguousarray(array).tobytes())
    state.update(repr(requests).encode())
    return f"sha256:{state.hexdigest()}"
