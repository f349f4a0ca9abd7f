"""Populations, views and assemblies of the PyNN backend; parameters are arrays, one value per cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyNN import common
from pyNN.errors import InvalidParameterValueError
from pyNN.parameters import LazyArray, ParameterSpace, simplify
from pyNN.parameters import Sequence as SpikeTimes

from mapper.frontends.pynn import simulator
from mapper.frontends.pynn.cells import model_of
from mapper.frontends.pynn.recording import Recorder
from mapper.frontends.pynn.simulator import Change, state

#: Parameters of spike sources: they may change without new circuits.
_INPUT = frozenset({"spike_times", "rate", "start", "duration"})


class Assembly(common.Assembly):  # type: ignore[misc]
    """Several populations and views."""

    _simulator = simulator


class PopulationView(common.PopulationView):  # type: ignore[misc]
    """Some cells of a population."""

    _assembly_class = Assembly
    _simulator = simulator

    @property
    def _indices(self) -> NDArray[np.int64]:
        return np.asarray(self.index_in_grandparent(np.arange(self.size)), dtype=np.int64)

    def _get_parameters(self, *names: str) -> Any:
        return self.grandparent.parameters_of(names, self._indices)

    def _set_parameters(self, parameter_space: Any) -> None:
        self.grandparent.set_parameters_of(parameter_space, self._indices)

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        self.grandparent.start_from(variable, initial_values, self._indices)

    def initialize(self, **initial_values: Any) -> None:
        """Set initial values of state variables; PyNN's own remembers them only in whole populations."""
        for variable, value in initial_values.items():
            values = LazyArray(value, shape=(self.size,), dtype=float)
            self._set_initial_value_array(variable, values)

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)


class Population(common.Population):  # type: ignore[misc]
    """Cells of one type.

    Attributes
    ----------
    number : int
        Place in ``state.populations``.
    model : str
        Name of the cell type in `models.network.CELL_TYPES`.
    parameters : dict of (size,) arrays
        Value of each parameter for each cell; ``spike_times`` are objects.
    v_init : (size,) float64
        Potential at t = 0 [mV]; NaN: at rest.
    """

    _simulator = simulator
    _recorder_class = Recorder
    _assembly_class = Assembly

    def _create_cells(self) -> None:
        self.model = model_of(self.celltype)
        first, self.number = state.n_cells, len(state.populations)
        self.all_cells = np.empty(self.size, dtype=simulator.ID)
        for i in range(self.size):
            cell = self.all_cells[i] = simulator.ID(first + i)
            cell.parent = self
        self._mask_local = np.ones(self.size, dtype=bool)
        native = self.celltype.native_parameters
        native.shape = (self.size,)
        native.evaluate(simplify=False)
        _check_order(native)
        self.parameters: dict[str, NDArray[Any]] = {
            name: np.broadcast_to(values, (self.size,)).copy() for name, values in native.as_dict().items()
        }
        self.v_init = np.full(self.size, np.nan)
        self._played: tuple[float, list[NDArray[np.float64]]] | None = None
        state.populations.append(self)
        state.changed(Change.NETWORK)

    @property
    def is_source(self) -> bool:
        """Whether the cells are external input."""
        return not self.celltype.injectable

    # --- parameters

    def parameters_of(self, names: Sequence[str], indices: Any = slice(None)) -> Any:
        """Return some parameters of some cells as a parameter space."""
        wanted = {name: simplify(self.parameters[name][indices]) for name in names}
        size = len(np.arange(self.size)[indices])
        return ParameterSpace(wanted, self.celltype.get_schema(), shape=(size,))

    def set_parameters_of(self, parameter_space: Any, indices: Any = slice(None)) -> None:
        """Set parameters of some cells."""
        parameter_space.evaluate(simplify=False)
        _check_order(parameter_space)
        for name, values in parameter_space.items():
            if name == "spike_times":
                self._keep_played()
            self.parameters[name][indices] = values
            state.changed(Change.INPUT if name in _INPUT and self._may_go_on(name) else Change.ANALOG)

    def _may_go_on(self, name: str) -> bool:
        """Return whether a run may go on with another value: spikes that were sent stay sent, rates do not."""
        return name == "spike_times" or not state.running

    def _get_parameters(self, *names: str) -> Any:
        return self.parameters_of(names)

    def _set_parameters(self, parameter_space: Any) -> None:
        self.set_parameters_of(parameter_space)

    # --- spike times that change in the middle of a run

    def _keep_played(self) -> None:
        if state.running:
            self._played = (state.t, self.spike_trains())

    def forget_played(self) -> None:
        """Forget which spikes were sent before spike times changed: a new trial begins."""
        self._played = None

    def spike_trains(self) -> list[NDArray[np.float64]]:
        """Return the spike times of each cell [ms]: those sent until the last change, and those set since."""
        trains = [np.asarray(SpikeTimes(train).value, dtype=np.float64) for train in self.parameters["spike_times"]]
        if self._played is None:
            return trains
        until, played = self._played
        pairs = zip(played, trains, strict=True)
        return [np.concatenate([old[old <= until], new[new > until]]) for old, new in pairs]

    # --- initial values

    def start_from(self, variable: str, values: Any, indices: Any = slice(None)) -> None:
        """Set initial values: the emulator starts from any potential; currents and conductances start at 0."""
        drawn = np.broadcast_to(np.asarray(values.evaluate(simplify=True), dtype=np.float64), values.shape)
        if variable == "v":
            self.v_init[indices] = drawn
            state.changed(Change.START)
        elif np.any(drawn != 0):
            state.notices.warn(f"initialize({variable}=...) of {self.label!r} is ignored: {variable} starts at 0")

    def _set_initial_value_array(self, variable: str, initial_values: Any) -> None:
        self.start_from(variable, initial_values)

    def _set_cell_initial_value(self, id: Any, variable: str, value: float) -> None:
        super()._set_cell_initial_value(id, variable, value)
        self[self.id_to_index(id) : self.id_to_index(id) + 1].initialize(**{variable: value})

    def _get_view(self, selector: Any, label: str | None = None) -> PopulationView:
        return PopulationView(self, selector, label)


def _check_order(parameter_space: Any) -> None:
    """Raise PyNN's error if spike times are not in their order."""
    for train in np.atleast_1d(parameter_space.as_dict().get("spike_times", np.empty(0, object))):
        late = np.flatnonzero(np.diff(SpikeTimes(train).value) < 0)
        if len(late):
            times = SpikeTimes(train).value[late[0] : late[0] + 2]
            raise InvalidParameterValueError(f"spike times must be in order (got {times[0]:g}, {times[1]:g} ms)")


def parts(group: Any) -> list[tuple[Population, NDArray[np.int64]]]:
    """Return (population, local indices) of the cells of a population, view or assembly, in their order."""
    if isinstance(group, common.Assembly):
        return [part for member in group.populations for part in parts(member)]
    if isinstance(group, common.PopulationView):
        return [(group.grandparent, np.asarray(group.index_in_grandparent(np.arange(group.size)), dtype=np.int64))]
    return [(group, np.arange(group.size))]
