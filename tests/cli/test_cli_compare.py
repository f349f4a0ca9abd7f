"""``mapper compare`` with a solver that needs no time."""

from __future__ import annotations

import json

import pytest

from models.errors import ResourceExhausted
from models.instance import library
from models.solution import load


def test_one_run_for_each_solver_and_seed(run, tiny, fake_solve):
    result = run("compare", tiny, "--seeds", "2", "--json")
    assert result.exit_code == 0, result.stderr
    runs = json.loads(result.stdout)["runs"]
    assert [(r["solver"], r["seed"]) for r in runs] == [
        ("marocco", 0), ("marocco", 1), ("cpsat", 0), ("cpsat", 1),
    ]  # fmt: skip
    assert all(r["audit"]["verdict"] == "bits agree" for r in runs)
    assert [call["seed"] for call in fake_solve.calls] == [0, 1, 0, 1]


def test_table_for_people(run, tiny, fake_solve):
    result = run("compare", tiny, "--time-limit", "3s")
    header, _, first, second, note = result.stdout.splitlines()
    assert header.split()[:5] == ["instance", "solver", "seed", "synapses", "lost"]
    assert first.split() == [
        "tiny-test", "marocco", "0", "6", "6", "100.00", "0", "1", "/", "2", "83.33", "pp", "0", "0.5", "bits", "agree",
    ]  # fmt: skip
    assert second.split()[1] == "cpsat"
    assert note.startswith("bound: ")
    assert {call["time_limit"] for call in fake_solve.calls} == {3.0}


def test_a_wrong_claim_is_seen(run, tiny, fake_solve):
    fake_solve.change = {"lost": 1}
    result = run("compare", tiny, "--solvers", "marocco")
    assert result.exit_code == 1
    assert "bits lose 6, claimed 1" in result.stdout


def test_files_of_every_run(run, tiny, tmp_path, fake_solve):
    args = ("compare", tiny, "--solvers", "marocco", "--seeds", "4,", "-o", "runs")
    assert run(*args).exit_code == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == [
        "tiny-test.marocco.s4.json", "tiny-test.marocco.s4.sol.zip",
    ]  # fmt: skip
    document = json.loads((tmp_path / "runs/tiny-test.marocco.s4.json").read_text())
    assert document["audit"]["valid"] is True
    assert load(tmp_path / document["solution"]).lost == 6
    again = run(*args)
    assert again.exit_code == 0
    assert "finished before" in again.stderr
    assert len(fake_solve.calls) == 1
    other = run(*args, "--threads", "1")
    assert other.exit_code == 2
    assert "--force overwrites it" in other.stderr
    assert run(*args, "--force").exit_code == 0
    assert len(fake_solve.calls) == 2


def test_runs_without_a_mapping_stand_in_the_table(run, tiny, fake_solve):
    fake_solve.error = ResourceExhausted("the wafer is too small")
    result = run("compare", tiny, "--json")
    assert result.exit_code == 3
    assert {r["status"] for r in json.loads(result.stdout)["runs"]} == {"none"}
    assert "no mapping: the wafer is too small" in run("compare", tiny).stdout


def test_a_set_stands_for_its_instances(run, fake_solve):
    result = run("compare", "tiny", "--solvers", "marocco", "--json", "-q")
    assert result.stderr == ""
    names = [r["instance"] for r in json.loads(result.stdout)["runs"]]
    assert names == [name for name, _ in library.members("tiny")]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--solvers", "marocco,cpsta"], "did you mean 'cpsat'?"),
        (["--solvers", ","], "name at least one solver"),
        (["--seeds", "0"], "at least one seed"),
        (["--seeds", "x"], "must be a number of seeds"),
    ],
)
def test_wrong_usage(run, tiny, fake_solve, args, words):
    result = run("compare", tiny, *args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert fake_solve.calls == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("standart", "did you mean 'standard'?"),
        ("guidebok", "did you mean 'guidebook'?"),
        ("qqq", "sets are large, large-blacklist-7, standard"),
    ],
)
def test_unknown_names_of_instances_and_sets(run, fake_solve, name, words):
    result = run("compare", name)
    assert (result.exit_code, fake_solve.calls) == (2, [])
    assert f"{name!r} is neither a file nor a shipped instance or set - {words}" in result.stderr


def test_the_same_instance_twice_is_refused(run, tiny, fake_solve):
    result = run("compare", tiny, tiny)
    assert result.exit_code == 2
    assert "one is named twice" in result.stderr


def test_solvers_with_settings_of_their_own(run, tiny, tmp_path, fake_solve):
    own = "cpsat@improve=off@rows.ilp=no"
    result = run("compare", tiny, "--solvers", f"cpsat,{own}", "--set", "rows.ilp=yes")
    assert result.exit_code == 0, result.stderr
    assert [call["options"] for call in fake_solve.calls] == [
        {"rows.ilp": "yes"}, {"rows.ilp": "no", "improve": "off"},
    ]  # fmt: skip
    assert [line.split()[1] for line in result.stdout.splitlines()[2:4]] == ["cpsat", own]
    args = ("compare", tiny, "--solvers", own, "-o", "runs")
    assert run(*args).exit_code == 0
    names = {f"tiny-test.{own}.s0.json", f"tiny-test.{own}.s0.sol.zip"}
    assert {path.name for path in (tmp_path / "runs").iterdir()} == names
    again = run(*args, "--solvers", f"cpsat,{own}", "--dry-run", "--shard", "2/2")
    assert again.stdout == f"tiny-test.{own}.s0: finished before\n"
    assert len(fake_solve.calls) == 3


def test_a_run_in_a_process_of_its_own_has_its_settings(run, tiny, tmp_path):
    result = run("compare", tiny, "--solvers", "marocco@routing=dijkstra", "--jobs", "1", "-o", "runs", "-q")
    assert result.exit_code == 0, result.stderr
    document = json.loads((tmp_path / "runs/tiny-test.marocco@routing=dijkstra.s0.json").read_text())
    assert (document["solver"], document["options"]["routing"]) == ("marocco", "dijkstra")
    page = run("report", "runs", "-o", "page.md")
    assert page.exit_code == 0, page.stderr
    text = (tmp_path / "page.md").read_text()
    assert "mapper compare tiny-test --solvers marocco@routing=dijkstra --seeds 0," in text


@pytest.mark.parametrize(
    ("solvers", "words"),
    [
        ("cpsat@improve", "must read SOLVER@PATH=VALUE"),
        ("cpsta@improve=off", "did you mean 'cpsat'?"),
        ("cpsat@improove=off", "no stage 'improove'"),
        ("marocco@routing=fast", "routing has no algorithm 'fast'"),
    ],
)
def test_wrong_settings_of_a_solver(run, tiny, fake_solve, solvers, words):
    result = run("compare", tiny, "--solvers", solvers)
    assert (result.exit_code, fake_solve.calls) == (2, [])
    assert words in result.stderr
