"""``mapper solve`` with a solver that needs no time."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.errors import PlacementError, ResourceExhausted
from models.solution import load

FIELDS = {
    "instance", "solver", "status", "synapses", "lost", "lost_l1", "bound", "chips", "seconds", "cpu_seconds",
    "solution",
}  # fmt: skip


def test_json_has_the_agreed_fields_and_stdout_holds_nothing_else(run, tiny, fake_solve):
    result = run("solve", tiny, "--json", "-o", "a.sol.zip")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document.keys() >= FIELDS
    assert document["bound"] == {"global": 1, "placement": 2}
    assert (document["synapses"], document["lost"], document["chips"]) == (6, 6, 0)
    assert document["lost_by_projection"] == {"drive": 6}
    assert document["solution"] == "a.sol.zip"
    assert document["gap_pp"] == pytest.approx(500 / 6)


def test_summary_for_people(run, tiny, fake_solve):
    result = run("solve", tiny)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "tiny-test: cpsat, feasible"
    assert "lost                   6 (100.00%)" in result.stdout
    assert "1 for any placement, 2 for this one" in result.stdout
    assert "-o FILE.sol.zip keeps it" in lines[-1]
    assert result.stderr == "0.5s  lost 6 (100.00%)  bound 1  gap 83.33 pp\n"


def test_options_reach_the_solver(run, tiny, fake_solve):
    run("solve", tiny, "--solver", "marocco", "--seed", 5, "--time-limit", "2m", "--threads", 3,
        "--max-chips", 7, "--set", "routing=dijkstra", "--set", "rows.mode = a=b")  # fmt: skip
    (call,) = fake_solve.calls
    assert call.pop("stop").is_set() is False
    assert call == {
        "solver": "marocco", "seed": 5, "time_limit": 120.0, "det_limit": None, "threads": 3,
        "max_hicanns": 7, "options": {"routing": "dijkstra", "rows.mode": "a=b"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("args", "limits"), [([], (7.0, None)), (["--det-limit", 3], (None, 3.0)), (["--time-limit", "1s"], (1.0, None))]
)
def test_the_budget_of_the_instance_is_the_default(run, tiny, fake_solve, args, limits):
    run("solve", tiny, *args)
    (call,) = fake_solve.calls
    assert (call["time_limit"], call["det_limit"]) == limits
    assert call["threads"] == 2


def test_solution_file_holds_the_solution(run, tiny, tmp_path, fake_solve):
    run("solve", tiny, "-o", "a.sol.zip")
    assert load(tmp_path / "a.sol.zip").lost == 6


def test_solution_to_standard_output(run, tiny, tmp_path, fake_solve):
    result = run("solve", tiny, "-o", "-")
    (tmp_path / "b.sol.zip").write_bytes(result.stdout_bytes)
    assert load(tmp_path / "b.sol.zip").lost == 6
    assert "tiny-test: cpsat" in result.stderr
    assert run("solve", tiny, "-o", "-", "-q").stderr == ""


def test_nothing_is_overwritten_without_force(run, tiny, tmp_path, fake_solve):
    (tmp_path / "a.sol.zip").write_text("precious")
    result = run("solve", tiny, "-o", "a.sol.zip")
    assert (result.exit_code, result.stderr) == (2, "Error: a.sol.zip exists; --force overwrites it\n")
    assert fake_solve.calls == []
    assert (tmp_path / "a.sol.zip").read_text() == "precious"
    assert run("solve", tiny, "-o", "a.sol.zip", "--force").exit_code == 0
    assert load(tmp_path / "a.sol.zip").lost == 6


def test_a_missing_folder_is_noticed_before_the_work(run, tiny, fake_solve):
    result = run("solve", tiny, "-o", "no/where.sol.zip")
    assert result.exit_code == 2
    assert "there is no folder no" in result.stderr
    assert fake_solve.calls == []


@pytest.mark.parametrize("args", [["-o", "-", "--json"], ["--events", "-", "--json"], ["-o", "-", "--events", "-"]])
def test_standard_output_has_one_owner(run, tiny, fake_solve, args):
    result = run("solve", tiny, *args)
    assert result.exit_code == 2
    assert "only one of" in result.stderr


def test_events_file(run, tiny, tmp_path, fake_solve):
    run("solve", tiny, "--events", "e.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["start", "stage", "incumbent", "status", "statistics"]
    assert all({"t", "det"} <= line.keys() for line in lines)
    assert lines[0]["instance"] == "tiny-test"
    assert lines[-1]["lost"] == 6


def test_events_to_standard_output_leave_it_pure(run, tiny, fake_solve):
    result = run("solve", tiny, "--events", "-")
    assert [json.loads(line)["type"] for line in result.stdout.splitlines()][-1] == "statistics"
    assert "tiny-test: cpsat" in result.stderr


@pytest.mark.parametrize(
    ("limit", "code"), [("6", 0), ("5", 1), ("0", 1), ("100%", 0), ("99.9%", 1)]
)  # fmt: skip
def test_max_loss(run, tiny, tmp_path, fake_solve, limit, code):
    result = run("solve", tiny, "--max-loss", limit, "-o", "a.sol.zip")
    assert result.exit_code == code
    assert ("more than --max-loss" in result.stderr) == bool(code)
    assert (tmp_path / "a.sol.zip").exists()


@pytest.mark.parametrize("error", [PlacementError, ResourceExhausted])
def test_no_mapping_is_exit_code_3(run, tiny, tmp_path, fake_solve, error):
    fake_solve.error = error("HICANN 5 is full")
    result = run("solve", tiny, "-o", "a.sol.zip", "--events", "e.jsonl")
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "HICANN 5 is full\n")
    assert not (tmp_path / "a.sol.zip").exists()
    assert json.loads((tmp_path / "e.jsonl").read_text().splitlines()[-1])["type"] == "error"


def test_bugs_are_exit_code_70_with_one_line(run, tiny, fake_solve, monkeypatch):
    fake_solve.error = ZeroDivisionError("division by zero")
    result = run("solve", tiny)
    assert result.exit_code == 70
    assert result.stderr.startswith("internal error: ZeroDivisionError: division by zero")
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" in run("solve", tiny, "--traceback").stderr
    monkeypatch.setenv("MAPPER_TRACEBACK", "1")
    assert "Traceback" in run("solve", tiny).stderr


def test_bad_instance_file_is_lines_and_exit_code_2(run, tiny, fake_solve):
    tiny.write_text(tiny.read_text().replace("size: 3", "size: -3").replace("IF_cond_exp", "IF_curr_exp"))
    result = run("solve", tiny)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 2
    assert all(line.startswith(f"{tiny}:") for line in result.stderr.splitlines())


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["no-such-file.yaml"], "neither a file nor a shipped instance"),
        (["guidebok"], "did you mean 'guidebook'?"),
        (["."], "is a folder"),
        (["guidebook", "--solver", "cpsta"], "did you mean 'cpsat'?"),
        (["guidebook", "--time-limit", "soon"], "'soon' is no duration"),
        (["guidebook", "--set", "routing"], "must read PATH=VALUE"),
        (["guidebook", "--seed", "-1"], "--seed"),
        (["guidebook", "--threads", "0"], "--threads"),
        (["guidebook", "--det-limit", "0"], "--det-limit"),
        (["guidebook", "--det-limit", "nan"], "nan is no deterministic time"),
        (["guidebook", "--det-limit", "inf"], "inf is no deterministic time"),
        (["guidebook", "--max-loss", "few"], "'few' is no loss"),
    ],
)
def test_wrong_usage_is_exit_code_2(run, fake_solve, args, words):
    result = run("solve", *args)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert fake_solve.calls == []


def test_log_file_is_full_even_when_quiet(run, tiny, tmp_path, fake_solve):
    result = run("solve", tiny, "-q", "--log-file", "run.log")
    assert result.stderr == ""
    assert "incumbent" in (tmp_path / "run.log").read_text()


def test_verbose_shows_stages(run, tiny, fake_solve):
    assert "placement linear" not in run("solve", tiny).stderr
    assert "placement linear" in run("solve", tiny, "-v").stderr
    assert "incumbent" in run("solve", tiny, "-vv").stderr


def test_progress_can_be_silent(run, tiny, fake_solve):
    assert run("solve", tiny, "--progress", "none").stderr == ""


def test_equal_solutions_make_equal_files(run, tiny, tmp_path, fake_solve):
    run("solve", tiny, "-o", "a.sol.zip")
    run("solve", tiny, "-o", "b.sol.zip")
    assert (tmp_path / "a.sol.zip").read_bytes() == (tmp_path / "b.sol.zip").read_bytes()
    with np.load(tmp_path / "a.sol.zip", allow_pickle=False) as archive:
        assert json.loads(bytes(archive["solution.json"]))["synapses"] == 6


def test_raw_parameters_of_cpsat(run, tiny, fake_solve):
    result = run("solve", tiny, "--set", "routing=dijkstra", "--param", "linearization_level=2", "--param", "name=a=b")
    assert result.exit_code == 0, result.stderr
    assert fake_solve.calls[0]["options"] == {
        "routing": "dijkstra", "param.linearization_level": "2", "param.name": "a=b",
    }  # fmt: skip
    wrong = run("solve", tiny, "--param", "linearization_level")
    assert (wrong.exit_code, len(fake_solve.calls)) == (2, 1)
    assert "must read NAME=VALUE" in wrong.stderr
