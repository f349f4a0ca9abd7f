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
    """

    text: str
    key: float | None = None
    best: bool = False


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
    """A chart with lines; the x axis is linear, logarithmic, or linear up to `linear` and logarithmic above."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_scale: Literal["linear", "log", "symlog"] = "linear"
    linear: float = 0.01


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


Block: TypeAlias = "str | Table | Chart | Bars | Wafers"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a heading."""

    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)
