"""A mapping: everything that was decided for an instance, as arrays.

The parts follow the stages of the pipeline (placement, merging, addresses, routing, drivers, rows).  A *cell* is
an index over all cells of the network, sources included.  A *net* is one used bus, numbered ``8 hicann + dnc``.
A *segment* is one bus line on one HICANN, see `models.hardware.layer1`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.display import html
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK
from models.hardware.wafer import Wafer

I1 = NDArray[np.int8]
I2 = NDArray[np.int16]
I4 = NDArray[np.int32]

#: Why a synapse is not realised.
REALISED: Final = 0
NO_ROUTE: Final = 1
NO_DRIVER: Final = 2
NO_ROW: Final = 3
NOT_PLACED: Final = 4
CAUSES: Final = ("realised", "no L1 route", "no driver", "no row or decoder", "not placeable")

#: What a DNC merger is used for.
UNUSED: Final = 0
OUTPUT: Final = 1
INPUT: Final = 2


@dataclass(frozen=True, slots=True)
class Placement:
    """Where every cell is.

    Attributes
    ----------
    hicann : (n_cells,) int16
        HICANN of the neuron, or the HICANN into which a spike source is injected; -1 not placed.
    column, width : (n_cells,) int16, int8
        First denmem column and number of columns of a neuron; -1 and 0 for spike sources.
    sequence : (n_cells,) int32
        Order in which the cells were placed; address strategies follow it.
    """

    hicann: I2
    column: I2
    width: I1
    sequence: I4

    @classmethod
    def empty(cls, n_cells: int) -> Placement:
        """Return a placement with nothing placed."""
        return cls(
            np.full(n_cells, -1, np.int16),
            np.full(n_cells, -1, np.int16),
            np.zeros(n_cells, np.int8),
            np.full(n_cells, -1, np.int32),
        )

    @property
    def block(self) -> I2:
        """Return the neuron block 0..7 of every neuron, -1 for sources and unplaced cells, (n_cells,)."""
        return np.where(self.column >= 0, self.column // COLUMNS_PER_BLOCK, -1).astype(np.int16)

    @property
    def hicanns_with_neurons(self) -> I2:
        """Return the HICANNs that host neurons, ascending."""
        return np.unique(self.hicann[self.column >= 0])


@dataclass(frozen=True, slots=True)
class Merging:
    """How neuron blocks and inputs share the eight buses of each HICANN.

    Attributes
    ----------
    block_to_dnc : (384, 8) int8
        DNC merger on which each neuron block leaves, -1: the block is silent.
    mode : (384, 8) int8
        Use of each DNC merger: UNUSED, OUTPUT (neurons leave) or INPUT (external spikes enter).
    """

    block_to_dnc: I1
    mode: I1

    @classmethod
    def empty(cls) -> Merging:
        """Return a merging in which nothing is used."""
        return cls(np.full((N_HICANNS, 8), -1, np.int8), np.zeros((N_HICANNS, 8), np.int8))


@dataclass(frozen=True, slots=True)
class Addresses:
    """On which bus and under which L1 address every cell sends.

    Attributes
    ----------
    dnc, address : (n_cells,) int8
        DNC merger 0..7 of the cell's HICANN and 6-bit L1 address; -1: the cell sends nowhere.
    """

    dnc: I1
    address: I1

    @classmethod
    def empty(cls, n_cells: int) -> Addresses:
        """Return addresses with nothing assigned."""
        return cls(np.full(n_cells, -1, np.int8), np.full(n_cells, -1, np.int8))


@dataclass(frozen=True, slots=True)
class Routing:
    """One tree of bus segments per net, and where it serves HICANNs.

    Attributes
    ----------
    net, segment, parent : (n_segments,) int32
        Every segment in use: its net, its id, the segment that feeds it (-1: the net's sending line).  A parent
        stands before its children.
    arrival_net, arrival_hicann, arrival_segment : (n_arrivals,) int32, int16, int32
        The VLine on which a net serves the neurons of a HICANN; the VLine may belong to the adjacent HICANN.
    """

    net: I4
    segment: I4
    parent: I4
    arrival_net: I4
    arrival_hicann: I2
    arrival_segment: I4

    @classmethod
    def empty(cls) -> Routing:
        """Return a routing without routes."""
        none = np.empty(0, np.int32)
        return cls(none, none, none, none, np.empty(0, np.int16), none)


@dataclass(frozen=True, slots=True)
class Drivers:
    """Chains of synapse drivers, one per arrival that got any.

    Attributes
    ----------
    net, hicann, segment : (n_chains,) int32, int16, int32
        Which net a chain serves, the HICANN of the drivers, the VLine that feeds it.
    primary, first, last : (n_chains,) int16
        The driver behind the closed synapse switch, and the chain's drivers ``first, first + 2, ..., last``.
    """

    net: I4
    hicann: I2
    segment: I4
    primary: I2
    first: I2
    last: I2

    @classmethod
    def empty(cls) -> Drivers:
        """Return drivers without chains."""
        i4, i2 = np.empty(0, np.int32), np.empty(0, np.int16)
        return cls(i4, i2, i4, i2, i2, i2)

    @property
    def n_drivers(self) -> int:
        """Return the number of drivers in all chains."""
        return int(((self.last - self.first) // 2 + 1).sum())


@dataclass(frozen=True, slots=True)
class Rows:
    """Configuration of the synapse rows in use.

    Attributes
    ----------
    hicann, row, chain : (n_rows,) int16, int16, int32
        HICANN, synapse row 0..447 and index into `Drivers` of every row in use.
    side : (n_rows,) int8
        Synaptic input that the row drives: 0 left, 1 right.
    decoder_even, decoder_odd : (n_rows,) int8
        Driver decoder 0..3 of the half rows in even and odd columns; -1 unused.
    stp : (n_rows,) int8
        STP mode of the row's driver: 0 off, 1 depression, 2 facilitation.
    """

    hicann: I2
    row: I2
    chain: I4
    side: I1
    decoder_even: I1
    decoder_odd: I1
    stp: I1

    @classmethod
    def empty(cls) -> Rows:
        """Return rows with nothing configured."""
        i1, i2 = np.empty(0, np.int8), np.empty(0, np.int16)
        return cls(i2, i2, np.empty(0, np.int32), i1, i1, i1, i1)


@dataclass(frozen=True, slots=True)
class SynapseCells:
    """The hardware synapse of every synapse of the network, in the network's order.

    Attributes
    ----------
    row, column : (n_synapses,) int16
        Synapse row 0..447 and column 0..255 on the HICANN of the target neuron; -1: lost.
    cause : (n_synapses,) int8
        REALISED or why the synapse is lost, see CAUSES.
    """

    row: I2
    column: I2
    cause: I1


@dataclass(frozen=True, slots=True)
class Mapping:
    """Everything that a mapper decided."""

    placement: Placement
    merging: Merging
    addresses: Addresses
    routing: Routing
    drivers: Drivers
    rows: Rows
    synapses: SynapseCells

    @property
    def lost(self) -> int:
        """Return the number of synapses that are not realised."""
        return int(np.count_nonzero(self.synapses.cause))

    @property
    def lost_l1(self) -> int:
        """Return the number of synapses lost because no L1 route reaches the target HICANN."""
        return int(np.count_nonzero(self.synapses.cause == NO_ROUTE))

    @property
    def hicanns_in_use(self) -> I2:
        """Return all HICANNs that must be configured: with neurons, inputs or passing routes, ascending."""
        placed = self.placement.hicann
        return np.unique(
            np.concatenate([placed[placed >= 0], self.routing.segment // 320, self.drivers.hicann])
        ).astype(np.int16)

    def lost_by_cause(self) -> dict[str, int]:
        """Return the number of lost synapses by cause."""
        counts = np.bincount(self.synapses.cause, minlength=len(CAUSES))
        return {name: int(counts[i]) for i, name in enumerate(CAUSES) if i}

    def _repr_html_(self) -> str | None:
        """Return the mapping as notebooks show it."""
        return html(self)


def usable_buses(merging: Merging, wafer: Wafer) -> NDArray[np.bool_]:
    """Return which DNC mergers drive a bus that works, (384, 8).

    The bus can be driven (`Wafer.can_send`), and if it is in use, a background generator of a block that leaves on it,
    or of the input's own number, can lock it (`Wafer.generators`).  Others stay off and lose their synapses.
    """
    dnc = np.arange(8)
    locked = (wafer.generators & (merging.block_to_dnc[:, :, None] == dnc)).any(axis=1)
    locked |= merging.mode == UNUSED
    return np.where(merging.mode == INPUT, wafer.can_inject, locked & wafer.can_send)


def nets_of(placement: Placement, addresses: Addresses) -> I4:
    """Return the net 8 hicann + dnc of every cell, -1 for cells that send nowhere, (n_cells,)."""
    sends = (addresses.dnc >= 0) & (placement.hicann >= 0)
    return np.where(sends, placement.hicann.astype(np.int32) * 8 + addresses.dnc, -1).astype(np.int32)


def to_arrays(part: Any, prefix: str) -> dict[str, NDArray[Any]]:
    """Return the array fields of a part (or nested parts) under ``prefix.field`` names."""
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        name = f"{prefix}.{field.name}"
        if isinstance(value, np.ndarray):
            arrays[name] = value
        else:
            arrays.update(to_arrays(value, name))
    return arrays


def mapping_from_arrays(arrays: dict[str, NDArray[Any]], prefix: str = "mapping") -> Mapping:
    """Return the mapping whose arrays `to_arrays` named.

    Raises
    ------
    KeyError
        If an array is missing.
    """

    def part(cls: Any, name: str) -> Any:
        return cls(**{f.name: arrays[f"{prefix}.{name}.{f.name}"] for f in fields(cls)})

    return Mapping(
        part(Placement, "placement"),
        part(Merging, "merging"),
        part(Addresses, "addresses"),
        part(Routing, "routing"),
        part(Drivers, "drivers"),
        part(Rows, "rows"),
        part(SynapseCells, "synapses"),
    )
