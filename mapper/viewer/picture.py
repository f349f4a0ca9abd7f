"""Still pictures as lists of shapes: the wafer coloured by a metric, and one HICANN in detail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.viewer.colours import ROUTES, THEMES, Theme, diverging, sequential
from mapper.viewer.geometry import lines_of
from mapper.viewer.metrics import METRIC, Metric, chip_tables
from models.errors import MapperError
from models.hardware.coordinates import HEIGHT, N_HICANNS, WIDTH, X, Y
from models.hardware.wafer import Wafer
from models.mapping import Mapping
from models.network import Network

#: Width of a HICANN in a picture of the wafer; it is twice as high.
CELL: Final = 20.0
_MARGIN: Final = 12.0
_HEADER: Final = 40.0
_FOOTER: Final = 46.0


class PictureError(MapperError, ValueError):
    """A picture that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A filled rectangle; ``line``: colour of its outline or ""."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    line: str = ""
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Lines:
    """Straight lines (n, 4): x0, y0, x1, y1."""

    points: NDArray[np.float64]
    colour: str
    width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Text:
    """A text whose base line starts (``start``), is centred (``middle``) or ends (``end``) at a point."""

    x: float
    y: float
    text: str
    colour: str
    size: float = 12.0
    anchor: str = "start"


@dataclass(slots=True)
class Picture:
    """Shapes in the order of drawing, and one sentence that says what they show."""

    width: float
    height: float
    title: str
    shapes: list[Rect | Lines | Text] = field(default_factory=list)


def metric_of(key: str, network: Network | None) -> Metric:
    """Return a metric by its key.

    Raises
    ------
    PictureError
        If there is none, or it counts synapses and the network is unknown.
    """
    known = [m.key for m in METRIC.values() if network is not None or not m.needs_network]
    if key not in METRIC:
        raise PictureError(f"no colour {key!r}; there are {', '.join(known)}")
    if key not in known:
        raise PictureError(f"colour {key!r} counts synapses of the network; name its --instance")
    return METRIC[key]


def wafer_picture(
    mappings: Sequence[tuple[str, Mapping]],
    key: str,
    *,
    network: Network | None = None,
    wafer: Wafer | None = None,
    difference: bool = False,
    theme: str = "light",
    routes: Sequence[int] = (),
    pins: Sequence[int] = (),
) -> Picture:
    """Return the wafer coloured by a metric, one map for each mapping, all on the same scale.

    Parameters
    ----------
    mappings : sequence of (label, Mapping)
        What to show.
    key : str
        Key of the metric.
    network : Network or None
        Network of the mappings.
    wafer : Wafer or None
        Its defects are hatched.
    difference : bool
        Show the second mapping minus the first on a symmetric scale instead.
    theme : str
        ``light`` or ``dark``.
    routes : sequence of int
        Nets (8 HICANN + DNC merger) whose trees are drawn.
    pins : sequence of int
        HICANNs with manual placement, marked by a pin.

    Raises
    ------
    PictureError
        If there is no such metric, a difference is asked for without two mappings, or no mapping has such a route.
    """
    colours, metric = THEMES[theme], metric_of(key, network)
    tables = [(label, chip_tables(mapping, network)[key]) for label, mapping in mappings]
    if difference:
        if len(tables) != 2:
            raise PictureError(f"a difference needs two solutions (got {len(tables)})")
        change = np.nan_to_num(tables[1][1]) - np.nan_to_num(tables[0][1])
        tables = [(f"{tables[1][0]} minus {tables[0][0]}", change.astype(np.float32))]
    top = max((float(np.nanmax(np.abs(table), initial=0.0)) for _, table in tables), default=0.0) or 1.0

    def colour(value: float) -> str:
        if np.isnan(value) or (value == 0 and not difference):
            return colours.chip
        return diverging(value / top, colours) if difference else sequential(value / top)

    side = WIDTH * CELL + 2 * _MARGIN
    height = _HEADER + HEIGHT * 2 * CELL + _FOOTER
    names = ", ".join(label for label, _ in tables)
    picture = Picture(side * len(tables), height, f"{metric.label} on every HICANN: {names}")
    picture.shapes.append(Rect(0, 0, picture.width, height, colours.paper))
    for i, (label, table) in enumerate(tables):
        left = i * side + _MARGIN
        picture.shapes.append(Text(left, 25, f"{label}: {metric.label}", colours.ink, 16))
        _draw_chips(picture, left, table, colour, wafer, colours)
        _draw_pins(picture, left, pins, colours)
        _draw_scale(picture, left, top, metric.unit, colour, difference, colours)
    drawn = mappings[1:] if difference else mappings
    for i, (_, mapping) in enumerate(drawn):
        _draw_routes(picture, i * side + _MARGIN, mapping, routes, colours)
    known = {int(net) for _, mapping in drawn for net in np.unique(mapping.routing.net)}
    for net in routes:
        if net not in known:
            raise PictureError(f"no route H{net // 8}.{net % 8}; {len(known)} routes are used, see mapper view")
    return picture


def _draw_chips(
    picture: Picture,
    left: float,
    table: NDArray[np.float32],
    colour: Callable[[float], str],
    wafer: Wafer | None,
    theme: Theme,
) -> None:
    hatch: list[tuple[float, float, float, float]] = []
    for hicann in range(N_HICANNS):
        x, y = left + float(X[hicann]) * CELL, _HEADER + float(Y[hicann]) * 2 * CELL
        picture.shapes.append(Rect(x + 0.5, y + 0.5, CELL - 1, 2 * CELL - 1, colour(float(table[hicann]))))
        if wafer is not None and not wafer.linked[hicann]:
            hatch.append((x + 1, y + 2 * CELL - 1, x + CELL - 1, y + 1))
            if not wafer.hicanns[hicann]:
                hatch.append((x + 1, y + 1, x + CELL - 1, y + 2 * CELL - 1))
    if hatch:
        picture.shapes.append(Lines(np.array(hatch), theme.alarm, 1.2))


def _draw_pins(picture: Picture, left: float, pins: Sequence[int], theme: Theme) -> None:
    for hicann in pins:
        x, y = left + (float(X[hicann]) + 0.5) * CELL, _HEADER + float(Y[hicann]) * 2 * CELL + 0.3 * CELL
        picture.shapes.append(Lines(np.array([(x, y, x, y + 0.6 * CELL)]), theme.ink, 1.5))
        picture.shapes.append(Rect(x - 3, y - 3, 6, 6, theme.paper, theme.ink))


def _draw_routes(picture: Picture, left: float, mapping: Mapping, routes: Sequence[int], theme: Theme) -> None:
    if not routes:
        return
    lines, colours = lines_of(mapping), (theme.route, *ROUTES)
    for i, net in enumerate(routes):
        place = np.array([left, _HEADER])
        points = lines.points[lines.net == net].astype(np.float64).reshape(-1, 2, 2) * CELL + place
        ends = lines.switch[lines.switch_net == net] * CELL + place
        colour = colours[i % len(colours)]
        picture.shapes.append(Lines(points.reshape(-1, 4), colour, 1.6))
        picture.shapes += [Rect(x - 1, y - 1, 2, 2, colour) for x, y in ends.tolist()]
        x, y = left + (X[net // 8] + 0.5) * CELL, _HEADER + (2 * Y[net // 8] + 1) * CELL
        picture.shapes.append(Rect(float(x) - 3, float(y) - 3, 6, 6, colour))


def _draw_scale(
    picture: Picture, left: float, top: float, unit: str, colour: Callable[[float], str], signed: bool, theme: Theme
) -> None:
    y, n, width = _HEADER + HEIGHT * 2 * CELL + 10, 40, 240.0
    for i in range(n):
        share = i / (n - 1)
        value = top * (2 * share - 1) if signed else max(top * share, 1e-9)
        picture.shapes.append(Rect(left + i * width / n, y, width / n + 0.3, 10, colour(value)))
    low = f"-{top:.4g}" if signed else "0"
    picture.shapes.append(Text(left, y + 24, low, theme.ink))
    picture.shapes.append(Text(left + width, y + 24, f"{top:.4g} {unit}".strip(), theme.ink, 12, "end"))
