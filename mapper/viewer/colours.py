"""Colours of the pictures and of the viewer: readable by people with colour vision deficiency, light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Nine steps of cividis (Nunez, Anderton, Renslow, PLOS ONE 13, e0199239, 2018).
SEQUENTIAL: Final = (
    "#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#fee838",
)  # fmt: skip
#: Less and more; the middle is the background of a chip in use.
LESS: Final = "#2166ac"
MORE: Final = "#b2540c"
#: Driver decoder groups 0..3 (Okabe and Ito, Color Universal Design, 2008).
GROUPS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
#: Routes shown together, after the theme's own colour.
ROUTES: Final = ("#d55e00", "#2b8cd6", "#009e73", "#cc79a7", "#e69f00")


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one theme.

    Attributes
    ----------
    paper, bar, ink, soft, faint, chip, middle, route, alarm : str
        Background, background of bars, text, minor text, outlines, a chip without value, the middle of the diverging
        scale, routes and focus, defects.
    """

    paper: str
    bar: str
    ink: str
    soft: str
    faint: str
    chip: str
    middle: str
    route: str
    alarm: str


THEMES: Final = {
    "light": Theme("#ffffff", "#f4f6f8", "#1a1a1a", "#51585f", "#9aa0a6", "#eceff1", "#f7f7f7", "#c2185b", "#b00020"),
    "dark": Theme("#15181c", "#1d2126", "#e8eaed", "#b4bac1", "#5f6368", "#24292f", "#3a3f45", "#ff7eb6", "#ff8a80"),
}


def ramp(theme: Theme | None = None, steps: int = 65) -> list[str]:
    """Return the sequential scale in steps, or with a theme the diverging one from -1 to 1."""
    if theme is None:
        return [sequential(i / (steps - 1)) for i in range(steps)]
    return [diverging(2 * i / (steps - 1) - 1, theme) for i in range(steps)]


def sequential(share: float) -> str:
    """Return the colour of a value between 0 and 1."""
    return _between(SEQUENTIAL, share)


def diverging(share: float, theme: Theme) -> str:
    """Return the colour of a difference between -1 and 1."""
    return _between((LESS, theme.middle, MORE), (share + 1) / 2)


def _between(anchors: Sequence[str], share: float) -> str:
    place = min(max(share, 0.0), 1.0) * (len(anchors) - 1)
    i = min(int(place), len(anchors) - 2)
    pairs = zip(_rgb(anchors[i]), _rgb(anchors[i + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * (place - i)):02x}" for a, b in pairs)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
