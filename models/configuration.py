"""The configuration bits of every HICANN in use: all that the emulator gets.

One row per configured HICANN in every table.  Register meanings follow halbe's containers; registers that are
write-only history are not here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.errors import MapperError
from models.hardware.calibration_cells import (
    DAC_MAX,
    DENMEM_CELL,
    LEAK_NAMES,
    LEAK_NORMAL,
    N_SHARED_BLOCKS,
    SHARED_CELL,
    default_denmem_cells,
    default_shared_cells,
)
from models.hardware.layer1 import N_CROSSBAR_SWITCHES, N_LINES
from models.hardware.mergers import DEFAULT_MODES, LEFT_ONLY, LINK_OFF
from models.hardware.neurons import N_DENMEMS, N_QUADS
from models.hardware.synapses import N_COLUMNS, N_DRIVERS, N_ROWS, N_SYNAPSE_SWITCHES, UNUSED_SYNAPSE

U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]
Bits = NDArray[np.bool_]

#: Repeater register: any of these bits.  A repeater joins the local line with the neighbour's line on its side.
DRIVE_LOCAL: Final = 1
DRIVE_NEIGHBOUR: Final = 2
FROM_MERGER: Final = 4
"""With FROM_MERGER (sending repeaters only) the signal comes from the DNC merger; else from the other line."""


class RegisterError(MapperError, ValueError):
    """A change of a configuration names a HICANN, place or value that does not exist."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The bits of ``n`` HICANNs and the labels that tie them to the network's cells.

    Attributes
    ----------
    hicanns : (n,) int16
        Enums of the configured HICANNs, ascending; row i of every table below belongs to ``hicanns[i]``.
    merger_mode : (n, 15) uint8
        LEFT_ONLY, RIGHT_ONLY or MERGE of Merger0[0..7], Merger1[0..3], Merger2[0..1], Merger3[0].
    dnc_mode : (n, 8) uint8
        The same of the DNC mergers: left input is the Gbit link, right input the tap.
    dnc_slow : (n, 8) bool
        Slow bit of the DNC mergers, set on every used bus.
    gbit_link : (n, 8) uint8
        Direction of the Gbit links: LINK_OFF, LINK_TO_DNC, LINK_TO_HICANN.
    generator : (n, 8) bool
        Background generator enabled; it sends ``generator_address``, which locks the bus's repeaters.
    generator_address : (n, 8) uint8
        Its L1 address.
    repeater : (n, 320) uint8
        Register of the repeater of every line (HLines, then VLines): DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER.
    crossbar : (n, 512) bool
        Crossbar switch 8 h + v // 32 closed.
    synapse_switch : (n, 7168) bool
        Select switch 32 y + 4 (v // 32) + v % 4 closed.
    driver_enable, driver_locin, driver_mirror : (n, 224) bool
        Driver enabled; takes its input from the select switches; passes it to its outer neighbour.
    driver_stp : (n, 224) uint8
        STP mode: 0 off, 1 depression, 2 facilitation.
    driver_stp_cap : (n, 224) uint8
        STP capacitor 0..7, which sets the utilisation.
    row_decoder : (n, 448, 2) uint8
        2-bit driver decoder of the even and odd half row.
    row_input : (n, 448, 2) bool
        Row drives the left and right synaptic input.
    row_gmax : (n, 448) uint8
        Which of the four V_gmax the row uses.
    row_gmax_div : (n, 448, 2) uint8
        4-bit gmax dividers for both inputs.
    synapse : (n, 448, 256) uint8
        Decoder in the high, weight in the low four bits.
    denmem_vertical : (n, 256) bool
        Column's two denmems shorted.
    denmem_horizontal : (n, 2, 128) bool
        Quad's left and right denmem shorted, by row.
    denmem_fire_input : (n, 512) bool
        Joined to the neighbouring quad: an even column to its left, an odd column to its right.
    denmem_fires, denmem_sends : (n, 512) bool
        Owns the threshold of its neuron; sends spikes to layer 1.
    denmem_address : (n, 512) uint8
        6-bit L1 address it sends.
    denmem_bigcap : (n, 2) bool
        The denmems of the top and bottom half use the big membrane capacitor.
    denmem_leak : (n, 2) uint8
        Their leak conductance: LEAK_NORMAL, LEAK_SLOW or LEAK_FAST.
    fg_denmem : (n, 512, 23) uint16
        10-bit floating gates of every denmem, in the order of `models.hardware.calibration_cells.DENMEM_CELLS`.
    fg_shared : (n, 4, 23) uint16
        Floating gates that a block shares, in the order of SHARED_CELLS.
    neuron_cell, neuron_hicann, neuron_denmem : (k,) int32, int16, int16
        Labels: which cell of the network the firing denmem is.
    input_cell, input_hicann, input_link, input_address : (m,) int32, int16, uint8, uint8
        Labels: the events of a spike source enter through this Gbit link with this L1 address.
    """

    hicanns: NDArray[np.int16]
    merger_mode: U1
    dnc_mode: U1
    dnc_slow: Bits
    gbit_link: U1
    generator: Bits
    generator_address: U1
    repeater: U1
    crossbar: Bits
    synapse_switch: Bits
    driver_enable: Bits
    driver_locin: Bits
    driver_mirror: Bits
    driver_stp: U1
    driver_stp_cap: U1
    row_decoder: U1
    row_input: Bits
    row_gmax: U1
    row_gmax_div: U1
    synapse: U1
    denmem_vertical: Bits
    denmem_horizontal: Bits
    denmem_fire_input: Bits
    denmem_fires: Bits
    denmem_sends: Bits
    denmem_address: U1
    denmem_bigcap: Bits
    denmem_leak: U1
    fg_denmem: U2
    fg_shared: U2
    neuron_cell: NDArray[np.int32]
    neuron_hicann: NDArray[np.int16]
    neuron_denmem: NDArray[np.int16]
    input_cell: NDArray[np.int32]
    input_hicann: NDArray[np.int16]
    input_link: U1
    input_address: U1

    @classmethod
    def blank(cls, hicanns: NDArray[np.int16]) -> Configuration:
        """Return the configuration of HICANNs after power-on, with every synapse disabled and no labels."""
        n = len(hicanns)

        def bits(*shape: int) -> Bits:
            return np.zeros((n, *shape), dtype=np.bool_)

        def registers(*shape: int, value: int = 0) -> U1:
            return np.full((n, *shape), value, dtype=np.uint8)

        return cls(
            hicanns=hicanns.astype(np.int16),
            merger_mode=np.tile(np.array(DEFAULT_MODES, np.uint8), (n, 1)),
            dnc_mode=registers(8, value=LEFT_ONLY),
            dnc_slow=bits(8),
            gbit_link=registers(8, value=LINK_OFF),
            generator=bits(8),
            generator_address=registers(8),
            repeater=registers(N_LINES),
            crossbar=bits(N_CROSSBAR_SWITCHES),
            synapse_switch=bits(N_SYNAPSE_SWITCHES),
            driver_enable=bits(N_DRIVERS),
            driver_locin=bits(N_DRIVERS),
            driver_mirror=bits(N_DRIVERS),
            driver_stp=registers(N_DRIVERS),
            driver_stp_cap=registers(N_DRIVERS),
            row_decoder=registers(N_ROWS, 2),
            row_input=bits(N_ROWS, 2),
            row_gmax=registers(N_ROWS),
            row_gmax_div=registers(N_ROWS, 2),
            synapse=registers(N_ROWS, N_COLUMNS, value=UNUSED_SYNAPSE),
            denmem_vertical=bits(256),
            denmem_horizontal=bits(2, N_QUADS),
            denmem_fire_input=bits(N_DENMEMS),
            denmem_fires=bits(N_DENMEMS),
            denmem_sends=bits(N_DENMEMS),
            denmem_address=registers(N_DENMEMS),
            denmem_bigcap=np.ones((n, 2), dtype=np.bool_),
            denmem_leak=registers(2, value=LEAK_NORMAL),
            fg_denmem=np.tile(default_denmem_cells(), (n, N_DENMEMS, 1)),
            fg_shared=np.tile(default_shared_cells(), (n, N_SHARED_BLOCKS, 1)),
            neuron_cell=np.empty(0, np.int32),
            neuron_hicann=np.empty(0, np.int16),
            neuron_denmem=np.empty(0, np.int16),
            input_cell=np.empty(0, np.int32),
            input_hicann=np.empty(0, np.int16),
            input_link=np.empty(0, np.uint8),
            input_address=np.empty(0, np.uint8),
        )

    def copy(self) -> Configuration:
        """Return a copy whose tables may be changed independently."""
        return Configuration(**{f.name: getattr(self, f.name).copy() for f in fields(self)})

    def with_value(self, table: str, hicann: int, place: tuple[Any, ...], value: Any, largest: int) -> Configuration:
        """Return a copy that shares all tables but one, in which some registers of a HICANN have another value.

        Parameters
        ----------
        table : str
            Name of the table.
        hicann : int
            Enum of a configured HICANN.
        place : tuple
            Index into the HICANN's part of the table.
        value : int or array
            New value, 0..largest.

        Raises
        ------
        RegisterError
            If the HICANN is not configured, there is no such place, or the register cannot hold the value.
        """
        at = np.flatnonzero(self.hicanns == hicann)
        if not len(at):
            raise RegisterError(f"HICANN {hicann} is not configured; configured are {self.hicanns.tolist()}")
        if np.any(np.asarray(value) < 0) or np.any(np.asarray(value) > largest):
            raise RegisterError(f"{table} holds 0..{largest} (got {value!r})")
        changed = getattr(self, table).copy()
        if any(not isinstance(i, slice) and np.any(np.asarray(i) < 0) for i in place):
            raise RegisterError(f"{table} of HICANN {hicann} has no place {place} (negative index)")
        try:
            changed[at[0]][place] = value
        except IndexError:
            raise RegisterError(f"{table} of HICANN {hicann} has no place {place}: {changed.shape[1:]}") from None
        return replace(self, **{table: changed})

    def with_weight(self, hicann: int, row: int, column: int, weight: int) -> Configuration:
        """Return a copy in which one synapse has another weight code 0..15."""
        return self._with_synapse(hicann, row, column, 0xF0, weight, 0)

    def with_decoder(self, hicann: int, row: int, column: int, decoder: int) -> Configuration:
        """Return a copy in which one synapse has another decoder 0..15."""
        return self._with_synapse(hicann, row, column, 0x0F, decoder, 4)

    def _with_synapse(self, hicann: int, row: int, column: int, kept: int, value: int, shift: int) -> Configuration:
        changed = self.with_value("synapse", hicann, (row, column), value, 15)
        at = int(self.position[hicann])
        changed.synapse[at, row, column] = (self.synapse[at, row, column] & kept) | value << shift
        return changed

    def with_row_decoder(self, hicann: int, row: int, parity: int, decoder: int) -> Configuration:
        """Return a copy in which the half row in even (0) or odd (1) columns has another driver decoder 0..3."""
        return self.with_value("row_decoder", hicann, (row, parity), decoder, 3)

    def with_gmax(self, hicann: int, row: int, selector: int) -> Configuration:
        """Return a copy in which a row selects another V_gmax 0..3."""
        return self.with_value("row_gmax", hicann, (row,), selector, 3)

    def with_gmax_div(self, hicann: int, row: int, left: int, right: int) -> Configuration:
        """Return a copy in which a row has other gmax dividers 0..15."""
        return self.with_value("row_gmax_div", hicann, (row,), (left, right), 15)

    def with_stp(self, hicann: int, driver: int, mode: int, cap: int) -> Configuration:
        """Return a copy in which a driver has another STP mode 0..2 and capacitor 0..7."""
        changed = self.with_value("driver_stp", hicann, (driver,), mode, 2)
        return changed.with_value("driver_stp_cap", hicann, (driver,), cap, 7)

    def with_membrane(self, hicann: int, half: int, bigcap: bool, leak: int) -> Configuration:
        """Return a copy in which the top (0) or bottom (1) half has another capacitor and leak mode."""
        changed = self.with_value("denmem_bigcap", hicann, (half,), bigcap, 1)
        return changed.with_value("denmem_leak", hicann, (half,), leak, len(LEAK_NAMES) - 1)

    def with_floating_gate(self, hicann: int, cell: str, dac: int, circuit: int | None = None) -> Configuration:
        """Return a copy in which a floating gate has another DAC.

        Parameters
        ----------
        hicann : int
            Enum of a configured HICANN.
        cell : str
            Name in DENMEM_CELLS or SHARED_CELLS.
        dac : int
            0..1023.
        circuit : int or None
            Denmem 0..511 or shared block 0..3; None: all of the HICANN.

        Raises
        ------
        RegisterError
            If there is no such cell, circuit, HICANN or DAC.
        """
        if cell not in DENMEM_CELL and cell not in SHARED_CELL:
            known = ", ".join((*DENMEM_CELL, *SHARED_CELL))
            raise RegisterError(f"no floating gate is called {cell!r}; known are {known}")
        table, index = ("fg_denmem", DENMEM_CELL) if cell in DENMEM_CELL else ("fg_shared", SHARED_CELL)
        return self.with_value(table, hicann, (slice(None) if circuit is None else circuit, index[cell]), dac, DAC_MAX)

    @property
    def position(self) -> NDArray[np.int16]:
        """Return the table row of every HICANN of the wafer, -1 where not configured, (384,)."""
        table = np.full(384, -1, dtype=np.int16)
        table[self.hicanns] = np.arange(len(self.hicanns))
        return table


#: Tables that solution files of the first versions lack; they are then as after power-on.
_LATER_TABLES: Final = frozenset({"driver_stp_cap", "denmem_bigcap", "denmem_leak", "fg_denmem", "fg_shared"})


def configuration_from_arrays(arrays: dict[str, NDArray[Any]], prefix: str = "configuration") -> Configuration:
    """Return the configuration whose tables were saved under ``prefix.table`` names.

    Analog tables that an older file lacks have the values of `Configuration.blank`.

    Raises
    ------
    KeyError
        If a table is missing.
    """
    blank = Configuration.blank(arrays[f"{prefix}.hicanns"])
    tables = {
        f.name: getattr(blank, f.name)
        if f.name in _LATER_TABLES and f"{prefix}.{f.name}" not in arrays
        else arrays[f"{prefix}.{f.name}"]
        for f in fields(Configuration)
    }
    return Configuration(**tables)
