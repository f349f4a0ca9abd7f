"""Runs side by side: the medians over seeds that every table and chart of a report starts from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mapper.report.references import Reference, reference
from mapper.report.runs import Run, points

#: Times are averaged geometrically after adding this [s].
SHIFT = 10.0


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs of one solver on one instance.

    Attributes
    ----------
    runs : tuple of Run
        One per seed; empty: the pair was not run.
    loss, least, most : float
        Median, minimum and maximum of the loss [%]; 100 without a run.
    excess : float
        Median loss above the best known one [percentage points].
    """

    runs: tuple[Run, ...]
    loss: float
    least: float
    most: float
    excess: float

    @property
    def letters(self) -> str:
        """Return the status letters of all seeds, each once, best first."""
        return "".join(letter for letter in "OFNXTMCV" if any(run.letter == letter for run in self.runs)) or "-"


@dataclass(frozen=True, eq=False)
class Comparison:
    """All runs of a report.

    Attributes
    ----------
    runs : tuple of Run
        Ordered by instance, solver, seed.
    instances, solvers : tuple of str
        Names.
    synapses, best, bound : mapping
        By instance: synapses required, fewest lost, highest proven lower bound.
    best_source : mapping
        By instance: who lost that few.
    references : mapping
        By instance: what is known besides these runs.
    cells : mapping
        By (instance, solver).
    links, views : mapping
        Addresses relative to the report: of solutions by their file, of viewer pages by (instance, solver).
    """

    runs: tuple[Run, ...]
    instances: tuple[str, ...]
    solvers: tuple[str, ...]
    synapses: Mapping[str, int]
    best: Mapping[str, int]
    best_source: Mapping[str, str]
    bound: Mapping[str, int]
    references: Mapping[str, Reference]
    cells: Mapping[tuple[str, str], Cell]
    links: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def losses(self, solver: str) -> NDArray[np.float64]:
        """Return the median loss of a solver on every instance [%], (n_instances,)."""
        return np.array([self.cells[name, solver].loss for name in self.instances])

    def excesses(self, solver: str) -> NDArray[np.float64]:
        """Return the median loss above the best known one on every instance [pp], (n_instances,)."""
        return np.array([self.cells[name, solver].excess for name in self.instances])


def compare_runs(
    runs: Sequence[Run], known: Callable[[str, str, int], Reference] = reference
) -> Comparison:  # fmt: skip
    """Return runs side by side.

    Parameters
    ----------
    runs : sequence of Run
        At least one.
    known : callable
        Gives the reference of an instance by name, digest and synapses.
    """
    instances = tuple(dict.fromkeys(run.instance for run in runs))
    solvers = tuple(dict.fromkeys(run.solver for run in sorted(runs, key=lambda run: run.solver)))
    first = {name: next(run for run in runs if run.instance == name) for name in instances}
    references = {name: known(name, run.digest, run.synapses) for name, run in first.items()}
    best: dict[str, int] = {}
    source: dict[str, str] = {}
    bound: dict[str, int] = {}
    for name in instances:
        best[name], source[name] = _best(name, runs, references[name], first[name].synapses)
        own = [run.bound for run in runs if run.instance == name and run.valid]
        bound[name] = max([*own, references[name].bound or 0])
    synapses = {name: run.synapses for name, run in first.items()}
    cells = {
        (name, solver): _cell(
            tuple(run for run in runs if (run.instance, run.solver) == (name, solver)), synapses[name], best[name]
        )
        for name in instances
        for solver in solvers
    }
    return Comparison(tuple(runs), instances, solvers, synapses, best, source, bound, references, cells)


def _best(name: str, runs: Sequence[Run], known: Reference, synapses: int) -> tuple[int, str]:
    found = [(run.lost, f"{run.solver}, seed {run.seed}, this report") for run in runs if run.instance == name]
    lost = [(value, text) for value, text in found if value is not None]
    if known.best is not None:
        lost.insert(0, (known.best, known.source))
    return min(lost, key=lambda entry: entry[0], default=(synapses, "nobody"))


def _cell(runs: tuple[Run, ...], synapses: int, best: int) -> Cell:
    losses = [run.loss for run in runs] or [100.0]
    median = float(np.median(losses))
    return Cell(runs, median, min(losses), max(losses), median - points(best, synapses))


def geometric_mean(seconds: Sequence[float]) -> float:
    """Return the geometric mean of times, shifted by 10 s [s]; nan of nothing.

    References
    ----------
    .. [1] Achterberg, "Constraint Integer Programming", thesis, TU Berlin 2007, appendix A.
    """
    if not seconds:
        return float("nan")
    return float(np.exp(np.mean(np.log(np.asarray(seconds) + SHIFT))) - SHIFT)


def counted_seconds(run: Run) -> float | None:
    """Return the time of a run; one without a mapping counts with its whole budget (PAR1); None: unknown [s]."""
    limit = run.conditions.get("time_limit")
    return run.seconds if run.valid or limit is None else float(limit)
