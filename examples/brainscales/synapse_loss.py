"""Synapse loss: how many synapses of two random projections the wafer realises."""

import argparse

import numpy as np
import pyhmf as pynn
import pylogging
from pymarocco import PyMarocco

parser = argparse.ArgumentParser()
parser.add_argument("--plot", action="store_true", help="write synapse_loss.png")
args = parser.parse_args()

pylogging.reset()
pylogging.default_config(level=pylogging.LogLevel.ERROR)

marocco = PyMarocco()
marocco.neuron_placement.default_neuron_size(4)
marocco.synapse_routing.driver_chain_length(5)
marocco.continue_despite_synapse_loss = True
marocco.calib_backend = PyMarocco.CalibBackend.Default

pynn.setup(marocco=marocco)

neuron = pynn.Population(50, pynn.IF_cond_exp)
source = pynn.Population(50, pynn.SpikeSourcePoisson, {"rate": 2})

connector = pynn.FixedProbabilityConnector(allow_self_connections=True, p_connect=0.5, weights=0.00425)
proj_stim = pynn.Projection(source, neuron, connector, target="excitatory")
proj_rec = pynn.Projection(neuron, neuron, connector, target="excitatory")

pynn.run(1)

print(marocco.stats)

total, total_lost = 0, 0
for proj in (proj_stim, proj_rec):
    wanted = ~np.isnan(proj.getWeights(format="array"))
    realised = ~np.isnan(marocco.stats.getWeights(proj))
    lost = np.count_nonzero(wanted & ~realised)
    total += np.count_nonzero(wanted)
    total_lost += lost
    print(proj, "synapse loss:", 100.0 * lost / np.count_nonzero(wanted), "%")

assert total == marocco.stats.getSynapses()
assert total_lost == marocco.stats.getSynapseLoss()

if args.plot:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    wanted = ~np.isnan(proj_stim.getWeights(format="array"))
    realised = ~np.isnan(marocco.stats.getWeights(proj_stim))
    plt.imshow(0.5 * wanted + 0.5 * realised, cmap="hot", interpolation="nearest")
    plt.xlabel("post neuron")
    plt.ylabel("pre neuron")
    plt.title("realized and lost synapses")
    plt.savefig("synapse_loss.png")

pynn.end()
