"""Routes as lines on the wafer, for the page and for still pictures: a HICANN is 1 wide and 2 high."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.coordinates import N_HICANNS, X, Y
from models.hardware.layer1 import N_HLINES, N_LINES, N_VLINES
from models.hardware.synapses import DRIVER_SIDE, N_DRIVERS, N_ROWS
from models.mapping import Drivers, Mapping, Routing

F4 = NDArray[np.float32]
Index = NDArray[Any]

#: Where things are on a HICANN.  Upper edge of the bus lines and of both halves of the synapse array, their heights,
#: left edge of the vertical lines on both sides and their width, middle of the drivers on both sides.
_LINES_TOP: Final = 0.94
_LINES_HEIGHT: Final = 0.12
_HALF_TOP: Final = (0.05, 1.11)
_HALF_HEIGHT: Final = 0.84
_SIDE_LEFT: Final = (0.01, 0.86)
_SIDE_WIDTH: Final = 0.13
_DRIVER_MIDDLE: Final = (0.17, 0.83)


@dataclass(frozen=True, slots=True)
class Lines:
    """All routes of a mapping; a bus line is drawn between its first and its last use.

    Attributes
    ----------
    net : (n_lines,) int32
        Net of each line.
    points : (n_lines, 4) float32
        Both ends: x0, y0, x1, y1.
    switch_net : (n_switches,) int32
        Net of each closed crossbar or synapse switch.
    switch : (n_switches, 2) float32
        Where it is: x, y.
    """

    net: NDArray[np.int32]
    points: F4
    switch_net: NDArray[np.int32]
    switch: F4


def line_y(line: Index) -> NDArray[np.float64]:
    """Return the height of HLines on a HICANN."""
    return np.asarray(_LINES_TOP + _LINES_HEIGHT * (line + 0.5) / N_HLINES)


def line_x(line: Index) -> NDArray[np.float64]:
    """Return where VLines are on a HICANN; a VLine is numbered from 64."""
    right, place = np.divmod(line - N_HLINES, N_VLINES // 2)
    return np.asarray(np.array(_SIDE_LEFT)[right] + _SIDE_WIDTH * place / (N_VLINES // 2))


def driver_place(driver: Index) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where drivers are on a HICANN: x, y."""
    half, row = np.divmod(2 * driver + 1, N_ROWS // 2)
    y = np.array(_HALF_TOP)[half] + _HALF_HEIGHT * row / (N_ROWS // 2)
    return np.array(_DRIVER_MIDDLE)[DRIVER_SIDE[driver % N_DRIVERS]], y


def lines_of(mapping: Mapping) -> Lines:
    """Return all routes of a mapping as lines."""
    routing, drivers = mapping.routing, mapping.drivers
    hicann, line = np.divmod(routing.segment, N_LINES)
    flat = line < N_HLINES
    reach = _Reach(len(line))
    reach.at(np.flatnonzero(routing.parent < 0), 0.5)
    at = np.zeros(N_HICANNS * N_LINES, np.int32)
    at[routing.segment] = np.arange(len(line))
    switches = _crossbar(routing, at, reach)
    hops = _hops(routing, at, reach)
    chains, taps = _chains(drivers, at, reach)
    x, y, low, high = X[hicann], 2 * Y[hicann], reach.low, reach.high
    own = np.where(
        flat,
        [x + low, y + line_y(line), x + high, y + line_y(line)],
        [x + line_x(line), y + low, x + line_x(line), y + high],
    ).T  # fmt: skip
    return Lines(
        np.concatenate([hops[0], drivers.net, routing.net]).astype(np.int32),
        np.concatenate([hops[1], chains, own]).astype(np.float32),
        np.concatenate([switches[0], drivers.net]).astype(np.int32),
        np.concatenate([switches[1], taps]).astype(np.float32),
    )


class _Reach:
    """First and last use of every segment along itself."""

    def __init__(self, n: int) -> None:
        self.low, self.high = np.full(n, np.inf), np.full(n, -np.inf)

    def at(self, segment: Index, place: Any) -> None:
        np.minimum.at(self.low, segment, place)
        np.maximum.at(self.high, segment, place)


def _crossbar(routing: Routing, at: Index, reach: _Reach) -> tuple[Index, Index]:
    """Return net and place of the closed crossbar switches."""
    child = np.flatnonzero((routing.parent >= 0) & (routing.parent // N_LINES == routing.segment // N_LINES))
    parent = at[routing.parent[child]]
    flat = routing.segment[child] % N_LINES < N_HLINES
    across, upright = np.where(flat, child, parent), np.where(flat, parent, child)
    x, y = line_x(routing.segment[upright] % N_LINES), line_y(routing.segment[across] % N_LINES)
    reach.at(across, x)
    reach.at(upright, y)
    hicann = routing.segment[child] // N_LINES
    return routing.net[child], np.stack([X[hicann] + x, 2 * Y[hicann] + y], axis=1)


def _hops(routing: Routing, at: Index, reach: _Reach) -> tuple[Index, Index]:
    """Return net and lane shift of every hop over a border between HICANNs."""
    child = np.flatnonzero((routing.parent >= 0) & (routing.parent // N_LINES != routing.segment // N_LINES))
    (here, line), (before, lane) = (np.divmod(s[child], N_LINES) for s in (routing.segment, routing.parent))
    flat = line < N_HLINES
    forward = np.where(flat, X[here] > X[before], Y[here] > Y[before])
    far = np.where(flat, 1, 2)
    reach.at(child, np.where(forward, 0, far))
    reach.at(at[routing.parent[child]], np.where(forward, far, 0))
    border = np.where(flat, X[here], 2 * Y[here]) + np.where(forward, 0, far)
    across = np.stack([border, 2 * Y[before] + line_y(lane), border, 2 * Y[here] + line_y(line)])
    upright = np.stack([X[before] + line_x(lane), border, X[here] + line_x(line), border])
    return routing.net[child], np.where(flat, across, upright).T


def _chains(drivers: Drivers, at: Index, reach: _Reach) -> tuple[Index, Index]:
    """Return the lines from VLines to the first drivers, and the synapse switches where they begin."""
    from_, line = np.divmod(drivers.segment, N_LINES)
    x, y = driver_place(drivers.primary)
    reach.at(at[drivers.segment], y)
    begin, height = X[from_] + line_x(line), 2 * Y[from_] + y
    points = np.stack([begin, height, X[drivers.hicann] + x, 2 * Y[drivers.hicann] + y], axis=1)
    return points, points[:, :2]
