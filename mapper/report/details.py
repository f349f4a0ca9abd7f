"""What the loss does, resources, gap, statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mapper.report.blocks import Block, Chart, Section, Series, Table, Value
from mapper.report.comparison import Comparison
from mapper.report.measures import BINS
from mapper.report.runs import points
from mapper.report.sections import count, number
from mapper.report.statistics import FEW, bootstrap, compare_all, friedman, median
from mapper.report.where import MOST_WAFERS, typical, worst


def effects_section(comparison: Comparison) -> Section:
    """Return what the losses do to in-degrees, to the balance of excitation and inhibition, and path lengths."""
    rows = []
    for name, solver, measures in _measured(comparison):
        degree, balance, hops = measures.get("in_degree", {}), measures.get("balance", {}), measures.get("hops", {})
        paths = measures.get("paths", {})
        required, kept = balance.get("required"), balance.get("kept")
        rows.append((
            Value(name), Value(solver), number(_percent(degree.get("mean"))), number(_percent(degree.get("least"))),
            number(degree.get("gini_required"), 3), number(degree.get("gini_kept"), 3), number(_percent(required)),
            number(None if required is None or kept is None else 100 * (kept - required)),
            number(hops.get("mean")), number(hops.get("most"), 0), number(paths.get("delay_mean"), 3),
            number(paths.get("delay_most"), 3),
        ))  # fmt: skip
    if not rows:
        return Section("What the loss does", ("The run files do not say; mapper compare of this version records it.",))
    header = (
        "instance", "solver", "in-degree kept, mean [%]", "least [%]", "Gini required", "Gini kept",
        "inhibitory weight [%]", "shift [pp]", "hops, mean", "hops, most",
        "delay, mean [ms]", "delay, most [ms]",
    )  # fmt: skip
    table = Table("effects", "In-degree, balance and path lengths", header, tuple(rows), (0, 1))
    note = (
        "In-degree kept: share of its required synapses that a neuron keeps. Inhibitory weight: share of inhibitory "
        "synapses in all synaptic weight; the shift is what the losses change. Hops: HICANN borders that a route "
        "crosses to a target. Delay: of the route, by realised synapse, in biological time at a speedup of 10,000 (the "
        "hardware cannot set delays). What rates, irregularity and correlations become, says mapper emulate."
    )
    return Section("What the loss does", (table, note, *_histograms(comparison), *_path_lengths(comparison)))


def _measured(comparison: Comparison) -> list[tuple[str, str, Mapping[str, Any]]]:
    found = ((n, s, typical(comparison, n, s)) for n in comparison.instances for s in comparison.solvers)
    return [(n, s, run.measures) for n, s, run in found if run is not None and run.measures.get("in_degree")]


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _histograms(comparison: Comparison) -> list[Chart]:
    charts = []
    edges = tuple(float(edge) for edge in np.linspace(0, 100, BINS + 1))
    for name in worst(comparison)[:MOST_WAFERS]:
        series = []
        for solver in comparison.solvers:
            run = typical(comparison, name, solver)
            counts = {} if run is None else run.measures.get("in_degree", {})
            if "histogram" in counts:
                shares = [float(n) for n in counts["histogram"]]
                series.append(Series(solver, edges, (*shares, shares[-1])))
        if series:
            title, palette = f"In-degree kept: {name}", comparison.solvers
            charts.append(Chart(title, "in-degree kept [%]", "neurons", tuple(series), palette=palette))
    return charts


def _path_lengths(comparison: Comparison) -> list[Chart]:
    """Return how many realised synapses are how far from their senders, for the instances that cross borders most."""
    found: list[tuple[int, Chart]] = []
    for name in comparison.instances:
        series = []
        for solver in comparison.solvers:
            run = typical(comparison, name, solver)
            counts = [] if run is None else run.measures.get("paths", {}).get("histogram", [])
            if len(counts) > 1:
                edges = tuple(hops - 0.5 for hops in range(len(counts) + 1))
                series.append(Series(solver, edges, (*map(float, counts), float(counts[-1]))))
        if series:
            title = f"Path lengths: {name}"
            solvers = comparison.solvers
            chart = Chart(title, "HICANN borders crossed", "realised synapses", tuple(series), palette=solvers)
            found.append((max(len(one.x) for one in series), chart))
    return [chart for _, chart in sorted(found, key=lambda entry: -entry[0])[:MOST_WAFERS]]


def resources_section(comparison: Comparison) -> Section:
    """Return what the mappings use: of each resource on the whole wafer, and on the fullest HICANN."""
    found = [
        (name, solver, run)
        for name in comparison.instances
        for solver in comparison.solvers
        if (run := typical(comparison, name, solver)) is not None
    ]
    known = [run.measures.get("resources", {}) for _, _, run in found]
    available = {name: use["available"] for one in known for name, use in one.items()}
    lines = list(dict.fromkeys(what for _, _, run in found for what in run.measures.get("wiring", {})))
    rows, wires = [], []
    for (name, solver, run), uses in zip(found, known, strict=True):
        cells = [_use(uses[resource]) if resource in uses else Value("") for resource in available]
        rows.append((Value(name), Value(solver), count(run.chips), *cells))
        wiring = run.measures.get("wiring", {})
        wires.append((Value(name), Value(solver), *(count(wiring.get(what)) for what in lines)))
    header = ("instance", "solver", "HICANNs", *(f"{name}, of {n:,}" for name, n in available.items()))
    blocks: list[Block] = [
        Table("resources", "Resources in use", header, tuple(rows), (0, 1)),
        "Used on the whole wafer, and in brackets the share in use on the fullest HICANN, which has as many as the "
        "heading says.",
    ]
    if lines:
        blocks.append(Table("wiring", "Layer-1 wiring", ("instance", "solver", *lines), tuple(wires), (0, 1)))
        blocks.append("Length: a bus line on one HICANN counts 5 mm (horizontal) or 10 mm (vertical).")
    return Section("Resources", tuple(blocks))


def _use(use: Mapping[str, int]) -> Value:
    return Value(f"{use['used']:,} ({points(use['most'], use['available']):.0f} %)", float(use["used"]))


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
    note = "No mapping can lose fewer synapses than the bound. Closed: the best known mapping loses just as many."
    return Section("Gap", (Table("gap", "Best known loss and proven bound", header, tuple(rows), (0, 5)), note))


def statistics_section(comparison: Comparison, seed: int) -> Section:
    """Return the solvers compared in pairs on the same instances."""
    losses = {solver: comparison.losses(solver) for solver in comparison.solvers}
    n = len(comparison.instances)
    seeds = _seeds_table(comparison, seed)
    if len(losses) < 2:
        return Section("Statistics", ("One solver: nothing to compare.", *seeds))
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
    return Section("Statistics", (table, " ".join(notes), *seeds))


def _seeds_table(comparison: Comparison, seed: int) -> list[Table]:
    """Return the spread over seeds of every cell that has any: median and bootstrap interval, no test."""
    rows = []
    for name in comparison.instances:
        for solver in comparison.solvers:
            losses = np.array([run.loss for run in comparison.cells[name, solver].runs])
            if len(losses) < 2 or np.ptp(losses) == 0:
                continue
            low, high = bootstrap(losses, median, np.random.default_rng(seed))
            rows.append((
                Value(name), Value(solver), count(len(losses)), number(float(np.median(losses)), 3),
                Value(f"[{low:.3f}, {high:.3f}]"), number(float(losses.min()), 3), number(float(losses.max()), 3),
            ))  # fmt: skip
    if not rows:
        return []
    header = ("instance", "solver", "seeds", "median loss [%]", "95 % CI [%]", "least", "most")
    caption = "Within one instance: loss over seeds, where seeds differ"
    return [Table("seeds", caption, header, tuple(rows), (0, 1))]
