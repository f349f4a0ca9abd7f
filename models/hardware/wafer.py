"""A wafer: everything works minus `Defects`, as boolean arrays that the stages read.

Two kinds of tables: ``working(kind)`` repeats the blacklist component by component; the named properties say what
may be *used*, taking the consequences of a defect into account (a dead floating-gate block kills its denmems, a
HICANN without high-speed link serves for layer-1 transit only, and so on).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import FPGA_OF, LINK_OF, N_HICANNS
from models.hardware.defects import COMPONENTS, Defects
from models.hardware.layer1 import N_HLINES, N_LINES, N_SEGMENTS, VLINE_OF_VREPEATER, L1Graph, full_graph
from models.hardware.mergers import PATHS, TAP, sending_hline, upward_path
from models.hardware.neurons import FG_BLOCK_OF_DENMEM, N_COLUMNS
from models.hardware.synapses import (
    DRIVER_HALF,
    DRIVER_SIDE,
    N_ROWS,
    N_SYNAPSE_SWITCHES,
    SWITCH_ROW,
    SWITCH_VLINE,
)

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Wafer:
    """One wafer with its defects, restricted to a region.

    Attributes
    ----------
    defects : Defects
        What is disabled.
    region : frozenset of int or None
        HICANNs that may be used at all; None means the whole wafer.
    number : int
        Which wafer of the system this is; only a label.
    """

    defects: Defects = field(default_factory=Defects)
    region: frozenset[int] | None = None
    number: int = 33

    def working(self, kind: str) -> Bools:
        """Return what of a component kind is not blacklisted, (384, count); not for ``synapses``."""
        if kind == "synapses":
            raise ValueError("synapses are too many for a table: use dead_synapses(hicann)")
        table = np.ones((N_HICANNS, COMPONENTS[kind]), dtype=np.bool_)
        pairs = self.defects.indices(kind)
        table[pairs[:, 0], pairs[:, 1]] = False
        return table

    @cached_property
    def hicanns(self) -> Bools:
        """HICANNs that are present, (384,)."""
        present = np.ones(N_HICANNS, dtype=np.bool_)
        present[list(self.defects.hicanns)] = False
        if self.region is not None:
            present &= np.isin(np.arange(N_HICANNS), sorted(self.region))
        return present

    @cached_property
    def linked(self) -> Bools:
        """HICANNs with a working FPGA and high-speed link, (384,): others serve layer 1 only.

        Without the link sthal skips a HICANN's synapse array and no spikes go in or out
        (sthal ParallelHICANNv4Configurator).
        """
        linked: Bools = self.hicanns & ~np.isin(FPGA_OF, self.defects.fpgas)
        for fpga, link in self.defects.hslinks:
            linked &= (fpga != FPGA_OF) | (link != LINK_OF)
        return linked

    @cached_property
    def denmems(self) -> Bools:
        """Denmems that may belong to a neuron, (384, 512)."""
        inputs = self.working("synaptic_inputs").reshape(N_HICANNS, -1, 2).all(axis=2)
        gates = self.working("fgblocks")[:, FG_BLOCK_OF_DENMEM]
        usable: Bools = self.working("neurons") & inputs & gates & self.linked[:, None]
        return usable

    @cached_property
    def columns(self) -> Bools:
        """Denmem columns whose two denmems may both be used, (384, 256)."""
        usable: Bools = self.denmems[:, :N_COLUMNS] & self.denmems[:, N_COLUMNS:]
        return usable

    @cached_property
    def drivers(self) -> Bools:
        """Synapse drivers that may be used, (384, 224)."""
        arrays = self.working("synapsearrays")[:, DRIVER_HALF]
        usable: Bools = self.working("drivers") & arrays & self.linked[:, None]
        return usable

    @cached_property
    def rows(self) -> Bools:
        """Synapse rows that may be used, (384, 448)."""
        usable: Bools = self.working("synapserows") & np.repeat(self.drivers, 2, axis=1)
        return usable

    @cached_property
    def synapse_switches(self) -> Bools:
        """Select switches that may be closed, (384, 7168)."""
        side = (SWITCH_VLINE >= 128).astype(np.int64)
        rows = self.working("synapseswitchrows")[:, 2 * SWITCH_ROW.astype(np.int64) + side]
        usable: Bools = self.working("synapseswitches") & rows
        assert usable.shape == (N_HICANNS, N_SYNAPSE_SWITCHES)
        return usable

    @cached_property
    def segments(self) -> Bools:
        """Bus segments that may carry a signal, (122880,)."""
        lines = np.concatenate([self.working("hbuses"), self.working("vbuses")], axis=1)
        usable: Bools = (lines & self.hicanns[:, None]).ravel()
        return usable

    @cached_property
    def repeaters(self) -> Bools:
        """Repeaters that work, by the segment of their line, (122880,)."""
        vertical = np.empty((N_HICANNS, 256), dtype=np.bool_)
        vertical[:, VLINE_OF_VREPEATER] = self.working("vrepeaters")
        lines = np.concatenate([self.working("hrepeaters"), vertical], axis=1)
        usable: Bools = (lines & self.hicanns[:, None]).ravel()
        return usable

    @cached_property
    def merger_nodes(self) -> Bools:
        """Mergers 0..14 of the tree that work, (384, 15)."""
        return np.concatenate([self.working(f"mergers{level}") for level in range(4)], axis=1)

    @cached_property
    def reaches(self) -> Bools:
        """Whether spikes of a neuron block get to a DNC merger, (384, 8 blocks, 8 DNC mergers).

        All mergers from the block's Merger0 to the DNC merger's tap work.
        """
        nodes = self.merger_nodes
        found = np.zeros((N_HICANNS, 8, 8), dtype=np.bool_)
        for block, dncs in enumerate(PATHS):
            path = upward_path(block)
            for dnc in dncs:
                found[:, block, dnc] = nodes[:, list(path[: path.index(TAP[dnc]) + 1])].all(axis=1)
        return found

    @cached_property
    def generators(self) -> Bools:
        """Whether the background generator of a block can lock the bus of a DNC merger, (384, 8 blocks, 8 mergers)."""
        locks: Bools = self.reaches & self.working("backgroundgenerators")[:, :, None]
        return locks

    @cached_property
    def can_send(self) -> Bools:
        """DNC mergers whose bus can be driven, (384, 8).

        DNC merger, sending repeater and sending line work, and there is a background generator to lock the bus.
        Which one depends on the blocks that leave on the bus, see `generators`.
        """
        lines = np.array([sending_hline(dnc) for dnc in range(8)])
        segments = np.arange(N_HICANNS)[:, None] * N_LINES + lines[None, :]
        drives = self.working("dncmergers") & self.segments[segments] & self.repeaters[segments]
        usable: Bools = drives & self.generators.any(axis=1) & self.linked[:, None]
        return usable

    @cached_property
    def can_leave(self) -> Bools:
        """Neuron blocks from which spikes get to a bus that can be driven, (384, 8)."""
        found: Bools = np.logical_or.reduce(self.reaches & self.can_send[:, None, :], axis=2)
        return found

    @cached_property
    def can_inject(self) -> Bools:
        """DNC mergers through which external events can enter, (384, 8): generator ``dnc`` has to lock the bus."""
        usable: Bools = self.can_send & self.generators.diagonal(axis1=1, axis2=2)
        return usable

    @cached_property
    def graph(self) -> L1Graph:
        """The layer-1 graph of what works."""
        full = full_graph()
        keep = self.segments[full.a] & self.segments[full.b]
        keep &= np.where(full.owner >= 0, self.repeaters[full.owner], True)
        crossbar = self.working("crossbarswitches").ravel()
        keep &= np.where(full.switch >= 0, crossbar[full.switch], True)
        return L1Graph(full.a[keep], full.b[keep], full.owner[keep], full.switch[keep], self.segments)

    @cached_property
    def _dead_synapses(self) -> dict[int, NDArray[np.int32]]:
        pairs = self.defects.indices("synapses")
        return {int(h): pairs[pairs[:, 0] == h, 1] for h in np.unique(pairs[:, 0])}

    @cached_property
    def hicanns_with_dead_cells(self) -> NDArray[np.int64]:
        """HICANNs with blacklisted synapses or rows, ascending."""
        return np.union1d(self.defects.indices("synapses")[:, 0], self.defects.indices("synapserows")[:, 0]).astype(
            np.int64
        )

    def dead_synapses(self, hicann: int) -> Bools:
        """Return the synapses of a HICANN that may not be used, (448, 256)."""
        dead = np.repeat(~self.rows[hicann][:, None], N_COLUMNS, axis=1)
        dead.ravel()[self._dead_synapses.get(hicann, np.empty(0, np.int32))] = True
        return dead

    def usable_drivers_per_side(self, hicann: int) -> tuple[int, int]:
        """Return how many drivers of the left and of the right side of a HICANN may be used."""
        usable = self.drivers[hicann]
        return int(usable[DRIVER_SIDE == 0].sum()), int(usable[DRIVER_SIDE == 1].sum())


assert N_SEGMENTS == N_HICANNS * (N_HLINES + 256)
assert COMPONENTS["synapserows"] == N_ROWS
