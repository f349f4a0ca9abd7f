"""Merger bits to buses: which sources and background generators reach each DNC merger, by L1 address.

Sources: halco merger*onhicann.h (tree), halbe L1Address (reserved addresses), marocco check_layer1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator import bus_checks
from emulator.bus_checks import Events, Reach
from emulator.neurons import Neurons, twice
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.coordinates import N_HICANNS
from models.hardware.mergers import (
    LEFT_ONLY,
    LINK_TO_HICANN,
    N_DNC_MERGERS,
    RIGHT_ONLY,
    blocks_at_taps,
)
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_COLUMNS, N_DENMEMS

#: Entries of `Buses.source` that are no cell.
SILENT: Final = -1
GENERATOR: Final = -2
UNKNOWN: Final = -3


@dataclass(frozen=True, slots=True)
class Buses:
    """What the buses carry.

    Attributes
    ----------
    source : (3072, 64) int32
        Cell that sends an L1 address on a net 8 hicann + dnc; else SILENT, GENERATOR, or UNKNOWN for a
        sending denmem without label.
    violations : tuple of Violation
        Broken rules.
    """

    source: NDArray[np.int32]
    violations: tuple[Violation, ...]

    def nets_of(self, cells: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the nets on which any of ``cells`` sends, ascending."""
        return np.flatnonzero(np.isin(self.source, cells[cells >= 0]).any(axis=1))


def buses(
    configuration: Configuration, wafer: Wafer, limits: Limits, cells: Neurons, is_source: NDArray[np.bool_]
) -> Buses:
    """Return what the buses of a configuration carry."""
    reach = _reach(configuration)
    spikes = _neuron_events(configuration, reach, cells)
    inputs, found = _input_events(configuration, is_source)
    found += bus_checks.check_buses(configuration, wafer, limits, reach, spikes, inputs)

    source = np.full((N_HICANNS * N_DNC_MERGERS, 64), SILENT, dtype=np.int32)
    rows, dnc, block = np.nonzero(reach.generators)
    net = configuration.hicanns[rows].astype(np.int64) * N_DNC_MERGERS + dnc
    source[net, configuration.generator_address[rows, block] & 63] = GENERATOR
    for events in (inputs, spikes):
        backwards = slice(None, None, -1)
        source[events.net[backwards], events.address[backwards] & 63] = events.cell[backwards]
    return Buses(source, tuple(found))


def _reach(configuration: Configuration) -> Reach:
    """Return which neuron blocks and generators reach which DNC merger's output."""
    n = len(configuration.hicanns)
    carried = np.zeros((n, N_DNC_MERGERS, 8), dtype=np.bool_)
    for i, modes in enumerate(configuration.merger_mode):
        for dnc, blocks in enumerate(blocks_at_taps(modes.tolist())):
            carried[i, dnc, list(blocks)] = True
    carried &= (configuration.dnc_mode != LEFT_ONLY)[:, :, None]
    first = configuration.merger_mode[:, None, :8]
    return Reach(
        neurons=carried & (first != LEFT_ONLY),
        generators=carried & (first != RIGHT_ONLY) & configuration.generator[:, None, :],
    )


def _neuron_events(configuration: Configuration, reach: Reach, cells: Neurons) -> Events:
    """Return the spikes of neurons on every bus that they reach."""
    hicann, denmem = cells.sender // N_DENMEMS, cells.sender % N_DENMEMS
    block = denmem % N_COLUMNS // COLUMNS_PER_BLOCK
    sender, dnc = np.nonzero(reach.neurons[configuration.position[hicann], :, block])
    cell = np.where(cells.sender_cell >= 0, cells.sender_cell, UNKNOWN)
    return Events(hicann[sender] * N_DNC_MERGERS + dnc, cells.sender_address[sender], cell[sender], block[sender])


def _input_events(configuration: Configuration, is_source: NDArray[np.bool_]) -> tuple[Events, list[Violation]]:
    """Return the events of spike sources on the buses that they enter, and wrong labels."""
    cell, hicann, link = (
        table.astype(np.int64)
        for table in (configuration.input_cell, configuration.input_hicann, configuration.input_link)
    )
    known = (cell >= 0) & (cell < len(is_source))
    known[known] = is_source[cell[known]]
    inside = (hicann >= 0) & (hicann < N_HICANNS) & (link < N_DNC_MERGERS)
    inside[inside] = np.isin(hicann[inside], configuration.hicanns)
    found = []
    for i in np.flatnonzero(~(known & inside)):
        message = "is not configured" if known[i] else f"the network has no spike source {cell[i]}"
        found.append(violation("label", max(hicann[i], 0), f"Gbit link {link[i]}", message))
    good = np.flatnonzero(known & inside)
    found += twice(cell[good], hicann[good], link[good], "Gbit link")
    row = configuration.position[hicann[good]]
    enters = (configuration.gbit_link[row, link[good]] == LINK_TO_HICANN) & (
        configuration.dnc_mode[row, link[good]] != RIGHT_ONLY
    )
    blocked = np.unique(np.stack([hicann[good[~enters]], link[good[~enters]]], axis=1), axis=0)
    for place, number in blocked:
        message = "spike sources enter here, but the link or its DNC merger does not let them pass"
        found.append(violation("input_blocked", place, f"Gbit link {number}", message))
    good = good[enters]
    net = hicann[good] * N_DNC_MERGERS + link[good]
    return Events(net, configuration.input_address[good], cell[good].astype(np.int32), link[good]), found
