"""What the PyNN backend has beyond PyNN: settings, the mapping, realised weights, and what it tells the user."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

sim = pytest.importorskip("mapper.frontends.pynn", exc_type=ImportError)

from pyNN import errors  # noqa: E402
from pyNN.random import NumpyRNG, RandomDistribution  # noqa: E402

from emulator.variation import Variation  # noqa: E402
from mapper.frontends.errors import FrontendError, NotImplementedHere, TypeRejected, ValueRejected  # noqa: E402
from models.hardware.defects import Defects  # noqa: E402
from models.hardware.limits import Limits  # noqa: E402
from models.hardware.redman_xml import write_redman  # noqa: E402
from models.hardware.wafer import Wafer  # noqa: E402

CELL = {"cm": 0.2, "tau_m": 10.0, "tau_refrac": 1.0, "tau_syn_E": 5.0}


def network(weight=0.01, sources=20, neurons=10, p=1.0):
    """Poisson sources onto neurons; returns all three."""
    inputs = sim.Population(sources, sim.SpikeSourcePoisson(rate=20.0), label="inputs")
    cells = sim.Population(neurons, sim.IF_cond_exp(**CELL), label="cells")
    connector = sim.FixedProbabilityConnector(p, rng=NumpyRNG(seed=4))
    projection = sim.Projection(inputs, cells, connector, sim.StaticSynapse(weight=weight), label="in")
    cells.record("spikes")
    return inputs, cells, projection


def spikes(population, segment=-1):
    trains = population.get_data("spikes").segments[segment].spiketrains
    return [train.times.magnitude.tolist() for train in trains]


def warnings_of(caplog):
    return [record.message for record in caplog.records if record.levelname == "WARNING"]


# --- settings


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"sovler": "cpsat"}, TypeRejected, "no argument 'sovler': it has solver, time_limit"),
        ({"time_limit": 0.0}, ValueRejected, "positive number of seconds"),
        ({"time_limit": 5.0, "det_limit": 1.0}, ValueRejected, "either time_limit or det_limit"),
        ({"neuron_size": 8, "limits": Limits()}, ValueRejected, "either neuron_size or limits"),
        ({"neuron_size": 3}, ValueError, "neuron_size"),
        ({"seed": -1}, ValueRejected, "seed must be an integer, 0 or more"),
        ({"threads": 0}, ValueRejected, "threads must be an integer, 1 or more"),
        ({"delays": "asked"}, ValueRejected, "delays must be 'route' or 'requested'"),
        ({"variation": 0.2}, TypeRejected, r"variation must be an emulator\.Variation"),
        ({"wafer": 3.5}, TypeRejected, "wafer must be"),
        ({"wafer": "nowhere"}, ValueRejected, "no folder 'nowhere'"),
        ({"timestep": 0.0}, ValueRejected, "timestep must be positive"),
    ],
)
def test_setup_says_what_is_wrong(given, error, message):
    with pytest.raises(error, match=message):
        sim.setup(**given)


def test_setup_takes_the_arguments_of_other_simulators(caplog):
    caplog.set_level("INFO")
    assert sim.setup(timestep=0.1, min_delay=0.2, max_delay=5.0, rng_seed=4, verbosity="error") == 0
    assert "rng_seed, verbosity concern other simulators" in caplog.text
    assert (sim.get_min_delay(), sim.get_max_delay()) == (0.2, 5.0)


def test_the_size_of_neurons_and_the_solver_are_used():
    sim.setup(solver="marocco-dijkstra", neuron_size=8, seed=3, limits=None)
    _, cells, _ = network()
    sim.run(0.0)
    assert sim.solution.solver == "marocco-dijkstra"
    assert (sim.mapping.placement.width[[int(cell) for cell in cells]] == 4).all()


def test_every_kind_of_wafer_is_understood(tmp_path):
    dead = Defects(hicanns=frozenset(set(range(384)) - {100, 101, 102}))
    write_redman(dead, tmp_path, 33)
    used = []
    for wafer in (dead, Wafer(dead), tmp_path, str(tmp_path), 12):
        sim.setup(wafer=wafer)
        network()
        sim.run(0.0)
        used.append(set(sim.mapping.hicanns_in_use.tolist()))
    assert all(hicanns <= {100, 101, 102} for hicanns in used[:4])
    assert not used[4] <= {100, 101, 102}


# --- the mapping and what it realises


def test_there_is_no_mapping_before_the_first_run():
    sim.setup()
    _, _, projection = network()
    assert not hasattr(sim, "mapping")
    with pytest.raises(AttributeError, match="call run"):
        _ = sim.solution
    with pytest.raises(AttributeError, match="call run"):
        projection.connections.columns["weight"][:] = projection.realised
    sim.run(0.0)
    assert sim.mapping.lost == sim.loss == 0
    assert sim.solution.synapses == 200
    with pytest.raises(AttributeError, match="no attribute 'maping'"):
        _ = sim.maping


def test_the_conductance_of_a_spike_is_the_realised_weight():
    sim.setup(neuron_size=2)
    weights = np.array([0.011, 0.014, 0.017, 0.02])
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0]))
    cells = sim.Population(4, sim.IF_cond_exp(**CELL))
    projection = sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=weights[None, :]))
    cells.record("gsyn_exc")
    sim.run(15.0)
    peak = cells.get_data().segments[0].analogsignals[0].magnitude.max(axis=0)
    # sampled up to one step of 0.1 ms after the spike arrives, at a time constant near 5 ms
    assert peak == pytest.approx(projection.realised, rel=0.03)
    assert projection.realised == pytest.approx(weights, rel=0.15)
    assert ((projection.realised_delays > 0.6) & (projection.realised_delays < 1.0)).all()


@pytest.mark.parametrize("time_constants", [{"tau_rec": 100.0}, {"tau_rec": 0.0, "tau_facil": 100.0}])
def test_with_plasticity_the_first_pulse_is_utilisation_times_realised_weight(time_constants):
    sim.setup()
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0, 10.0]))
    cells = sim.Population(2, sim.IF_cond_exp(**CELL))
    synapse = sim.TsodyksMarkramSynapse(weight=0.02, U=0.3, **time_constants)
    projection = sim.Projection(source, cells, sim.AllToAllConnector(), synapse)
    cells.record("gsyn_exc")
    sim.run(9.0)
    peak = cells.get_data().segments[0].analogsignals[0].magnitude.max(axis=0)
    assert peak == pytest.approx(0.3 * projection.realised, rel=0.03)


def test_realised_weights_and_losses_are_those_of_each_connection():
    sim.setup(limits=Limits(neuron_size=2, driver_chain_length=1))
    sources = sim.Population(100, sim.SpikeSourcePoisson())
    halves = sim.Population(20, sim.IF_cond_exp(**CELL)), sim.Population(20, sim.IF_cond_exp(**CELL))
    synapse = sim.StaticSynapse(weight=RandomDistribution("uniform", (0.01, 0.02), rng=NumpyRNG(seed=2)))
    projections = [
        sim.Projection(sources[10:], halves[1][5:] + halves[0], sim.FixedProbabilityConnector(0.6), synapse),
        sim.Projection(halves[0], halves[1], sim.AllToAllConnector(), receptor_type="inhibitory"),
    ]
    sim.run(0.0)
    first, silent = projections
    assert 0 < sim.loss < sim.solution.synapses == len(first)
    assert [int(p.lost.sum()) for p in projections] == list(sim.solution.lost_by_projection) == [sim.loss, 0]
    np.testing.assert_array_equal(first.lost, first.realised == 0)
    np.testing.assert_array_equal(first.lost, np.isnan(first.realised_delays))
    assert (silent.realised == 0).all()
    asked = first.connections.columns["weight"]
    kept = ~first.lost
    assert np.corrcoef(asked[kept], first.realised[kept])[0, 1] > 0.9
    matrix = first.matrix(first.realised)
    assert matrix.shape == (90, 35)
    np.testing.assert_array_equal(np.isnan(matrix), np.isnan(first.get("weight", format="array")))


@pytest.mark.parametrize("seed", range(4))
def test_the_network_that_is_mapped_has_exactly_the_connections(seed):
    rng = np.random.default_rng(seed)
    sim.setup()
    first, second = sim.Population(9, sim.IF_cond_exp()), sim.Population(7, sim.EIF_cond_exp_isfa_ista())
    groups = (first, second[2:6], first[[0, 3, 8]] + second, second[::2] + first[4:])
    expected, projections = [], []
    for pre in groups:
        for post in groups:
            wanted = rng.random((pre.size, post.size)) * (rng.random((pre.size, post.size)) < 0.3)
            connector = sim.ArrayConnector(rng.random(wanted.shape) < 0.5)
            projection = sim.Projection(pre, post, connector, sim.StaticSynapse(weight=wanted))
            projections.append(projection)
            at = np.argwhere(np.nan_to_num(projection.get("weight", format="array")) > 0)
            pre_cells, post_cells = pre.all_cells.astype(int), post.all_cells.astype(int)
            expected += [(len(projections) - 1, pre_cells[i], post_cells[j], wanted[i, j]) for i, j in at.tolist()]
    from mapper.frontends.pynn.building import instance_of

    instance, order = instance_of(sim.state)
    synapses = instance.network.synapses
    found = zip(synapses.projection, synapses.pre, synapses.post, synapses.weight.astype(float), strict=True)
    np.testing.assert_allclose(np.array(sorted(found), dtype=float), sorted(expected), rtol=1e-6)
    weights = [p.connections.columns["weight"][kept] for p, kept in zip(projections, order, strict=True)]
    np.testing.assert_allclose(np.concatenate(weights), synapses.weight, rtol=1e-6)


# --- runs


def test_other_weights_need_no_other_mapping():
    sim.setup()
    inputs, cells, projection = network(weight=0.004, p=0.5)
    sim.run(200.0)
    mapping, realised = sim.mapping, projection.realised
    sim.reset()
    projection.set(weight=0.02)
    cells.set(tau_m=12.0)
    inputs.set(rate=30.0)
    sim.run(200.0)
    assert sim.mapping is mapping
    assert (projection.realised > 2 * realised).all()
    assert len(np.concatenate(spikes(cells))) > len(np.concatenate(spikes(cells, 0)))
    sim.reset()
    projection.set(weight=np.where(np.arange(10) < 5, 0.02, 0.0) * np.ones((20, 1)))
    sim.run(10.0)
    assert sim.mapping is not mapping
    assert sim.solution.synapses == np.count_nonzero(projection.connections.columns["weight"]) < len(projection)
    before = sim.mapping
    sim.reset()
    sim.Projection(cells, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=0.01))
    sim.run(10.0)
    assert sim.mapping is not before


@pytest.mark.parametrize(
    "change",
    [
        lambda inputs, cells, projection: projection.set(weight=0.02),
        lambda inputs, cells, projection: cells.set(tau_m=12.0),
        lambda inputs, cells, projection: inputs.set(rate=30.0),
        lambda inputs, cells, projection: cells.initialize(v=-60.0),
        lambda inputs, cells, projection: setattr(projection[0], "weight", 0.02),
        lambda inputs, cells, projection: sim.Population(1, sim.IF_cond_exp()),
    ],
    ids=["weights", "parameters", "rates", "potentials", "one weight", "cells"],
)
def test_a_run_does_not_go_on_with_another_network(change):
    sim.setup()
    change_me = network()
    sim.run(5.0)
    change(*change_me)
    with pytest.raises(FrontendError, match="call reset"):
        sim.run(5.0)
    sim.reset()
    assert sim.run(5.0) == 5.0


def test_the_seed_and_the_number_of_the_trial_make_the_spikes():
    def trials(seed):
        sim.setup(seed=seed)
        _, cells, _ = network(weight=0.02)
        sim.run(100.0)
        sim.reset()
        sim.run(100.0)
        return spikes(cells, 0), spikes(cells, 1)

    first, other = trials(5), trials(9)
    assert first == trials(5)
    assert first[0] != first[1]
    assert first[0] != other[0]
    assert first[1] == trials(6)[0]


def test_the_emulated_wafer_may_vary():
    realised = []
    for variation in (None, Variation.default(seed=3), Variation.default(seed=4)):
        sim.setup(variation=variation)
        _, _, projection = network()
        sim.run(5.0)
        realised.append(projection.realised)
    assert np.ptp(realised[0]) == 0
    assert all(0.1 < np.std(values) / np.mean(values) < 0.4 for values in realised[1:])
    assert not np.array_equal(realised[1], realised[2])


def test_neurons_start_where_the_script_wants_them():
    sim.setup()
    cells = sim.Population(4, sim.IF_cond_exp(**CELL), initial_values={"v": -60.0})
    cells[1:3].initialize(v=lambda i: -58.0 - i)
    cells[3].set_initial_value("v", -55.0)
    cells.record("v")
    sim.run(60.0)
    v = cells.get_data().segments[0].analogsignals[0].magnitude
    np.testing.assert_allclose(v[0], [-60.0, -58.0, -59.0, -55.0])
    assert v[-1] == pytest.approx(np.full(4, -65.0), abs=0.2)


# --- what the user is told


def test_nothing_is_said_of_a_network_that_the_wafer_can_be(caplog):
    sim.setup(min_delay=0.5)
    network()
    sim.run(5.0)
    assert warnings_of(caplog) == []


def test_what_has_no_effect_is_listed_once(caplog):
    sim.setup()
    cells = sim.Population(3, sim.IF_cond_exp(i_offset=0.1, tau_refrac=60.0, **{"cm": 0.2}), label="cells")
    cells.initialize(gsyn_exc=0.1, gsyn_inh=0.0, v=-60.0)
    slow = sim.Projection(
        cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.01, delay=2.0), label="slow"
    )
    U = np.linspace(0.2, 0.5, 9).reshape(3, 3)
    uneven = sim.TsodyksMarkramSynapse(weight=0.01, U=U)
    sim.Projection(cells, cells, sim.AllToAllConnector(), uneven, label="uneven").initialize(u=0.2)
    sim.Projection(cells, cells, sim.AllToAllConnector(), label="silent")
    sim.run(5.0)
    sim.reset()
    slow.set(weight=0.02)
    sim.run(5.0)
    initial, driver, ignored, saturated = warnings_of(caplog)
    assert initial == "initialize(gsyn_exc=...) of 'cells' is ignored: gsyn_exc starts at 0"
    assert driver == "initialize(u=...) of uneven is ignored: synapse drivers start at rest"
    assert ignored == (
        "ignored, because the wafer cannot do it: i_offset of 'cells' (there is no constant current input); delays of "
        "slow (they follow from the routes; setup(delays='requested') emulates them); differences of U, tau_rec and "
        "tau_facil within uneven (the mean is used); connections of weight 0 in silent"
    )
    assert saturated.startswith("out of the range supported by the hardware: cells: tau_refrac 60 ms requested")


def test_losses_are_told(caplog):
    sim.setup(limits=Limits(neuron_size=2, driver_chain_length=1))
    network(sources=200)
    sim.run(0.0)
    assert warnings_of(caplog) == [
        f"{sim.loss} of 2000 synapses ({sim.loss / 20:.2f} %) are lost; Projection.lost tells which"
    ]


def test_records_beyond_the_analog_outputs_are_told(caplog):
    caplog.set_level("INFO")
    sim.setup()
    cells = sim.Population(13, sim.IF_cond_exp())
    cells.record("v")
    cells[:2].record("gsyn_inh")
    sim.run(1.0)
    assert "13 membranes, 2 conductances and 0 adaptation currents are recorded of the emulator" in caplog.text


@pytest.mark.parametrize("kind", ["DCSource", "ACSource", "StepCurrentSource", "NoisyCurrentSource"])
def test_currents_are_refused(kind):
    sim.setup()
    cells = sim.Population(2, sim.IF_cond_exp())
    current = getattr(sim, kind)(amplitude=0.5)
    for inject in (cells.inject, cells[0].inject, cells[1:].inject):
        with pytest.raises(NotImplementedHere, match="use spike input"):
            inject(current)


def test_what_cannot_be_mapped_is_refused():
    import pyNN.mock

    sim.setup()
    cells = sim.Population(2, sim.IF_cond_exp())
    with pytest.raises(TypeRejected, match=r"IF_curr_exp of pyNN\.mock.* is no cell of the wafer"):
        sim.Population(1, pyNN.mock.IF_curr_exp())
    with pytest.raises(TypeRejected, match=r"StaticSynapse of pyNN\.mock.* is no synapse that is mapped"):
        sim.Projection(cells, cells, sim.AllToAllConnector(), pyNN.mock.StaticSynapse(delay=0.5))
    with pytest.raises(errors.ConnectionError, match=r"0 or more \[uS\] \(got -0.01\)"):
        sim.Projection(cells, cells, sim.FromListConnector([(0, 1, -0.01, 0.5)]))
    projection = sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.01))
    with pytest.raises(errors.ConnectionError, match="got nan"):
        projection.set(weight=np.nan)
    both = sim.TsodyksMarkramSynapse(weight=0.01, tau_rec=100.0, tau_facil=50.0)
    sim.Projection(cells, cells, sim.AllToAllConnector(), both, label="both")
    with pytest.raises(ValueRejected, match=r"both: .*exactly one of tau_rec and tau_facil must be positive"):
        sim.run(1.0)
    with pytest.raises(ValueRejected, match="multiple of the time step"):
        cells.record("v", sampling_interval=0.25)


def test_cells_of_a_forgotten_network_cannot_be_connected():
    sim.setup()
    old = sim.Population(2, sim.IF_cond_exp(), label="old")
    sim.setup()
    new = sim.Population(2, sim.IF_cond_exp())
    with pytest.raises(errors.ConnectionError, match=r"view of 'old' .* was created before setup"):
        sim.Projection(old[:1], new, sim.AllToAllConnector())


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_cells_before_the_first_setup_are_told():
    code = "import mapper.frontends.pynn as sim\nsim.Population(2, sim.IF_cond_exp())\nsim.setup()"
    told = python(code)
    assert told.returncode == 0
    assert told.stdout == ""
    assert told.stderr == "setup() forgets 1 populations that were created before it: call it first\n"


def test_without_pynn_one_line_says_what_to_install():
    told = python("import sys\nsys.modules['pyNN'] = None\nimport mapper.frontends.pynn")
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].endswith('needs pyNN: pip install "hicann-mapper[pynn]"')
    others = "import sys, mapper.cli, mapper.frontends.pyhmf\nprint('pyNN' in sys.modules)"
    assert python(others).stdout == "False\n"


# --- delays that are asked for


def pair(delay, **settings):
    """A source with one spike onto two neurons; returns the projection and the two spike times."""
    sim.setup(seed=0, **settings)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0]))
    cells = sim.Population(2, sim.IF_cond_exp(**{**CELL, "tau_refrac": 5.0, "v_thresh": -64.0}))
    synapse = sim.StaticSynapse(weight=0.02) if delay is None else sim.StaticSynapse(weight=0.02, delay=delay)
    projection = sim.Projection(source, cells, sim.AllToAllConnector(), synapse, label="pair")
    cells.record("spikes")
    sim.run(40.0)
    return projection, [train[0] for train in spikes(cells)]


def test_requested_delays_run_if_they_are_chosen(caplog):
    by_route, early = pair(6.0)
    assert by_route.realised_delays == pytest.approx(np.full(2, 0.6444 + 0.0397))
    asked, late = pair(6.0, delays="requested")
    assert asked.realised_delays.tolist() == asked.get("delay", format="list", with_address=False) == [6.0, 6.0]
    np.testing.assert_allclose(np.subtract(late, early), 6.0 - 0.6444 - 0.0397, atol=0.11)
    uneven, (one, other) = pair(np.array([[2.0, 9.0]]), delays="requested")
    assert uneven.realised_delays.tolist() == [2.0, 9.0]
    assert other - one == pytest.approx(7.0, abs=0.11)
    silent, _ = pair(None, delays="requested", min_delay=0.5)
    assert silent.realised_delays.tolist() == [0.5, 0.5]
    assert warnings_of(caplog) == [
        "ignored, because the wafer cannot do it: delays of pair (they follow from the routes; "
        "setup(delays='requested') emulates them)"
    ]


def test_the_network_has_the_delays_that_differ_from_the_shortest():
    for delay, expected in ((3.0, [3.0, 3.0]), (np.array([[0.1, 2.0]]), [np.float32(0.1), 2.0]), (0.1, [np.nan] * 2)):
        pair(delay)
        np.testing.assert_array_equal(sim.state.mapped.instance.network.delays, expected)
