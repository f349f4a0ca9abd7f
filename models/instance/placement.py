"""Manual placement of an instance document, checked against the wafer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from models.errors import Problem
from models.hardware.coordinates import name as hicann_name
from models.hardware.limits import Limits
from models.hardware.neurons import COLUMNS_PER_BLOCK
from models.hardware.wafer import Wafer
from models.instance.instance import PlacementRequest, locate
from models.instance.schema import PlacementDoc
from models.instance.views import view_of
from models.network import CELL_TYPES, Network


def requests_of(
    entries: Sequence[PlacementDoc], sizes: Mapping[str, int], limits: Limits, locations: Mapping[str, str]
) -> tuple[PlacementRequest, ...]:
    """Return the placement requests of a document whose references are right."""
    return tuple(
        PlacementRequest(
            view_of(entry.population, sizes),
            hicanns=tuple(entry.hicann or ()),
            blocks=tuple((block.hicann, block.block) for block in entry.neuron_block or ()),
            neurons=tuple(
                (neuron.hicann, neuron.column, neuron.size or entry.size or limits.default_size)
                for neuron in entry.neurons or ()
            ),
            size=entry.size,
            where=locate(locations, f"placement[{i}]"),
        )
        for i, entry in enumerate(entries)
    )


@dataclass(slots=True)
class _Taken:
    """Who asked first for a cell and for a denmem column."""

    cells: dict[tuple[str, int], str] = field(default_factory=dict)
    columns: dict[tuple[int, int], str] = field(default_factory=dict)


def placement_problems(requests: Sequence[PlacementRequest], network: Network, wafer: Wafer) -> Iterator[Problem]:
    """Yield what is wrong with requests: chips that cannot be used, wrong counts, anything placed twice."""
    taken = _Taken()
    for i, request in enumerate(requests):
        path = f"placement[{i}]"
        yield from _cell_problems(path, request, taken)
        yield from _source_problems(path, request, network)
        yield from _chip_problems(path, request, wafer)
        yield from _neuron_problems(path, request, wafer, taken)


def _cell_problems(path: str, request: PlacementRequest, taken: _Taken) -> Iterator[Problem]:
    name = request.view.population
    twice = [i for i in request.view.indices if (name, i) in taken.cells]
    if twice:
        first = taken.cells[name, twice[0]]
        message = f"{name}[{twice[0]}] is placed twice, first at {first}"
        if len(twice) > 1:
            message += f" (and {len(twice) - 1} more)"
        yield Problem(request.where, f"{path}.population", message, "place every cell once")
    for i in request.view.indices:
        taken.cells.setdefault((name, i), request.where)


def _source_problems(path: str, request: PlacementRequest, network: Network) -> Iterator[Problem]:
    population = network.populations[network.index[request.view.population]]
    if CELL_TYPES[population.cell].is_source and not (request.hicanns and request.size is None):
        message = f"{population.name!r} is a spike source: it has no denmems"
        yield Problem(request.where, path, message, "place it with hicann: only, without size")


def _chip_problems(path: str, request: PlacementRequest, wafer: Wafer) -> Iterator[Problem]:
    chips = [*request.hicanns, *(h for h, _ in request.blocks), *(h for h, _, _ in request.neurons)]
    for chip in dict.fromkeys(chips):
        if wafer.region is not None and chip not in wafer.region:
            yield Problem("", path, f"{hicann_name(chip)} is outside hardware.region", "enlarge the region")
        elif not wafer.hicanns[chip]:
            yield Problem("", path, f"{hicann_name(chip)} is defective", "choose another HICANN")
        elif not wafer.linked[chip]:
            message = f"{hicann_name(chip)} has no working high-speed link: it can only pass signals on"
            yield Problem("", path, message, "choose another HICANN")


def _neuron_problems(path: str, request: PlacementRequest, wafer: Wafer, taken: _Taken) -> Iterator[Problem]:
    if request.neurons and len(request.neurons) != len(request.view):
        message = f"{len(request.neurons)} neurons for {len(request.view)} cells"
        yield Problem("", f"{path}.neurons", message, "give one for each cell")
    for i, (chip, column, size) in enumerate(request.neurons):
        where, columns = f"{path}.neurons[{i}]", range(column, column + size // 2)
        if column // COLUMNS_PER_BLOCK != columns[-1] // COLUMNS_PER_BLOCK:
            message = f"columns {columns[0]}..{columns[-1]} reach into the next neuron block"
            yield Problem("", where, message, f"a block has {COLUMNS_PER_BLOCK} columns")
            continue
        if wafer.linked[chip] and not wafer.columns[chip, columns].all():
            message = f"a denmem in columns {columns[0]}..{columns[-1]} of {hicann_name(chip)} is defective"
            yield Problem("", where, message, "choose other columns")
        both = [taken.columns[chip, c] for c in columns if (chip, c) in taken.columns]
        if both:
            message = f"denmems of {hicann_name(chip)} are taken already, by the request at {both[0]}"
            yield Problem("", where, message, "choose other columns")
        for c in columns:
            taken.columns.setdefault((chip, c), request.where)
