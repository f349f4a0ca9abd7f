"""Charts as SVG text, without any library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from mapper.report.blocks import Bars, Chart, Series, Wafers
from mapper.report.scales import Axis, axis_of
from models.hardware.coordinates import HEIGHT, WIDTH, X, Y

#: Colours that people with colour vision deficiencies tell apart (Okabe and Ito 2008).
COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31")
#: Readable on white and on black.
GREY: Final = "#7f7f7f"
_WIDTH, _HEIGHT = 620, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 46
_SIDE: Final = 7


def clean(text: object) -> str:
    """Return a text as XML content; control characters, which XML forbids, become spaces."""
    return escape("".join(c if c.isprintable() else " " for c in str(text)))


def _attribute(text: str) -> str:
    return quoteattr("".join(c if c.isprintable() else " " for c in text))


def number(value: float) -> str:
    """Return a coordinate with at most two decimals."""
    return f"{round(float(value), 2):g}"


def opened(title: str, width: float, height: float) -> str:
    """Return the beginning of an SVG element of a size, with its title."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" aria-label={_attribute(title)} '
        f'font-family="sans-serif" font-size="12" fill="currentColor"><title>{clean(title)}</title>'
    )


def colours_of(labels: Iterable[str]) -> dict[str, str]:
    """Return a colour for each label, by order of appearance."""
    return {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(dict.fromkeys(labels))}


def chart_colours(chart: Chart) -> dict[str, str]:
    """Return the colour of each label of a chart, in the order of the legend."""
    coloured = [series.label for series in chart.series if series.style != "dashed"]
    known = colours_of([*chart.palette, *coloured])
    return {series.label: known.get(series.label, GREY) for series in chart.series}


def chart_svg(chart: Chart) -> str:
    """Return a chart as SVG text."""
    x = axis_of((v for s in chart.series for v in s.x), chart.x_scale, chart.linear)
    y = axis_of([chart.top] if chart.top else (v for s in chart.series for v in (*s.y, *s.y_high)))
    colours = chart_colours(chart)
    legend = 18 * len(colours)
    parts = [opened(chart.title, _WIDTH, _HEIGHT + legend), *_axes(chart, x, y)]
    parts += [_series(series, x, y, colours[series.label]) for series in chart.series]
    for i, (label, colour) in enumerate(colours.items()):
        at = _HEIGHT + 18 * i + 8
        parts.append(f'<rect x="{_LEFT}" y="{at - 5}" width="18" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{_LEFT + 26}" y="{at + 1}">{clean(label)}</text>')
    return "\n".join([*parts, "</svg>"])


def _x(axis: Axis, value: float) -> float:
    return _LEFT + axis.place(value) * (_WIDTH - _LEFT - _RIGHT)


def _y(axis: Axis, value: float) -> float:
    return _HEIGHT - _BOTTOM - axis.place(value) * (_HEIGHT - _TOP - _BOTTOM)


def _axes(chart: Chart, x: Axis, y: Axis) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    frame = f"M{_LEFT} {_TOP}V{bottom}H{right}"
    parts = [f'<path d="{frame}" fill="none" stroke="currentColor"/>']
    for tick in x.ticks():
        at = number(_x(x, tick))
        parts.append(f'<path d="M{at} {bottom}v5" stroke="currentColor"/>')
        parts.append(f'<text x="{at}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for tick in y.ticks():
        at = number(_y(y, tick))
        parts.append(f'<path d="M{_LEFT} {at}H{right}" stroke="currentColor" opacity="0.15"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{at}" dy="4" text-anchor="end">{tick:g}</text>')
    for mark, name in chart.marks:
        at = number(_x(x, mark))
        parts.append(f'<path d="M{at} {_TOP}V{bottom}" stroke="currentColor" stroke-dasharray="1 3" opacity="0.7"/>')
        parts.append(
            f'<text transform="translate({at} {_TOP}) rotate(-90)" dy="-3" text-anchor="end" font-size="9">'
            f"{clean(name)}</text>"
        )
    middle = (_TOP + bottom) / 2
    parts.append(
        f'<text x="{(_LEFT + right) / 2}" y="{bottom + 38}" text-anchor="middle">{clean(chart.x_label)}</text>'
    )
    parts.append(
        f'<text transform="translate(14 {number(middle)}) rotate(-90)" text-anchor="middle">'
        f"{clean(chart.y_label)}</text>"
    )
    return parts


def _series(series: Series, x: Axis, y: Axis, colour: str) -> str:
    points = [(_x(x, a), _y(y, b)) for a, b in zip(series.x, series.y, strict=True)]
    if series.style == "points":
        return "".join(f'<circle cx="{number(a)}" cy="{number(b)}" r="3.5" fill="{colour}"/>' for a, b in points)
    if series.style == "band":
        above = [(_x(x, a), _y(y, b)) for a, b in zip(series.x, series.y_high, strict=True)]
        edge = _path(points, True) + "L" + _path(above, True, backwards=True)[1:] + "Z"
        return f'<path d="{edge}" fill="{colour}" opacity="0.2"/>'
    dashes = ' stroke-dasharray="5 4"' if series.style == "dashed" else ""
    line = _path(points, series.style in ("step", "dashed"))
    return f'<path d="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _path(points: Sequence[tuple[float, float]], steps: bool, backwards: bool = False) -> str:
    corners: list[tuple[float, float]] = []
    for a, b in points:
        if steps and corners:
            corners.append((a, corners[-1][1]))
        corners.append((a, b))
    if backwards:
        corners.reverse()
    return "M" + "L".join(f"{number(a)} {number(b)}" for a, b in corners)


def bars_svg(bars: Bars) -> str:
    """Return stacked bars as SVG text."""
    colours = colours_of(name for name, _ in bars.parts)
    totals = [sum(values[i] for _, values in bars.parts) for i in range(len(bars.labels))]
    axis = axis_of(totals)
    left, row = 230, 22
    bottom = row * len(bars.labels) + 8
    width = _WIDTH - left - _RIGHT
    parts = [opened(bars.title, _WIDTH, bottom + 48 + 18 * len(colours))]
    for i, label in enumerate(bars.labels):
        parts.append(f'<text x="{left - 8}" y="{row * i + 18}" text-anchor="end">{clean(_short(label))}</text>')
        at = float(left)
        for name, values in bars.parts:
            long = axis.place(values[i]) * width
            parts.append(
                f'<rect x="{number(at)}" y="{row * i + 6}" width="{number(long)}" height="{row - 6}" '
                f'fill="{colours[name]}"><title>{clean(f"{label}: {name} {values[i]:g}")}</title></rect>'
            )
            at += long
    parts.append(f'<path d="M{left} {bottom}H{_WIDTH - _RIGHT}" stroke="currentColor"/>')
    for tick in axis.ticks():
        at = left + axis.place(tick) * width
        parts.append(f'<text x="{number(at)}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{left + width / 2}" y="{bottom + 34}" text-anchor="middle">{clean(bars.x_label)}</text>')
    for i, (name, colour) in enumerate(colours.items()):
        at = bottom + 50 + 18 * i
        parts.append(f'<rect x="{left}" y="{at - 9}" width="12" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{left + 20}" y="{at}">{clean(name)}</text>')
    return "\n".join([*parts, "</svg>"])


def _short(label: str, most: int = 32) -> str:
    return label if len(label) <= most else label[: most - 3] + "..."


def wafers_svg(wafers: Wafers) -> str:
    """Return small wafers on one colour scale as SVG text."""
    highest = max((value for _, values in wafers.wafers for value in values.values()), default=0.0)
    width, height = WIDTH * _SIDE + 24, HEIGHT * _SIDE * 2 + 44
    parts = [opened(wafers.title, max(_WIDTH, width * len(wafers.wafers)), height)]
    for i, (label, values) in enumerate(wafers.wafers):
        parts.append(f'<g transform="translate({width * i + 8} 22)"><text y="-6">{clean(_short(label))}</text>')
        for hicann, (x, y) in enumerate(zip(X.tolist(), Y.tolist(), strict=True)):
            value = values.get(hicann, 0.0)
            fill = "#d55e00" if value else "currentColor"
            seen = 0.2 + 0.8 * value / highest if value else 0.08
            parts.append(
                f'<rect x="{x * _SIDE}" y="{y * _SIDE * 2}" width="{_SIDE - 1}" height="{2 * _SIDE - 1}" fill="{fill}" '
                f'opacity="{number(seen)}">'
                + (f"<title>HICANN {hicann}: {value:g} {clean(wafers.unit)}</title>" if value else "")
                + "</rect>"
            )
        parts.append("</g>")
    parts.append(f'<text x="8" y="{height - 6}">strongest colour: {highest:g} {clean(wafers.unit)}</text>')
    return "\n".join([*parts, "</svg>"])
