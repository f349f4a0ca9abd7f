"""Scripts run in an empty folder, in a session of their own, with the fast heuristic solver unless they say else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mapper.cli import cli
from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import pylogging, session
from mapper.frontends.pymarocco import PyMarocco, Runtime

EXAMPLES = Path(__file__).parents[2] / "examples" / "brainscales"


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HICANN_MAPPER_SOLVER", "marocco")
    monkeypatch.setenv("HICANN_MAPPER_TIME_LIMIT", "20")
    session.new()
    yield
    pylogging.reset()


@pytest.fixture
def run_script(tmp_path: Path) -> Callable[..., Result]:
    """Run an example by name, or a text as a script, under ``mapper run``."""

    def invoke(script: str, *args: str, options: tuple[str, ...] = ()) -> Result:
        path = EXAMPLES / script
        if "\n" in script:
            path = tmp_path / "script.py"
            path.write_text(script)
        return CliRunner().invoke(cli, ["run", *options, str(path), *args], prog_name="mapper")

    return invoke


@pytest.fixture
def marocco():
    return PyMarocco()


@pytest.fixture
def mapped(marocco):
    """Two sources and three neurons on two HICANNs, all connected."""
    runtime = Runtime(marocco.default_wafer)
    pynn.setup(marocco=marocco, marocco_runtime=runtime)
    pop, sources = pynn.Population(3, pynn.IF_cond_exp), pynn.Population(2, pynn.SpikeSourceArray)
    marocco.manual_placement.on_hicann(pop[:2], C.HICANNOnWafer(C.Enum(297)))
    marocco.manual_placement.on_hicann(pop[2:], C.HICANNOnWafer(C.X(5), C.Y(5)), 8)
    projection = pynn.Projection(sources, pop, pynn.AllToAllConnector(weights=0.004))
    pynn.run(10)
    return pop, sources, projection, runtime
