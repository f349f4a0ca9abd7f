"""Run circuits: the same input, seed and precision give the same spikes, however many runs go on beside it."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from emulator.circuits import CircuitError, Circuits
from emulator.fanout import delay_steps, fanout
from emulator.inputs import drives, fast, single_sources
from emulator.kernels.advance import advance
from emulator.layout import layout
from emulator.queues import queues
from emulator.recording import Losses, Record, Recording
from emulator.sampling import sampling

#: Steps of a block of neurons that are done at once, at most: more does not gain anything.
_MOST_STEPS: Final = 64
#: Bound of the random part of a delay in standard deviations (`kernels.random.normal_sum`).
_JITTER_BOUND: Final = 3.4642
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
) -> Recording:
    """Simulate circuits from t = 0.

    The compiled code holds no interpreter lock and shares nothing between runs: several runs may go on in threads.
    Random streams belong to cells, so the same cell sends the same Poisson train in every circuit with that seed
    and, below `inputs.FAST_RATE` or with several synapses, for every time step.

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

    Raises
    ------
    CircuitError
        If the duration, step or record makes no sense.
    """
    record = Record() if record is None else record
    _check(circuits, duration, dt, record, precision)
    quick = fast(circuits, dt)
    steps = int(np.floor(duration / dt + 0.5))
    waiting = queues(circuits, dt)
    jitter = circuits.jitter / dt
    most, reach = _block_steps(circuits, dt)
    late = waiting.link_patience * (len(waiting.link_free) > 0) + waiting.fpga_patience * (len(waiting.fpga_free) > 0)
    plan = layout(circuits.neurons, dt, np.dtype(precision), int(most + reach + late) + 4)
    fan, stp = fanout(circuits, plan, dt)
    sampled = sampling(record, plan, circuits.neurons.tau_syn.shape[1], dt)
    every = sampled.table.every
    samples = np.empty((-(-steps // every), len(sampled.order)), dtype=precision)
    state = (
        plan.state,
        plan.adaptive,
        (0,) * plan.receptors,
        plan.ring(),
    )
    inputs = (single_sources(circuits, quick, seed), drives(circuits, plan, quick, dt, seed))
    keys = np.random.SeedSequence([seed, 1]).generate_state(2, np.uint64)
    units, times = [np.empty(0, np.int32)], [np.empty(0, np.float64)]
    chunk = max(1, _CHUNK // most) * most
    for step in range(0, steps, chunk):
        end = min(step + chunk, steps)
        count, unit, time = advance(
            *state, step, end, most, len(circuits.neurons), dt, keys, jitter, fan, stp, *inputs, waiting,
            sampled.table, samples, 0, record.sources, np.empty(4096, np.int32), np.empty(4096),
        )  # fmt: skip
        time = time[:count] * dt
        within = time <= duration + 1e-9
        units.append(unit[:count][within])
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


def _check(circuits: Circuits, duration: float, dt: float, record: Record, precision: str) -> None:
    for name, value in (("duration", duration), ("dt", dt)):
        if not (np.isfinite(value) and value > 0):
            raise CircuitError(f"{name} must be positive [ms] (got {value})")
    if precision not in ("float32", "float64"):
        raise CircuitError(f"precision must be float32 or float64 (got {precision!r})")
    record.check(len(circuits.neurons))


def _block_steps(circuits: Circuits, dt: float) -> tuple[int, float]:
    """Return how many steps no spike of a block can reach, and how many steps after its block one can.

    The earliest spike stands at the end of the first step, so the first is one more than the smallest delay, jitter
    taken off.
    """
    delay = circuits.synapses.delay
    if not len(delay):
        return _MOST_STEPS, 1.0
    spread = _JITTER_BOUND * circuits.jitter / dt
    first, last = delay_steps(np.array([delay.min(), delay.max()]), dt)
    return int(min(max(np.floor(first - spread), 0) + 1, _MOST_STEPS)), float(last + spread)
