"""Profiles and anytime curves: the numbers behind the charts."""

from __future__ import annotations

import math
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
#: Stages that begin within this ratio of times share a mark.
_TOGETHER: Final = 1.15
#: End of an axis of shares [%]: a line at 100 is seen.
_WHOLE: Final = 103.0
#: Bars of `sparkline`, from nothing to everything.
_BARS: Final = "_\u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
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
        "Instances within x points of the best known loss", "x: loss above the best known one [pp]", "instances [%]",
        tuple(series), "symlog", LINEAR, top=_WHOLE, palette=comparison.solvers,
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
    return Chart(name, "time [s]", "runs [%]", tuple(series), "log", top=_WHOLE, palette=comparison.solvers)


def time_profile(comparison: Comparison, target: float) -> Chart | None:
    """Return the performance profile of the time to come within `target` points of the best known loss.

    The time of a solver on an instance is the median over its seeds, infinite if less than half of them get there.
    None, if nobody ever does or there is one solver.

    References
    ----------
    .. [1] Dolan and More, "Benchmarking optimization software with performance profiles", Math. Program. 91 (2002).
    """
    if len(comparison.solvers) < 2:
        return None
    times = np.full((len(comparison.instances), len(comparison.solvers)), np.inf)
    for i, name in enumerate(comparison.instances):
        for k, solver in enumerate(comparison.solvers):
            found = [time_to_target(run, comparison.best[name], target) for run in comparison.cells[name, solver].runs]
            if found:
                seconds = sorted(np.inf if t is None else max(t, _FIRST) for t in found)
                times[i, k] = seconds[(len(seconds) - 1) // 2]
    fastest = times.min(axis=1)
    reached_by = np.isfinite(fastest)
    if not reached_by.any():
        return None
    ratios = times[reached_by] / fastest[reached_by, None]
    most = max(2.0, float(ratios[np.isfinite(ratios)].max()))
    series = []
    for k, solver in enumerate(comparison.solvers):
        finite = np.sort(ratios[np.isfinite(ratios[:, k]), k])
        x = np.unique(np.concatenate([[1.0], finite, [most]]))
        share = 100.0 * np.searchsorted(finite, x * (1 + 1e-9)) / len(comparison.instances)
        series.append(Series(solver, tuple(x.tolist()), tuple(share.tolist())))
    name = "best known loss" if target == 0 else f"best known loss + {target:g} pp"
    return Chart(
        f"Time to the {name}", "time / time of the fastest", "instances [%]", tuple(series), "log", top=_WHOLE,
        palette=comparison.solvers,
    )  # fmt: skip


def loss_at(run: Run, times: Floats) -> Floats:
    """Return the loss of the best mapping found until each time [%], 100 before the first one, (n_times,)."""
    if not run.valid or not run.timeline:
        return np.full(len(times), run.loss if run.valid else 100.0)
    steps = np.array([t for t, _, _ in run.timeline])
    losses = np.array([100.0, *(points(lost, run.synapses) for _, lost, _ in run.timeline)])
    return losses[np.searchsorted(steps, times, side="right")]


def grid(runs: Sequence[Run]) -> Floats:
    """Return times that show all runs, evenly spaced on a logarithmic axis from a power of ten on [s], (80,)."""
    found = [t for run in runs for t, _, _ in run.timeline]
    begins = [t for run in runs for t, _ in run.stages] + found
    earliest = max(_FIRST, min(begins, default=_FIRST))
    first = max(_FIRST, 10.0 ** math.floor(math.log10(earliest)))
    ends = [run.seconds for run in runs if run.seconds] + found
    return np.geomspace(first, max([2 * first, *ends]), _POINTS)


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
    series.append(Series("proven bound", x, tuple(_bound_at(comparison, instance, times).tolist()), "dashed"))
    return Chart(
        f"Loss over time: {instance}", "time [s]", "loss [%]", tuple(series), "log", marks=_stages(runs, x[-1]),
        top=_top(runs), palette=comparison.solvers,
    )  # fmt: skip


def _top(runs: Sequence[Run]) -> float | None:
    """Return the end of an axis that shows all mappings, but not what counts as lost before the first one [%]."""
    highest = max((points(lost, run.synapses) for run in runs for _, lost, _ in run.timeline), default=0.0)
    return min(100.0, 1.3 * highest) if highest else None


def _bound_at(comparison: Comparison, instance: str, times: Floats) -> Floats:
    """Return the highest bound proven by any run until each time, at the end also by the references [%]."""
    bound = np.zeros(len(times))
    for run in comparison.runs:
        if run.instance == instance and run.valid:
            for t, _, proven in run.timeline:
                bound[times >= t] = np.maximum(bound[times >= t], proven)
    bound[-1] = max(bound[-1], comparison.bound[instance])
    return 100.0 * bound / max(1, comparison.synapses[instance])


def _stages(runs: Sequence[Run], end: float) -> tuple[tuple[float, str], ...]:
    """Return when each stage first began, median over the runs, and its name; stages close together share a mark."""
    begins: dict[str, list[float]] = {}
    for run in runs:
        for t, name in run.stages:
            begins.setdefault(name, []).append(t)
    groups: list[tuple[float, list[str]]] = []
    for t, name in sorted((max(_FIRST, float(np.median(times))), name) for name, times in begins.items()):
        if groups and t <= _TOGETHER * groups[-1][0]:
            groups[-1][1].append(name)
        elif t <= end:
            groups.append((t, [name]))
    return tuple((t, " to ".join(dict.fromkeys((names[0], names[-1])))) for t, names in groups)


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
        "Mean excess loss over time", "time [s]", "mean loss above the best known one [pp]", tuple(series), "log",
        palette=comparison.solvers,
    )  # fmt: skip


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


def sparkline(comparison: Comparison, solver: str, width: int = 12) -> str:
    """Return the mean loss over time as a row of bars, on a logarithmic axis of time; empty without timelines.

    The full bar is 100 % lost; the last bar is the loss at the end.
    """
    tables = [_table(comparison.cells[name, solver], grid(comparison.runs)) for name in comparison.instances]
    known = [np.median(table, axis=0) for table in tables if table is not None]
    if not known:
        return ""
    mean = np.mean(known, axis=0)[np.linspace(0, _POINTS - 1, width).round().astype(int)]
    # the scale is that of roots, so that the few percent at the end can be told from nothing
    return "".join(_BARS[min(len(_BARS) - 1, int(np.ceil(np.sqrt(v / 100.0) * (len(_BARS) - 1))))] for v in mean)
