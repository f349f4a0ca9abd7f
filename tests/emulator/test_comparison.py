"""Runs side by side: measures of hand-made recordings, and what an experiment compares with what."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from emulator import Analysis, Run, Setup, compare, emulate, measure, requested, run
from emulator.circuits import CircuitError
from emulator.comparison import ALL, average, spread
from emulator.experiment import CONTROL, REFERENCE
from emulator.nest_reference import run_in_nest
from emulator.recording import Losses, Record, Recording
from emulator.statistics import StatisticsError
from emulator.variation import Variation
from models.hardware import Limits
from models.instance import Instance
from models.network import AllToAll, Network, Population, Projection, Static

SMALL = {"cm": 0.2}
A, B = Population("a", 2, "IF_cond_exp", SMALL), Population("b", 1, "IF_cond_exp", SMALL)
X = Population("x", 4, "SpikeSourcePoisson", {"rate": 50.0})
NETWORK = Network(
    (A, X, B),
    (
        Projection("xa", (X.view(),), (A.view(),), "excitatory", AllToAll(), Static(0.003)),
        Projection("xb", (X.view(0, 2),), (B.view(),), "inhibitory", AllToAll(), Static(0.001)),
        Projection("ba", (B.view(),), (A.view(),), "inhibitory", AllToAll(), Static(0.004)),
    ),
)


def recording(*trains, cells=(0, 1, 6), duration=1000.0):
    """Return a recording of the neurons of NETWORK, or of some of them."""
    none = np.zeros(len(cells) + 4, np.int64)
    units = np.repeat(np.arange(len(trains)), [len(one) for one in trains])
    return Recording(
        duration, 0.1, np.array(cells, np.int32), np.arange(2, 6, dtype=np.int32), units.astype(np.int32),
        np.concatenate([np.empty(0), *map(np.asarray, trains)]), (), np.empty(0), Losses(none, none, none, none),
    )  # fmt: skip


def test_measures_of_every_population_and_of_all():
    asked = requested(NETWORK)
    a, b, every = measure(NETWORK, Run(asked, recording([100.0, 200.0, 400.0], [500.0], [])))
    assert [m.population for m in (a, b, every)] == ["a", "b", ALL]
    assert [m.neurons for m in (a, b, every)] == [2, 1, 3]
    assert (a.rate, a.rate_sd, b.rate) == (2.0, 1.0, 0.0)
    assert every.rate == pytest.approx(4 / 3)
    assert a.cv == pytest.approx(50 / 150)
    assert math.isnan(b.cv)
    assert math.isnan(b.synchrony)
    assert math.isnan(a.distance)
    assert (a.in_degree, b.in_degree, every.in_degree) == (5.0, 2.0, 4.0)
    assert a.excitation == pytest.approx(12 / 16)
    assert b.excitation == 0.0
    assert every.excitation == pytest.approx(24 / 34)
    assert a.document()["distance"] is None


def test_a_run_against_its_reference():
    asked = requested(NETWORK)
    kept = np.flatnonzero(asked.synapses.weight > 0.0035)
    table = asked.synapses
    names = ("source", "target", "receptor", "weight", "delay", "stp", "stp_state")
    fewer = replace(asked, synapses=type(table)(**{name: getattr(table, name)[kept] for name in names}))
    reference = Run(asked, recording([100.0], [200.0, 400.0], [300.0]))
    comparison = compare(NETWORK, reference, Run(fewer, recording([100.0], [200.0], [])))
    row = comparison["a"]
    assert row.difference["rate"] == pytest.approx(-0.5)
    assert row.difference["in_degree"] == -4.0
    assert row.difference["excitation"] == pytest.approx(-12 / 16)
    assert row.measures.distance == pytest.approx(0.5), "one spike of one neuron of two is missing"
    assert comparison["b"].measures.distance == pytest.approx(1.0)
    flat = comparison.documents()[-1]
    assert flat["population"] == ALL
    assert flat["rate_difference"] == pytest.approx(flat["rate"] - flat["rate_reference"])
    assert flat["cv_difference"] is None


def test_a_neuron_that_is_not_on_the_wafer_is_silent():
    asked = requested(NETWORK)
    a, _, every = measure(NETWORK, Run(asked, recording([100.0], cells=(1,))), reference=recording([], [100.0], []))
    assert (a.rate, a.neurons, every.neurons) == (0.5, 2, 3)
    assert a.distance == 0.0


def test_the_beginning_can_be_left_out():
    asked = requested(NETWORK)
    late = measure(NETWORK, Run(asked, recording([100.0, 600.0], [], [])), Analysis(start=500.0))
    assert late[0].rate == pytest.approx(1.0)


@pytest.mark.parametrize(
    "values", [{"tau": math.nan}, {"bin_width": -1.0}, {"start": math.inf}, {"pairs": 0}, {"seed": -1}]
)
def test_an_analysis_must_make_sense(values):
    with pytest.raises(StatisticsError, match=next(iter(values))):
        Analysis(**values)


def test_means_over_trials_leave_out_what_is_not_a_number():
    asked = requested(NETWORK)
    trials = [measure(NETWORK, Run(asked, recording(train, [], []))) for train in ([1.0, 2.0, 4.0], [5.0])]
    a = average(trials)[0]
    assert a.rate == pytest.approx((1.5 + 0.5) / 2)
    assert a.cv == pytest.approx(trials[0][0].cv)
    assert spread(trials, "rate")[0] == pytest.approx(math.sqrt(0.5))
    assert math.isnan(spread(trials[:1], "rate")[0])


def test_trials_of_the_reference_and_its_control_have_different_seeds():
    instance = Instance("test", NETWORK)
    calls = []

    def engine(circuits, duration, **options):
        calls.append((options["seed"], circuits.neurons.v_init[0]))
        return run(circuits, duration, **options)

    setup = Setup(duration=50.0, seed=7, trials=2, initial="random")
    reference, control = emulate(instance, {}, setup, reference=engine)
    assert (reference.label, control.label) == (REFERENCE, CONTROL)
    assert [seed for seed, _ in calls] == [7, 8, 9, 10]
    assert len({v for _, v in calls}) == 4
    assert reference.audit is None
    assert math.isnan(reference.measures[0].distance)
    assert control.measures[-1].distance >= 0
    assert reference.spikes == sum(int((r.recording.spike_unit < 3).sum()) for r in reference.runs)


def test_the_same_experiment_gives_the_same_measures():
    instance = Instance("test", NETWORK)
    setup = Setup(duration=200.0, seed=1, initial="random", variation=Variation.default())
    first, second = (emulate(instance, {}, setup)[0] for _ in range(2))
    assert repr(first.measures) == repr(second.measures)


def test_recorded_cells_are_those_of_the_network():
    instance = Instance("test", NETWORK, limits=Limits())
    setup = Setup(duration=10.0, traces=(("v", np.array([6, 0])), ("g", np.array([6]))))
    (outcome,) = emulate(instance, {}, setup, control=False)
    circuits, result = outcome.runs[0]
    v, *conductances = result.traces
    assert circuits.neuron_cell[v.neuron].tolist() == [6, 0]
    assert [trace.variable for trace in conductances] == ["g0", "g1"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"duration": math.nan}, "duration must be positive"),
        ({"dt": -0.1}, "dt must be positive"),
        ({"trials": 0}, "trials must be 1 or more"),
        ({"threads": 0}, "threads must be 1 or more"),
        ({"duration": 3.0}, "less than two bins"),
        ({"duration": 100.0, "analysis": Analysis(start=200.0)}, "less than two bins"),
    ],
)
def test_a_setup_must_make_sense(values, message):
    with pytest.raises(CircuitError, match=message):
        Setup(**values)


@pytest.mark.filterwarnings("ignore")
def test_nest_as_the_reference():
    pytest.importorskip("nest")
    instance = Instance("test", NETWORK)
    setup = Setup(duration=4000.0, analysis=Analysis(start=100.0))
    ours, theirs = (
        emulate(instance, {}, setup, reference=engine, control=False)[0].measures for engine in (run, run_in_nest)
    )
    assert ours[0].rate > 5
    assert theirs[0].rate == pytest.approx(ours[0].rate, rel=0.2)
    assert theirs[0].in_degree == ours[0].in_degree
    with pytest.raises(CircuitError, match="records spikes only"):
        run_in_nest(requested(NETWORK), 1.0, record=Record(v=[0]))
