"""Introduction (2022): names of pyhalco, and a population whose parts go to different HICANNs."""

import pyhmf as pynn
from pyhalco_common import Enum, X, Y
from pyhalco_hicann_v2 import HICANNOnWafer
from pymarocco import Defects, PyMarocco
from pymarocco.results import Marocco

marocco = PyMarocco()
marocco.calib_backend = PyMarocco.CalibBackend.Default
marocco.defects.backend = Defects.Backend.Without
marocco.persist = "results.xml.gz"
pynn.setup(marocco=marocco)

pop = pynn.Population(1, pynn.IF_cond_exp, {})
marocco.manual_placement.on_hicann(pop, HICANNOnWafer(X(5), Y(5)), 4)

others = pynn.Population(3, pynn.IF_cond_exp, {})
marocco.manual_placement.on_hicann(pynn.PopulationView(others, [0]), HICANNOnWafer(Enum(5)))
marocco.manual_placement.on_hicann(pynn.PopulationView(others, [1]), HICANNOnWafer(Enum(1)))

pynn.run(10)
pynn.end()

results = Marocco.from_file(marocco.persist)
for population in (pop, others):
    for neuron in population:
        for item in results.placement.find(neuron):
            for denmem in item.logical_neuron():
                print(denmem)
