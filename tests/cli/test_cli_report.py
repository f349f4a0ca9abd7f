"""``mapper compare`` into a folder, and ``mapper report`` on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from models.solution import load


@pytest.fixture(autouse=True)
def own_drawing(monkeypatch):
    """Draw without matplotlib, which takes seconds to load; tests/report compares both ways."""
    monkeypatch.setattr("mapper.report.plots.has_matplotlib", lambda: False)


@pytest.fixture
def runs(run, tiny, fake_solve, tmp_path):
    for solver in ("marocco", "cpsat"):
        assert run("compare", tiny, "--solvers", solver, "--seeds", "4,", "-o", "runs").exit_code == 0
    return tmp_path / "runs"


def test_the_headline_is_printed(run, runs):
    result = run("report", runs)
    assert result.exit_code == 0, result.stderr
    header, _, cpsat, marocco = result.stdout.splitlines()
    assert header.startswith("solver")
    assert result.stderr == "the whole report: add -o report.html\n"
    assert (cpsat.split()[0], marocco.split()[0]) == ("cpsat", "marocco")


def test_all_formats(run, runs, tmp_path):
    args = (
        "report",
        runs,
        "-o",
        "report.html",
        "--views",
        "--format",
        "html,md,csv,json,latex,hbp,projections,figures",
    )
    assert run(*args).exit_code == 0
    names = sorted(path.name for path in tmp_path.glob("report*"))
    assert names == [
        "report.csv", "report.figures", "report.hbp", "report.html", "report.json", "report.md",
        "report.projections.csv", "report.tex", "report.views",
    ]  # fmt: skip
    assert (tmp_path / "report.views" / "tiny-test.html").is_file()
    assert 'href="report.views/tiny-test.html#a=1"' in (tmp_path / "report.html").read_text()
    assert 'href="runs/tiny-test.cpsat.s4.sol.zip"' in (tmp_path / "report.html").read_text()
    assert len(list((tmp_path / "report.hbp").iterdir())) == 2
    again = run(*args)
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert run(*args, "--force").exit_code == 0


def test_one_folder_of_benchmark_files(run, runs, tmp_path):
    args = ("report", runs, "-o", "out.hbp")
    assert [run(*args).exit_code, run(*args).exit_code, run(*args, "--force").exit_code] == [0, 2, 0]
    assert len(list((tmp_path / "out.hbp").iterdir())) == 2
    assert run("report", runs, "-o", "out.hbp", "--format", "md", "--force").exit_code == 0
    assert (tmp_path / "out.md").is_file()


def test_what_compare_recorded_is_on_the_page(run, runs, tmp_path):
    assert run("report", runs, "-o", "page.html").exit_code == 0
    text = (tmp_path / "page.html").read_text()
    assert "load before a run" in text
    assert "denmem columns used" in text
    document = json.loads((runs / "tiny-test.cpsat.s4.json").read_text())
    assert document["conditions"]["time_limit"] == 7.0
    assert document["measures"]["in_degree"]["histogram"][0] == 3


def test_the_gate(run, runs):
    assert run("report", runs, "-o", "old.json").exit_code == 0
    same = run("report", runs, "--baseline", "old.json", "--fail-if", "loss>+0.5pp")
    assert (same.exit_code, same.stderr) == (0, "")
    worse = run("report", runs, "--fail-if", "loss>10%", "-q")
    assert worse.exit_code == 1
    assert worse.stderr == "failed: loss>10%: tiny-test, cpsat: loss 100; tiny-test, marocco: loss 100\n"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--format", "htm", "-o", "x"), "did you mean 'html'?"),
        (("--format", "md"), "add -o"),
        (("--views",), "--views needs the HTML report"),
        (("-o", "report.pdf"), "end the name with"),
        (("--fail-if", "lss>1"), "no metric 'lss'"),
        (("--fail-if", "loss>+1pp"), "add --baseline"),
        (("--baseline", __file__), "needs a condition, e.g. --fail-if"),
        (("--versus", "spinnaker"), "no runs of solver 'spinnaker'"),
    ],
)
def test_wrong_usage(run, runs, args, words):
    result = run("report", runs, *args)
    assert result.exit_code == 2
    assert words in result.stderr


def test_shards_do_every_run_once(run, tiny, fake_solve):
    for part in (1, 2, 3):
        args = ("--seeds", "2", "--shard", f"{part}/3", "--json", "-q")
        result = run("compare", tiny, *args)
        assert result.exit_code == 0
    done = [(call["solver"], call["seed"]) for call in fake_solve.calls]
    assert sorted(done) == [(solver, seed) for solver in ("cpsat", "marocco") for seed in (0, 1)]
    for wrong in ("0/3", "4/3", "3", "a/b"):
        assert run("compare", tiny, "--shard", wrong).exit_code == 2


def test_a_run_that_was_stopped_or_died_is_repeated(run, runs, tiny, fake_solve):
    path = runs / "tiny-test.cpsat.s4.json"
    args = ("compare", tiny, "--solvers", "cpsat", "--seeds", "4,", "-o", runs)
    for change in ({"status": "crashed"}, {"interrupted": True}):
        before = len(fake_solve.calls)
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
        assert run(*args).exit_code == 0
        assert run(*args).exit_code == 0
        assert len(fake_solve.calls) == before + 1


@pytest.mark.parametrize(("status", "letter"), [("memory", "M"), ("crashed", "C"), ("timeout", "T")])
def test_a_run_that_died_counts_as_total_loss(run, runs, tmp_path, status, letter):
    path = runs / "tiny-test.cpsat.s4.json"
    document = json.loads(path.read_text())
    for name in ("audit", "lost", "chips", "solution"):
        del document[name]
    path.write_text(json.dumps(document | {"status": status, "reason": "it died"}))
    assert run("report", runs, "-o", "r.csv").exit_code == 0
    assert f",4,{letter},6,,100.0," in (tmp_path / "r.csv").read_text()


@pytest.mark.slow
def test_after_sigkill_no_finished_run_is_lost_or_repeated(tiny, tmp_path):
    out = tmp_path / "runs"
    command = [
        sys.executable, "-m", "mapper", "compare", str(tiny), "--solvers", "marocco", "--seeds", "3",
        "--time-limit", "1s", "--threads", "1", "-o", str(out),
    ]  # fmt: skip
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    for _ in range(1200):
        if list(out.glob("[!.]*.json")) or first.poll() is not None:
            break
        time.sleep(0.1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    kept = {path: path.stat().st_mtime_ns for path in out.glob("[!.]*.json")}
    assert kept
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 0, again.stderr
    assert again.stderr.count("finished before") >= len(kept)
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    assert sorted(path.name for path in out.iterdir()) == [
        f"tiny-test.marocco.s{seed}{ending}" for seed in range(3) for ending in (".json", ".sol.zip")
    ]
    assert load(out / "tiny-test.marocco.s2.sol.zip").options["seed"] == 2
