"""Closed synapse switches: which VLine feeds which synapse driver, on its own HICANN or the adjacent one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
from numpy.typing import NDArray

from emulator.netlist import Netlist
from emulator.violations import Violation, violation
from models.configuration import Configuration
from models.hardware import Limits, Wafer
from models.hardware.coordinates import EAST, N_HICANNS, NEIGHBOUR, WEST
from models.hardware.layer1 import N_HLINES, N_LINES, N_VLINES, segment_name
from models.hardware.synapses import DRIVER_SIDE, N_DRIVERS, SWITCH_ROW, SWITCH_VLINE


@dataclass(frozen=True, slots=True)
class Feeds:
    """Closed synapse switches.

    Attributes
    ----------
    hicann, vline : (n,) int64
        The VLine, on the HICANN that has the switch.
    segment : (n,) int64
        Its segment.
    driver : (n,) int64
        Driver 224 hicann + y at the end of the switch row; -1 where that HICANN does not exist.
    """

    hicann: NDArray[np.int64]
    vline: NDArray[np.int64]
    segment: NDArray[np.int64]
    driver: NDArray[np.int64]

    def where(self, i: SupportsInt) -> str:
        """Return the name of switch ``i``."""
        i = int(i)
        if self.driver[i] < 0:
            return f"synapse switch of VLine {self.vline[i]}"
        hicann, y = divmod(int(self.driver[i]), N_DRIVERS)
        suffix = "" if hicann == self.hicann[i] else f" of HICANN {hicann}"
        return f"synapse switch of VLine {self.vline[i]} to driver {y}{suffix}"


def feeds(configuration: Configuration, wafer: Wafer, limits: Limits, nets: Netlist) -> tuple[Feeds, list[Violation]]:
    """Return the closed synapse switches and the rules that they break."""
    rows, switch = np.nonzero(configuration.synapse_switch)
    hicann = configuration.hicanns[rows].astype(np.int64)
    vline, y = SWITCH_VLINE[switch].astype(np.int64), SWITCH_ROW[switch].astype(np.int64)
    side = (vline >= N_VLINES // 2).astype(np.int64)
    facing = NEIGHBOUR[hicann, np.where(side == 0, WEST, EAST)].astype(np.int64)
    owner = np.where(DRIVER_SIDE[y] == side, hicann, facing)
    driver = np.where(owner >= 0, owner * N_DRIVERS + y, -1)
    closed = Feeds(hicann, vline, hicann * N_LINES + N_HLINES + vline, driver)

    dead = np.flatnonzero(~wafer.synapse_switches[hicann, switch])
    found = [
        violation("blacklisted_synapse_switch", hicann[i], closed.where(i), "closed but blacklisted") for i in dead
    ]
    found += _undriven(closed, nets) + _fed_twice(closed) + _per_vline(closed, limits)
    return closed, found + _per_route(closed, nets, limits)


def _undriven(closed: Feeds, nets: Netlist) -> list[Violation]:
    silent = np.flatnonzero(nets.net[closed.segment] < 0)
    return [
        violation(
            "undriven",
            closed.hicann[i],
            closed.where(i),
            f"{segment_name(int(closed.segment[i]))} is undriven",
        )
        for i in silent
    ]


def _fed_twice(closed: Feeds) -> list[Violation]:
    real = closed.driver >= 0
    count = np.bincount(closed.driver[real], minlength=N_HICANNS * N_DRIVERS)
    found = []
    for driver in np.flatnonzero(count > 1):
        names = [segment_name(int(s)) for s in closed.segment[closed.driver == driver]]
        message = f"fed by {' and '.join(names)}"
        found.append(violation("driver_fed_twice", driver // N_DRIVERS, f"driver {driver % N_DRIVERS}", message))
    return found


def _per_vline(closed: Feeds, limits: Limits) -> list[Violation]:
    count = np.bincount(closed.hicann * N_VLINES + closed.vline)
    limit = limits.synapse_switches_per_vline
    return [
        violation(
            "synapse_switch_limit",
            place // N_VLINES,
            f"VLine {place % N_VLINES}",
            f"{count[place]} synapse switches closed, the limit is {limit}",
        )
        for place in np.flatnonzero(count > limit)
    ]


def _per_route(closed: Feeds, nets: Netlist, limits: Limits) -> list[Violation]:
    """Return the buses that serve a HICANN over too many VLines."""
    net = nets.net[closed.segment].astype(np.int64)
    real = (closed.driver >= 0) & (net >= 0)
    served = np.stack([net[real], closed.driver[real] // N_DRIVERS, closed.segment[real]], axis=1)
    routes, count = np.unique(np.unique(served, axis=0)[:, :2], axis=0, return_counts=True)
    found = []
    for (bus, hicann), n in zip(
        routes[count > limits.vlines_per_route], count[count > limits.vlines_per_route], strict=True
    ):
        message = f"served over {n} VLines, the limit is {limits.vlines_per_route}"
        found.append(violation("vlines_limit", hicann, f"bus of DNC merger {bus % 8} of HICANN {bus // 8}", message))
    return found
