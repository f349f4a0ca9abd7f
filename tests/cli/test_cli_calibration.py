"""``--calibration``: registers written and read through calibtic's files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from models.hardware.calibration import HicannCurves
from models.hardware.calibration_cells import DENMEM_CELL
from models.hardware.calibration_curves import Curve
from models.hardware.calibration_defaults import IDEAL_CURVES
from models.hardware.calibtic_xml import write_calibtic
from models.solution import load

HICANN = 297
NET = f"""\
format: wafer-instance/1
name: calibrated
network:
  populations:
    source: {{size: 4, cell: SpikeSourcePoisson, params: {{rate: 80.0}}}}
    neuron: {{size: 3, cell: IF_cond_exp, params: {{cm: 0.2, v_rest: -60.0, tau_m: 15.0, tau_refrac: 1.0}}}}
  projections:
    drive:
      pre: source
      post: neuron
      receptor: excitatory
      connector: {{kind: all_to_all}}
      synapse: {{kind: static, weight: 0.005}}
hardware: {{wafer: 21}}
placement:
- {{population: neuron, hicann: {HICANN}}}
"""


def shifted(name, circuits, factor):
    """Return the ideal curve with other coefficients: the same value needs another DAC."""
    ideal = IDEAL_CURVES[name]
    coefficients = np.repeat(ideal.coefficients * factor, circuits, axis=0)
    low, high = (np.repeat(bound, circuits) for bound in (ideal.low, ideal.high))
    return Curve(ideal.kind, coefficients, low, high, ideal.offset)


def chip(factor=0.9):
    conductance = np.tile(np.array([60.0, 55.0, -1.0]), (448, 1))
    return HicannCurves({name: shifted(name, 512, factor) for name in ("V_t", "E_l")}, {}, conductance)


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "curves").mkdir()
    write_calibtic(chip(), tmp_path / "curves" / f"w21-h{HICANN}.xml")
    return "curves"


def solved(run, net, name, *options):
    result = run("solve", net, "--solver", "marocco", "-o", name, *options)
    assert result.exit_code == 0, result.stderr
    return name


def emulated(run, net, *arguments):
    options = ("--ideal", "--delays", "requested", "--duration", "500ms", "--no-control", "--json", "-q")
    result = run("emulate", net, *arguments, *options)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), result.stderr


def rate(document):
    return document["runs"][-1]["populations"][-1]["rate"]


def test_registers_hold_what_the_curves_say(run, net, folder):
    plain, made = (load(solved(run, net, *a)) for a in (("a.sol.zip",), ("b.sol.zip", "--calibration", folder)))
    assert made.options["calibration"].startswith("sha256:")
    assert "calibration" not in plain.options
    at, denmem = int(made.configuration.position[HICANN]), int(made.configuration.neuron_denmem[0])
    for cell in ("V_t", "E_l"):
        before, after = (s.configuration.fg_denmem[at, denmem, DENMEM_CELL[cell]] for s in (plain, made))
        assert after == pytest.approx(0.9 * before, abs=1)
    gates = ("I_gl", "I_pl", "V_syntcx", "E_synx")
    for cell in gates:
        before, after = (s.configuration.fg_denmem[at, denmem, DENMEM_CELL[cell]] for s in (plain, made))
        assert after == before
    assert np.array_equal(plain.mapping.placement.hicann, made.mapping.placement.hicann)


def test_written_and_read_through_the_same_curves_the_network_does_what_was_asked(run, net, folder):
    """The curves of the files cancel: write, file, read."""
    plain = solved(run, net, "a.sol.zip")
    made = solved(run, net, "b.sol.zip", "--calibration", folder)
    ideal, _ = emulated(run, net, plain)
    there, said = emulated(run, net, made, "--calibration", folder)
    assert said == ""
    assert there["calibration"] == load(made).options["calibration"]
    assert rate(ideal) > 5
    assert rate(there) == pytest.approx(rate(ideal), rel=0.05)


def test_a_wafer_other_than_written_for_is_warned_of_and_differs(run, net, folder):
    """Thresholds written for the ideal chip are 10 % of a volt higher on these circuits."""
    plain = solved(run, net, "a.sol.zip")
    ideal, said = emulated(run, net, plain)
    assert said == ""
    there, said = emulated(run, net, plain, "--calibration", folder)
    assert said.splitlines() == [
        "warning: the registers of a are written for the ideal chip: mapper solve has --calibration, too"
    ]
    assert rate(there) < 0.7 * rate(ideal)
    made = solved(run, net, "b.sol.zip", "--calibration", folder)
    _, said = emulated(run, net, made)
    assert said == "warning: the registers of b are written through a calibration\n"


def test_one_file_is_that_of_its_hicann(run, net, folder):
    path = f"{folder}/w21-h{HICANN}.xml"
    both = [load(solved(run, net, f"{i}.sol.zip", "--calibration", given)) for i, given in enumerate((folder, path))]
    assert both[0].options["calibration"] == both[1].options["calibration"]
    assert np.array_equal(both[0].configuration.fg_denmem, both[1].configuration.fg_denmem)


def test_a_start_keeps_its_mapping_under_other_curves(run, net, folder):
    plain = solved(run, net, "a.sol.zip")
    again = solved(run, net, "b.sol.zip", "--calibration", folder, "--start", plain, "--fix", "rows")
    direct = solved(run, net, "c.sol.zip", "--calibration", folder)
    assert np.array_equal(load(again).configuration.fg_denmem, load(direct).configuration.fg_denmem)


def truncated(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("command", ["solve", "emulate"])
@pytest.mark.parametrize(
    ("change", "given", "message"),
    [
        (truncated, "curves", f"w21-h{HICANN}.xml:"),
        (lambda path: path.rename(path.with_name("w33-h297.xml")), "curves", "no calibration of wafer 21"),
        (
            lambda path: path.rename(path.with_name("w33-h297.xml")),
            "curves/w33-h297.xml",
            "w33-h297.xml is of wafer 33, but hardware.wafer of calibrated is 21",
        ),
        (lambda path: path.rename(path.with_name("a.xml")), "curves/a.xml", "named w33-h297.xml, by wafer and HICANN"),
        (lambda path: path.write_text("<x>nan</x>"), "curves", f"w21-h{HICANN}.xml"),
    ],
)
def test_bad_files_are_one_line_and_nothing_is_written(run, net, folder, tmp_path, command, change, given, message):
    change(tmp_path / folder / f"w21-h{HICANN}.xml")
    before = sorted(path.name for path in tmp_path.iterdir())
    output = ("-o", "out.sol.zip") if command == "solve" else ("-o", "out.npz")
    result = run(command, net, *output, "--calibration", given, "-q")
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert message in line
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_the_report_of_weights_is_what_the_emulator_reads_from_measured_rows(run, net, folder):
    from emulator.realised import realised
    from mapper.configure import Analog, translate
    from models.hardware.calibtic_xml import load_calibration
    from models.instance import load_instance

    problem, solution = load_instance(net), load(solved(run, net, "b.sol.zip", "--calibration", folder))
    calibration = load_calibration(net.parent / folder, 21)
    entry = translate(problem, solution.mapping, Analog(calibration)).report.of("drive", "weight")
    weight = realised(problem.network, solution.configuration, calibration=calibration).synapses.weight
    assert entry.realised == pytest.approx((weight.min(), weight.max()), rel=1e-5)
    ideal = realised(problem.network, solution.configuration).synapses.weight
    assert not np.allclose(ideal, weight, rtol=0.02)
