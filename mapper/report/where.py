"""Where the loss is: by cause, projection, HICANN and population pair."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np

from mapper.report.blocks import Bars, Block, Matrices, Section, Table, Value, Wafers
from mapper.report.comparison import Comparison
from mapper.report.runs import Run, points
from mapper.report.sections import count

#: Instances with wafers and matrices: those with the most loss.
MOST_WAFERS: Final = 6
#: Lines of the table of projections.
MOST_PROJECTIONS: Final = 60
#: Projections with a part of their own in a bar, and populations of a matrix.
MOST_PARTS: Final = 6
MOST_POPULATIONS: Final = 80


def typical(comparison: Comparison, instance: str, solver: str) -> Run | None:
    """Return the valid run of a cell whose loss is nearest to the median, None without one."""
    cell = comparison.cells[instance, solver]
    valid = [run for run in cell.runs if run.valid]
    return min(valid, key=lambda run: (abs(run.loss - cell.loss), run.seed), default=None)


def worst(comparison: Comparison) -> list[str]:
    """Return the instances on which a typical run loses synapses, most loss first."""

    def loss(name: str) -> float:
        runs = [typical(comparison, name, solver) for solver in comparison.solvers]
        return max((run.loss for run in runs if run is not None), default=0.0)

    return [name for name in sorted(comparison.instances, key=lambda name: -loss(name)) if loss(name) > 0]


def where_section(comparison: Comparison, baseline: str) -> Section:
    """Return the loss by cause, projection, HICANN and population pair; differences are against `baseline`.

    A cell is represented by the run nearest to its median.
    """
    causes = list(dict.fromkeys(cause for run in comparison.runs for cause in run.by_cause))
    labels, shares = [], []
    for name in worst(comparison):
        for solver in comparison.solvers:
            run = typical(comparison, name, solver)
            if run is not None and run.lost:
                labels.append(f"{name}, {solver}")
                shares.append([points(run.by_cause.get(cause, 0), run.synapses) for cause in causes])
    blocks: list[Block] = []
    if labels:
        table = np.array(shares).reshape(len(labels), len(causes))
        parts = tuple((cause, tuple(table[:, i].tolist())) for i, cause in enumerate(causes))
        blocks.append(Bars("Loss by cause", "loss [%]", tuple(labels), parts))
        blocks += _projection_bars(comparison)
        blocks.append(_by_projection(comparison))
    else:
        blocks.append("No run with a valid mapping loses a synapse.")
    for name in worst(comparison)[:MOST_WAFERS]:
        found = [(solver, typical(comparison, name, solver)) for solver in comparison.solvers]
        wafers = tuple(
            (solver, {h: float(n) for h, n in run.measures["lost_by_hicann"].items() if h >= 0})
            for solver, run in found
            if run is not None and "lost_by_hicann" in run.measures
        )
        if wafers:
            blocks.append(Wafers(f"{name}: lost synapses by the HICANN of their target", "synapses", wafers))
        blocks += _matrices(comparison, name, baseline)
    if labels:
        blocks.append(
            "Of each instance and solver these are the losses of the run nearest to the median. A synapse is lost for "
            "want of a route if no bus of its sender reaches the HICANN of its target, of a driver if the chain of "
            "drivers there is too short, of a row or decoder if the rows of the chain are taken."
        )
    return Section("Where the loss is", tuple(blocks))


def _projection_bars(comparison: Comparison) -> list[Bars]:
    """Return one stack of projections per solver, for the instances with more than one that loses."""
    blocks = []
    for name in worst(comparison)[:MOST_WAFERS]:
        runs = {solver: typical(comparison, name, solver) for solver in comparison.solvers}
        found = {solver: run for solver, run in runs.items() if run is not None and run.lost}
        totals = Counter[str]()
        for run in found.values():
            totals.update(run.by_projection)
        shown = [projection for projection, total in totals.most_common(MOST_PARTS) if total]
        if len(shown) < 2:
            continue
        parts = [(p, [points(run.by_projection.get(p, 0), run.synapses) for run in found.values()]) for p in shown]
        rest = [run.loss - sum(values[i] for _, values in parts) for i, run in enumerate(found.values())]
        if max(rest) > 1e-9:
            parts.append((f"{sum(map(bool, totals.values())) - len(shown)} others", [max(0.0, r) for r in rest]))
        blocks.append(
            Bars(f"{name}: loss by projection", "loss [%]", tuple(found), tuple((p, tuple(v)) for p, v in parts))
        )
    return blocks


def _matrices(comparison: Comparison, name: str, baseline: str) -> list[Matrices]:
    """Return the loss by sending and receiving population of every solver, and the differences to a baseline."""
    shares: dict[str, dict[tuple[str, str], float]] = {}
    for solver in comparison.solvers:
        run = typical(comparison, name, solver)
        if run is not None and run.measures.get("lost_by_pair"):
            pairs = run.measures["lost_by_pair"]
            shares[solver] = {(pre, post): points(lost, required) for pre, post, required, lost in pairs}
    names = tuple(dict.fromkeys(end for pairs in shares.values() for pair in pairs for end in pair))
    if not 2 <= len(names) <= MOST_POPULATIONS:
        return []
    at = {population: i for i, population in enumerate(names)}

    def placed(values: dict[tuple[str, str], float]) -> dict[tuple[int, int], float]:
        return {(at[pre], at[post]): value for (pre, post), value in values.items()}

    maps = tuple((solver, placed(pairs)) for solver, pairs in shares.items())
    blocks = [Matrices(f"{name}: loss by sending and receiving population", names, maps)]
    changes = tuple(
        (f"{solver} minus {baseline}", placed({pair: v - shares[baseline].get(pair, 0.0) for pair, v in pairs.items()}))
        for solver, pairs in shares.items()
        if baseline in shares and solver != baseline
    )
    if changes and any(value for _, values in changes for value in values.values()):
        blocks.append(Matrices(f"{name}: differences of these losses", names, changes, signed=True))
    return blocks


def _by_projection(comparison: Comparison) -> Table:
    lines = []
    for name in comparison.instances:
        runs = [typical(comparison, name, solver) for solver in comparison.solvers]
        losses = Counter[str]()
        required: dict[str, int] = {}
        for run in runs:
            if run is not None:
                losses.update(run.by_projection)
                required |= run.measures.get("required_by_projection", {})
        for projection, total in losses.items():
            if total:
                cells = [None if run is None else run.by_projection.get(projection, 0) for run in runs]
                row = (Value(name), Value(projection), count(required.get(projection)), *map(count, cells))
                lines.append((-total, row))
    lines.sort(key=lambda line: line[0])
    more = f"; {len(lines) - MOST_PROJECTIONS} more in --format projections" if len(lines) > MOST_PROJECTIONS else ""
    return Table(
        "projections", f"Synapses lost by projection, most first{more}",
        ("instance", "projection", "required", *comparison.solvers),
        tuple(row for _, row in lines[:MOST_PROJECTIONS]), (0, 1),
    )  # fmt: skip
