"""Profiles and anytime curves: the numbers behind the charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.report.blocks import Chart, Series
from mapper.report.comparison import Cell, Comparison
from mapper.report.runs import Run, points

#: The profile is linear below this excess loss and logarithmic above [pp].
LINEAR: Final = 0.01
#: Points of an anytime curve, and its first one [s].
_POINTS: Final = 80
_FIRST: Final = 0.01
#: Targets of the table of times, in points above the best known loss.
TARGETS: Final = (0.0, 0.1, 1.0)

Floats = NDArray[np.float64]


def profile(comparison: Comparison) -> Chart:
    """Return the share of instances that each solver solves within an excess loss of x points."""
    series = []
    for solver in comparison.solvers:
        excess = np.sort(np.maximum(comparison.excesses(solver), 0.0))
        x = np.unique(np.concatenate([[0.0], excess, [100.0]]))
        share = 100.0 * np.searchsorted(excess, x + 1e-9) / len(excess)
        series.append(Series(solver, tuple(x.tolist()), tuple(share.tolist())))
    return Chart(
        "Profile", "loss above the best known one [pp]", "instances [%]", tuple(series), "symlog", LINEAR
    )  # fmt: skip


def reached(comparison: Comparison, target: float) -> Chart | None:
    """Return the share of runs within `target` points of the best known loss as a function of time; None: never any."""
    series = []
    for solver in comparison.solvers:
        runs = [run for run in comparison.runs if run.solver == solver]
        times = [time_to_target(run, comparison.best[run.instance], target) for run in runs]
        x = sorted(max(t, _FIRST) for t in times if t is not None)
        if x:
            share = [100.0 * (i + 1) / len(runs) for i in range(len(x))]
            series.append(Series(solver, (_FIRST, *x), (0.0, *share)))
    if not series:
        return None
    name = f"Runs within {target:g} pp of the best known loss"
    return Chart(name, "time [s]", "runs [%]", tuple(series), "log")


def loss_at(run: Run, times: Floats) -> Floats:
    """Return the loss of the best mapping found until each time [%], 100 before the first one, (n_times,)."""
    if not run.valid or not run.timeline:
        return np.full(len(times), run.loss if run.valid else 100.0)
    steps = np.array([t for t, _, _ in run.timeline])
    losses = np.array([100.0, *(points(lost, run.synapses) for _, lost, _ in run.timeline)])
    return losses[np.searchsorted(steps, times, side="right")]


def grid(runs: Sequence[Run]) -> Floats:
    """Return times that show all runs, evenly spaced on a logarithmic axis [s], (80,)."""
    ends = [run.seconds for run in runs if run.seconds] + [t for run in runs for t, _, _ in run.timeline]
    return np.geomspace(_FIRST, max([2 * _FIRST, *ends]), _POINTS)


def anytime(comparison: Comparison, instance: str) -> Chart | None:
    """Return loss over time on one instance: median and quartiles over seeds, proven bound; None without timelines."""
    cells = {solver: comparison.cells[instance, solver] for solver in comparison.solvers}
    runs = [run for cell in cells.values() for run in cell.runs if run.timeline]
    if not runs:
        return None
    times = grid(runs)
    x = tuple(times.tolist())
    series: list[Series] = []
    for solver, cell in cells.items():
        table = _table(cell, times)
        if table is None:
            continue
        low, middle, high = (tuple(row.tolist()) for row in np.percentile(table, [25, 50, 75], axis=0))
        if len(table) > 1:
            series.append(Series(solver, x, low, "band", high))
        series.append(Series(solver, x, middle))
    bound = points(comparison.bound[instance], comparison.synapses[instance])
    series.append(Series("proven bound", (x[0], x[-1]), (bound, bound), "dashed"))
    return Chart(f"Loss over time: {instance}", "time [s]", "loss [%]", tuple(series), "log")


def _table(cell: Cell, times: Floats) -> Floats | None:
    timed = [run for run in cell.runs if run.timeline or not run.valid]
    return np.array([loss_at(run, times) for run in timed]) if any(run.timeline for run in timed) else None


def mean_anytime(comparison: Comparison) -> Chart | None:
    """Return the mean excess loss over all instances as a function of time; None without timelines."""
    runs = [run for run in comparison.runs if run.timeline]
    if not runs:
        return None
    times = grid(runs)
    series = []
    for solver in comparison.solvers:
        excess = [_excess_at(comparison, name, solver, times) for name in comparison.instances]
        if all(one is not None for one in excess):
            mean = np.mean([one for one in excess if one is not None], axis=0)
            series.append(Series(solver, tuple(times.tolist()), tuple(mean.tolist())))
    if not series:
        return None
    return Chart(
        "Mean excess loss over time", "time [s]", "mean loss above the best known one [pp]", tuple(series), "log"
    )


def _excess_at(comparison: Comparison, instance: str, solver: str, times: Floats) -> Floats | None:
    table = _table(comparison.cells[instance, solver], times)
    best = points(comparison.best[instance], comparison.synapses[instance])
    return None if table is None else np.median(table, axis=0) - best


def time_averaged_excess(run: Run, best: int, limit: float) -> float | None:
    """Return the excess loss averaged over the time from 0 to `limit` [pp]; None without a timeline.

    The idea of the primal integral (Berthold, "Measuring the impact of primal heuristics", Oper. Res. Lett. 41, 2013),
    in percentage points, because relative gaps have no meaning where the best loss is 0.
    """
    if not run.timeline or limit <= 0:
        return None
    edges = [0.0, *(min(t, limit) for t, _, _ in run.timeline), limit]
    losses = [100.0, *(points(lost, run.synapses) for _, lost, _ in run.timeline)]
    area = sum(loss * (b - a) for loss, a, b in zip(losses, edges[:-1], edges[1:], strict=True))
    return area / limit - points(best, run.synapses)


def time_to_target(run: Run, best: int, target: float) -> float | None:
    """Return when a run first came within `target` points of the best known loss [s]; None: never, or unknown."""
    limit = points(best, run.synapses) + target + 1e-9
    return next((t for t, lost, _ in run.timeline if points(lost, run.synapses) <= limit), None) if run.valid else None
