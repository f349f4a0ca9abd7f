"""A report as CSV, JSON, LaTeX, and in the benchmark format of the Human Brain Project."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from mapper.report.blocks import Table
from mapper.report.build import Report
from mapper.report.comparison import Comparison, geometric_mean
from mapper.report.runs import Run, points
from mapper.report.writers import csv_text, tex_table

FORMAT: Final = "wafer-report/1"

#: Columns of ``runs.csv``, explained in ``docs/reports.md``.
COLUMNS: Final = (
    "instance", "digest", "solver", "version", "seed", "status", "synapses", "lost", "loss_percent", "lost_l1", "bound",
    "bound_placement", "gap_pp", "chips", "seconds", "cpu_seconds", "time_limit", "det_limit", "threads", "load_before",
    "load_after", "cores", "started", "solution", "reason",
)  # fmt: skip


def runs_csv(runs: Sequence[Run]) -> str:
    """Return one line per run; `loss_percent` counts a run without a valid mapping as 100."""
    return csv_text(COLUMNS, [_line(run) for run in runs])


def _line(run: Run) -> list[Any]:
    gap = None if run.lost is None else round(points(run.lost - run.bound, run.synapses), 6)
    conditions, machine = run.conditions, run.machine
    return [
        run.instance, run.digest, run.solver, run.version, run.seed, run.letter, run.synapses, run.lost,
        round(run.loss, 6), run.lost_l1, run.bound, run.bound_placement, gap, run.chips, run.seconds, run.cpu_seconds,
        conditions.get("time_limit"), conditions.get("det_limit"), conditions.get("threads"),
        machine.get("load_before"), machine.get("load_after"), machine.get("cores"), machine.get("started"),
        run.solution, run.reason,
    ]  # fmt: skip


def projections_csv(runs: Sequence[Run]) -> str:
    """Return one line per run and projection."""
    rows = [
        [run.instance, run.solver, run.seed, name, run.measures.get("required_by_projection", {}).get(name), lost]
        for run in runs
        for name, lost in run.by_projection.items()
    ]
    return csv_text(("instance", "solver", "seed", "projection", "required", "lost"), rows)


def summary(comparison: Comparison) -> dict[str, Any]:
    """Return the JSON document of a report: what ``--baseline`` reads, and all numbers of the runs."""
    return {
        "format": FORMAT,
        "instances": [
            {
                "name": name,
                "digest": next(run.digest for run in comparison.runs if run.instance == name),
                "synapses": comparison.synapses[name],
                "best_lost": comparison.best[name],
                "best_by": comparison.best_source[name],
                "bound": comparison.bound[name],
            }
            for name in comparison.instances
        ],
        "cells": [_cell(comparison, name, solver) for name in comparison.instances for solver in comparison.solvers],
        "runs": [dict(zip(COLUMNS, _line(run), strict=True)) for run in comparison.runs],
    }


def _cell(comparison: Comparison, name: str, solver: str) -> dict[str, Any]:
    cell = comparison.cells[name, solver]
    times = [run.seconds for run in cell.runs if run.seconds is not None]
    bound = points(comparison.bound[name], comparison.synapses[name])
    return {
        "instance": name,
        "solver": solver,
        "runs": len(cell.runs),
        "status": cell.letters,
        "loss": round(cell.loss, 6),
        "loss_least": round(cell.least, 6),
        "loss_most": round(cell.most, 6),
        "excess": round(cell.excess, 6),
        "gap": round(cell.loss - bound, 6),
        "seconds": round(geometric_mean(times), 3) if times else None,
        "failures": sum(not run.valid for run in cell.runs),
    }


def json_text(report: Report) -> str:
    """Return the summary as JSON text."""
    return json.dumps(summary(report.comparison), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def latex(report: Report) -> str:
    """Return the tables of headline, loss, gap and statistics as LaTeX; needs the package booktabs."""
    wanted = ("headline", "loss", "gap", "statistics")
    tables = [b for section in report.sections for b in section.blocks if isinstance(b, Table) and b.name in wanted]
    return "% needs \\usepackage{booktabs}\n" + "\n\n".join(map(tex_table, tables)) + "\n"


def hbp(runs: Sequence[Run]) -> dict[str, dict[str, Any]]:
    """Return every run with a mapping in the benchmark format of the Human Brain Project, by file name.

    Names and form are those of the brainscales-benchmarks repository: one file ``MODEL_TASK_results.json`` per run,
    counts without a unit, `synapse_loss_after_l1` what was lost for want of a route.
    """
    found: dict[str, dict[str, Any]] = {}
    for run in runs:
        if run.lost is None:
            continue
        model, task = f"{_name(run.instance)}_network", f"{_name(run.solver)}_s{run.seed}"
        counts = {
            "synapses": run.synapses,
            "neurons": run.measures.get("neurons"),
            "synapse_loss": run.lost,
            "synapse_loss_after_l1": run.lost_l1,
        }
        times = {"setup_time": run.seconds, "total_time": run.seconds}
        results: list[dict[str, Any]] = [
            {"type": "performance", "name": name, "value": value, "units": "s", "measure": "time"}
            for name, value in times.items()
            if value is not None
        ]
        results += [
            {"type": "performance", "name": name, "value": value} for name, value in counts.items() if value is not None
        ]
        found[f"{model}_{task}_results.json"] = {
            "model": model,
            "task": task,
            "timestamp": run.machine.get("started"),
            "results": results,
        }
    return found


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]+", "-", text).strip(".-") or "unnamed"
