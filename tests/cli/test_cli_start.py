"""The command line starts light, and its overview tells the truth."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

import mapper
from mapper.cli._group import COMMANDS

ROOT = Path(mapper.__file__).parents[1]
HEAVY = ("numpy", "ortools", "pydantic", "scipy", "numba", "networkx", "yaml", "rich")

PROBE = f"""
import sys
from mapper.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print("LOADED", loaded)
"""


def start(*args: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("args", [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)])
def test_help_imports_nothing_heavy(args):
    assert start(*args).splitlines()[-1] == "LOADED []"


def test_probe_would_see_a_heavy_import():
    assert "numpy" in start("schema").splitlines()[-1]


@pytest.mark.parametrize("name", COMMANDS)
def test_table_names_commands_that_exist(name):
    entry = COMMANDS[name]
    command = getattr(importlib.import_module(entry.module), entry.attribute)
    assert isinstance(command, click.Command)
    assert command.name == name


def test_overview_lists_every_command(run):
    result = run("--help")
    assert result.exit_code == 0
    for name, entry in COMMANDS.items():
        assert f"{name} " in result.stdout
        assert entry.summary in result.stdout


def test_module_runs_as_the_command():
    out = subprocess.run(
        [sys.executable, "-m", "mapper", "--version"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert out.stdout == f"mapper {mapper.__version__}\n"


def test_unknown_command_suggests(run):
    result = run("sove")
    assert result.exit_code == 2
    assert "did you mean 'solve'?" in result.stderr
