"""``mapper compare`` killed with SIGKILL and started again: nothing finished is lost, nothing is repeated."""

from __future__ import annotations

import json
import os
import signal
import subprocess

from models.solution import load


def test_killed_and_started_again(bench, until, alive):
    runs = bench.folder / "runs"
    command = bench.command("--solvers", "told:search", "--seeds", "3", "-o", runs)
    bench.tell(1, "wait")
    first = subprocess.Popen(command, env=bench.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: [seed for seed, _, _ in bench.starts] == [0, 1], "the second run begins")
    first.send_signal(signal.SIGKILL)
    first.wait()
    orphan = bench.starts[-1][1]
    until(lambda: not alive(orphan), "the run dies with its parent")
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in runs.glob("[!.]*")}
    assert sorted(before) == [f"tiny-test.told_search.s0.{end}" for end in ("json", "sol.zip")]

    bench.release(1)
    second = subprocess.run(command, env=bench.environment(), capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    assert second.stderr.count("finished before") == 1
    assert [seed for seed, _, _ in bench.starts] == [0, 1, 1, 2]
    after = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in runs.iterdir()}
    assert {name: after[name] for name in before} == before
    assert sorted(after) == [f"tiny-test.told_search.s{seed}.{end}" for seed in range(3) for end in ("json", "sol.zip")]
    for seed in range(3):
        document = json.loads((runs / f"tiny-test.told_search.s{seed}.json").read_text())
        assert (document["seed"], document["lost"], document["audit"]["valid"]) == (seed, 6, True)
        assert set(document["machine"]) >= {"load_before", "load_after", "cores", "started"}
        assert load(runs / f"tiny-test.told_search.s{seed}.sol.zip").lost == 6


def test_a_killed_run_does_not_stop_the_others(bench, until):
    runs = bench.folder / "runs"
    bench.tell(1, "wait")
    command = bench.command("--solvers", "told:search", "--seeds", "2", "-o", runs, "--jobs", "2", "--json")
    job = subprocess.Popen(command, env=bench.environment(), stdout=subprocess.PIPE, text=True)
    until(lambda: 1 in [seed for seed, _, _ in bench.starts], "the second run begins")
    os.kill(next(pid for seed, pid, _ in bench.starts if seed == 1), signal.SIGKILL)
    out, _ = job.communicate(timeout=60)
    assert job.returncode == 3
    assert [(run["seed"], run["status"]) for run in json.loads(out)["runs"]] == [(0, "feasible"), (1, "memory")]
