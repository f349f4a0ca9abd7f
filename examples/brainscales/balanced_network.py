"""A balanced random network (Brunel 2000, a sixth of it): 2083 neurons, each from 166 + 41 of them and 200 sources."""

import argparse

import pyhmf as pynn
from pymarocco import Defects, PyMarocco

parser = argparse.ArgumentParser()
parser.add_argument("--scale", type=float, default=1.0, help="of all numbers of cells and synapses")
parser.add_argument("--result", default="", help="file for the mapping")
args = parser.parse_args()


def scaled(number):
    """Return a number for the network of the chosen scale."""
    return max(round(args.scale * number), 1)


marocco = PyMarocco()
marocco.neuron_placement.default_neuron_size(8)
marocco.defects.backend = Defects.Backend.Without
marocco.calib_backend = PyMarocco.CalibBackend.Default
marocco.continue_despite_synapse_loss = True
marocco.persist = args.result
pynn.setup(marocco=marocco)

exc = pynn.Population(scaled(1666), pynn.IF_cond_exp, label="E")
inh = pynn.Population(scaled(417), pynn.IF_cond_exp, label="I")
noise = pynn.Population(scaled(2083), pynn.SpikeSourcePoisson, {"rate": 2.0}, label="X")

projections = []
for pre, number, weight, target in (
    (exc, 166, 0.004, "excitatory"),
    (inh, 41, 0.02, "inhibitory"),
    (noise, 200, 0.004, "excitatory"),
):
    for post in (exc, inh):
        connector = pynn.FixedNumberPreConnector(scaled(number), weights=weight)
        projections.append(pynn.Projection(pre, post, connector, target=target))

pynn.run(0)
print(marocco.stats)
pynn.end()
