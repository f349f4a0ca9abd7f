"""Solution files in a report: each stands for a run of which nothing else is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from models.errors import FormatError

ENDING: Final = ".sol.zip"


def document_of(path: Path) -> dict[str, Any]:
    """Return the run document of a solution of a shipped instance, checked from its bits.

    Raises
    ------
    FormatError
        If its instance is not shipped, or has changed.
    """
    from emulator import audit
    from mapper.report.measures import measure
    from mapper.runs.documents import audit_document, solution_document
    from models.instance import library
    from models.solution import load

    solution = load(path)
    if not library.is_known(solution.instance):
        raise FormatError(
            f"{path} solves {solution.instance}, which is no shipped instance; report the run file of mapper compare"
        )
    instance = library.load(solution.instance)
    if instance.digest != solution.digest:
        raise FormatError(
            f"{path} solves {solution.instance} {solution.digest}, but the shipped one has {instance.digest}; "
            "report the run file of mapper compare"
        )
    checked = audit(instance, solution.configuration, solution.lost)
    return {
        **solution_document(instance, solution, path),
        "seed": solution.options.get("seed") or 0,
        "audit": audit_document(instance, checked),
        "measures": measure(instance, solution.mapping, checked.realised),
    }
