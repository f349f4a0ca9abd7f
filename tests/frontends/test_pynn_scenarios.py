"""What PyNN's own system tests ask of a backend, for the cells that the chip has; written anew.

PyNN's originals run with ``benchmarks/pynn_system_tests.py``, which also lists those that cannot pass, with reasons.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

sim = pytest.importorskip("mapper.frontends.pynn", exc_type=ImportError)

from pyNN import common, errors  # noqa: E402
from pyNN.parameters import Sequence  # noqa: E402
from pyNN.random import NumpyRNG, RandomDistribution  # noqa: E402

SPIKES = [[1.2, 3.8, 9.2], [1.5, 1.9, 2.7, 4.8, 6.8]]


def driven(weight=0.02):
    """Two neurons, each with its own input."""
    sources = sim.Population(2, sim.SpikeSourceArray(spike_times=SPIKES))
    cells = sim.Population(2, sim.IF_cond_exp(cm=0.2))
    sim.Projection(sources, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=weight))
    cells.record("v")
    return sources, cells


def signal(data, segment=0, name="v"):
    return data.segments[segment].filter(name=name)[0]


# --- control


def test_every_reset_begins_a_segment_and_gives_the_same():
    sim.setup()
    _, cells = driven()
    for _ in range(3):
        sim.run(10.0)
        sim.reset()
    data = cells.get_data()
    assert [s.analogsignals[0].shape for s in data.segments] == [(101, 2)] * 3
    assert np.ptp(signal(data).magnitude) > 1.0
    for segment in (1, 2):
        np.testing.assert_array_equal(signal(data, segment).magnitude, signal(data).magnitude)


def test_cleared_data_are_gone_after_a_reset():
    sim.setup()
    _, cells = driven()
    found = []
    for _ in range(2):
        sim.run(10.0)
        found.append(cells.get_data(clear=True))
        sim.reset()
    assert [len(data.segments) for data in found] == [1, 1]
    np.testing.assert_array_equal(signal(found[0]).magnitude, signal(found[1]).magnitude)


def test_the_same_network_set_up_anew_gives_the_same():
    def once():
        sim.setup()
        _, cells = driven()
        sim.run(10.0)
        data = cells.get_data()
        sim.end()
        return signal(data).magnitude

    np.testing.assert_array_equal(once(), once())


def test_time_goes_on_until_a_point_and_never_back():
    sim.setup(timestep=0.1)
    sim.Population(1, sim.IF_cond_exp())
    for point in (12.7, 12.7, 99.9):
        sim.run_until(point)
        assert sim.get_current_time() == pytest.approx(point, abs=1e-10)
    with pytest.raises(ValueError, match="in the past"):
        sim.run_until(88.8)
    assert (sim.get_time_step(), sim.rank(), sim.num_processes()) == (0.1, 0, 1)


def test_callbacks_see_the_time():
    sim.setup()
    driven()
    called = []
    assert sim.run(10.0, callbacks=[lambda t: called.append(t) or t + 4.0]) == 10.0
    assert called == [0.0, 4.0, 8.0, 10.0]


def test_a_run_in_parts_is_the_run():
    sim.setup()
    _, cells = driven()
    sim.run(10.0)
    whole = signal(cells.get_data()).magnitude
    sim.reset()
    sim.run(4.0)
    sim.run(6.0)
    np.testing.assert_array_equal(signal(cells.get_data(), 1).magnitude, whole)


# --- recording


def test_nothing_is_recorded_any_more_after_record_none():
    sim.setup()
    cells = sim.Population(7, sim.IF_cond_exp())
    cells[3:4].record("v")
    sim.run(10.0)
    sim.reset()
    cells.record(None)
    cells[4:5].record("v")
    sim.run(10.0)
    data = cells.get_data()
    found = [s.analogsignals[0].array_annotations["channel_index"].tolist() for s in data.segments]
    assert found == [[3], [4]]
    assert signal(data)[0, 0].item() == -65.0


def test_assemblies_give_the_data_of_their_members_in_order():
    sim.setup()
    cells = sim.Population(5, sim.IF_cond_exp()) + sim.Population(6, sim.EIF_cond_exp_isfa_ista())
    sources = sim.Population(5, sim.SpikeSourcePoisson(rate=50.0))
    for receptor in ("inhibitory", "excitatory"):
        synapse = sim.StaticSynapse(weight=0.01)
        sim.Projection(sources, cells, sim.AllToAllConnector(), synapse, receptor_type=receptor)
    cells.record("v")
    cells[2:9].record(["gsyn_exc", "gsyn_inh"])
    cells.populations[1].record("w")
    sim.run(50.0)
    blocks = [group.get_data() for group in (*cells.populations, cells)]
    assert [signal(b).shape for b in blocks] == [(501, 5), (501, 6), (501, 11)]
    assert [signal(b, name="gsyn_inh").shape for b in blocks] == [(501, 3), (501, 4), (501, 7)]
    np.testing.assert_array_equal(signal(blocks[1])[:, 3].magnitude, signal(blocks[2])[:, 8].magnitude)
    assert str(signal(blocks[1], name="w").units.dimensionality) == "nA"
    assert signal(blocks[0], name="gsyn_exc").magnitude.max() > 0.005


def test_populations_have_their_own_sampling_intervals():
    sim.setup(0.1)
    coarse, fine = (sim.Population(n, sim.IF_cond_exp()) for n in (3, 4))
    coarse.record("v", sampling_interval=1.0)
    fine.record("v", sampling_interval=0.4)
    sim.run(10.0)
    found = [signal(p.get_data()) for p in (coarse, fine)]
    assert [(s.shape, s.sampling_period.item()) for s in found] == [((11, 3), 1.0), ((26, 4), 0.4)]


def test_data_come_in_parts_if_they_are_cleared():
    sim.setup(timestep=0.05)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[0.075, 10.0, 10.025, 12.34, 1000.0]))
    source.record("spikes")
    found = []
    for _ in range(3):
        sim.run(10.0)
        train = source.get_data("spikes", clear=True).segments[0].spiketrains[0]
        found.append((train.t_start.item(), train.times.magnitude.tolist()))
    assert found == [(0.0, [0.075, 10.0]), (10.0, [10.025, 12.34]), (20.0, [])]


def test_spikes_are_trains_and_counts_by_cell():
    sim.setup()
    sources, cells = driven()
    sources.record("spikes")
    cells[1:].record("spikes")
    sim.run(5.0)
    trains = sources.get_data().segments[0].spiketrains
    assert [train.times.magnitude.round(9).tolist() for train in trains] == [[1.2, 3.8], [1.5, 1.9, 2.7, 4.8]]
    assert [int(train.annotations["source_index"]) for train in trains] == [0, 1]
    assert list(sources.get_spike_counts().values()) == [2, 4]
    assert (sources.mean_spike_count(), sources[1:].mean_spike_count()) == (3.0, 4.0)
    assert len(cells[:1].get_data("spikes").segments[0].spiketrains) == 0


def test_end_writes_the_files_and_keeps_the_data(tmp_path):
    sim.setup()
    _, cells = driven()
    cells.record("v", to_file=str(tmp_path / "cells.pkl"))
    sim.run(5.0)
    sim.end()
    written = pickle.loads((tmp_path / "cells.pkl").read_bytes())
    np.testing.assert_array_equal(signal(written).magnitude, signal(cells.get_data()).magnitude)


def test_spike_sources_have_no_membrane():
    sim.setup()
    with pytest.raises(errors.RecordingError):
        sim.Population(1, sim.SpikeSourcePoisson()).record("v")


# --- parameters of cells


def test_parameters_are_one_for_all_or_one_for_each():
    sim.setup()
    one = sim.Population(1, sim.SpikeSourcePoisson(rate=[5], start=[1000], duration=1234))
    two = sim.Population(2, sim.SpikeSourcePoisson(rate=[5, 6], duration=[1234, 2345]))
    assert one.get(["rate", "start", "duration"]) == [5, 1000, 1234]
    np.testing.assert_array_equal(two.get("duration"), [1234, 2345])
    cells = sim.Population(6, sim.IF_cond_exp(tau_m=RandomDistribution("uniform", (8.0, 12.0), rng=NumpyRNG(3))))
    assert len(np.unique(cells.get("tau_m"))) == 6
    cells.set(tau_m=10.0)
    cells[2:5][1:2].set(tau_m=11.0)
    cells[5].tau_m = 12.0
    cells[0:1].set(cm=lambda i: 0.3 + i)
    np.testing.assert_array_equal(cells.get("tau_m"), [10, 10, 10, 11, 10, 12])
    assert (cells[3].tau_m, cells[0].cm, cells[1].cm) == (11.0, 0.3, 1.0)
    with pytest.raises(errors.NonExistentParameterError):
        cells.set(tau=1.0)


def test_the_wafer_gets_the_parameters_of_each_cell():
    sim.setup(neuron_size=2)
    cells = sim.Population(2, sim.IF_cond_exp(cm=0.2, tau_refrac=1.0, v_rest=[-65.0, -60.0]))
    cells.initialize(v=-65.0)
    cells.record("v")
    sim.run(200.0)
    end = signal(cells.get_data()).magnitude[-1]
    assert end == pytest.approx([-65.0, -60.0], abs=0.2)


def test_spike_times_can_change_while_the_network_runs():
    sim.setup()
    sources = sim.Population(2, sim.SpikeSourceArray(spike_times=[3.0, 15.0]))
    cells = sim.Population(2, sim.IF_cond_exp(cm=0.2))
    sim.Projection(sources, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=0.02))
    sources.record("spikes")
    cells.record("gsyn_exc")
    sim.run(10.0)
    mapping = sim.mapping
    sources.set(spike_times=[Sequence([4.0, 12.0, 18.0]), Sequence([17.0])])
    sim.run(10.0)
    sources[1:].set(spike_times=[22.0])
    sim.run(10.0)
    trains = sources.get_data().segments[0].spiketrains
    assert [train.times.magnitude.tolist() for train in trains] == [[3.0, 12.0, 18.0], [3.0, 17.0, 22.0]]
    rises = np.diff(signal(cells.get_data(), name="gsyn_exc").magnitude, axis=0) > 0.005
    assert rises.sum(axis=0).tolist() == [3, 3]
    assert sim.mapping is mapping
    sim.reset()
    sim.run(30.0)
    trains = sources.get_data().segments[1].spiketrains
    assert [train.times.magnitude.tolist() for train in trains] == [[4.0, 12.0, 18.0], [22.0]]


def test_spike_times_are_in_order():
    sim.setup()
    with pytest.raises(errors.InvalidParameterValueError, match="in order"):
        sim.Population(2, sim.SpikeSourceArray(spike_times=[[2.4, 4.8], [3.5, 9.6, 8.3]]))


# --- connections


def listed(projection, *names):
    return sorted(projection.get(list(names), format="list"))


def test_parameters_of_a_partial_projection():
    sim.setup()
    pre, post = (sim.Population(n, sim.IF_cond_exp()) for n in (4, 2))
    pairs = [(0, 0), (3, 0), (1, 1), (1, 0), (2, 1)]
    projection = sim.Projection(
        pre, post, sim.FromListConnector(pairs), sim.TsodyksMarkramSynapse(U=0.5, weight=0.123, delay=0.1)
    )
    rows = listed(projection, "weight", "delay", "U")
    assert rows == [(*pair, 0.123, 0.1, 0.5) for pair in sorted(pairs)]
    nan = np.nan
    weights = np.array([[0, nan], [2, 3], [nan, 5], [6, nan]])
    projection.set(weight=weights)
    np.testing.assert_array_equal(projection.get("weight", format="array"), weights)
    projection.set(U=[0.9, 0.8, 0.7, 0.6, 0.5], delay=lambda d: 0.5 + d)
    np.testing.assert_array_equal(projection.get("U", "array"), [[0.9, nan], [0.8, 0.7], [nan, 0.6], [0.5, nan]])
    np.testing.assert_array_equal(projection.get("delay", "array"), [[0.5, nan], [1.5, 0.5], [nan, 1.5], [3.5, nan]])


@pytest.mark.parametrize(
    ("how", "together"),
    [("sum", sum), ("first", lambda found: found[0]), ("last", lambda found: found[-1]), ("min", min), ("max", max)],
)
def test_several_connections_between_two_cells(how, together):
    sim.setup()
    pre, post = (sim.Population(n, sim.IF_cond_exp()) for n in (4, 2))
    rows = [(1, 0, 0.5), (0, 0, 1.0), (1, 0, 0.3), (1, 0, 0.1)]
    projection = sim.Projection(pre, post, sim.FromListConnector(rows, column_names=["weight"]))
    assert len(projection) == 4
    matrix = projection.get("weight", format="array", multiple_synapses=how)
    found = [connection.weight for connection in projection.connections if connection.presynaptic_index == 1]
    assert sorted(found) == [0.1, 0.3, 0.5]
    assert matrix[1, 0] == pytest.approx(together(found))
    assert (matrix[0, 0], np.isnan(matrix).sum()) == (1.0, 6)


def test_single_connections_can_be_read_and_set():
    sim.setup(min_delay=0.1)
    pre, post = sim.Population(4, sim.SpikeSourceArray()), sim.Population(3, sim.IF_cond_exp())
    projection = sim.Projection(pre, post, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.05, delay=0.5))
    assert len(list(projection.connections)) == len(projection) == projection.size() == 12
    third = projection[2]
    assert isinstance(third, common.Connection)
    assert (third.weight, third.delay, third.presynaptic_index, third.postsynaptic_index) == (0.05, 0.5, 2, 0)
    third.weight = 0.0123
    assert projection.get("weight", format="list", with_address=False) == [0.05, 0.05, 0.0123] + [0.05] * 9
    assert projection[-1].as_tuple("presynaptic_index", "postsynaptic_index") == (3, 2)
    with pytest.raises(AttributeError, match="weight"):
        third.U = 0.3
    with pytest.raises(AttributeError, match="'U'"):
        _ = third.U
    with pytest.raises(IndexError, match=r"0\.\.11"):
        _ = projection[12]


def test_connectors_make_what_they_say():
    sim.setup()
    cells, other = sim.Population(20, sim.IF_cond_exp()), sim.Population(30, sim.IF_cond_exp())
    rng = NumpyRNG(seed=7)

    def matrix(pre, post, connector):
        projection = sim.Projection(pre, post, connector, sim.StaticSynapse(weight=1.0))
        return np.nan_to_num(projection.get("weight", format="array"))

    everyone = matrix(cells, cells, sim.AllToAllConnector(allow_self_connections=False))
    np.testing.assert_array_equal(everyone, 1.0 - np.eye(20))
    np.testing.assert_array_equal(matrix(cells, other[5:25], sim.OneToOneConnector()), np.eye(20))
    assert (matrix(cells, other, sim.FixedNumberPreConnector(7, rng=rng)).sum(axis=0) == 7).all()
    assert (matrix(cells, other, sim.FixedNumberPostConnector(9, rng=rng)).sum(axis=1) == 9).all()
    assert matrix(cells, other, sim.FixedTotalNumberConnector(111, rng=rng)).sum() == 111
    wanted = rng.next(600).reshape(20, 30) < 0.2
    np.testing.assert_array_equal(matrix(cells, other, sim.ArrayConnector(wanted)), wanted)
    some = sim.Projection(cells, other, sim.FixedProbabilityConnector(0.3, rng=rng))
    assert 120 < len(some) < 240
    clone = sim.Projection(cells, other, sim.CloneConnector(some))
    assert listed(clone, "weight") == listed(some, "weight")
    near = matrix(cells, cells, sim.DistanceDependentProbabilityConnector("d < 2.5", rng=rng))
    assert near.sum() == 20 + 2 * 19 + 2 * 18


def test_random_weights_are_drawn_for_each_connection():
    sim.setup()
    cells = sim.Population(10, sim.IF_cond_exp())
    weight = RandomDistribution("uniform", (0.001, 0.003), rng=NumpyRNG(seed=5))
    projection = sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight))
    first = projection.connections.columns["weight"].copy()
    assert len(np.unique(first)) == 100
    assert ((first >= 0.001) & (first <= 0.003)).all()
    projection.set(weight=weight)
    assert not np.array_equal(projection.connections.columns["weight"], first)


@pytest.mark.parametrize(
    "name",
    ["EIF_cond_alpha_isfa_ista", "HH_cond_exp", "IF_cond_exp_gsfa_grr", "IF_curr_exp", "SpikeSourceGamma",
     "STDPMechanism", "SimpleStochasticSynapse"],
)  # fmt: skip
def test_models_that_the_chip_lacks_are_named(name):
    with pytest.raises(AttributeError, match=rf"{name} is not available: the wafer has IF_cond_exp"):
        getattr(sim, name)
    assert sim.list_standard_models() == [
        "IF_cond_exp", "EIF_cond_exp_isfa_ista", "SpikeSourceArray", "SpikeSourcePoisson",
    ]  # fmt: skip
