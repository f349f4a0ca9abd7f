"""Finite transport: who waits, who is lost, and that every loss is counted."""

import numpy as np
import pytest

from emulator.circuits import Transport
from emulator.recording import Record
from emulator.run import run

#: One event per two cycles of 125 MHz at a speed-up of 1e4: 0.16 ms biological.
SERVICE = 0.16


def transport(n, *, encoder=None, bus=(0,), link=(), fpga=(), **more):
    ids = (np.full(n, -1) if encoder is None else encoder, np.arange(n), bus, link, fpga)
    return Transport(*(np.array(values, dtype=np.int32) for values in ids), **more)


def arrivals(build, n, chip, dt=0.01, v_init=-50.001, trains=(), synapses=None, **run_options):
    """Fire all of the first n - 1 neurons at once; return when the last neuron gets each spike [ms], and the run."""
    values = {"v_rest": [-45.0] * (n - 1) + [-65.0], "v_init": [v_init] * (n - 1) + [-65.0], "tau_refrac": 50.0}
    values["tau_syn"] = (0.05, 5.0)
    rows = synapses or [(i, n - 1, 0, 1e-6, 1.0) for i in range(n - 1)]
    circuits = build(n, values, trains=trains, synapses=rows, transport=chip)
    got = run(circuits, 40.0, dt=dt, precision="float64", record=Record(g=[n - 1], interval=dt), **run_options)
    g = got.traces[0].values[:, 0]
    jump = np.diff(g) + g[:-1] * (1 - np.exp(-dt / 0.05))
    return got.sample_time[1:][jump > 1e-7], np.round(jump[jump > 1e-7] / 1e-6), got


def test_without_transport_a_volley_arrives_at_once(build):
    when, number, got = arrivals(build, 6, None)
    assert len(when) == 1
    assert number[0] == 5
    assert got.losses.total == 0


def test_a_priority_encoder_sends_one_event_per_two_cycles(build):
    when, number, got = arrivals(build, 6, transport(6, encoder=[0] * 5 + [-1]))
    assert number.tolist() == [1] * 5
    assert np.allclose(np.diff(when), SERVICE, atol=0.011)
    assert got.losses.total == 0


def test_the_lowest_line_is_served_first(build):
    n = 4
    chip = Transport(*(np.array(v, dtype=np.int32) for v in ([0, 0, 0, -1], [2, 0, 1, 3], [0], [], [])))
    rows = [(i, n - 1, 0, (i + 1) * 1e-6, 1.0) for i in range(3)]
    _, size, _ = arrivals(build, n, chip, synapses=rows)
    assert size.tolist() == [2, 3, 1]


def test_encoders_of_different_buses_do_not_hinder_each_other(build):
    when, number, got = arrivals(build, 5, transport(5, encoder=[0, 1, 2, 3, -1], bus=[0, 1, 2, 3]))
    assert len(when) == 1
    assert number[0] == 4
    assert got.losses.total == 0


def test_encoders_that_share_a_bus_overwrite_full_registers(build):
    # two encoders with ten neurons each send 2 events per service, the bus takes one: half of the rest is lost
    n = 21
    chip = transport(n, encoder=[0] * 10 + [1] * 10 + [-1], bus=[0, 0])
    when, number, got = arrivals(build, n, chip)
    lost = got.losses.merger.sum()
    assert number.sum() + lost == 20
    assert 7 <= lost <= 10
    assert np.diff(when).min() > SERVICE - 0.011
    assert got.losses.encoder.sum() == 0


def test_a_spike_of_a_neuron_that_still_waits_is_lost(build):
    # the clock is so slow that the first spikes wait when the second ones come
    values = {"v_rest": [-30.0] * 8 + [-65.0], "tau_refrac": 0.1}
    chip = transport(9, encoder=[0] * 8 + [-1], clock=1.0)
    got = run(build(9, values, synapses=[(0, 8, 0, 1e-6, 1.0)], transport=chip), 300.0)
    fired = np.bincount(got.spike_unit, minlength=9)[:8]
    # 20 ms per event: 15 events in 300 ms leave, at most 8 + 1 still wait
    assert fired.sum() - 16 - 9 <= got.losses.encoder.sum() <= fired.sum() - 15
    # the lowest line comes first again and again, the others wait
    assert got.losses.encoder[0] < got.losses.encoder[7]


@pytest.mark.parametrize(("seconds", "expected"), [(0.1, 0.9), (2.0, 0.0)])
def test_an_input_link_takes_its_rate_and_drops_what_its_buffer_cannot_hold(build, seconds, expected):
    # 100 spikes at 1 / (17.8 MHz / 1e4) = 0.562 ms each; a buffer of ten
    period = seconds * 10
    train = 1.0 + period * 0.1 * np.arange(100)
    chip = transport(1, link=[0], fpga=[-1])
    got = run(build(1, trains=[train], synapses=[(1, 0, 0, 1e-6, 0.1)], transport=chip), 300.0)
    lost = got.losses.link[1]
    assert (lost > 70) == (expected > 0)
    assert (lost == 0) == (expected == 0)


def test_an_fpga_drops_what_would_be_late(build):
    # 1 / (125 MHz / 1e4) = 0.08 ms each: of 100 simultaneous spikes 13 leave within 1 ms
    chip = transport(1, link=[-1] * 100, fpga=[0] * 100)
    got = run(build(1, trains=[[1.0]] * 100, transport=chip), 5.0)
    assert got.losses.fpga.sum() == 87


def test_an_unused_transport_changes_nothing(build):
    n = 40
    rng = np.random.default_rng(2)
    rows = [(i, j, 0, 0.0005, 0.7) for i, j in rng.integers(0, n, (300, 2))]
    rows += [(n + i, i, 0, 0.003, 0.7) for i in range(n)]
    ideal = build(n, rates=[300.0] * n, synapses=rows)
    chip = build(n, rates=[300.0] * n, synapses=rows, transport=transport(n, bus=(), link=[-1] * n, fpga=[-1] * n))
    one, two = run(ideal, 300.0), run(chip, 300.0)
    assert len(one.spike_time) > 100
    assert np.array_equal(one.spike_time, two.spike_time)


def test_jitter_spreads_arrivals_and_keeps_their_mean(build):
    n = 400
    rows = [(n, j, 0, 1e-6, 5.0) for j in range(n)]
    # one segment per delay: the jitter belongs to the pair of spike and driver
    train = 10.0 + 10.0 * np.arange(60)
    circuits = build(n, trains=[train], synapses=rows, jitter=0.3)
    got = run(circuits, 650.0, dt=0.1, precision="float64", record=Record(g=[0]))
    g = got.traces[0].values[:, 0]
    jump = np.diff(g) + g[:-1] * (1 - np.exp(-0.1 / 3.0))
    late = got.sample_time[1:][jump > 1e-7] - train - 5.0
    assert len(late) == 60
    assert abs(late.mean()) < 4 * 0.3 / np.sqrt(60)
    assert late.std() == pytest.approx(0.3, rel=0.35)
    assert np.abs(late).max() < 0.3 * 3.4642 + 0.06


def test_jitter_takes_off_no_more_than_half_of_a_delay(build):
    """A jitter of 2 ms on a delay of 1 ms: a block of steps ends before the earliest arrival."""
    train = 20.0 + 20.0 * np.arange(100)
    circuits = build(1, trains=[train], synapses=[(1, 0, 0, 1e-6, 1.0)], jitter=2.0)
    got = run(circuits, 2050.0, dt=0.1, precision="float64", record=Record(g=[0]))
    g = got.traces[0].values[:, 0]
    jump = np.diff(g) + g[:-1] * (1 - np.exp(-0.1 / 3.0))
    late = got.sample_time[1:][jump > 1e-7] - train - 1.0
    assert len(late) == 100
    assert late.min() == pytest.approx(-0.5, abs=0.06)
    assert np.mean(late < -0.44) > 0.2
    assert 2.0 < late.max() < 2.0 * 3.4642


def test_sources_are_found_in_whatever_group_they_are(build):
    """Given spikes of many sources, some at the same time, and none lost or doubled."""
    rng = np.random.default_rng(3)
    trains = [np.sort(rng.uniform(0.0, 99.0, rng.integers(0, 8))).tolist() for _ in range(200)]
    got = run(build(1, trains=trains, synapses=[(1, 0, 0, 1e-9, 0.1)]), 100.0)
    first, times = got.trains()
    for j, train in enumerate(trains):
        assert times[first[1 + j] : first[2 + j]].tolist() == pytest.approx(train)
