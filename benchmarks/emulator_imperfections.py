"""What imperfections cost on a mapped network: CPU time with all of them off, all on, and single ones on.

Run ``python -m benchmarks.emulator_imperfections -o benchmarks/results/emulator_imperfections.md``.  The network is
solved by ``marocco`` and decoded from its bits, with the delays of its routes.  All cases run in turn in each round.
Imperfections change the rates and with them the work: "at equal work" compares the CPU time with what off would take
for as many conductance changes, the time of neurons and sources alone being the same.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.dynamics import NETWORKS, lively, solve
from benchmarks.emulator_speed import ours
from emulator.circuits import Circuits
from emulator.realised import realise
from emulator.recording import Record
from emulator.run import run
from emulator.variation import Variation
from models.instance import Instance
from models.solution import Solution

_HEAD: Final = (
    "imperfections", "CPU s per s", "more", "more, median of rounds", "more at equal work", "spikes",
    "synapses x spikes", "ns per synapse and spike",
)  # fmt: skip


def cases(instance: Instance, solution: Solution) -> Mapping[str, Circuits]:
    """Return the circuits by what is imperfect."""
    none, every = Variation.none(), Variation.default()

    def made(variation: Variation, transport: bool = False) -> Circuits:
        return realise(
            instance.network, solution.configuration, variation=variation, wafer=instance.wafer,
            limits=instance.limits, transport=transport,
        ).circuits  # fmt: skip

    return {
        "off": made(none),
        "spreads, programming": made(replace(every, jitter=0.0)),
        "jitter": made(replace(none, jitter=0.1)),
        "bandwidth": made(none, True),
        "all on": made(every, True),
        "all on, saturation, too": made(replace(every, saturates=True), True),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="balanced-n2083-k207-s1-d8", choices=tuple(NETWORKS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--duration", type=float, default=1000.0, help="biological time [ms]")
    parser.add_argument("--solutions", type=Path, help="folder that keeps the solution")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    instance = lively(options.network)
    circuits = cases(instance, solve(instance, "marocco", 60.0, options.solutions))
    lines = [
        "# What imperfections cost",
        "",
        f"{options.network}, mapped by `marocco`, {options.duration:g} ms, dt 0.1 ms, one thread.  "
        f"Smallest of {options.rounds} alternating rounds; {platform.machine()}, {os.cpu_count()} cores, "
        f"load by other programs at the beginning: {load:.1f}.",
        "",
        *table(circuits, options.duration, options.rounds),
        "",
        f"Goal for all on: at most 20 % more.  Load at the end: {os.getloadavg()[0]:.1f}.",
        "",
        "Command: `python -m benchmarks.emulator_imperfections "
        f"--network {options.network} --rounds {options.rounds} --duration {options.duration:g}`",
        "",
    ]
    if options.output:
        options.output.write_text("\n".join(lines))
    print("\n".join(lines))


def table(circuits: Mapping[str, Circuits], duration: float, rounds: int) -> list[str]:
    """Return what the circuits take as lines of Markdown; the first ones are those without imperfections."""
    events, spikes = {}, {}
    for name, one in circuits.items():
        unit = run(one, duration, record=Record()).spike_unit
        fan_out = np.bincount(one.synapses.source, minlength=len(one.unit_cell))
        events[name], spikes[name] = int(fan_out[unit].sum()), len(unit)
    off = next(iter(circuits))
    silent = _silent(circuits[off])
    ours(silent, 1.0)
    seconds: dict[str, list[float]] = {name: [] for name in circuits}
    alone = []
    for _ in range(rounds):
        alone.append(ours(silent, duration)[0])
        for name, one in circuits.items():
            seconds[name].append(ours(one, duration)[0])
    neurons, ideal = min(alone), min(seconds[off])
    lines = [f"| {' | '.join(_HEAD)} |", "|" + "---|" * len(_HEAD)]
    for name, times in seconds.items():
        best = min(times)
        median = float(np.median(np.array(times) / np.array(seconds[off])))
        as_much = neurons + (ideal - neurons) * events[name] / max(1, events[off])
        cells = [
            name, f"{best * 1e3 / duration:.3f}", f"{100 * (best / ideal - 1):+.0f} %", f"{100 * (median - 1):+.0f} %",
            f"{100 * (best / as_much - 1):+.0f} %", f"{spikes[name]}", f"{events[name]:.3g}",
            f"{1e9 * (best - neurons) / max(1, events[name]):.2f}",
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    rest = f"The neurons and sources alone, without synapses, take {neurons * 1e3 / duration:.3f} CPU s per s."
    return [*lines, "", rest]


def _silent(circuits: Circuits) -> Circuits:
    """Return the circuits with neurons that never fire and sources that reach nothing."""
    quiet = replace(circuits.neurons, v_thresh=np.full(len(circuits.neurons), 1e6))
    synapses = replace(circuits.synapses, source=np.zeros_like(circuits.synapses.source))
    return replace(circuits, neurons=quiet, synapses=synapses)


if __name__ == "__main__":
    main()
