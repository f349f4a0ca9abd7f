"""Size, imperfection and threads: what the emulator costs beyond the networks that other simulators run, too."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from benchmarks._emulator_networks import coba, column, imperfect, placed, wafer
from emulator.circuits import Circuits
from emulator.recording import Record
from emulator.run import run

#: CPU seconds and number of spikes of some milliseconds of circuits.
Measure = Callable[[Circuits, float], tuple[float, int]]

_RECORD: Final = Record(sources=False)
_HEAD: Final = ("case", "measured", "goal")


def scale(ours: Measure, nest: Measure) -> list[str]:
    """Return the second table as lines of Markdown."""
    load = os.getloadavg()[0]
    rows = [*column_row(ours, nest), wafer_row(ours), *imperfection_rows(ours), *threads_rows()]
    return [
        f"| {' | '.join(_HEAD)} |",
        "|" + "---|" * len(_HEAD),
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"Load of the {os.cpu_count()} cores by other programs when this table was begun: {load:.1f}.",
    ]


def column_row(ours: Measure, nest: Measure, share: float = 0.1) -> list[tuple[str, str, str]]:
    """Compare column 0.1 with NEST, which runs a share of the second; memory is that of this process before NEST."""
    circuits = column()
    ours(circuits, 1.0)
    mine, spikes = min(ours(circuits, 1000.0) for _ in range(3))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    theirs, their_spikes = nest(circuits, 1000.0 * share)
    theirs /= share
    early = run(circuits, 1000.0 * share, record=_RECORD)
    rate = spikes / len(circuits.neurons)
    what = (
        f"column 0.1, unmapped, {len(circuits.neurons):,} neurons, {len(circuits.synapses):,} synapses, {rate:.1f} Hz"
    )
    figures = f"{mine:.2f} CPU s per s, NEST {theirs:.1f}: 1/{theirs / mine:.0f}; spikes of the first "
    figures += f"{1000 * share:g} ms: {len(early.spike_time)}, NEST {their_spikes}"
    return [
        (what, figures, "at most 1/3"),
        ("its memory, with what ran before it", f"{memory:.0f} MB", "under 2048 MB"),
    ]


def wafer_row(ours: Measure, duration: float = 200.0) -> tuple[str, str, str]:
    """Return the CPU seconds that a wafer of unconnected AdEx neurons takes per biological second."""
    circuits = wafer()
    ours(circuits, 1.0)
    seconds = min(ours(circuits, duration)[0] for _ in range(3)) * 1000.0 / duration
    return f"{len(circuits.neurons):,} AdEx neurons (a wafer), no synapses", f"{seconds:.2f} CPU s per s", "at most 6"


def imperfection_rows(ours: Measure, rounds: int = 8) -> list[tuple[str, str, str]]:
    """Return what imperfections cost: the same network with and without them, alternating."""
    ideal = placed()
    every = imperfect(ideal)
    cases = {
        "off": ideal,
        "spreads only": Circuits(
            every.neurons, every.sources, every.synapses, every.plasticity, every.neuron_cell, every.source_cell
        ),
        "all on": every,
    }
    for circuits in cases.values():
        ours(circuits, 1.0)
    found: dict[str, list[tuple[float, int]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, circuits in cases.items():
            found[name].append(ours(circuits, 1000.0))
    best = {name: min(values) for name, values in found.items()}
    off = best["off"][0]
    rows = []
    for name, (seconds, spikes) in best.items():
        more = f", {100 * (seconds / off - 1):+.0f} %" if name != "off" else ""
        goal = "at most +20 %" if name == "all on" else ""
        rows.append((f"AdEx-COBA on 32 chips, imperfections: {name}", f"{seconds:.3f} s, {spikes} spikes{more}", goal))
    return rows


def threads_rows() -> list[tuple[str, str, str]]:
    """Return what threads gain: two runs side by side, and two threads that share a run."""
    column_circuits, whole = column(), wafer()
    return [
        threads_row(coba(), 3000.0),
        team_row(f"{len(whole.neurons):,} AdEx neurons (a wafer), 0.5 s", whole, 500.0),
        team_row("column 0.1, 2 s", column_circuits, 2000.0, goal=""),
    ]


def team_row(
    what: str, circuits: Circuits, duration: float, rounds: int = 5, goal: str = "1.6"
) -> tuple[str, str, str]:  # fmt: skip
    """Compare a run in two threads with the same run in one, alternating, and their spikes."""
    for threads in (1, 2):
        run(circuits, 1.0, record=_RECORD, threads=threads)
    found: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    spikes = []
    for _ in range(rounds):
        for threads, times in found.items():
            begin, cpu = time.perf_counter(), time.process_time()
            made = run(circuits, duration, record=_RECORD, threads=threads)
            times.append((time.perf_counter() - begin, time.process_time() - cpu))
            spikes.append((made.spike_time, made.spike_unit))
    when, unit = spikes[0]
    equal = all(np.array_equal(t, when) and np.array_equal(u, unit) for t, u in spikes[1:])
    one, two = (np.array(found[threads]).min(axis=0) for threads in (1, 2))
    figures = f"{one[0] / two[0]:.2f} times as fast by the wall clock ({one[0]:.2f} s, {two[0]:.2f} s); "
    figures += f"CPU time {two[1] / one[1]:.2f} times, so {2 * one[1] / two[1]:.2f} on idle cores; "
    figures += "spikes equal" if equal else "SPIKES DIFFER"
    return f"two threads that share one run, {what}", figures, goal


def threads_row(circuits: Circuits, duration: float, rounds: int = 7) -> tuple[str, str, str]:
    """Compare two runs in two threads with two runs one after the other, by the wall clock and by the CPU time."""
    run(circuits, 1.0, record=_RECORD)
    results = np.array([_pair(circuits, duration) for _ in range(rounds)])
    wall, cpu = results[:, 0], results[:, 1]
    figures = f"{wall.max():.2f} times the throughput by the wall clock (median {np.median(wall):.2f}); "
    figures += (
        f"CPU time of both {np.median(cpu):.2f} times that of two alone, so {2 / np.median(cpu):.2f} on idle cores"
    )
    return f"two runs in two threads, COBA, {duration / 1000:g} s", figures, "1.6"


def _pair(circuits: Circuits, duration: float) -> tuple[float, float]:
    jobs: Sequence[Any] = [
        threading.Thread(target=run, args=(circuits, duration), kwargs={"record": _RECORD}) for _ in range(2)
    ]
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in jobs:
        run(circuits, duration, record=_RECORD)
    middle, middle_cpu = time.perf_counter(), time.process_time()
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    end, end_cpu = time.perf_counter(), time.process_time()
    return (middle - begin) / (end - middle), (end_cpu - middle_cpu) / (middle_cpu - cpu)
