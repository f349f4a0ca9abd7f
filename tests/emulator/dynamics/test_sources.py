"""Poisson trains, given spikes and fast drives: statistics and independence of step, order and company."""

from dataclasses import replace

import numpy as np
import pytest

from emulator.recording import Record
from emulator.run import run


def times_of(recording, unit):
    return recording.spike_time[recording.spike_unit == unit]


def test_given_spikes_come_out_as_they_are(build):
    got = run(build(trains=[[0.0, 1.0, 2.5], [], [0.3, 0.3]]), 5.0)
    assert times_of(got, 1).tolist() == [0.0, 1.0, 2.5]
    assert times_of(got, 2).tolist() == []
    assert times_of(got, 3).tolist() == [0.3, 0.3]


def test_poisson_trains_have_the_rate_and_exponential_intervals(build):
    got = run(build(rates=[50.0] * 200), 2000.0)
    counts = np.bincount(got.spike_unit, minlength=201)[1:]
    # mean 100, standard error sqrt(100 / 200)
    assert counts.mean() == pytest.approx(100.0, abs=4 * np.sqrt(0.5))
    assert 0.75 < counts.var() / counts.mean() < 1.25
    intervals = np.concatenate([np.diff(times_of(got, u)) for u in range(1, 201)])
    assert intervals.std() / intervals.mean() == pytest.approx(1.0, abs=0.03)
    assert np.abs(np.corrcoef(intervals[:-1], intervals[1:])[0, 1]) < 0.03


def test_poisson_trains_do_not_depend_on_the_time_step_or_the_length_of_the_run(build):
    circuits = build(rates=[80.0, 5.0])
    coarse, fine = run(circuits, 200.0, dt=0.1), run(circuits, 100.0, dt=0.01)
    early = coarse.spike_time < 99.0
    for unit in (1, 2):
        both = fine.spike_time < 99.0
        assert np.allclose(
            np.sort(coarse.spike_time[early & (coarse.spike_unit == unit)]),
            np.sort(fine.spike_time[both & (fine.spike_unit == unit)]),
        )


def test_a_seed_gives_its_own_trains_and_a_cell_keeps_its_train_in_other_company(build):
    circuits = build(rates=[40.0, 40.0])
    one, same, other = (run(circuits, 300.0, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.spike_time, same.spike_time)
    assert len(one.spike_time) != len(other.spike_time) or not np.array_equal(one.spike_time, other.spike_time)
    alone = replace(build(rates=[40.0]), source_cell=np.array([2], dtype=np.int32))
    assert np.array_equal(times_of(run(alone, 300.0, seed=1), 1), times_of(one, 2))


def test_a_window_bounds_a_poisson_train(build):
    circuits = build(rates=[1000.0])
    sources = replace(circuits.sources, start=np.array([20.0]), duration=np.array([30.0]))
    got = run(replace(circuits, sources=sources), 100.0)
    assert got.spike_time.min() >= 20.0
    assert got.spike_time.max() < 50.0
    assert 5 < len(got.spike_time) < 60


@pytest.mark.parametrize("rate", [2000.0, 20_000.0])
def test_fast_drives_count_like_poisson_sources(build, rate):
    n = 300
    rows = [(n + j, j, 0, 1e-9, 0.1) for j in range(n)]
    got = run(build(n, rates=[rate] * n, synapses=rows), 500.0)
    step = np.floor(got.spike_time / 0.1 + 0.5).astype(int)
    counts = np.zeros((n, 5000))
    np.add.at(counts, (got.spike_unit - n, np.minimum(step, 4999)), 1.0)
    mean = rate * 1e-4
    assert counts.mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / counts.size))
    assert counts.var() / mean == pytest.approx(1.0, abs=0.02)
    pairs = np.corrcoef(counts[:40])[np.triu_indices(40, 1)]
    assert np.abs(pairs).max() < 6 / np.sqrt(5000)


def test_fast_drives_reach_their_neuron_with_the_mean_conductance(build):
    rows = [(1, 0, 0, 0.0001, 0.1)]
    got = run(build(rates=[10_000.0], synapses=rows), 2000.0, record=Record(sources=False, g=[0]))
    g = got.traces[0].values[200:, 0]
    assert len(got.spike_time) == 0 or got.spike_unit.max() == 0
    # g = w r tau, deviation w sqrt(r tau / 2)
    assert g.mean() == pytest.approx(0.0001 * 10.0 * 3.0, rel=0.05)
    assert g.std() == pytest.approx(0.0001 * np.sqrt(10.0 * 3.0 / 2), rel=0.2)


def test_recording_sources_does_not_change_the_neurons(build):
    n = 20
    rows = [(n + j, j, 0, 0.001, 0.5) for j in range(n)]
    circuits = build(n, rates=[3000.0] * 10 + [400.0] * 10, synapses=rows)
    with_sources, without = (run(circuits, 200.0, record=Record(sources=s)) for s in (True, False))
    neuron = with_sources.spike_unit < n
    assert neuron.sum() > 20
    assert np.array_equal(with_sources.spike_time[neuron], without.spike_time)
