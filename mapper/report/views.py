"""Viewer pages beside a report, and the addresses by which the report leads to them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from mapper.report.runs import Run

if TYPE_CHECKING:
    from models.instance import Instance


def solution_file(run: Run) -> Path | None:
    """Return the solution of a run: beside its run file, else where the run file says, None if it is not there."""
    if not run.solution:
        return None
    places = [Path(run.solution)]
    if run.file:
        places.insert(0, Path(run.file).with_name(places[0].name))
    return next((place for place in places if place.is_file()), None)


def solution_links(runs: Sequence[Run], folder: Path) -> dict[str, str]:
    """Return the address of every solution that is there, relative to a folder, by its name in the run."""
    found = {run.solution: solution_file(run) for run in runs}
    return {name: _address(path, folder) for name, path in found.items() if path is not None}


def write_views(runs: Sequence[Run], folder: Path, report: Path) -> dict[tuple[str, str], str]:
    """Write a viewer page for each instance: of every solver the solution that loses least of those that are there.

    Parameters
    ----------
    runs : sequence of Run
        Runs.
    folder : Path
        Where to write ``INSTANCE.html``; made if needed.
    report : Path
        Folder of the report.

    Returns
    -------
    dict
        By (instance, solver) the address of the page with this solution shown, relative to the report.
    """
    links: dict[tuple[str, str], str] = {}
    for name in dict.fromkeys(run.instance for run in runs):
        best: dict[str, tuple[Run, Path]] = {}
        for run in runs:
            path = solution_file(run) if run.instance == name and run.valid else None
            if path is not None and (run.solver not in best or run.counted < best[run.solver][0].counted):
                best[run.solver] = (run, path)
        if not best:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / f"{re.sub(r'[^A-Za-z0-9.+_-]', '_', name)}.html"
        _write(page, list(best.values()))
        at = _address(page, report)
        links |= {(name, solver): f"{at}#a={i}" for i, solver in enumerate(best)}
    return links


def _write(page: Path, chosen: Sequence[tuple[Run, Path]]) -> None:
    from mapper.viewer import view
    from models.solution import load

    labels = [f"{run.solver}, seed {run.seed}" for run, _ in chosen]
    view([load(path) for _, path in chosen], _instance(chosen[0][0]), labels=labels).save(page)


def _instance(run: Run) -> Instance | None:
    """Return the shipped instance that was solved, None if it is no shipped one."""
    from models.instance import library

    if not library.is_known(run.instance):
        return None
    load: Callable[[str], Instance] = library.load
    instance = load(run.instance)
    return instance if instance.digest == run.digest else None


def _address(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())
