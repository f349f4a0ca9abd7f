"""marocco's input placement: every spike source as near as possible to its targets.

1. Placement requests with HICANNs come first, population by population.
2. All other populations, those with the most target HICANNs first, go to the HICANN nearest to the mean position
   of their targets, then to the next one.
3. A HICANN is filled from DNC merger 7 down to 0, from the end of a population on.  A bus whose driver requirement
   on any target HICANN exceeds the calibrated chain length is undone and the sources are halved; a single source
   that needs more is kept if it is alone.

One departure: marocco looks only whether a neuron block is silent and mapped onto the DNC merger of its own
number; here the merger tree must also be able to realise the map with the input, so that neither foreign neurons
nor a second background generator appear on a bus.

A source population as target of another one, which marocco refuses here, is refused by `models.network`.

Sources: marocco ``InputPlacement``, ``neighbors.h``, see `mapper.inputs.neighbours`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.pool import ORDERS
from mapper.context import Context
from mapper.inputs.injection import Injector, Slice
from mapper.inputs.neighbours import Neighbours
from mapper.placement.manual import (
    check_available,
    check_unique,
    failure,
    requests_by_population,
    runs,
    uncovered,
)
from mapper.problem import Problem
from models.errors import OptionError, PlacementError, ResourceExhausted
from models.hardware.coordinates import name as hicann_name
from models.hardware.synapses import PRIMARIES_PER_VLINE
from models.instance.instance import PlacementRequest
from models.mapping import Mapping


def nearest(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    chain_aware: bool = True,
    address_strategy: str = "high_first",
    merged_gaps: bool = False,
    working_buses: bool = False,
) -> Mapping:
    """Inject all spike sources that have targets or a placement request.

    Parameters
    ----------
    chain_aware : bool
        Whether buses are kept within the calibrated chain length; otherwise, as until 2018, only within the 14
        drivers that a VLine reaches.
    address_strategy : str
        ``high_first``, ``low_first`` or ``alternating``.
    merged_gaps : bool
        Whether DNC mergers of silent blocks between merged ones may be used; marocco does not.
    working_buses : bool
        Whether DNC mergers with a dead sending line or repeater are left out; marocco injects into them all the same.

    Raises
    ------
    ValueError
        If the address strategy is unknown.
    PlacementError
        If a placement request cannot be kept, or a shared bus needs more than one DNC merger.
    ResourceExhausted
        If there is no room for all sources.
    """
    if address_strategy not in ORDERS:
        raise OptionError(f"unknown address strategy {address_strategy!r}: there are {', '.join(ORDERS)}")
    injector = Injector(problem, draft, context, address_strategy, merged_gaps, working_buses)
    limits = _chain_limits(problem, chain_aware)
    automatic = _manual(problem, injector, limits)
    _automatic(problem, draft, context, injector, automatic, limits)
    complete = injector.result(draft)
    _check_shared(problem, complete)
    return complete


def _chain_limits(problem: Problem, chain_aware: bool) -> list[int | None]:
    """Return the chain limit of every population; None, no limit, for those that must share one bus."""
    shared = {view.population for view in problem.instance.shared_buses}
    limit = problem.limits.calibrated_chain_length if chain_aware else PRIMARIES_PER_VLINE
    return [None if population.name in shared else limit for population in problem.network.populations]


def _manual(problem: Problem, injector: Injector, limits: list[int | None]) -> list[tuple[int, Slice]]:
    """Inject what placement requests name; return (population, slice) of all other sources."""
    automatic: list[tuple[int, Slice]] = []
    for number, requests in enumerate(requests_by_population(problem)):
        first, last = (int(c) for c in problem.network.offsets[number : number + 2])
        if not problem.network.is_source[first]:
            continue
        check_unique(problem, requests)
        onto_hicanns = [request for request in requests if request.hicanns]
        for request in onto_hicanns:
            _keep(problem, injector, request, limits[number])
        automatic += [(number, Slice(*run)) for run in uncovered(problem, first, last, onto_hicanns)]
    return automatic


def _keep(problem: Problem, injector: Injector, request: PlacementRequest, limit: int | None) -> None:
    for hicann in request.hicanns:
        check_available(problem, request, hicann, "HICANN")
    for run in runs(problem.network.cells(request.view)):
        stack = [Slice(*run)]
        for hicann in request.hicanns:
            injector.insert(hicann, stack, limit)
        if stack:
            names = ", ".join(hicann_name(h) for h in request.hicanns)
            detail = f"{sum(s.count for s in stack)} sources of {request.view.population} do not fit on {names}"
            raise failure(request, "out of resources for manually placed external inputs", detail)


def _automatic(
    problem: Problem,
    draft: Mapping,
    context: Context,
    injector: Injector,
    automatic: list[tuple[int, Slice]],
    limits: list[int | None],
) -> None:
    targets = _target_hicanns(problem, draft)
    for number in sorted({number for number, _ in automatic if not len(targets[number])}):
        name = problem.network.populations[number].name
        context.emit("warning", "inputs", f"{name} has no targets: its sources stay unplaced")
    jobs = [job for job in automatic if len(targets[job[0]])]
    neighbours = Neighbours(np.flatnonzero(problem.wafer.linked))
    for number, part in sorted(jobs, key=lambda job: -len(targets[job[0]])):
        stack = [part]
        for hicann in neighbours.by_distance(targets[number]).tolist():
            if not stack:
                break
            injector.insert(hicann, stack, limits[number])
        if stack:
            raise ResourceExhausted(
                f"out of resources for external inputs: no room for {sum(s.count for s in stack)} sources of "
                f"{problem.network.populations[number].name}; enlarge the region or the input rate limits"
            )


def _target_hicanns(problem: Problem, draft: Mapping) -> list[NDArray[np.int16]]:
    """Return the HICANNs with any neuron of any target population, for every population."""
    network = problem.network
    index = {population.name: i for i, population in enumerate(network.populations)}
    targets: list[set[int]] = [set() for _ in network.populations]
    for projection in network.projections:
        post = {index[view.population] for view in projection.post}
        for view in projection.pre:
            targets[index[view.population]] |= post
    hosts = [
        np.unique(draft.placement.hicann[network.offsets[i] : network.offsets[i + 1]])
        for i in range(len(network.populations))
    ]
    found = [np.unique(np.concatenate([np.empty(0, np.int16), *(hosts[i] for i in t)])) for t in targets]
    return [hicanns[hicanns >= 0] for hicanns in found]


def _check_shared(problem: Problem, draft: Mapping) -> None:
    for view in problem.instance.shared_buses:
        cells = problem.network.cells(view)
        if not problem.network.is_source[cells].all():
            continue
        hicann, dnc = draft.placement.hicann[cells], draft.addresses.dnc[cells]
        buses = sorted(set(zip(hicann.tolist(), dnc.tolist(), strict=True)))
        if len(buses) > 1:
            raise PlacementError(
                f"shared bus: the sources of {view.population} need {len(buses)} DNC mergers; share at most "
                f"{problem.limits.sources_per_bus} sources whose rates one HICANN can take"
            )
