"""What these pages need of Sphinx: content made from the code, formulas as MathML, links that survive a move."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up all parts."""
    for part in ("docstrings", "generated", "mathml", "names", "outside"):
        import_module(f"mapper_docs.{part}").setup(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
