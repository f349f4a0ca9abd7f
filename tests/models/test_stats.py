"""The printed loss statistics, character by character."""

import mapper
from models.instance import load_instance
from models.instance.library import find
from models.stats import MappingStats


def test_the_published_printout():
    stats = MappingStats(2486, 1905, 581, 0, 2, 2, 50, 0.4, 0.02)
    assert str(stats) == (
        "MappingStats {\n\tsynapse_loss: 581 (23.3709%)\n\tsynapses: 2486\n\tsynapses set: 1905\n"
        "\tsynapses lost: 581\n\tsynapses lost(l1): 0\n\tpopulations: 2\n\tprojections: 2\n\tneurons: 50}"
    )


def test_nothing_lost_is_printed_as_0_percent():
    assert "synapse_loss: 0 (0%)" in str(MappingStats(10, 10, 0, 0, 1, 1, 5, 0.1, 0.1))
    assert MappingStats(0, 0, 0, 0, 1, 0, 5, 0.1, 0.0).loss_percent == 0


def test_statistics_of_a_mapping():
    instance = load_instance(find("guidebook-merged"))
    solution = mapper.solve(instance, "marocco")
    stats = MappingStats.of(instance.network, solution.mapping)
    assert (stats.synapses, stats.synapses_lost, stats.synapses_lost_l1) == (2485, solution.lost, 0)
    assert stats.synapses_set + stats.synapses_lost == stats.synapses
    assert (stats.populations, stats.projections, stats.neurons) == (2, 2, 50)
    assert stats.neuron_usage == 50 * 4 / 512
    assert stats.synapse_usage == stats.synapses_set / 114688
