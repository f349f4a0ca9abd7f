"""An AdEx neuron on the executable system specification."""

import pyhmf as pynn
import pysthal
from pymarocco import Defects, PyMarocco

marocco = PyMarocco()
marocco.backend = PyMarocco.ESS
marocco.calib_backend = PyMarocco.CalibBackend.Default
marocco.defects.backend = Defects.Backend.Without
marocco.hicann_configurator = pysthal.HICANNConfigurator()
marocco.experiment_time_offset = 5e-7
marocco.neuron_placement.default_neuron_size(4)
marocco.persist = "nmpm1_adex_neuron_ess.bin"
marocco.param_trafo.use_big_capacitors = False

pynn.setup(marocco=marocco)

neuron = pynn.Population(
    1,
    pynn.EIF_cond_exp_isfa_ista,
    {
        "a": 4.0, "b": 0.0805, "cm": 0.281, "delta_T": 1.0, "e_rev_E": 0.0, "e_rev_I": -80.0, "tau_m": 9.3667,
        "tau_refrac": 0.2, "tau_syn_E": 20.0, "tau_syn_I": 20.0, "tau_w": 144.0, "v_reset": -70.6, "v_rest": -70.6,
        "v_spike": -40.0, "v_thresh": -50.4,
    },
)  # fmt: skip
times = [10.0, 50.0, 65.0, 89.0, 233.0, 245.0, 255.0, 345.0, 444.4]
stimulus = pynn.Population(1, pynn.SpikeSourceArray, {"spike_times": times})
pynn.Projection(stimulus, neuron, pynn.OneToOneConnector(weights=0.0138445), target="excitatory")

neuron.record_v()
neuron.record()

pynn.run(500.0)

for index, time in neuron.getSpikes():
    print(f"Neuron {int(index)} spiked at {time:.1f}")

pynn.end()
