"""The names under which scripts import the front ends; they exist while `installed` is active, nowhere else."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Final

_HERE: Final = "mapper.frontends"
#: Module of the script and module that it gets.
NAMES: Final[Mapping[str, str]] = {
    "pyhmf": f"{_HERE}.pyhmf",
    "pymarocco": f"{_HERE}.pymarocco",
    "pymarocco.results": f"{_HERE}.pymarocco.results",
    "pymarocco.runtime": f"{_HERE}.pymarocco.runtime",
    "pymarocco.coordinates": f"{_HERE}.pymarocco.coordinates",
    "pymarocco_runtime": f"{_HERE}.pymarocco.runtime",
    "pyhalbe": f"{_HERE}.pyhalbe",
    "pyhalbe.HICANN": f"{_HERE}.pyhalbe.hicann",
    "pyhalbe.Coordinate": f"{_HERE}.coordinates",
    "Coordinate": f"{_HERE}.coordinates",
    "pyhalco_common": f"{_HERE}.coordinates",
    "pyhalco_hicann_v2": f"{_HERE}.coordinates",
    "pysthal": f"{_HERE}.pysthal",
    "pysthal.command_line_util": f"{_HERE}.pysthal.command_line_util",
    "pylogging": f"{_HERE}.pylogging",
    "pyredman": f"{_HERE}.pyredman",
}


def _target(name: str) -> str | None:
    """Return the module behind a name, None if it is none of ours; submodules have the names that they have here."""
    if name in NAMES:
        return NAMES[name]
    parent, _, leaf = name.rpartition(".")
    if parent not in NAMES:
        return None
    candidate = f"{NAMES[parent]}.{leaf}"
    return candidate if find_spec(candidate) is not None else None


def _loaded() -> list[str]:
    """Return the names of loaded modules that are ours while a script runs."""
    tops = {name.partition(".")[0] for name in NAMES}
    return [name for name in sys.modules if name.partition(".")[0] in tops]


class _Alias(Loader):
    """Puts a module under a second name."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let the import system make a module that `exec_module` replaces."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Replace it."""
        target = _target(module.__name__)
        assert target is not None
        sys.modules[module.__name__] = importlib.import_module(target)


class _Finder(MetaPathFinder):
    """Finds the names above; modules are loaded when they are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module, None for other names."""
        if _target(fullname) is None:
            return None
        return ModuleSpec(fullname, _Alias(), is_package=True)


@contextmanager
def installed() -> Iterator[None]:
    """Make the modules of BrainScaleS-1 scripts importable; what had these names before is back afterwards."""
    finder = _Finder()
    before = {name: sys.modules.pop(name) for name in _loaded()}
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in _loaded():
            del sys.modules[name]
        sys.modules.update(before)
