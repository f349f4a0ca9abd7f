"""Introduction (2017): place one neuron by hand, read the result file, print the denmems."""

import pyhmf as pynn
import pylogging
from pyhalbe.Coordinate import HICANNOnWafer, X, Y
from pymarocco import PyMarocco
from pymarocco.results import Marocco

for domain in ("Calibtic", "marocco"):
    pylogging.set_loglevel(pylogging.get(domain), pylogging.LogLevel.INFO)

marocco = PyMarocco()
marocco.persist = "results.bin"
pynn.setup(marocco=marocco)

pop = pynn.Population(1, pynn.IF_cond_exp, {})
hicann = HICANNOnWafer(X(5), Y(5))
marocco.manual_placement.on_hicann(pop, hicann, 4)

pynn.run(10)
pynn.end()

results = Marocco.from_file(marocco.persist)
for neuron in pop:
    for item in results.placement.find(neuron):
        for denmem in item.logical_neuron():
            print(denmem)
