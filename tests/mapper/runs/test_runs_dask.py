"""Dask does the runs: a worker killed in the middle of one costs no run and doubles none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest

import mapper
from models.instance import load_instance

dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs the extra dask: distributed")

#: The parts of Dask's command line that are needed, without dashboards and fixed ports.
SCHEDULER = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file")
WORKER = ("worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file")


@pytest.fixture
def cluster(bench, until):
    """Start a scheduler and two workers as processes of their own and return the scheduler's address."""
    file, log = bench.folder / "scheduler.json", (bench.folder / "dask.log").open("w")
    processes = []
    try:
        for part in (SCHEDULER, WORKER, WORKER):
            command = [sys.executable, "-m", "distributed.cli.dask_" + part[0], *part[1:], str(file)]
            options = {"env": bench.environment(), "cwd": bench.folder, "stdout": log, "stderr": log}
            processes.append(subprocess.Popen(command, **options, start_new_session=True))
            until(lambda: file.exists() and file.read_text().endswith("}"), "the scheduler begins")
        yield json.loads(file.read_text())["address"]
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


@dask
def test_no_run_is_lost_when_a_worker_is_killed(bench, cluster, until, alive):
    runs = bench.folder / "runs"
    bench.tell(0, "wait")
    command = bench.command(
        "--solvers", "told:search", "--seeds", "4", "-o", runs, "--engine", "dask", "--scheduler", cluster, "--json"
    )
    job = subprocess.Popen(command, env=bench.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: 0 in [seed for seed, _, _ in bench.starts], "the first run begins")
    _, run, worker = next(start for start in bench.starts if start[0] == 0)
    os.kill(worker, signal.SIGKILL)
    until(lambda: not alive(run), "the run dies with its worker")
    bench.release(0)
    out, err = job.communicate(timeout=120)
    assert job.returncode == 0, err
    assert [(found["seed"], found["lost"], found["audit"]["verdict"]) for found in json.loads(out)["runs"]] == [
        (seed, 6, "bits agree") for seed in range(4)
    ]
    assert sorted(seed for seed, _, _ in bench.starts) == [0, 0, 1, 2, 3]
    assert sorted(path.name for path in runs.iterdir()) == [
        f"tiny-test.told_search.s{seed}.{end}" for seed in range(4) for end in ("json", "sol.zip")
    ]


@dask
def test_no_scheduler_is_one_clear_line(bench, run_compare, monkeypatch):
    monkeypatch.setattr("mapper.runs.cluster._TIMEOUT", 0.5)
    result = run_compare("--solvers", "marocco", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:9", "-q")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in line
    assert "dask scheduler" in line


def test_missing_dask_is_one_clear_line(bench, run_compare, monkeypatch):
    monkeypatch.setattr("mapper.cli.compare.find_spec", lambda name: None)
    result = run_compare("--solvers", "marocco", "--engine", "dask")
    assert result.exit_code == 5
    assert result.stderr == "Error: distributed is not installed; get it with: pip install 'hicann-mapper[dask]'\n"


def test_scheduler_without_engine_is_refused(bench, run_compare):
    result = run_compare("--scheduler", "tcp://127.0.0.1:9")
    assert (result.exit_code, "--scheduler tcp://127.0.0.1:9 needs --engine dask" in result.stderr) == (2, True)


def test_any_executor_does_the_runs(bench, tmp_path):
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    instance = load_instance(bench.instance)
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        (found,) = mapper.compare([instance], ["told:search"], output=tmp_path / "runs", executor=executor)
    assert (found.lost, found.letter, found.solver) == (6, "F", "told:search")
    assert found.solution == str(tmp_path / "runs" / "tiny-test.told_search.s0.sol.zip")
    assert mapper.compare([instance], ["told:search"], output=tmp_path / "runs") == (found,)
    assert len(bench.starts) == 1
