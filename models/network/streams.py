"""Reproducible random numbers: the same seed gives the same network on every platform and numpy version.

Numpy freezes only the raw bits of its bit generators (NEP 19), not what ``Generator`` makes of them.  So
every random choice here starts from ``PCG64(SeedSequence([seed, crc32(name)])).random_raw()`` and uses
integer comparisons, or the basic operations that IEEE 754 rounds correctly (+ - * / sqrt).  ``name`` is the
name of the projection or parameter: objects with the same seed do not share a stream.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol
from zlib import crc32

import numpy as np
from numpy.random import PCG64, SeedSequence
from numpy.typing import NDArray

_TWO53: Final = 1 << 53


def stream(seed: int, name: str) -> PCG64:
    """Return the raw bit stream of an object.

    Parameters
    ----------
    seed : int
        Not negative.
    name : str
        Name of what is drawn; hashed with CRC-32 of its UTF-8 bytes.
    """
    return PCG64(SeedSequence([seed, crc32(name.encode())]))


def raw(bits: PCG64, n: int) -> NDArray[np.uint64]:
    """Return the next ``n`` raw 64-bit words, (n,)."""
    return np.asarray(bits.random_raw(n), dtype=np.uint64)


def bernoulli(bits: PCG64, n: int, p: float) -> NDArray[np.bool_]:
    """Return ``n`` independent coin flips that are true with probability ``p``, (n,).

    One word per flip: true where ``word >> 11 < floor(p * 2^53)``.
    """
    threshold = np.uint64(math.floor(p * _TWO53))
    hits: NDArray[np.bool_] = (raw(bits, n) >> np.uint64(11)) < threshold
    return hits


def choose(bits: PCG64, n: int, k: int, rows: int = 1) -> NDArray[np.bool_]:
    """Return, for each row, which ``k`` of ``n`` are chosen without replacement, (rows, n).

    Each row takes ``n`` words and chooses the ``k`` smallest; of equal words the one with the lower index.
    """
    return smallest(raw(bits, rows * n).reshape(rows, n), k)


def smallest(words: NDArray[np.uint64], k: int) -> NDArray[np.bool_]:
    """Return where the ``k`` smallest words of each row stand, ties to the lower index, (rows, n)."""
    rows, n = words.shape
    if k == 0 or n == 0:
        return np.zeros((rows, n), dtype=np.bool_)
    border = np.partition(words, k - 1, axis=1)[:, k - 1 : k]
    chosen: NDArray[np.bool_] = words <= border
    for row in np.flatnonzero(chosen.sum(axis=1) > k):
        tied = np.flatnonzero(words[row] == border[row])
        surplus = int(chosen[row].sum()) - k
        chosen[row, tied[len(tied) - surplus :]] = False
    return chosen


def unit(bits: PCG64, n: int) -> NDArray[np.float64]:
    """Return ``n`` numbers ``(word >> 11) / 2^53`` in [0, 1), (n,)."""
    return (raw(bits, n) >> np.uint64(11)).astype(np.float64) / _TWO53


class Distribution(Protocol):
    """A seeded distribution of a parameter or weight."""

    @property
    def seed(self) -> int:
        """Seed of the stream."""

    def draw(self, n: int, name: str) -> NDArray[np.float64]:
        """Return ``n`` values from the stream of ``name``, (n,)."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform distribution on [low, high)."""

    low: float
    high: float
    seed: int

    def draw(self, n: int, name: str) -> NDArray[np.float64]:
        """Return ``n`` values from the stream of ``name``, (n,)."""
        return self.low + (self.high - self.low) * unit(stream(self.seed, name), n)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal distribution, by inversion of its cumulative distribution."""

    mean: float
    sd: float
    seed: int

    def draw(self, n: int, name: str) -> NDArray[np.float64]:
        """Return ``n`` values from the stream of ``name``, (n,)."""
        return self.mean + self.sd * normal_quantile(unit(stream(self.seed, name), n) + 0.5 / _TWO53)


# Rational approximations of the normal quantile, numerator and denominator from the highest power down:
# M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477.
_CENTRE: Final = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL: Final = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
     3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR_TAIL: Final = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
     6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip
_LN2: Final = 0.6931471805599453094


def normal_quantile(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard normal quantile of 0 < p < 1, same shape.

    Relative accuracy about 1e-15; only correctly rounded operations, so equal bits everywhere.
    """
    q = p - 0.5
    centre = 0.180625 - np.minimum(q * q, 0.180625)
    r = np.sqrt(-_log(np.minimum(p, 1.0 - p)))
    tail = np.where(r <= 5.0, _ratio(_TAIL, r - 1.6), _ratio(_FAR_TAIL, r - 5.0))
    inner = np.abs(q) <= 0.425
    return np.where(inner, q * _ratio(_CENTRE, centre), np.where(q < 0, -tail, tail))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], x: NDArray[np.float64]) -> NDArray[np.float64]:
    numerator, denominator = (np.zeros_like(x), np.zeros_like(x))
    for up, down in zip(*coefficients, strict=True):
        numerator = numerator * x + up
        denominator = denominator * x + down
    return numerator / denominator


def _log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the natural logarithm, ``e ln 2 + 2 artanh((m - 1) / (m + 1))`` with m in [0.5, 1)."""
    mantissa, exponent = np.frexp(x)
    z = (mantissa - 1.0) / (mantissa + 1.0)
    square, series = z * z, np.zeros_like(x)
    for odd in range(35, 0, -2):  # |z| <= 1/3: the first dropped term is below 2^-60
        series = series * square + 1.0 / odd
    return exponent * _LN2 + 2.0 * z * series
