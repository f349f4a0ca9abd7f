"""Single neurons against solutions in closed form, or against a much finer integration."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from emulator.circuits import CircuitError
from emulator.recording import Record
from emulator.run import run


def trace(recording, variable="v"):
    return next(one.values[:, 0] for one in recording.traces if one.variable == variable)


@pytest.mark.parametrize(("precision", "tolerance"), [("float64", 1e-9), ("float32", 2e-4)])
def test_a_leaky_neuron_relaxes_exponentially(build, precision, tolerance):
    circuits = build(values={"v_init": -55.0})
    got = run(circuits, 30.0, record=Record(v=[0]), precision=precision)
    expected = -65.0 + 10.0 * np.exp(-got.sample_time / 10.0)
    assert np.abs(trace(got) - expected).max() < tolerance


def test_a_conductance_jumps_by_the_weight_and_decays_exactly(build):
    circuits = build(trains=[[1.0]], synapses=[(1, 0, 1, 0.004, 0.5)])
    got = run(circuits, 20.0, record=Record(g=[0]), precision="float64")
    since = got.sample_time - 1.5
    expected = np.where(since > -1e-9, 0.004 * np.exp(-since / 5.0), 0.0)
    assert np.allclose(trace(got, "g1"), expected, rtol=1e-6, atol=1e-12)
    assert not trace(got, "g0").any(where=got.sample_time > 0) or trace(got, "g0").max() < 1e-20


def psp(dt, build):
    """Return the potential at 12 ms of a neuron that got one excitatory and one inhibitory spike."""
    rows = [(1, 0, 0, 0.01, 1.0), (1, 0, 1, 0.02, 2.0)]
    got = run(
        build(trains=[[1.0]], synapses=rows), 12.8, dt=dt, record=Record(v=[0], interval=0.8), precision="float64"
    )
    return trace(got)


def test_a_postsynaptic_potential_has_the_exact_shape_and_the_error_falls_with_the_square_of_the_step(build):
    def slope(t, v):
        g = (0.01 * np.exp(-(t - 2.0) / 3.0) * (t >= 2.0), 0.02 * np.exp(-(t - 3.0) / 5.0) * (t >= 3.0))
        return -(v + 65.0) / 10.0 + (g[0] * (0.0 - v) + g[1] * (-80.0 - v)) / 0.2

    v, at, values = np.array([-65.0]), 0.0, [-65.0]
    for until in np.arange(1, 16) * 0.8:
        for stop in [x for x in (2.0, 3.0) if at < x < until] + [until]:
            v = solve_ivp(slope, (at, stop - 1e-12), v, rtol=1e-11, atol=1e-11).y[:, -1]
            at = stop
        values.append(v[0])
    errors = [np.abs(psp(dt, build) - values).max() for dt in (0.1, 0.05, 0.025)]
    assert errors[0] < 2e-3
    assert 3.7 < errors[0] / errors[1] < 4.3
    assert 3.7 < errors[1] / errors[2] < 4.3


def saturating(circuits, g_max):
    limits = np.broadcast_to(np.asarray(g_max, dtype=float), circuits.neurons.tau_syn.shape).copy()
    return replace(circuits, neurons=replace(circuits.neurons, g_max=limits))


def test_saturating_inputs_follow_their_equation(build):
    def slope(t, v):
        g = 0.02 * np.exp(-(t - 2.0) / 3.0) * (t >= 2.0)
        return -(v + 65.0) / 10.0 + g / (1 + g / 0.005) * (0.0 - v) / 0.2

    v = solve_ivp(slope, (2.0, 8.0), np.array([-65.0]), rtol=1e-11, atol=1e-11).y[0, -1]
    errors = []
    for dt in (0.1, 0.05, 0.025):
        rows = [(1, 0, 0, 0.02, 1.0)]
        record = Record(v=[0], interval=0.8)
        circuits = saturating(build(trains=[[1.0]], synapses=rows), (0.005, np.inf))
        errors.append(abs(trace(run(circuits, 8.8, dt=dt, record=record, precision="float64"))[10] - v))
    assert errors[0] < 5e-3
    assert errors[1] < 0.6 * errors[0]
    assert errors[2] < 0.6 * errors[1]


def test_inputs_without_limit_are_as_before_and_tight_limits_silence(build, lif):
    rows = [(40 + i, i, 0, 0.02, 1.0) for i in range(40)] + [(40 + i, i, 1, 0.004, 1.5) for i in range(40)]
    plain = build(40, lif, rates=[100.0] * 40, synapses=rows)
    before, infinite, tight = (
        run(one, 500.0) for one in (plain, saturating(plain, np.inf), saturating(plain, (0.001, np.inf)))
    )
    neurons = before.spike_unit < 40
    assert neurons.sum() > 100
    assert np.array_equal(before.spike_time, infinite.spike_time)
    assert np.array_equal(before.spike_unit, infinite.spike_unit)
    assert not (tight.spike_unit < 40).any()


def test_a_saturated_input_is_a_fixed_conductance(build):
    """A flood of conductance holds the potential where leak and largest conductance balance."""
    circuits = saturating(build(trains=[[1.0]], synapses=[(1, 0, 1, 1e6, 0.1)]), 0.02)
    got = run(circuits, 40.0, record=Record(v=[0]), precision="float64")
    leak = 0.2 / 10.0
    assert trace(got)[350] == pytest.approx((-65.0 * leak - 80.0 * 0.02) / (leak + 0.02), abs=1e-2)


@pytest.mark.parametrize("g_max", [0.0, -1.0, np.nan])
def test_impossible_limits(build, g_max):
    with pytest.raises(CircuitError, match=r"neuron 0: g_max\[0\] must be positive \[uS\]"):
        saturating(build(), g_max)


def test_a_neuron_fires_with_the_period_of_the_formula(build):
    # above threshold without input: T = tau_refrac + tau_m ln((v_rest - v_reset) / (v_rest - v_thresh))
    circuits = build(values={"v_rest": -45.0, "v_init": -70.0})
    got = run(circuits, 500.0, dt=0.01, precision="float64")
    period = 2.0 + 10.0 * np.log(25.0 / 5.0)
    assert np.allclose(np.diff(got.spike_time), period, atol=0.01)
    assert got.spike_time[0] == pytest.approx(period - 2.0, abs=0.01)


def test_the_refractory_period_holds_the_reset_for_its_whole_length(build):
    got = run(build(values={"v_rest": -45.0, "v_init": -50.01}), 5.0, record=Record(v=[0]))
    fired = got.spike_time[0]
    held = (got.sample_time >= fired - 1e-9) & (got.sample_time <= fired + 2.0 + 1e-9)
    assert held.sum() == 21
    assert np.all(trace(got)[held] == -70.0)
    assert trace(got)[np.flatnonzero(held)[-1] + 1] > -70.0


def adex_field(p):
    def slope(_, y):
        v, w = y
        leak = p["cm"] / p["tau_m"]
        push = leak * p["delta_T"] * np.exp((v - p["v_thresh"]) / p["delta_T"])
        return [(-leak * (v - p["v_rest"]) + push - w) / p["cm"], (1e-3 * p["a"] * (v - p["v_rest"]) - w) / p["tau_w"]]

    return slope


def test_adex_without_input_rests_at_its_fixed_point(build, adex):
    # 0 = -gL (v - EL) + gL D exp((v - VT) / D) - a (v - EL), by bisection
    leak, a = 0.2 / 10.0, 4e-3
    low, high = -65.0, -60.0
    for _ in range(80):
        v = 0.5 * (low + high)
        f = -(leak + a) * (v + 65.0) + leak * 2.0 * np.exp((v + 50.0) / 2.0)
        low, high = (v, high) if f > 0 else (low, v)
    got = run(build(values=adex), 1500.0, record=Record(v=[0], w=[0], interval=100.0), precision="float64")
    assert trace(got)[-1] == pytest.approx(low, abs=1e-6)
    assert trace(got, "w")[-1] == pytest.approx(a * (low + 65.0), rel=1e-5)


def test_adex_below_threshold_is_of_second_order(build, adex):
    adex |= {"v_init": -51.0, "a": 8.0, "tau_w": 20.0}
    exact = solve_ivp(adex_field(adex), (0.0, 8.0), [-51.0, 0.0], rtol=1e-11, atol=1e-13).y[:, -1]
    errors = []
    for dt in (0.1, 0.05, 0.025):
        record = Record(v=[0], w=[0], interval=0.8)
        got = run(build(values=adex), 8.8, dt=dt, record=record, precision="float64")
        errors.append((abs(trace(got)[10] - exact[0]), abs(trace(got, "w")[10] - exact[1])))
    ratio = np.array(errors[:-1]) / np.array(errors[1:])
    assert errors[0][0] < 1e-3
    assert np.all((ratio > 3.6) & (ratio < 4.4))


def test_adaptation_jumps_by_b_and_lengthens_the_intervals(build, adex):
    adex |= {"v_rest": -45.0, "a": 0.0, "b": 0.02, "tau_w": 200.0}
    got = run(build(values=adex), 400.0, dt=0.01, record=Record(w=[0], interval=0.01), precision="float64")
    w, at = trace(got, "w"), np.round(got.spike_time / 0.01).astype(int)
    decay = np.exp(-0.01 / 200.0)
    assert np.allclose(w[at] - w[at - 1] * decay, 0.02, rtol=1e-6)
    intervals = np.diff(got.spike_time)
    assert len(intervals) > 5
    assert np.all(np.diff(intervals[:5]) > 0)


def test_a_slope_of_zero_leaves_only_the_adaptation(build, adex):
    """AdEx without the exponential term and without adaptation is the leaky neuron, spike by spike."""
    adex |= {"v_rest": -44.0, "delta_T": 0.0, "a": 0.0, "b": 0.0, "v_spike": 0.0}
    slope, leaky = (run(build(values=v), 300.0, precision="float64") for v in (adex, adex | {"adaptive": False}))
    assert len(leaky.spike_time) > 10
    assert np.array_equal(slope.spike_time, leaky.spike_time)
    adapting = run(build(values=adex | {"b": 0.02}), 300.0, precision="float64")
    assert 3 < len(adapting.spike_time) < len(leaky.spike_time)


def test_single_precision_spikes_like_double(build, adex):
    adex |= {"v_rest": np.linspace(-50.0, -44.0, 40)}
    narrow, wide = (run(build(40, adex), 500.0, precision=p) for p in ("float32", "float64"))
    assert np.abs(narrow.rates() - wide.rates()).max() <= 2.0 + 1e-9
    assert narrow.rates().mean() == pytest.approx(wide.rates().mean(), rel=1e-3)


def test_a_flood_of_conductance_clamps_the_membrane_and_does_not_blow_up(build):
    rows = [(1, 0, 1, 1e3, 0.1)]
    got = run(build(trains=[[1.0]], synapses=rows), 5.0, record=Record(v=[0]))
    assert np.all(np.abs(trace(got)[15:] + 80.0) < 0.1)


def test_four_receptors_act_independently(build):
    taus = (1.0, 2.0, 4.0, 8.0)
    rows = [(1, 0, r, 0.001, 0.1) for r in range(4)]
    circuits = build(values={"tau_syn": taus, "e_rev": (0.0, 0.0, -80.0, -90.0)}, trains=[[1.0]], synapses=rows)
    got = run(circuits, 4.0, record=Record(g=[0], v=[0]), precision="float64")
    for r, tau in enumerate(taus):
        assert trace(got, f"g{r}")[21] == pytest.approx(0.001 * np.exp(-1.0 / tau), rel=1e-6)
