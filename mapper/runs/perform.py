"""Do one run in this process, judge it from its bits, and write its two files."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mapper.plugins import provenance
from mapper.runs.documents import audit_document, solution_document
from mapper.runs.files import to_json, write_text
from mapper.runs.run import Run
from mapper.version import __version__

if TYPE_CHECKING:
    from mapper.context import Event
    from models.instance import Instance

_log = logging.getLogger("mapper.runs")


def perform(
    run: Run,
    folder: Path | None = None,
    listen: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
) -> dict[str, Any]:
    """Do one run, write its files into a folder, if one is given, and return its document.

    The JSON file comes last: where it is, the run is finished.  Whatever the solver raises is a result, too.
    """
    stop = stop or threading.Event()
    if folder is not None:
        _sweep_up(run, folder)
    before, started = os.getloadavg()[0], time.time()
    try:
        document = _result(run, folder, listen, stop)
    except Exception as error:
        document = without_mapping(run, *_reason(run, error))
        if document["status"] == "crashed":
            _log.exception("run %s crashed", run.stem)
    document |= {"seed": run.seed, "key": run.key, "conditions": asdict(run.effort)}
    document["machine"] = _machine(before, started)
    packages = provenance(run.solver, run.effort.settings or {})
    if packages:
        document["packages"] = packages
    if stop.is_set():
        document["interrupted"] = True
    if folder is not None:
        write_text(folder / f"{run.stem}.json", to_json(document))
    return document


def _sweep_up(run: Run, folder: Path) -> None:
    """Remove what a run that was killed while it wrote left behind."""
    for pattern in (f".{run.stem}.json.*.partial", f".{run.stem}.sol.zip.*"):
        for left_behind in folder.glob(pattern):
            left_behind.unlink(missing_ok=True)


def _result(
    run: Run, folder: Path | None, listen: Callable[[Event], None] | None, stop: threading.Event
) -> dict[str, Any]:
    import mapper
    from emulator import audit
    from mapper.report.measures import measure
    from models.solution import save

    effort = run.effort
    stages: dict[str, float] = {}

    def heard(event: Event) -> None:
        if event.kind == "stage":
            stages.setdefault(event.stage, round(event.t, 3))
        if listen is not None:
            listen(event)

    solution = mapper.solve(
        run.instance,
        run.solver,
        time_limit=effort.time_limit,
        det_limit=effort.det_limit,
        seed=run.seed,
        threads=1 if effort.threads is None else effort.threads,
        max_hicanns=effort.max_chips,
        options=effort.settings or {},
        events=heard,
        stop=stop,
    )
    checked = audit(run.instance, solution.configuration, solution.lost)
    path = None if folder is None else folder / f"{run.stem}.sol.zip"
    if path is not None:
        save(path, solution)
    return {
        **solution_document(run.instance, solution, path),
        "stages": [[begun, stage] for stage, begun in stages.items()],
        "audit": audit_document(run.instance, checked),
        "measures": measure(run.instance, solution.mapping, checked.realised),
    }


def _reason(run: Run, error: Exception) -> tuple[str, str]:
    """Return status and reason of a run that raised."""
    from mapper.context import BudgetExhausted
    from models.errors import MapperError, PlacementError, ResourceExhausted

    if isinstance(error, PlacementError | ResourceExhausted):
        proof = too_large(run.instance)
        return ("infeasible", proof) if proof else ("none", str(error))
    if isinstance(error, BudgetExhausted):
        return "timeout", str(error)
    if isinstance(error, MemoryError):
        return "memory", "out of memory"
    return "crashed", str(error) if isinstance(error, MapperError) else f"{type(error).__name__}: {error}"


def too_large(instance: Instance) -> str:
    """Return why no mapping can exist, by counting denmems; empty if counting does not tell."""
    import numpy as np

    from mapper.problem import Problem

    problem = Problem(instance)
    least = Problem(instance, (problem.least_size,) * len(instance.network.populations))
    needed, there = int(least.size.sum(dtype=np.int64)), int(np.count_nonzero(instance.wafer.denmems))
    return f"the neurons need at least {needed} denmems, {there} are usable" if needed > there else ""


def without_mapping(run: Run, status: str, reason: str) -> dict[str, Any]:
    """Return the document of a run that gave no mapping."""
    return {
        "instance": run.instance.name,
        "digest": run.instance.digest,
        "solver": run.solver,
        "version": __version__,
        "status": status,
        "synapses": len(run.instance.network.synapses),
        "seed": run.seed,
        "reason": reason,
        "key": run.key,
        "conditions": asdict(run.effort),
    }


def _machine(load_before: float, started: float) -> dict[str, Any]:
    """Return where and when a run was done, and how busy the machine was."""
    import platform
    from importlib.metadata import version

    return {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "load_before": round(load_before, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
        "cpu": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "ortools": version("ortools"),
    }
