"""Map once, then run with other leak potentials, written as DAC values of the floating gates."""

import numpy as np
import pyhalco_hicann_v2 as C
import pyhmf as pynn
from pyhalbe import HICANN
from pyhalco_common import Enum
from pymarocco import Defects, PyMarocco
from pymarocco.runtime import Runtime

marocco = PyMarocco()
marocco.defects.backend = Defects.Backend.Without
runtime = Runtime(marocco.default_wafer)
pynn.setup(marocco=marocco, marocco_runtime=runtime)

pop = pynn.Population(1, pynn.IF_cond_exp, {"cm": 0.2, "v_rest": -20.0, "v_reset": -70.0, "v_thresh": -10.0})
pop.record()
pop.record_v()
marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(Enum(297)))

marocco.backend = PyMarocco.Without
pynn.run(100.0)

(item,) = runtime.results().placement.find(pop[0])
denmems = list(item.logical_neuron())
original = {}
for denmem in denmems:
    floating_gates = runtime.wafer()[denmem.toHICANNOnWafer()].floating_gates
    original[denmem] = floating_gates.getNeuron(denmem.toNeuronOnHICANN(), HICANN.neuron_parameter.E_l)

marocco.skip_mapping = True
marocco.backend = PyMarocco.Hardware

for change in (-200, -100, 0, 100, 200):
    for denmem in denmems:
        floating_gates = runtime.wafer()[denmem.toHICANNOnWafer()].floating_gates
        value = int(np.clip(original[denmem] + change, 0, 1023))
        floating_gates.setNeuron(denmem.toNeuronOnHICANN(), HICANN.neuron_parameter.E_l, value)
    pynn.run(100.0)
    v = pop.get_v()
    print(f"E_l {change:+d} DAC: {len(pop.getSpikes())} spikes, mean potential {v[:, 2].mean():.1f} mV")
    np.savetxt(f"membrane_fg{change:+d}.txt", v)
    pynn.reset()
