"""Measure the emulator against Brian2 (C++ standalone) and NEST: CPU seconds of one thread, alternating runs.

Run ``python -m benchmarks.emulator_speed -o benchmarks/results/emulator_speed.md`` in an environment with ``nest``,
``brian2`` and numpy below 2.4.  All engines get the same arrays, the same time step and record all spikes of the
neurons; building and loading are not counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks._emulator_networks import brunel, coba
from benchmarks._emulator_scale import scale, threads_rows
from emulator.circuits import Circuits, Plasticity, SpikeSources, SynapseTable
from emulator.inputs import fast
from emulator.recording import Record
from emulator.run import run

_DT: Final = 0.1
_RECORD: Final = Record(sources=False)
#: What issue and specification ask for: times faster than Brian2 and NEST.
_GOALS: Final = {"COBA 4,000": (4.0, 100.0), "AdEx-COBA 4,000": (4.0, 100.0), "Brunel 10,000": (6.0, 20.0)}


def ours(circuits: Circuits, duration: float, precision: Any = "float32") -> tuple[float, int]:
    """Return CPU seconds and spikes of a run, building taken off."""
    seconds = []
    for length in (_DT, _DT, duration):
        begin = time.process_time()
        got = run(circuits, length, record=_RECORD, precision=precision)
        seconds.append(time.process_time() - begin)
    return seconds[2] - min(seconds[:2]), len(got.spike_time)


class Brian:
    """The circuits as a compiled Brian2 program, built once."""

    def __init__(self, circuits: Circuits, duration: float) -> None:
        import brian2 as b

        b.device.reinit()
        b.device.activate()
        b.set_device("cpp_standalone", build_on_run=False, directory=tempfile.mkdtemp())
        b.defaultclock.dt = _DT * b.ms
        self._device, self._network = b.device, b.Network()
        group = _brian_group(b, circuits)
        table, n = circuits.synapses, len(circuits.neurons)
        cm = circuits.neurons.cm
        self._monitor = b.SpikeMonitor(group)
        self._network.add(group, self._monitor)
        for receptor, name in enumerate(("ge", "gi")):
            chosen = np.flatnonzero((table.receptor == receptor) & (table.source < n))
            synapses = b.Synapses(group, group, "weight : 1", on_pre=f"{name} += weight", delay=_delay(circuits) * b.ms)
            synapses.connect(i=table.source[chosen], j=table.target[chosen])
            synapses.weight = table.weight[chosen] / cm[table.target[chosen]]
            self._network.add(synapses)
        quick = np.flatnonzero(fast(circuits, _DT))
        if len(quick):
            rate = float(circuits.sources.rate[quick[0]])
            strength = float(table.weight[table.source >= n][0] / cm[0])
            self._network.add(b.PoissonInput(group, "ge", 1000, rate / 1000 * b.Hz, strength))
        self._times = Path(tempfile.mkdtemp()) / "cpu"
        for place, mode in (("before_network_run", "trunc"), ("after_network_run", "app")):
            b.device.insert_code(
                place,
                f'{{ std::ofstream file("{self._times}", std::ios::{mode}); '
                "file << double(clock()) / CLOCKS_PER_SEC << std::endl; }",
            )
        self._network.run(duration * b.ms)
        b.device.build(run=False, clean=False, with_output=False, directory=tempfile.mkdtemp())

    def __call__(self) -> tuple[float, int]:
        """Run the program and return the CPU time of its main loop."""
        self._device.run(with_output=False)
        before, after = map(float, self._times.read_text().split())
        return after - before, int(self._monitor.num_spikes)


def _delay(circuits: Circuits) -> float:
    return float(np.round(circuits.synapses.delay[0] / _DT) * _DT)


def _brian_group(b: Any, circuits: Circuits) -> Any:
    p = circuits.neurons
    adaptive = bool(p.adaptive.any())
    push = "+ DeltaT * exp((v - vt) / DeltaT) / taum - w" if adaptive else ""
    equations = f"""
        dv/dt = (el - v) / taum {push} + (ge * (ee - v) + gi * (ei - v)) / ms : 1 (unless refractory)
        dge/dt = -ge / taue : 1
        dgi/dt = -gi / taui : 1
        el : 1 (constant)
        taum : second (constant)
        vt : 1 (constant)
        vr : 1 (constant)
    """
    if adaptive:
        equations += "dw/dt = (a * (v - el) - w) / tauw : Hz"
    space = {
        "taue": p.tau_syn[0, 0] * b.ms, "taui": p.tau_syn[0, 1] * b.ms, "ee": p.e_rev[0, 0], "ei": p.e_rev[0, 1],
        "DeltaT": p.delta_T[0], "tauw": p.tau_w[0] * b.ms, "a": 1e-3 * p.a[0] / p.cm[0] / b.ms,
        "jump": p.b[0] / p.cm[0] / b.ms, "vpeak": p.v_spike[0],
    }  # fmt: skip
    group = b.NeuronGroup(
        len(p),
        equations,
        threshold="v >= vpeak" if adaptive else "v >= vt",
        reset="v = vr; w += jump" if adaptive else "v = vr",
        refractory=p.tau_refrac[0] * b.ms,
        method="euler" if adaptive else "exponential_euler",
        namespace=space,
    )
    group.v, group.el, group.taum, group.vt, group.vr = p.v_init, p.v_rest, p.tau_m * b.ms, p.v_thresh, p.v_reset
    return group


class Nest:
    """The circuits in NEST, built anew for each run."""

    def __init__(self, circuits: Circuits, duration: float) -> None:
        self._circuits, self._duration = circuits, duration

    def __call__(self) -> tuple[float, int]:
        """Build, run for a step, and measure the CPU time of the rest."""
        import nest

        from benchmarks import _nest

        circuits = self._circuits
        table, n = circuits.synapses, len(circuits.neurons)
        external = table.source >= n
        inner = SynapseTable(*(getattr(table, name)[~external] for name in table.__slots__))
        m = 0
        none = SpikeSources(np.empty(m), np.empty(m), np.empty(m), np.zeros(1, np.int64), np.empty(0))
        empty = np.empty(0, np.int32)
        neurons = _nest.prepare(
            Circuits(circuits.neurons, none, inner, Plasticity.none(), circuits.neuron_cell, empty), dt=_DT
        )
        if external.any():
            drive = nest.Create("poisson_generator", params={"rate": float(circuits.sources.rate[0])})
            weight = 1e3 * float(table.weight[external][0])
            nest.Connect(drive, neurons, syn_spec={"weight": weight, "delay": _delay(circuits)})
        recorder = nest.Create("spike_recorder")
        nest.Connect(neurons, recorder)
        nest.Simulate(_DT)
        begin = time.process_time()
        nest.Simulate(self._duration - _DT)
        return time.process_time() - begin, int(recorder.n_events)


def against(name: str, circuits: Circuits, duration: float, rounds: int, nest_share: float) -> tuple[str, ...]:
    """Compare the three engines on one network; NEST runs a share of the time, and its CPU time is scaled."""
    engines: dict[str, Callable[[], tuple[float, int]]] = {"ours": lambda: ours(circuits, duration)}
    ours(circuits, 1.0)
    ours(circuits, 1.0, "float64")
    if nest_share:
        engines["nest"] = Nest(circuits, duration * nest_share)
    engines["brian2"] = Brian(circuits, duration)
    engines["float64"] = lambda: ours(circuits, duration, "float64")
    seconds: dict[str, list[float]] = {engine: [] for engine in engines}
    spikes = {}
    for i in range(rounds):
        for engine, measure in engines.items():
            if engine == "nest" and i:
                continue
            cpu, spikes[engine] = measure()
            seconds[engine].append(cpu / (nest_share if engine == "nest" else 1.0))
            print(name, engine, f"{seconds[engine][-1]:.3f} s, {spikes[engine]} spikes", flush=True)
    best = {engine: min(values) for engine, values in seconds.items()}
    brian, slow = best["brian2"] / best["ours"], best.get("nest", np.nan) / best["ours"]
    goals = _GOALS[name]
    return (
        name,
        f"{best['ours']:.3f}",
        f"{best['float64']:.3f}",
        f"{best['brian2']:.3f}",
        f"{best.get('nest', np.nan):.2f}",
        f"{brian:.1f} (goal {goals[0]:g})",
        f"{slow:.0f} (goal {goals[1]:g})",
        f"{spikes['ours']}, {spikes['brian2']}, {spikes.get('nest', 0)}",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--nest-share", type=float, default=0.1, help="part of the second that NEST runs; 0: not at all"
    )
    parser.add_argument("--only", default="", help="part of the name of a network; leaves the second table out")
    parser.add_argument("--scale-only", action="store_true", help="only the second table")
    parser.add_argument("--threads-only", action="store_true", help="only what threads gain; writes no file")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args(arguments)
    if options.threads_only:
        for row in threads_rows():
            print(*row, sep=" | ", flush=True)
        return
    load = os.getloadavg()[0]
    networks: list[tuple[str, Callable[[], Circuits]]] = [
        ("COBA 4,000", coba),
        ("AdEx-COBA 4,000", lambda: coba(True)),
        ("Brunel 10,000", brunel),
    ]
    rows = [
        against(name, make(), 1000.0, options.rounds, options.nest_share)
        for name, make in networks
        if options.only in name and not options.scale_only
    ]
    notes = [] if options.only else scale(ours, lambda circuits, duration: Nest(circuits, duration)())
    head: tuple[str, ...] = (
        "network, 1 s, dt 0.1 ms",
        "emulator",
        "float64",
        "Brian2 C++",
        "NEST",
        "Brian2 / emulator",
    )
    head += ("NEST / emulator", "spikes: emulator, Brian2, NEST")
    lines = [
        "# CPU seconds of one thread per biological second",
        "",
        f"Smallest of {options.rounds} alternating runs (NEST: one run of {options.nest_share:g} s, scaled).  "
        f"Load of the {os.cpu_count()} cores by other programs at the beginning: {load:.1f}.",
        "",
        f"| {' | '.join(head)} |",
        "|" + "---|" * len(head),
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        *notes,
        "",
        "Command: `python -m benchmarks.emulator_speed -o benchmarks/results/emulator_speed.md`",
        "",
    ]
    if options.output:
        options.output.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
