"""What scripts get wrong is refused in one line; what old scripts also call exists."""

from __future__ import annotations

import argparse
import logging

import pytest

from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import pylogging, pyredman
from mapper.frontends.errors import TypeRejected
from mapper.frontends.pyhalbe import HICANN
from mapper.frontends.pymarocco import LogicalNeuron, PyMarocco
from mapper.frontends.pymarocco.results import Marocco
from mapper.frontends.pysthal.command_line_util import add_default_coordinate_options
from mapper.frontends.running import _calibration_folder
from mapper.frontends.session import current

CHIP = C.HICANNOnWafer(C.Enum(297))
DENMEM = C.NeuronOnHICANN(C.X(4), C.top)


# --- coordinates


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (C.HICANNOnWafer, (C.Y(5), C.X(5))),
        (C.HICANNOnWafer, (C.X(5),)),
        (C.HICANNOnWafer, (5.0,)),
        (C.HICANNOnWafer, (C.X(5), 5.0)),
        (C.Enum, ("5",)),
        (C.NeuronOnWafer, (CHIP, DENMEM)),
        (C.NeuronOnWafer, (DENMEM, 297)),
        (C.SynapseOnWafer, (C.SynapseRowOnHICANN(3), CHIP)),
        (C.HICANNGlobal, (C.NeuronOnHICANN(3),)),
    ],
)
def test_coordinates_of_the_wrong_type(kind, given):
    with pytest.raises(TypeRejected):
        kind(*given)


def test_the_message_shows_what_a_coordinate_is_made_of():
    with pytest.raises(TypeError, match=r"HICANNOnWafer takes \(X, Y\) or an Enum \(got Y\(5\), X\(5\)\)"):
        C.HICANNOnWafer(C.Y(5), C.X(5))
    expected = r"NeuronOnWafer takes \(NeuronOnHICANN, HICANNOnWafer\) \(got HICANNOnWafer\(X\(9\), Y\(11\)\), NeuronOn"
    with pytest.raises(TypeError, match=expected):
        C.NeuronOnWafer(*reversed((DENMEM, CHIP)))


def test_a_global_enum_counts_through_the_wafers():
    chip = C.HICANNGlobal(C.Enum(384 + 297))
    assert (chip.toHICANNOnWafer(), chip.toWafer()) == (CHIP, C.Wafer(1))
    assert str(chip) == "HICANNGlobal(HICANNOnWafer(X(9), Y(11)), Wafer(1))"


def test_dividers_of_rows():
    assert [int(HICANN.GmaxDiv(n)) for n in (2, 30)] == [2, 30]
    for wrong in (1, 31):
        with pytest.raises(ValueError, match=rf"GmaxDiv must be 2\.\.30 \(got {wrong}\)"):
            HICANN.GmaxDiv(wrong)


# --- manual placement


def test_impossible_placements_name_the_request(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(2, pynn.IF_cond_exp)
    neuron = LogicalNeuron.rectangular(C.NeuronOnWafer(DENMEM, CHIP), 4)
    marocco.manual_placement.on_neuron(pop, [neuron] * 2)
    expected = (
        r"unable to implement manual placement request: denmems of HICANN 297 \(9,11\) are taken already, by the "
        r"request at manual_placement of population0 \(choose other columns\)"
    )
    with pytest.raises(RuntimeError, match=expected):
        pynn.run(0.0)


def test_a_placement_needs_a_place(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(2, pynn.IF_cond_exp)
    with pytest.raises(ValueError, match=r"at least one HICANNOnWafer is needed \(got \[\]\)"):
        marocco.manual_placement.on_hicann(pop, [])
    with pytest.raises(ValueError, match="at least one NeuronBlockOnWafer"):
        marocco.manual_placement.on_neuron_block(pop, ())


def test_placements_are_on_one_wafer(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(3, pynn.IF_cond_exp)
    marocco.manual_placement.on_hicann(pop[:1], C.HICANNGlobal(CHIP, C.Wafer(0)))
    marocco.manual_placement.on_hicann(pop[1:2], [CHIP, C.HICANNGlobal(C.Enum(3))])
    with pytest.raises(RuntimeError, match=r"currently only a single wafer is supported\. HICANNs of wafer 0 and of"):
        marocco.manual_placement.on_hicann(pop[2:], C.HICANNGlobal(CHIP, C.Wafer(1)))


# --- calls of pyhmf and marocco


def test_what_was_not_recorded(mapped):
    pop, _, _, runtime = mapped
    with pytest.raises(RuntimeError, match=r"membranes of Population\(id=0.* are not recorded: call record_v\(\)"):
        pop.get_v()
    runtime.results().analog_outputs.record(runtime.results().placement.find(pop[0])[0].logical_neuron())
    assert pop.get_v().shape == (0, 3)
    runtime.results().analog_outputs.unrecord(runtime.results().placement.find(pop[0])[0].logical_neuron())
    pop.record_v()
    assert pop.get_v().shape == (0, 3)


def test_parameters_of_a_cell_are_attributes(marocco):
    pop = pynn.Population(2, pynn.IF_cond_exp, {"cm": 0.25})
    pop[1].cm = 0.5
    assert pop[1].cm == 0.5
    assert str(pop.get("cm")) == "[0.25, 0.5]"
    with pytest.raises(AttributeError, match="has no 'capacitance'"):
        _ = pop[0].capacitance
    with pytest.raises(ValueError, match="IF_cond_exp has no parameter 'capacitance'"):
        pop[0].capacitance = 0.5


def test_setup_has_keywords_only(marocco):
    with pytest.raises(TypeError, match=r"timestep is a number \[ms\] .* setup\(marocco=marocco\)"):
        pynn.setup(marocco)


def test_what_pyhmf_refuses_is_refused(marocco):
    pynn.setup(marocco=marocco)
    cells, source = pynn.Population(2, pynn.IF_cond_exp), pynn.Population(1, pynn.SpikeSourceArray)
    projection = pynn.Projection(source, cells, pynn.AllToAllConnector(weights=0.01))
    for call in (
        lambda: projection[0],
        lambda: cells.print_gsyn("gsyn.txt"),
        lambda: pynn.DCSource({"amplitude": 1.0}).inject_into(cells),
        lambda: pynn.DCSource(1.0, 0.0, 5.0).inject_into(cells),
    ):
        with pytest.raises(NotImplementedError):
            call()
    assert [cells.can_record(name) for name in ("spikes", "v", "gsyn")] == [True, True, False]
    assert [source.can_record(name) for name in ("spikes", "v")] == [True, False]
    with pytest.raises(RuntimeError, match=r"deprecated, as in marocco: disable HICANNs in marocco\.defects"):
        marocco.neuron_placement.skip_hicanns_without_neuron_blacklisting(True)


def test_changes_without_a_new_mapping_are_told(marocco, mapped, caplog):
    pop, sources, projection, runtime = mapped
    marocco.skip_mapping = True
    sources.set("spike_times", [1.0])
    runtime.results().spike_times.set(sources[0], [2.0])
    pynn.run(0.0)
    assert caplog.text == ""
    pop[0].cm = 0.3
    projection.setWeights(0.001)
    pynn.run(0.0)
    pynn.run(0.0)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["skip_mapping is set"]
    caplog.clear()
    for change in (lambda: projection.setDelays(2.0), lambda: pynn.Projection(sources, pop, projection.method)):
        current().notices.said.clear()
        marocco.skip_mapping = False
        pynn.run(0.0)
        marocco.skip_mapping = True
        change()
        pynn.run(0.0)
    assert caplog.text.count("skip_mapping is set") == 2


def test_results_can_be_loaded_into_an_empty_object(mapped):
    pop, _, _, runtime = mapped
    runtime.results().save("results.bin")
    results = Marocco()
    with pytest.raises(AttributeError, match="load"):
        _ = results.placement
    results.load("results.bin")
    found = [item.logical_neuron() for item in results.placement.find(pop[0])]
    assert repr(found) == (
        "[LogicalNeuron(NeuronBlockOnWafer(NeuronBlockOnHICANN(0), HICANNOnWafer(X(9), Y(11))), "
        "NeuronOnNeuronBlock(X(0), Y(0))x4)]"
    )


@pytest.mark.parametrize(
    ("files", "wafer", "expected"),
    [
        (["w33-h297.xml"], 33, "the XML files in"),
        (["w33-h297.xml"], 21, "ideal chip"),
        (["w33-h297.dat"], 33, "ideal chip"),
    ],
)
def test_binary_calibrations_make_way_for_those_in_xml(tmp_path, caplog, files, wafer, expected):
    marocco = PyMarocco()
    marocco.default_wafer, marocco.calib_path = C.Wafer(wafer), str(tmp_path)
    for name in files:
        (tmp_path / name).touch()
    folder = _calibration_folder(marocco, current().notices)
    assert folder == (tmp_path if "XML" in expected else None)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warning.startswith("calib_backend Binary cannot be read")
    assert expected in warning


# --- redman, pylogging, command lines


def test_resources_of_redman():
    first, second = pyredman.Hicann().drivers(), pyredman.Hicann().drivers()
    assert (first.available(), first.has_value()) == (224, True)
    first.disable(C.SynapseDriverOnHICANN(6))
    second.disable_all()
    second.enable(C.SynapseDriverOnHICANN(6))
    assert second.available() == 1
    second.merge(first)
    assert second.available() == 224
    second.intersection(first)
    assert [driver for driver in range(224) if not second.has(driver)] == [6]
    wafer = pyredman.Wafer()
    wafer.fpgas().disable_all()
    assert (wafer.hicanns().available(), wafer.fpgas().available()) == (384, 0)


def test_loggers_have_the_methods_and_levels_of_pylogging(capsys, tmp_path):
    pylogging.default_config(level=pylogging.LogLevel.TRACE)
    log = pylogging.get("guidebook")
    for level in ("trace", "debug", "info", "warn", "error", "fatal"):
        getattr(log, level)("%s", level)
        getattr(log, level.upper())(level)
    names = [line.split() for line in capsys.readouterr().err.splitlines()]
    levels = ("trace", "debug", "info", "warn", "error", "fatal")
    assert names == [[name.upper(), "guidebook", name] for name in levels for _ in range(2)]
    pylogging.append_to_file("own.txt", log)
    pylogging.set_loglevel(log, "ERROR")
    log.warn("hidden")
    log.error("kept")
    assert (tmp_path / "own.txt").read_text() == "ERROR guidebook kept\n"


def test_options_of_platform_scripts():
    parser = argparse.ArgumentParser()
    add_default_coordinate_options(parser)
    chosen = parser.parse_args(["--reticle", "3", "--aout", "1", "--hicann", "9,11"])
    assert (chosen.reticle, chosen.aout, chosen.hicann) == (C.DNCOnWafer(3), C.AnalogOnHICANN(1), CHIP)
