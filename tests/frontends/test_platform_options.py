"""Options of the platform: what a job is given, files between runs, counters of the ESS, times, the picture of loss."""

from __future__ import annotations

import ast
import logging
import struct

import numpy as np
import pytest

from mapper.context import Event
from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.building import allocated
from mapper.frontends.clock import L1_ROUTING, PLACEMENT, StageClock
from mapper.frontends.errors import FrontendError, ValueRejected
from mapper.frontends.pictures import synapse_picture
from mapper.frontends.pyhalbe import HICANN
from mapper.frontends.pymarocco import PyMarocco, Runtime
from mapper.frontends.pysthal import Wafer
from mapper.frontends.running import solver_options
from models.hardware.coordinates import RETICLE_OF

PLACED = """\
import pyhmf as pynn
from pymarocco import PyMarocco
from pymarocco.runtime import Runtime
marocco = PyMarocco()
{}
runtime = Runtime(marocco.default_wafer)
pynn.setup(marocco=marocco, marocco_runtime=runtime)
cells, source = pynn.Population(200, pynn.IF_cond_exp), pynn.Population(2, pynn.SpikeSourcePoisson)
pynn.Projection(source, cells, pynn.AllToAllConnector(weights=0.004))
pynn.run(0)
placement = runtime.results().placement
print(placement.find(cells[0])[0].hicann(), sorted({{int(item.hicann()) for item in placement}}))
"""


def test_job_of_some_hicanns(run_script):
    result = run_script(PLACED.format(""), options=("--hicann", "297,5:5"))
    assert result.exit_code == 0, result.stderr
    used = ast.literal_eval(result.stdout.partition(") ")[2])
    assert set(RETICLE_OF[used]) <= {RETICLE_OF[297], RETICLE_OF[93]}
    assert set(used) & set(np.flatnonzero(RETICLE_OF[93] == RETICLE_OF))


def test_place_outside_the_job(run_script):
    head = "from pyhalbe.Coordinate import HICANNOnWafer, Enum"
    script = PLACED.format(head).replace(
        "pynn.run(0)", "marocco.manual_placement.on_hicann(cells, HICANNOnWafer(Enum(0)))\npynn.run(0)"
    )
    result = run_script(script, options=("--hicann", "297"))
    assert result.exit_code == 1
    assert "is outside hardware.region" in result.stderr


@pytest.mark.parametrize("wrong", ["384", "-1", "0:0", "x", "5:"])
def test_no_hicanns_of_these_names(wrong):
    with pytest.raises(ValueRejected, match=r"HICANNs are 0\.\.383"):
        allocated(wrong)
    assert allocated(" , ") is None


@pytest.mark.parametrize(
    ("head", "options"),
    [
        ("from pymarocco import bySmallerNeuronBlockAndPopulationID as S\n"
         "marocco.neuron_placement.default_placement_strategy(S())", ()),
        ("", ("--set", "placement=smaller_block", "--set", "merging.strategy=one_to_one")),
        ('marocco.solver_settings = {"placement": "linear", "placement.hicann_order": "spiral"}', ()),
    ],
)  # fmt: skip
def test_settings_begin_in_the_middle_of_the_wafer(run_script, head, options):
    result = run_script(PLACED.format(head), options=options)
    assert result.stdout.startswith("HICANNOnWafer(X(18), Y(7)) "), result.stderr


def test_search_begins_in_the_middle_of_the_wafer(run_script):
    result = run_script(PLACED.format(""), options=("--solver", "cpsat"))
    assert result.stdout.startswith("HICANNOnWafer(X(18), Y(7)) "), result.stderr


def test_script_has_the_last_word_on_settings(marocco, monkeypatch):
    monkeypatch.setenv("HICANN_MAPPER_SETTINGS", "routing = dijkstra; rows=exact;")
    marocco.solver_settings = {"routing": "backbone"}
    assert marocco.settings() == {"routing": "backbone", "rows": "exact"}
    monkeypatch.setenv("HICANN_MAPPER_SETTINGS", "routing")
    with pytest.raises(ValueRejected, match="must be path=value"):
        marocco.settings()


def run_twice(marocco, stimulus, weight):
    """Map, change the weight of all synapses in the file of the configuration, run it in another session."""
    for backend in (PyMarocco.Without, PyMarocco.ESS):
        marocco.backend, marocco.skip_mapping = backend, backend == PyMarocco.ESS
        pynn.setup(marocco=marocco)
        cell = pynn.Population(1, pynn.IF_cond_exp, {"cm": 0.2, "v_thresh": -60.0})
        source = pynn.Population(1, pynn.SpikeSourceArray, {"spike_times": stimulus})
        pynn.Projection(source, cell, pynn.AllToAllConnector(weights=0.01))
        cell.record()
        pynn.run(300)
        if backend == PyMarocco.Without and weight is not None:
            wafer = Wafer()
            wafer.load("wafer.cfg")
            hicann = wafer.getAllocatedHicannCoordinates()[0]
            for row, column in np.argwhere(wafer[hicann].table("synapse") & 15).tolist():
                wafer[hicann].synapses[C.SynapseOnHICANN(column, row)].weight = HICANN.SynapseWeight(weight)
            with pytest.raises(FrontendError, match="file already exists"):
                wafer.dump("wafer.cfg")
            wafer.dump("wafer.cfg", overwrite=True)
    return len(cell.getSpikes())


def test_low_level_configuration_in_a_file(marocco, tmp_path):
    marocco.persist, marocco.wafer_cfg = "results.bin", "wafer.cfg"
    stimulus = [20.0, 60.0, 100.0, 140.0]
    full = run_twice(marocco, stimulus, None)
    assert full >= 4
    assert run_twice(marocco, stimulus, 0) < full
    pynn.setup(marocco=marocco, marocco_runtime=Runtime(marocco.default_wafer))
    with pytest.raises(FrontendError, match="exclude each other"):
        pynn.run(0)
    (tmp_path / "wafer.cfg").write_text("<boost_serialization>")
    with pytest.raises(ValueError, match="no configuration that this program wrote"):
        Wafer().load("wafer.cfg")


def test_interval_of_background_generators(marocco, caplog):
    caplog.set_level(logging.INFO)
    for interval in (125, 10000, 10000):
        marocco.bkg_gen_isi = interval
    assert [(r.levelno, "layer 1 always locks" in r.message) for r in caplog.records] == [
        (logging.INFO, True),
        (logging.WARNING, True),
    ]
    for wrong in (0, 1.5, "fast"):
        with pytest.raises(ValueRejected, match="must be a whole number of clock cycles"):
            marocco.bkg_gen_isi = wrong
    assert marocco.bkg_gen_isi == 10000


def test_voltages_of_layer_1_are_kept(mapped, caplog):
    caplog.set_level(logging.INFO)
    *_, runtime = mapped
    for hicann in runtime.wafer().getAllocatedHicannCoordinates():
        gates = runtime.wafer()[hicann].floating_gates
        for block in C.iter_all(C.FGBlockOnHICANN):
            gates.setShared(block, HICANN.shared_parameter.V_dllres, 275)
            gates.setShared(block, HICANN.shared_parameter.V_ccas, 800)
            gates.setShared(block, HICANN.shared_parameter.V_gmax0, 1023)
        assert gates.getShared(C.FGBlockOnHICANN(C.Enum(3)), HICANN.V_dllres) == 275
    told = [r.message.partition(" ")[0] for r in caplog.records if "layer 1 always locks" in r.message]
    assert told == ["V_dllres", "V_ccas"]


def test_programming_of_floating_gates_is_kept(mapped, caplog):
    caplog.set_level(logging.INFO)
    *_, runtime = mapped
    gates = runtime.wafer()[C.HICANNOnWafer(C.Enum(297))].floating_gates
    for i in range(gates.getNoProgrammingPasses()):
        config = gates.getFGConfig(C.Enum(i))
        config.fg_biasn = config.fg_bias = 0
        gates.setFGConfig(C.Enum(i), config)
    config.fg_bias = 7
    assert [gates.getFGConfig(C.Enum(i)).fg_bias for i in (0, 1)] == [0, 0]
    assert [r.message for r in caplog.records if "setFGConfig() is kept, but has no effect" in r.message]
    other = runtime.wafer()[C.HICANNOnWafer(C.X(5), C.Y(5))].floating_gates
    assert other.getFGConfig(C.Enum(0)).fg_bias == 8
    with pytest.raises(ValueRejected, match=r"a programming pass is 0\.\.1"):
        gates.getFGConfig(C.Enum(2))


@pytest.mark.parametrize(("spikes", "losses"), [(10, False), (2000, True)])
def test_pulse_statistics_of_the_ess(marocco, spikes, losses, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    marocco.backend = PyMarocco.ESS
    marocco.ess_config.pulse_statistics_file = "pulses.py"
    marocco.input_placement.consider_firing_rate(False)
    pynn.setup(marocco=marocco)
    cells = pynn.Population(5, pynn.IF_cond_exp, {"cm": 0.2})
    sources = pynn.Population(10, pynn.SpikeSourceArray)
    sources.tset("spike_times", [np.linspace(1.0, 90.0, spikes) + 0.8 * i for i in range(10)])
    pynn.Projection(sources, cells, pynn.AllToAllConnector(weights=0.004))
    pynn.run(100)
    found = ast.literal_eval((tmp_path / "pulses.py").read_text())
    assert list(found) == [
        "l2_down_before_sim", "l2_down_dropped_before_sim", "l2_down_sent", "l2_down_lost", "l2_up_sent", "l2_up_lost",
        "l1_neuron_sent", "l1_neuron_lost",
    ]  # fmt: skip
    assert found["l2_down_before_sim"] == 10 * spikes
    assert f"l2_down_before_sim: {10 * spikes}" in caplog.text
    assert found["l2_down_sent"] == found["l2_down_before_sim"] - found["l2_down_dropped_before_sim"]
    assert (found["l2_down_lost"] > 0) == losses
    assert found["l2_up_sent"] == found["l1_neuron_sent"] - found["l1_neuron_lost"]


def test_clock_sums_the_passes():
    clock = StageClock()
    for kind, t, stage in (("stage", 0.5, "placement"), ("incumbent", 0.75, "rows"), ("stage", 1.0, "routing"),
                           ("stage", 3.0, "merging"), ("stage", 4.0, "rows")):  # fmt: skip
        clock(Event(kind, t, stage))
    clock.stop(10.0)
    assert (clock.total(PLACEMENT), clock.total(L1_ROUTING), clock.seconds["rows"]) == (1.5, 2.0, 6.0)


def test_times_of_a_mapping(mapped, marocco):
    stats = marocco.stats
    assert stats.timeRouting() >= max(stats.timeL1Routing(), stats.timeSynRouting())
    parts = stats.timePlacement() + stats.timeRouting() + stats.timeParameterTranslation()
    assert 0 < parts <= stats.timeTotal() + 4  # each is rounded


def test_picture_of_lost_synapses(mapped, marocco, tmp_path):
    pytest.importorskip("matplotlib")
    nan = np.nan
    picture = synapse_picture(np.array([[1.0, 2.0], [nan, 3.0]]), np.array([[1.0, nan], [nan, 0.5]]))
    assert picture.tolist() == [[1.0, 0.5], [0.0, 1.0]]
    _, _, projection, _ = mapped
    marocco.stats.plotSynapseLoss(projection, "loss.png")
    data = (tmp_path / "loss.png").read_bytes()
    assert struct.unpack(">II", data[16:24]) == (800, 600)


def test_buses_of_a_hicann(mapped):
    *_, runtime = mapped
    results = runtime.results()
    segments = {(hicann, line) for route in results.l1_routing for hicann, line in route.segments}
    for hicann in {hicann for hicann, _ in segments}:
        lines = [line for other, line in segments if other == hicann]
        flat = [line for line in lines if isinstance(line, C.HLineOnHICANN)]
        upright = [int(line) for line in lines if isinstance(line, C.VLineOnHICANN)]
        properties = results.properties(hicann)
        assert properties.num_buses(C.horizontal) == len(flat)
        assert properties.num_buses(C.vertical) == len(upright)
        assert properties.num_buses(C.left) == sum(line < 128 for line in upright)
        assert properties.num_buses(C.right) == sum(line >= 128 for line in upright)
    with pytest.raises(TypeError, match="Orientation or SideHorizontal"):
        properties.num_buses(C.top)


def test_priorities_reach_the_router(marocco):
    pynn.setup(marocco=marocco)
    cells, source = pynn.Population(3, pynn.IF_cond_exp), pynn.Population(2, pynn.SpikeSourcePoisson)
    projections = [pynn.Projection(pre, cells, pynn.AllToAllConnector(weights=0.004)) for pre in (source, cells)]
    assert marocco.l1_routing.priority(projections[1]) == 1.0
    marocco.l1_routing.priority(projections[1], 3)
    assert marocco.l1_routing.priority(projections[1]) == 3.0
    assert solver_options("marocco", marocco, session.current().notices) == {"routing.priority": "projection1=3"}
    pynn.run(0)
    with pytest.raises(ValueRejected, match="a priority is 1 or more"):
        marocco.l1_routing.priority(projections[0], 0.5)


def test_drivers_and_rows_of_a_hicann(mapped):
    _, _, projection, runtime = mapped
    results = runtime.results()
    routing = results.synapse_routing
    for item in routing.synapses().find(projection):
        synapse = item.hardware_synapse()
        here = routing[synapse.toHICANNOnWafer()]
        row = next(row for row in here.rows() if int(row.row) == int(synapse.synapse.y()))
        address = results.placement.find(item.source_neuron())[0].address().address
        decoder = row.decoder_odd if int(synapse.synapse.x()) % 2 else row.decoder_even
        assert int(decoder) == int(address) >> 4
        assert row.stp_mode == item.stp_mode() == "off"
        assert int(row.row) // 2 in [int(driver) for driver in here.drivers()]
    switch = here.synapse_switches()[0]
    assert switch.primary in switch.drivers
    ends = {(route.segments[-1]) for route in results.l1_routing}
    assert (switch.hicann, switch.vline) in ends
    assert routing.has(synapse.toHICANNOnWafer())
    assert not routing.has(C.HICANNOnWafer(C.Enum(0)))


def test_recorded_denmems(mapped):
    pop, *_, runtime = mapped
    outputs = runtime.results().analog_outputs
    neuron = runtime.results().placement.find(pop[1])[0].logical_neuron()
    outputs.record(neuron)
    assert [item.recorded_denmem() for item in outputs] == [neuron.front()]
    assert [item.logical_neuron() for item in outputs] == [neuron]
    outputs.unrecord(neuron)
    assert len(outputs) == 0
