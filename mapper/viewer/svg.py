"""Pictures as SVG text, and as PNG if matplotlib is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from mapper.viewer.picture import Lines, Picture, Rect, Text

_DPI: Final = 100


def to_svg(picture: Picture) -> str:
    """Return the SVG text of a picture; its title is what screen readers say."""
    width, height = _number(picture.width), _number(picture.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label={quoteattr(_clean(picture.title))}>',
        f"<title>{escape(_clean(picture.title))}</title>",
    ]
    lines += [_element(shape) for shape in picture.shapes]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _element(shape: Rect | Lines | Text) -> str:
    if isinstance(shape, Rect):
        line = f' stroke="{shape.line}" stroke-width="0.5"' if shape.line else ""
        seen = f' opacity="{_number(shape.opacity)}"' if shape.opacity < 1 else ""
        place = f'x="{_number(shape.x)}" y="{_number(shape.y)}"'
        size = f'width="{_number(shape.width)}" height="{_number(shape.height)}"'
        return f'<rect {place} {size} fill="{shape.fill}"{line}{seen}/>'
    if isinstance(shape, Text):
        return (
            f'<text x="{_number(shape.x)}" y="{_number(shape.y)}" font-family="sans-serif" '
            f'font-size="{_number(shape.size)}" text-anchor="{shape.anchor}" fill="{shape.colour}">'
            f"{escape(_clean(shape.text))}</text>"
        )
    path = "".join(f"M{_number(a)} {_number(b)}L{_number(c)} {_number(d)}" for a, b, c, d in shape.points.tolist())
    return (
        f'<path d="{path}" fill="none" stroke="{shape.colour}" stroke-width="{_number(shape.width)}" '
        f'opacity="{_number(shape.opacity)}"/>'
    )


def _number(value: float) -> str:
    return f"{round(float(value), 2):g}"


def _clean(text: str) -> str:
    """Return a text without the control characters that XML forbids."""
    return "".join(c if c.isprintable() else " " for c in text)


def write_png(picture: Picture, path: Path) -> None:
    """Write a picture as a PNG file through matplotlib.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    figure = Figure(figsize=(picture.width / _DPI, picture.height / _DPI), dpi=_DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0, picture.width)
    axes.set_ylim(picture.height, 0)
    axes.axis("off")
    for order, shape in enumerate(picture.shapes):
        if isinstance(shape, Rect):
            corner, line = (shape.x, shape.y), shape.line or "none"
            axes.add_patch(
                Rectangle(
                    corner, shape.width, shape.height, facecolor=shape.fill, edgecolor=line, linewidth=0.4,
                    alpha=shape.opacity, zorder=order,
                )
            )  # fmt: skip
        elif isinstance(shape, Lines):
            axes.add_collection(
                LineCollection(
                    list(shape.points.reshape(-1, 2, 2)), colors=shape.colour, linewidths=0.72 * shape.width,
                    alpha=shape.opacity, zorder=order,
                )
            )  # fmt: skip
        else:
            anchor = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
            axes.text(
                shape.x, shape.y, _clean(shape.text), fontsize=0.72 * shape.size, color=shape.colour, ha=anchor,
                va="baseline", zorder=order, parse_math=False,
            )  # fmt: skip
    figure.savefig(path, format="png", metadata={"Software": None})
