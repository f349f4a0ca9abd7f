"""Still pictures of losses: population by population, and cell by cell of one projection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.viewer.colours import THEMES, Theme, diverging
from mapper.viewer.losses import bins, pairs
from mapper.viewer.picture import Picture, PictureError, Rect, Text
from models.mapping import Mapping
from models.network import Network

#: What `matrix_picture` calls the matrix of all projections.
POPULATIONS: Final = "populations"
_SIDE: Final = 440.0
_LEFT: Final = 150.0
_TOP: Final = 60.0
_BOTTOM: Final = 60.0
#: Populations with a name of their own at the margin.
_MOST_NAMES: Final = 30

F8 = NDArray[np.float64]
Index = NDArray[np.int64]


def matrix_picture(
    mappings: Sequence[tuple[str, Mapping]],
    network: Network,
    which: str = POPULATIONS,
    *,
    difference: bool = False,
    theme: str = "light",
) -> Picture:
    """Return the share of lost synapses as matrices, senders downwards and receivers to the right.

    Parameters
    ----------
    mappings : sequence of (label, Mapping)
        What to show, one matrix each.
    network : Network
        Their network.
    which : str
        ``populations``, or the name of a projection for its cells in at most 128 x 128 squares.
    difference : bool
        Show the share of the second mapping minus that of the first instead.
    theme : str
        ``light`` or ``dark``.

    Raises
    ------
    PictureError
        If there is no such projection, or a difference is asked for without two mappings.
    """
    if difference and len(mappings) != 2:
        raise PictureError(f"a difference needs two solutions (got {len(mappings)})")
    colours = THEMES[theme]
    row, column, required, lost = _entries(network, which, [mapping for _, mapping in mappings])
    shares = [part / required for part in lost]
    maps = [(label, share) for (label, _), share in zip(mappings, shares, strict=True)]
    if difference:
        maps = [(f"{maps[1][0]} minus {maps[0][0]}", shares[1] - shares[0])]
    width, height = _LEFT + _SIDE + 20, _TOP + _SIDE + _BOTTOM
    names = ", ".join(label for label, _ in maps)
    picture = Picture(width * len(maps), height, f"lost synapses of {which}, senders by receivers: {names}")
    picture.shapes.append(Rect(0, 0, picture.width, height, colours.paper))
    shape = (int(row.max(initial=0)) + 1, int(column.max(initial=0)) + 1)
    if which == POPULATIONS:
        shape = (len(network.populations), len(network.populations))
    for i, (label, share) in enumerate(maps):
        _draw(picture, i * width, f"{label}: {which}", (row, column, share), shape, difference, colours)
        if which == POPULATIONS and len(network.populations) <= _MOST_NAMES:
            _names(picture, i * width, network, colours)
    return picture


def _entries(network: Network, which: str, mappings: Sequence[Mapping]) -> tuple[Index, Index, F8, list[F8]]:
    """Return row, column and required synapses of every entry, and what each mapping loses of them."""
    lost = [mapping.synapses.cause != 0 for mapping in mappings]
    if which == POPULATIONS:
        of = pairs(network)
        counts = [of.lost(one).astype(np.float64) for one in lost]
        return of.pre.astype(np.int64), of.post.astype(np.int64), of.required.astype(np.float64), counts
    known = [projection.name for projection in network.projections]
    if which not in known:
        listed = ", ".join(known[:20]) + (", ..." if len(known) > 20 else "")
        raise PictureError(f"no projection {which!r}; there are {POPULATIONS} (all of them) and {listed}")
    whole, at = bins(network), known.index(which)
    own = slice(int(whole.start[at]), int(whole.start[at + 1]))
    row, column = np.divmod(whole.index[own].astype(np.int64), 128)
    counts = [whole.lost(one)[own].astype(np.float64) for one in lost]
    return row, column, whole.required[own].astype(np.float64), counts


def _draw(
    picture: Picture,
    left: float,
    title: str,
    entries: tuple[Index, Index, F8],
    shape: tuple[int, int],
    signed: bool,
    theme: Theme,
) -> None:
    cell = _SIDE / max(shape)
    picture.shapes.append(Text(left + 12, 25, title, theme.ink, 16))
    picture.shapes.append(Rect(left + _LEFT, _TOP, cell * shape[1], cell * shape[0], theme.chip, theme.faint))
    for row, column, share in zip(*(values.tolist() for values in entries), strict=True):
        colour = _colour(share, signed, theme)
        picture.shapes.append(Rect(left + _LEFT + column * cell, _TOP + row * cell, cell, cell, colour))
    y = _TOP + _SIDE + 24
    words = ("less loss", "same", "more loss") if signed else ("realised", "half lost", "all lost")
    for i, (share, word) in enumerate(zip((-1.0, 0.0, 1.0) if signed else (0.0, 0.5, 1.0), words, strict=True)):
        x = left + _LEFT + 110 * i
        picture.shapes.append(Rect(x, y, 12, 12, _colour(share, signed, theme)))
        picture.shapes.append(Text(x + 18, y + 11, word, theme.ink))


def _colour(share: float, signed: bool, theme: Theme) -> str:
    if signed:
        return diverging(share, theme)
    return diverging(0.3 + 0.7 * share if share else -1.0, theme)


def _names(picture: Picture, left: float, network: Network, theme: Theme) -> None:
    cell = _SIDE / len(network.populations)
    for i, population in enumerate(network.populations):
        name = population.name if len(population.name) <= 18 else f"{population.name[:15]}..."
        y = _TOP + (i + 0.5) * cell + 4
        picture.shapes.append(Text(left + _LEFT - 24, y, name, theme.ink, 11, "end"))
        picture.shapes.append(Text(left + _LEFT - 6, y, str(i), theme.soft, 10, "end"))
        picture.shapes.append(Text(left + _LEFT + (i + 0.5) * cell, _TOP - 6, str(i), theme.soft, 10, "middle"))
