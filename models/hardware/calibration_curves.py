"""Curves of a calibration: the DAC value of a floating-gate cell as a function of the quantity that it sets.

One `Curve` holds the curves of one parameter for many circuits, so that a whole chip is translated at once.
Source of the kinds: calibtic ``trafo`` (Polynomial, OneOverPolynomial, NegativePowersPolynomial, Lookup, Constant).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.hardware.calibration_cells import DAC_MAX

Floats = NDArray[np.float64]

POLYNOMIAL: Final = "polynomial"
ONE_OVER: Final = "one over polynomial"
NEGATIVE_POWERS: Final = "negative powers"
LOOKUP: Final = "lookup"
CONSTANT: Final = "constant"

_BISECTIONS: Final = 60
_DACS: Final = np.arange(DAC_MAX + 1, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """DAC as a function of a hardware quantity x, for m circuits; monotone within its domain.

    Attributes
    ----------
    kind : str
        POLYNOMIAL: sum c_i x^i.  ONE_OVER: 1 / sum c_i x^i.  NEGATIVE_POWERS: sum c_i x^-i.  CONSTANT: c_0.
        LOOKUP: c_i is x at DAC ``offset + i``, interpolated linearly.
    coefficients : (m, k) float64
        One row per circuit; a row of NaN means that the circuit has no curve.
    low, high : (m,) float64
        Domain of x; values outside are clipped to it.
    offset : int
        First DAC of a LOOKUP.
    """

    kind: str
    coefficients: Floats
    low: Floats
    high: Floats
    offset: int = 0

    @property
    def known(self) -> NDArray[np.bool_]:
        """Return which circuits have a curve, (m,)."""
        return ~np.asarray(np.isnan(self.coefficients).any(axis=1), dtype=np.bool_)

    def clipped(self, value: NDArray[Any], circuit: NDArray[Any] | None = None) -> Floats:
        """Return values clipped to the domain of their circuit, (n,)."""
        row = self._row(value, circuit)
        return np.clip(np.asarray(value, np.float64), self.low[row], self.high[row])

    def dac(self, value: NDArray[Any], circuit: NDArray[Any] | None = None) -> Floats:
        """Return the DAC, not rounded, in 0..1023, that gives a value, (n,).

        Parameters
        ----------
        value : (n,) float
            Hardware values; clipped to the domain.
        circuit : (n,) int or None
            Row of the curve of each value; None: all use row 0.
        """
        row = self._row(value, circuit)
        return np.clip(self._evaluate(self.clipped(value, circuit), row), 0.0, DAC_MAX)

    def value(self, dac: NDArray[Any], circuit: NDArray[Any] | None = None) -> Floats:
        """Return the hardware value that a DAC (not necessarily whole) gives, within the domain, (n,)."""
        dac = np.asarray(dac, dtype=np.float64)
        row = self._row(dac, circuit)
        if self.kind == CONSTANT:
            return np.asarray(self.low[row], dtype=np.float64)
        if self.kind == LOOKUP:
            return self._looked_up(dac, row)
        if self.kind == POLYNOMIAL and self.coefficients.shape[1] == 2:
            constant, slope = self.coefficients[row].T
            return np.asarray(np.clip((dac - constant) / slope, self.low[row], self.high[row]))
        if len(self.coefficients) == 1:
            table = self._bisected(_DACS, np.zeros(len(_DACS), np.int64))
            return np.asarray(np.interp(dac, _DACS, table))
        return self._bisected(dac, row)

    def _row(self, value: NDArray[Any], circuit: NDArray[Any] | None) -> NDArray[np.int64]:
        if circuit is None or len(self.coefficients) == 1:
            return np.zeros(np.shape(value), dtype=np.int64)
        return np.asarray(circuit, dtype=np.int64)

    def _evaluate(self, x: Floats, row: NDArray[np.int64]) -> Floats:
        if self.kind == LOOKUP:
            return self._searched(x, row)
        if self.kind == NEGATIVE_POWERS:
            return self._sum(1.0 / x, row)
        if self.kind == ONE_OVER:
            return 1.0 / self._sum(x, row)
        return self._sum(x, row)

    def _sum(self, x: Floats, row: NDArray[np.int64]) -> Floats:
        total = np.zeros_like(x)
        for column in self.coefficients.T[::-1]:
            total = total * x + column[row]
        return total

    def _bisected(self, dac: Floats, row: NDArray[np.int64]) -> Floats:
        """Return where the curve has the value ``dac``, by bisection in the domain, (n,)."""
        low, high = self.low[row], self.high[row]
        rising = self._evaluate(high, row) > self._evaluate(low, row)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            above = (self._evaluate(middle, row) > dac) == rising
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return 0.5 * (low + high)

    def _looked_up(self, dac: Floats, row: NDArray[np.int64]) -> Floats:
        last = self.coefficients.shape[1] - 1
        place = np.clip(dac - self.offset, 0, last)
        lower = np.minimum(place.astype(np.int64), last - 1)
        share = place - lower
        left, right = self.coefficients[row, lower], self.coefficients[row, lower + 1]
        return np.asarray((1 - share) * left + share * right)

    def _searched(self, x: Floats, row: NDArray[np.int64]) -> Floats:
        dac = np.empty_like(x)
        places = np.arange(self.coefficients.shape[1], dtype=np.float64)
        for circuit in np.unique(row):
            here, values = row == circuit, self.coefficients[circuit]
            rising = values[-1] >= values[0]
            dac[here] = np.interp(x[here], values if rising else values[::-1], places if rising else places[::-1])
        return dac + self.offset


def curve(kind: str, coefficients: tuple[float, ...], low: float, high: float) -> Curve:
    """Return the curve of an ideal chip, the same for all circuits.

    Parameters
    ----------
    kind : str
        Any but LOOKUP.
    coefficients : tuple of float
        In ascending power.
    low, high : float
        Domain of the hardware value.
    """
    return Curve(kind, np.array([coefficients]), np.array([low]), np.array([high]))


def lookup(offset: int, values: NDArray[np.float64]) -> Curve:
    """Return the curve of an ideal chip whose value at DAC ``offset + i`` is ``values[i]``, (k,)."""
    return Curve(LOOKUP, values[None, :], values.min(keepdims=True), values.max(keepdims=True), offset)
