"""The results of a mapping: ``Marocco.from_file(marocco.persist)``, ``runtime.results()``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.coordinates import (
    HICANNOnWafer,
    NeuronOnWafer,
    Orientation,
    SideHorizontal,
    SynapseOnWafer,
    horizontal,
)
from mapper.frontends.errors import FrontendError, TypeRejected, ValueRejected
from mapper.frontends.pyhmf.populations import ID
from mapper.frontends.pymarocco.coordinates import LogicalNeuron
from mapper.frontends.pymarocco.network_results import L1Properties, Resources, bio_graph, l1_properties
from mapper.frontends.pymarocco.placement_results import Placement, PlacementItem
from mapper.frontends.pymarocco.routing_results import L1Routing
from mapper.frontends.pymarocco.synapse_results import SynapseRouting
from mapper.frontends.pymarocco.tables import Tables
from models.hardware.layer1 import N_HLINES, N_LINES

if TYPE_CHECKING:
    import networkx as nx

#: Analog outputs of a HICANN.
_OUTPUTS = 2


class SpikeTimes:
    """Spike times of the sources: set them between runs without mapping anew."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.changed: dict[int, NDArray[np.float64]] = {}

    def get(self, neuron: ID) -> list[float]:
        """Return the spike times of a source [ms]; of a Poisson source only what was set."""
        cell = self._source(neuron)
        if cell in self.changed:
            return [float(t) for t in self.changed[cell]]
        times = neuron.parent.value_of("spike_times", neuron.index) if _has_times(neuron) else []
        return [float(t) for t in np.asarray(times, dtype=np.float64)]

    def set(self, neuron: ID, times: Sequence[float]) -> None:
        """Set the spike times of a source [ms]."""
        given = np.sort(np.asarray(times, dtype=np.float64).ravel())
        if len(given) and not (np.isfinite(given).all() and given[0] >= 0):
            raise ValueRejected(f"spike times are 0 or more [ms] (got {times!r})")
        self.changed[self._source(neuron)] = given

    def add(self, neuron: ID, time: float) -> None:
        """Add one spike [ms]."""
        self.set(neuron, [*self.get(neuron), time])

    def clear(self, neuron: ID) -> None:
        """Remove all spikes of a source."""
        self.set(neuron, [])

    def _source(self, neuron: Any) -> int:
        if not isinstance(neuron, ID):
            raise TypeRejected(f"a cell of a population is needed, e.g. stimulus[0] (got {neuron!r})")
        if not self._tables.arrays.is_source[int(neuron)]:
            raise ValueRejected(f"cell {neuron.index} of {neuron.parent} is a neuron: it has no spike times to set")
        return int(neuron)


def _has_times(neuron: ID) -> bool:
    return "spike_times" in neuron.parent.celltype.default_parameters


@dataclass(frozen=True, slots=True)
class AnalogItem:
    """A neuron whose membrane is recorded."""

    neuron: LogicalNeuron

    def logical_neuron(self) -> LogicalNeuron:
        """Return the neuron."""
        return self.neuron

    def recorded_denmem(self) -> NeuronOnWafer:
        """Return the denmem that an analog output shows; all of a neuron have the same membrane."""
        return self.neuron.front()


class AnalogOutputs:
    """Membranes that the two analog outputs of each HICANN show."""

    def __init__(self, tables: Tables) -> None:
        self._tables, self._placement = tables, Placement(tables)
        self.cells: dict[int, int] = {}

    def record(self, neuron: LogicalNeuron) -> None:
        """Record the membrane of a neuron.

        Raises
        ------
        FrontendError
            If both outputs of its HICANN are in use.
        """
        cell, hicann = self._find(neuron)
        taken = [c for c, h in self.cells.items() if h == hicann and c != cell]
        if len(taken) >= _OUTPUTS:
            raise FrontendError(
                f"both analog outputs of {HICANNOnWafer(hicann)} are in use: unrecord() one neuron first"
            )
        self.cells[cell] = hicann

    def __iter__(self) -> Iterator[AnalogItem]:
        return (AnalogItem(PlacementItem(self._tables, cell).logical_neuron()) for cell in sorted(self.cells))

    def __len__(self) -> int:
        return len(self.cells)

    def unrecord(self, neuron: LogicalNeuron) -> None:
        """Stop recording the membrane of a neuron."""
        self.cells.pop(self._find(neuron)[0], None)

    def _find(self, neuron: Any) -> tuple[int, int]:
        if not isinstance(neuron, LogicalNeuron) or neuron.is_external():
            raise TypeRejected(f"a LogicalNeuron on denmems is needed (got {neuron!r})")
        found = self._placement.find(neuron)
        if not found:
            raise ValueRejected(f"no neuron is placed on {neuron}")
        return found[0].cell, int(found[0].hicann())


class Parameter:
    """Results of the parameter translation."""

    def __init__(self, routing: SynapseRouting) -> None:
        self._routing = routing

    def get_weight(self, synapse: SynapseOnWafer) -> float:
        """Return the weight that a hardware synapse stands for [uS]."""
        found = self._routing.synapses().find(synapse)
        if not found:
            raise ValueRejected(f"no synapse of the network is on {synapse}")
        return found[0].get_weight()


class Properties:
    """What of a HICANN is in use."""

    def __init__(self, tables: Tables, hicann: int) -> None:
        self._tables, self._mapping, self._hicann = tables, tables.solution.mapping, hicann

    def is_available(self) -> bool:
        """Return whether the HICANN is configured."""
        return bool(np.isin(self._hicann, self._mapping.hicanns_in_use))

    def is_transit_only(self) -> bool:
        """Return whether it is in use, but only passes signals on."""
        return self.is_available() and not (self.has_neurons() or self.has_inputs())

    def has_neurons(self) -> bool:
        """Return whether neurons are on it."""
        return self.num_neurons() > 0

    def has_inputs(self) -> bool:
        """Return whether spike sources are injected into it."""
        return self.num_inputs() > 0

    def l1_properties(self) -> list[L1Properties]:
        """Return the routes that start on it, pass it, or end on it, with drivers and synapses."""
        return list(l1_properties(self._tables, self._hicann))

    def num_neurons(self) -> int:
        """Return the number of neurons on it."""
        placement = self._mapping.placement
        return int(np.count_nonzero((placement.hicann == self._hicann) & (placement.column >= 0)))

    def num_inputs(self) -> int:
        """Return the number of spike sources injected into it."""
        placement = self._mapping.placement
        return int(np.count_nonzero((placement.hicann == self._hicann) & (placement.column < 0)))

    def num_buses(self, which: Orientation | SideHorizontal) -> int:
        """Return the number of bus lines in use: horizontal ones, vertical ones, or the vertical ones of a side.

        Raises
        ------
        TypeRejected
            If it is neither an orientation nor a side.
        """
        segments = self._mapping.routing.segment
        line = segments[segments // N_LINES == self._hicann] % N_LINES
        if isinstance(which, Orientation):
            return int(np.count_nonzero((line < N_HLINES) == (which == horizontal)))
        if not isinstance(which, SideHorizontal):
            raise TypeRejected(f"an Orientation or SideHorizontal is needed (got {which!r})")
        vertical = line[line >= N_HLINES] - N_HLINES
        return int(np.count_nonzero(vertical // ((N_LINES - N_HLINES) // 2) == int(which)))


class Marocco:
    """Everything that a mapping decided.

    Attributes
    ----------
    resources, placement, l1_routing, synapse_routing, spike_times, analog_outputs, parameter
        See the classes.

    Without tables nothing is known yet: ``Marocco().load(path)``.
    """

    def __init__(self, tables: Tables | None = None) -> None:
        if tables is None:
            return
        self.tables = tables
        self.resources = Resources(tables)
        self.placement = Placement(tables)
        self.l1_routing = L1Routing(tables)
        self.synapse_routing = SynapseRouting(tables)
        self.spike_times = SpikeTimes(tables)
        self.analog_outputs = AnalogOutputs(tables)
        self.parameter = Parameter(self.synapse_routing)

    def __getattr__(self, name: str) -> Any:
        hint = ": there are no results here, load(path) reads some" if "tables" not in vars(self) else ""
        raise AttributeError(f"results have no {name!r}{hint}")

    @classmethod
    def from_file(cls, path: str | Path) -> Marocco:
        """Read a result file.

        Raises
        ------
        FrontendError
            If there is none.
        models.errors.FormatError
            If it was written by something else; marocco's own archives cannot be read.
        """
        if not Path(path).is_file():
            raise FrontendError(f"file not found: {path}")
        return cls(Tables.load(Path(path)))

    def load(self, path: str | Path) -> None:
        """Replace these results by those of a file."""
        vars(self).update(vars(Marocco.from_file(path)))

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write a result file; whatever its extension, it is a solution file of this program.

        Raises
        ------
        FrontendError
            If the file exists and may not be overwritten.
        """
        if Path(path).exists() and not overwrite:
            raise FrontendError(f"file already exists: {path}")
        self.tables.save(Path(path))

    @property
    def bio_graph(self) -> nx.MultiDiGraph[int]:
        """The network as a graph of populations; see `mapper.frontends.pymarocco.network_results.bio_graph`."""
        return bio_graph(self.tables)

    def l1_properties(self) -> list[L1Properties]:
        """Return all routes with drivers, synapses, projections and addresses, as pictures need them."""
        return list(l1_properties(self.tables))

    def properties(self, hicann: HICANNOnWafer | NeuronOnWafer) -> Properties:
        """Return what of a HICANN is in use."""
        return Properties(self.tables, int(hicann.toHICANNOnWafer()))
