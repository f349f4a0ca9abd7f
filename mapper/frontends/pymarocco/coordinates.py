"""Coordinates of marocco itself: the logical neuron, which is a set of connected denmems or a spike source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mapper.frontends.coordinates import (
    HICANNOnWafer,
    NeuronBlockOnWafer,
    NeuronOnHICANN,
    NeuronOnNeuronBlock,
    NeuronOnWafer,
    X,
    Y,
)
from mapper.frontends.errors import CoordinateError, ValueRejected
from models.hardware.neurons import COLUMNS_PER_BLOCK


@dataclass(frozen=True, slots=True, repr=False)
class LogicalNeuron:
    """The denmems of a neuron, top row left to right, then bottom row; or an external source.

    Attributes
    ----------
    denmems : tuple of NeuronOnWafer
        Empty for an external source.
    external_id : (int, int) or None
        Population and index of an external source.
    """

    denmems: tuple[NeuronOnWafer, ...] = ()
    external_id: tuple[int, int] | None = None

    @classmethod
    def on(cls, block: NeuronBlockOnWafer) -> Builder:
        """Return a builder: ``LogicalNeuron.on(block).add(denmem, 2).add(denmem, 2).done()``."""
        return Builder(block)

    @classmethod
    def rectangular(cls, topleft: NeuronOnWafer, size: int) -> LogicalNeuron:
        """Return the neuron of ``size`` denmems that spans both rows from a denmem of the top row."""
        neuron, hicann = topleft.toNeuronOnHICANN(), topleft.toHICANNOnWafer()
        if int(neuron.y()) or size < 2 or size % 2:
            raise ValueRejected(f"a rectangular neuron starts in the top row and has an even size (got {topleft})")
        first, width = int(neuron.x()), size // 2
        if first // COLUMNS_PER_BLOCK != (first + width - 1) // COLUMNS_PER_BLOCK:
            raise CoordinateError(f"{size} denmems from {topleft} reach into the next neuron block")
        return cls.of(int(hicann), first, width)

    @classmethod
    def of(cls, hicann: int, column: int, width: int) -> LogicalNeuron:
        """Return the neuron in ``width`` columns, both rows."""
        chip = HICANNOnWafer(hicann)
        return cls(
            tuple(
                NeuronOnWafer(NeuronOnHICANN(X(x), Y(y)), chip) for y in (0, 1) for x in range(column, column + width)
            )
        )

    @classmethod
    def external(cls, population: int, index: int) -> LogicalNeuron:
        """Return a spike source."""
        return cls((), (population, index))

    def size(self) -> int:
        """Return the number of denmems."""
        return len(self.denmems)

    def denmem(self, i: int) -> NeuronOnWafer:
        """Return a denmem."""
        return self.denmems[i]

    def front(self) -> NeuronOnWafer:
        """Return the first denmem."""
        return self.denmems[0]

    def back(self) -> NeuronOnWafer:
        """Return the last denmem."""
        return self.denmems[-1]

    def is_external(self) -> bool:
        """Return whether it is a spike source."""
        return self.external_id is not None

    def is_rectangular(self) -> bool:
        """Return whether the denmems fill a rectangle over both rows."""
        if not self.denmems:
            return False
        places = {(int(d.neuron.x()), int(d.neuron.y())) for d in self.denmems}
        columns = sorted({x for x, _ in places})
        span = range(columns[0], columns[-1] + 1)
        return columns == list(span) and places == {(x, y) for x in span for y in (0, 1)}

    def __iter__(self) -> Iterator[NeuronOnWafer]:
        return iter(self.denmems)

    def __len__(self) -> int:
        return len(self.denmems)

    def __str__(self) -> str:
        if self.external_id is not None:
            return f"LogicalNeuron::external({self.external_id[0]}, {self.external_id[1]})"
        if not self.denmems:
            return "LogicalNeuron()"
        first = self.front()
        return f"LogicalNeuron({first.toNeuronBlockOnWafer()}, {first.neuron.toNeuronOnNeuronBlock()}x{self.size()})"

    __repr__ = __str__


class Builder:
    """Puts a logical neuron together on one neuron block."""

    def __init__(self, block: NeuronBlockOnWafer) -> None:
        self._block = block
        self._denmems: set[NeuronOnWafer] = set()

    def add(self, neuron: NeuronOnNeuronBlock, size: int = 1) -> Builder:
        """Add ``size`` denmems of one row, from ``neuron`` on."""
        offset = int(self._block.toNeuronBlockOnHICANN()) * COLUMNS_PER_BLOCK
        first = int(neuron.x())
        if first + size > COLUMNS_PER_BLOCK:
            raise CoordinateError(f"{size} denmems from {neuron} reach into the next neuron block")
        for x in range(first, first + size):
            place = NeuronOnWafer(NeuronOnHICANN(offset + x, int(neuron.y())), self._block.toHICANNOnWafer())
            if place in self._denmems:
                raise ValueRejected(f"{place} is added twice")
            self._denmems.add(place)
        return self

    def done(self) -> LogicalNeuron:
        """Return the neuron."""
        if not self._denmems:
            raise ValueRejected("a logical neuron needs at least one denmem")
        return LogicalNeuron(tuple(sorted(self._denmems, key=lambda d: int(d.neuron))))
