"""Run PyNN's own system tests against the PyNN backend of this project.

They are in PyNN's source distribution, not in its wheel, so unpack that first::

    pip download --no-deps --no-binary PyNN PyNN==0.13.0 && tar xzf pynn-0.13.0.tar.gz
    python benchmarks/pynn_system_tests.py pynn-0.13.0/test/system/scenarios

The tests run from a temporary copy in which ``fixtures.py`` names this backend in place of NEST, NEURON and Brian 2.
The exit code is 0 if every test passes but those of `NOT_HERE`, and each of those fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

#: Tests that cannot pass, by the reason.
NOT_HERE: Final[dict[str, tuple[str, ...]]] = {
    "the cell type is not on the chip (current-based, alpha, HH, gamma, composed)": (
        "test_reset", "test_reset_with_clear", "test_reset_with_spikes", "test_setup", "test_EIF_cond_alpha_isfa_ista",
        "test_HH_cond_exp", "test_SpikeSourceGamma", "test_SpikeSourcePoissonRefractory",
        "test_composed_neuron_model_homogeneous_receptors", "test_issue672", "test_record_with_filename",
        "test_issue499", "test_scenario1a", "test_scenario2",
    ),
    "there are no programmable currents": (
        "test_changing_electrode", "test_ticket226", "test_issue165", "test_issue321", "test_issue437",
        "test_issue442", "test_issue445", "test_issue451", "test_issue483", "test_issue487",
        "test_issue_465_474_630", "test_issue497", "test_issue512", "test_issue631", "test_issue759",
        "test_reset_recording",
    ),
    "STDP is not emulated": ("test_issue652", "test_scenario3"),
    "stochastic synapses are not on the chip": ("test_simple_stochastic_synapse",),
    "a synapse driver either depresses or facilitates, not both": ("test_scenario4",),
    "delays are not programmable, so the least one does not follow from the projections": ("test_issue231",),
    "potentials rest on a grid of 10 bits, here 0.07 mV beside -65 mV": ("test_ticket166",),
}  # fmt: skip

_FIXTURES: Final = """
import mapper.frontends.pynn as _sim
import pytest


def get_simulator(name):
    return _sim


def run_with_simulators(*names):
    return pytest.mark.parametrize("sim", [pytest.param(_sim, id="hicann")])
"""


class _Outcomes:
    """Collects which tests passed and failed."""

    def __init__(self) -> None:
        self.passed: list[str] = []
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed or (report.when == "call" and report.passed):
            name = report.nodeid.rpartition("::")[2].partition("[")[0]
            (self.failed if report.failed else self.passed).append(name)


def main(scenarios: Path) -> int:
    """Run the tests of a folder and print what did not go as expected; return the exit code."""
    os.environ.setdefault("HICANN_MAPPER_SOLVER", "marocco")
    expected = {name for names in NOT_HERE.values() for name in names}
    outcomes = _Outcomes()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "scenarios"
        shutil.copytree(scenarios, copy)
        (copy / "fixtures.py").write_text(_FIXTURES)
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        os.chdir(folder)
        pytest.main(["-q", "--tb=no", "-p", "no:xdist", "-p", "no:warnings", "scenarios"], plugins=[outcomes])
    for reason, names in NOT_HERE.items():
        present = [name for name in names if name in outcomes.failed]
        print(f"{len(present):3} cannot pass: {reason}")
    surprises = [f"failed: {name}" for name in outcomes.failed if name not in expected]
    surprises += [f"passed although it should not: {name}" for name in outcomes.passed if name in expected]
    print(f"{len(outcomes.passed):3} passed, {len(outcomes.failed)} failed, {len(surprises)} of them unexpected")
    for line in surprises:
        print(line)
    return 1 if surprises or not outcomes.passed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenarios", type=Path, help="test/system/scenarios of PyNN's source distribution")
    sys.exit(main(parser.parse_args().scenarios.resolve()))
