"""Place some neurons around others that stay: the others become exact placement requests of a derived instance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.placement.manual import requests_by_population
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS, N_COLUMNS
from models.hardware.wafer import Wafer
from models.instance.instance import PlacementRequest
from models.mapping import INPUT, Mapping, Placement
from models.network import View

Bools = NDArray[np.bool_]


def pinned(problem: Problem, start: Mapping, free: Bools) -> Problem:
    """Return a problem in which any placement algorithm leaves the cells that are not ``free`` where they are.

    Neuron blocks whose place on a DNC merger is taken by a source that stays are closed.
    """
    requests = [request for number in range(len(problem.network.populations)) for request in _pins(
        problem, start.placement, free, number)]  # fmt: skip
    wafer = _without_input_blocks(problem.wafer, start, free & ~problem.network.is_source, free)
    return Problem(replace(problem.instance, placement=tuple(requests), wafer=wafer), problem.sizes)


def _pins(problem: Problem, placement: Placement, free: Bools, number: int) -> Iterator[PlacementRequest]:
    """Yield the requests of one population: its own for free cells, exact places for the others."""
    population = problem.network.populations[number]
    first = int(problem.network.offsets[number])
    own = requests_by_population(problem)[number]
    if problem.network.is_source[first]:
        yield from own
        return
    for request in own:
        keep = [i for i, index in enumerate(request.view.indices) if free[first + index]]
        if keep:
            view = View(population.name, tuple(request.view.indices[i] for i in keep))
            neurons = tuple(request.neurons[i] for i in keep) if request.neurons else ()
            yield replace(request, view=view, neurons=neurons)
    kept = np.flatnonzero(~free[first : first + population.size])
    if len(kept):
        cells = first + kept
        where = (placement.hicann[cells].tolist(), placement.column[cells].tolist(),
                 (2 * placement.width[cells].astype(np.int64)).tolist())  # fmt: skip
        neurons = tuple(zip(*where, strict=True))
        yield PlacementRequest(View(population.name, tuple(kept.tolist())), neurons=neurons)


def _without_input_blocks(wafer: Wafer, start: Mapping, free_neurons: Bools, free: Bools) -> Wafer:
    """Return the wafer without the unused denmems of blocks whose DNC merger keeps its input."""
    placement, dnc = start.placement, start.addresses.dnc
    staying = ~free & (placement.hicann >= 0)
    sources = staying & (placement.column < 0) & (dnc >= 0)
    closed = np.zeros((N_HICANNS, N_BLOCKS), dtype=np.bool_)
    closed[placement.hicann[sources], dnc[sources]] = True
    if not closed.any() or not free_neurons.any():
        return wafer
    columns = np.repeat(closed, COLUMNS_PER_BLOCK, axis=1)
    neurons = np.flatnonzero(staying & (placement.column >= 0))
    for cell in neurons.tolist():
        first = int(placement.column[cell])
        columns[placement.hicann[cell], first : first + int(placement.width[cell])] = False
    hicann, column = np.nonzero(columns)
    dead = np.concatenate([np.stack([hicann, column + row * N_COLUMNS], axis=1) for row in (0, 1)])
    dead = np.concatenate([wafer.defects.indices("neurons"), dead]).astype(np.int32)
    components = {**wafer.defects.components, "neurons": np.unique(dead, axis=0)}
    return replace(wafer, defects=replace(wafer.defects, components=components))


def inputs_that_stay(start: Mapping, free: Bools) -> Bools:
    """Return the DNC mergers through which sources that stay enter, (384, 8)."""
    placement, dnc = start.placement, start.addresses.dnc
    sources = ~free & (placement.hicann >= 0) & (placement.column < 0) & (dnc >= 0)
    found = np.zeros((N_HICANNS, 8), dtype=np.bool_)
    found[placement.hicann[sources], dnc[sources]] = True
    assert (start.merging.mode[found] == INPUT).all()
    return found
