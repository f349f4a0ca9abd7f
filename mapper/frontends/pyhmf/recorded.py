"""What populations, views and assemblies have in common: recording, results, and what cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends import session as sessions
from mapper.frontends.errors import FrontendError, NotImplementedHere

if TYPE_CHECKING:
    from mapper.frontends.pyhmf.populations import Population


class Cells:
    """Some cells of some populations."""

    label: str

    def parts(self) -> list[tuple[Population, NDArray[np.int64]]]:
        """Return (population, local indices) of all cells in their order."""
        raise NotImplementedError

    def cell_numbers(self) -> NDArray[np.int64]:
        """Return the number of each cell in the session, (n,)."""
        parts = [population.first_id + indices for population, indices in self.parts()]
        return np.concatenate([np.empty(0, np.int64), *parts])

    def cell_positions(self) -> NDArray[np.float64]:
        """Return the position of each cell, (3, n)."""
        parts = [population.positions[:, indices] for population, indices in self.parts()]
        return np.concatenate([np.empty((3, 0)), *parts], axis=1)

    # --- recording

    def record(self, to_file: Any = True) -> None:
        """Record spikes."""
        self._record("spikes")

    def record_v(self, to_file: Any = True) -> None:
        """Record membrane potentials."""
        self._record("v")

    def record_gsyn(self, to_file: Any = True) -> None:
        """Accept and warn: the wafer cannot record conductances."""
        sessions.current().notices.warn("record_gsyn() is ignored: conductances cannot be read out")

    def can_record(self, variable: str) -> bool:
        """Return whether ``spikes`` or ``v`` can be recorded; sources have no membrane."""
        with_membrane = not any(population.celltype.is_source for population, _ in self.parts())
        return variable == "spikes" or (variable == "v" and with_membrane)

    def _record(self, what: str) -> None:
        for population, indices in self.parts():
            population.recorded.setdefault(what, np.zeros(population.size, dtype=np.bool_))[indices] = True

    def getSpikes(self, gather: bool = True, compatible_output: bool = True) -> NDArray[np.float64]:
        """Return the recorded spikes, (n, 2): index of the cell in its population, time [ms]; by cell, then time."""
        found = [_spikes(population, indices) for population, indices in self.parts()]
        return np.concatenate([np.empty((0, 2)), *found])

    def get_v(self, gather: bool = True, compatible_output: bool = True) -> NDArray[np.float64]:
        """Return recorded membranes, (n, 3): index of the cell in its population, time [ms], potential [mV]."""
        found = [_membranes(population, indices) for population, indices in self.parts()]
        return np.concatenate([np.empty((0, 3)), *found])

    def get_spike_counts(self, gather: bool = True) -> dict[int, int]:
        """Return the number of spikes of each recorded cell by its number in the session."""
        counts: dict[int, int] = {}
        for population, indices in self.parts():
            spikes = _spikes(population, indices)[:, 0].astype(np.int64)
            number = np.bincount(spikes, minlength=population.size)
            counts |= {int(population.first_id + i): int(number[i]) for i in indices}
        return counts

    def meanSpikeCount(self, gather: bool = True) -> float:
        """Return the mean number of spikes per cell."""
        counts = self.get_spike_counts()
        return sum(counts.values()) / len(counts) if counts else 0.0

    def printSpikes(self, file: str | Path, gather: bool = True, compatible_output: bool = True) -> None:
        """Write the recorded spikes as text, one ``time index`` per line."""
        np.savetxt(file, self.getSpikes()[:, ::-1], fmt="%g")

    def print_v(self, file: str | Path, gather: bool = True, compatible_output: bool = True) -> None:
        """Write recorded membranes as text, one ``potential index`` per line."""
        np.savetxt(file, self.get_v()[:, [2, 0]], fmt="%g")

    # --- what has no meaning here

    def initialize(self, variable: str, value: Any) -> None:
        """Accept and warn: membranes start at rest."""
        sessions.current().notices.warn(f"initialize({variable!r}) is ignored: on the wafer cells start at rest")

    def randomInit(self, rand_distr: Any) -> None:
        """Accept and warn: membranes start at rest."""
        self.initialize("v", rand_distr)

    def inject(self, current_source: Any) -> None:
        """Refuse: there is no current input."""
        raise NotImplementedHere(
            "inject() is not supported: the wafer has no programmable currents here; use spike input"
        )

    def get_gsyn(self, gather: bool = True, compatible_output: bool = True) -> NDArray[np.float64]:
        """Refuse: the wafer cannot record conductances."""
        raise NotImplementedHere("get_gsyn() is not supported: conductances cannot be read out")

    def print_gsyn(self, file: str | Path, gather: bool = True, compatible_output: bool = True) -> None:
        """Refuse: the wafer cannot record conductances."""
        raise NotImplementedHere("print_gsyn() is not supported: conductances cannot be read out")


def _spikes(population: Population, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    recorded = population.recorded.get("spikes")
    recording = population.session.recording
    if recorded is None:
        raise FrontendError(f"spikes of {population} are not recorded: call record() before run()")
    if recording is None:
        return np.empty((0, 2))
    index = recording.spike_cell.astype(np.int64) - population.first_id
    wanted = np.zeros(population.size, dtype=np.bool_)
    wanted[indices] = recorded[indices]
    inside = np.flatnonzero((index >= 0) & (index < population.size))
    inside = inside[wanted[index[inside]]]
    order = np.lexsort((recording.spike_time[inside], index[inside]))
    kept = inside[order]
    return np.column_stack([index[kept].astype(np.float64), recording.spike_time[kept]])


def _membranes(population: Population, indices: NDArray[np.int64]) -> NDArray[np.float64]:
    runtime, recording = population.session.runtime, population.session.recording
    by_outputs = runtime is not None and runtime.has_results and len(runtime.results().analog_outputs) > 0
    if "v" not in population.recorded and not by_outputs and not (recording and recording.traces):
        raise FrontendError(f"membranes of {population} are not recorded: call record_v() before run()")
    if recording is None:
        return np.empty((0, 3))
    trace = next((trace for trace in recording.traces if trace.variable == "v"), None)
    found = [np.empty((0, 3))]
    if trace is not None:
        column = {int(recording.neuron_cell[neuron]): i for i, neuron in enumerate(trace.neuron)}
        for i in indices:
            at = column.get(population.first_id + int(i))
            if at is not None:
                values = trace.values[:, at].astype(np.float64)
                found.append(np.column_stack([np.full(len(values), float(i)), recording.sample_time, values]))
    return np.concatenate(found)
