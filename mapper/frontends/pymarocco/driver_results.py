"""Synapse switches, drivers and rows of a HICANN: ``results.synapse_routing[hicann]``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mapper.frontends.coordinates import (
    HICANNOnWafer,
    SideHorizontal,
    SynapseDriverOnHICANN,
    SynapseRowOnHICANN,
    VLineOnHICANN,
)
from mapper.frontends.pyhalbe.hicann import DriverDecoder
from mapper.frontends.pymarocco.tables import Tables
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import STP_NAMES


@dataclass(frozen=True, slots=True)
class SynapseSwitch:
    """A closed synapse switch.

    Attributes
    ----------
    hicann, vline : HICANNOnWafer, VLineOnHICANN
        The bus line, which may be the neighbour's.
    primary : SynapseDriverOnHICANN
        The driver behind the switch.
    drivers : tuple of SynapseDriverOnHICANN
        The chain of drivers that it feeds.
    """

    hicann: HICANNOnWafer
    vline: VLineOnHICANN
    primary: SynapseDriverOnHICANN
    drivers: tuple[SynapseDriverOnHICANN, ...]


@dataclass(frozen=True, slots=True)
class RowItem:
    """A synapse row in use.

    Attributes
    ----------
    row : SynapseRowOnHICANN
        Which.
    side : SideHorizontal
        Synaptic input of the denmems that it drives.
    decoder_even, decoder_odd : DriverDecoder or None
        Of the half rows in even and odd columns; None: unused.
    stp_mode : str
        Short-term plasticity of its driver: off, depression or facilitation.
    """

    row: SynapseRowOnHICANN
    side: SideHorizontal
    decoder_even: DriverDecoder | None
    decoder_odd: DriverDecoder | None
    stp_mode: str


class HicannRouting:
    """How synapses are reached on one HICANN."""

    def __init__(self, tables: Tables, hicann: int) -> None:
        self._mapping, self._hicann = tables.solution.mapping, hicann

    def synapse_switches(self) -> list[SynapseSwitch]:
        """Return the closed switches with the chains behind them."""
        drivers = self._mapping.drivers
        found = []
        for i in np.flatnonzero(drivers.hicann == self._hicann).tolist():
            segment = int(drivers.segment[i])
            chain = range(int(drivers.first[i]), int(drivers.last[i]) + 1, 2)
            found.append(
                SynapseSwitch(
                    HICANNOnWafer(segment // N_LINES),
                    VLineOnHICANN(segment % N_LINES - N_HLINES),
                    SynapseDriverOnHICANN(int(drivers.primary[i])),
                    tuple(SynapseDriverOnHICANN(driver) for driver in chain),
                )
            )
        return found

    def drivers(self) -> list[SynapseDriverOnHICANN]:
        """Return the drivers in use, ascending."""
        used = {driver for switch in self.synapse_switches() for driver in switch.drivers}
        return sorted(used, key=int)

    def rows(self) -> list[RowItem]:
        """Return the rows in use, ascending."""
        rows = self._mapping.rows
        here = np.flatnonzero(rows.hicann == self._hicann)
        return [
            RowItem(
                SynapseRowOnHICANN(int(rows.row[i])),
                SideHorizontal(int(rows.side[i])),
                _decoder(int(rows.decoder_even[i])),
                _decoder(int(rows.decoder_odd[i])),
                STP_NAMES[rows.stp[i]],
            )
            for i in here[np.argsort(rows.row[here])].tolist()
        ]


def _decoder(value: int) -> DriverDecoder | None:
    return DriverDecoder(value) if value >= 0 else None
