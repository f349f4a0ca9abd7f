"""Loss by sending and receiving population as small matrices in SVG text."""

from __future__ import annotations

from typing import Final

from mapper.report.blocks import Matrices
from mapper.report.svg import clean, number, opened

_SIDE: Final = 220
_LEFT: Final = 92
_TOP: Final = 34
_BOTTOM: Final = 40
#: Room for a letter of the line of text below.
_LETTER: Final = 6.5
#: Names beside the rows; with more of them only their numbers.
_MOST_NAMES: Final = 16
_LESS: Final = "#0072b2"
_MORE: Final = "#d55e00"


def matrices_svg(block: Matrices) -> str:
    """Return matrices side by side: a square per pair, the stronger its colour the larger its value."""
    n = len(block.names)
    cell = _SIDE / max(1, n)
    highest = max((abs(v) for _, values in block.matrices for v in values.values()), default=0.0) or 1.0
    width = _LEFT + _SIDE + 16
    sign = "less (blue) or more (orange) loss" if block.signed else "loss"
    below = (
        f"rows send, columns receive; strongest colour: {highest:.3g} {'pp' if block.signed else '%'} {sign}, grey: "
        f"{'the same' if block.signed else 'none'}"
    )
    wide = max(width * len(block.matrices), 16 + _LETTER * len(below))
    parts = [opened(block.title, wide, _TOP + _SIDE + _BOTTOM)]
    for i, (label, values) in enumerate(block.matrices):
        parts.append(f'<g transform="translate({width * i} 0)">')
        parts.append(f'<text x="{_LEFT}" y="14">{clean(_short(label, 32))}</text>')
        parts.append(
            f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="currentColor" '
            'opacity="0.4"/>'
        )
        for (row, column), value in values.items():
            fill = _MORE if value > 0 else _LESS
            seen = 0.15 + 0.85 * abs(value) / highest if value else 0.08
            shown = f"{value:+.2f} pp" if block.signed else f"{value:.2f} % lost"
            parts.append(
                f'<rect x="{number(_LEFT + column * cell)}" y="{number(_TOP + row * cell)}" width="{number(cell)}" '
                f'height="{number(cell)}" fill="{fill if value else "currentColor"}" opacity="{number(seen)}">'
                f"<title>{clean(f'{block.names[row]} to {block.names[column]}: {shown}')}</title></rect>"
            )
        parts += _names(block.names, cell)
        parts.append("</g>")
    parts.append(f'<text x="8" y="{_TOP + _SIDE + 30}" font-size="11">{below}</text>')
    return "\n".join([*parts, "</svg>"])


def _names(names: tuple[str, ...], cell: float) -> list[str]:
    if len(names) > _MOST_NAMES:
        return []
    parts = []
    for i, name in enumerate(names):
        middle = (i + 0.5) * cell
        parts.append(
            f'<text x="{_LEFT - 4}" y="{number(_TOP + middle + 4)}" text-anchor="end" font-size="10">'
            f"{clean(_short(name, 14))}</text>"
        )
        parts.append(
            f'<text x="{number(_LEFT + middle)}" y="{_TOP + _SIDE + 12}" text-anchor="middle" font-size="10">'
            f"{clean(_short(name, max(2, int(cell / 6))))}</text>"
        )
    return parts


def _short(label: str, most: int) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}."
