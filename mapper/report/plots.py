"""Charts as SVG text through matplotlib; `draw` falls back to our own drawing where it is not installed."""

from __future__ import annotations

import importlib.util
import io
from typing import Any

from mapper.report.blocks import Bars, Chart, Series, Wafers
from mapper.report.svg import bars_svg, chart_svg, colours_of, wafers_svg

#: Readable on white and on black.
_INK = "#7f7f7f"


def has_matplotlib() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(block: Chart | Bars | Wafers, matplotlib: bool | None = None) -> str:
    """Return a chart as an SVG element.

    Parameters
    ----------
    block : Chart, Bars or Wafers
        What to draw; bars and wafers are always drawn by ourselves.
    matplotlib : bool, optional
        Whether to draw lines with matplotlib; None: if it is installed.
    """
    if isinstance(block, Bars):
        return bars_svg(block)
    if isinstance(block, Wafers):
        return wafers_svg(block)
    return _matplotlib_svg(block) if (has_matplotlib() if matplotlib is None else matplotlib) else chart_svg(block)


def _matplotlib_svg(chart: Chart) -> str:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter

    # equal charts give equal bytes; text stays text, so that it can be searched and no glyphs are embedded
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": chart.title, "font.size": 9, "text.parse_math": False}
    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes: Any = figure.subplots()
        colours = colours_of(series.label for series in chart.series)
        shown: set[str] = set()
        for series in chart.series:
            label = None if series.label in shown else _visible(series.label)
            shown.add(series.label)
            _add(axes, series, colours[series.label], label)
        if chart.x_scale == "symlog":
            axes.set_xscale("symlog", linthresh=chart.linear)
        else:
            axes.set_xscale(chart.x_scale)
        if chart.x_scale != "linear":
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(bottom=0)
        _label(axes, chart)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Title": _visible(chart.title)})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _visible(text: str) -> str:
    """Return a label that matplotlib shows as it is: without control characters, and not hidden for a leading _."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return f" {shown}" if shown.startswith("_") else shown


def _add(axes: Any, series: Series, colour: str, label: str | None) -> None:
    if series.style == "band":
        axes.fill_between(series.x, series.y, series.y_high, step="post", color=colour, alpha=0.2, linewidth=0)
    elif series.style == "points":
        axes.plot(series.x, series.y, "o", color=colour, label=label, markersize=4)
    elif series.style == "line":
        axes.plot(series.x, series.y, color=colour, label=label)
    else:
        dashes = "--" if series.style == "dashed" else "-"
        axes.step(series.x, series.y, dashes, where="post", color=colour, label=label)


def _label(axes: Any, chart: Chart) -> None:
    axes.set_xlabel(_visible(chart.x_label), color=_INK)
    axes.set_ylabel(_visible(chart.y_label), color=_INK)
    axes.tick_params(colors=_INK, which="both")
    for spine in axes.spines.values():
        spine.set_color(_INK)
    axes.grid(axis="y", alpha=0.2)
    axes.legend(labelcolor=_INK, framealpha=0, fontsize=8)
