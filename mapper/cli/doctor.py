"""``mapper doctor``: whether this installation is well."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import click

from mapper.cli import _common
from mapper.version import __version__

_CORE: Final = ("click", "networkx", "numba", "numpy", "ortools", "pydantic", "PyYAML", "scipy")
_EXTRAS: Final = {
    "report": ("matplotlib", "rich"),
    "pynn": ("PyNN", "neo"),
    "dask": ("distributed",),
    "reference": ("nest-simulator",),
}
_THREAD_VARIABLES: Final = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

#: Wall-clock limit of the sample [s].
_SAMPLE_SECONDS: Final = 2.0


@click.command()
@click.option("--solver", metavar="NAME", help="Run the conformance suite over a solver instead.")
@_common.json_option
@_common.common_options
@click.pass_context
def doctor(ctx: click.Context, solver: str | None, as_json: bool) -> None:
    """Show versions, machine, solvers and extras, and solve a sample of two seconds at most.

    With --solver, check that a solver of yours keeps the contract: legal bits, right claims, constraints kept, same
    seed same result, and more.  Exit code 1 if a library is missing, the sample or a check fails.
    """
    if solver is not None:
        ctx.exit(_examine(solver, as_json))
    from mapper.solvers import solver_names

    document: dict[str, Any] = {
        "mapper": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": _cores(),
        "memory_mb": _memory_mb(),
        "thread_variables": {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ},
        "libraries": {name: _version(name) for name in _CORE},
        "extras": {extra: {name: _version(name) for name in names} for extra, names in _EXTRAS.items()},
        "solvers": list(solver_names()),
        "sample": _sample(),
    }
    well = None not in document["libraries"].values() and document["sample"]["status"] == "optimal"
    document["well"] = well
    click.echo(_common.to_json(document) if as_json else _text(document) + "\n", nl=False)
    ctx.exit(_common.DONE if well else _common.NO)


def _examine(solver: str, as_json: bool) -> int:
    """Run the conformance suite and return the exit code."""
    from mapper.cli._run import check_solvers
    from mapper.testing import CHECKS, examine

    check_solvers((solver,))
    verdict = examine(solver)
    if as_json:
        failures = [{"check": f.check, "instance": f.instance, "message": f.message} for f in verdict.failures]
        click.echo(_common.to_json({"solver": solver, "checks": dict(CHECKS), "failures": failures}), nl=False)
    else:
        click.echo(str(verdict))
    return _common.NO if verdict.failures else _common.DONE


def _cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_mb() -> int | None:
    """Return the machine's memory [MB], None where it cannot be asked for."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    except (AttributeError, ValueError, OSError):
        return None


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _sample() -> dict[str, Any]:
    """Pack 28 requests for chains of synapse drivers into the 56 drivers of a column with CP-SAT."""
    from ortools.sat.python import cp_model

    start = time.monotonic()
    model = cp_model.CpModel()
    sizes = [1 + request * 7 % 5 for request in range(28)]
    gains = [1 + request * 11 % 13 for request in range(28)]
    chosen = [model.new_bool_var(f"request{i}") for i in range(len(sizes))]
    model.add(cp_model.LinearExpr.weighted_sum(chosen, sizes) <= 56)
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, gains))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = _SAMPLE_SECONDS
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    return {
        "solver": "CP-SAT",
        "status": solver.status_name(status).lower(),
        "gain": round(solver.objective_value) if status == cp_model.OPTIMAL else None,
        "seconds": round(time.monotonic() - start, 3),
    }


def _text(document: dict[str, Any]) -> str:
    memory, sample = document["memory_mb"], document["sample"]
    rows = [
        ("mapper", document["mapper"]),
        ("python", f"{document['python']} on {document['system']}"),
        ("machine", f"{document['cores']} cores, {'unknown' if memory is None else memory} MB"),
        ("libraries", _versions(document["libraries"])),
        *[(f"extra {extra}", _versions(found)) for extra, found in document["extras"].items()],
        ("solvers", ", ".join(document["solvers"])),
        ("sample", f"{sample['solver']} {sample['status']} in {sample['seconds']:.2f} s"),
        ("verdict", "all is well" if document["well"] else "something is missing, see above"),
    ]
    if document["thread_variables"]:
        rows.insert(3, ("threads", ", ".join(f"{k}={v}" for k, v in document["thread_variables"].items())))
    return "\n".join(f"{name:<16} {value}" for name, value in rows)


def _versions(found: dict[str, str | None]) -> str:
    return ", ".join(f"{name} {number or 'missing'}" for name, number in found.items())
