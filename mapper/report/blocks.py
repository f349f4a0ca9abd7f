"""What a report is made of, whatever it is written as: sections of text, tables and charts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Value:
    """One cell of a table.

    Attributes
    ----------
    text : str
        What is shown.
    key : float or None
        What it is sorted by; None: by the text.
    best : bool
        Shown bold.
    link : str
        Address of a file that the cell leads to, relative to the report; "": none.
    """

    text: str
    key: float | None = None
    best: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `name` is part of file names, `left` are the columns of text."""

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    left: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart.

    Attributes
    ----------
    label : str
        Name in the legend; equal labels share a colour, and only the first stands in the legend.
    x, y : tuple of float
        Points.
    style : str
        ``line``, ``step`` (constant until the next point), ``dashed``, ``points``, or ``band`` (between `y` and
        `y_high`).
    y_high : tuple of float
        Upper edge of a band.
    """

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Literal["line", "step", "dashed", "points", "band"] = "step"
    y_high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart with lines; the x axis is linear, logarithmic, or linear up to `linear` and logarithmic above.

    Attributes
    ----------
    marks : tuple of (float, str)
        Vertical lines with a name.
    top : float or None
        Upper end of the y axis, above which nothing is drawn; None: whatever holds everything.
    palette : tuple of str
        Labels that have the first colours, whether they are in this chart or not: the same solver has the same colour
        everywhere.  Dashed lines are grey.
    """

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_scale: Literal["linear", "log", "symlog"] = "linear"
    linear: float = 0.01
    marks: tuple[tuple[float, str], ...] = ()
    top: float | None = None
    palette: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bars:
    """Stacked horizontal bars: one per label, `parts` maps the name of a part to its value in every bar."""

    title: str
    x_label: str
    labels: tuple[str, ...]
    parts: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Wafers:
    """Small wafers on one colour scale: (label, HICANN -> value)."""

    title: str
    unit: str
    wafers: tuple[tuple[str, dict[int, float]], ...]


@dataclass(frozen=True, slots=True)
class Matrices:
    """Matrices of percentages side by side: (label, (row, column) -> value); signed ones on a scale about 0."""

    title: str
    names: tuple[str, ...]
    matrices: tuple[tuple[str, dict[tuple[int, int], float]], ...]
    signed: bool = False


@dataclass(frozen=True, slots=True)
class Raster:
    """Spikes in a window [ms]: row and time of each, and the populations of the rows as (name, first, end)."""

    title: str
    start: float
    stop: float
    populations: tuple[tuple[str, int, int], ...]
    row: tuple[int, ...]
    time: tuple[float, ...]


Block: TypeAlias = "str | Table | Chart | Bars | Wafers | Matrices | Raster"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a heading."""

    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)
