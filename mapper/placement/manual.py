"""Manual placement of neurons: by HICANN, by neuron block, by exact denmems, or only a size.

Source: marocco ``NeuronPlacement`` and ``ManualPlacement``; the errors keep its texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Chunk, Request, Strategy, fill
from mapper.problem import Problem
from models.errors import PlacementError
from models.hardware.coordinates import name as hicann_name
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.instance.instance import PlacementRequest

IMPOSSIBLE = "unable to implement manual placement request"


def manual_pass(problem: Problem, blocks: NeuronBlocks, strategy: Strategy) -> tuple[list[Chunk], list[Request]]:
    """Place all neurons that the instance puts somewhere; return them and the requests for the automatic pass.

    Raises
    ------
    PlacementError
        If a request names a cell twice, something that is not available, or more than there is room for.
    """
    placed: list[Chunk] = []
    automatic: list[Request] = []
    for number, requests in enumerate(requests_by_population(problem)):
        first, last = (int(c) for c in problem.network.offsets[number : number + 2])
        if problem.network.is_source[first]:
            continue
        check_unique(problem, requests)
        for request in requests:
            if request.neurons:
                placed += _exact(problem, number, blocks, request)
            elif request.hicanns or request.blocks:
                placed += _somewhere(problem, number, blocks, request, strategy)
            else:
                automatic += _slices(problem, number, request)
        for start, count in uncovered(problem, first, last, requests):
            automatic.append(Request(number, start, count, problem.default_size(number)))
    return placed, automatic


def requests_by_population(problem: Problem) -> list[list[PlacementRequest]]:
    """Return the placement requests of every population, in the order in which they stand in the instance."""
    index = {population.name: i for i, population in enumerate(problem.network.populations)}
    grouped: list[list[PlacementRequest]] = [[] for _ in index]
    for request in problem.instance.placement:
        grouped[index[request.view.population]].append(request)
    return grouped


def check_unique(problem: Problem, requests: Sequence[PlacementRequest]) -> None:
    """Check that no cell of a population is placed twice.

    Raises
    ------
    PlacementError
        Naming the cell.
    """
    seen: set[int] = set()
    for request in requests:
        for i in request.view.indices:
            if i in seen:
                raise failure(request, IMPOSSIBLE, f"{request.view.population}[{i}] is placed twice")
            seen.add(i)


def failure(request: PlacementRequest, text: str, detail: str) -> PlacementError:
    """Return the error of a request with the place where it stands."""
    return PlacementError(": ".join(part for part in (request.where, text, detail) if part))


def runs(cells: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
    """Yield (first, count) of the maximal runs of consecutive numbers among cells."""
    cells = np.sort(cells)
    for part in np.split(cells, np.flatnonzero(np.diff(cells) != 1) + 1):
        if len(part):
            yield int(part[0]), len(part)


def uncovered(
    problem: Problem, first: int, last: int, requests: Sequence[PlacementRequest]
) -> Iterator[tuple[int, int]]:
    """Yield (first, count) of the cells ``first .. last - 1`` that no request names."""
    free = np.ones(last - first, dtype=np.bool_)
    for request in requests:
        free[problem.network.cells(request.view) - first] = False
    yield from runs((np.flatnonzero(free) + first).astype(np.int32))


def check_available(problem: Problem, request: PlacementRequest, hicann: int, what: str) -> None:
    """Check that cells can be put on a HICANN.

    Raises
    ------
    PlacementError
        If it is disabled, outside the region, or without high-speed link.
    """
    if not problem.wafer.linked[hicann]:
        text = f"{what} unavailable during manual population placement"
        raise failure(request, text, f"{hicann_name(hicann)} is disabled: choose another one")


def _slices(problem: Problem, population: int, request: PlacementRequest) -> list[Request]:
    size = request.size or problem.default_size(population)
    cells = problem.network.cells(request.view)
    return [Request(population, first, count, size) for first, count in runs(cells)]


def _somewhere(
    problem: Problem, population: int, blocks: NeuronBlocks, request: PlacementRequest, strategy: Strategy
) -> list[Chunk]:
    for hicann in request.hicanns:
        check_available(problem, request, hicann, "HICANN")
    for hicann, _ in request.blocks:
        check_available(problem, request, hicann, "NeuronBlock")
    allowed = [N_BLOCKS * hicann + block for hicann in request.hicanns for block in range(N_BLOCKS)]
    allowed += [N_BLOCKS * hicann + block for hicann, block in request.blocks]
    placed: list[Chunk] = []
    for part in _slices(problem, population, request):
        agenda = strategy(blocks, list(dict.fromkeys(allowed)), [part])
        placed += fill(blocks, agenda)
        if left := agenda.left():
            detail = (
                f"no room for {sum(r.count for r in left)} of {part.count} neurons "
                f"of {part.size} denmems of {request.view.population}"
            )
            raise failure(request, IMPOSSIBLE, detail)
    return placed


def _exact(problem: Problem, population: int, blocks: NeuronBlocks, request: PlacementRequest) -> Iterator[Chunk]:
    if len(request.neurons) != len(request.view):
        text = "number of logical neurons does not match size of population or populationview"
        raise failure(request, text, f"{len(request.neurons)} neurons for {len(request.view)} cells")
    cells = problem.network.cells(request.view).tolist()
    for cell, (hicann, column, size) in zip(cells, request.neurons, strict=True):
        check_available(problem, request, hicann, "Neuron")
        local = column % COLUMNS_PER_BLOCK
        if size < 2 or size % 2 or local + size // 2 > COLUMNS_PER_BLOCK:
            text = "manual placement only supports rectangular neurons spanning both rows"
            detail = f"{size} denmems at column {column} do not fill whole columns of one neuron block"
            raise failure(request, text, detail)
        block = N_BLOCKS * hicann + column // COLUMNS_PER_BLOCK
        if not blocks.add_at(block, local, size):
            text = "specified denmems are occupied or marked as defect"
            detail = f"columns {column}..{column + size // 2 - 1} of {hicann_name(hicann)}"
            raise failure(request, text, detail)
        yield Chunk(Request(population, cell, 1, size), block, local)
