"""Measure what ``mapper run`` adds to a script, and what a network costs from a script instead of from YAML.

Pairs of processes, in turns; seconds are CPU seconds of a process with its children, wall-clock time behind them.  Run
it from the repository's root on a quiet machine:

    python -m benchmarks.script_overhead [--pairs N] [-o benchmarks/results/script_overhead.md]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.solution import load

RESULT: Final = "benchmarks/results/script_overhead.md"
NETWORK: Final = Path("examples/brainscales/balanced_network.py")

#: A script that maps nothing, without and with the modules of the platform.
BARE: Final = "total = sum(range(1000))\nprint(total)\n"
IMPORTS: Final = """\
import {0}pyhmf as pynn
from {1}pymarocco import PyMarocco, Defects
from {1}pymarocco.runtime import Runtime
from {1}pymarocco.results import Marocco

marocco = PyMarocco()
pynn.setup(marocco=marocco, marocco_runtime=Runtime(marocco.default_wafer))
cells = pynn.Population(100, pynn.IF_cond_exp)
pynn.Projection(cells, cells, pynn.FixedProbabilityConnector(0.1, weights=0.004))
pynn.end()
print(len(cells))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took: CPU and wall-clock seconds."""

    cpu: float
    wall: float


def run(*command: str) -> Cost:
    """Run a command to its end.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors.decode())
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start)


def pairs(number: int, first: list[str], second: list[str]) -> list[tuple[Cost, Cost]]:
    """Return the costs of two commands that run in turns, after one run of each that does not count."""
    run(*first), run(*second)
    found = []
    for i in range(number):
        order = (first, second) if i % 2 == 0 else (second, first)
        costs = [run(*command) for command in order]
        found.append((costs[i % 2], costs[1 - i % 2]))
    return found


def added(what: str, found: list[tuple[Cost, Cost]]) -> str:
    """Return a row of the table: what the second command takes more."""
    columns = []
    for name in ("cpu", "wall"):
        one, two = ([getattr(cost, name) for cost in side] for side in zip(*found, strict=True))
        more = [b - a for a, b in zip(one, two, strict=True)]
        columns.append(f"{statistics.median(one):.2f} | {statistics.median(two):.2f} | {statistics.median(more):.2f}")
    return f"| {what} | {' | '.join(columns)} |"


def ratios(what: str, found: list[tuple[Cost, Cost]]) -> str:
    """Return a row of the table: the second command relative to the first."""
    columns = []
    for name in ("cpu", "wall"):
        one, two = ([getattr(cost, name) for cost in side] for side in zip(*found, strict=True))
        ratio = [b / a for a, b in zip(one, two, strict=True)]
        spread = f"{statistics.median(ratio):.3f} ({min(ratio):.3f} to {max(ratio):.3f})"
        columns.append(f"{statistics.median(one):.2f} | {statistics.median(two):.2f} | {spread}")
    return f"| {what} | {' | '.join(columns)} |"


def measured(number: int, folder: Path) -> str:
    """Return the report."""
    python, mapper = [sys.executable], [sys.executable, "-m", "mapper"]
    files = {name: folder / f"{name}.py" for name in ("bare", "alone", "under_run")}
    files["bare"].write_text(BARE)
    files["alone"].write_text(IMPORTS.replace("import {0}pyhmf", "from mapper.frontends import pyhmf").format(
        "", "mapper.frontends."))  # fmt: skip
    files["under_run"].write_text(IMPORTS.format("", ""))
    bare = pairs(number, [*python, str(files["bare"])], [*mapper, "run", str(files["bare"])])
    building = pairs(number, [*python, str(files["alone"])], [*mapper, "run", str(files["under_run"])])
    nothing = pairs(number, [*python, str(files["bare"])], [*mapper, "run", str(files["under_run"])])
    yaml, kept, result = folder / "balanced.yaml", folder / "yaml.sol.zip", folder / "script.sol.zip"
    run(*mapper, "convert", str(NETWORK), "--solver", "marocco", "-o", str(yaml))
    solve = [*mapper, "solve", str(yaml), "--solver", "marocco", "--seed", "0", "-q", "--force", "-o", str(kept)]
    script = [*mapper, "run", "--solver", "marocco", str(NETWORK), "--result", str(result)]
    mapping = pairs(number, solve, script)
    same = load(kept).lost, load(result).lost
    return "\n".join(
        [
            "# What a script costs",
            "",
            f"Made with `python -m benchmarks.script_overhead --pairs {number} -o {RESULT}`:",
            f"medians of {number} pairs of processes in turns, in seconds.",
            f"The load of the machine was {os.getloadavg()[2]:.1f} on {os.cpu_count()} cores; wall-clock times under",
            "load beyond its cores say little.",
            "",
            "## Nothing is mapped",
            "",
            "| script | CPU without | CPU with `mapper run` | added | wall without | wall with | added |",
            "|---|--:|--:|--:|--:|--:|--:|",
            added("prints a number", bare),
            added("builds a network of 1,000 synapses; without: imports `mapper.frontends`", building),
            added("builds that network; without: prints a number", nothing),
            "",
            "## 2,083 neurons, 847,781 synapses, solver `marocco`, with the file of the mapping",
            "",
            f"Lost from YAML and from the script: {same[0]} and {same[1]}.",
            "",
            "| network | CPU from YAML | CPU from script | ratio (range) | wall from YAML | wall from script | ratio |",
            "|---|--:|--:|--:|--:|--:|--:|",
            ratios(f"`{NETWORK.name}`", mapping),
            "",
        ]
    )


def main() -> None:
    """Measure and print, or write, the report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = measured(options.pairs, Path(folder))
    if options.output is None:
        print(report)
    else:
        options.output.write_text(report)


if __name__ == "__main__":
    main()
