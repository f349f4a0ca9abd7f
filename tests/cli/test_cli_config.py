"""Settings from files and the environment: who wins, where values come from, what is refused."""

import json

import pytest

from mapper.cli._toml import key_places
from models.solution import load


def shown(run, *args):
    """Return (value, origin) of the settings of ``mapper solve``."""
    result = run("config", "show", "solve", "--json", *args)
    assert result.exit_code == 0, result.output
    return {key: (e["value"], e["origin"]) for key, e in json.loads(result.stdout)["commands"]["solve"].items()}


@pytest.fixture
def user(tmp_path):
    """Return where the user's file stands."""
    path = tmp_path / "xdg" / "mapper" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_the_first_place_that_says_something_decides(run, tiny, tmp_path, user, monkeypatch):
    assert shown(run)["seed"] == (0, "default")
    assert shown(run, "--instance", tiny)["threads"] == (2, "budget of tiny-test")
    user.write_text("seed = 1\nthreads = 3\n")
    assert shown(run, "--instance", tiny)["threads"] == (3, f"{user}:2:1")
    project = tmp_path / "pyproject.toml"
    project.write_text("[tool.mapper]\nseed = 2\n")
    assert shown(run)["seed"] == (2, "pyproject.toml:2:1")
    (tmp_path / "mapper.toml").write_text("# mine\n\n  seed = 3\n")
    assert shown(run)["seed"] == (3, "mapper.toml:3:3")
    given = tmp_path / "given.toml"
    given.write_text("[solve]\nseed = 4\n")
    assert shown(run, "--config", given)["seed"] == (4, f"{given}:2:1")
    monkeypatch.setenv("MAPPER_CONFIG", str(given))
    assert shown(run)["seed"] == (4, f"{given}:2:1")
    monkeypatch.setenv("MAPPER_SEED", "5")
    assert shown(run)["seed"] == (5, "MAPPER_SEED")
    monkeypatch.setenv("MAPPER_SOLVE_SEED", "6")
    assert shown(run)["seed"] == (6, "MAPPER_SOLVE_SEED")
    assert shown(run)["threads"] == (3, f"{user}:2:1")


def test_the_command_line_wins_and_the_origins_are_kept(run, tiny, tmp_path):
    (tmp_path / "mapper.toml").write_text('solver = "marocco"\nseed = 3\ntime_limit = "9s"\n')
    assert run("solve", tiny, "--seed", "8", "-o", "a.sol.zip").exit_code == 0
    solution = load(tmp_path / "a.sol.zip")
    assert (solution.solver, solution.options["seed"], solution.options["time_limit"]) == ("marocco", 8, 9)
    assert solution.run["config_origin"]["solver"] == "mapper.toml:1:1"
    assert solution.run["config_origin"]["seed"] == "command line"


def test_equal_deterministic_budgets_give_equal_bytes_wherever_they_come_from(run, tiny, tmp_path):
    assert run("solve", tiny, "--det-limit", "0.1", "--seed", "3", "-o", "a.sol.zip").exit_code == 0
    (tmp_path / "mapper.toml").write_text("det_limit = 0.1\nseed = 3\n")
    assert run("solve", tiny, "-o", "b.sol.zip").exit_code == 0
    assert (tmp_path / "a.sol.zip").read_bytes() == (tmp_path / "b.sol.zip").read_bytes()


def test_a_limit_decides_both_limits(run, tmp_path, user):
    user.write_text("det_limit = 5\n")
    (tmp_path / "mapper.toml").write_text("time_limit = 60\n")
    found = shown(run)
    assert found["time_limit"][1] == "mapper.toml:1:1"
    assert found["det_limit"][0] is None


def test_settings_are_merged_path_by_path(run, tmp_path, user, monkeypatch):
    user.write_text('[set]\nrouting = "backbone"\n"rows.ilp" = "no"\n')
    (tmp_path / "mapper.toml").write_text('[set]\nrouting = "dijkstra"\n')
    found = shown(run)
    assert found["set.routing"] == ("dijkstra", "mapper.toml:2:1")
    assert found["set.rows.ilp"] == ("no", f"{user}:3:1")
    monkeypatch.setenv("MAPPER_SET", "rows.ilp=yes")
    assert shown(run)["set.rows.ilp"] == ("yes", "MAPPER_SET")


def test_all_that_is_wrong_is_said_at_once_with_its_place(run, tiny, tmp_path, monkeypatch):
    (tmp_path / "mapper.toml").write_text('sed = 3\nthreads = "many"\n[solve]\nseed = -1\n')
    monkeypatch.setenv("MAPPER_SOLVER", "nothing")
    result = run("solve", tiny)
    assert result.exit_code == 2
    for place in ("mapper.toml:1:1", "mapper.toml:2:1", "mapper.toml:4:1"):
        assert place in result.stderr
    assert "seed" in result.stderr.splitlines()[0]
    assert not list(tmp_path.glob("*.sol.zip"))


def test_a_broken_file_names_line_and_column(run, tiny, tmp_path):
    (tmp_path / "mapper.toml").write_text("seed = \n")
    result = run("solve", tiny)
    assert result.exit_code == 2
    assert "mapper.toml:1:" in result.stderr
    missing = run("solve", tiny, "--config", "none.toml")
    assert missing.exit_code == 2
    assert "none.toml" in missing.stderr


def test_official_runs_take_the_budget_of_the_instance(run, tiny, tmp_path, monkeypatch):
    (tmp_path / "mapper.toml").write_text("time_limit = 99\nthreads = 1\nseed = 3\n")
    monkeypatch.setenv("MAPPER_SOLVER", "marocco")
    result = run("solve", tiny, "--official", "-o", "a.sol.zip")
    assert result.exit_code == 0, result.stderr
    solution = load(tmp_path / "a.sol.zip")
    assert (solution.solver, solution.options["time_limit"], solution.options["threads"]) == ("cpsat", 7, 2)
    without = tmp_path / "without.yaml"
    without.write_text(tiny.read_text().replace("budget: {time_s: 7, threads: 2}\n", ""))
    refused = run("solve", without, "--official")
    assert refused.exit_code == 2
    assert "budget" in refused.stderr


def test_keys_are_found_behind_strings_arrays_and_tables():
    text = 'a = """\nb = 1\n"""\nc = [\n  [1, 2], # d = 3\n]\n[t."u v"]\n  e = {f = 1}\n'
    places = key_places(text)
    assert places["a",] == (1, 1)
    assert places["c",] == (4, 1)
    assert places["t", "u v", "e"] == (8, 3)
    assert ("b",) not in places
    assert ("d",) not in places
