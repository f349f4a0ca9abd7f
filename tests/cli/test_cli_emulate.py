"""``mapper emulate``: tables, documents, files, and what is refused without writing anything."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

NET = """\
format: wafer-instance/1
name: emulate-test
network:
  populations:
    source: {size: 6, cell: SpikeSourcePoisson, params: {rate: 60.0}}
    first: {size: 4, cell: IF_cond_exp, params: {cm: 0.2}}
    second: {size: 3, cell: IF_cond_exp, params: {cm: 0.2}}
  projections:
    drive:
      pre: source
      post: first
      receptor: excitatory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.006}
    on:
      pre: first
      post: second
      receptor: excitatory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.008}
    back:
      pre: second
      post: first
      receptor: inhibitory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.008}
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


@pytest.fixture
def solved(run, net):
    """Return a solution without losses."""
    result = run("solve", net, "--solver", "marocco", "-o", "good.sol.zip")
    assert result.exit_code == 0, result.stderr
    return "good.sol.zip"


@pytest.fixture
def empty(run, net, fake_solve):
    """Return a solution that loses everything."""
    assert run("solve", net, "-o", "none.sol.zip").exit_code == 0
    return "none.sol.zip"


def emulated(run, *arguments):
    result = run("emulate", *arguments, "--json", "-q")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    return json.loads(result.stdout)


def whole(entry):
    return entry["populations"][-1]


def test_requested_and_realised_stand_below_each_other(run, net, solved):
    result = run("emulate", net, solved, "--duration", "400ms")
    assert result.exit_code == 0, result.stderr
    title, header, _, requested, control, good, *rest = result.stdout.splitlines()
    assert title == "emulate-test: 0.4 s, dt 0.1 ms, seed 0"
    for name in ("synapses lost", "rate Hz", "CV", "corr.", "distance", "in-degree", "exc. %"):
        assert name in header
    assert requested.startswith("requested  ")
    assert control.startswith("requested, other seed  ")
    assert good.split()[:3] == ["good", "0", "0.00"]
    beyond = [line for line in rest if line.startswith("out of range in good: ")]
    assert rest[-len(beyond) :] == beyond
    assert [line.split()[0] for line in rest[: -len(beyond)][-6:]] == ["first"] * 3 + ["second"] * 3
    assert "good: 7 neurons, 48 synapses, 1 trial" in result.stderr


def test_an_ideal_chip_with_requested_delays_does_nearly_what_was_asked_for(run, net, solved):
    options = ("--ideal", "--delays", "requested", "--duration", "2s", "--no-control")
    reference, good = emulated(run, net, solved, *options)["runs"]
    assert whole(good)["in_degree"] == whole(reference)["in_degree"] == pytest.approx(48 / 7)
    assert whole(reference)["rate"] > 5
    assert whole(good)["rate"] == pytest.approx(whole(reference)["rate"], rel=0.05)
    assert good["lost_spikes"] == {"encoder": 0, "merger": 0, "fpga": 0, "link": 0}
    control = emulated(run, net, "--duration", "2s")["runs"][1]
    assert whole(good)["distance"] < 0.7 * whole(control)["distance"]


def test_a_solution_that_loses_everything_is_silent(run, net, solved, empty):
    reference, none, good = emulated(run, net, empty, solved, "--duration", "300ms", "--no-control")["runs"]
    assert [entry["label"] for entry in (reference, none, good)] == ["requested", "none", "good"]
    assert (none["lost"], none["spikes"], whole(none)["in_degree"]) == (48, 0, 0)
    assert whole(none)["excitation"] is None
    assert (good["lost"], good["violations"], good["spurious"]) == (0, 0, 0)


def test_switches_choose_single_imperfections(run, net, solved):
    options = ("--duration", "50ms", "--reference", "none")
    base = emulated(run, net, solved, *options)["variation"]
    assert (base["neurons"], base["quantised"], base["finite_bandwidth"], base["jitter"]) == (True, True, True, 0.1)
    ideal = emulated(run, net, solved, *options, "--ideal", "--synapse-spread", "--set", "synapse=0.5")["variation"]
    on = [n for n in ("neurons", "synapses", "delays", "trial_to_trial", "quantised", "finite_bandwidth") if ideal[n]]
    assert on == ["synapses"]
    assert (ideal["jitter"], ideal["spread"]["synapse"]) == (0.0, 0.5)
    assert (base["saturates"], ideal["saturates"]) == (False, False)
    on = emulated(run, net, solved, *options, "--ideal", "--saturation", "--set", "saturation=300")["variation"]
    assert (on["saturates"], on["saturation"], on["neurons"]) == (True, 300.0, False)
    off = emulated(run, net, solved, *options, "--no-jitter", "--no-bandwidth", "--wafer-seed", "3")["variation"]
    assert (off["jitter"], off["finite_bandwidth"], off["seed"], off["delays"]) == (0.0, False, 3, True)


def test_trials_differ_and_repeat(run, net, solved):
    arguments = (net, solved, "--duration", "300ms", "--trials", "2", "--seed", "5", "--no-control")
    first, second = emulated(run, *arguments), emulated(run, *arguments, "--threads", "2")
    assert first == second == emulated(run, *arguments, "--run-threads", "3")
    assert any(value for value in whole(first["runs"][1])["trial_sd"].values())


def test_one_recording_as_npz(run, net, solved, tmp_path):
    from emulator.recording import Recording

    arguments = ("--duration", "100ms", "--reference", "none", "--record", "v:second[1:3]", "-o", "out.npz")
    document = emulated(run, net, solved, *arguments)
    assert document["files"] == ["out.npz", "out.emulation.json"]
    recording = Recording.from_npz(tmp_path / "out.npz")
    (trace,) = recording.traces
    assert recording.neuron_cell[trace.neuron].tolist() == [11, 12]
    assert trace.values.shape == (1000, 2)
    assert len(recording.spike_time) >= document["runs"][0]["spikes"]


def test_several_recordings_have_the_names_of_their_runs(run, net, solved, tmp_path):
    before = {path.name for path in tmp_path.iterdir()}
    document = emulated(run, net, solved, "--duration", "50ms", "-o", "out.npz")
    names = ["out.requested.npz", "out.requested-other-seed.npz", "out.good.npz", "out.emulation.json"]
    assert document["files"] == names
    assert {path.name for path in tmp_path.iterdir()} == before | set(names)
    again = run("emulate", net, solved, "--duration", "50ms", "-o", "out.npz")
    assert again.exit_code == 2
    assert "out.emulation.json exists; --force overwrites it" in again.stderr


def test_sonata_files(run, net, solved, tmp_path):
    h5py = pytest.importorskip("h5py")
    arguments = ("--duration", "100ms", "--reference", "none", "--record", "v:first", "-o", "out.h5")
    assert emulated(run, net, solved, *arguments)["files"] == ["out.h5", "out.v.h5", "out.emulation.json"]
    with h5py.File(tmp_path / "out.h5") as file:
        assert set(file["spikes"]) == {"source", "first", "second"}
        assert np.all(np.diff(file["spikes/source/timestamps"][:]) >= 0)
    with h5py.File(tmp_path / "out.v.h5") as file:
        assert file["report/first/data"].shape == (1000, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dt", "nan"), "dt must be positive and finite [ms] (got nan)"),
        (("--dt", "-0.1"), "dt must be positive"),
        (("--tau", "nan"), "tau must be positive and finite [ms] (got nan)"),
        (("--bin", "-2"), "bin_width must be positive"),
        (("--bin", "600"), "less than two bins"),
        (("--discard", "2s"), "less than two bins"),
        (("--duration", "nan"), "'nan' is no duration"),
        (("--set", "synaps=0.1"), "no imperfection 'synaps' - did you mean 'synapse'?"),
        (("--set", "synapse=nan"), "synapse must be 0 or more and finite (got nan)"),
        (("--set", "synapse=-1"), "synapse must be 0 or more"),
        (("--set", "synapse"), "'synapse' must read NAME=NUMBER"),
        (("--set", "saturation=0"), "saturation must be positive and finite [nS] (got 0.0)"),
        (("--record", "u:first"), "write v:POPULATION or v:POPULATION[a:b], with v, w or g"),
        (("--record", "v:frist"), "no population of neurons 'frist' - did you mean 'first'?"),
        (("--record", "v:source"), "no population of neurons 'source'"),
        (("--record", "v:first[2:9]"), "the cells of 'first' are 0..3"),
        (("--record", "v:first[3:3]"), "the cells of 'first' are 0..3"),
        (("--record", "w:first", "--analog-limit"), "reads out membranes only"),
        (("-o", "out.txt"), "recordings are written as .h5, .hdf5, .npz"),
        (("-o", "nowhere/out.npz"), "there is no folder nowhere"),
    ],
)
def test_bad_options_are_one_line_and_nothing_is_written(run, net, solved, tmp_path, arguments, message):
    before = sorted(path.name for path in tmp_path.iterdir())
    result = run("emulate", net, solved, "-q", *(() if "-o" in arguments else ("-o", "out.npz")), *arguments)
    assert result.exit_code == 2
    complaint = [line for line in result.stderr.splitlines() if line and not line.startswith(("Usage", "Try"))]
    assert len(complaint) == 1
    assert message in complaint[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def refused(run, *arguments):
    result = run("emulate", *arguments, "-q")
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def test_solution_of_another_instance(run, net, solved):
    net.write_text(NET.replace("weight: 0.006", "weight: 0.005"))
    assert "good.sol.zip solves another instance: emulate-test sha256:" in refused(run, net, solved)


def test_truncated_solution(run, net, solved, tmp_path):
    path = tmp_path / solved
    path.write_bytes(path.read_bytes()[:2000])
    assert "not a solution file or damaged" in refused(run, net, solved)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("cm: 0.2}", "tau_m: -20.0}", "net.yaml:6:57: network.populations.first.params.tau_m: tau_m must be positive"),
        ("cm: 0.2}", "tau_syn_E: 0.0}", "params.tau_syn_E: tau_syn_E must be positive [ms] (got 0)"),
        ("cm: 0.2}", "tau_n: 20.0}", "IF_cond_exp has no parameter 'tau_n' - did you mean 'tau_m'?"),
        ("cm: 0.2}", "cm: .nan}", "net.yaml:6:54: network.populations.first.params.cm: must be a finite number"),
    ],
)
def test_bad_parameters_of_the_network(run, net, old, new, message):
    net.write_text(NET.replace(old, new, 1))
    assert message in refused(run, net, "-o", "out.npz")
    assert not Path("out.npz").exists()


def test_nothing_to_run(run, net):
    assert "nothing to run" in refused(run, net, "--reference", "none")


def test_a_solution_twice(run, net, solved):
    assert "named twice" in refused(run, net, solved, solved)


def test_a_solution_called_like_the_reference_keeps_its_own_file(run, net, solved, tmp_path):
    (tmp_path / solved).rename(tmp_path / "requested.sol.zip")
    document = emulated(run, net, "requested.sol.zip", "--duration", "20ms", "--no-control", "-o", "out.npz")
    assert document["files"][:2] == ["out.requested.npz", "out.requested-sol-zip.npz"]


def test_missing_nest_names_the_extra(run, net, monkeypatch):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "nest" else find(name, *a))
    result = run("emulate", net, "--reference", "nest")
    assert result.exit_code == 5
    assert "pip install 'hicann-mapper[reference]'" in result.stderr


def test_the_wafer_cannot_record_many_membranes(run, net, solved):
    record = [f"--record=v:{name}" for name in ("first", "second")]
    assert emulated(run, net, solved, "--duration", "20ms", "--analog-limit", *record)["runs"]


def test_violations_are_warned_of(run, net, fake_solve):
    from models.configuration import Configuration

    bits = Configuration.blank(np.array([100], np.int16))
    bits.generator_address[0, 3] = 5
    bits.generator[0, 3] = True
    fake_solve.change = {"configuration": bits}
    assert run("solve", net, "-o", "bad.sol.zip").exit_code == 0
    result = run("emulate", net, "bad.sol.zip", "--duration", "20ms", "--reference", "none", "-q")
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: bad breaks ")
    assert Path("bad.sol.zip").exists()


def test_parameters_that_the_circuits_do_not_reach_are_listed(run, net):
    """A refractory time of 100 ms and a weight of 50 uS are out of range, those of the other population are not."""
    text = NET.replace("first: {size: 4, cell: IF_cond_exp, params: {cm: 0.2}}",
                       "first: {size: 4, cell: IF_cond_exp, params: {cm: 0.2, tau_refrac: 100.0}}")  # fmt: skip
    net.write_text(text.replace("weight: 0.006", "weight: 50.0"))
    assert run("solve", net, "--solver", "marocco", "-o", "good.sol.zip").exit_code == 0
    options = ("--duration", "20ms", "--reference", "none")
    (entry,) = emulated(run, net, "good.sol.zip", *options)["runs"]
    found = {(one["owner"], one["parameter"]): one for one in entry["out_of_range"]}
    assert found["first", "tau_refrac"]["requested"] == [100.0, 100.0]
    assert found["first", "tau_refrac"]["realised"][0] < 20.0
    assert found["drive", "weight"]["saturated"] == 24
    assert ("on", "weight") not in found
    lines = run("emulate", net, "good.sol.zip", *options, "-q").stdout.splitlines()
    assert any(line.startswith("out of range in good: first: tau_refrac 100 ms requested, 17.3") for line in lines)
