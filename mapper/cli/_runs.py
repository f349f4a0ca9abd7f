"""The runs of ``mapper compare``: a process, a JSON file and a solution file each; what is finished is not repeated."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from mapper.cli import _common
from mapper.cli._interrupts import POLL, Interrupts, run_in_thread
from mapper.cli._progress import Reporter
from mapper.cli._run import Effort, run_solver
from mapper.cli._summary import audit_document, solution_document
from mapper.version import __version__

if TYPE_CHECKING:
    from models.instance import Instance

#: What is tried again when the same command is started again.
_UNFINISHED: Final = ("crashed", "memory")


@dataclass(frozen=True, slots=True)
class Run:
    """One run to do: where its instance comes from, the instance, solver, seed, and all limits in force."""

    reference: str
    instance: Instance
    solver: str
    seed: int
    effort: Effort

    @property
    def stem(self) -> str:
        """Return the name of the run's files, without ending."""
        return f"{self.instance.name}.{self.solver}.s{self.seed}"

    @property
    def key(self) -> str:
        """Return the digest of all that determines the run: instance, solver, version, seed and limits."""
        parts = [self.instance.digest, self.solver, __version__, self.seed, asdict(self.effort)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def in_force(effort: Effort, instance: Instance) -> Effort:
    """Return limits with what the instance's budget says where the command line says nothing."""
    budget = instance.budget
    threads = budget.threads if effort.threads is None else effort.threads
    limits = (effort.time_limit, effort.det_limit)
    if limits == (None, None):
        limits = (budget.time_s, budget.det)
    return replace(
        effort, time_limit=limits[0], det_limit=limits[1], threads=threads, settings=dict(effort.settings or {})
    )  # fmt: skip


def finished(run: Run, output: Path) -> dict[str, Any] | None:
    """Return the document of a run that is finished, None if it is still to do.

    Raises
    ------
    Refused
        If the file is no run file, or of a run under other conditions.
    """
    path = output / f"{run.stem}.json"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _common.Refused(f"{path} is no run file ({error}); --force overwrites it") from None
    if not isinstance(document, dict) or document.get("key") != run.key:
        raise _common.Refused(
            f"{path} is of a run with other limits, settings, instance or version; use another folder, or --force "
            "overwrites it"
        )
    return None if document["status"] in _UNFINISHED or document.get("interrupted") else document


def perform(run: Run, style: str, output: Path | None, interrupts: Interrupts) -> dict[str, Any]:
    """Do one run in this process, write its files, and return its document.

    The JSON file comes last: where it is, the run is finished.

    Raises
    ------
    models.errors.MapperError
        If the solver cannot be used like this; that there is no mapping is a result.
    """
    if output is not None:
        for pattern in (f".{run.stem}.json.*.partial", f".{run.stem}.sol.zip.*.tmp"):
            for left_behind in output.glob(pattern):
                left_behind.unlink(missing_ok=True)
    before, started = os.getloadavg()[0], time.time()
    document = _result(run, style, output, interrupts)
    document |= {"seed": run.seed, "key": run.key, "conditions": asdict(run.effort)}
    document["machine"] = _machine(before, started)
    if interrupts.exit_code:
        document["interrupted"] = True
    if output is not None:
        _common.write_text(output / f"{run.stem}.json", _common.to_json(document))
    return document


def _result(run: Run, style: str, output: Path | None, interrupts: Interrupts) -> dict[str, Any]:
    from emulator import audit
    from mapper.report.measures import measure
    from models.errors import PlacementError, ResourceExhausted
    from models.solution import save

    with Reporter(style, len(run.instance.network.synapses)) as reporter:
        try:
            solution = run_solver(run.instance, run.solver, run.seed, run.effort, reporter, interrupts)
        except (PlacementError, ResourceExhausted) as error:
            return without_mapping(run, "none", str(error))
        except MemoryError:
            return without_mapping(run, "memory", "out of memory")
        checked = run_in_thread(lambda: audit(run.instance, solution.configuration, solution.lost), reporter.tick)
    path = None if output is None else output / f"{run.stem}.sol.zip"
    if path is not None:
        save(path, solution)
    return {
        **solution_document(run.instance, solution, path),
        "audit": audit_document(run.instance, checked),
        "measures": measure(run.instance, solution.mapping, checked.realised),
    }


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


def perform_apart(run: Run, style: str, output: Path, interrupts: Interrupts) -> dict[str, Any]:
    """Do one run in a process of its own and return its document; if the process dies, that is the result.

    Raises
    ------
    click.exceptions.Exit
        If the solver cannot be used like this (the process said why), or was aborted before it had any mapping.
    """
    path = output / f"{run.stem}.json"
    path.unlink(missing_ok=True)
    arguments = (run.reference, run.solver, run.seed, run.effort, style, output)
    process = multiprocessing.get_context("spawn").Process(target=_child, args=arguments, name=run.stem)
    process.start()
    told = False
    while process.is_alive():
        process.join(POLL)
        if interrupts.exit_code and not told:
            told = True
            process.terminate()
    code = process.exitcode or 0
    if path.exists():
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return document
    if interrupts.exit_code or code == _common.USAGE:
        raise click.exceptions.Exit(interrupts.exit_code or code)
    killed = code == -signal.SIGKILL
    reason = "killed, most often for want of memory" if killed else f"the process died with code {code}"
    document = without_mapping(run, "memory" if killed else "crashed", reason)
    _common.write_text(path, _common.to_json(document))
    return document


def _child(reference: str, solver: str, seed: int, effort: Effort, style: str, output: Path) -> None:
    """Do one run; Ctrl-C is left to the parent, and without it there is nobody to work for."""
    from models.errors import MapperError

    with Interrupts() as interrupts:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_follow_parent, daemon=True).start()
        run = Run(reference, _common.read_instance(reference), solver, seed, effort)
        try:
            perform(run, style, output, interrupts)
        except MapperError as error:
            click.echo(str(error), err=True)
            sys.exit(_common.USAGE)
        except Exception as error:
            document = without_mapping(run, "crashed", f"{type(error).__name__}: {error}")
            _common.write_text(output / f"{run.stem}.json", _common.to_json(document))
            raise


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
