"""A synfire chain with feed-forward inhibition: a packet of spikes runs through eleven groups."""

import argparse

import numpy as np
import pyhmf as pynn
from pymarocco import Defects, PyMarocco

parser = argparse.ArgumentParser()
parser.add_argument("--groups", type=int, default=11)
args = parser.parse_args()

size = 8
marocco = PyMarocco()
marocco.backend = PyMarocco.ESS
marocco.defects.backend = Defects.Backend.Without
marocco.continue_despite_synapse_loss = True
pynn.setup(marocco=marocco)

parameters = {"cm": 0.2, "v_reset": -70.0, "v_rest": -70.0, "v_thresh": -47.0, "e_rev_I": -70.0, "e_rev_E": 0.0}
excitatory = [pynn.Population(size, pynn.IF_cond_exp, parameters, label=f"exc{i}") for i in range(args.groups)]
inhibitory = [pynn.Population(size, pynn.IF_cond_exp, parameters, label=f"inh{i}") for i in range(args.groups)]

rng = np.random.RandomState(42)
packet = pynn.Population(size, pynn.SpikeSourceArray, label="packet")
packet.tset("spike_times", [[t] for t in np.clip(rng.normal(25.0, 0.5, size), 0.0, None)])

exc_to_exc = pynn.AllToAllConnector(weights=0.005, delays=3.0)
exc_to_inh = pynn.AllToAllConnector(weights=0.005, delays=3.0)
inh_to_exc = pynn.AllToAllConnector(weights=0.5, delays=3.0)
sources = [packet, *excitatory[:-1]]
for source, exc, inh in zip(sources, excitatory, inhibitory, strict=True):
    pynn.Projection(source, exc, exc_to_exc, target="excitatory")
    pynn.Projection(source, inh, exc_to_inh, target="excitatory")
    pynn.Projection(inh, exc, inh_to_exc, target="inhibitory")

everyone = pynn.Assembly(*excitatory, *inhibitory)
everyone.record()

pynn.run(150.0)

print(marocco.stats)
for i, population in enumerate(excitatory):
    spikes = population.getSpikes()
    when = f"first at {spikes[:, 1].min():.1f} ms" if len(spikes) else "silent"
    print(f"group {i}: {len(spikes)} spikes, {when}")

pynn.end()
