"""The published 50 x 50 stimulus matrix through the PyNN 0.7 dialect, with the heuristics of 2015."""

from __future__ import annotations

import numpy as np

from mapper.frontends import pyhmf as pynn
from mapper.frontends.pymarocco import PyMarocco
from models.instance import load_instance
from models.instance.library import find


def test_loss_of_the_published_matrix(monkeypatch):
    monkeypatch.setenv("HICANN_MAPPER_SOLVER", "marocco-2015")
    synapses = load_instance(find("guidebook-merged")).network.synapses
    stim = synapses.projection == 0
    pairs = np.column_stack([synapses.pre[stim] - 50, synapses.post[stim]])
    assert len(pairs) == 1247
    marocco = PyMarocco()
    marocco.neuron_placement.default_neuron_size(4)
    marocco.synapse_routing.driver_chain_length(5)
    marocco.continue_despite_synapse_loss = True
    pynn.setup(marocco=marocco)
    neuron = pynn.Population(50, pynn.IF_cond_exp)
    source = pynn.Population(50, pynn.SpikeSourcePoisson, {"rate": 2})
    connections = [(pre, post, 0.00425, 0.1) for pre, post in pairs.tolist()]
    projection = pynn.Projection(source, neuron, pynn.FromListConnector(connections), target="excitatory")
    pynn.run(1)
    wanted = ~np.isnan(projection.getWeights(format="array"))
    realised = ~np.isnan(marocco.stats.getWeights(projection))
    assert np.count_nonzero(wanted & ~realised) == marocco.stats.getSynapseLoss() == 294
    assert not np.any(realised & ~wanted)
    # 15 + 15 + 15 + 5 sources with 3 + 3 + 3 + 1 rows of two columns: at most 6, 6, 6 and 2 synapses of each neuron
    groups = np.repeat(np.arange(4), [15, 15, 15, 5])
    for group, most in enumerate((6, 6, 6, 2)):
        inputs = wanted[groups == group].sum(axis=0)
        np.testing.assert_array_equal(realised[groups == group].sum(axis=0), np.minimum(inputs, most))
