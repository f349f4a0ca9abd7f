"""A tiny instance file and a solver of a foreign module, which does what a test tells it to do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mapper.cli import cli

INSTANCE = """\
format: wafer-instance/1
name: tiny-test
network:
  populations:
    source: {size: 2, cell: SpikeSourcePoisson, params: {rate: 2.0}}
    neuron: {size: 3, cell: IF_cond_exp}
  projections:
    drive: {pre: source, post: neuron, receptor: excitatory, connector: {kind: all_to_all},
            synapse: {kind: static, weight: 0.004}}
budget: {time_s: 7, threads: 1}
"""

SOLVER = '''\
"""Logs that it runs, does what the file seedN says, and reports a mapping that places nothing."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.errors import ResourceExhausted
from models.mapping import NOT_PLACED

FOLDER = Path(__file__).parent


def search(problem, context, report, settings, start):
    with (FOLDER / "log").open("a") as log:
        log.write(f"{context.seed} {os.getpid()} {os.getppid()}\\n")
    print("noise on standard output")
    told = FOLDER / f"seed{context.seed}"
    order = told.read_text() if told.exists() else ""
    while order == "wait" and told.exists() and not context.stop.is_set():
        time.sleep(0.02)
    while order == "deaf" and told.exists():
        time.sleep(0.02)
    if order == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "leave":
        os._exit(9)
    if order == "eat":
        eaten = bytearray(400_000_000)
        eaten[:: 4096] = b"x" * len(eaten[:: 4096])
        time.sleep(60)
    if order == "raise":
        raise KeyError("nothing here")
    if order == "none":
        raise ResourceExhausted("the wafer is too small")
    mapping = problem.blank_mapping()
    cells = replace(mapping.synapses, cause=np.full(len(problem.synapses), NOT_PLACED, np.int8))
    report(replace(mapping, synapses=cells))
'''


@dataclass(frozen=True)
class Bench:
    """A folder with the instance, the solver and what it logs."""

    folder: Path

    @property
    def instance(self) -> Path:
        return self.folder / "tiny.yaml"

    @property
    def starts(self) -> list[tuple[int, int, int]]:
        """Return seed, process and parent process of every run that began."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [tuple(map(int, line.split())) for line in lines]  # type: ignore[misc]

    def tell(self, seed: int, order: str) -> None:
        """Give an order to the runs with a seed: wait, deaf, kill, leave, eat, raise, none."""
        (self.folder / f"seed{seed}").write_text(order)

    def release(self, seed: int) -> None:
        (self.folder / f"seed{seed}").unlink()

    def environment(self) -> dict[str, str]:
        return os.environ | {"PYTHONPATH": str(self.folder), "PYTHONUNBUFFERED": "1"}

    def command(self, *args: object) -> list[str]:
        return [sys.executable, "-m", "mapper", "compare", str(self.instance), *map(str, args)]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return the folder; its solver is ``told:search``."""
    (tmp_path / "tiny.yaml").write_text(INSTANCE)
    (tmp_path / "told.py").write_text(SOLVER)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "told", raising=False)
    return Bench(tmp_path)


def wait_until(true: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    """Wait for something that is sure to come; seconds only end a broken test."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    """Tell whether a process runs; one that is dead and not yet waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def until() -> Callable[..., None]:
    return wait_until


@pytest.fixture
def alive() -> Callable[[int], bool]:
    return lives


@pytest.fixture
def run_compare(bench: Bench) -> Callable[..., Result]:
    """Run ``mapper compare`` on the tiny instance in this process."""
    return lambda *args: CliRunner().invoke(cli, ["compare", str(bench.instance), *map(str, args)], prog_name="mapper")
