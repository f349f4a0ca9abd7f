"""The same input gives the same bytes: again, in threads, whatever is recorded, however large the rest is."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from emulator.recording import Record
from emulator.run import run


@pytest.fixture
def network(build):
    n = 300
    rng = np.random.default_rng(4)
    pairs = rng.integers(0, n, (9000, 2))
    rows = [(i, j, int(i > 240), 0.02 if i > 240 else 0.002, 0.5 + 0.1 * (i % 9)) for i, j in pairs]
    rows += [(n + i, i, 0, 0.01, 0.7) for i in range(n)]
    return build(n, {"v_init": rng.uniform(-65, -50, n)}, rates=[200.0] * n, synapses=rows)


def same(one, two):
    return np.array_equal(one.spike_time, two.spike_time) and np.array_equal(one.spike_unit, two.spike_unit)


def test_runs_in_threads_are_the_run_alone(network):
    alone = run(network, 200.0, seed=3)
    results = [None, None]

    def work(i):
        results[i] = run(network, 200.0, seed=3)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(alone.spike_time) > 1000
    assert all(same(alone, result) for result in results)


@pytest.mark.parametrize("adaptive", [False, True])
def test_a_network_runs_the_same_beside_so_many_neurons_that_their_inputs_stand_otherwise(build, adaptive):
    n = 300
    rng = np.random.default_rng(5)
    v_init = rng.uniform(-65, -50, n)
    pairs = rng.integers(0, n, (6000, 2))
    runs = []
    for shift, size in ((0, n), (32_900 - n, 32_900)):  # more than 2^15 neurons with two receptors need 32 bits
        rows = [(i + shift, j + shift, int(i > 240), 0.02 if i > 240 else 0.002, 0.5 + 0.1 * (i % 9)) for i, j in pairs]
        rows += [(size + i, i + shift, 0, 0.004 if i % 2 else 0.001, 0.7) for i in range(n)]
        potentials = np.full(size, -65.0)
        potentials[shift:] = v_init
        circuits = build(
            size, {"v_init": potentials, "adaptive": adaptive}, rates=[1500.0, 400.0] * (n // 2), synapses=rows
        )
        circuits = replace(circuits, source_cell=np.arange(n, dtype=np.int32))
        got = run(circuits, 60.0, seed=3, record=Record(sources=False, v=[shift + 7], g=[shift + 7]))
        runs.append((got.spike_time, got.spike_unit - shift, *(one.values for one in got.traces)))
    assert len(runs[0][0]) > 100
    assert all(np.array_equal(one, two) for one, two in zip(*runs, strict=True))


def test_a_longer_run_begins_like_a_shorter_one(network):
    short, long = run(network, 150.0), run(network, 400.0)
    early = long.spike_time <= 150.0 + 1e-9
    assert np.array_equal(np.sort(short.spike_time), np.sort(long.spike_time[early]))


def test_traces_do_not_change_the_spikes(network):
    plain = run(network, 150.0)
    traced = run(network, 150.0, record=Record(v=range(0, 300, 7), w=[1], g=[0, 299]))
    assert same(plain, traced)


def test_spikes_are_sorted_by_step_and_unit(network):
    got = run(network, 150.0)
    step = np.floor(got.spike_time / 0.1 + 0.5)
    key = step * 1000 + got.spike_unit
    assert np.all(np.diff(key) >= 0)


def test_precision_and_step_change_the_rate_little(network):
    narrow, wide, fine = (
        run(network, 500.0, dt=dt, precision=p, record=Record(sources=False))
        for dt, p in ((0.1, "float32"), (0.1, "float64"), (0.05, "float64"))
    )
    rate = [len(one.spike_time) for one in (narrow, wide, fine)]
    assert rate[0] == pytest.approx(rate[1], rel=0.05)
    assert rate[1] == pytest.approx(rate[2], rel=0.05)
