"""Statistics of spike trains against values by hand, and against Elephant where it is installed."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.recording import Losses, Recording
from emulator.statistics import (
    StatisticsError,
    Trains,
    correlations,
    interval_cv,
    rates,
    synchrony,
    trains_of,
    van_rossum,
)


def trains(*times, stop=100.0, start=0.0):
    first = np.concatenate([[0], np.cumsum([len(one) for one in times])]).astype(np.int64)
    return Trains(first, np.concatenate([np.empty(0), *map(np.asarray, times)]).astype(np.float64), start, stop)


def recording(units, times, neuron_cell=(5, 7, 6), duration=100.0):
    n = len(neuron_cell)
    none = np.zeros(n, np.int64)
    return Recording(
        duration, 0.1, np.array(neuron_cell, np.int32), np.empty(0, np.int32), np.array(units, np.int32),
        np.array(times, np.float64), (), np.empty(0), Losses(none, none, none, none),
    )  # fmt: skip


def poisson(n, rate, duration, seed, together=0.0):
    """Return trains on a grid of 0.1 ms; a share ``together`` of the spikes of each comes from one common train."""
    rng = np.random.default_rng(seed)
    common = rng.uniform(0, duration, rng.poisson(rate * duration / 1000))
    made = []
    for _ in range(n):
        own = rng.uniform(0, duration, rng.poisson((1 - together) * rate * duration / 1000))
        kept = common[rng.uniform(size=len(common)) < together]
        made.append(np.unique(np.round(np.concatenate([own, kept]), 1)))
    return trains(*made, stop=duration)


def test_trains_follow_the_order_of_the_cells_and_know_silent_ones():
    found = trains_of(recording([2, 0, 2, 1], [1.0, 2.0, 3.0, 4.0]), np.array([6, 5, 9]))
    assert found.first.tolist() == [0, 2, 3, 3]
    assert found.times.tolist() == [1.0, 3.0, 2.0]
    later = trains_of(recording([2, 0, 2, 1], [1.0, 2.0, 3.0, 4.0]), np.array([6, 5]), start=2.5)
    assert (later.counts.tolist(), later.start, later.stop) == ([1, 0], 2.5, 100.0)


def test_a_part_of_the_trains():
    part = trains([1.0], [2.0, 3.0], [], [4.0]).part(1, 3)
    assert (part.first.tolist(), part.times.tolist()) == ([0, 2, 2], [2.0, 3.0])


def test_no_time_is_left():
    with pytest.raises(StatisticsError, match="start before the end"):
        trains_of(recording([], []), np.array([5]), start=100.0)


def test_rate_counts_from_the_start():
    assert rates(trains([25.0, 75.0], [], start=20.0, stop=120.0)).tolist() == [20.0, 0.0]


def test_cv_of_intervals():
    """Intervals 1, 2, 3: mean 2, standard deviation sqrt(2/3)."""
    cv = interval_cv(trains([], [5.0, 6.0, 8.0, 11.0], [1.0, 2.0], [], [3.0, 4.0, 5.0], [9.0]))
    assert cv[1] == pytest.approx(math.sqrt(2 / 3) / 2)
    assert cv[4] == 0.0
    assert np.isnan(cv[[0, 2, 3, 5]]).all()


def test_cv_of_no_spikes_at_all():
    assert np.isnan(interval_cv(trains([], []))).all()
    assert interval_cv(trains()).shape == (0,)


def test_correlation_by_hand():
    """Counts 1 0 2 0 and 1 1 1 0 in bins of 25 ms: covariance 3/4 - 9/16, variances 11/16 and 3/16."""
    pair = trains([3.0, 60.0, 60.0], [24.9, 25.0, 74.0])
    expected = (3 / 4 - 9 / 16) / math.sqrt(11 / 16 * 3 / 16)
    found = correlations(pair, 25.0, 10, np.random.default_rng(0))
    assert found.tolist() == [pytest.approx(expected)]


def test_trains_without_variance_have_no_correlation():
    constant = trains([], [1.0, 51.0], [2.0], [3.0])
    assert correlations(constant, 50.0, 10, np.random.default_rng(0)).tolist() == [pytest.approx(1.0)]


def test_spikes_behind_the_last_whole_bin_do_not_count():
    almost = trains([1.0, 95.0], [1.0])
    assert correlations(almost, 30.0, 10, np.random.default_rng(0)).tolist() == [pytest.approx(1.0)]


def test_a_sample_of_pairs_is_one_of_all_pairs_and_repeats():
    some = poisson(30, 20.0, 1000.0, 1, together=0.3)
    every = correlations(some, 5.0, 10**6, np.random.default_rng(0))
    assert len(every) == 30 * 29 // 2
    sample = correlations(some, 5.0, 100, np.random.default_rng(3))
    assert len(sample) == 100
    assert np.array_equal(sample, correlations(some, 5.0, 100, np.random.default_rng(3)))
    nearest = np.abs(every[:, None] - sample).min(axis=0)
    assert nearest.max() < 1e-12
    whole = correlations(some, 5.0, len(every) - 1, np.random.default_rng(3))
    left = sorted(np.round(every, 12))
    for value in np.round(whole, 12):
        left.remove(value)
    assert len(left) == 1, "no pair was drawn twice"


def test_synchrony_of_equal_and_of_independent_trains():
    assert synchrony(trains(*[[1.0, 30.0, 31.0]] * 5), 2.0) == pytest.approx(1.0)
    assert synchrony(poisson(100, 20.0, 20_000.0, 1), 2.0) == pytest.approx(0.1, rel=0.1)
    assert math.isnan(synchrony(trains([], []), 2.0))
    assert math.isnan(synchrony(trains(), 2.0))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([], [], 0.0),
        ([5.0], [], 1.0),
        ([5.0], [5.0], 0.0),
        ([5.0], [15.0], math.sqrt(2 - 2 * math.exp(-1))),
        ([5.0], [99.0], math.sqrt(2 - 2 * math.exp(-9.4))),
        ([5.0, 15.0], [], math.sqrt(2 + 2 * math.exp(-1))),
        ([5.0, 5.0], [5.0], 1.0),
    ],
)
def test_van_rossum_by_hand(left, right, expected):
    found = van_rossum(trains(left), trains(right), 10.0)
    assert found.tolist() == [pytest.approx(expected, abs=1e-7)]


@given(
    st.lists(st.floats(0, 99), max_size=8).map(sorted),
    st.lists(st.floats(0, 99), max_size=8).map(sorted),
    st.floats(0.5, 50),
)
@settings(max_examples=60, deadline=None)
def test_van_rossum_is_the_double_sum(left, right, tau):
    time = np.array(left + right)
    charge = np.array([1.0] * len(left) + [-1.0] * len(right))
    kernel = np.exp(-np.abs(time[:, None] - time) / tau) if len(time) else np.zeros((0, 0))
    expected = math.sqrt(max(charge @ kernel @ charge, 0.0))
    assert van_rossum(trains(left), trains(right), tau)[0] == pytest.approx(expected, abs=1e-6)
    assert van_rossum(trains(right), trains(left), tau)[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tau", [0.0, -1.0, math.nan, math.inf])
def test_tau_must_be_a_time(tau):
    with pytest.raises(StatisticsError, match="tau of the van Rossum distance must be positive"):
        van_rossum(trains([]), trains([]), tau)


def test_distances_need_partners():
    with pytest.raises(StatisticsError, match="got 1 and 2"):
        van_rossum(trains([]), trains([], []), 1.0)


@pytest.mark.parametrize("width", [0.0, -2.0, math.nan, math.inf, 60.0])
def test_bins_must_fit(width):
    with pytest.raises(StatisticsError, match="bins"):
        synchrony(trains([1.0]), width)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
def test_elephant_finds_the_same():
    elephant = pytest.importorskip("elephant.statistics")
    correlation = importlib.import_module("elephant.spike_train_correlation")
    conversion = importlib.import_module("elephant.conversion")
    dissimilarity = importlib.import_module("elephant.spike_train_dissimilarity")
    neo, pq = importlib.import_module("neo"), importlib.import_module("quantities")
    ours = poisson(12, 25.0, 2000.0, 4, together=0.4)
    theirs = [
        neo.SpikeTrain(ours.times[ours.first[i] : ours.first[i + 1]] * pq.ms, t_stop=2000.0 * pq.ms) for i in range(12)
    ]
    assert rates(ours) == pytest.approx([float(elephant.mean_firing_rate(t).rescale("Hz")) for t in theirs])
    cv = [float(elephant.cv(elephant.isi(t))) for t in theirs]
    assert interval_cv(ours) == pytest.approx(cv)
    for width in (2.0, 5.0):
        binned = conversion.BinnedSpikeTrain(theirs, bin_size=width * pq.ms)
        matrix = correlation.correlation_coefficient(binned, binary=False)
        found = correlations(ours, width, 1000, np.random.default_rng(0))
        assert found == pytest.approx(matrix[np.triu_indices(12, 1)])
    matrix = dissimilarity.van_rossum_distance(theirs, time_constant=20.0 * pq.ms)
    for shift in (1, 5):
        partners = trains(*[ours.times[ours.first[i] : ours.first[i + 1]] for i in np.roll(range(12), -shift)])
        expected = [matrix[i, (i + shift) % 12] for i in range(12)]
        assert van_rossum(ours, partners, 20.0) == pytest.approx(expected)
