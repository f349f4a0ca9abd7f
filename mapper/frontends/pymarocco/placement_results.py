"""Where cells are: ``results.placement.find(neuron)``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mapper.frontends.coordinates import (
    DNCMergerOnHICANN,
    DNCMergerOnWafer,
    HICANNGlobal,
    HICANNOnWafer,
    L1Address,
    L1AddressOnWafer,
    NeuronBlockOnHICANN,
    NeuronBlockOnWafer,
)
from mapper.frontends.errors import TypeRejected
from mapper.frontends.pyhmf.populations import ID, Population
from mapper.frontends.pymarocco.coordinates import LogicalNeuron
from mapper.frontends.pymarocco.tables import Tables


@dataclass(frozen=True, slots=True)
class BioNeuron:
    """A cell of the script."""

    population_number: int
    index: int

    def population(self) -> int:
        """Return the number of its population."""
        return self.population_number

    def neuron_index(self) -> int:
        """Return its place in its population."""
        return self.index

    def __str__(self) -> str:
        return f"BioNeuron({self.population_number}, {self.index})"


@dataclass(frozen=True, slots=True, eq=False)
class PlacementItem:
    """One placed cell."""

    tables: Tables
    cell: int

    def bio_neuron(self) -> BioNeuron:
        """Return which cell it is."""
        offsets = self.tables.arrays.offsets
        population = int(np.searchsorted(offsets, self.cell, side="right")) - 1
        return BioNeuron(population, self.cell - int(offsets[population]))

    def population(self) -> int:
        """Return the number of its population."""
        return self.bio_neuron().population()

    def neuron_index(self) -> int:
        """Return its place in its population."""
        return self.bio_neuron().neuron_index()

    def logical_neuron(self) -> LogicalNeuron:
        """Return its denmems; a spike source is external and has none."""
        placement = self.tables.solution.mapping.placement
        if self.tables.arrays.is_source[self.cell]:
            return LogicalNeuron.external(self.population(), self.neuron_index())
        column, width = int(placement.column[self.cell]), int(placement.width[self.cell])
        return LogicalNeuron.of(int(placement.hicann[self.cell]), column, width)

    def hicann(self) -> HICANNOnWafer:
        """Return its HICANN; of a spike source, where it is injected."""
        return HICANNOnWafer(int(self.tables.solution.mapping.placement.hicann[self.cell]))

    def neuron_block(self) -> NeuronBlockOnWafer | None:
        """Return its neuron block, None for a spike source."""
        block = int(self.tables.solution.mapping.placement.block[self.cell])
        return NeuronBlockOnWafer(NeuronBlockOnHICANN(block), self.hicann()) if block >= 0 else None

    def dnc_merger(self) -> DNCMergerOnWafer | None:
        """Return the merger on which it sends, None if it does not send."""
        dnc = int(self.tables.solution.mapping.addresses.dnc[self.cell])
        return DNCMergerOnWafer(DNCMergerOnHICANN(dnc), self.hicann()) if dnc >= 0 else None

    def address(self) -> L1AddressOnWafer | None:
        """Return the bus and address on which it sends, None if it does not send."""
        merger = self.dnc_merger()
        if merger is None:
            return None
        return L1AddressOnWafer(merger, L1Address(int(self.tables.solution.mapping.addresses.address[self.cell])))


class Placement:
    """All placed cells."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def __iter__(self) -> Iterator[PlacementItem]:
        placed = np.flatnonzero(self._tables.solution.mapping.placement.hicann >= 0)
        return (PlacementItem(self._tables, int(cell)) for cell in placed)

    def __len__(self) -> int:
        return int(np.count_nonzero(self._tables.solution.mapping.placement.hicann >= 0))

    def find(self, what: Any) -> list[PlacementItem]:
        """Return what is placed of a cell, logical neuron, population (number), block, merger or HICANN.

        Raises
        ------
        TypeRejected
            If it is none of these.
        """
        placement = self._tables.solution.mapping.placement
        wanted = self._cells(what)
        cells = np.flatnonzero(wanted & (placement.hicann >= 0))
        return [PlacementItem(self._tables, int(cell)) for cell in cells]

    def _cells(self, what: Any) -> Any:
        mapping = self._tables.solution.mapping
        placement, number = mapping.placement, np.arange(len(mapping.placement.hicann))
        match what:
            case ID():
                return number == int(what)
            case BioNeuron():
                return number == self._tables.arrays.offsets[what.population_number] + what.index
            case LogicalNeuron(external_id=(population, index)):
                return number == self._tables.arrays.offsets[population] + index
            case LogicalNeuron():
                first = what.front()
                at = (placement.hicann == int(first.hicann)) & (placement.column == int(first.neuron.x()))
                return at & (2 * placement.width == what.size())
            case HICANNOnWafer() | HICANNGlobal():
                return placement.hicann == int(what.toHICANNOnWafer())
            case NeuronBlockOnWafer():
                return (placement.hicann == int(what.hicann)) & (placement.block == int(what.block))
            case DNCMergerOnWafer():
                return (placement.hicann == int(what.hicann)) & (mapping.addresses.dnc == int(what.merger))
            case Population():
                return (number >= what.first_id) & (number <= what.last_id)
            case int():
                offsets = self._tables.arrays.offsets
                inside = 0 <= what < len(offsets) - 1
                return (number >= offsets[what]) & (number < offsets[what + 1]) if inside else number < 0
        raise TypeRejected(f"placement.find() takes a neuron, population or coordinate (got {what!r})")
