"""Map once, then run with other input spikes (2022 names)."""

import numpy as np
import pyhalco_hicann_v2 as C
import pyhmf as pynn
from pyhalbe import HICANN
from pyhalco_common import Enum, iter_all
from pymarocco import Defects, PyMarocco
from pymarocco.runtime import Runtime
from pysthal.command_line_util import init_logger

init_logger("WARN", [("marocco", "ERROR"), ("Calibtic", "ERROR"), ("sthal", "ERROR")])

marocco = PyMarocco()
marocco.default_wafer = C.Wafer(33)
marocco.defects.backend = Defects.Backend.Without
runtime = Runtime(marocco.default_wafer)
pynn.setup(marocco=marocco, marocco_runtime=runtime)

pop = pynn.Population(
    1,
    pynn.IF_cond_exp,
    {
        "cm": 0.2, "v_reset": -70.0, "v_rest": -20.0, "v_thresh": -10.0, "e_rev_I": -100.0, "e_rev_E": 60.0,
        "tau_m": 20.0, "tau_refrac": 0.1, "tau_syn_E": 5.0, "tau_syn_I": 5.0,
    },
)  # fmt: skip
pop.record()
pop.record_v()
marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(Enum(297)))

stimulus = pynn.Population(1, pynn.SpikeSourceArray, {"spike_times": []})
projection = pynn.Projection(stimulus, pop, pynn.AllToAllConnector(weights=1), target="excitatory")
duration = 400.0

marocco.skip_mapping = False
marocco.backend = PyMarocco.Without
pynn.reset()
pynn.run(duration)

for hicann in runtime.wafer().getAllocatedHicannCoordinates():
    for block in iter_all(C.FGBlockOnHICANN):
        for gmax in ("V_gmax0", "V_gmax1", "V_gmax2", "V_gmax3"):
            parameter = getattr(HICANN.shared_parameter, gmax)
            runtime.wafer()[hicann].floating_gates.setShared(block, parameter, 1023)
    for driver in iter_all(C.SynapseDriverOnHICANN):
        for row in iter_all(C.RowOnSynapseDriver):
            runtime.wafer()[hicann].synapses[driver][row].set_gmax_div(HICANN.GmaxDiv(2))

for item in runtime.results().synapse_routing.synapses().find(projection):
    synapse = item.hardware_synapse()
    runtime.wafer()[synapse.toHICANNOnWafer()].synapses[synapse].weight = HICANN.SynapseWeight(15)

marocco.skip_mapping = True
marocco.backend = PyMarocco.Hardware

for i, times in enumerate(([100, 110], [200, 210], [300, 310])):
    runtime.results().spike_times.set(stimulus[0], times)
    pynn.run(duration)
    np.savetxt(f"membrane_n{i}.txt", pop.get_v())
    np.savetxt(f"spikes_n{i}.txt", pop.getSpikes())
    pynn.reset()
