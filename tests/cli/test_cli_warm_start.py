"""``mapper solve --start --fix --remap``: what reaches the solver, refusals, and the round trip through files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mapper.cli import solve as command
from models.solution import load

INSTANCE = "random-n100-p0.3-s1"


@pytest.fixture
def started(run, tiny, fake_solve):
    """Write ``a.sol.zip`` with the solver that needs no time."""
    assert run("solve", tiny, "-o", "a.sol.zip", "-q").exit_code == 0
    fake_solve.calls.clear()
    return "a.sol.zip"


def test_options_reach_the_solver(run, tiny, started, fake_solve):
    result = run("solve", tiny, "--start", started, "--fix", "placement, routing")
    assert result.exit_code == 0, result.stderr
    result = run("solve", tiny, "--start", started, "--remap", "neuron,hicann:3")
    assert result.exit_code == 0, result.stderr
    fixed, moved = fake_solve.calls
    assert (fixed["fix"], fixed["remap"], fixed["start"].lost) == (("placement", "routing"), (), 6)
    assert (moved["fix"], moved["remap"]) == ((), ("neuron", "hicann:3"))


def test_without_them_the_solver_gets_no_start(run, tiny, fake_solve):
    run("solve", tiny)
    assert fake_solve.calls[0].keys().isdisjoint({"start", "fix", "remap"})


@pytest.mark.parametrize("option", ["--fix", "--remap"])
def test_nothing_to_keep_without_a_start(run, tiny, fake_solve, option):
    result = run("solve", tiny, option, "placement")
    assert (result.exit_code, fake_solve.calls) == (2, [])
    assert result.stderr == f"Error: {option} needs a solution: add --start FILE.sol.zip\n"


def test_names_are_separated_by_commas(run, tiny, started, fake_solve):
    result = run("solve", tiny, "--start", started, "--fix", "placement,,rows")
    assert (result.exit_code, fake_solve.calls) == (2, [])
    assert "'placement,,rows' must be names separated by commas" in result.stderr


@pytest.mark.parametrize("name", ["nowhere.sol.zip", "tiny.yaml"])
def test_a_start_that_is_no_solution_is_one_line(run, tiny, fake_solve, name):
    result = run("solve", tiny, "--start", name)
    assert (result.exit_code, fake_solve.calls) == (2, [])
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{name}: ")


def test_round_trip(run, tmp_path):
    assert run("solve", INSTANCE, "--solver", "marocco", "-o", "a.sol.zip", "-q").exit_code == 0
    again = run("solve", INSTANCE, "--start", "a.sol.zip", "--fix", "placement", "--det-limit", "0.05",
                "-o", "b.sol.zip", "--json")  # fmt: skip
    assert again.exit_code == 0, again.stderr
    first, second = load(tmp_path / "a.sol.zip"), load(tmp_path / "b.sol.zip")
    assert second.lost <= first.lost
    assert np.array_equal(first.mapping.placement.column[:100], second.mapping.placement.column[:100])
    assert second.options["fix"] == "placement"
    assert f"the start is legal and loses {first.lost} synapses" in again.stderr
    checked = run("check", INSTANCE, "b.sol.zip", "--json")
    assert checked.exit_code == 0, checked.stderr
    assert json.loads(checked.stdout)["lost"] == second.lost


def test_a_start_of_another_network_is_one_line(run, tiny):
    assert run("solve", tiny, "--solver", "marocco", "-o", "a.sol.zip", "-q").exit_code == 0
    result = run("solve", INSTANCE, "--start", "a.sol.zip", "--solver", "marocco")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("the start has 5 cells, random-n100-p0.3-s1 has ")
    assert line.endswith(": map without a start, or start from a solution of this network")


def test_unknown_stage_and_population_are_one_line(run, tiny):
    assert run("solve", tiny, "--solver", "marocco", "-o", "a.sol.zip", "-q").exit_code == 0
    for option, value, text in (
        ("--fix", "route", "cannot fix 'route'"),
        ("--remap", "neurn", "did you mean 'neuron'?"),
    ):
        result = run("solve", tiny, "--solver", "marocco", "--start", "a.sol.zip", option, value)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert text in line


def test_quiet_says_nothing_of_the_start(run, tiny):
    assert run("solve", tiny, "--solver", "marocco", "-o", "a.sol.zip", "-q").exit_code == 0
    assert run("solve", tiny, "--solver", "marocco", "--start", "a.sol.zip", "-q").stderr == ""


def test_command_has_the_options():
    assert {"start", "fix", "remap"} <= {parameter.name for parameter in command.solve.params}
