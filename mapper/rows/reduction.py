"""marocco's distribution of granted drivers: STP modes, then input sides, then decoder groups, in proportion.

Source: marocco ``SynapseManager`` (``relative_reduction``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Kind:
    """Half rows that synapses of one kind need, and how many synapses they stand for."""

    half_rows: int = 0
    synapses: int = 0


#: Needs by (STP mode, input side, column parity, decoder group).
Needs = Mapping[tuple[int, int, int, int], Kind]


@dataclass(slots=True)
class RowSetting:
    """What a row does: driver, which of its two rows, STP mode, input side, decoder by column parity."""

    driver: int
    which: int
    stp: int
    side: int
    decoder: list[int] = field(default_factory=lambda: [-1, -1])


def relative_reduction(required: Sequence[int], priority: Sequence[int], available: int) -> list[int]:
    """Return how much of ``available`` everybody gets.

    If not all requirements can be met, shares are proportional to priority, at least 1 each if possible.  As
    in marocco, a share may exceed what was required.
    """
    if sum(required) <= available:
        return list(required)
    total = sum(priority)
    ideal = [p / total * available for p in priority]
    share = [max(1, int(i)) if r > 0 else 0 for r, i in zip(required, ideal, strict=True)]
    delta = [s - i for s, i in zip(share, ideal, strict=True)]
    much = sorted((k for k, d in enumerate(delta) if d > 0), key=lambda k: -delta[k])
    little = sorted((k for k, d in enumerate(delta) if d <= 0 and required[k] > 0), key=lambda k: delta[k])
    excess = sum(share) - available
    while excess > 0:
        for k in much:
            if excess > 0 and share[k] > 0:
                share[k] -= 1
                excess -= 1
    while excess < 0 and little:
        for k in little[:-excess]:
            share[k] += 1
            excess += 1
    return share


def distribute(needs: Needs, drivers: Sequence[int]) -> list[RowSetting]:
    """Return the settings of the rows of a chain, by ascending driver.

    Parameters
    ----------
    needs : mapping
        Half rows and synapses by (STP mode, input side, column parity, decoder group).
    drivers : sequence of int
        The drivers granted, ascending.
    """
    modes = sorted({stp for stp, _, _, _ in needs})
    rows = {(stp, side): _rows(needs, stp, side) for stp in modes for side in (0, 1)}
    granted = relative_reduction(
        [(rows[stp, 0] + rows[stp, 1] + 1) // 2 for stp in modes],
        [sum(k.synapses for key, k in needs.items() if key[0] == stp) for stp in modes],
        len(drivers),
    )
    settings: list[RowSetting] = []
    begin = 0
    for stp, count in zip(modes, granted, strict=True):
        own = [(driver, which) for driver in drivers[begin : begin + count] for which in (0, 1)]
        begin += count
        settings += _settings(needs, stp, {side: rows[stp, side] for side in (0, 1)}, own)
    return settings


def _of_kind(needs: Needs, stp: int, side: int, parity: int) -> list[tuple[int, Kind]]:
    """Return decoder groups, ascending, and their needs."""
    return sorted(
        ((key[3], kind) for key, kind in needs.items() if key[:3] == (stp, side, parity)),
        key=lambda item: item[0],
    )


def _rows(needs: Needs, stp: int, side: int) -> int:
    return max(sum(kind.half_rows for _, kind in _of_kind(needs, stp, side, parity)) for parity in (0, 1))


def _settings(needs: Needs, stp: int, rows: Mapping[int, int], own: Sequence[tuple[int, int]]) -> Iterator[RowSetting]:
    """Yield the settings of the rows of one STP mode: left inputs take theirs first."""
    sides = [side for side in (0, 1) if rows[side]]
    synapses = [sum(k.synapses for key, k in needs.items() if key[:2] == (stp, side)) for side in sides]
    begin = 0
    for side, count in zip(sides, relative_reduction([rows[s] for s in sides], synapses, len(own)), strict=True):
        settings = [RowSetting(*row, stp, side) for row in own[begin : begin + count]]
        begin += count
        for parity in (0, 1):
            groups = _of_kind(needs, stp, side, parity)
            shares = relative_reduction(
                [kind.half_rows for _, kind in groups], [kind.synapses for _, kind in groups], count
            )
            decoders = [group for (group, _), share in zip(groups, shares, strict=True) for _ in range(share)]
            for setting, decoder in zip(settings, decoders, strict=False):
                setting.decoder[parity] = decoder
        yield from settings
