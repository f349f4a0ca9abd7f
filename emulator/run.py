"""Run circuits: the same input, seed and precision give the same spikes, however many runs go on beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError, Circuits
from emulator.fanout import delay_steps, fanout
from emulator.inputs import drives, fast, single_sources
from emulator.kernels.advance import advance
from emulator.kernels.tables import Drives, Fanout, Stp
from emulator.layout import Layout, layout
from emulator.queues import queues
from emulator.recording import Losses, Record, Recording
from emulator.sampling import sampling
from emulator.team import team

#: Steps of a block of neurons that are done at once, at most: more does not gain anything.
_MOST_STEPS: Final = 64
#: Bound of the random part of a delay in standard deviations (`kernels.random.normal_sum`).
_JITTER_BOUND: Final = 3.4642
#: From one step to another in blocks of at most some steps, to units and times of the spikes.
_Advance = Callable[[int, int, int], tuple[NDArray[np.int32], NDArray[np.float64]]]
#: Steps between two returns from compiled code, so that a run can be interrupted.
_CHUNK: Final = 2000


def run(
    circuits: Circuits,
    duration: float,
    *,
    dt: float = 0.1,
    seed: int = 0,
    record: Record | None = None,
    precision: Literal["float32", "float64"] = "float32",
    threads: int = 1,
) -> Recording:
    """Simulate circuits from t = 0.

    The compiled code holds no interpreter lock and shares nothing between runs: several runs may go on in threads.
    Random streams belong to cells, so the same cell sends the same Poisson train in every circuit with that seed
    and, below `emulator.inputs.FAST_RATE` or with several synapses, for every time step.

    Parameters
    ----------
    circuits : Circuits
        What to run; it is not changed.
    duration, dt : float
        Biological time and time step [ms].
    seed : int
        Of Poisson sources and jitter.
    record : Record or None
        What to record; None: all spikes.
    precision : str
        Of the state: ``float32`` is about twice as fast as ``float64``.
    threads : int
        Threads that share the run; the result does not depend on it.  More than one pays for tens of thousands of
        neurons; for several runs it is better to do one in each thread.

    Raises
    ------
    CircuitError
        If the duration, step, record or number of threads makes no sense.
    """
    record = Record() if record is None else record
    _check(circuits, duration, dt, record, precision, threads)
    quick = fast(circuits, dt)
    steps = int(np.floor(duration / dt + 0.5))
    waiting = queues(circuits, dt)
    jitter = circuits.jitter / dt
    most, reach = _block_steps(circuits, dt)
    plan = layout(circuits.neurons, dt, np.dtype(precision), int(most + reach) + 4)
    fan, stp = fanout(circuits, plan, dt)
    sampled = sampling(record, plan, circuits.neurons.tau_syn.shape[1], dt)
    every = sampled.table.every
    samples = np.empty((-(-steps // every), len(sampled.order)), dtype=precision)
    limits = (0,) * (plan.receptors if plan.saturates else 0)
    single, driven = single_sources(circuits, quick, seed), drives(circuits, plan, quick, dt, seed)
    keys = np.random.SeedSequence([seed, 1]).generate_state(2, np.uint64)
    units, times = [np.empty(0, np.int32)], [np.empty(0, np.float64)]
    chunk = max(1, _CHUNK // most) * most
    shared = {
        "sources": single, "queues": waiting, "traces": sampled.table, "samples": samples, "keys": keys, "dt": dt,
        "jitter": jitter, "n_neurons": len(circuits.neurons), "record_sources": record.sources,
    }  # fmt: skip
    with _loop(min(threads, len(plan.adaptive)), plan, limits, fan, stp, driven, shared) as advanced:
        for step in range(0, steps, chunk):
            unit, time = advanced(step, min(step + chunk, steps), most)
            time = time * dt
            within = time <= duration + 1e-9
            units.append(unit[within])
            times.append(time[within])
    return Recording(
        duration,
        dt,
        circuits.neuron_cell,
        circuits.source_cell,
        np.concatenate(units),
        np.concatenate(times).astype(np.float64),
        sampled.in_units(samples, circuits.neurons, dt),
        np.arange(len(samples), dtype=np.float64) * (every * dt),
        Losses(*waiting.lost),
    )


@contextmanager
def _loop(
    threads: int, plan: Layout, limits: tuple[int, ...], fan: Fanout, stp: Stp, drives: Drives, shared: dict[str, Any]
) -> Iterator[_Advance]:
    """Yield what runs from one step to another in blocks of some steps: this thread alone, or a team."""
    if threads > 1:
        with team(threads, plan, limits, fan, stp, drives, **shared) as together:
            yield together.advance
        return
    ring, names = plan.ring(), ("n_neurons", "dt", "keys", "jitter")
    before, queued = [shared[name] for name in names], (shared["queues"], shared["traces"], shared["samples"])

    def alone(step: int, end: int, most: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        count, unit, time = advance(
            plan.state, plan.adaptive, (0,) * plan.receptors, limits, ring, step, end, most, *before, fan, stp,
            shared["sources"], drives, *queued, 0, shared["record_sources"], np.empty(4096, np.int32), np.empty(4096),
        )  # fmt: skip
        return unit[:count], time[:count]

    yield alone


def _check(circuits: Circuits, duration: float, dt: float, record: Record, precision: str, threads: int) -> None:
    for name, value in (("duration", duration), ("dt", dt)):
        if not (np.isfinite(value) and value > 0):
            raise CircuitError(f"{name} must be positive [ms] (got {value})")
    if precision not in ("float32", "float64"):
        raise CircuitError(f"precision must be float32 or float64 (got {precision!r})")
    if threads < 1:
        raise CircuitError(f"threads must be 1 or more (got {threads})")
    record.check(len(circuits.neurons))


def _block_steps(circuits: Circuits, dt: float) -> tuple[int, float]:
    """Return how many steps no spike of a block can reach, and how many steps after its block one can.

    The earliest spike stands at the end of the first step, so the first is one more than the smallest delay, jitter
    taken off, which is half of the delay at most (`kernels.delivery`).
    """
    delay = circuits.synapses.delay
    if not len(delay):
        return _MOST_STEPS, 1.0
    spread = _JITTER_BOUND * circuits.jitter / dt
    first, last = delay_steps(np.array([delay.min(), delay.max()]), dt)
    least = first - min(spread, 0.5 * first)
    return int(min(np.floor(least) + 1, _MOST_STEPS)), float(last + spread)
