"""References to cells: ``name``, ``name[a:b]``, ``name[a:b:step]`` or ``{population, indices}``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from models.errors import Problem
from models.instance.loader import Document, Path_, dotted
from models.instance.messages import suggestion
from models.instance.scalars import VIEW
from models.instance.schema_network import ViewDoc
from models.network import View

_VIEW: Final = re.compile(VIEW)


class ViewError(ValueError):
    """A reference names no cells; carries the remedy."""

    def __init__(self, message: str, hint: str) -> None:
        self.hint = hint
        super().__init__(message)


def view_of(reference: str | ViewDoc, sizes: Mapping[str, int]) -> View:
    """Return the view that a reference means.

    Parameters
    ----------
    reference : str or ViewDoc
        As in the document, already checked for its shape.
    sizes : mapping
        Size of each population.

    Raises
    ------
    ViewError
        If the population is unknown or the cells are out of range.
    """
    if isinstance(reference, ViewDoc):
        return _listed(reference.population, reference.indices, sizes)
    match = _VIEW.fullmatch(reference)
    assert match, "the schema checks the form"
    name, start, stop, step = match.groups()
    size = _size(name, sizes)
    first, last = int(start or 0), int(stop) if stop else size
    if first >= last or last > size or step == "0":
        raise ViewError(f"{reference!r} is out of range", f"population {name!r} has the cells 0..{size - 1}")
    return View(name, range(first, last, int(step or 1)))


def _listed(name: str, indices: list[int], sizes: Mapping[str, int]) -> View:
    size = _size(name, sizes)
    outside = [i for i in indices if i >= size]
    if outside:
        raise ViewError(f"population {name!r} has no cell {outside[0]}", f"it has the cells 0..{size - 1}")
    if len(set(indices)) < len(indices):
        raise ViewError(f"a cell of {name!r} stands twice in the indices", "name each cell once")
    return View(name, tuple(indices))


def _size(name: str, sizes: Mapping[str, int]) -> int:
    if name not in sizes:
        raise ViewError(f"unknown population {name!r}", suggestion(name, sizes))
    return sizes[name]


def reference_problems(document: Document) -> Iterator[Problem]:
    """Yield what is wrong with the references of a document that may have other faults, too."""
    network = _get(document.data, "network")
    populations = _get(network, "populations")
    if not isinstance(populations, dict):
        return
    sizes = {name: _get(body, "size") for name, body in populations.items()}
    for path, reference in _references(document.data):
        try:
            _check(reference, sizes)
        except ViewError as error:
            yield Problem(document.where(path), dotted(path), str(error), error.hint)


def _check(reference: Any, sizes: Mapping[str, Any]) -> None:
    known = {name: size if type(size) is int and size > 0 else 1 << 62 for name, size in sizes.items()}
    if isinstance(reference, str) and _VIEW.fullmatch(reference):
        view_of(reference, known)
    elif isinstance(reference, dict) and set(reference) == {"population", "indices"}:
        name, indices = reference["population"], reference["indices"]
        if isinstance(name, str) and isinstance(indices, list) and all(type(i) is int for i in indices):
            _listed(name, indices, known)


def _references(data: Any) -> Iterator[tuple[Path_, Any]]:
    projections = _get(_get(data, "network"), "projections")
    if isinstance(projections, dict):
        for name, body in projections.items():
            for side in ("pre", "post"):
                yield from _each(("network", "projections", name, side), _get(body, side))
    placement = _get(data, "placement")
    for i, entry in enumerate(placement if isinstance(placement, list) else []):
        yield ("placement", i, "population"), _get(entry, "population")
    buses = _get(_get(data, "merging"), "shared_buses")
    yield from _each(("merging", "shared_buses"), buses if isinstance(buses, list) else [])


def _each(path: Path_, value: Any) -> Iterator[tuple[Path_, Any]]:
    if not isinstance(value, list):
        yield path, value
        return
    for i, item in enumerate(value):
        yield (*path, i), item


def _get(data: Any, key: str) -> Any:
    return data.get(key) if isinstance(data, dict) else None
