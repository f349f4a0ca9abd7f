"""Threads that share a run give the bytes of one thread, whatever the network has."""

from dataclasses import replace

import numpy as np
import pytest

from emulator.circuits import STP_DEPRESSION, STP_TSODYKS_MARKRAM, CircuitError, Plasticity, Transport
from emulator.recording import Record
from emulator.run import run

N = 400


@pytest.fixture
def rich(build):
    """Four blocks of neurons with plasticity, jitter, finite transport, slow and fast sources and given spikes."""
    rng = np.random.default_rng(4)
    rows = [
        (int(i), int(j), int(i > 320), 0.02 if i > 320 else 0.003, 0.6 + 0.1 * (i % 7), int(k) - 1, 0)
        for i, j, k in zip(*rng.integers(0, N, (2, 9000)), rng.integers(0, 3, 9000), strict=True)
    ]
    rows += [(N + i, i % N, 0, 0.01 if i < N else 0.0004, 0.7) for i in range(2 * N)]
    two = np.array([STP_DEPRESSION, STP_TSODYKS_MARKRAM], dtype=np.int8)
    plasticity = Plasticity(
        two, *(np.array(v) for v in ((0.4, 0.5), (120.0, 80.0), (0.0, 40.0), (0.6, 0.0), (0.3, 0.0)))
    )
    encoder = np.arange(N, dtype=np.int32) // 16
    free = np.full(2 * N, -1, dtype=np.int32)
    chip = Transport(encoder, np.arange(N, dtype=np.int32) % 16, np.arange(N // 16, dtype=np.int32) // 4, free, free)
    trains = [[3.0, 5.5, 60.0]] * 10
    rates = [150.0] * (N - 10) + [2000.0] * N
    return build(
        N, {"v_init": rng.uniform(-65, -50, N)}, trains=trains, rates=rates, synapses=rows, plasticity=plasticity,
        transport=chip, jitter=0.1,
    )  # fmt: skip


def everything(recording):
    lost = recording.losses
    traces = [trace.values for trace in recording.traces]
    return recording.spike_time, recording.spike_unit, lost.encoder, lost.merger, lost.link, lost.fpga, *traces


def same(one, two):
    return all(np.array_equal(a, b) for a, b in zip(everything(one), everything(two), strict=True))


@pytest.mark.parametrize("sources", [False, True])
def test_a_run_does_not_depend_on_its_threads(rich, sources):
    record = Record(sources=sources, v=[3, 399], g=[200, 3])
    alone = run(rich, 250.0, seed=3, record=record)
    assert np.sum(alone.spike_unit < N) > 1000
    assert alone.losses.total > 0
    for threads in (2, 3, 9):
        assert same(alone, run(rich, 250.0, seed=3, record=record, threads=threads))


def test_ideal_transport_and_spikes_at_zero(rich):
    ideal = replace(rich, transport=None, jitter=0.0)
    sources = ideal.sources
    times = sources.times.copy()
    times[sources.first[:10]] = 0.0
    ideal = replace(ideal, sources=replace(sources, times=times))
    assert same(run(ideal, 205.3, dt=0.1), run(ideal, 205.3, dt=0.1, threads=2))


def test_large_networks_keep_their_inputs_otherwise(build):
    size, rng = 33_000, np.random.default_rng(5)
    rows = [(int(i), int(j), 0, 0.003, 0.7) for i, j in rng.integers(0, size, (4000, 2))]
    rows += [(size + i, 80 * i, 0, 0.05, 0.7) for i in range(400)]
    circuits = build(size, {"v_init": rng.uniform(-65, -49.9, size)}, rates=[1500.0] * 400, synapses=rows)
    alone, shared = (run(circuits, 40.0, seed=1, threads=n) for n in (1, 2))
    assert len(alone.spike_time) > 20_000
    assert same(alone, shared)


def test_few_neurons_and_none(build):
    circuits = build(1, trains=[[1.0]], synapses=[(1, 0, 0, 0.2, 1.0)])
    assert same(run(circuits, 20.0), run(circuits, 20.0, threads=8))
    assert same(run(build(0), 5.0), run(build(0), 5.0, threads=2))


def test_what_fails_in_a_thread_is_raised(rich, monkeypatch):
    import emulator.team

    def fails(*arguments):
        if arguments[4] > 0:
            raise ValueError("in the second thread")
        return 0, arguments[-2], arguments[-1]

    real = emulator.team.resolved
    monkeypatch.setattr(emulator.team, "resolved", lambda k, a: fails if k is emulator.team.work else real(k, a))
    with pytest.raises(ValueError, match="in the second thread"):
        run(rich, 10.0, threads=2)


def test_no_threads(build):
    with pytest.raises(CircuitError, match=r"threads must be 1 or more \(got 0\)"):
        run(build(), 10.0, threads=0)
