"""A tiny instance file and a solver that needs no time: it places nothing and says so."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import mapper
from mapper.cli import cli
from mapper.context import Event
from models.configuration import Configuration
from models.instance import Instance
from models.mapping import NOT_PLACED, Addresses, Drivers, Mapping, Merging, Placement, Routing, Rows, SynapseCells
from models.solution import Solution

TINY = """\
format: wafer-instance/1
name: tiny-test
title: Two sources drive three neurons
network:
  populations:
    source: {size: 2, cell: SpikeSourcePoisson, params: {rate: 2.0}}
    neuron: {size: 3, cell: IF_cond_exp}
  projections:
    drive:
      pre: source
      post: neuron
      receptor: excitatory
      connector: {kind: all_to_all}
      synapse: {kind: static, weight: 0.004}
budget: {time_s: 7, threads: 2}
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line in an empty folder, without settings of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    for name in [name for name in os.environ if name.startswith("MAPPER_")]:
        monkeypatch.delenv(name)

    def invoke(*args: object) -> Result:
        return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="mapper")

    return invoke


def nothing_placed(instance: Instance, solver: str) -> Solution:
    """Return a solution that is legal and loses everything."""
    n_cells, n = instance.network.n_cells, len(instance.network.synapses)
    none = np.full(n, -1, np.int16)
    mapping = Mapping(
        Placement.empty(n_cells), Merging.empty(), Addresses.empty(n_cells), Routing.empty(), Drivers.empty(),
        Rows.empty(), SynapseCells(none, none, np.full(n, NOT_PLACED, np.int8)),
    )  # fmt: skip
    counts = instance.network.synapses.count_by_projection()
    return Solution(
        instance=instance.name, digest=instance.digest, solver=solver, version="0", status="feasible", synapses=n,
        lost=n, lost_l1=0, lost_by_projection=tuple(int(count) for count in counts),
        lost_by_cause=mapping.lost_by_cause(), bounds=_bounds(), options={"seed": 0},
        run={"seconds": 0.5, "cpu_seconds": 0.25, "timeline": [[0.5, n, 0]]}, mapping=mapping,
        configuration=Configuration.blank(np.empty(0, np.int16)),
    )  # fmt: skip


def _bounds() -> Any:
    from models.solution import Bound, Bounds

    return Bounds(Bound(1, "made up"), Bound(2, "made up"))


@pytest.fixture
def fake_solve(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Replace `mapper.solve`; `calls` keeps what it was called with, `error` is raised, `change` edits the result."""
    fake = SimpleNamespace(calls=[], error=None, change={})

    def solve(instance: Instance, solver: str = "cpsat", *, events: Any = None, **keywords: Any) -> Solution:
        fake.calls.append({"solver": solver, **keywords})
        if fake.error is not None:
            raise fake.error
        solution = replace(nothing_placed(instance, solver), **fake.change)
        events(Event("stage", 0.1, "placement", message="linear"))
        events(Event("incumbent", 0.5, "rows", lost=solution.lost, bound=1))
        return solution

    # into the module's dictionary: the module resolves names lazily, and asking for the real one would import it
    monkeypatch.setitem(vars(mapper), "solve", solve)
    return fake
