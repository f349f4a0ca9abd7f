"""One HICANN in detail: lines in use, synapse drivers, neurons, and the synapse array by decoder group."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.viewer.colours import GROUPS, THEMES, Theme
from mapper.viewer.picture import Lines, Picture, PictureError, Rect, Text
from models.hardware.coordinates import N_HICANNS, name
from models.hardware.layer1 import N_HLINES, N_LINES
from models.hardware.synapses import DRIVER_SIDE, N_COLUMNS, N_ROWS
from models.hardware.wafer import Wafer
from models.mapping import Mapping

_WIDTH: Final = 640.0
_HEIGHT: Final = 1100.0
_TOP: Final = 50.0
#: Left and right edge of the synapse array, its two halves (top, bottom), the neurons and the lines between them.
_ARRAY: Final = (120.0, 520.0)
_HALVES: Final = ((_TOP + 20, _TOP + 440), (_TOP + 560, _TOP + 980))
_MIDDLE: Final = (_TOP + 460, _TOP + 540)


def chip_picture(
    mapping: Mapping, hicann: int, label: str, *, wafer: Wafer | None = None, theme: str = "light"
) -> Picture:
    """Return the picture of one HICANN.

    Half rows of the synapse array are coloured by their driver decoder over the columns of neurons; vertical lines
    run on both sides, horizontal ones in the middle, drivers are bars beside the array.

    Raises
    ------
    PictureError
        If there is no such HICANN.
    """
    if not 0 <= hicann < N_HICANNS:
        raise PictureError(f"no HICANN {hicann}; they are 0..{N_HICANNS - 1}")
    colours = THEMES[theme]
    picture = Picture(_WIDTH, _HEIGHT, f"{name(hicann)} of {label}: lines, drivers, neurons and synapse rows in use")
    picture.shapes.append(Rect(0, 0, _WIDTH, _HEIGHT, colours.paper))
    picture.shapes.append(Text(20, 30, f"{name(hicann)}, {label}", colours.ink, 18))
    _draw_lines(picture, mapping, hicann, colours)
    _draw_array(picture, mapping, hicann, colours)
    _draw_drivers(picture, mapping, hicann, colours)
    _draw_neurons(picture, mapping, hicann, colours)
    if wafer is not None:
        dead = np.flatnonzero(~wafer.drivers[hicann])
        if len(dead):
            picture.shapes.append(Lines(np.array([_driver_mark(int(d)) for d in dead]), colours.alarm, 1.0))
    return picture


def _row_y(row: int) -> float:
    """Return the upper edge of a synapse row."""
    half, index = divmod(row, N_ROWS // 2)
    if half == 2:
        return _HALVES[1][1]
    low, high = _HALVES[half]
    return low + (high - low) * index / (N_ROWS // 2)


def _column_x(column: float) -> float:
    return _ARRAY[0] + (_ARRAY[1] - _ARRAY[0]) * column / N_COLUMNS


def _driver_mark(driver: int) -> tuple[float, float, float, float]:
    x, y = (_ARRAY[1] + 4 if DRIVER_SIDE[driver] else _ARRAY[0] - 14), _row_y(2 * driver + 1)
    return x, y, x + 10, y


def _draw_lines(picture: Picture, mapping: Mapping, hicann: int, theme: Theme) -> None:
    own = mapping.routing.segment // N_LINES == hicann
    line = mapping.routing.segment[own] % N_LINES
    h = line[line < N_HLINES].astype(np.float64)
    v = (line[line >= N_HLINES] - N_HLINES).astype(np.float64)
    y = _MIDDLE[0] + (_MIDDLE[1] - _MIDDLE[0]) * (h + 0.5) / N_HLINES
    x = np.where(v < 128, 20 + 80 * v / 128, _ARRAY[1] + 20 + 80 * (v - 128) / 128)
    flat = np.stack([np.full_like(y, 10), y, np.full_like(y, _WIDTH - 10), y], axis=1)
    upright = np.stack([x, np.full_like(x, _TOP), x, np.full_like(x, _HALVES[1][1] + 20)], axis=1)
    picture.shapes.append(Lines(np.concatenate([flat, upright]), theme.route, 0.8, 0.7))


def _runs(used: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the first and the one behind the last of every run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], used, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _draw_array(picture: Picture, mapping: Mapping, hicann: int, theme: Theme) -> None:
    used = np.zeros(N_COLUMNS, dtype=np.bool_)
    for i in np.flatnonzero((mapping.placement.hicann == hicann) & (mapping.placement.column >= 0)):
        used[mapping.placement.column[i] : mapping.placement.column[i] + mapping.placement.width[i]] = True
    for low, high in _HALVES:
        picture.shapes.append(Rect(_ARRAY[0], low, _ARRAY[1] - _ARRAY[0], high - low, theme.chip, theme.faint))
    rows, height = mapping.rows, (_HALVES[0][1] - _HALVES[0][0]) / (N_ROWS // 2)
    runs = _runs(used)
    for i in np.flatnonzero(rows.hicann == hicann):
        y = _row_y(int(rows.row[i]))
        halves = (int(rows.decoder_even[i]), int(rows.decoder_odd[i]))
        for half, decoder in enumerate(halves):
            if decoder < 0:
                continue
            for a, b in runs:
                x0, x1 = _column_x(a), _column_x(b)
                part = Rect(x0, y + half * height / 2, x1 - x0, height / 2, GROUPS[decoder])
                picture.shapes.append(part)
    for group, colour in enumerate(GROUPS):
        x = _ARRAY[0] + 100 * group
        picture.shapes.append(Rect(x, _HEIGHT - 30, 12, 12, colour))
        picture.shapes.append(Text(x + 16, _HEIGHT - 20, f"group {group}", theme.ink))


def _draw_drivers(picture: Picture, mapping: Mapping, hicann: int, theme: Theme) -> None:
    chains = mapping.drivers
    for i in np.flatnonzero(chains.hicann == hicann):
        first, last = int(chains.first[i]), int(chains.last[i])
        x, y0, _, _ = _driver_mark(first)
        y0, y1 = _row_y(2 * first), _row_y(2 * last + 1)
        picture.shapes.append(Rect(x, y0, 10, max(1.0, y1 - y0), theme.faint, theme.ink))


def _draw_neurons(picture: Picture, mapping: Mapping, hicann: int, theme: Theme) -> None:
    placement = mapping.placement
    for i in np.flatnonzero((placement.hicann == hicann) & (placement.column >= 0)):
        x0, x1 = _column_x(placement.column[i]), _column_x(placement.column[i] + placement.width[i])
        for y in (_MIDDLE[0] - 16, _MIDDLE[1] + 8):
            picture.shapes.append(Rect(x0, y, x1 - x0, 8, theme.ink if i % 2 else theme.faint, theme.paper))
