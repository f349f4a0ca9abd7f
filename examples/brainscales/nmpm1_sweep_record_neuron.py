"""Record the membranes of ten neurons one after the other through the analog outputs of one HICANN."""

import numpy as np
import pyhalco_hicann_v2 as C
import pyhmf as pynn
from pyhalco_common import Enum
from pymarocco import Defects, PyMarocco
from pymarocco.runtime import Runtime

marocco = PyMarocco()
marocco.default_wafer = C.Wafer(22)
marocco.defects.backend = Defects.Backend.Without
runtime = Runtime(marocco.default_wafer)
pynn.setup(marocco=marocco, marocco_runtime=runtime)

pop = pynn.Population(10, pynn.IF_cond_exp, {"cm": 0.2, "v_rest": -40.0, "v_reset": -70.0, "v_thresh": -45.0})
pop.record()
marocco.manual_placement.on_hicann(pop, C.HICANNOnWafer(Enum(297)))

marocco.backend = PyMarocco.Without
pynn.run(0)

marocco.skip_mapping = True
marocco.backend = PyMarocco.Hardware
marocco.verification = PyMarocco.Skip

for i, neuron in enumerate(pop):
    logical_neuron = runtime.results().placement.find(neuron)[0].logical_neuron()
    runtime.results().analog_outputs.record(logical_neuron)
    pynn.run(100.0)
    np.savetxt(f"membrane_{i}.txt", pop.get_v())
    np.savetxt(f"spikes_{i}.txt", pop.getSpikes())
    pynn.reset()
    runtime.results().analog_outputs.unrecord(logical_neuron)
