"""Emulate the mapped network of the PyNN backend from t = 0, and hand out parts of the recording."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator.circuits import Circuits
from emulator.recording import WAFER_TRACES, Record, Recording
from emulator.requested import spike_sources
from emulator.run import run
from mapper.frontends.pynn.building import cells_of
from mapper.frontends.pynn.recording import TRACES

if TYPE_CHECKING:
    from mapper.frontends.pynn.simulator import State

#: Times closer than this are equal [ms].
_SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Emulated:
    """A recording up to a time [ms], by cell of the network."""

    recording: Recording
    time: float

    def spikes(self, cells: NDArray[np.int64], since: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return cell and time [ms] of the spikes of some cells, sorted by cell, then time.

        A recording that begins after 0 has no spikes at its very beginning: they were in the one before it.
        """
        cell, time = self.recording.spike_cell.astype(np.int64), self.recording.spike_time
        chosen = np.isin(cell, cells) & (time <= self.time + _SAME)
        if since > 0:
            chosen &= time > since + _SAME
        cell, time = cell[chosen], np.minimum(time[chosen], self.time)
        order = np.lexsort((time, cell))
        return cell[order], time[order]

    def signals(self, variable: str, cells: NDArray[np.int64], since: float, interval: float) -> NDArray[np.float64]:
        """Return the samples of a variable of some cells, (t, n); nothing if it was not recorded in the last run."""
        trace = next((trace for trace in self.recording.traces if trace.variable == variable), None)
        if trace is None:
            return np.empty((0, len(cells)))
        recorded = self.recording.neuron_cell[trace.neuron].astype(np.int64)
        column = np.searchsorted(recorded, cells)
        if not np.array_equal(np.append(recorded, -1)[column], cells):
            return np.empty((0, len(cells)))
        times = self.recording.sample_time
        step = times[1] - times[0] if len(times) > 1 else interval
        every = max(1, round(interval / step))
        first = math.ceil(since / interval - _SAME) * every
        last = int((self.time + _SAME) / step)
        return trace.values[first : last + 1 : every, column].astype(np.float64)


def emulate(state: State) -> Emulated:
    """Run the circuits of the last mapping with the spike times, initial potentials and recorders of now."""
    assert state.mapped is not None
    circuits = _started(state, state.mapped.realisation.circuits)
    recording = run(
        circuits,
        state.t + state.dt,  # the sample at the end of the run is taken at the beginning of the next step
        dt=state.dt,
        seed=state.settings.seed + state.segment_counter,
        record=_record(state, circuits),
    )
    return Emulated(recording, state.t)


def _started(state: State, circuits: Circuits) -> Circuits:
    """Return the circuits with initial potentials and spike times of now."""
    start = np.concatenate([np.empty(0), *(p.v_init for p in state.populations)])[circuits.neuron_cell]
    at_rest = np.isnan(start)
    neurons = replace(circuits.neurons, v_init=np.where(at_rest, circuits.neurons.v_init, start))
    sources = spike_sources([cells_of(p) for p in state.populations if p.is_source])
    return replace(circuits, neurons=neurons, sources=sources)


def _record(state: State, circuits: Circuits) -> Record:
    """Return what the recorders want, sampled so often that it serves all of them."""
    wanted: dict[str, list[int]] = {"v": [], "w": [], "g": []}
    steps: list[int] = []
    for population in state.populations:
        for variable, trace in TRACES.items():
            cells = population.recorder.cells(variable)
            if len(cells):
                wanted[trace[0]] += cells.tolist()
                steps.append(round(population.recorder.sampling_interval / state.dt))
    if len(wanted["v"]) > WAFER_TRACES or wanted["w"] or wanted["g"]:
        state.notices.inform(
            f"{len(wanted['v'])} membranes, {len(set(wanted['g']))} conductances and {len(wanted['w'])} adaptation "
            f"currents are recorded of the emulator; a wafer shows {WAFER_TRACES} membranes at once and nothing else"
        )
    units = {name: np.searchsorted(circuits.neuron_cell, sorted(set(cells))).tolist() for name, cells in wanted.items()}
    return Record(v=units["v"], w=units["w"], g=units["g"], interval=math.gcd(*steps, 0) * state.dt or state.dt)
