"""Recorders of the PyNN backend: they hand out parts of the emulated spikes and traces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import recording

from mapper.frontends.errors import ValueRejected
from mapper.frontends.pynn import simulator
from mapper.frontends.pynn.simulator import state

#: Names of PyNN's variables in `emulator.recording`.
TRACES = {"v": "v", "w": "w", "gsyn_exc": "g0", "gsyn_inh": "g1"}


class Recorder(recording.Recorder):  # type: ignore[misc]
    """What is recorded of one population."""

    _simulator = simulator

    def _record(self, variable: Any, new_ids: Any, sampling_interval: float | None = None) -> None:
        if variable.name != "spikes" and sampling_interval is not None:
            steps = sampling_interval / state.dt
            if steps < 0.5 or abs(steps - round(steps)) > 1e-6 * steps:
                raise ValueRejected(
                    f"sampling_interval must be a multiple of the time step {state.dt:g} ms (got {sampling_interval})"
                )
            self.sampling_interval = sampling_interval

    def cells(self, variable: str) -> NDArray[np.int64]:
        """Return the cells of which a variable is recorded, ascending."""
        found = [ids for key, ids in self.recorded.items() if key.name == variable]
        return np.array(sorted(int(cell) for ids in found for cell in ids), dtype=np.int64)

    @property
    def _since(self) -> float:
        return float(self._recording_start_time.item())

    def _get_spiketimes(self, id: Sequence[int], clear: bool = False) -> Any:
        if not len(id):
            return {}
        return state.emulated.spikes(np.array([int(cell) for cell in id]), self._since)

    def _get_all_signals(self, variable: Any, ids: Iterable[int], clear: bool = False) -> tuple[NDArray[Any], None]:
        cells = np.array([int(cell) for cell in ids], dtype=np.int64)
        return state.emulated.signals(TRACES[variable.name], cells, self._since, self.sampling_interval), None

    def _local_count(self, variable: Any, filter_ids: Any = None) -> dict[int, int]:
        cells = np.array(sorted(int(cell) for cell in self.filter_recorded(variable, filter_ids)), dtype=np.int64)
        sent = state.emulated.spikes(cells, self._since)[0] if state.running else np.empty(0, np.int64)
        place = np.searchsorted(cells, sent)
        return dict(zip(cells.tolist(), np.bincount(place, minlength=len(cells)).tolist(), strict=True))

    def _clear_simulator(self) -> None:
        """Nothing: what was cleared is before the new start of the recording."""

    def _reset(self) -> None:
        self.sampling_interval = state.dt
