"""Nets to effective synapses: who really reaches whom, through which input, with which weight code.

Delivery rule (halbe DriverDecoder, SynapseDecoder): an event of address ``a`` on the bus of an enabled
driver reaches a synapse in one of its rows iff the half row's 2-bit decoder is ``a >> 4`` and the synapse's
decoder is ``a & 15``.  Its current goes to every synaptic input that the row selects.  A weight of 0 is not
silent.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.buses import GENERATOR, SILENT, Buses, buses
from emulator.drivers import Chains, driver_chains
from emulator.earlier import BUSES, CHAINS, NETS, NEURONS, Earlier, merged, stale_hicanns
from emulator.netlist import Netlist, netlist
from emulator.neurons import Neurons, neurons
from emulator.tables import check_registers, check_tables
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.neurons import N_COLUMNS
from models.hardware.synapses import DRIVER_HALF, TARGETS
from models.network import Network

#: Rows decoded at once; bounds the memory of the intermediate tables to some ten megabytes.
_ROWS_PER_CHUNK: Final = 8192
_PARITY: Final = np.arange(N_COLUMNS) % 2


def _target_table() -> NDArray[np.int8]:
    table = np.zeros((5, 2, 2), dtype=np.int8)
    for n_receptors, by_parity in TARGETS.items():
        table[n_receptors] = by_parity
    return table


#: Receptor reached, by [number of receptors of the cell, column parity, input side].
_RECEPTOR: Final = _target_table()


@dataclass(frozen=True, slots=True, eq=False)
class EffectiveSynapses:
    """The synapses that the bits make, ordered by HICANN, row, column and input side.

    Attributes
    ----------
    pre, post : (n,) int32
        Source and target cell.
    receptor, stp : (n,) int8
        Receptor index of the target cell and STP mode of the driver.
    weight : (n,) uint8
        Weight code 0..15.
    hicann, row, column : (n,) int16
        The hardware synapse.
    net, segment : (n,) int32
        Bus on which the events come, and VLine segment that feeds the driver.
    """

    pre: NDArray[np.int32]
    post: NDArray[np.int32]
    receptor: NDArray[np.int8]
    stp: NDArray[np.int8]
    weight: NDArray[np.uint8]
    hicann: NDArray[np.int16]
    row: NDArray[np.int16]
    column: NDArray[np.int16]
    net: NDArray[np.int32]
    segment: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of synapses."""
        return len(self.pre)

    def select(self, index: NDArray[Any]) -> EffectiveSynapses:
        """Return some of the synapses."""
        return EffectiveSynapses(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """Everything that the bits do.

    Attributes
    ----------
    nets, chains, neurons, buses
        Layer 1, synapse drivers, neurons, and sources on the buses.
    synapses : EffectiveSynapses
        The network that the wafer emulates.
    violations : tuple of Violation
        Every broken rule, layer 1 first.
    """

    nets: Netlist
    chains: Chains
    neurons: Neurons
    buses: Buses
    synapses: EffectiveSynapses
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """Synapse rows that hear a bus: index into the tables, HICANN, row, net, segment, each (n,)."""

    index: NDArray[np.int64]
    hicann: NDArray[np.int64]
    row: NDArray[np.int64]
    net: NDArray[np.int64]
    segment: NDArray[np.int64]

    def select(self, part: slice) -> _Rows:
        return _Rows(**{f.name: getattr(self, f.name)[part] for f in fields(self)})


def decode(
    configuration: Configuration, network: Network, wafer: Wafer, limits: Limits, earlier: Earlier | None = None
) -> Decoded:
    """Return what the bits of a configuration do.

    Parameters
    ----------
    configuration : Configuration
        The bits, and the labels that say which neuron or input is which cell.
    network : Network
        Tells spike sources from neurons, and how many receptors a cell has; its synapses are not looked at.
    wafer, limits : Wafer, Limits
        What may be used.
    earlier : Earlier or None
        An earlier result for the same network, wafer and limits: steps whose tables have not changed are taken from
        it, and synapses are decoded on the HICANNs where something has changed.  The result is the same.

    Raises
    ------
    FormatError
        If a table of the configuration has a wrong shape or type.
    """
    check_tables(configuration)
    kept = earlier.decoded if earlier else None

    def same(tables: tuple[str, ...]) -> bool:
        return earlier is not None and earlier.same(configuration, tables)

    nets = kept.nets if kept and same(NETS) else netlist(configuration, wafer, limits)
    if kept and nets is kept.nets and same(CHAINS):
        chains = kept.chains
    else:
        chains = driver_chains(configuration, wafer, limits, nets)
    cells = kept.neurons if kept and same(NEURONS) else neurons(configuration, wafer, network.is_source)
    if kept and cells is kept.neurons and same(BUSES):
        carried = kept.buses
    else:
        carried = buses(configuration, wafer, limits, cells, network.is_source)
    stale = stale_hicanns(configuration, earlier, chains, carried, cells)
    rows = _listening_rows(configuration, chains, stale)
    synapses, heard = _deliver(configuration, rows, carried.source, cells.cell, network.receptor_count)
    if kept and not stale.all():
        synapses, heard = merged(kept, synapses, heard, configuration.hicanns[stale])
    found = (*check_registers(configuration), *_absent(configuration, wafer))
    found += (*nets.violations, *chains.violations, *cells.violations, *carried.violations)
    found += (*heard, *_dead_cells(synapses, wafer))
    return Decoded(nets, chains, cells, carried, synapses, found)


def _absent(configuration: Configuration, wafer: Wafer) -> list[Violation]:
    return [
        violation("absent_hicann", hicann, "all of it", "is configured, but absent or outside the region")
        for hicann in configuration.hicanns[~wafer.hicanns[configuration.hicanns]]
    ]


def _listening_rows(configuration: Configuration, chains: Chains, where: NDArray[np.bool_]) -> _Rows:
    """Return the rows of enabled drivers that hear a bus and drive a synaptic input, by HICANN and row.

    ``where`` tells which of the configured HICANNs to look at, (n,).
    """
    index, driver = np.nonzero((chains.net[configuration.hicanns] >= 0) & where[:, None])
    index, row = np.repeat(index, 2), np.repeat(2 * driver, 2)
    row[1::2] += 1
    drives = configuration.row_input[index, row].any(axis=1)
    index, row = index[drives], row[drives]
    hicann = configuration.hicanns[index].astype(np.int64)
    net, segment = (table[hicann, row // 2].astype(np.int64) for table in (chains.net, chains.segment))
    return _Rows(index, hicann, row, net, segment)


def _deliver(
    configuration: Configuration,
    rows: _Rows,
    source: NDArray[np.int32],
    cell: NDArray[np.int32],
    receptor_count: NDArray[np.int8],
) -> tuple[EffectiveSynapses, list[Violation]]:
    """Return the effective synapses of the rows, and the rows that listen to a background generator."""
    parts, found = [], []
    for start in range(0, max(len(rows.row), 1), _ROWS_PER_CHUNK):
        chunk = rows.select(slice(start, start + _ROWS_PER_CHUNK))
        synapse = configuration.synapse[chunk.index, chunk.row]
        address = (configuration.row_decoder[chunk.index, chunk.row] & 3).astype(np.int32) << 4
        heard = source.ravel()[(chunk.net * 64)[:, None] + (address[:, _PARITY] | (synapse >> 4))]
        at, column = np.nonzero(heard != SILENT)
        pre = heard[at, column]
        half = DRIVER_HALF[chunk.row[at] // 2].astype(np.int64)
        post = cell[chunk.hicann[at], N_COLUMNS * half + column]
        found += _background(chunk, at[pre == GENERATOR])
        real = (pre >= 0) & (post >= 0)
        at, column, pre, post = at[real], column[real], pre[real], post[real]
        weight = synapse[at, column] & 15
        parts.append(_inputs(configuration, chunk, at, column, pre, post, weight, receptor_count))
    whole = {f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(EffectiveSynapses)}
    return EffectiveSynapses(**whole), found


def _inputs(
    configuration: Configuration,
    rows: _Rows,
    at: NDArray[np.int64],
    column: NDArray[np.int64],
    pre: NDArray[np.int32],
    post: NDArray[np.int32],
    weight: NDArray[np.uint8],
    receptor_count: NDArray[np.int8],
) -> EffectiveSynapses:
    """Return one effective synapse for every synaptic input that a synapse's row selects."""
    k, side = np.nonzero(configuration.row_input[rows.index[at], rows.row[at]])
    at, column = at[k], column[k]
    row = rows.row[at]
    return EffectiveSynapses(
        pre=pre[k],
        post=post[k],
        receptor=_RECEPTOR[receptor_count[post[k]], column % 2, side],
        stp=configuration.driver_stp[rows.index[at], row // 2].astype(np.int8),
        weight=weight[k],
        hicann=rows.hicann[at].astype(np.int16),
        row=row.astype(np.int16),
        column=column.astype(np.int16),
        net=rows.net[at].astype(np.int32),
        segment=rows.segment[at].astype(np.int32),
    )


def _background(rows: _Rows, at: NDArray[np.int64]) -> list[Violation]:
    hit, count = np.unique(at, return_counts=True)
    return [
        violation("background_synapse", rows.hicann[i], f"row {rows.row[i]}", f"{n} synapses hear the generator")
        for i, n in zip(hit, count, strict=True)
    ]


def _dead_cells(synapses: EffectiveSynapses, wafer: Wafer) -> list[Violation]:
    """Return the effective synapses on blacklisted synapses, rows or drivers."""
    found = []
    for hicann in np.intersect1d(wafer.hicanns_with_dead_cells, synapses.hicann):
        here = np.flatnonzero(synapses.hicann == hicann)
        row, column = synapses.row[here], synapses.column[here]
        hit = np.flatnonzero(wafer.dead_synapses(int(hicann))[row, column])
        found += [
            violation("blacklisted_synapse", hicann, f"row {row[i]}, column {column[i]}", "in use but blacklisted")
            for i in hit
        ]
    return found
