"""Compare the emulator with NEST: single neurons, synapses, plasticity, and two networks.

Run ``python -m benchmarks.emulator_correctness -o benchmarks/results/emulator_correctness.md`` (needs the extra
``reference``; ``--quick`` leaves the networks out).  By default the networks run for 5 seeds of 10 s.  Every finished
seed is kept in a file beside the result, ``emulator_correctness.jsonl``: the same command, started again, does only
what is missing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks import _nest
from benchmarks._emulator_networks import balanced, coba
from emulator.circuits import (
    STP_TSODYKS_MARKRAM,
    Circuits,
    NeuronParameters,
    Plasticity,
    SpikeSources,
    SynapseTable,
)
from emulator.recording import Record
from emulator.run import run

_DT: Final = 0.01
_LIF: Final[dict[str, Any]] = {
    "cm": 0.2, "tau_m": 10.0, "v_rest": -65.0, "v_thresh": -50.0, "v_reset": -70.0, "tau_refrac": 2.0,
    "a": 0.0, "b": 0.0, "tau_w": 100.0, "delta_T": 2.0, "v_spike": -40.0, "v_init": -65.0,
}  # fmt: skip
_ADEX: Final = _LIF | {"a": 4.0, "b": 0.0805, "tau_w": 144.0}
_TRAIN: Final = (10.0, 30.0, 45.0, 50.0, 80.0, 180.0, 200.0)

Row = tuple[str, str, str]


def single(
    values: dict[str, Any], adaptive: bool, n: int = 1, train: Sequence[float] = (), receptor: int = 0,
    weight: float = 0.002, plasticity: Plasticity | None = None,
) -> Circuits:  # fmt: skip
    """Return n unconnected neurons, the first of which gets a spike train."""
    columns = {name: np.broadcast_to(np.asarray(value, dtype=float), (n,)).copy() for name, value in values.items()}
    neurons = NeuronParameters(
        **columns,
        tau_syn=np.tile([3.0, 5.0], (n, 1)),
        e_rev=np.tile([0.0, -80.0], (n, 1)),
        adaptive=np.full(n, adaptive),
    )
    m = int(len(train) > 0)
    sources = SpikeSources(
        np.full(m, np.nan), np.zeros(m), np.zeros(m), np.array([0, len(train)][: m + 1], np.int64), np.array(train)
    )
    rows = plasticity or Plasticity.none()
    synapses = SynapseTable(
        np.full(m, n, np.int32),
        np.zeros(m, np.int32),
        np.full(m, receptor, np.int8),
        np.full(m, weight, np.float32),
        np.full(m, 1.0, np.float32),
        np.full(m, len(rows) - 1, np.int32),
        np.zeros(m, np.int32),
    )
    return Circuits(neurons, sources, synapses, rows, np.arange(n, dtype=np.int32), np.arange(n, n + m, dtype=np.int32))


def _trace(circuits: Circuits, duration: float, name: str, mine: str, scale: float) -> float:
    """Return the largest difference of a trace by the largest deflection."""
    _, _, nest = _nest.simulate(circuits, duration, dt=_DT, traces=[name], tolerance=1e-10)
    record = Record(v=[0], w=[0], g=[0], interval=_DT)
    got = run(circuits, duration, dt=_DT, record=record, precision="float64")
    ours = next(one.values[:, 0] for one in got.traces if one.variable == mine)
    n = min(len(nest[name]), len(ours) - 1)
    theirs = nest[name][:n] * scale
    return float(np.abs(ours[1 : n + 1] - theirs).max() / np.ptp(theirs))


def _rates(values: dict[str, Any], adaptive: bool) -> tuple[float, NDArray[np.float64]]:
    """Return the largest relative difference of the rates of 20 neurons from 1 to 10 s, and NEST's rates."""
    drive = np.linspace(-49.0, -20.0, 20) if not adaptive else np.linspace(-48.0, -20.0, 20)
    circuits = single(values | {"v_rest": drive}, adaptive, 20)
    unit, time, _ = _nest.simulate(circuits, 2000.0, dt=_DT, tolerance=1e-8)
    got = run(circuits, 2000.0, dt=_DT, precision="float64")
    ours, theirs = (
        np.array([_mean_rate(t[u == i]) for i in range(20)])
        for u, t in ((got.spike_unit, got.spike_time), (unit, time))
    )
    return float(np.nanmax(np.abs(ours / theirs - 1.0))), theirs


def _mean_rate(times: NDArray[np.float64]) -> float:
    times = np.sort(times)
    return 1000.0 * (len(times) - 1) / float(times[-1] - times[0]) if len(times) > 1 else np.nan


def _intervals() -> float:
    circuits = single(_ADEX | {"v_rest": -35.0}, True)
    _, time, _ = _nest.simulate(circuits, 1000.0, dt=_DT, tolerance=1e-10)
    got = run(circuits, 1000.0, dt=_DT, precision="float64")
    n = min(len(time), len(got.spike_time))
    ours, theirs = np.diff(got.spike_time[:n]), np.diff(np.sort(time)[:n])
    return float(np.abs(ours / theirs - 1.0).max()) if len(time) == len(got.spike_time) else np.inf


def _stp(tau_rec: float, tau_facil: float) -> Plasticity:
    one, zero = np.ones(1), np.zeros(1)
    mode = np.array([STP_TSODYKS_MARKRAM], dtype=np.int8)
    return Plasticity(mode, 0.4 * one, tau_rec * one, tau_facil * one, zero, zero)


def single_rows() -> list[Row]:
    """Compare single neurons; every figure must be below 1e-3."""
    step = {"v_init": -55.0}
    cases: list[tuple[str, Callable[[], float]]] = [
        ("LIF, step of the leak potential by 10 mV: V", lambda: _trace(single(_LIF | step, False), 60, "V_m", "v", 1)),
        ("AdEx, the same: V", lambda: _trace(single(_ADEX | step, True), 300, "V_m", "v", 1)),
        ("AdEx, the same: w", lambda: _trace(single(_ADEX | step, True), 300, "w", "w", 1e-3)),
        ("LIF, excitatory PSPs: V", lambda: _trace(single(_LIF, False, train=_TRAIN), 300, "V_m", "v", 1)),
        ("LIF, inhibitory PSPs: V", lambda: _trace(single(_LIF, False, 1, _TRAIN, 1), 300, "V_m", "v", 1)),
        ("AdEx, excitatory PSPs: V", lambda: _trace(single(_ADEX, True, train=_TRAIN), 300, "V_m", "v", 1)),
        ("LIF f-I curve, 20 drives: rate", lambda: _rates(_LIF, False)[0]),
        ("AdEx f-I curve, 20 drives: rate", lambda: _rates(_ADEX, True)[0]),
        ("AdEx adaptation: intervals within 1 s", _intervals),
    ]
    for name, rec, facil in (("depression", 120.0, 0.0), ("facilitation", 0.0, 200.0), ("both", 80.0, 150.0)):
        circuits = single(_LIF, False, 1, _TRAIN, plasticity=_stp(rec, facil))
        cases.append(
            (
                f"Tsodyks-Markram {name}: conductance",
                lambda circuits=circuits: _trace(circuits, 300, "g_ex", "g0", 1e-3),  # type: ignore[misc]
            )
        )
    rows = []
    for name, measure in cases:
        error = measure()
        rows.append((name, f"{error:.1e}", "yes" if error < 1e-3 else "NO"))
        print(*rows[-1], sep=" | ", flush=True)
    return rows


def statistics(unit: NDArray[Any], time: NDArray[Any], n: int, duration: float) -> tuple[float, float]:
    """Return mean rate [Hz] and mean coefficient of variation of the neurons with at least five intervals."""
    order = np.lexsort((time, unit))
    unit, time = unit[order], time[order]
    cut = np.searchsorted(unit, np.arange(n + 1))
    intervals = [np.diff(time[a:b]) for a, b in pairwise(cut) if b - a > 5]
    return len(time) / n / duration * 1000.0, float(np.mean([np.std(one) / np.mean(one) for one in intervals]))


def seed_results(circuits: Circuits, seed: int, duration: float) -> list[list[float]]:
    """Return rate and irregularity here and in NEST."""
    n = len(circuits.neurons)
    got = run(circuits, duration, seed=seed, record=Record(sources=False))
    unit, time, _ = _nest.simulate(circuits, duration, dt=0.1, seed=seed)
    return [
        list(statistics(got.spike_unit, got.spike_time, n, duration)),
        list(statistics(unit, time, n, duration)),
    ]


def kept_results(path: Path | None) -> dict[tuple[str, int, float], list[list[float]]]:
    """Return the results of earlier calls by network, seed and duration; a line that was cut off does not count."""
    found = {}
    for line in path.read_text().splitlines() if path is not None and path.exists() else ():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        found[one["network"], one["seed"], one["duration"]] = one["results"]
    return found


def network_rows(
    name: str, make: Callable[[int], Circuits], seeds: int, duration: float, kept: Path | None
) -> list[Row]:  # fmt: skip
    """Compare rate and irregularity over some seeds; 3 % and 0.05 are allowed."""
    known, both = kept_results(kept), []
    for seed in range(1, seeds + 1):
        results = known.get((name, seed, duration))
        if results is None:
            results = seed_results(make(seed), seed, duration)
            if kept is not None:
                with kept.open("a") as file:
                    entry = {"network": name, "seed": seed, "duration": duration, "results": results}
                    file.write(json.dumps(entry) + "\n")
        both.append(results)
        print(name, seed, *results, flush=True)
    a, b = np.array(both).swapaxes(0, 1)
    rows = []
    for column, what, error in (
        (0, "rate [Hz]", float(a[:, 0].mean() / b[:, 0].mean() - 1.0)),
        (1, "CV of intervals", float(a[:, 1].mean() - b[:, 1].mean())),
    ):
        limit = 0.03 if column == 0 else 0.05
        figures = (
            f"{a[:, column].mean():.3f} ± {a[:, column].std():.3f}, NEST {b[:, column].mean():.3f} "
            f"± {b[:, column].std():.3f}: {error:+.4f}"
        )
        rows.append((f"{name}: {what}", figures, "yes" if abs(error) < limit else "NO"))
    return rows


def _said(parser: argparse.ArgumentParser, options: argparse.Namespace) -> str:
    """Return the options that are not the defaults, as they are typed."""
    changed = [(name, getattr(options, name)) for name in ("seeds", "duration")]
    return "".join(f" --{name} {value:g}" for name, value in changed if value != parser.get_default(name))


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="single neurons only")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--duration", type=float, default=10_000.0, help="biological time [ms]")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    kept = None if options.output is None else options.output.with_suffix(".jsonl")
    rows = single_rows()
    if not options.quick:
        for name, make in (("COBA 4000", lambda s: coba(seed=s)), ("balanced 2083", lambda s: balanced(seed=s))):
            rows += network_rows(name, make, options.seeds, options.duration, kept)
    lines = [
        "# The emulator against NEST 3.10",
        "",
        "Single neurons: float64, dt 0.01 ms; the largest difference by the largest deflection, or relative.",
        f"Networks: float32, dt 0.1 ms, {options.seeds} seeds of {options.duration / 1000:g} s, mean and deviation",
        "over the seeds; relative difference of the rate, difference of the CV.",
        "",
        "| case | difference | within 1e-3, or 3 % and 0.05 |",
        "|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
        f"Command: `python -m benchmarks.emulator_correctness{_said(parser, options)} "
        "-o benchmarks/results/emulator_correctness.md`",
        "",
    ]
    if options.output:
        options.output.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
