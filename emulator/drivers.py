"""Synapse drivers and their chains: which bus every enabled driver hears.

A mirroring driver is tied to its neighbour towards the outer edge of the quadrant; tied drivers hear the
same, and exactly one of them takes the signal from the synapse switches.

Sources: halbe SynapseDriver.h (locin, connect_neighbor), marocco SynapseRoutingConfigurator (chains).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, SupportsInt

import numpy as np
from numpy.typing import NDArray

from emulator.components import components
from emulator.feeds import Feeds, feeds
from emulator.netlist import Netlist
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.coordinates import N_HICANNS
from models.hardware.synapses import DRIVER_HALF, DRIVER_INDEX, DRIVERS_PER_QUADRANT, N_DRIVERS

_ALL: Final = N_HICANNS * N_DRIVERS
#: Outer neighbour of every driver, -1 at the outer edge, (224,).
OUTER: Final = np.where(
    np.where(DRIVER_HALF == 0, DRIVER_INDEX == 0, DRIVER_INDEX == DRIVERS_PER_QUADRANT - 1),
    -1,
    np.arange(N_DRIVERS) + np.where(DRIVER_HALF == 0, -2, 2),
)


@dataclass(frozen=True, slots=True)
class Chains:
    """What every synapse driver of the wafer hears.

    Attributes
    ----------
    net : (384, 224) int32
        Net that an enabled driver hears, -1: none.
    segment : (384, 224) int32
        VLine segment that feeds its chain, -1: none.
    violations : tuple of Violation
        Broken rules.
    """

    net: NDArray[np.int32]
    segment: NDArray[np.int32]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class _Bits:
    """The driver bits of the whole wafer, flat (86016,), and the chain of every driver."""

    enable: NDArray[np.bool_]
    locin: NDArray[np.bool_]
    mirror: NDArray[np.bool_]
    chain: NDArray[np.int64]

    @property
    def used(self) -> NDArray[np.bool_]:
        return self.enable | self.locin | self.mirror


def driver_chains(configuration: Configuration, wafer: Wafer, limits: Limits, nets: Netlist) -> Chains:
    """Return what the synapse drivers hear and the rules that switches and chains break."""
    closed, found = feeds(configuration, wafer, limits, nets)
    bits, edge = _bits(configuration)
    found += edge + _locins(bits, closed) + _defects(bits, wafer)
    found += _shape(bits, limits)

    segment_of_chain = np.full(_ALL, -1, dtype=np.int64)
    real = np.flatnonzero(closed.driver >= 0)[::-1]
    real = real[bits.locin[closed.driver[real]]]
    segment_of_chain[bits.chain[closed.driver[real]]] = closed.segment[real]
    segment = np.where(bits.enable, segment_of_chain[bits.chain], -1)
    net = np.where(segment >= 0, nets.net[segment], -1)
    shape = (N_HICANNS, N_DRIVERS)
    return Chains(net.astype(np.int32).reshape(shape), segment.astype(np.int32).reshape(shape), tuple(found))


def _bits(configuration: Configuration) -> tuple[_Bits, list[Violation]]:
    """Return the bits of the wafer's drivers and the drivers that mirror over the edge."""

    def flat(table: NDArray[np.bool_]) -> NDArray[np.bool_]:
        whole = np.zeros((N_HICANNS, N_DRIVERS), dtype=np.bool_)
        whole[configuration.hicanns] = table
        return whole.ravel()

    mirror = flat(configuration.driver_mirror)
    inner = np.flatnonzero(mirror)
    outer = OUTER[inner % N_DRIVERS]
    found = [_at("chain_broken", driver, "mirrors over the edge of its quadrant") for driver in inner[outer < 0]]
    inner, outer = inner[outer >= 0], outer[outer >= 0]
    chain = components(_ALL, inner, inner - inner % N_DRIVERS + outer)
    return _Bits(flat(configuration.driver_enable), flat(configuration.driver_locin), mirror, chain), found


def _at(kind: str, driver: SupportsInt, message: str) -> Violation:
    hicann, y = divmod(int(driver), N_DRIVERS)
    return violation(kind, hicann, f"driver {y}", message)


def _locins(bits: _Bits, closed: Feeds) -> list[Violation]:
    """Return switches that lead to no locin, and locins without a switch."""
    found = []
    ends = closed.driver >= 0
    listens = np.zeros(len(ends), dtype=np.bool_)
    listens[ends] = bits.locin[closed.driver[ends]]
    for i in np.flatnonzero(~listens):
        message = "leads to a driver without locin" if ends[i] else "leads off the wafer"
        found.append(violation("switch_without_locin", closed.hicann[i], closed.where(i), message))
    fed = np.zeros(_ALL, dtype=np.bool_)
    fed[closed.driver[ends]] = True
    found += [
        _at("locin_without_switch", driver, "takes its input from the synapse switches, but none is closed")
        for driver in np.flatnonzero(bits.locin & ~fed)
    ]
    return found


def _shape(bits: _Bits, limits: Limits) -> list[Violation]:
    """Return chains with no or two locins, chains that are too long, and members that pass nothing on."""
    members = np.bincount(bits.chain, minlength=_ALL)
    locins = np.bincount(bits.chain[bits.locin], minlength=_ALL)
    found = [
        _at("two_locins", chain, f"{locins[chain]} drivers of its chain take an input")
        for chain in np.flatnonzero(locins > 1)
    ]
    found += [
        _at(
            "chain_too_long",
            chain,
            f"its chain has {members[chain]} drivers, the limit is {limits.driver_chain_length}",
        )
        for chain in np.flatnonzero(members > limits.driver_chain_length)
    ]
    deaf = bits.used & (locins[bits.chain] == 0)
    found += [_at("chain_broken", driver, "no driver of its chain has locin") for driver in np.flatnonzero(deaf)]
    idle = ~bits.enable & ~bits.mirror & (bits.locin | (members[bits.chain] > 1))
    return found + [
        _at("chain_broken", driver, "gets a signal, but is neither enabled nor passes it on")
        for driver in np.flatnonzero(idle & ~deaf)
    ]


def _defects(bits: _Bits, wafer: Wafer) -> list[Violation]:
    dead = bits.used & ~wafer.drivers.ravel() & np.repeat(wafer.hicanns, N_DRIVERS)
    return [_at("blacklisted_driver", driver, "in use but blacklisted") for driver in np.flatnonzero(dead)]
