"""The same script on the emulated wafer and on NEST: only the import differs."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mapper.frontends.pynn", exc_type=ImportError)

SCRIPT = Path(__file__).parents[2] / "examples" / "pynn" / "balanced.py"
DURATION = 300.0


@pytest.fixture(scope="module")
def on_the_wafer():
    main = runpy.run_path(str(SCRIPT))["main"]
    return main("mapper.frontends.pynn", DURATION, 1, neuron_size=8, solver="marocco")


def test_the_network_runs_without_loss(on_the_wafer, capsys):
    import mapper.frontends.pynn as sim

    assert sim.loss == 0
    assert sim.solution.synapses > 50000
    assert all(20 < rate < 80 for rate in on_the_wafer)


def test_nest_fires_at_about_the_same_rates(on_the_wafer):
    pytest.importorskip("nest")
    pytest.importorskip("pyNN", "0.13", reason="pyNN.nest of PyNN 0.12 does not know NEST 3.10")
    run = [sys.executable, "-W", "ignore", str(SCRIPT), "pyNN.nest", "--duration", str(DURATION)]
    told = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    found = re.search(r"pyNN\.nest: excitatory ([\d.]+) Hz, inhibitory ([\d.]+) Hz", told.stdout)
    assert found, told.stdout
    assert [float(rate) for rate in found.groups()] == pytest.approx(on_the_wafer, rel=0.2)
