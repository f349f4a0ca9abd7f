"""Several comparisons in one folder at the same time share the runs: none is done twice, none is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

import mapper
from mapper.runs.claims import claim, lock_file, owner
from mapper.runs.folder import Turns
from mapper.runs.run import Effort, Run, in_force
from mapper.runs.sweep import perform_all
from models.instance import load_instance


@pytest.fixture
def start(bench):
    """Return a function that starts ``mapper compare`` in one folder; what still runs at the end is killed."""
    started = []

    def starting(*args):
        command = bench.command("--solvers", "told:search", "-o", bench.folder / "runs", "--json", *args)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, env=bench.environment(), text=True, **pipes))
        return started[-1]

    yield starting
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def runs(bench):
    instance = load_instance(bench.instance)
    return [Run(instance, "told:search", seed, in_force(Effort(), instance)) for seed in range(3)]


def ended(process):
    """Return the exit code, the seeds in the result, and what was said."""
    out, err = process.communicate(timeout=120)
    return process.returncode, [run["seed"] for run in json.loads(out)["runs"]] if out else [], err


def files(bench):
    return sorted(path.name for path in (bench.folder / "runs").iterdir())


def all_files(seeds):
    return [f"tiny-test.told_search.s{seed}.{end}" for seed in range(seeds) for end in ("json", "sol.zip")]


def test_two_comparisons_share_the_runs(bench, start, until):
    bench.tell(0, "wait")
    first = start("--seeds", "4")
    until(lambda: len(bench.starts) == 1, "the first run begins")
    second = start("--seeds", "4", "--jobs", "2")
    until(lambda: len(bench.starts) == 4, "the second comparison does the others")
    bench.release(0)
    assert ended(first)[:2] == (0, [0, 1, 2, 3])
    code, seeds, said = ended(second)
    assert (code, seeds) == (0, [0, 1, 2, 3])
    assert f"waiting for runs of process {first.pid} on {os.uname().nodename}" in said
    assert sorted(seed for seed, _, _ in bench.starts) == [0, 1, 2, 3]
    assert files(bench) == all_files(4), "no lock is left"


def test_the_runs_of_a_killed_comparison_are_taken_over_at_once(bench, start, until, alive):
    bench.tell(0, "wait")
    first = start("--seeds", "2")
    until(lambda: len(bench.starts) == 1, "the first run begins")
    second = start("--seeds", "2")
    until(lambda: len(bench.starts) == 2, "the second comparison does the other run")
    first.send_signal(signal.SIGKILL)
    until(lambda: len(bench.starts) == 3, "the second comparison takes over")
    assert [seed for seed, _, _ in bench.starts] == [0, 1, 0]
    assert not alive(bench.starts[0][1]), "only when the run of the killed one is dead, too"
    bench.release(0)
    assert ended(second)[:2] == (0, [0, 1])
    assert files(bench) == all_files(2)


def test_other_limits_in_the_same_folder_are_refused_while_the_first_goes_on(bench, start, until):
    bench.tell(0, "wait")
    first = start("--seeds", "1", "--jobs", "1")
    until(lambda: len(bench.starts) == 1, "the first run begins")
    second = start("--seeds", "1", "--time-limit", "99")
    assert "waiting for runs of" in second.stderr.readline()
    bench.release(0)
    code, _, said = ended(second)
    assert (code, "s0.json is of a run with other limits" in said) == (2, True)
    assert ended(first)[:2] == (0, [0])
    assert (len(bench.starts), files(bench)) == (1, all_files(1))


def test_stopping_ends_the_waiting(bench, start, until):
    bench.tell(0, "wait")
    first = start("--seeds", "1", "--jobs", "1")
    until(lambda: len(bench.starts) == 1, "the first run begins")
    listed = start("--seeds", "2", "--dry-run")
    out, _ = listed.communicate(timeout=60)
    assert out.splitlines() == [
        f"tiny-test.told_search.s0: process {first.pid} on {os.uname().nodename} does it",
        "tiny-test.told_search.s1",
    ]
    second = start("--seeds", "1")
    assert "waiting for runs of" in second.stderr.readline()
    second.send_signal(signal.SIGINT)
    assert ended(second)[:2] == (130, [])
    bench.release(0)
    assert ended(first)[:2] == (0, [0])


def test_locks_of_the_dead_hinder_nobody(bench, runs, tmp_path):
    run = runs[0]
    lock_file(run, tmp_path).write_text("process 1 on a machine that lost its power\n")
    assert (owner(run, tmp_path), lock_file(run, tmp_path).exists()) == ("", False)
    lock_file(run, tmp_path).write_text("process 1 on a machine that lost its power\n")
    with claim(run, tmp_path) as mine:
        assert mine.handle is not None
        assert claim(run, tmp_path) is None
        assert owner(run, tmp_path) == f"process {os.getpid()} on {os.uname().nodename}"
        with claim(runs[1], tmp_path) as other:
            assert other.path != mine.path
    assert list(tmp_path.glob(".*")) == []


CONTENDER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from mapper.runs.claims import claim

folder, run, done = Path(sys.argv[1]), SimpleNamespace(stem="x"), 0
while done < 100:
    mine = claim(run, folder)
    if mine is not None:
        with mine:
            counter = folder / "counter"
            value = int(counter.read_text())
            counter.write_text(str(value + 1))
        done += 1
"""


def test_a_claim_is_never_held_twice_though_its_file_comes_and_goes(tmp_path):
    (tmp_path / "counter").write_text("0")
    command = [sys.executable, "-c", CONTENDER, str(tmp_path)]
    contenders = [subprocess.Popen(command) for _ in range(4)]
    assert [contender.wait(120) for contender in contenders] == [0] * 4
    assert (tmp_path / "counter").read_text() == "400"


def test_without_file_locks_the_user_is_told_once(runs, tmp_path, monkeypatch, caplog):
    def unsupported(*args):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    turns = Turns(runs, tmp_path)
    assert [turns.wait(threading.Event()).run for _ in runs] == runs
    (record,) = caplog.records
    assert record.getMessage() == f"{tmp_path} has no file locks: do not work in it with two processes at once"
    assert list(tmp_path.glob(".*")) == []


def test_a_comparison_that_breaks_off_leaves_its_runs_to_others(bench, runs, tmp_path, until):
    bench.tell(1, "wait")
    going = perform_all(runs, tmp_path, jobs=2)
    until(lambda: bool(bench.starts) or bool(next(going)), "the first run ends")
    until(lambda: 1 in [seed for seed, _, _ in bench.starts], "the second begins")
    assert claim(runs[1], tmp_path) is None
    going.close()
    with claim(runs[1], tmp_path) as mine:
        assert mine is not None
    bench.release(1)
    instance = runs[0].instance
    found = mapper.compare([instance], ["told:search"], seeds=range(3), output=tmp_path)
    assert [run.lost for run in found] == [6, 6, 6]
    assert [seed for seed, _, _ in bench.starts].count(0) == 1
