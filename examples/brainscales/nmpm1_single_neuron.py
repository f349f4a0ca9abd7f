"""A neuron with excitatory and inhibitory input, mapped once and run with several digital weights (2017 names)."""

import argparse
import os

import Coordinate as C
import numpy as np
import pyhmf as pynn
import pylogging
from pyhalbe import HICANN
from pymarocco import Defects, PyMarocco
from pymarocco.runtime import Runtime

parser = argparse.ArgumentParser()
parser.add_argument("--weights", type=int, nargs="+", default=[5, 10, 15])
args = parser.parse_args()

for domain in ("", "Calibtic", "marocco"):
    pylogging.set_loglevel(pylogging.get(domain), pylogging.LogLevel.ERROR)


def set_sthal_params(wafer, gmax, gmax_div):
    """Use the strongest synapses everywhere; programming passes and the other voltages as on the wafer."""
    for hicann in wafer.getAllocatedHicannCoordinates():
        fgs = wafer[hicann].floating_gates
        for block in C.iter_all(C.FGBlockOnHICANN):
            for name in ("V_gmax0", "V_gmax1", "V_gmax2", "V_gmax3"):
                fgs.setShared(block, getattr(HICANN.shared_parameter, name), gmax)
        for driver in C.iter_all(C.SynapseDriverOnHICANN):
            for row in C.iter_all(C.RowOnSynapseDriver):
                wafer[hicann].synapses[driver][row].set_gmax_div(C.left, gmax_div)
                wafer[hicann].synapses[driver][row].set_gmax_div(C.right, gmax_div)
        for i in range(fgs.getNoProgrammingPasses()):
            cfg = fgs.getFGConfig(C.Enum(i))
            cfg.fg_biasn = 0
            cfg.fg_bias = 0
            fgs.setFGConfig(C.Enum(i), cfg)
        for block in C.iter_all(C.FGBlockOnHICANN):
            fgs.setShared(block, HICANN.shared_parameter.V_dllres, 275)
            fgs.setShared(block, HICANN.shared_parameter.V_ccas, 800)


neuron_parameters = {
    "cm": 0.2,
    "v_reset": -70.0,
    "v_rest": -20.0,
    "v_thresh": -10.0,
    "e_rev_I": -100.0,
    "e_rev_E": 60.0,
    "tau_m": 20.0,
    "tau_refrac": 0.1,
    "tau_syn_E": 5.0,
    "tau_syn_I": 5.0,
}

marocco = PyMarocco()
marocco.neuron_placement.default_neuron_size(4)
marocco.neuron_placement.minimize_number_of_sending_repeaters(False)
marocco.merger_routing.strategy(marocco.merger_routing.one_to_one)
marocco.bkg_gen_isi = 125
marocco.pll_freq = 125e6
marocco.backend = PyMarocco.Hardware
marocco.calib_backend = PyMarocco.XML
marocco.defects.backend = Defects.Without
marocco.default_wafer = C.Wafer(int(os.environ.get("WAFER", 33)))
marocco.param_trafo.use_big_capacitors = True
marocco.input_placement.consider_firing_rate(True)
marocco.input_placement.bandwidth_utilization(0.8)

runtime = Runtime(marocco.default_wafer)
pynn.setup(marocco=marocco, marocco_runtime=runtime)

pop = pynn.Population(1, pynn.IF_cond_exp, neuron_parameters)
pop.record()
pop.record_v()
marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(C.Enum(297)))

connector = pynn.AllToAllConnector(weights=1)
duration = 1500.0
stimulus_exc = pynn.Population(1, pynn.SpikeSourceArray, {"spike_times": [250, 500, 520, 540, 1250]})
stimulus_inh = pynn.Population(1, pynn.SpikeSourceArray, {"spike_times": [750, 1000, 1020, 1040, 1250]})
projections = [
    pynn.Projection(stimulus_exc, pop, connector, target="excitatory"),
    pynn.Projection(stimulus_inh, pop, connector, target="inhibitory"),
]

# map only
marocco.skip_mapping = False
marocco.backend = getattr(PyMarocco, "None")
pynn.reset()
pynn.run(duration)

set_sthal_params(runtime.wafer(), gmax=1023, gmax_div=1)

# run without mapping
marocco.skip_mapping = True
marocco.backend = PyMarocco.Hardware
marocco.hicann_configurator = PyMarocco.ParallelHICANNv4Configurator

for digital_weight in args.weights:
    for proj in projections:
        (proj_item,) = runtime.results().synapse_routing.synapses().find(proj)
        synapse = proj_item.hardware_synapse()
        proxy = runtime.wafer()[synapse.toHICANNOnWafer()].synapses[synapse]
        proxy.weight = HICANN.SynapseWeight(digital_weight)
    pynn.run(duration)
    np.savetxt(f"membrane_w{digital_weight}.txt", pop.get_v())
    np.savetxt(f"spikes_w{digital_weight}.txt", pop.getSpikes())
    pynn.reset()
    marocco.hicann_configurator = PyMarocco.NoResetNoFGConfigurator

runtime.results().save("results.xml.gz", True)
