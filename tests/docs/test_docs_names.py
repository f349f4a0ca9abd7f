"""Dotted names in docstrings and pages are names of the code, also where the reference does not list them."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"(?<!`)`((?:mapper|models|emulator|instances)(?:\.\w+)+)`(?!`)")


def exists(name):
    """Return whether a dotted name is a module, something in it, or a field of a class in it."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(found, part):
                return part in getattr(found, "__annotations__", {})
            found = getattr(found, part)
        return True
    return False


def test_names_in_backticks_exist():
    folders = (ROOT / name for name in ("mapper", "models", "emulator", "instances", "docs"))
    files = sorted(path for folder in folders for kind in ("*.py", "*.md") for path in folder.rglob(kind))
    named = [(path, name) for path in files for name in _NAME.findall(path.read_text("utf-8"))]
    assert len(named) > 100
    assert [f"{path.relative_to(ROOT)}: {name}" for path, name in named if not exists(name)] == []


@pytest.mark.parametrize("name", ["mapper.solve", "models.mapping.CAUSES", "mapper.report.Run.lost"])
def test_a_name_that_exists(name):
    assert exists(name)


@pytest.mark.parametrize("name", ["mapper.sovle", "mapper.no_such_module.solve", "mapper.report.Run.losst"])
def test_a_name_that_does_not(name):
    assert not exists(name)
