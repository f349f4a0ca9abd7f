"""Whatever becomes of a run's process is a result, and no process outlives the one that wants its result."""

from __future__ import annotations

import json
import threading

import pytest

from mapper.runs import apart
from mapper.runs.folder import Turn, finished, prepare
from mapper.runs.perform import perform
from mapper.runs.run import Effort, Run, RunError, in_force, pack
from mapper.runs.sweep import perform_here
from models.instance import load_instance


@pytest.fixture
def a_run(bench):
    instance = load_instance(bench.instance)

    def make(seed=0, **limits):
        return Run(instance, "told:search", seed, in_force(Effort(**limits), instance))

    return make


@pytest.mark.parametrize(
    ("order", "status", "words"),
    [
        ("raise", "crashed", "solver 'told:search' failed (KeyError: 'nothing here')"),
        ("none", "none", "the wafer is too small"),
    ],
)
def test_what_a_solver_raises_is_a_result(bench, a_run, tmp_path, order, status, words):
    bench.tell(0, order)
    run = a_run()
    document = perform(run, tmp_path)
    assert (document["status"], document["reason"], document["synapses"]) == (status, words, 6)
    assert json.loads((tmp_path / f"{run.stem}.json").read_text()) == document
    assert document["packages"][0].startswith("told sha256:")
    kept = finished(run, tmp_path)
    assert (kept is None) == (status == "crashed"), "what may go well another time is tried again"


def test_too_large_networks_are_proven_infeasible(bench):
    text = bench.instance.read_text().replace("{size: 3, cell", "{size: 129, cell")
    bench.instance.write_text(text + "hardware: {region: {hicanns: [297]}}\n")
    bench.tell(0, "none")
    instance = load_instance(bench.instance)
    document = perform(Run(instance, "told:search", 0, in_force(Effort(), instance)))
    assert document["status"] == "infeasible"
    assert document["reason"] == "the neurons need at least 516 denmems, 512 are usable"


def test_a_process_that_leaves_no_result_crashed(bench, a_run, tmp_path):
    bench.tell(0, "leave")
    document = apart.supervise(a_run(), tmp_path)
    assert (document["status"], document["reason"]) == ("crashed", "the process ended with code 9 and no result")


def test_a_run_that_never_ends_is_killed(bench, a_run, tmp_path, monkeypatch, alive):
    monkeypatch.setattr(apart, "PATIENCE", (1.0, 2.0))
    bench.tell(0, "deaf")
    document = apart.supervise(a_run(time_limit=0.5), tmp_path)
    assert (document["status"], document["reason"]) == ("timeout", "killed after 2 s, with a time limit of 0.5 s")
    assert [alive(pid) for _, pid, _ in bench.starts] in ([], [False])


def test_memory_beyond_the_budget_ends_a_run(bench, a_run, tmp_path):
    text = bench.instance.read_text()
    bench.instance.write_text(text.replace("threads: 1", "threads: 1, memory_mb: 380"))
    bench.tell(0, "eat")
    instance = load_instance(bench.instance)
    document = apart.supervise(Run(instance, "told:search", 0, in_force(Effort(), instance)), tmp_path)
    assert (document["status"], document["reason"]) == ("memory", "killed for using more than 380 MB")


def test_stopping_keeps_what_a_run_has(bench, a_run, tmp_path, until):
    bench.tell(0, "wait")
    stop, found = threading.Event(), []
    job = threading.Thread(target=lambda: found.append(apart.supervise(a_run(), tmp_path, stop)))
    job.start()
    until(lambda: bool(bench.starts), "the run begins")
    stop.set()
    job.join(60)
    (document,) = found
    assert (document["status"], document["lost"], document["interrupted"]) == ("feasible", 6, True)
    assert finished(a_run(), tmp_path) is None, "an interrupted run is done again"


def test_a_worker_with_another_version_refuses(bench, a_run):
    with pytest.raises(RunError, match="another version of the mapper or of solver 'told:search'"):
        apart.perform_remotely(pack((a_run(), "a key made with another version")))


def test_editing_the_solver_makes_other_runs(bench, a_run):
    before = a_run().key
    path = bench.folder / "told.py"
    path.write_text(path.read_text() + "# improved\n")
    assert a_run().key != before


def test_what_a_killed_run_left_is_swept_up_and_events_reach_the_parent(bench, a_run, tmp_path, capfd):
    run, folder, heard = a_run(), tmp_path / "runs", []
    folder.mkdir()
    for name in (f".{run.stem}.json.x1.partial", f".{run.stem}.sol.zip.y2.tmp"):
        (folder / name).write_text("half")
    (folder / f"{run.stem}.sol.zip").write_text("a solution without its JSON file: not finished")
    assert prepare([run], folder) == {}
    perform_here(Turn(run), folder, threading.Event(), heard.append)
    assert sorted(path.name for path in folder.iterdir()) == [f"{run.stem}.json", f"{run.stem}.sol.zip"]
    assert [(event.kind, event.lost) for event in heard if event.kind == "incumbent"] == [("incumbent", 6)]
    assert capfd.readouterr().out == "", "what a solver prints is kept off standard output"
