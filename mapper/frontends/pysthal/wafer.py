"""The low-level configuration of a wafer, changed register by register (sthal ``Wafer``, ``HICANN``).

Every change makes a new `models.configuration.Configuration`; the mapping and its results stay as they are.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mapper.frontends import session as sessions
from mapper.frontends.coordinates import (
    HICANNGlobal,
    HICANNOnWafer,
    NeuronOnHICANN,
    NeuronOnWafer,
    RowOnSynapseDriver,
    SynapseDriverOnHICANN,
    SynapseOnHICANN,
    SynapseOnWafer,
    SynapseRowOnHICANN,
)
from mapper.frontends.errors import FrontendError, TypeRejected, ValueRejected
from mapper.frontends.pyhalbe.hicann import DriverDecoder, GmaxDiv, SynapseDecoder, SynapseWeight
from mapper.frontends.pysthal.chips import Chips
from models.configuration import Configuration, configuration_from_arrays
from models.errors import FormatError
from models.hardware.calibration_cells import DENMEM_CELL, SHARED_CELL

#: Largest value of one of the two divider registers of a row.
_DIVIDER_MAX = 15
#: How often floating gates are programmed (sthal ``FGConfig``).
_PASSES = 2
#: Shared floating gates that belong to layer 1 (halbe).
_LOCKING = frozenset({"V_dllres", "V_ccas"})
#: Prefix of the tables in a file.
_TABLES = "configuration"


class Wafer:
    """The configuration between mapping and run."""

    def __init__(self, coordinate: Any = None) -> None:
        self.coordinate = coordinate
        self._chips: Chips | None = None
        self.programming: dict[tuple[int, int], FGConfig] = {}

    @property
    def configuration(self) -> Configuration | None:
        """The bits with all changes; None before the first mapping."""
        return None if self._chips is None else self._chips.whole()

    @configuration.setter
    def configuration(self, bits: Configuration | None) -> None:
        self._chips = None if bits is None else Chips(bits)

    def index(self) -> Any:
        """Return which wafer it is."""
        return self.coordinate

    def dump(self, filename: str | Path, overwrite: bool = False) -> None:
        """Write the configuration with all changes; the file appears complete or not at all.

        Raises
        ------
        FrontendError
            If nothing was mapped yet, or the file exists and may not be overwritten.
        """
        from models.instance.writer import npz_bytes, write_bytes
        from models.mapping import to_arrays

        if Path(filename).exists() and not overwrite:
            raise FrontendError(f"file already exists: {filename}")
        write_bytes(Path(filename), npz_bytes(to_arrays(self.bits(), _TABLES)))

    def load(self, filename: str | Path) -> None:
        """Read what `dump` wrote.

        Raises
        ------
        FrontendError
            If there is no such file.
        models.errors.FormatError
            If it is another file; archives of sthal cannot be read.
        """
        if not Path(filename).is_file():
            raise FrontendError(f"file not found: {filename}")
        try:
            with np.load(filename, allow_pickle=False) as archive:
                self.configuration = configuration_from_arrays({name: archive[name] for name in archive.files})
        except (ValueError, KeyError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
            raise FormatError(f"{filename}: no configuration that this program wrote ({error})") from None

    def chips(self) -> Chips:
        """Return the HICANNs.

        Raises
        ------
        FrontendError
            If nothing was mapped yet.
        """
        if self._chips is None:
            raise FrontendError("the wafer is not configured yet: run() maps the network first")
        return self._chips

    def bits(self) -> Configuration:
        """Return the bits.

        Raises
        ------
        FrontendError
            If nothing was mapped yet.
        """
        return self.chips().whole()

    def getAllocatedHicannCoordinates(self) -> list[HICANNOnWafer]:
        """Return all HICANNs in use, ascending."""
        return [] if self._chips is None else [HICANNOnWafer(int(h)) for h in self._chips.whole().hicanns]

    def __getitem__(self, hicann: HICANNOnWafer | HICANNGlobal) -> Hicann:
        """Return the configuration of a HICANN in use."""
        if not isinstance(hicann, HICANNOnWafer | HICANNGlobal):
            raise TypeRejected(f"HICANNOnWafer is needed (got {hicann!r})")
        number = int(hicann.toHICANNOnWafer())
        if number not in self.chips():
            raise ValueRejected(f"{hicann} is not in use; getAllocatedHicannCoordinates() lists those that are")
        return Hicann(self, number)


@dataclass(frozen=True, slots=True)
class Hicann:
    """The configuration of one HICANN."""

    wafer: Wafer
    number: int

    @property
    def floating_gates(self) -> FloatingGates:
        """Analog parameters."""
        return FloatingGates(self)

    @property
    def synapses(self) -> Synapses:
        """Synapse drivers, rows and synapses."""
        return Synapses(self)

    def index(self) -> HICANNOnWafer:
        """Return which HICANN it is."""
        return HICANNOnWafer(self.number)

    def table(self, name: str) -> Any:
        """Return this HICANN's part of a table of the configuration."""
        return getattr(self.wafer.chips().chip(self.number), name)[0]

    def change(self, method: str, *arguments: Any) -> None:
        """Change the configuration of this HICANN."""
        self.wafer.chips().change(self.number, method, *arguments)


@dataclass(slots=True)
class FGConfig:
    """How a block of floating gates is programmed; the emulator programs ideally."""

    fg_biasn: int = 5
    fg_bias: int = 8
    maxcycle: int = 255
    currentwritetime: int = 1
    voltagewritetime: int = 15
    readtime: int = 63
    acceleratorstep: int = 9
    pulselength: int = 9


@dataclass(frozen=True, slots=True)
class FloatingGates:
    """Analog parameters of a HICANN as 10-bit DAC values."""

    hicann: Hicann

    def setShared(self, block: Any, parameter: Any, dac: int) -> None:
        """Set a parameter that a block shares."""
        name = _name(parameter, SHARED_CELL)
        if name in _LOCKING:
            sessions.current().notices.inform(f"{name} is kept, but has no effect: layer 1 always locks here")
        self.hicann.change("with_floating_gate", name, int(dac), int(block))

    def getShared(self, block: Any, parameter: Any) -> int:
        """Return a parameter that a block shares."""
        return int(self.hicann.table("fg_shared")[int(block), SHARED_CELL[_name(parameter, SHARED_CELL)]])

    def setNeuron(self, denmem: Any, parameter: Any, dac: int) -> None:
        """Set a parameter of a denmem."""
        self.hicann.change("with_floating_gate", _name(parameter, DENMEM_CELL), int(dac), _denmem(denmem))

    def getNeuron(self, denmem: Any, parameter: Any) -> int:
        """Return a parameter of a denmem."""
        return int(self.hicann.table("fg_denmem")[_denmem(denmem), DENMEM_CELL[_name(parameter, DENMEM_CELL)]])

    def getNoProgrammingPasses(self) -> int:
        """Return how often the cells are programmed."""
        return _PASSES

    def getFGConfig(self, programming_pass: Any) -> FGConfig:
        """Return how the cells are programmed in a pass."""
        found = self.hicann.wafer.programming.get((self.hicann.number, _pass(programming_pass)))
        return FGConfig() if found is None else replace(found)

    def setFGConfig(self, programming_pass: Any, config: FGConfig) -> None:
        """Keep how the cells are programmed in a pass; the emulator's cells hold what they are given."""
        self.hicann.wafer.programming[self.hicann.number, _pass(programming_pass)] = replace(config)
        sessions.current().notices.inform(
            "setFGConfig() is kept, but has no effect: emulated floating gates hold what they are given; "
            "marocco.variation gives them errors"
        )


def _pass(number: Any) -> int:
    if not 0 <= int(number) < _PASSES:
        raise ValueRejected(f"a programming pass is 0..{_PASSES - 1} (got {int(number)})")
    return int(number)


def _name(parameter: Any, known: dict[str, int]) -> str:
    name = str(getattr(parameter, "value", parameter))
    if name not in known:
        raise ValueRejected(f"no such floating gate here: {name!r}; known are {', '.join(known)}")
    return name


def _denmem(denmem: Any) -> int:
    if isinstance(denmem, NeuronOnWafer):
        return int(denmem.toNeuronOnHICANN())
    if isinstance(denmem, NeuronOnHICANN):
        return int(denmem)
    raise TypeRejected(f"NeuronOnHICANN is needed (got {denmem!r})")


@dataclass(frozen=True, slots=True)
class Synapses:
    """``synapses[driver][row]`` and ``synapses[synapse]``."""

    hicann: Hicann

    def __getitem__(self, place: Any) -> Any:
        """Return a driver, a row or a synapse."""
        match place:
            case SynapseOnWafer():
                return Synapse(self.hicann, place.toSynapseOnHICANN())
            case SynapseOnHICANN():
                return Synapse(self.hicann, place)
            case SynapseRowOnHICANN():
                return Row(self.hicann, int(place))
            case SynapseDriverOnHICANN():
                return Driver(self.hicann, int(place))
        raise TypeRejected(f"a synapse driver, row or synapse is needed (got {place!r})")


@dataclass(frozen=True, slots=True)
class Driver:
    """A synapse driver."""

    hicann: Hicann
    number: int

    def __getitem__(self, row: RowOnSynapseDriver) -> Row:
        """Return one of its two rows."""
        return Row(self.hicann, 2 * self.number + int(row))

    def is_enabled(self) -> bool:
        """Return whether it is in use."""
        return bool(self.hicann.table("driver_enable")[self.number])


@dataclass(frozen=True, slots=True)
class Row:
    """A synapse row."""

    hicann: Hicann
    number: int

    def set_gmax_div(self, *value: Any) -> None:
        """Set the divider: ``(side, 1..15)`` for one of its registers, or ``(GmaxDiv(2..30))`` for their sum."""
        halves = self.hicann.table("row_gmax_div")[self.number].tolist()
        if len(value) == 2:
            if not 1 <= int(value[1]) <= _DIVIDER_MAX:
                raise ValueRejected(f"gmax_div of one side must be 1..15 (got {int(value[1])})")
            halves[int(value[0])] = int(value[1])
        else:
            total = GmaxDiv(value[0])
            halves = [int(total) // 2, int(total) - int(total) // 2]
        self.hicann.change("with_gmax_div", self.number, *halves)

    def get_gmax_div(self, side: Any = None) -> int:
        """Return one of the two registers, or their sum."""
        halves = self.hicann.table("row_gmax_div")[self.number]
        return int(halves.sum() if side is None else halves[int(side)])

    def set_gmax(self, selector: int) -> None:
        """Choose V_gmax0..3."""
        self.hicann.change("with_gmax", self.number, int(selector))

    def get_gmax(self) -> int:
        """Return which V_gmax is chosen."""
        return int(self.hicann.table("row_gmax")[self.number])

    def set_decoder(self, half: Any, decoder: Any) -> None:
        """Set the decoder of the half row in even (0) or odd (1) columns."""
        self.hicann.change("with_row_decoder", self.number, int(half), int(DriverDecoder(decoder)))

    def get_decoder(self, half: Any) -> DriverDecoder:
        """Return the decoder of a half row."""
        return DriverDecoder(int(self.hicann.table("row_decoder")[self.number, int(half)]))


@dataclass(slots=True)
class Synapse:
    """A synapse: ``proxy.weight = HICANN.SynapseWeight(15)``."""

    hicann: Hicann
    place: SynapseOnHICANN

    @property
    def weight(self) -> SynapseWeight:
        """Digital weight 0..15."""
        return SynapseWeight(self._code() & 15)

    @weight.setter
    def weight(self, value: Any) -> None:
        self.hicann.change("with_weight", int(self.place.y()), int(self.place.x()), int(SynapseWeight(value)))

    @property
    def decoder(self) -> SynapseDecoder:
        """Decoder 0..15."""
        return SynapseDecoder(self._code() >> 4)

    @decoder.setter
    def decoder(self, value: Any) -> None:
        self.hicann.change("with_decoder", int(self.place.y()), int(self.place.x()), int(SynapseDecoder(value)))

    def _code(self) -> int:
        return int(np.asarray(self.hicann.table("synapse"))[int(self.place.y()), int(self.place.x())])
