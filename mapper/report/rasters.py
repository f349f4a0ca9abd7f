"""Spike rasters as SVG text, one path of short strokes for each population."""

from __future__ import annotations

from typing import Final

from mapper.report.blocks import Raster
from mapper.report.scales import Axis
from mapper.report.svg import COLOURS, clean, number, opened

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 620, 130, 14, 6, 40
#: Height of the rows of one neuron, and what every raster is at least high.
_ROW: Final = 2
_LEAST: Final = 40


def raster_svg(raster: Raster) -> str:
    """Return a raster as SVG text: time to the right, neurons upwards in the order of their populations."""
    rows = max((end for _, _, end in raster.populations), default=1)
    inside = max(_LEAST, _ROW * rows)
    bottom, right = _TOP + inside, _WIDTH - _RIGHT
    axis = Axis(raster.start, raster.stop)
    stroke = inside / rows

    def x(time: float) -> str:
        return number(_LEFT + axis.place(time) * (right - _LEFT))

    parts = [
        opened(raster.title, _WIDTH, bottom + _BOTTOM),
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" fill="none" stroke="currentColor"/>',
    ]
    for i, (name, first, end) in enumerate(raster.populations):
        colour, middle = COLOURS[i % len(COLOURS)], bottom - stroke * (first + end) / 2
        strokes = "".join(
            f"M{x(time)} {number(bottom - stroke * row)}v{number(-stroke)}"
            for row, time in zip(raster.row, raster.time, strict=True)
            if first <= row < end
        )
        parts.append(f'<path d="{strokes or "M0 0"}" fill="none" stroke="{colour}"/>')
        text = clean(name if len(name) <= 16 else f"{name[:13]}...")
        parts.append(
            f'<text x="{_LEFT - 8}" y="{number(middle)}" dy="4" text-anchor="end" fill="{colour}">{text}</text>'
        )
    for tick in axis.ticks():
        parts.append(f'<path d="M{x(tick)} {bottom}v5" stroke="currentColor"/>')
        parts.append(f'<text x="{x(tick)}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    parts.append(f'<text x="{(_LEFT + right) / 2}" y="{bottom + 34}" text-anchor="middle">time [ms]</text>')
    return "\n".join([*parts, "</svg>"])
