"""Statistics of paired losses; the unit is the instance (median over seeds), never the single run.

References
----------
.. [1] Demsar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006) 1-30.
.. [2] Pratt, "Remarks on zeros and ties in the Wilcoxon signed rank procedures", JASA 54 (1959) 655-667.
.. [3] Hodges and Lehmann, "Estimates of location based on rank tests", Ann. Math. Stat. 34 (1963) 598-611.
.. [4] Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6 (1979) 65-70.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
#: Resamples taken together, so that the pairs of many instances fit into memory.
_AT_ONCE: Final = 100
#: Instances below which a signed-rank test can hardly reach p < 0.05.
FEW: Final = 6
#: Losses that differ by less are equal [pp].
TIE: Final = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two solvers on the same instances; differences are first minus second [pp], negative: the first loses less.

    Attributes
    ----------
    first, second : str
        Solvers.
    n, wins, ties, losses : int
        Instances, and on how many of them the first loses less, the same, more.
    shift : float
        Hodges-Lehmann estimate of the difference [pp].
    low, high : float
        95 % bootstrap interval of it [pp].
    p : float
        Of the two-sided Wilcoxon signed-rank test, zeros by Pratt.
    p_holm : float
        The same, corrected for the number of pairs.
    """

    first: str
    second: str
    n: int
    wins: int
    ties: int
    losses: int
    shift: float
    low: float
    high: float
    p: float
    p_holm: float = 1.0


def bootstrap(
    values: Floats, statistic: Callable[[Floats], Floats], rng: np.random.Generator
) -> tuple[float, float]:  # fmt: skip
    """Return the 95 % percentile bootstrap interval of a statistic; for equal values the value itself.

    Parameters
    ----------
    values : (n,) float64
        At least one.
    statistic : callable
        Of samples along the last axis, (m, n) -> (m,).
    rng : numpy.random.Generator
        Draws the resamples.
    """
    if np.ptp(values) == 0:
        only = float(statistic(values[None])[0])
        return only, only
    picks = rng.integers(0, len(values), (RESAMPLES, len(values)))
    found = np.concatenate([statistic(values[part]) for part in np.array_split(picks, RESAMPLES // _AT_ONCE)])
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


def hodges_lehmann(differences: Floats) -> Floats:
    """Return the median of all means of two differences, each with itself included, (..., n) -> (...)."""
    i, j = np.triu_indices(differences.shape[-1])
    return np.asarray(np.median((differences[..., i] + differences[..., j]) / 2, axis=-1))


def mean(values: Floats) -> Floats:
    """Return means along the last axis."""
    return np.asarray(values.mean(axis=-1))


def median(values: Floats) -> Floats:
    """Return medians along the last axis."""
    return np.asarray(np.median(values, axis=-1))


def compare_pair(first: str, second: str, a: Floats, b: Floats, rng: np.random.Generator) -> Pair:
    """Return the comparison of two solvers by their losses on the same instances, (n,) each [%]."""
    from scipy.stats import wilcoxon

    differences = np.where(np.abs(a - b) < TIE, 0.0, a - b)
    low, high = bootstrap(differences, hodges_lehmann, rng)
    p = 1.0 if not differences.any() else float(_p(wilcoxon, differences))
    return Pair(
        first, second, len(a), int((differences < 0).sum()), int((differences == 0).sum()),
        int((differences > 0).sum()), float(hodges_lehmann(differences)), low, high, p,
    )  # fmt: skip


def _p(wilcoxon: Any, differences: Floats) -> float:
    """Return the p value: exact for few instances without ties and zeros, else by the normal approximation."""
    ranks = np.unique(np.abs(differences))
    exact = len(ranks) == len(differences) and bool(differences.all()) and len(differences) <= 50
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy before 1.13 warns of few instances; the report says so itself
        return float(wilcoxon(differences, zero_method="pratt", method="exact" if exact else "approx").pvalue)


def compare_all(losses: dict[str, Floats], rng: np.random.Generator) -> list[Pair]:
    """Return all pairs of solvers, p values corrected after Holm."""
    names = list(losses)
    pairs = [
        compare_pair(first, second, losses[first], losses[second], rng)
        for i, first in enumerate(names)
        for second in names[i + 1 :]
    ]
    corrected = holm([pair.p for pair in pairs])
    return [
        Pair(q.first, q.second, q.n, q.wins, q.ties, q.losses, q.shift, q.low, q.high, q.p, p)
        for q, p in zip(pairs, corrected, strict=True)
    ]


def holm(values: Sequence[float]) -> list[float]:
    """Return p values corrected after Holm, in the order given."""
    corrected = [1.0] * len(values)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(values)), key=lambda i: values[i])):
        highest = max(highest, min(1.0, (len(values) - rank) * values[i]))
        corrected[i] = highest
    return corrected


def friedman(losses: dict[str, Floats]) -> float | None:
    """Return the p value of Friedman's test that all solvers are alike; None for fewer than three solvers."""
    if len(losses) < 3:
        return None
    columns = list(losses.values())
    if len(columns[0]) < 2 or all(np.allclose(column, columns[0], atol=TIE, rtol=0) for column in columns):
        return 1.0
    from scipy.stats import friedmanchisquare

    return float(friedmanchisquare(*columns).pvalue)
