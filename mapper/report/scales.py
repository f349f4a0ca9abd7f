"""Axes of charts: where a value stands and which values get a tick."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes
    ----------
    low, high : float
        Range of values; more than a point.
    scale : str
        ``linear``, ``log`` or ``symlog``.
    linear : float
        End of the linear part of ``symlog``, above 0.
    """

    low: float
    high: float
    scale: str = "linear"
    linear: float = 0.01

    def place(self, value: float) -> float:
        """Return where a value stands, 0 at the low end and 1 at the high end; values outside are clipped."""
        low, high = self._bend(self.low), self._bend(self.high)
        return min(1.0, max(0.0, (self._bend(value) - low) / (high - low)))

    def _bend(self, value: float) -> float:
        if self.scale == "log":
            return math.log10(max(value, self.low))
        if self.scale == "symlog":
            size = abs(value) / self.linear
            return math.copysign(size if size <= 1 else 1 + math.log10(size), value)
        return value

    def ticks(self) -> list[float]:
        """Return the values that get a tick, ascending."""
        if self.scale == "linear":
            return _round_values(self.low, self.high)
        first = math.floor(math.log10(self.low if self.scale == "log" else self.linear))
        last = math.ceil(math.log10(self.high))
        stride = max(1, (last - first) // 6)
        steps = (1.0,) if self.high / max(self.low, 1e-300) > 50 or self.scale == "symlog" else (1.0, 2.0, 5.0)
        powers = [step * 10.0**n for n in range(first, last + 1, stride) for step in steps]
        if self.scale == "symlog":
            powers = [0.0, *powers]
        return [value for value in powers if self.low * (1 - 1e-9) <= value <= self.high * (1 + 1e-9)]


def axis_of(values: Iterable[float], scale: str = "linear", linear: float = 0.01) -> Axis:
    """Return an axis that holds all finite values; linear and symlog ones begin at 0 if nothing is below."""
    finite = [value for value in values if math.isfinite(value) and (scale != "log" or value > 0)]
    low, high = min(finite, default=0.1), max(finite, default=1.0)
    if scale == "log":
        return Axis(low, high if high > low else 10 * low, scale)
    low = min(0.0, low)
    if scale == "symlog":
        return Axis(low, max(high, 10 * linear), scale, linear)
    return Axis(low, high if high > low else low + 1.0)


def _round_values(low: float, high: float, most: int = 6) -> list[float]:
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s * power for s in _STEPS if s * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
