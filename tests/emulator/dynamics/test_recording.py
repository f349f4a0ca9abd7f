"""Recordings: what is in them, and the files that other tools read."""

import numpy as np
import pytest

from emulator.circuits import CircuitError
from emulator.neo_blocks import to_neo
from emulator.recording import WAFER_TRACES, Record, Recording
from emulator.requested import requested
from emulator.run import run
from emulator.sonata import write_report, write_spikes
from models.network import AllToAll, Network, Population, Projection, Static


@pytest.fixture(scope="module")
def network():
    a = Population("a", 3, "IF_cond_exp", {"v_rest": [-40.0, -45.0, -65.0]})
    x = Population("x", 2, "SpikeSourcePoisson", {"rate": 100.0})
    b = Population("b", 2, "EIF_cond_exp_isfa_ista", {"v_rest": -45.0})
    synapses = Projection("xb", (x.view(),), (b.view(),), "excitatory", AllToAll(), Static(0.01))
    return Network((a, x, b), (synapses,))


@pytest.fixture(scope="module")
def recording(network):
    return run(requested(network), 100.0, record=Record(v=[4, 0], g=[1], interval=0.5))


def test_spikes_carry_the_cells_of_the_network(recording):
    assert recording.unit_cell.tolist() == [0, 1, 2, 5, 6, 3, 4]
    first, times = recording.trains()
    assert first[-1] == len(recording.spike_time)
    for unit in range(7):
        train = times[first[unit] : first[unit + 1]]
        assert np.array_equal(train, np.sort(recording.spike_time[recording.spike_unit == unit]))
    assert recording.rates()[0] == pytest.approx(np.sum(recording.spike_unit == 0) * 10.0)
    assert recording.rates()[2] == 0.0


def test_traces_stand_in_the_order_asked_for(recording):
    v = recording.traces[0]
    assert (v.variable, v.unit, v.neuron.tolist()) == ("v", "mV", [4, 0])
    assert v.values.shape == (200, 2)
    assert np.all(v.values[0] == -45.0) or v.values[0].tolist() == [-45.0, -40.0]


def test_numpy_archive_round_trip(recording, tmp_path):
    recording.to_npz(tmp_path / "out.npz")
    back = Recording.from_npz(tmp_path / "out.npz")
    assert np.array_equal(back.spike_time, recording.spike_time)
    assert np.array_equal(back.traces[0].values, recording.traces[0].values)
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_a_truncated_archive_is_one_clear_line(recording, tmp_path):
    path = tmp_path / "out.npz"
    recording.to_npz(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(CircuitError, match="truncated") as caught:
        Recording.from_npz(path)
    assert "\n" not in str(caught.value)


def test_a_failed_write_leaves_the_old_file(recording, network, tmp_path):
    pytest.importorskip("h5py")
    path = tmp_path / "v.h5"
    path.write_text("old")
    with pytest.raises(CircuitError, match="'w' was not recorded"):
        write_report(recording, "w", network, path)
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_sonata_spikes_are_read_by_libsonata(recording, network, tmp_path):
    pytest.importorskip("h5py")
    libsonata = pytest.importorskip("libsonata")
    write_spikes(recording, network, tmp_path / "spikes.h5")
    reader = libsonata.SpikeReader(str(tmp_path / "spikes.h5"))
    assert sorted(reader.get_population_names()) == ["a", "b", "x"]
    for name, offset in (("a", 0), ("x", 3), ("b", 5)):
        population = reader[name]
        assert population.sorting == "by_time"
        got = population.get()
        mine = (recording.spike_cell >= offset) & (recording.spike_cell < offset + {"a": 3}.get(name, 2))
        assert len(got) == mine.sum()
        assert [time for _, time in got] == sorted(recording.spike_time[mine])


def test_a_sonata_report_is_read_by_libsonata(recording, network, tmp_path):
    pytest.importorskip("h5py")
    libsonata = pytest.importorskip("libsonata")
    write_report(recording, "v", network, tmp_path / "v.h5")
    reader = libsonata.ElementReportReader(str(tmp_path / "v.h5"))
    assert sorted(reader.get_population_names()) == ["a", "b"]
    frame = reader["b"].get()
    assert np.allclose(frame.data[:, 0], recording.traces[0].values[:, 0])
    assert frame.times[1] == pytest.approx(0.5)


def test_neo_blocks_hold_the_same_spikes(recording, network):
    pytest.importorskip("neo")
    segment = to_neo(recording, network).segments[0]
    assert len(segment.spiketrains) == 7
    assert sum(len(train) for train in segment.spiketrains) == len(recording.spike_time)
    assert segment.spiketrains[3].annotations["population"] == "b"
    assert segment.analogsignals[0].shape == (200, 2)


def test_the_wafer_has_twelve_analog_outputs(build):
    circuits = build(13)
    run(circuits, 1.0, record=Record(v=range(12), analog_limit=WAFER_TRACES))
    with pytest.raises(CircuitError, match=r"12 analog outputs \(got 13 neurons\)") as caught:
        run(circuits, 1.0, record=Record(v=range(13), analog_limit=WAFER_TRACES))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Record(v=[1]), r"neurons are 0..0 \(got 1\)"),
        (Record(interval=-1.0), "interval must be positive"),
        (Record(v=[0], interval=0.15), "multiple of the time step"),
        (Record(g=[0], analog_limit=12), "membranes only"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(build, record, message):
    with pytest.raises(CircuitError, match=message):
        run(build(), 1.0, record=record)
