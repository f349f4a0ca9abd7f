"""The configuration bits of every HICANN in use: all that the emulator gets.

One row per configured HICANN in every table.  Register meanings follow halbe's containers; where a register is
write-only history or analog, it is not here yet.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.layer1 import N_CROSSBAR_SWITCHES, N_LINES
from models.hardware.mergers import DEFAULT_MODES, LEFT_ONLY, LINK_OFF
from models.hardware.neurons import N_DENMEMS, N_QUADS
from models.hardware.synapses import N_COLUMNS, N_DRIVERS, N_ROWS, N_SYNAPSE_SWITCHES, UNUSED_SYNAPSE

U1 = NDArray[np.uint8]
Bits = NDArray[np.bool_]

#: Repeater register: any of these bits.  A repeater joins the local line with the neighbour's line on its side.
DRIVE_LOCAL: Final = 1
DRIVE_NEIGHBOUR: Final = 2
FROM_MERGER: Final = 4
"""With FROM_MERGER (sending repeaters only) the signal comes from the DNC merger; else from the other line."""


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

    @property
    def position(self) -> NDArray[np.int16]:
        """Return the table row of every HICANN of the wafer, -1 where not configured, (384,)."""
        table = np.full(384, -1, dtype=np.int16)
        table[self.hicanns] = np.arange(len(self.hicanns))
        return table


def configuration_from_arrays(arrays: dict[str, NDArray[Any]], prefix: str = "configuration") -> Configuration:
    """Return the configuration whose tables were saved under ``prefix.table`` names.

    Raises
    ------
    KeyError
        If a table is missing.
    """
    return Configuration(**{f.name: arrays[f"{prefix}.{f.name}"] for f in fields(Configuration)})
