"""The tutorial and the guide to own heuristics, run from the first to the last command, output compared."""

import re
import runpy
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from mapper.cli import cli

ROOT = Path(__file__).resolve().parents[2]
#: What prepares a machine, and commands whose output is a matter of the machine.
NOT_RUN = ("python3 -m venv", ". .venv", "pip ", "mkdir ", "cd ", "export ", "mapper doctor")

#: The sweep starts a process for every run; its ends are enough here.
LEFT_OUT = " machine-32.yaml machine-48.yaml machine-56.yaml"


def write_files(page, blocks):
    """Write the files of a page into the working directory."""
    for block in blocks(page):
        if block.mark.startswith("file: "):
            Path(block.mark.removeprefix("file: ")).write_text(block.text)


def sessions(page, blocks):
    """Yield commands and the lines shown below them, in order."""
    for block in blocks(page):
        if block.language == "console":
            for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
                command, *shown = part.splitlines()
                yield command, shown


def run(command, capsys):
    """Run a command and return what it prints."""
    program, *arguments = shlex.split(command)
    if program == "python":
        capsys.readouterr()
        runpy.run_path(arguments[0], run_name="__main__")
        return capsys.readouterr().out
    assert program == "mapper", command
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, f"{command}: {result.output}"
    return result.stdout


def check(command, shown, printed):
    """Check that the lines shown are printed in this order; there may be more between them."""
    lines = iter(line.rstrip() for line in printed.splitlines())
    for line in shown:
        if line.strip():
            assert line.rstrip() in lines, f"{command}: not printed: {line}"


def follow(page, blocks, capsys):
    """Run all that a page tells the reader to run."""
    write_files(page, blocks)
    count = 0
    for command, shown in sessions(page, blocks):
        if not command.startswith(NOT_RUN):
            check(command, shown, run(command.replace(LEFT_OUT, ""), capsys))
            count += 1
    return count


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, from which modules can be imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_tutorial(folder, blocks, capsys):
    pytest.importorskip("matplotlib", reason="the figure needs the extra report")
    assert follow(ROOT / "docs" / "tutorial.md", blocks, capsys) == 10
    assert b"<svg" in (folder / "figure.svg").read_bytes()
    assert len(list((folder / "runs").glob("*.sol.zip"))) == 4


def test_own_heuristic(folder, blocks, capsys):
    write_files(ROOT / "docs" / "tutorial.md", blocks)
    run("python make_networks.py", capsys)
    assert follow(ROOT / "docs" / "own-heuristic.md", blocks, capsys) == 5
