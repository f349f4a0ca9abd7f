"""A balanced random network of 500 neurons for any simulator of PyNN 0.12 or 0.13.

    python balanced.py                        # on the emulated wafer
    python balanced.py pyNN.nest              # on NEST

The simulator is one import: everything else is plain PyNN.
"""

import argparse
from importlib import import_module

import numpy as np
from pyNN.random import NumpyRNG, RandomDistribution

CELL = {
    "cm": 0.2, "tau_m": 10.0, "tau_refrac": 2.0, "tau_syn_E": 3.0, "tau_syn_I": 3.0,
    "v_rest": -65.0, "v_reset": -65.0, "v_thresh": -50.0, "e_rev_E": 0.0, "e_rev_I": -80.0,
}  # fmt: skip
EXCITATORY, INHIBITORY, DELAY = 0.001, 0.01, 0.7  # uS, uS, ms
RATE, PROBABILITY = 40.0, 0.12  # Hz of each of the 500 external sources; 60 inputs of each kind per neuron


def main(simulator, duration, seed, **options):
    """Return the mean rate of the excitatory and of the inhibitory neurons [Hz]."""
    sim = import_module(simulator)
    sim.setup(timestep=0.1, min_delay=0.1, max_delay=10.0, **options)
    rng = NumpyRNG(seed=seed)
    exc = sim.Population(400, sim.IF_cond_exp(**CELL), label="exc")
    inh = sim.Population(100, sim.IF_cond_exp(**CELL), label="inh")
    ext = sim.Population(500, sim.SpikeSourcePoisson(rate=RATE), label="ext")
    neurons = exc + inh
    exc.initialize(v=RandomDistribution("uniform", (-65.0, -52.0), rng=rng))
    inh.initialize(v=RandomDistribution("uniform", (-65.0, -52.0), rng=rng))

    random = sim.FixedProbabilityConnector(PROBABILITY, rng=rng)
    plus = sim.StaticSynapse(weight=EXCITATORY, delay=DELAY)
    minus = sim.StaticSynapse(weight=INHIBITORY, delay=DELAY)
    sim.Projection(ext, neurons, random, plus, receptor_type="excitatory")
    sim.Projection(exc, neurons, random, plus, receptor_type="excitatory")
    sim.Projection(inh, neurons, random, minus, receptor_type="inhibitory")

    neurons.record("spikes")
    exc[:3].record(["v", "gsyn_exc"])
    sim.run(duration)

    rates = [population.mean_spike_count() * 1000.0 / duration for population in (exc, inh)]
    signals = {signal.name: signal for signal in exc.get_data().segments[0].analogsignals}
    print(f"{simulator}: excitatory {rates[0]:.1f} Hz, inhibitory {rates[1]:.1f} Hz")
    print(f"mean of three membranes {np.mean(signals['v'].magnitude):.1f} mV")
    if hasattr(sim, "mapping"):
        print(f"{sim.loss} of {sim.solution.synapses} synapses lost on {len(sim.mapping.hicanns_in_use)} HICANNs")
    sim.end()
    return rates


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("simulator", nargs="?", default="mapper.frontends.pynn", help="module with PyNN's functions")
    parser.add_argument("--duration", type=float, default=1000.0, help="biological time [ms]")
    parser.add_argument("--seed", type=int, default=1, help="of the network")
    parser.add_argument("--neuron-size", type=int, help="denmems of a neuron (emulated wafer only)")
    arguments = parser.parse_args()
    more = {"neuron_size": arguments.neuron_size} if arguments.neuron_size else {}
    main(arguments.simulator, arguments.duration, arguments.seed, **more)
