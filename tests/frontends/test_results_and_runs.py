"""Results of a mapping, the low-level wafer, and runs without mapping anew."""

from __future__ import annotations

import numpy as np
import pytest

from emulator.variation import Variation
from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.pyhalbe import HICANN
from mapper.frontends.pymarocco import (
    LogicalNeuron,
    PyMarocco,
    Runtime,
)
from mapper.frontends.pymarocco.results import Marocco
from models.hardware.calibration import Calibration, HicannCurves
from models.hardware.calibration_curves import Curve
from models.hardware.calibtic_xml import save_calibration


def test_where_cells_are(mapped):
    pop, sources, _, runtime = mapped
    placement = runtime.results().placement
    (item,) = placement.find(pop[2])
    neuron = item.logical_neuron()
    assert (neuron.size(), neuron.is_rectangular(), item.hicann()) == (8, True, C.HICANNOnWafer(C.X(5), C.Y(5)))
    assert [item.neuron_index() for item in placement.find(C.HICANNOnWafer(C.Enum(297))) if item.neuron_block()] == [
        0,
        1,
    ]
    assert [item.population() for item in placement.find(neuron)] == [0]
    assert len(placement.find(pop.euter_id())) == 3
    (source,) = placement.find(sources[1])
    assert source.logical_neuron() == LogicalNeuron.external(1, 1)
    assert source.neuron_block() is None
    assert source.address().toDNCMergerOnHICANN() == source.dnc_merger().toDNCMergerOnHICANN()
    assert placement.find(source.dnc_merger())


def test_where_synapses_are(mapped):
    pop, sources, projection, runtime = mapped
    synapses = runtime.results().synapse_routing.synapses()
    items = synapses.find(projection)
    assert len(items) == 6
    (item,) = synapses.find(sources[1], pop[2])
    place = item.hardware_synapse()
    assert place.toHICANNOnWafer() == C.HICANNOnWafer(C.X(5), C.Y(5))
    assert [found.edge() for found in synapses.find(place)] == [item.edge()]
    assert item.get_weight() == pytest.approx(0.004, rel=0.2)
    assert synapses.unrealized_synapses() == []
    (route,) = {str(r): r for r in runtime.results().l1_routing if r.target == place.toHICANNOnWafer()}.values()
    assert runtime.results().l1_routing.find_projections(route) == [projection.euter_id()]
    assert route.segments[0][0] == route.source.toHICANNOnWafer()


def test_realised_weights_agree_with_the_emulator(mapped, marocco):
    from emulator.realised import realise

    _, _, projection, runtime = mapped
    instance = runtime.results().tables.instance
    circuits = realise(instance.network, runtime.wafer().bits()).circuits
    weights = np.sort(marocco.stats.getWeights(projection).ravel())
    np.testing.assert_allclose(weights, np.sort(circuits.synapses.weight), rtol=1e-5)


def test_results_in_a_file(mapped, tmp_path):
    pop, _, projection, runtime = mapped
    runtime.results().save("results.xml.gz")
    with pytest.raises(RuntimeError, match="file already exists"):
        runtime.results().save("results.xml.gz")
    again = Marocco.from_file("results.xml.gz")
    for cell in pop:
        mine, theirs = (results.placement.find(cell)[0] for results in (runtime.results(), again))
        assert mine.logical_neuron() == theirs.logical_neuron()
    found = [item.hardware_synapse() for item in again.synapse_routing.synapses().find(projection)]
    assert found == [item.hardware_synapse() for item in runtime.results().synapse_routing.synapses().find(projection)]
    with pytest.raises(RuntimeError, match="file not found"):
        Marocco.from_file("nothing.bin")


def test_registers_change_one_by_one(mapped):
    _, _, projection, runtime = mapped
    wafer = runtime.wafer()
    before = wafer.bits()
    synapse = runtime.results().synapse_routing.synapses().find(projection)[0].hardware_synapse()
    chip = wafer[synapse.toHICANNOnWafer()]
    chip.synapses[synapse].weight = HICANN.SynapseWeight(3)
    chip.synapses[synapse].decoder = HICANN.SynapseDecoder(1)
    assert (chip.synapses[synapse].weight, chip.synapses[synapse].decoder) == (3, 1)
    row = chip.synapses[C.SynapseDriverOnHICANN(7)][C.RowOnSynapseDriver(1)]
    row.set_gmax_div(HICANN.GmaxDiv(7))
    assert row.get_gmax_div() == 7
    row.set_gmax_div(C.left, 1)
    row.set_gmax_div(C.right, 15)
    assert (row.get_gmax_div(C.left), row.get_gmax_div(C.right), row.get_gmax_div()) == (1, 15, 16)
    gates = chip.floating_gates
    gates.setShared(C.FGBlockOnHICANN(C.Enum(2)), HICANN.shared_parameter.V_gmax1, 321)
    gates.setNeuron(C.NeuronOnHICANN(C.X(3), C.bottom), HICANN.neuron_parameter.E_l, 123)
    assert gates.getShared(C.FGBlockOnHICANN(C.Enum(2)), HICANN.V_gmax1) == 321
    assert gates.getNeuron(C.NeuronOnHICANN(C.X(3), C.bottom), HICANN.E_l) == 123
    assert np.count_nonzero(wafer.bits().synapse != before.synapse) == 1
    assert wafer.bits() is wafer.bits()
    assert wafer.bits().crossbar is before.crossbar
    chip.synapses[synapse].weight = 4
    assert chip.synapses[synapse].weight == 4
    assert np.count_nonzero(wafer.bits().fg_denmem != before.fg_denmem) == 1
    for wrong in (lambda: HICANN.SynapseWeight(16), lambda: row.set_gmax_div(C.left, 16), lambda: HICANN.GmaxDiv(1)):
        with pytest.raises(ValueError, match="must be"):
            wrong()
    with pytest.raises(ValueError, match="is not in use"):
        wafer[C.HICANNOnWafer(C.Enum(0))]


def test_a_disabled_synapse_is_silent(mapped, marocco):
    pop, sources, projection, runtime = mapped
    pop.record()
    marocco.skip_mapping, marocco.backend = True, PyMarocco.ESS
    runtime.results().spike_times.set(sources[0], [10.0])
    for hicann in runtime.wafer().getAllocatedHicannCoordinates():
        for block in C.iter_all(C.FGBlockOnHICANN):
            for gmax in range(4):
                parameter = HICANN.shared_parameter[f"V_gmax{gmax}"]
                runtime.wafer()[hicann].floating_gates.setShared(block, parameter, 1023)
        for row in C.iter_all(C.SynapseRowOnHICANN):
            runtime.wafer()[hicann].synapses[row].set_gmax_div(HICANN.GmaxDiv(2))
    pynn.run(50.0)
    assert set(pop.getSpikes()[:, 0]) == {0, 1, 2}
    (item,) = runtime.results().synapse_routing.synapses().find(projection, sources[0], pop[1])
    place = item.hardware_synapse()
    runtime.wafer()[place.toHICANNOnWafer()].synapses[place].decoder = HICANN.SynapseDecoder(1)
    pynn.run(50.0)
    assert set(pop.getSpikes()[:, 0]) == {0, 2}


def test_new_spikes_by_parameter_without_mapping_anew(mapped, marocco):
    _, sources, _, _ = mapped
    sources.record()
    marocco.skip_mapping, marocco.backend = True, PyMarocco.ESS
    sources.set("spike_times", [3.0, 7.0])
    pynn.run(20.0)
    np.testing.assert_allclose(sources.getSpikes(), [[0, 3], [0, 7], [1, 3], [1, 7]], atol=0.051)
    assert sources.get_spike_counts() == {3: 2, 4: 2}


def test_two_analog_outputs_per_hicann(marocco):
    pynn.setup(marocco=marocco)
    pop = pynn.Population(3, pynn.IF_cond_exp)
    marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(C.Enum(297)))
    pynn.run(0)
    results = session.current().runtime.results()
    first, second, third = (results.placement.find(cell)[0].logical_neuron() for cell in pop)
    for neuron in (first, second, second):
        results.analog_outputs.record(neuron)
    with pytest.raises(RuntimeError, match="both analog outputs of HICANNOnWafer"):
        results.analog_outputs.record(third)
    results.analog_outputs.unrecord(first)
    results.analog_outputs.record(third)
    marocco.skip_mapping, marocco.backend = True, PyMarocco.ESS
    pynn.run(5)
    assert set(pop.get_v()[:, 0]) == {1, 2}


def test_skip_mapping_needs_one(marocco):
    pynn.setup(marocco=marocco)
    pynn.Population(1, pynn.IF_cond_exp)
    marocco.skip_mapping = True
    with pytest.raises(RuntimeError, match="nothing was mapped before"):
        pynn.run(1)


def test_skipped_mapping_does_not_know_new_populations(mapped, marocco):
    marocco.skip_mapping = True
    pynn.Population(1, pynn.IF_cond_exp)
    with pytest.raises(RuntimeError, match="populations were made since the mapping"):
        pynn.run(1)


def test_floating_gates_are_programmed_anew_unless_the_configurator_says_no(mapped, marocco):
    pop, _, _, _ = mapped
    pop.record_v()
    marocco.skip_mapping, marocco.backend = True, PyMarocco.ESS
    marocco.variation = Variation.default(3)

    def rest() -> float:
        pynn.run(5)
        return float(pop.get_v()[-1, 2])

    marocco.hicann_configurator = PyMarocco.ParallelHICANNv4Configurator
    first, second = rest(), rest()
    marocco.hicann_configurator = PyMarocco.NoResetNoFGConfigurator
    third = rest()
    assert first != second == third


def test_measured_leak_potential_is_used(marocco, tmp_path):
    line = Curve("polynomial", np.tile([100.0, 400.0], (512, 1)), np.zeros(512), np.full(512, 1.8))
    curves = HicannCurves(denmem={"E_l": line})
    save_calibration(Calibration(hicanns={297: curves}), tmp_path / "calib")
    marocco.calib_path, marocco.calib_backend = tmp_path / "calib", PyMarocco.CalibBackend.XML
    pynn.setup(marocco=marocco)
    pop = pynn.Population(1, pynn.IF_cond_exp, {"v_rest": -60.0})
    marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(C.Enum(297)))
    pynn.run(0)
    runtime = session.current().runtime
    denmem = runtime.results().placement.find(pop[0])[0].logical_neuron().front()
    gates = runtime.wafer()[denmem.toHICANNOnWafer()].floating_gates
    assert gates.getNeuron(denmem, HICANN.E_l) == 100 + 400 * 0.6  # -60 mV are 0.6 V


def test_mapping_is_taken_from_the_result_file(mapped, marocco):
    pop, sources, projection, runtime = mapped
    runtime.results().save("kept.bin")
    marocco.persist, marocco.skip_mapping, marocco.backend = "kept.bin", True, PyMarocco.ESS
    sources.record()
    sources.set("spike_times", [1.0])
    session.current().runtime = fresh = Runtime(marocco.default_wafer)
    pynn.run(5)
    np.testing.assert_allclose(sources.getSpikes()[:, 1], [1.0, 1.0], atol=0.051)
    items = fresh.results().synapse_routing.synapses().find(projection)
    assert [i.hardware_synapse() for i in items] == [
        i.hardware_synapse() for i in runtime.results().synapse_routing.synapses().find(projection)
    ]
    pynn.Projection(pop, pop, pynn.OneToOneConnector(weights=0.004))
    session.current().runtime = Runtime(marocco.default_wafer)
    with pytest.raises(RuntimeError, match="another network"):
        pynn.run(5)
