"""The second half of a report: where and what the loss is, resources, gap, statistics, how to reproduce."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from mapper.report.blocks import Bars, Block, Chart, Section, Series, Table, Value, Wafers
from mapper.report.comparison import Comparison
from mapper.report.measures import BINS
from mapper.report.runs import Run, points
from mapper.report.sections import count, number
from mapper.report.statistics import FEW, compare_all, friedman

#: Instances with wafers and histograms: those with the most loss.
MOST_WAFERS = 6
#: Lines of the table of projections.
MOST_PROJECTIONS = 60


def typical(comparison: Comparison, instance: str, solver: str) -> Run | None:
    """Return the valid run of a cell whose loss is nearest to the median, None without one."""
    cell = comparison.cells[instance, solver]
    valid = [run for run in cell.runs if run.valid]
    return min(valid, key=lambda run: (abs(run.loss - cell.loss), run.seed), default=None)


def _worst(comparison: Comparison) -> list[str]:
    def loss(name: str) -> float:
        runs = [typical(comparison, name, solver) for solver in comparison.solvers]
        return max((run.loss for run in runs if run is not None), default=0.0)

    return [name for name in sorted(comparison.instances, key=lambda name: -loss(name)) if loss(name) > 0]


def where_section(comparison: Comparison) -> Section:
    """Return the loss by cause, projection and HICANN, of the run of each cell that stands for its median."""
    causes = list(dict.fromkeys(cause for run in comparison.runs for cause in run.by_cause))
    labels, shares = [], []
    for name in _worst(comparison):
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
        blocks.append(_by_projection(comparison))
    else:
        blocks.append("No run with a valid mapping loses a synapse.")
    for name in _worst(comparison)[:MOST_WAFERS]:
        found = [(solver, typical(comparison, name, solver)) for solver in comparison.solvers]
        wafers = tuple(
            (solver, {h: float(n) for h, n in run.measures["lost_by_hicann"].items() if h >= 0})
            for solver, run in found
            if run is not None and "lost_by_hicann" in run.measures
        )
        if wafers:
            blocks.append(Wafers(f"{name}: lost synapses by the HICANN of their target", "synapses", wafers))
    return Section("Where the loss is", tuple(blocks))


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


def effects_section(comparison: Comparison) -> Section:
    """Return what the losses do to in-degrees, to the balance of excitation and inhibition, and path lengths."""
    rows = []
    for name, solver, measures in _measured(comparison):
        degree, balance, hops = measures.get("in_degree", {}), measures.get("balance", {}), measures.get("hops", {})
        required, kept = balance.get("required"), balance.get("kept")
        rows.append((
            Value(name), Value(solver), number(_percent(degree.get("mean"))), number(_percent(degree.get("least"))),
            number(degree.get("gini_required"), 3), number(degree.get("gini_kept"), 3), number(_percent(required)),
            number(None if required is None or kept is None else 100 * (kept - required)),
            number(hops.get("mean")), number(hops.get("most"), 0),
        ))  # fmt: skip
    if not rows:
        return Section("What the loss does", ("The run files do not say; mapper compare of this version records it.",))
    header = (
        "instance", "solver", "in-degree kept, mean [%]", "least [%]", "Gini required", "Gini kept",
        "inhibitory weight [%]", "shift [pp]", "hops, mean", "hops, most",
    )  # fmt: skip
    table = Table("effects", "In-degree, balance and path lengths", header, tuple(rows), (0, 1))
    note = (
        "In-degree kept: share of its required synapses that a neuron keeps. Inhibitory weight: share of inhibitory "
        "synapses in all synaptic weight; the shift is what the losses change. Hops: HICANN borders between sender and "
        "target. What rates, irregularity and correlations become, says mapper emulate."
    )
    return Section("What the loss does", (table, note, *_histograms(comparison)))


def _measured(comparison: Comparison) -> list[tuple[str, str, Mapping[str, Any]]]:
    found = ((n, s, typical(comparison, n, s)) for n in comparison.instances for s in comparison.solvers)
    return [(n, s, run.measures) for n, s, run in found if run is not None and run.measures.get("in_degree")]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _histograms(comparison: Comparison) -> list[Chart]:
    charts = []
    edges = tuple(float(edge) for edge in np.linspace(0, 100, BINS + 1))
    for name in _worst(comparison)[:MOST_WAFERS]:
        series = []
        for solver in comparison.solvers:
            run = typical(comparison, name, solver)
            counts = {} if run is None else run.measures.get("in_degree", {})
            if "histogram" in counts:
                shares = [float(n) for n in counts["histogram"]]
                series.append(Series(solver, edges, (*shares, shares[-1])))
        if series:
            charts.append(Chart(f"In-degree kept: {name}", "in-degree kept [%]", "neurons", tuple(series)))
    return charts


def resources_section(comparison: Comparison) -> Section:
    """Return what the mappings use."""
    rows = []
    for name in comparison.instances:
        for solver in comparison.solvers:
            run = typical(comparison, name, solver)
            if run is None:
                continue
            resources = run.measures.get("resources", {})
            rows.append(
                (Value(name), Value(solver), Value("HICANNs"), count(run.chips), Value(""), Value(""), Value(""))
            )
            for resource, use in resources.items():
                share = points(use["most"], use["available"])
                rows.append((
                    Value(name), Value(solver), Value(str(resource)), count(use["used"]), count(use["most"]),
                    count(use["available"]), number(share, 1),
                ))  # fmt: skip
    header = ("instance", "solver", "resource", "used", "most on one HICANN", "of", "[%]")
    return Section("Resources", (Table("resources", "Resources in use", header, tuple(rows), (0, 1, 2)),))


def gap_section(comparison: Comparison) -> Section:
    """Return how far the best mappings are from the proven bounds."""
    rows = []
    for name in comparison.instances:
        n, best, bound = comparison.synapses[name], comparison.best[name], comparison.bound[name]
        gap = best - bound
        rows.append((
            Value(name), count(best), count(bound), count(gap), number(points(gap, n), 3),
            Value("closed" if gap <= 0 else "open"),
        ))  # fmt: skip
    header = ("instance", "best known [synapses]", "bound [synapses]", "gap [synapses]", "gap [pp]", "state")
    return Section("Gap", (Table("gap", "Best known loss and proven bound", header, tuple(rows), (0, 5)),))


def statistics_section(comparison: Comparison, seed: int) -> Section:
    """Return the solvers compared in pairs on the same instances."""
    losses = {solver: comparison.losses(solver) for solver in comparison.solvers}
    n = len(comparison.instances)
    if len(losses) < 2:
        return Section("Statistics", ("One solver: nothing to compare.",))
    rows = tuple(
        (
            Value(pair.first), Value(pair.second), count(pair.n), Value(f"{pair.wins} / {pair.ties} / {pair.losses}"),
            number(pair.shift, 3), Value(f"[{pair.low:.3f}, {pair.high:.3f}]"),
            number((pair.wins + pair.ties / 2) / pair.n, 2), number(pair.p, 4), number(pair.p_holm, 4),
        )
        for pair in compare_all(losses, np.random.default_rng(seed))
    )  # fmt: skip
    header = (
        "first", "second", "instances", "wins / ties / losses of the first", "difference [pp]", "95 % CI [pp]",
        "win share", "p (Wilcoxon)", "p (Holm)",
    )  # fmt: skip
    table = Table("statistics", "Loss of the first minus loss of the second", header, rows, (0, 1))
    notes = [
        "The unit is the instance with the median loss over its seeds. Difference: Hodges-Lehmann estimate with a "
        "bootstrap interval over instances. Wilcoxon signed-rank test, zeros after Pratt, corrected after Holm."
    ]
    alike = friedman(losses)
    if alike is not None:
        notes.append(f"Friedman test that all solvers are alike: p = {alike:.4f}.")
    if n < FEW:
        notes.append(f"With {n} instances (fewer than {FEW}) no test can say much; read the differences.")
    fewest = min(len({run.seed for run in cell.runs}) for cell in comparison.cells.values())
    if fewest < 5:
        notes.append(f"Fewest seeds of a pair of instance and solver: {fewest}. Use 5, and 10 for claims.")
    return Section("Statistics", (table, " ".join(notes)))


def reproduce_section(comparison: Comparison) -> Section:
    """Return the exact conditions and the command lines."""
    runs = comparison.runs
    rows = [
        ("instances", str(len(comparison.instances))),
        ("solvers", ", ".join(comparison.solvers)),
        ("seeds", ", ".join(map(str, sorted({run.seed for run in runs})))),
        ("time limit [s]", _all(run.conditions.get("time_limit") for run in runs)),
        ("deterministic limit", _all(run.conditions.get("det_limit") for run in runs)),
        ("threads", _all(run.conditions.get("threads") for run in runs)),
        ("hicann-mapper", _all(run.version or None for run in runs)),
        *((label, _all(run.machine.get(key) for run in runs)) for key, label in _MACHINE),
        ("load before a run", _range([run.machine.get("load_before") for run in runs])),
        ("runs on an overloaded machine", str(sum(run.overloaded for run in runs))),
        ("started", _range_text([str(run.machine["started"]) for run in runs if run.machine.get("started")])),
    ]
    conditions = Table(
        "conditions", "Conditions", ("what", "value"), tuple((Value(a), Value(b)) for a, b in rows), (0, 1)
    )
    digests = Table(
        "digests", "Instances", ("instance", "digest"),
        tuple((Value(name), Value(digest)) for name, digest in {run.instance: run.digest for run in runs}.items()),
        (0, 1),
    )  # fmt: skip
    lines = tuple((Value(line),) for line in dict.fromkeys(map(_command, runs)))
    commands = Table("commands", "Every run again", ("command",), lines)
    files = Table(
        "files", "Runs", ("instance", "solver", "seed", "status", "lost", "seconds", "solution", "remark"),
        tuple(
            (
                Value(run.instance), Value(run.solver), count(run.seed), Value(run.letter), count(run.lost),
                number(run.seconds, 1), Value(run.solution), Value(run.reason),
            )
            for run in runs
        ),
        (0, 1, 3, 6, 7),
    )  # fmt: skip
    note = "mapper check INSTANCE SOLUTION checks a solution again from its bits; mapper view SOLUTION shows it."
    return Section("Reproduce", (conditions, digests, commands, files, note))


_MACHINE = (("cpu", "machine"), ("cores", "cores"), ("python", "Python"), ("ortools", "OR-Tools"), ("numpy", "NumPy"))


def _command(run: Run) -> str:
    solver, *settings = run.solver.split(" ")
    words = ["mapper", "compare", run.instance, "--solvers", solver, "--seeds", f"{run.seed},"]
    for option, key in (("--time-limit", "time_limit"), ("--det-limit", "det_limit"), ("--threads", "threads")):
        value = run.conditions.get(key)
        if value is not None:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    for setting in settings:
        words += ["--set", setting]
    return shlex.join([*words, "-o", "RUNS"])


def _all(values: Any) -> str:
    texts = ("-" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in values)
    found = list(dict.fromkeys(texts))
    return ", ".join(sorted(found)) if found else "-"


def _range(values: list[Any]) -> str:
    known = [float(value) for value in values if value is not None]
    return f"{min(known):.1f} to {max(known):.1f}" if known else "-"


def _range_text(values: list[str]) -> str:
    return f"{min(values)} to {max(values)}" if values else "-"
