"""``mapper run``: modules of scripts appear and vanish, arguments and exit codes pass, errors look like Python's."""

from __future__ import annotations

import importlib
import sys

import pytest

from mapper.frontends.modules import NAMES, installed


def test_modules_exist_only_while_a_script_runs():
    with installed():
        for name, target in NAMES.items():
            assert importlib.import_module(name).__name__ == target
        assert importlib.import_module("pymarocco.stats") is importlib.import_module("mapper.frontends.pymarocco.stats")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("pymarocco.nothing")
    assert not {*NAMES, "pymarocco.stats"} & set(sys.modules)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("pyhmf")


def test_what_had_the_name_before_is_back(monkeypatch):
    mine = object()
    monkeypatch.setitem(sys.modules, "pylogging", mine)
    with installed():
        assert importlib.import_module("pylogging") is not mine
    assert sys.modules["pylogging"] is mine


def test_import_is_silent_and_arguments_arrive(run_script):
    result = run_script("import sys, pyhmf, pymarocco\nprint(sys.argv[1:], __name__)\n", "--wafer", "3")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "['--wafer', '3'] __main__\n", "")


@pytest.mark.parametrize(("code", "exit_code"), [("3", 3), ("", 0), ("'no'", 1)])
def test_exit_code_of_the_script(run_script, code, exit_code):
    assert run_script(f"import sys\nsys.exit({code})\n").exit_code == exit_code


def test_error_shows_the_line_of_the_script_first(run_script):
    result = run_script("import pyhmf as pynn\npynn.run(1)\n")
    assert result.exit_code == 1
    first, second, *_, last = result.stderr.splitlines()
    assert first == "Traceback (most recent call last):"
    assert 'script.py", line 2' in second
    assert "setup() must be called before run()" in last


def test_none_is_without(run_script):
    script = "from pymarocco import PyMarocco\nm = PyMarocco()\nm.backend = PyMarocco.None\nprint(m.backend.name)\n"
    assert run_script(script).stdout == "Without\n"
    assert run_script("import pyhmf\nthis is no Python\n").exit_code != 0


def test_solver_by_option_and_environment(run_script, monkeypatch):
    script = "from pymarocco import PyMarocco\nm = PyMarocco()\nprint(m.solver_and_time())\n"
    assert run_script(script).stdout == "('marocco', 20.0)\n"
    assert run_script(script, options=("--solver", "cpsat", "--time-limit", "2m")).stdout == "('cpsat', 120.0)\n"
    monkeypatch.delenv("HICANN_MAPPER_SOLVER")
    monkeypatch.delenv("HICANN_MAPPER_TIME_LIMIT")
    assert run_script(script).stdout == "('cpsat', 60.0)\n"


def test_wafer_reaches_the_script(run_script, monkeypatch):
    monkeypatch.delenv("WAFER", raising=False)
    script = "import os\nprint(os.environ.get('WAFER'))\n"
    assert run_script(script, options=("--wafer", "22")).stdout == "22\n"
    assert run_script(script).stdout == "None\n"


def test_script_is_compiled_as_it_is(run_script):
    script = "def function(value: print('annotations are evaluated')): pass\n\n"
    assert run_script(script).stdout == "annotations are evaluated\n"
