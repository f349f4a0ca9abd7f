"""The pages: their blocks, and the generators of the reference (which need no Sphinx)."""

import re
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

_FENCE = re.compile(r"^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A fenced block: what the comment before it says, its language, its text."""

    mark: str
    language: str
    text: str


@pytest.fixture(scope="session")
def blocks():
    """Return a function that returns the fenced blocks of a page."""

    def blocks_of(page):
        found = _FENCE.finditer(page.read_text("utf-8"))
        return [Block(m["mark"] or "", m["language"].strip(), m["text"]) for m in found]

    return blocks_of


@pytest.fixture(scope="session")
def prose():
    """Return a function that returns a page without its fenced blocks."""
    return lambda page: _FENCE.sub("", page.read_text("utf-8"))


@pytest.fixture(scope="session")
def generators():
    """Return the modules that write the reference."""
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        names = ("commands", "docstrings", "schemas", "tables")
        return SimpleNamespace(**{name: import_module(f"mapper_docs.{name}") for name in names})
    finally:
        sys.path.remove(str(DOCS / "_ext"))
