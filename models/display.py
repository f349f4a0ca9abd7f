"""How notebooks show mappings and solutions: by whatever package offers a renderer.

The models know no renderer.  A package offers one as an entry point of the group ``hicann_mapper.html``: a function of
a `models.mapping.Mapping` or a `models.solution.Solution` that returns HTML.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any, Final

GROUP: Final = "hicann_mapper.html"


def html(shown: Any) -> str | None:
    """Return an object as HTML by the first renderer installed, in the order of their names; None without any."""
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        text: str = point.load()(shown)
        return text
    return None
