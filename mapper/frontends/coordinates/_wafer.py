"""Coordinates on a wafer."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from mapper.frontends.coordinates._base import Enum, Grid, Ranged, X, Y
from mapper.frontends.coordinates._chip import (
    DNCMergerOnHICANN,
    L1Address,
    NeuronBlockOnHICANN,
    NeuronOnHICANN,
    SynapseOnHICANN,
)
from mapper.frontends.errors import CoordinateError, TypeRejected
from models.hardware import coordinates as grid


class Wafer(Ranged):
    """A wafer of the machine; only a label."""


class DNCOnWafer(Ranged):
    """A reticle."""

    size = grid.N_RETICLES


class FPGAOnWafer(Ranged):
    """An FPGA."""

    size = grid.N_FPGAS

    def toHICANNOnWafer(self) -> list[HICANNOnWafer]:
        """Return the HICANNs that it serves."""
        return [HICANNOnWafer(int(hicann)) for hicann in grid.hicanns_of_fpga(int(self))]


class FPGAGlobal(FPGAOnWafer):
    """An FPGA of a wafer of the machine."""

    def __new__(cls, fpga: Any = 0, wafer: Any = 33) -> Self:
        """Return the FPGA with a number; the wafer is a label."""
        return super().__new__(cls, fpga)


class HICANNOnDNC(Grid):
    """A HICANN on its reticle."""

    size, width = grid.HICANNS_PER_RETICLE, 4


class HICANNOnWafer(Grid):
    """A HICANN by X and Y, or by its number 0..383, which counts row by row from the top."""

    size, width = grid.N_HICANNS, grid.WIDTH

    @classmethod
    def _number(cls, x: int, y: int) -> int:
        try:
            return grid.hicann_at(x, y)
        except ValueError as error:
            raise CoordinateError(f"HICANNOnWafer(X({x}), Y({y})): {error}") from None

    def x(self) -> X:
        """Return the column on the wafer."""
        return X(int(grid.X[int(self)]))

    def y(self) -> Y:
        """Return the row on the wafer."""
        return Y(int(grid.Y[int(self)]))

    def toHICANNOnWafer(self) -> HICANNOnWafer:
        """Return the HICANN itself."""
        return self

    def toDNCOnWafer(self) -> DNCOnWafer:
        """Return its reticle."""
        return DNCOnWafer(int(grid.RETICLE_OF[int(self)]))

    def toFPGAOnWafer(self) -> FPGAOnWafer:
        """Return the FPGA that serves it."""
        return FPGAOnWafer(int(grid.FPGA_OF[int(self)]))

    def toHICANNOnDNC(self) -> HICANNOnDNC:
        """Return its place on its reticle."""
        return HICANNOnDNC(int(grid.HICANN_ON_RETICLE[int(self)]))


_WAFER = Wafer(33)


class _OnHicann:
    """Something on a HICANN of a wafer: made of coordinates of these types.

    Raises
    ------
    TypeRejected
        If one is of another type.
    """

    hicann: HICANNOnWafer
    parts: ClassVar[tuple[type[Any], ...]] = ()

    def __post_init__(self) -> None:
        given = [getattr(self, f.name) for f in fields(self)]  # type: ignore[arg-type]
        if not all(map(isinstance, given, self.parts)):
            names = (", ".join(part) for part in ([k.__name__ for k in self.parts], map(str, given)))
            raise TypeRejected(f"{type(self).__name__} takes (%s) (got %s)" % tuple(names))

    def toHICANNOnWafer(self) -> HICANNOnWafer:
        """Return the HICANN."""
        return self.hicann


@dataclass(frozen=True, order=True, repr=False)
class HICANNGlobal(_OnHicann):
    """A HICANN of a wafer of the machine; an Enum counts through all wafers."""

    parts = (HICANNOnWafer, Wafer)

    hicann: HICANNOnWafer
    wafer: Wafer = _WAFER

    def __post_init__(self) -> None:
        if isinstance(self.hicann, Enum):
            wafer, hicann = divmod(int(self.hicann), grid.N_HICANNS)
            object.__setattr__(self, "hicann", HICANNOnWafer(hicann))
            object.__setattr__(self, "wafer", Wafer(wafer))
        super().__post_init__()

    def toWafer(self) -> Wafer:
        """Return the wafer."""
        return self.wafer

    def toEnum(self) -> Enum:
        """Return the number of the HICANN on its wafer."""
        return self.hicann.toEnum()

    def __str__(self) -> str:
        return f"HICANNGlobal({self.hicann}, {self.wafer})"

    __repr__ = __str__


@dataclass(frozen=True, order=True, repr=False)
class NeuronOnWafer(_OnHicann):
    """A denmem of a HICANN."""

    parts = (NeuronOnHICANN, HICANNOnWafer)

    neuron: NeuronOnHICANN
    hicann: HICANNOnWafer

    def toNeuronOnHICANN(self) -> NeuronOnHICANN:
        """Return its place on its HICANN."""
        return self.neuron

    def toNeuronBlockOnWafer(self) -> NeuronBlockOnWafer:
        """Return its neuron block."""
        return NeuronBlockOnWafer(self.neuron.toNeuronBlockOnHICANN(), self.hicann)

    def __str__(self) -> str:
        return f"NeuronOnWafer({self.neuron}, {self.hicann})"

    __repr__ = __str__


@dataclass(frozen=True, order=True, repr=False)
class NeuronBlockOnWafer(_OnHicann):
    """A neuron block of a HICANN."""

    parts = (NeuronBlockOnHICANN, HICANNOnWafer)

    block: NeuronBlockOnHICANN
    hicann: HICANNOnWafer

    def toNeuronBlockOnHICANN(self) -> NeuronBlockOnHICANN:
        """Return its place on its HICANN."""
        return self.block

    def __str__(self) -> str:
        return f"NeuronBlockOnWafer({self.block}, {self.hicann})"

    __repr__ = __str__


@dataclass(frozen=True, order=True, repr=False)
class SynapseOnWafer(_OnHicann):
    """A synapse of a HICANN."""

    parts = (SynapseOnHICANN, HICANNOnWafer)

    synapse: SynapseOnHICANN
    hicann: HICANNOnWafer

    def toSynapseOnHICANN(self) -> SynapseOnHICANN:
        """Return its place on its HICANN."""
        return self.synapse

    def __str__(self) -> str:
        return f"SynapseOnWafer({self.synapse}, {self.hicann})"

    __repr__ = __str__


@dataclass(frozen=True, order=True, repr=False)
class DNCMergerOnWafer(_OnHicann):
    """A DNC merger of a HICANN."""

    parts = (DNCMergerOnHICANN, HICANNOnWafer)

    merger: DNCMergerOnHICANN
    hicann: HICANNOnWafer

    def toDNCMergerOnHICANN(self) -> DNCMergerOnHICANN:
        """Return its place on its HICANN."""
        return self.merger

    def __str__(self) -> str:
        return f"DNCMergerOnWafer({self.merger}, {self.hicann})"

    __repr__ = __str__


@dataclass(frozen=True, order=True, repr=False)
class L1AddressOnWafer(_OnHicann):
    """A layer 1 address on the bus of a DNC merger."""

    parts = (DNCMergerOnWafer, L1Address)

    merger: DNCMergerOnWafer
    address: L1Address

    @property
    def hicann(self) -> HICANNOnWafer:  # type: ignore[override]
        """The HICANN."""
        return self.merger.hicann

    def toL1Address(self) -> L1Address:
        """Return the address."""
        return self.address

    def toDNCMergerOnHICANN(self) -> DNCMergerOnHICANN:
        """Return the merger."""
        return self.merger.merger

    def toDNCMergerOnWafer(self) -> DNCMergerOnWafer:
        """Return the merger on the wafer."""
        return self.merger

    def __str__(self) -> str:
        return f"L1AddressOnWafer({self.merger}, {self.address})"

    __repr__ = __str__
