"""Coordinates on a HICANN."""

from __future__ import annotations

from typing import Any, Self

from mapper.frontends.coordinates._base import Grid, Ranged
from models.hardware.layer1 import N_HLINES, N_VLINES
from models.hardware.neurons import COLUMNS_PER_BLOCK, FG_BLOCK_OF_DENMEM
from models.hardware.synapses import DRIVER_SIDE, DRIVERS_PER_QUADRANT, N_DRIVERS, N_ROWS


class Orientation(Ranged):
    """Horizontal or vertical."""

    size = 2

    def __str__(self) -> str:
        return ("horizontal", "vertical")[self]

    __repr__ = __str__


class SideHorizontal(Ranged):
    """Left or right."""

    size = 2

    def __str__(self) -> str:
        return ("left", "right")[self]

    __repr__ = __str__


class SideVertical(Ranged):
    """Top or bottom."""

    size = 2

    def __str__(self) -> str:
        return ("top", "bottom")[self]

    __repr__ = __str__


left, right = SideHorizontal(0), SideHorizontal(1)
top, bottom = SideVertical(0), SideVertical(1)
horizontal, vertical = Orientation(0), Orientation(1)


class NeuronBlockOnHICANN(Ranged):
    """Block of 32 columns of denmems."""

    size = 8


class NeuronOnNeuronBlock(Grid):
    """A denmem in its block."""

    size, width = 64, 32


class FGBlockOnHICANN(Grid):
    """Block of floating gates: 0 top left, 1 top right, 2 bottom left, 3 bottom right."""

    size, width = 4, 2


class NeuronOnHICANN(Grid):
    """A denmem: column 0..255, row 0 (top) or 1 (bottom)."""

    size, width = 512, 256

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.x()}, {SideVertical(self.y())})"

    __repr__ = __str__

    def toNeuronBlockOnHICANN(self) -> NeuronBlockOnHICANN:
        """Return its neuron block."""
        return NeuronBlockOnHICANN(int(self.x()) // COLUMNS_PER_BLOCK)

    def toNeuronOnNeuronBlock(self) -> NeuronOnNeuronBlock:
        """Return its place in its neuron block."""
        return NeuronOnNeuronBlock(int(self.x()) % COLUMNS_PER_BLOCK, int(self.y()))

    def toFGBlockOnHICANN(self) -> FGBlockOnHICANN:
        """Return the block of floating gates that its cells are in."""
        return FGBlockOnHICANN(int(FG_BLOCK_OF_DENMEM[int(self)]))

    def toNeuronFGBlock(self) -> int:
        """Return its place in its block of floating gates."""
        return int(self) % 128


class RowOnSynapseDriver(Ranged):
    """Top or bottom row of a synapse driver."""

    size = 2


class SynapseDriverOnHICANN(Ranged):
    """A synapse driver, from top to bottom."""

    size = N_DRIVERS

    def toSideHorizontal(self) -> SideHorizontal:
        """Return on which side it is."""
        return SideHorizontal(int(DRIVER_SIDE[int(self)]))


class SynapseDriverOnQuadrant(Ranged):
    """A synapse driver in its quadrant: what can be chained."""

    size = DRIVERS_PER_QUADRANT


class SynapseRowOnHICANN(Ranged):
    """A row of synapses; also made from a driver and its row."""

    size = N_ROWS

    def __new__(cls, value: Any = 0, row: Any = None) -> Self:
        """Return the row with a number, or the ``row`` of the driver ``value``."""
        return super().__new__(cls, int(value) if row is None else 2 * int(value) + int(row))

    def toSynapseDriverOnHICANN(self) -> SynapseDriverOnHICANN:
        """Return its driver."""
        return SynapseDriverOnHICANN(int(self) // 2)

    def toRowOnSynapseDriver(self) -> RowOnSynapseDriver:
        """Return which of the driver's rows it is."""
        return RowOnSynapseDriver(int(self) % 2)


class SynapseColumnOnHICANN(Ranged):
    """A column of synapses."""

    size = 256


class SynapseOnHICANN(Grid):
    """A synapse: column and row."""

    size, width = N_ROWS * 256, 256

    def toSynapseRowOnHICANN(self) -> SynapseRowOnHICANN:
        """Return its row."""
        return SynapseRowOnHICANN(int(self.y()))

    def toSynapseColumnOnHICANN(self) -> SynapseColumnOnHICANN:
        """Return its column."""
        return SynapseColumnOnHICANN(int(self.x()))

    def toSynapseDriverOnHICANN(self) -> SynapseDriverOnHICANN:
        """Return its driver."""
        return self.toSynapseRowOnHICANN().toSynapseDriverOnHICANN()


class L1Address(Ranged):
    """Address on a layer 1 bus."""

    size = 64


class DNCMergerOnHICANN(Ranged):
    """The last merger before layer 1."""

    size = 8


class GbitLinkOnHICANN(Ranged):
    """Channel of the high-speed link."""

    size = 8


class HLineOnHICANN(Ranged):
    """Horizontal bus line."""

    size = N_HLINES


class VLineOnHICANN(Ranged):
    """Vertical bus line."""

    size = N_VLINES


class AnalogOnHICANN(Ranged):
    """Analog output."""

    size = 2
