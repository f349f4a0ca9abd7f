"""The configuration object, its options, statistics, and manual placement."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.building import instance_of, limits_of
from mapper.frontends.pymarocco import (
    Defects,
    LogicalNeuron,
    PyMarocco,
    bySmallerNeuronBlockAndPopulationID,
)
from mapper.frontends.pyredman import Hicann
from mapper.frontends.running import solver_options
from models.errors import PlacementError
from models.hardware.defects import Defects as Defects_
from models.hardware.redman_xml import write_redman


def test_old_and_new_spellings(marocco):
    assert marocco.backend is PyMarocco.Backend.Without is getattr(PyMarocco, "None")
    marocco.backend = "None"
    assert marocco.backend is PyMarocco.Without
    marocco.calib_backend = PyMarocco.XML
    assert marocco.calib_backend is PyMarocco.CalibBackend.XML
    assert PyMarocco.Skip is PyMarocco.Verification.Skip
    assert Defects.XML is Defects.Backend.XML
    marocco.placement.setDefaultNeuronSize(8)
    marocco.routing.syndriver_chain_length = 100
    assert marocco.neuron_placement.default_neuron_size() == 8
    assert limits_of(marocco).driver_chain_length == 56
    with pytest.raises(ValueError, match="backend must be one of Without, ESS, Hardware"):
        marocco.backend = "Spikey"
    with pytest.raises(ValueError, match="neuron_size must be 2"):
        marocco.neuron_placement.default_neuron_size(3)


def test_options_without_effect_say_so_once(marocco, caplog):
    caplog.set_level(logging.INFO)
    for _ in range(2):
        marocco.verification = PyMarocco.Skip
        marocco.synapse_routing.only_allow_background_events(True)
    marocco.no_such_thing = 1
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.INFO, logging.INFO, logging.WARNING]


def test_options_reach_the_heuristics(marocco):
    marocco.merger_routing.strategy(marocco.merger_routing.one_to_one)
    marocco.l1_address_assignment.strategy("low_first")
    marocco.l1_routing.algorithm(marocco.l1_routing.dijkstra)
    marocco.l1_routing.switch_ordering(marocco.l1_routing.switches_in_filled_in_order)
    marocco.neuron_placement.default_placement_strategy(bySmallerNeuronBlockAndPopulationID())
    marocco.neuron_placement.restrict_rightmost_neuron_blocks(True)
    notices = session.current().notices
    assert solver_options("marocco", marocco, notices) == {
        "placement": "smaller_block",
        "placement.restrict_rightmost_neuron_blocks": "true",
        "merging.strategy": "one_to_one",
        "addresses": "low_first",
        "inputs.address_strategy": "low_first",
        "routing": "dijkstra",
        "routing.switch_ordering": "switches_in_filled_in_order",
    }
    assert solver_options("cpsat", marocco, notices) == {}
    pynn.setup(marocco=marocco)
    pynn.Population(4, pynn.IF_cond_exp)
    pynn.run(0)
    assert marocco.stats.getNumNeurons() == 4


def test_loss_must_be_accepted(marocco, monkeypatch):
    monkeypatch.setenv("HICANN_MAPPER_SOLVER", "marocco-2015")
    pynn.setup(marocco=marocco)
    pop, sources = pynn.Population(8, pynn.IF_cond_exp), pynn.Population(59, pynn.SpikeSourcePoisson)
    projection = pynn.Projection(sources, pop, pynn.AllToAllConnector(weights=0.004))
    marocco.synapse_routing.driver_chain_length(1)
    text = "Synapses lost but synapse loss is not accepted. Set PyMarocco continue_despite_synapse_loss to true"
    with pytest.raises(RuntimeError, match=text):
        pynn.run(1)
    marocco.continue_despite_synapse_loss = True
    pynn.run(1)
    lost = np.count_nonzero(np.isnan(marocco.stats.getWeights(projection)))
    assert 0 < lost == marocco.stats.getSynapseLoss()
    assert marocco.stats.getSynapses() == 472


def test_stats_before_a_mapping(marocco):
    assert str(marocco.stats).startswith("MappingStats {\n\tsynapse_loss: 0 (0%)\n")
    with pytest.raises(TypeError, match="a Projection is needed"):
        marocco.stats.getWeights("projection")


def test_placement_on_blocks_and_denmems(marocco):
    pynn.setup(marocco=marocco)
    a, b, c = (pynn.Population(1, pynn.IF_cond_exp) for _ in range(3))
    chip = C.HICANNOnWafer(C.Enum(100))
    block = C.NeuronBlockOnWafer(C.NeuronBlockOnHICANN(3), chip)
    built = (
        LogicalNeuron.on(block)
        .add(C.NeuronOnNeuronBlock(C.X(4), C.Y(0)), 3)
        .add(C.NeuronOnNeuronBlock(C.X(4), C.Y(1)), 3)
    ).done()
    marocco.manual_placement.on_neuron(a, built)
    marocco.manual_placement.on_neuron_block(b, C.NeuronBlockOnWafer(C.NeuronBlockOnHICANN(5), chip))
    marocco.manual_placement.with_size(b, 16)
    marocco.manual_placement.with_size(c, 2)
    pynn.run(0)
    results = session.current().runtime.results()
    found = [results.placement.find(population[0])[0].logical_neuron() for population in (a, b, c)]
    assert found[0] == built == LogicalNeuron.rectangular(C.NeuronOnWafer(C.NeuronOnHICANN(100, 0), chip), 6)
    assert (found[1].size(), found[1].front().toNeuronBlockOnWafer().block) == (16, 5)
    assert found[2].size() == 2


def test_only_rectangles_are_placed(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(2, pynn.IF_cond_exp)
    block = C.NeuronBlockOnWafer(C.NeuronBlockOnHICANN(3), C.HICANNOnWafer(C.Enum(0)))
    top, bottom = C.NeuronOnNeuronBlock(C.X(2), C.Y(0)), C.NeuronOnNeuronBlock(C.X(3), C.Y(1))
    shifted = LogicalNeuron.on(block).add(top, 4).add(bottom, 2).done()
    with pytest.raises(RuntimeError, match=r"rectangular neurons spanning both rows \(got NeuronOnWafer"):
        marocco.manual_placement.on_neuron(pop[:1], shifted)
    straight = LogicalNeuron.on(block).add(top, 2).add(C.NeuronOnNeuronBlock(C.X(2), C.Y(1)), 2).done()
    with pytest.raises(RuntimeError, match="number of logical neurons does not match size of population"):
        marocco.manual_placement.on_neuron(pop, straight)
    marocco.manual_placement.on_neuron(pop[1:], [straight])
    pynn.run(0)
    (item,) = session.current().runtime.results().placement.find(pop[1])
    assert item.logical_neuron() == straight


def test_contradictory_placement(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(4, pynn.IF_cond_exp)
    manual = marocco.manual_placement
    manual.on_hicann(pop, C.HICANNOnWafer(C.Enum(5)))
    with pytest.raises(RuntimeError, match="has a placement request already"):
        manual.on_hicann(pop[:1], C.HICANNOnWafer(C.Enum(6)))
    for wrong in (lambda: manual.on_hicann(pop, 5), lambda: manual.on_hicann("pop", C.HICANNOnWafer(C.Enum(5)))):
        with pytest.raises(TypeError, match="is needed"):
            wrong()
    with pytest.raises(ValueError, match="even number"):
        manual.with_size(pop, 3)


def test_too_many_for_one_hicann(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(200, pynn.IF_cond_exp)
    marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(C.Enum(5)))
    with pytest.raises(PlacementError, match="unable to implement manual placement request"):
        pynn.run(0)


def test_injected_defects(marocco):
    pynn.setup(marocco=marocco)
    pynn.Population(1, pynn.IF_cond_exp)
    resources = Hicann()
    for driver in (6, 20):
        resources.drivers().disable(C.SynapseDriverOnHICANN(driver))
    marocco.defects.wafer().inject(C.HICANNGlobal(C.HICANNOnWafer(C.Enum(276)), C.Wafer(33)), resources)
    marocco.defects.wafer().hicanns().disable(C.HICANNOnWafer(C.Enum(12)))
    defects = instance_of(session.current(), marocco).wafer.defects
    assert defects.hicanns == (12,)
    assert defects.indices("drivers").tolist() == [[276, 6], [276, 20]]


def test_scaling_of_voltages(marocco):
    trafo = marocco.param_trafo
    assert trafo.calculate_hw_value(-0.06) == pytest.approx(0.6)
    trafo.set_trafo_with_bio_to_hw_ratio(-0.02, -0.13)
    assert (trafo.alpha_v, trafo.shift_v) == (pytest.approx(10.0), pytest.approx(1.6))
    marocco.param_trafo.i_gl_speedup = PyMarocco.FAST
    marocco.param_trafo.use_big_capacitors = False
    pynn.setup(marocco=marocco)
    pynn.Population(1, pynn.IF_cond_exp)
    pynn.run(0)
    bits = session.current().runtime.wafer().bits()
    assert not bits.denmem_bigcap.any()


def test_directories_of_the_old_world(marocco, tmp_path, caplog):
    write_redman(Defects_.from_components(hicanns=[297]), tmp_path / "dead")
    marocco.defects.path = str(tmp_path / "dead")
    pynn.setup(marocco=marocco)
    pop = pynn.Population(1, pynn.IF_cond_exp)
    assert instance_of(session.current(), marocco).wafer.defects.hicanns == (297,)
    marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(C.Enum(297)))
    with pytest.raises(ValueError, match="is defective"):
        pynn.run(0)
    marocco.defects.path = marocco.calib_path = "/no/such/place"
    marocco.calib_backend = PyMarocco.XML
    pynn.run(0)
    assert [text in caplog.text for text in ("defects.path '/no", "calib_path '/no")] == [True, True]
