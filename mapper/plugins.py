"""Solvers and stage algorithms of other packages: entry points, and functions named ``module:function``.

A package that has

.. code-block:: toml

    [project.entry-points."mapper.solvers"]
    my-solver = "my_package:search"

adds the solver ``my-solver``.  Packages are looked up when a name is not built in or all names are asked for, and
imported when their solver is used.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from models.errors import MapperError

#: Group of the entry points that add solvers.
GROUP: Final = "mapper.solvers"

_log = logging.getLogger("mapper.plugins")


class PluginError(MapperError, ImportError):
    """A solver or an algorithm of another package cannot be used."""


def plugin_names(built_in: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the solvers that other packages add; what is built in cannot be replaced."""
    taken = set(built_in)
    for entry in _entries():
        if entry.name in taken:
            _log.warning("solver %r of %s is not used: the name is built in", entry.name, package(entry))
    return tuple(sorted({entry.name for entry in _entries()} - taken))


def _entries() -> list[EntryPoint]:
    """Return all entry points, each once: a package that can be found on two ways still adds one solver."""
    return list({(e.name, e.value, package(e)): e for e in entry_points(group=GROUP)}.values())


def find_entry(name: str) -> EntryPoint | None:
    """Return the entry point of a solver, None if no package adds it.

    Raises
    ------
    PluginError
        If several packages do.
    """
    found = [entry for entry in _entries() if entry.name == name]
    if len(found) > 1:
        packages = " and ".join(package(entry) for entry in found)
        raise PluginError(f"solver {name!r} is added by {packages}; uninstall one of them")
    return found[0] if found else None


def package(entry: EntryPoint) -> str:
    """Return name and version of the package of an entry point."""
    return "an unnamed package" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def load_entry(entry: EntryPoint) -> Any:
    """Import what an entry point names.

    Raises
    ------
    PluginError
        If that fails, for whatever reason the package has.
    """
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"solver {entry.name!r} of {package(entry)} cannot be loaded from {entry.value!r} "
            f"({type(error).__name__}: {error}); repair or uninstall that package"
        ) from error


def is_reference(name: str) -> bool:
    """Tell whether a name is ``module:function``."""
    module, _, attribute = name.partition(":")
    return bool(attribute) and all(part.isidentifier() for part in (*module.split("."), *attribute.split(".")))


def load_reference(name: str) -> Any:
    """Import ``module:function``.

    Raises
    ------
    PluginError
        If there is no such module or function, or importing it fails.
    """
    module, _, attribute = name.partition(":")
    try:
        value = import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except Exception as error:
        raise PluginError(
            f"{name!r} cannot be imported ({type(error).__name__}: {error}); Python must find the module: install "
            "it, or set PYTHONPATH to its folder"
        ) from error
    return value


def provenance(solver: str, settings: Mapping[str, str]) -> list[str]:
    """Return what tells versions of foreign code apart that a run uses: package versions, digests of module files.

    Only the module that is named is digested, not what it imports.
    """
    found = [_digest(value.partition(":")[0]) for value in settings.values() if is_reference(value)]
    if is_reference(solver):
        return [_digest(solver.partition(":")[0]), *found]
    from mapper.solvers import is_built_in

    entry = None if is_built_in(solver) else find_entry(solver)
    return found if entry is None else [package(entry), _digest(entry.module), *found]


def _digest(module: str) -> str:
    spec = find_spec(module)
    path = None if spec is None or spec.origin is None else Path(spec.origin)
    if path is None or not path.is_file():
        return module
    return f"{module} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
