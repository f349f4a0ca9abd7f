"""Statistics of spike trains, by Elephant's definitions: rate, CV of intervals, correlation, synchrony.

Elephant (https://elephant.readthedocs.io) defines `mean_firing_rate`, `cv(isi(..))`, `correlation_coefficient` of
`BinnedSpikeTrain` and `van_rossum_distance`; here the same values come from arrays of all trains at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.kernels.trains import coincidences, squared_distances
from emulator.recording import Recording
from models.errors import MapperError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

#: A spike this close below the edge of a bin [bins] belongs to the next one (Elephant ``tolerance``).
_EDGE: Final = 1e-8


class StatisticsError(MapperError, ValueError):
    """A statistic cannot be computed as asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Trains:
    """Sorted spike trains of n cells in one window of time.

    Attributes
    ----------
    first : (n + 1,) int64
        Spikes of train i: ``times[first[i]:first[i + 1]]``.
    times : (k,) float64
        Spike times [ms].
    start, stop : float
        The window [ms].
    """

    first: Indices
    times: Floats
    start: float
    stop: float

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.stop < np.inf:
            raise StatisticsError(
                f"statistics need a window of time [ms] (got {self.start:g} to {self.stop:g}); "
                "start before the end of the run"
            )

    def __len__(self) -> int:
        """Return the number of trains."""
        return len(self.first) - 1

    @property
    def counts(self) -> Indices:
        """Number of spikes of each train, (n,)."""
        return np.diff(self.first)

    @property
    def owner(self) -> Indices:
        """Train of each spike, (k,)."""
        return np.repeat(np.arange(len(self)), self.counts)

    def part(self, begin: int, end: int) -> Trains:
        """Return the trains begin..end - 1."""
        first = self.first[begin : end + 1]
        return Trains(first - first[0], self.times[first[0] : first[-1]], self.start, self.stop)


def trains_of(recording: Recording, cells: NDArray[np.integer], start: float = 0.0) -> Trains:
    """Return the spike trains of some cells from ``start`` [ms] to the end of a recording.

    Cells that the recording does not know have no spikes.

    Parameters
    ----------
    recording : Recording
        The spikes.
    cells : (n,) int
        Different cells of the network.
    start : float
        What is earlier is left out [ms].

    Raises
    ------
    StatisticsError
        If the recording ends before ``start``.
    """
    last = int(max(recording.unit_cell.max(initial=-1), np.max(cells, initial=-1)))
    place = np.full(last + 1, -1, dtype=np.int64)
    place[cells] = np.arange(len(cells))
    train = place[recording.spike_cell]
    kept = np.flatnonzero((train >= 0) & (recording.spike_time >= start))
    order = kept[np.lexsort((recording.spike_time[kept], train[kept]))]
    first = np.searchsorted(train[order], np.arange(len(cells) + 1)).astype(np.int64)
    return Trains(first, recording.spike_time[order], start, recording.duration)


def rates(trains: Trains) -> Floats:
    """Return the mean rate of each train [Hz], (n,) (Elephant ``mean_firing_rate``)."""
    return trains.counts.astype(np.float64) * (1000.0 / (trains.stop - trains.start))


def interval_cv(trains: Trains) -> Floats:
    """Return the coefficient of variation of the intervals of each train, (n,) (Elephant ``cv(isi(..))``).

    Standard deviation (of the intervals as population) by mean; NaN below three spikes.
    """
    inside = np.ones(max(len(trains.times) - 1, 0), dtype=np.bool_)
    border = trains.first[1:-1]
    inside[border[(border > 0) & (border < len(trains.times))] - 1] = False
    interval, owner = np.diff(trains.times)[inside], trains.owner[1:][inside]
    number = np.bincount(owner, minlength=len(trains))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(owner, interval, len(trains)) / number
        variance = np.bincount(owner, (interval - mean[owner]) ** 2, len(trains)) / number
        return np.where(number >= 2, np.sqrt(variance) / mean, np.nan)


def correlations(trains: Trains, bin_width: float, pairs: int, rng: np.random.Generator) -> Floats:
    """Return Pearson's correlation of the binned spike counts of pairs of trains, (m,), m <= pairs.

    Elephant ``correlation_coefficient(BinnedSpikeTrain(.., bin_size), binary=False)``.  All pairs of the trains that
    vary, or a sample of them; a train without variance has no correlation and is left out.

    Parameters
    ----------
    trains : Trains
        The trains.
    bin_width : float
        [ms].
    pairs : int
        How many pairs at most.
    rng : Generator
        Draws the sample.

    Raises
    ------
    StatisticsError
        If the bins are not positive, or the window holds less than two of them.
    """
    binned, n_bins = _binned(trains, bin_width)
    mean, variance = _moments(binned, n_bins)
    varies = np.flatnonzero(variance > 0)
    i, j = _pairs(len(varies), pairs, rng)
    i, j = varies[i], varies[j]
    product: Floats = coincidences(binned.first, binned.times.astype(np.int64), i, j)
    return (product / n_bins - mean[i] * mean[j]) / np.sqrt(variance[i] * variance[j])


def synchrony(trains: Trains, bin_width: float) -> float:
    """Return chi: the standard deviation of the mean count per bin by that of the single trains.

    Golomb & Rinzel (Physica D 72, 1994): ``chi**2 = var(mean_i x_i) / mean_i(var(x_i))``, here of spike counts.  1: all
    trains alike; about 1 / sqrt(n): independent.  NaN if no train varies.

    Raises
    ------
    StatisticsError
        If the bins are not positive, or the window holds less than two of them.
    """
    binned, n_bins = _binned(trains, bin_width)
    _, variance = _moments(binned, n_bins)
    if not len(trains) or variance.sum() == 0:
        return float("nan")
    population = np.bincount(binned.times.astype(np.int64), minlength=n_bins) / len(trains)
    return float(np.sqrt(population.var() / variance.mean()))


def van_rossum(trains: Trains, others: Trains, tau: float) -> Floats:
    """Return the distance of each train from its partner, (n,) (Elephant ``van_rossum_distance``, 2-norm).

    Van Rossum (Neural Computation 13, 2001): trains are filtered with ``exp(-t / tau)``; the distance is
    ``sqrt(2 / tau * integral of the squared difference)``.  One spike against none gives 1, two far apart sqrt(2).

    Parameters
    ----------
    trains, others : Trains
        n trains each.
    tau : float
        [ms].

    Raises
    ------
    StatisticsError
        If tau is not positive or the numbers of trains differ.
    """
    if not 0 < tau < np.inf:
        raise StatisticsError(f"tau of the van Rossum distance must be positive and finite [ms] (got {tau})")
    if len(trains) != len(others):
        raise StatisticsError(f"trains are compared with as many others (got {len(trains)} and {len(others)})")
    squared = squared_distances(trains.first, trains.times, others.first, others.times, float(tau))
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)))


def _binned(trains: Trains, bin_width: float) -> tuple[Trains, int]:
    """Return the trains with bins for times, and the number of whole bins; spikes behind the last are dropped."""
    if not 0 < bin_width < np.inf:
        raise StatisticsError(f"bins must have a positive width [ms] (got {bin_width})")
    n_bins = int(np.floor((trains.stop - trains.start) / bin_width + _EDGE))
    if n_bins < 2:
        raise StatisticsError(
            f"{trains.stop - trains.start:g} ms hold less than two bins of {bin_width:g} ms; run longer or bin finer"
        )
    bins = np.floor((trains.times - trains.start) / bin_width + _EDGE)
    kept = bins < n_bins
    first = np.concatenate([[0], np.cumsum(np.bincount(trains.owner[kept], minlength=len(trains)))]).astype(np.int64)
    return Trains(first, bins[kept], trains.start, trains.stop), n_bins


def _moments(binned: Trains, n_bins: int) -> tuple[Floats, Floats]:
    """Return mean and variance of the counts per bin of each train, (n,) each."""
    cell, count = np.unique(binned.owner * n_bins + binned.times.astype(np.int64), return_counts=True)
    mean = binned.counts / n_bins
    squares = np.bincount(cell // n_bins, count.astype(np.float64) ** 2, len(binned)) / n_bins
    variance = squares - mean**2
    return mean, np.where(variance > 1e-12, variance, 0.0)


def _pairs(n: int, most: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Return the pairs i < j of n things, or ``most`` of them drawn without repetition."""
    total = n * (n - 1) // 2
    if total <= most:
        i, j = np.triu_indices(n, 1)
        return i.astype(np.int64), j.astype(np.int64)
    code = np.sort(rng.choice(total, most, replace=False, shuffle=False))
    # pairs (i, j) with i < j are numbered j (j - 1) / 2 + i
    j = np.floor((1 + np.sqrt(1 + 8.0 * code)) / 2).astype(np.int64)
    j = np.where(j * (j - 1) // 2 > code, j - 1, j)
    j = np.where(j * (j + 1) // 2 <= code, j + 1, j)
    return code - j * (j - 1) // 2, j
