"""Sampled quantities: where they stand in the engine's arrays, and back to volts, amperes and siemens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import CircuitError, NeuronParameters
from emulator.kernels import neurons as k
from emulator.kernels.tables import Traces
from emulator.layout import Layout, conductance_scale
from emulator.recording import Record, Trace


@dataclass(frozen=True, slots=True, eq=False)
class Sampling:
    """The traces of a run.

    Attributes
    ----------
    variables : tuple of (str, (k,) int32)
        Name and neurons of each trace.
    order : (n_traces,) int64
        Column of the requested trace that each column of the samples holds.
    table : Traces
        The same for the compiled loop, ordered by block.
    """

    variables: tuple[tuple[str, NDArray[np.int32]], ...]
    order: NDArray[np.int64]
    table: Traces

    def in_units(self, samples: NDArray[Any], neurons: NeuronParameters, dt: float) -> tuple[Trace, ...]:
        """Return the samples (t, n_traces) as one trace per variable, in mV, nA and uS."""
        columns = np.empty_like(samples)
        columns[:, self.order] = samples
        traces, begin = [], 0
        for name, who in self.variables:
            values = columns[:, begin : begin + len(who)]
            begin += len(who)
            unit, scale, offset = _unit(name, neurons, who, dt)
            scaled = values * scale.astype(values.dtype) + offset.astype(values.dtype)
            traces.append(Trace(name, unit, who, np.ascontiguousarray(scaled)))
        return tuple(traces)


def sampling(record: Record, layout: Layout, receptors: int, dt: float) -> Sampling:
    """Return what to sample.

    Raises
    ------
    CircuitError
        If the sampling interval is not a multiple of the time step.
    """
    every = int(np.floor(record.interval / dt + 0.5))
    if every < 1 or abs(every * dt - record.interval) > 1e-6 * record.interval:
        raise CircuitError(f"record interval must be a multiple of the time step {dt} ms (got {record.interval})")
    wanted = [("v", k.V, -1, record.v), ("w", k.W, -1, record.w)]
    wanted += [(f"g{r}", k.RECEPTORS + k.PER_RECEPTOR * r + k.G, r, record.g) for r in range(receptors)]
    variables, state, slot = [], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for name, field, receptor, who in wanted:
        if len(who):
            neuron = np.asarray(who, dtype=np.int32)
            variables.append((name, neuron))
            state.append(layout.state_index(neuron, field))
            none = np.full(len(who), -1, dtype=np.int64)
            slot.append(none if receptor < 0 else layout.input_index(neuron, np.full(len(who), receptor)))
    block = np.concatenate(state) // (layout.fields * k.LANES)
    order = np.argsort(block, kind="stable")
    first = np.searchsorted(block[order], np.arange(len(layout.adaptive) + 1)).astype(np.int64)
    table = Traces(first, np.concatenate(state)[order], np.concatenate(slot)[order], every)
    return Sampling(tuple(variables), order, table)


def _unit(
    name: str, neurons: NeuronParameters, who: NDArray[np.int32], dt: float
) -> tuple[str, NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit of a variable, and scale and offset of what the engine stores."""
    zero = np.zeros(len(who))
    if name == "v":
        return "mV", zero + 1.0, neurons.v_rest[who]
    if name == "w":
        return "nA", neurons.cm[who] / dt, zero
    return "uS", 1.0 / conductance_scale(neurons, who, int(name[1:]), dt), zero
