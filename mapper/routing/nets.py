"""Which nets must reach which HICANNs, in marocco's order, and how their paths become a `Routing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from mapper.requirements import requirements
from models.errors import OptionError
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.mergers import sending_hline
from models.mapping import Mapping as Draft
from models.mapping import Routing, nets_of, usable_buses

#: Segments from the sending line of a net to where it arrives, by target HICANN.
Paths = Mapping[int, Sequence[int]]


def sending_segment(net: int) -> int:
    """Return the segment that the DNC merger of a net drives."""
    hicann, dnc = divmod(net, 8)
    return hicann * N_LINES + sending_hline(dnc)


def source_nets(problem: Problem, draft: Draft) -> NDArray[np.int32]:
    """Return the nets with a cell whose population has outgoing projections, ascending."""
    net = nets_of(draft.placement, draft.addresses)
    sends = problem.population_sends[problem.network.population_of] & (net >= 0)
    return np.unique(net[sends])


def targets_of_nets(problem: Problem, draft: Draft) -> dict[int, list[int]]:
    """Return the HICANNs, ascending, on which every net needs synapse drivers.

    A net whose bus does not work has none.  marocco overlooks dead sending repeaters and background generators; bits
    that use them would be invalid, so their synapses are lost here as those of a dead sending line are.
    """
    required = requirements(problem, draft)
    wanted = (required.drivers > 0) & usable_buses(draft.merging, problem.wafer).ravel()[required.net]
    targets: dict[int, list[int]] = {}
    for net, hicann in zip(required.net[wanted].tolist(), required.hicann[wanted].tolist(), strict=True):
        targets.setdefault(net, []).append(hicann)
    return targets


def by_priority(
    problem: Problem, draft: Draft, nets: NDArray[np.int32], priority: Mapping[str, float] | str
) -> list[int]:
    """Return nets in marocco's order: mean priority descending, then HICANN and DNC merger ascending.

    Parameters
    ----------
    priority : mapping of projection name to float, or str
        Also as ``"name=value,name=value"``; projections not named have priority 1.

    Raises
    ------
    ValueError
        If a priority is smaller than 1 or a projection is unknown.
    """
    priorities = _priorities(problem, priority)
    if not priorities:
        return [int(net) for net in nets]
    total = np.zeros(len(problem.network.populations))
    edges = np.zeros(len(problem.network.populations))
    index = {population.name: i for i, population in enumerate(problem.network.populations)}
    for projection in problem.network.projections:
        for view in projection.pre:
            total[index[view.population]] += priorities.get(projection.name, 1.0) * len(projection.post)
            edges[index[view.population]] += len(projection.post)
    net = nets_of(draft.placement, draft.addresses)
    cells = np.flatnonzero(net >= 0)
    population = problem.network.population_of[cells]
    size = int(nets.max(initial=0)) + 1
    sums = np.bincount(net[cells], total[population], size)
    counts = np.bincount(net[cells], edges[population], size)
    return sorted((int(n) for n in nets), key=lambda n: (-sums[n] / counts[n], n))


def _priorities(problem: Problem, priority: Mapping[str, float] | str) -> dict[str, float]:
    if isinstance(priority, str):
        pairs = [item.rpartition("=") for item in priority.split(",") if item]
        values = {name.strip(): _number(name, value) for name, _, value in pairs}
    else:
        values = dict(priority)
    known = [projection.name for projection in problem.network.projections]
    for name, value in values.items():
        if name not in known:
            raise OptionError(f"priority of unknown projection {name!r}: known are {', '.join(known)}")
        if not value >= 1:
            raise OptionError(f"priority of projection {name!r} must be at least 1 (got {value:g})")
    return values


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise OptionError(f"priority must be written name=value with a number (got {name}={value})") from None


def routing_of(paths_of_nets: Iterable[tuple[int, Paths]]) -> Routing:
    """Merge the paths of every net into one tree."""
    net_of, segments, parents = [], [], []
    arrivals: list[tuple[int, int, int]] = []
    for net, paths in sorted(paths_of_nets, key=lambda item: item[0]):
        parent: dict[int, int] = {}
        for hicann in sorted(paths):
            path = paths[hicann]
            for before, segment in zip((-1, *path[:-1]), path, strict=True):
                parent.setdefault(segment, before)
            arrivals.append((net, hicann, path[-1]))
        net_of += [net] * len(parent)
        segments += list(parent)
        parents += list(parent.values())
    arrival = np.array(arrivals, dtype=np.int32).reshape(-1, 3)
    return Routing(
        np.array(net_of, np.int32),
        np.array(segments, np.int32),
        np.array(parents, np.int32),
        arrival[:, 0].copy(),
        arrival[:, 1].astype(np.int16),
        arrival[:, 2].copy(),
    )


def is_vertical(segment: int) -> bool:
    """Tell whether a segment is a VLine."""
    return segment % N_LINES >= N_HLINES
