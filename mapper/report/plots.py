"""Charts as SVG text through matplotlib; `draw` falls back to our own drawing where it is not installed."""

from __future__ import annotations

import importlib.util
import io
import re
from typing import Any, Final

from mapper.report.blocks import Bars, Chart, Matrices, Raster, Series, Wafers
from mapper.report.matrices import matrices_svg
from mapper.report.rasters import raster_svg
from mapper.report.scales import axis_of
from mapper.report.svg import GREY, bars_svg, chart_colours, chart_svg, wafers_svg

#: What matplotlib writes for the ink of axes and text.
_INK: Final = re.compile(rf"\b(fill|stroke): {GREY}\b")


def has_matplotlib() -> bool:
    """Return whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(block: Chart | Bars | Wafers | Matrices | Raster, matplotlib: bool | None = None) -> str:
    """Return a chart as an SVG element.

    Parameters
    ----------
    block : Chart, Bars, Wafers, Matrices or Raster
        What to draw; only charts are drawn by matplotlib.
    matplotlib : bool, optional
        Whether to draw lines with matplotlib; None: if it is installed.
    """
    if isinstance(block, Bars):
        return bars_svg(block)
    if isinstance(block, Wafers):
        return wafers_svg(block)
    if isinstance(block, Matrices):
        return matrices_svg(block)
    if isinstance(block, Raster):
        return raster_svg(block)
    return _matplotlib_svg(block) if (has_matplotlib() if matplotlib is None else matplotlib) else chart_svg(block)


def _matplotlib_svg(chart: Chart) -> str:
    stream = io.StringIO()
    # equal charts give equal bytes; text stays text, so that it can be searched and no glyphs are embedded
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": chart.title, "font.size": 9, "text.parse_math": False}
    _save(chart, settings, stream, "svg", {"Date": None, "Title": _visible(chart.title)})
    text = _INK.sub(r"\1: currentColor", stream.getvalue())  # what the page around it takes for text: always readable
    return text[text.index("<svg") :]


def pdf(chart: Chart) -> bytes:
    """Return a chart as PDF through matplotlib, for papers.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    stream = io.BytesIO()
    settings: Any = {"pdf.fonttype": 42, "font.size": 9, "text.parse_math": False}
    _save(chart, settings, stream, "pdf", {"CreationDate": None, "Title": _visible(chart.title)}, "black")
    return stream.getvalue()


def _save(
    chart: Chart, settings: Any, stream: Any, form: str, metadata: dict[str, str | None], ink: str = GREY
) -> None:  # fmt: skip
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter

    with matplotlib.rc_context(settings):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        axes: Any = figure.subplots()
        colours = chart_colours(chart)
        shown: set[str] = set()
        for series in chart.series:
            label = None if series.label in shown or series.style == "band" else _visible(series.label)
            shown |= {series.label} if label else set()
            _add(axes, series, colours[series.label], label)
        if chart.x_scale == "symlog":
            axes.set_xscale("symlog", linthresh=chart.linear)
        else:
            axes.set_xscale(chart.x_scale)
        if chart.x_scale != "linear":
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
        if all((2 * x).is_integer() for series in chart.series for x in series.x):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if chart.x_scale == "log":
            low, high = axes.get_xlim()
            axes.xaxis.set_major_locator(FixedLocator(axis_of((low, high), "log").ticks()))
        axes.set_ylim(bottom=0, top=chart.top)
        for at, name in chart.marks:
            axes.axvline(at, color=ink, linewidth=0.8, linestyle=":")
            axes.text(at, 1.0, f" {_visible(name)}", color=ink, fontsize=7, rotation=90, va="top", ha="right",
                      transform=axes.get_xaxis_transform())  # fmt: skip
        _label(axes, chart, ink)
        figure.savefig(stream, format=form, transparent=True, metadata=metadata)


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


def _label(axes: Any, chart: Chart, ink: str) -> None:
    axes.set_xlabel(_visible(chart.x_label), color=ink)
    axes.set_ylabel(_visible(chart.y_label), color=ink)
    axes.tick_params(colors=ink, which="both")
    for spine in axes.spines.values():
        spine.set_color(ink)
    axes.grid(axis="y", alpha=0.2)
    axes.legend(labelcolor=ink, framealpha=0, fontsize=8)
