"""The main job through the command line, with the real solvers on a tiny instance."""

from __future__ import annotations

import json

import pytest

INSTANCE = "random-n100-p0.3-s1"


@pytest.mark.parametrize("solver", ["marocco", "cpsat"])
def test_solve_and_check(run, tmp_path, solver):
    solved = run("solve", INSTANCE, "--solver", solver, "--time-limit", "60s", "-o", "a.sol.zip", "--json")
    assert solved.exit_code == 0, solved.stderr
    claim = json.loads(solved.stdout)
    assert (claim["instance"], claim["solver"], claim["synapses"]) == (INSTANCE, solver, 2990)
    checked = run("check", INSTANCE, tmp_path / "a.sol.zip", "--json")
    assert checked.exit_code == 0, checked.stderr
    found = json.loads(checked.stdout)
    assert (found["valid"], found["spurious"], found["violations"]) == (True, 0, [])
    assert found["lost"] == found["claimed"] == claim["lost"]
    assert claim["bound"]["global"] <= claim["bound"]["placement"] <= claim["lost"]


def test_compare_agrees_with_the_bits(run):
    result = run("compare", INSTANCE, "--time-limit", "60s", "--json")
    assert result.exit_code == 0, result.stderr
    marocco, cpsat = json.loads(result.stdout)["runs"]
    assert [marocco["audit"]["verdict"], cpsat["audit"]["verdict"]] == ["bits agree"] * 2
    assert cpsat["lost"] <= marocco["lost"]


def test_wrong_option_is_one_line(run):
    result = run("solve", INSTANCE, "-q", "--set", "routing=teleport")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "teleport" in line
