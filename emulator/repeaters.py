"""The elements that make nets: closed crossbar switches and repeaters that drive, checked one by one."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from emulator.violations import Violation, violation
from models.configuration import DRIVE_LOCAL, DRIVE_NEIGHBOUR, FROM_MERGER, Configuration
from models.hardware import Wafer
from models.hardware.coordinates import NEIGHBOUR
from models.hardware.layer1 import (
    LINE_AFTER_HOP,
    N_HLINES,
    N_LINES,
    REPEATER_SIDE,
    SWITCH_HLINE,
    SWITCH_VLINE,
    segment_name,
)
from models.hardware.mergers import N_DNC_MERGERS, sending_hline

_SENDING: Final = np.array([sending_hline(dnc) for dnc in range(N_DNC_MERGERS)])
#: DNC merger whose sending repeater sits on each line, -1 on the others, (320,).
DNC_OF_LINE: Final = np.full(N_LINES, -1, dtype=np.int32)
DNC_OF_LINE[_SENDING] = np.arange(N_DNC_MERGERS)

#: Registers that a repeater may hold: idle, forwarding one way, sending to one or both sides.
_LEGAL: Final = (
    0,
    DRIVE_LOCAL,
    DRIVE_NEIGHBOUR,
    FROM_MERGER | DRIVE_LOCAL,
    FROM_MERGER | DRIVE_NEIGHBOUR,
    FROM_MERGER | DRIVE_LOCAL | DRIVE_NEIGHBOUR,
)


@dataclass(frozen=True, slots=True)
class Drives:
    """Repeaters that drive a segment, one entry per direction.

    Attributes
    ----------
    repeater, target, source : (n,) int64
        Segment whose repeater it is, segment that it drives, segment that it listens to (-1: a DNC merger).
    net, hops : (n,) int32, int16
        Of sending repeaters: the net 8 hicann + dnc and the number of HICANN borders crossed; else -1 and 1.
    """

    repeater: NDArray[np.int64]
    target: NDArray[np.int64]
    source: NDArray[np.int64]
    net: NDArray[np.int32]
    hops: NDArray[np.int16]

    def select(self, index: NDArray[Any]) -> Drives:
        """Return some of the entries."""
        return Drives(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


def closed_switches(
    configuration: Configuration, wafer: Wafer
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Violation]]:
    """Return the HLines and the VLines that closed crossbar switches join, and the blacklisted switches."""
    rows, switch = np.nonzero(configuration.crossbar)
    hicann = configuration.hicanns[rows].astype(np.int64)
    found = []
    for i in np.flatnonzero(~wafer.working("crossbarswitches")[hicann, switch]):
        where = f"crossbar switch HLine {SWITCH_HLINE[switch[i]]}, VLine {SWITCH_VLINE[switch[i]]}"
        found.append(violation("blacklisted_crossbar_switch", hicann[i], where, "closed but blacklisted"))
    base = hicann * N_LINES
    return base + SWITCH_HLINE[switch], base + N_HLINES + SWITCH_VLINE[switch], found


def drives(configuration: Configuration, wafer: Wafer) -> tuple[Drives, list[Violation]]:
    """Return what the repeaters drive, leaving out illegal registers, and the rules that they break."""
    rows, line = np.nonzero(configuration.repeater)
    hicann = configuration.hicanns[rows].astype(np.int64)
    register = configuration.repeater[rows, line]
    side = REPEATER_SIDE[line]
    neighbour = NEIGHBOUR[hicann, side].astype(np.int64)
    here = hicann * N_LINES + line
    there = np.where(neighbour < 0, -1, neighbour * N_LINES + LINE_AFTER_HOP[side, line])

    legal = np.isin(register, _LEGAL)
    sends = register & FROM_MERGER != 0
    from_nowhere = legal & sends & (DNC_OF_LINE[line] < 0)
    needs_neighbour = (register & DRIVE_NEIGHBOUR != 0) | ((register & DRIVE_LOCAL != 0) & ~sends)
    off_wafer = legal & needs_neighbour & (there < 0)
    found = _broken(here, register, ~legal, from_nowhere, off_wafer)
    for segment in here[wafer.hicanns[hicann] & ~wafer.repeaters[here]]:
        where = f"repeater of {segment_name(int(segment))}"
        found.append(violation("blacklisted_repeater", segment // N_LINES, where, "in use but blacklisted"))

    good = legal & ~from_nowhere & ~off_wafer
    net = np.where(sends, hicann * N_DNC_MERGERS + DNC_OF_LINE[line], -1)
    local, away = good & (register & DRIVE_LOCAL != 0), good & (register & DRIVE_NEIGHBOUR != 0)
    target = np.concatenate([here[local], there[away]])
    source = np.concatenate([np.where(sends, -1, there)[local], np.where(sends, -1, here)[away]])
    hops = np.concatenate([np.where(sends, 0, 1)[local], np.ones(np.count_nonzero(away))])
    return (
        Drives(
            np.concatenate([here[local], here[away]]),
            target,
            source,
            np.concatenate([net[local], net[away]]).astype(np.int32),
            hops.astype(np.int16),
        ),
        found,
    )


def _broken(
    here: NDArray[np.int64],
    register: NDArray[np.uint8],
    illegal: NDArray[np.bool_],
    from_nowhere: NDArray[np.bool_],
    off_wafer: NDArray[np.bool_],
) -> list[Violation]:
    found = []
    for kind, mask, text in (
        ("repeater_register", illegal, "the register {} is no mode of a repeater"),
        (
            "not_a_sending_line",
            from_nowhere,
            "the register {} takes its signal from a merger, but there is none",
        ),
        ("nonexistent_hop", off_wafer, "the register {} needs a neighbouring HICANN, but there is none"),
    ):
        for i in np.flatnonzero(mask):
            where = f"repeater of {segment_name(int(here[i]))}"
            found.append(violation(kind, here[i] // N_LINES, where, text.format(register[i])))
    return found
