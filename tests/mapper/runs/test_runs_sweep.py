"""What `perform_all` makes of executors that fail, and of a stop."""

from __future__ import annotations

import json
import threading
from concurrent.futures import BrokenExecutor, Executor, Future

import numpy as np
import pytest

import mapper
from mapper.runs.folder import prepare
from mapper.runs.perform import without_mapping
from mapper.runs.run import Effort, Run, RunError, in_force, unpack
from mapper.runs.sweep import perform_all
from mapper.solvers import SolverError
from models.instance import Instance, load_instance
from models.network import network_from_edges


class KilledWorker(Exception):
    """A run whose workers all died."""


class Stub(Executor):
    """Answers every run with one thing, at once or, for None, never."""

    def __init__(self, answer):
        self.answer, self.submitted, self.futures = answer, [], []

    def submit(self, fn, /, *args, **kwargs):
        (packed,) = args
        run, key = unpack(packed)
        assert run.key == key
        self.submitted.append(run.stem)
        future = Future()
        self.futures.append(future)
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        elif self.answer is not None:
            future.set_result(self.answer(run))
        return future


@pytest.fixture
def runs(bench):
    instance = load_instance(bench.instance)
    return [Run(instance, "told:search", seed, in_force(Effort(), instance)) for seed in range(5)]


def answered(run):
    return without_mapping(run, "none", "made up"), b"solution"


def test_files_are_written_where_the_runs_are_collected(runs, tmp_path):
    folder = tmp_path / "out"
    prepare(runs, folder)
    found = {run.stem: document for run, document in perform_all(runs, folder, Stub(answered))}
    assert list(found) == [run.stem for run in runs]
    for run in runs:
        document = json.loads((folder / f"{run.stem}.json").read_text())
        assert document == found[run.stem]
        assert (folder / f"{run.stem}.sol.zip").read_bytes() == b"solution"
        assert document["solution"] == str(folder / f"{run.stem}.sol.zip")
    assert set(prepare(runs, folder)) == set(found)


def test_a_run_that_kills_its_workers_is_a_result(runs):
    found = [document for _, document in perform_all(runs, None, Stub(KilledWorker("attempted 3 times")))]
    assert {document["status"] for document in found} == {"crashed"}
    assert found[0]["reason"] == "every worker that tried it died: attempted 3 times"


def test_a_broken_executor_is_one_clear_line(runs):
    with pytest.raises(
        RunError, match=r"s0 was not done \(BrokenExecutor: gone\); what is finished is kept: start the"
    ):
        list(perform_all(runs, None, Stub(BrokenExecutor("gone"))))


def test_what_ended_beside_a_failure_is_kept(runs, tmp_path):
    class Half(Stub):
        def submit(self, fn, /, *args, **kwargs):
            future = super().submit(fn, *args, **kwargs)
            self.answer = answered
            return future

    folder = tmp_path / "out"
    prepare(runs, folder)
    with pytest.raises(RunError, match="s0 was not done"):
        list(perform_all(runs, folder, Half(OSError("no space"))))
    assert set(prepare(runs, folder)) == {run.stem for run in runs[1:]}


def test_no_more_runs_are_handed_out_than_asked_for(runs):
    stop, stub = threading.Event(), Stub(None)
    ending = threading.Timer(0.5, stop.set)
    ending.start()
    assert list(perform_all(runs, None, stub, jobs=2, stop=stop)) == []
    assert len(stub.submitted) == 2
    assert all(future.cancelled() for future in stub.futures)


def test_runs_of_one_name_and_instances_without_digest_are_refused(runs, tmp_path):
    with pytest.raises(RunError, match="named twice"):
        prepare([runs[0], runs[0]], None)
    network = network_from_edges(np.array([0]), np.array([1]), neurons=2)
    unnamed = Run(Instance("x", network), "marocco", 0, Effort())
    with pytest.raises(RunError, match="instance 'x' has no digest"):
        prepare([unnamed], tmp_path / "out")


def test_settings_are_checked_before_the_first_run(bench):
    with pytest.raises(SolverError, match="routing has no algorithm 'teleport'"):
        mapper.compare([load_instance(bench.instance)], ["marocco"], options={"routing": "teleport"})
