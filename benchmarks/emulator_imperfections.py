"""What imperfections cost on a mapped network: CPU time with all of them off, all on, and single ones on.

Run ``python -m benchmarks.emulator_imperfections``.  The network is solved by ``marocco`` and decoded from its bits,
with the delays of its routes.  Imperfections change the rates and with them the work, so the last column gives the CPU
time by the number of conductance changes that spikes make, that of the neurons taken off.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.dynamics import NETWORKS, lively, solve
from benchmarks.emulator_speed import ours
from emulator.circuits import Circuits, SynapseTable
from emulator.realised import realise
from emulator.recording import Record
from emulator.run import run
from emulator.variation import Variation
from models.instance import Instance
from models.solution import Solution

_HEAD: Final = ("imperfections", "CPU s per s", "more", "spikes", "synapses x spikes", "ns per synapse and spike")


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


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="balanced-n2083-k207-s1-d8", choices=tuple(NETWORKS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--duration", type=float, default=1000.0, help="biological time [ms]")
    parser.add_argument("--solutions", type=Path, help="folder that keeps the solution")
    options = parser.parse_args()
    instance = lively(options.network)
    circuits = cases(instance, solve(instance, "marocco", 60.0, options.solutions))
    seconds: dict[str, list[float]] = {name: [] for name in circuits}
    events, spikes = {}, {}
    for name, one in circuits.items():
        unit = run(one, options.duration, record=Record()).spike_unit
        fan_out = np.bincount(one.synapses.source, minlength=len(one.unit_cell))
        events[name], spikes[name] = int(fan_out[unit].sum()), len(unit)
    for _ in range(options.rounds):
        for name, one in circuits.items():
            seconds[name].append(ours(one, options.duration)[0])
    quiet = replace(circuits["off"].neurons, v_thresh=np.full(len(circuits["off"].neurons), 1e6))
    silent = replace(circuits["off"], neurons=quiet, synapses=_silent(circuits["off"]))
    ours(silent, 1.0)
    neurons = min(ours(silent, options.duration)[0] for _ in range(3))
    per_second = 1000.0 / options.duration
    off = min(seconds["off"])
    print(*_HEAD, sep=" | ")
    for name, times in seconds.items():
        best = min(times)
        share = 1e9 * (best - neurons) / max(1, events[name])
        more = f"{100 * (best / off - 1):+.0f} %"
        print(f"{name} | {best * per_second:.3f} | {more} | {spikes[name]} | {events[name]:.3g} | {share:.2f}")
    print(f"neurons alone: {neurons * per_second:.3f} CPU s per s")


def _silent(circuits: Circuits) -> SynapseTable:
    """Return the synapses with the first neuron as the source of all."""
    return replace(circuits.synapses, source=np.zeros_like(circuits.synapses.source))


if __name__ == "__main__":
    main()
