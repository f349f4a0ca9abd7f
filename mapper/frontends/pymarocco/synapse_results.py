"""Where synapses are: ``results.synapse_routing.synapses().find(projection)``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.coordinates import (
    HICANNGlobal,
    HICANNOnWafer,
    SynapseOnHICANN,
    SynapseOnWafer,
    SynapseRowOnHICANN,
)
from mapper.frontends.errors import TypeRejected
from mapper.frontends.pyhmf.populations import ID
from mapper.frontends.pyhmf.projections import Projection
from mapper.frontends.pymarocco.driver_results import HicannRouting
from mapper.frontends.pymarocco.placement_results import BioNeuron, PlacementItem
from mapper.frontends.pymarocco.tables import Tables
from models.hardware.synapses import STP_NAMES
from models.mapping import REALISED


@dataclass(frozen=True, slots=True, eq=False)
class SynapseItem:
    """One synapse of the script."""

    tables: Tables
    number: int

    def edge(self) -> int:
        """Return its number."""
        return self.number

    def projection(self) -> int:
        """Return the number of its projection."""
        return int(self.tables.arrays.projection[self.number])

    def source_neuron(self) -> BioNeuron:
        """Return the cell that sends."""
        return PlacementItem(self.tables, int(self.tables.arrays.pre[self.number])).bio_neuron()

    def target_neuron(self) -> BioNeuron:
        """Return the cell that receives."""
        return PlacementItem(self.tables, int(self.tables.arrays.post[self.number])).bio_neuron()

    def synapse_type(self) -> int:
        """Return the number of the receptor."""
        return int(self.tables.arrays.receptor[self.number])

    def stp_mode(self) -> str:
        """Return the mode of short-term plasticity."""
        return STP_NAMES[self.tables.arrays.stp[self.number]]

    def get_weight(self) -> float:
        """Return the realised weight [uS]; NaN if the synapse is lost."""
        if self.hardware_synapse() is None:
            return float("nan")
        return float(self.tables.weights(np.array([self.number]))[0])

    def hardware_synapse(self) -> SynapseOnWafer | None:
        """Return where it is, None if it is lost."""
        mapping = self.tables.solution.mapping
        if mapping.synapses.cause[self.number] != REALISED:
            return None
        hicann = mapping.placement.hicann[self.tables.arrays.post[self.number]]
        place = SynapseOnHICANN(int(mapping.synapses.column[self.number]), int(mapping.synapses.row[self.number]))
        return SynapseOnWafer(place, HICANNOnWafer(int(hicann)))


class Synapses:
    """All synapses of a mapping, realised or lost."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __len__(self) -> int:
        return len(self._tables.arrays.pre)

    def __iter__(self) -> Iterator[SynapseItem]:
        return (SynapseItem(self._tables, i) for i in range(len(self)))

    def find(self, *what: Any) -> list[SynapseItem]:
        """Return synapses.

        Parameters
        ----------
        what
            A projection; source and target neuron; a projection, source and target; a hardware synapse; or a HICANN
            and a synapse row.

        Raises
        ------
        TypeRejected
            If it is none of these.
        """
        arrays = self._tables.arrays
        match what:
            case (Projection() as projection, *ends):
                own = self._tables.synapses_of(projection.number)
                numbers = np.arange(own.start, own.stop)
                return self._items(self._between(numbers, *ends) if ends else numbers)
            case (ID() | BioNeuron(), ID() | BioNeuron()):
                return self._items(self._between(np.arange(len(arrays.pre)), *what))
            case (SynapseOnWafer() as place,):
                row, column = int(place.synapse.y()), int(place.synapse.x())
                return self._items(self._on(int(place.hicann), row, column))
            case (HICANNOnWafer() | HICANNGlobal() as hicann, SynapseRowOnHICANN() as row_on_hicann):
                return self._items(self._on(int(hicann.toHICANNOnWafer()), int(row_on_hicann)))
        raise TypeRejected(f"synapses().find() takes a projection, neurons or a hardware synapse (got {what!r})")

    def unrealized_synapses(self) -> list[SynapseItem]:
        """Return all lost synapses."""
        return self._items(np.flatnonzero(self._tables.solution.mapping.synapses.cause != REALISED))

    def _items(self, numbers: NDArray[Any]) -> list[SynapseItem]:
        return [SynapseItem(self._tables, int(i)) for i in numbers]

    def _between(self, numbers: NDArray[Any], source: Any, target: Any) -> NDArray[Any]:
        arrays = self._tables.arrays
        fits = (arrays.pre[numbers] == self._cell(source)) & (arrays.post[numbers] == self._cell(target))
        found: NDArray[Any] = numbers[fits]
        return found

    def _cell(self, neuron: Any) -> int:
        if isinstance(neuron, BioNeuron):
            return int(self._tables.arrays.offsets[neuron.population_number]) + neuron.index
        if isinstance(neuron, ID):
            return int(neuron)
        raise TypeRejected(f"a neuron of a population is needed (got {neuron!r})")

    def _on(self, hicann: int, row: int, column: int | None = None) -> NDArray[Any]:
        mapping = self._tables.solution.mapping
        here = (mapping.placement.hicann[self._tables.arrays.post] == hicann) & (mapping.synapses.row == row)
        here &= mapping.synapses.cause == REALISED
        return np.flatnonzero(here if column is None else here & (mapping.synapses.column == column))


class SynapseRouting:
    """Results of the synapse routing."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._synapses = Synapses(tables)

    def synapses(self) -> Synapses:
        """Return all synapses."""
        return self._synapses

    def has(self, hicann: HICANNOnWafer | HICANNGlobal) -> bool:
        """Return whether synapse drivers of a HICANN are in use."""
        return bool(np.any(self._tables.solution.mapping.drivers.hicann == int(hicann.toHICANNOnWafer())))

    def __getitem__(self, hicann: HICANNOnWafer | HICANNGlobal) -> HicannRouting:
        """Return switches, drivers and rows of a HICANN."""
        if not isinstance(hicann, HICANNOnWafer | HICANNGlobal):
            raise TypeRejected(f"HICANNOnWafer is needed (got {hicann!r})")
        return HicannRouting(self._tables, int(hicann.toHICANNOnWafer()))
