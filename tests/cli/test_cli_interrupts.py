"""Signals, on a process of its own: the first keeps the best mapping, the second aborts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import mapper
from mapper.cli._interrupts import Interrupts, run_in_thread
from models.solution import load

ROOT = Path(mapper.__file__).parents[1]

# The solve of these programs waits for the signal; what it does then is in the argument.
PROGRAM = """
import sys, threading, time
import mapper
from mapper.cli import main
from models.errors import ResourceExhausted
real = mapper.solve
def solve(*args, stop, **keywords):
    print("ready", file=sys.stderr, flush=True)
    {wait}
    {then}
vars(mapper)["solve"] = solve
main()
"""
POLITE = {"wait": "assert stop.wait(60)", "then": "return real(*args, stop=threading.Event(), **keywords)"}
EMPTY_HANDED = {"wait": "assert stop.wait(60)", "then": "raise ResourceExhausted('nothing found')"}
DEAF = {"wait": "time.sleep(60)", "then": "raise AssertionError"}


def start(behaviour: dict[str, str], *args: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(**behaviour), *map(str, args)],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(process, "ready")
    return process


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if word in line:
            return
    pytest.fail(f"no {word!r} in {lines}")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_first_signal_keeps_the_best_mapping(tiny, tmp_path, number, code):
    output = tmp_path / "a.sol.zip"
    process = start(POLITE, "solve", tiny, "--solver", "marocco", "-o", output, "--json")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "stopping with the best mapping" in err
    assert json.loads(out)["lost"] == load(output).lost


def test_interrupt_before_any_mapping(tiny, tmp_path):
    output = tmp_path / "a.sol.zip"
    process = start(EMPTY_HANDED, "solve", tiny, "-o", output)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "interrupted before a mapping was found" in err
    assert not output.exists()


def test_second_signal_aborts_a_deaf_solver(tiny):
    process = start(DEAF, "solve", tiny)
    process.send_signal(signal.SIGINT)
    wait_for(process, "stopping")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "aborted\n")


def test_compare_stops_after_the_interrupted_run(tiny):
    process = start(POLITE, "compare", tiny, "--solvers", "marocco", "--seeds", "3", "--json")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [run["seed"] for run in json.loads(out)["runs"]] == [0]


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts:
        assert signal.getsignal(signal.SIGINT) != before[0]
        signal.raise_signal(signal.SIGTERM)
        assert interrupts.stop.is_set()
        assert interrupts.exit_code == 143
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_worker_hands_over_results_and_errors():
    ticks = []
    assert run_in_thread(threading.current_thread, lambda: ticks.append(True)) is not threading.main_thread()
    with pytest.raises(ZeroDivisionError):
        run_in_thread(lambda: 1 / 0, lambda: None)


def test_what_a_solver_prints_is_kept_off_standard_output(capsys):
    assert run_in_thread(lambda: sys.stdout.write("noise"), lambda: None) == 5
    sys.stdout.write("result")
    assert capsys.readouterr() == ("result", "noise")
