"""The first half of a report: headline, losses, profile, time."""

from __future__ import annotations

import numpy as np

from mapper.report.blocks import Block, Chart, Section, Series, Table, Value
from mapper.report.comparison import Cell, Comparison, counted_seconds, geometric_mean
from mapper.report.curves import (
    TARGETS,
    anytime,
    mean_anytime,
    profile,
    reached,
    time_averaged_excess,
    time_profile,
    time_to_target,
)
from mapper.report.runs import LETTER_MEANING, points
from mapper.report.statistics import TIE, bootstrap, mean

#: Anytime curves of at most this many instances, those with the most loss.
MOST_CURVES = 12


def number(value: float | None, digits: int = 2, best: bool = False) -> Value:
    """Return a number as a cell; nothing, where there is none."""
    if value is None or not np.isfinite(value):
        return Value("")
    return Value(f"{value:.{digits}f}", float(value), best)


def count(value: int | None, best: bool = False) -> Value:
    """Return a count as a cell; nothing, where there is none."""
    return Value("") if value is None else Value(str(value), float(value), best)


def headline(comparison: Comparison, baseline: str, seed: int) -> Table:
    """Return one line per solver; wins, ties and losses are against the solver `baseline`."""
    reference = comparison.losses(baseline)
    rows = []
    for solver in comparison.solvers:
        losses, excess = comparison.losses(solver), comparison.excesses(solver)
        low, high = bootstrap(excess, mean, np.random.default_rng(seed))
        difference = losses - reference
        wins, losing = int((difference < -TIE).sum()), int((difference > TIE).sum())
        runs = [run for run in comparison.runs if run.solver == solver]
        seconds = [t for t in map(counted_seconds, runs) if t is not None]
        versus = "baseline" if solver == baseline else f"{wins} / {len(losses) - wins - losing} / {losing}"
        rows.append((
            Value(solver), Value(f"{int((losses == 0).sum())} of {len(losses)}", float((losses == 0).sum())),
            number(float(np.median(losses))), number(float(excess.mean()), 3), Value(f"[{low:.3f}, {high:.3f}]"),
            Value(versus), number(geometric_mean(seconds)), count(sum(run.letter == "O" for run in runs)),
            count(sum(not run.valid for run in runs)), count(len(runs)),
        ))  # fmt: skip
    header = (
        "solver", "without loss", "median loss [%]", "mean excess [pp]", "95 % CI [pp]",
        f"wins / ties / losses against {baseline}", "time [s]", "proven optimal", "failures", "runs",
    )  # fmt: skip
    return Table("headline", "Solvers over all instances", header, tuple(rows))


def in_words(comparison: Comparison, baseline: str) -> list[str]:
    """Return what the report finds, in a few sentences."""
    n, names = len(comparison.instances), comparison.solvers
    medians = {solver: float(np.median(comparison.losses(solver))) for solver in names}
    least = min(medians.values())
    leaders = [solver for solver in names if medians[solver] <= least + TIE]
    middle = f"in the median over {_number_of(n, 'network')}"
    sentences = [
        f"{_number_of(len(names), 'solver')} mapped {_number_of(n, 'network')} onto the wafer. A synapse that finds no "
        "place on the hardware is lost; the fewer, the better."
    ]
    if len(names) == 1:
        sentences.append(f"{names[0]} loses {least:.2f} % of the synapses {middle}.")
    elif len(leaders) == len(names):
        sentences.append(f"All lose the same, {least:.2f} % of the synapses {middle}.")
    else:
        verb = "loses" if len(leaders) == 1 else "lose"
        sentences.append(f"{' and '.join(leaders)} {verb} least, {least:.2f} % of the synapses {middle}.")
    reference = comparison.losses(baseline)
    for solver in names:
        if solver != baseline:
            difference = comparison.losses(solver) - reference
            fewer, more = int((difference < -TIE).sum()), int((difference > TIE).sum())
            sentences.append(
                f"{solver} loses less than {baseline} on {fewer}, the same on {n - fewer - more} and more on {more} of "
                f"{n} (mean difference {difference.mean():+.3f} points)."
            )
    failed = sum(not run.valid for run in comparison.runs)
    if failed:
        sentences.append(f"{failed} of {len(comparison.runs)} runs gave no valid mapping and count as 100 % lost.")
    rejected = sum(run.letter == "V" for run in comparison.runs)
    checked = "Every mapping was checked by emulating its configuration bits"
    sentences.append(f"{checked}{f'; {rejected} failed that check' if rejected else ''}.")
    overloaded = sum(run.overloaded for run in comparison.runs)
    if overloaded:
        sentences.append(
            f"{overloaded} of {len(comparison.runs)} runs shared the machine with others (more load than cores): their "
            "times, and what they found in the time, are not comparable."
        )
    missing = sum(not cell.runs for cell in comparison.cells.values())
    if missing:
        sentences.append(f"Pairs of network and solver that were not run: {missing}; they count as 100 % lost.")
    return [" ".join(sentences)]


def _number_of(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def loss_section(comparison: Comparison) -> Section:
    """Return the loss of every solver on every instance."""
    rows = []
    for name in comparison.instances:
        n = comparison.synapses[name]
        cells = [comparison.cells[name, solver] for solver in comparison.solvers]
        least = min((cell.loss for cell in cells if cell.runs), default=100.0)
        shared = sum(bool(cell.runs) and cell.loss <= least + TIE for cell in cells) > 1
        marocco = comparison.references[name].marocco
        rows.append((
            Value(name), count(n),
            *(
                _loss(comparison.cells[name, solver], least, shared, comparison.views.get((name, solver), ""))
                for solver in comparison.solvers
            ),
            number(points(comparison.best[name], n)), number(points(comparison.bound[name], n)),
            number(None if marocco is None else points(marocco, n)), Value(comparison.best_source[name]),
        ))  # fmt: skip
    header = (
        "instance", "synapses", *comparison.solvers, "best known", "bound", "marocco, measured", "best known by"
    )  # fmt: skip
    table = Table("loss", "Loss [%]: median [min-max] over seeds, status", header, tuple(rows), (0, len(header) - 1))
    note = (
        "The least loss of a line is bold, with = where several solvers share it. Letters: " + LETTER_MEANING + ". "
        "A run without a valid mapping counts as 100 % lost. Best known values come from the references of the shipped "
        "instances or from this comparison, as the last column says. Marocco, measured: what the original program was "
        "measured to lose on this network."
    )
    sizes = tuple(
        Series(
            solver, tuple(float(comparison.synapses[name]) for name in comparison.instances),
            tuple(comparison.losses(solver).tolist()), "points",
        )
        for solver in comparison.solvers
    )  # fmt: skip
    return Section("Loss per instance", (table, note, Chart("Loss over size", "synapses", "loss [%]", sizes, "log")))


def _loss(cell: Cell, least: float, shared: bool, link: str) -> Value:
    if not cell.runs:
        return Value("not run")
    spread = "" if cell.most - cell.least < TIE else f" [{_percent(cell.least)}-{_percent(cell.most)}]"
    best = cell.loss <= least + TIE
    text = f"{_percent(cell.loss)}{spread} {cell.letters}{' =' if best and shared else ''}"
    return Value(text, cell.loss, best, link)


def _percent(loss: float) -> str:
    """Return a loss with two digits [%]; a single synapse of a large network must not look like none."""
    return "<0.01" if 0 < loss < 0.005 else f"{loss:.2f}"


def profile_section(comparison: Comparison) -> Section:
    """Return the performance profile in percentage points, and the times to targets."""
    rows = []
    for solver in comparison.solvers:
        runs = [run for run in comparison.runs if run.solver == solver]
        row = [Value(solver)]
        for target in TARGETS:
            times = [time_to_target(run, comparison.best[run.instance], target) for run in runs]
            found = [t for t in times if t is not None]
            row += [Value(f"{len(found)} of {len(runs)}", float(len(found))), number(geometric_mean(found))]
        rows.append(tuple(row))
    header = ["solver"]
    for target in TARGETS:
        name = "best known" if target == 0 else f"best known + {target:g} pp"
        header += [f"runs to {name}", "time [s]"]
    table = Table("targets", "Time to reach a target, over the runs that reach it", tuple(header), tuple(rows))
    note = (
        "The profile shows on what share of the instances a solver loses at most x points more than the best known "
        "mapping; at 0 stand those on which it is as good. With more than two solvers a profile orders only the best "
        "one (Gould and Scott 2016); see the pairs under Statistics for the others."
    )
    ratios = [chart for target in TARGETS if (chart := time_profile(comparison, target)) is not None]
    slower = (
        "The profiles of times (Dolan and More 2002) show on what share of the instances a solver reaches the target "
        "within x times the time of the fastest one; medians over seeds, at least 0.01 s; a solver that reaches it "
        "with fewer than half of its seeds never does."
    )
    curve = reached(comparison, TARGETS[1])
    blocks: list[Block] = [profile(comparison), note, table]
    if curve is not None:
        blocks.append(curve)
    if ratios:
        blocks += [*ratios, slower]
    return Section("Profile", tuple(blocks))


def anytime_section(comparison: Comparison) -> Section:
    """Return loss over time: the mean over all instances, then the instances with the most loss."""
    blocks: list[Block] = []
    together = mean_anytime(comparison)
    if together is not None:
        blocks.append(together)
    rows = []
    for solver in comparison.solvers:
        values = []
        for run in comparison.runs:
            if run.solver == solver:
                limit = run.conditions.get("time_limit") or run.seconds or 0.0
                values.append(time_averaged_excess(run, comparison.best[run.instance], float(limit)))
        known = [value for value in values if value is not None]
        rows.append((Value(solver), number(float(np.mean(known)) if known else None, 3), count(len(known))))
    header = ("solver", "time-averaged excess [pp]", "runs")
    blocks.append(Table("anytime", "Excess loss averaged over the time allowed", header, tuple(rows)))
    lossy = {run.instance for run in comparison.runs if any(lost for _, lost, _ in run.timeline) or not run.valid}
    most = {name: max(comparison.cells[name, s].loss for s in comparison.solvers) for name in lossy}
    worst = sorted((name for name in comparison.instances if name in lossy), key=lambda name: -most[name])
    charts = [anytime(comparison, name) for name in worst[:MOST_CURVES]]
    blocks += [chart for chart in charts if chart is not None]
    if not any(run.timeline for run in comparison.runs):
        blocks.append("No run file has a timeline.")
    elif together is None:
        blocks.append("No mean over all instances: every solver lacks runs with a timeline on some of them.")
    dotted = " Dotted: first begin of a stage, median over the runs."
    blocks.append(
        "Before its first mapping a run counts as 100 % lost, which is above the axes of single instances. Bands are "
        "quartiles over seeds; the dashed line is the bound that is proven at that time, below which no mapping can "
        "be. Instances of which nobody ever loses a synapse are left out."
        + (dotted if any(run.stages for run in comparison.runs) else "")
    )
    return Section("Loss over time", tuple(blocks))
