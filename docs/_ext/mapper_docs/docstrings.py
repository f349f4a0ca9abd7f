"""What Sphinx makes of docstrings and signatures is put right before: shared entries, defaults made by a factory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SHARED = re.compile(r"(?P<names>\w+(?:, \w+)+) : (?P<kind>.*)")


def separate(lines: list[str]) -> list[str]:
    """Return a docstring in which every attribute has an entry of its own, also where several share one."""
    result: list[str] = []
    inside = False
    i = 0
    while i < len(lines):
        line = lines[i]
        if i + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[i + 1].strip()):
            inside = line.strip() == "Attributes"
        shared = _SHARED.fullmatch(line) if inside else None
        i += 1
        if shared is None:
            result.append(line)
            continue
        about = []
        while i < len(lines) and (lines[i].startswith(" ") or not lines[i].strip()):
            about.append(lines[i])
            i += 1
        for name in shared["names"].split(", "):
            result += [f"{name} : {shared['kind']}", *about]
    return result


def on_docstring(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Change a docstring before napoleon reads it."""
    lines[:] = separate(lines)


def on_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """Show defaults that a factory makes as dots, which Sphinx can parse."""
    return signature and re.sub(r"<[^>]*>", "...", signature), returns


def setup(app: Sphinx) -> None:
    """Connect; napoleon has the priority 500."""
    app.connect("autodoc-process-docstring", on_docstring, priority=400)
    app.connect("autodoc-process-signature", on_signature)
