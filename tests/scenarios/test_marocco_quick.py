"""marocco's quick python tests that map whole networks: inputs, merging, synapses, routes."""

import numpy as np
import pytest

from models.hardware import Wafer, layer1, synapses
from models.network import Population

FEWEST = {"merging.strategy": "minimize_number_of_sending_repeaters"}


@pytest.fixture
def spikes():
    """Return ``spikes(name, size) -> Population`` of arrays of one spike."""
    return lambda name, size: Population(name, size, "SpikeSourceArray", {"spike_times": [1.0]})


def test_a12_neuron_and_input_on_one_hicann(solved, neurons, spikes, put):
    """marocco min_spl1_is_nongreedy."""
    neuron, source = neurons("n", 1), spikes("s", 1)
    solution = solved(
        [neuron, source],
        placement=[put(neuron, hicanns=(123,)), put(source, hicanns=(123,))],
        options={**FEWEST, "placement.restrict_rightmost_neuron_blocks": "true"},
    )
    assert solution.mapping.placement.hicann.tolist() == [123, 123]
    assert (solution.mapping.addresses.address > 0).all()


@pytest.mark.parametrize("size", [2, 4, 6, 8])
def test_a17_every_cell_is_somewhere(solved, neurons, spikes, project, size):
    """marocco small_network: every cell has a bus and an address, also one that nothing is connected with."""
    target, source, others = neurons("target", 1), spikes("source", 2), neurons("others", 5)
    projections = [project(source, target), project(others, target)]
    mapping = solved([target, source, others], projections, neuron_size=size).mapping
    external = np.array([False, True, True, *[False] * 5])
    assert (mapping.placement.block[external] == -1).all()
    assert (2 * mapping.placement.width).tolist() == [0 if e else size for e in external]
    assert (mapping.addresses.dnc >= 0).all()
    where = zip(
        mapping.placement.hicann.tolist(), mapping.addresses.dnc.tolist(), mapping.addresses.address, strict=True
    )
    assert len(set(where)) == 8


def test_a21_synapses_on_the_denmems_of_their_target(solved, neurons, spikes, project):
    source, target = spikes("source", 2), neurons("target", 1)
    solution = solved([target, source], [project(source, target)])
    cells, placement = solution.mapping.synapses, solution.mapping.placement
    assert (solution.synapses, solution.lost) == (2, 0)
    first = int(placement.column[0])
    assert set(cells.column.tolist()) <= set(range(first, first + int(placement.width[0])))
    assert len(set(zip(cells.row.tolist(), cells.column.tolist(), strict=True))) == 2


def test_a23_dijkstra_goes_around_a_hole(solved, neurons, project, put):
    """marocco Routing.dijkstra: 167, 168, 169, 170, 206, 242, 241, 240 is a way, but none without a step back."""
    source, target = neurons("source", 1), neurons("target", 1)
    arguments = {
        "placement": [put(source, hicanns=(167,)), put(target, hicanns=(240,))],
        "wafer": Wafer(region=frozenset({167, 168, 169, 170, 206, 240, 241, 242})),
    }
    solution = solved([source, target], [project(source, target)], solver="marocco-dijkstra", **arguments)
    assert (solution.synapses, solution.lost) == (1, 0)
    assert solved([source, target], [project(source, target)], **arguments).lost_l1 == 1


def test_a24_twelve_sources_need_three_drivers(solved, neurons, project, put):
    """marocco SynapseRouting.TwoNeuron."""
    target, pre = neurons("target", 1), [neurons(f"p{i}", 1) for i in range(12)]
    placement = [put(target, hicanns=(0,)), *[put(p, hicanns=(1,)) for p in pre]]
    solution = solved([target, *pre], [project(p, target) for p in pre], placement=placement)
    assert (solution.synapses, solution.lost) == (12, 0)
    assert solution.mapping.drivers.n_drivers == 3


def test_a25_issue1565(solved, neurons, spikes, project):
    source, target = spikes("source", 2), neurons("target", 10)
    solution = solved([source, target], [project(source, target)], neuron_size=2)
    assert (solution.synapses, solution.lost) == (20, 0)


def test_a26_issue1681_a_population_after_the_projection(solved, neurons, spikes, project):
    """Populations are a list here; the last one has no projection at all."""
    source, target, late = spikes("source", 1), neurons("target", 1), neurons("late", 1)
    solution = solved([source, target, late], [project(source, target)])
    assert solution.lost == 0
    assert solution.mapping.placement.column[2] >= 0


def test_a27_issue1217_nothing_to_map(solved):
    solution = solved([])
    assert (solution.synapses, solution.lost, len(solution.configuration.hicanns)) == (0, 0, 0)


def test_a27_issue1550_excitatory_and_inhibitory_sources(solved, neurons, spikes, project):
    plus, minus, target = spikes("plus", 3), spikes("minus", 1), neurons("target", 1)
    solution = solved([plus, minus, target], [project(plus, target), project(minus, target, receptor="inhibitory")])
    assert (solution.synapses, solution.lost) == (4, 0)


@pytest.mark.parametrize(
    ("source", "targets", "absent"),
    [
        pytest.param(227, (155, 225), {226, 263}, id="a39_detour_at_side"),
        pytest.param(351, (331, 353), {352}, id="a40_detour"),
    ],
)
def test_a39_a40_detours_keep_the_switch_limits(solved, neurons, project, put, source, targets, absent):
    """marocco switch_usage: one crossbar switch per row and column, one synapse switch per VLine."""
    pre, post = neurons("pre", 1), [neurons(f"post{h}", 1) for h in targets]
    solution = solved(
        [pre, *post],
        [project(pre, p) for p in post],
        placement=[put(pre, hicanns=(source,)), *[put(p, hicanns=(h,)) for p, h in zip(post, targets, strict=True)]],
        wafer=Wafer(region=frozenset(range(384)) - absent),
    )
    assert solution.lost == 0
    bits = solution.configuration
    for closed, lines in (
        (bits.crossbar, layer1.SWITCH_VLINE),
        (bits.crossbar, layer1.SWITCH_HLINE),
        (bits.synapse_switch, synapses.SWITCH_VLINE),
    ):
        used = [np.bincount(lines[hicann], minlength=1).max() for hicann in closed]
        assert max(used) == 1
