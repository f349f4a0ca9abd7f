"""marocco's input placement: its python tests, re-implemented numbers, legality, errors."""

from collections import Counter
from functools import partial
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.addresses import high_first, low_first
from mapper.context import Context
from mapper.inputs import nearest
from mapper.merging import marocco_greedy
from mapper.placement import linear
from mapper.problem import Problem
from mapper.requirements import requirements
from models.errors import PlacementError, ResourceExhausted
from models.hardware import Defects, Wafer
from models.hardware.coordinates import FPGA_OF
from models.hardware.mergers import is_realisable
from models.instance import Instance, PlacementRequest
from models.mapping import INPUT, OUTPUT, nets_of
from models.network import AllToAll, Network, Population, Projection, Static

NEURONS = (linear, marocco_greedy, high_first)
FEWEST = (linear, partial(marocco_greedy, strategy="minimize_number_of_sending_repeaters"), high_first)


def sources(n, rate=1.0, name="s"):
    return Population(name, n, "SpikeSourcePoisson", {"rate": rate})


def stimulated(source, n_targets=1, projections=1):
    target = Population("t", n_targets, "IF_cond_exp")
    return Network(
        (target, source),
        tuple(
            Projection(f"p{i}", (source.view(),), (target.view(),), "excitatory", AllToAll(), Static(0.01))
            for i in range(projections)
        ),
    )


@pytest.fixture
def placed(make_problem, run, request_at):
    """Return ``placed(network, hicann, **arguments) -> Mapping``: target on ``hicann``, everything up to inputs."""

    def place(network, hicann=100, stages=(*NEURONS, nearest), **arguments):
        target = network.populations[0]
        request = request_at("t", range(target.size), hicanns=(hicann,))
        return run(make_problem(network, placement=[request], **arguments), *stages)

    return place


def sources_by_bus(mapping):
    """Return {hicann: [sources on DNC merger 7, 6, ...]}."""
    cells = mapping.placement.column < 0
    found = Counter(zip(mapping.placement.hicann[cells].tolist(), mapping.addresses.dnc[cells].tolist(), strict=True))
    table = {}
    for (hicann, dnc), n in sorted(found.items(), key=lambda item: (item[0][0], -item[0][1])):
        table.setdefault(hicann, []).append((dnc, n))
    return table


@pytest.mark.parametrize(
    ("n", "buses"),
    [
        (1, {100: [(7, 1)]}),
        (30, {100: [(7, 11), (6, 11), (5, 8)]}),
        (
            100,
            {
                100: [(7, 10), (6, 11), (5, 11), (4, 12)],
                72: [(7, 11), (6, 9), (5, 10), (4, 10), (3, 10), (2, 6)],
            },
        ),
    ],
)
def test_buses_are_split_until_three_drivers_suffice(placed, n, buses):
    assert sources_by_bus(placed(stimulated(sources(n)))) == buses


@pytest.mark.parametrize("n", [1, 10, 30, 100, 600])
def test_at_most_twelve_sources_on_a_bus(placed, n):
    """marocco external_sources_drivers; 600 sources take 58 DNC mergers of 8 HICANNs."""
    buses = sources_by_bus(placed(stimulated(sources(n))))
    counts = [count for hicann in buses.values() for _, count in hicann]
    assert sum(counts) == n
    assert max(counts) <= 12
    if n == 600:
        assert (len(counts), len(buses)) == (58, 8)


@pytest.mark.parametrize("n", [1, 30])
@pytest.mark.parametrize("projections", [1, 2, 20])
def test_parallel_projections(placed, n, projections):
    """marocco external_sources_projections: more than 12 half rows per source leave one source per bus."""
    warnings = []
    network = stimulated(sources(n), projections=projections)
    stages = [partial(f) for f in NEURONS]
    mapping = placed(network, stages=[*stages, lambda p, d, c: nearest(p, d, Context(listener=warnings.append))])
    counts = [count for hicann in sources_by_bus(mapping).values() for _, count in hicann]
    assert sum(counts) == n
    assert max(counts) <= (1 if projections > 4 else 12)
    assert len(warnings) == (n if projections == 20 else 0)


def test_without_chain_limit(placed):
    stages = (*FEWEST, partial(nearest, chain_aware=False))
    assert sources_by_bus(placed(stimulated(sources(50)), stages=stages)) == {100: [(7, 50)]}


RATE = 100.0
PER_HICANN = ceil(1.05 * 17.8e6 / 1e4 / RATE)


def spike_arrays(n, interval=10.0, shuffled=False):
    rng = np.random.default_rng(1)
    times = [np.arange(20) * interval + (i + 1) / n * interval for i in range(n)]
    return [list(rng.permutation(t)) if shuffled else list(t) for t in times]


@pytest.mark.parametrize(
    ("source", "limits", "counts"),
    [
        (sources(PER_HICANN, RATE), {"bandwidth_utilization": 1.0}, [17, 2]),
        (sources(PER_HICANN, RATE), {"bandwidth_utilization": 1.0, "speedup": 5000.0}, [19]),
        (sources(PER_HICANN, RATE), {"bandwidth_utilization": 0.5}, [8, 8, 3]),
        (sources(PER_HICANN, RATE), {"bandwidth_utilization": 0.5, "consider_firing_rate": False}, [19]),
        (
            Population("s", 19, "SpikeSourceArray", {"spike_times": spike_arrays(19)}),
            {"bandwidth_utilization": 1.0},
            [17, 2],
        ),
        (
            Population("s", 19, "SpikeSourceArray", {"spike_times": spike_arrays(19, shuffled=True)}),
            {"bandwidth_utilization": 1.0},
            [17, 2],
        ),
    ],
    ids=["hicann", "speedup", "utilization", "off", "array", "array-shuffled"],
)
def test_rate_limit_of_a_hicann(placed, source, limits, counts):
    """marocco RateDependentInput: 19 sources of 100 Hz are 1.05 times what a HICANN takes."""
    mapping = placed(stimulated(source), hicann=1, **limits)
    assert sorted((sum(n for _, n in b) for b in sources_by_bus(mapping).values()), reverse=True) == counts


def test_rate_limit_of_an_fpga(placed):
    n = ceil(1.05 * 125e6 / 1e4 / RATE)
    mapping = placed(stimulated(sources(n, RATE)), hicann=1, bandwidth_utilization=1.0)
    assert len(set(FPGA_OF[mapping.placement.hicann[1:]].tolist())) == 2


def test_a_source_that_is_too_fast_for_any_hicann(placed):
    with pytest.raises(ResourceExhausted, match="out of resources for external inputs: no room for 2 sources of s"):
        placed(stimulated(sources(2, 1500.0)))


def test_full_wafer(make_problem, run):
    wafer = Wafer(region=frozenset({0}))
    with pytest.raises(ResourceExhausted, match="out of resources for external inputs"):
        run(make_problem(stimulated(sources(100), 128), wafer=wafer), *NEURONS, nearest)


def two_inputs():
    target = Population("t", 10, "IF_cond_exp")
    inputs = (sources(10, 2.0, "ext"), sources(10, 2.0, "ext1"))
    return Network(
        (target, *inputs),
        tuple(
            Projection(s.name, (s.view(),), (target.view(),), "excitatory", AllToAll(), Static(0.01)) for s in inputs
        ),
    )


def test_manual_inputs(make_problem, run, request_at):
    """marocco popview_external_source: views on two HICANNs, one of them listed backwards, the rest automatic."""
    requests = [
        request_at("ext", [1, 3, 5, 7, 9], hicanns=(121,)),
        request_at("ext", [0, 2, 4, 6, 8], hicanns=(122,)),
        request_at("ext1", [1, 2, 3, 4], hicanns=(121,)),
        request_at("ext1", [8, 7, 6], hicanns=(122,)),
    ]
    mapping = run(make_problem(two_inputs(), placement=requests), *NEURONS, nearest)
    ext, ext1 = mapping.placement.hicann[10:20], mapping.placement.hicann[20:]
    assert ext.tolist() == [122, 121] * 5
    assert ext1[1:5].tolist() == [121] * 4
    assert ext1[6:9].tolist() == [122] * 3
    assert (ext1[[0, 5, 9]] == 0).all()
    assert (mapping.addresses.address[10:] > 0).all()


def test_manual_input_without_room(make_problem, run, request_at):
    requests = [request_at("s", range(200), hicanns=(5,))]
    with pytest.raises(
        PlacementError,
        match=r"net.yaml:7:3: out of resources for manually placed external inputs: \d+ sources of s do not fit on "
        r"HICANN 5 \(17,0\)",
    ):
        run(make_problem(stimulated(sources(200)), placement=requests), *NEURONS, nearest)


def test_manual_input_twice_or_on_a_dead_hicann(make_problem, run, request_at):
    network = stimulated(sources(3))
    twice = [request_at("s", [0, 1], hicanns=(5,)), request_at("s", [1], hicanns=(6,))]
    with pytest.raises(PlacementError, match=r"unable to implement manual placement request: s\[1\] is placed twice"):
        run(make_problem(network, placement=twice), *NEURONS, nearest)
    wafer = Wafer(Defects.from_components(hicanns=[5]))
    with pytest.raises(PlacementError, match="HICANN unavailable during manual population placement"):
        run(make_problem(network, placement=twice[:1], wafer=wafer), *NEURONS, nearest)


def test_manual_input_needs_no_targets_and_automatic_does(make_problem, run, request_at):
    network = Network((Population("t", 1, "IF_cond_exp"), sources(2)))
    events = []
    problem = make_problem(network, placement=[request_at("s", [1], hicanns=(9,))])
    draft = run(problem, *NEURONS)
    mapping = nearest(problem, draft, Context(listener=events.append))
    assert mapping.placement.hicann.tolist() == [0, -1, 9]
    assert mapping.addresses.address.tolist() == [63, -1, 63]
    assert [e.message for e in events] == ["s has no targets: its sources stay unplaced"]


@pytest.mark.parametrize("blocks", [{0}, {1}, {0, 1}, {1, 2}, {4}, {4, 6}, {3}, {5}, set(range(7))])
def test_input_beside_merged_neurons(make_problem, run, request_at, blocks):
    """marocco MergerRouting (python): one neuron on each block, an input on the same HICANN."""
    populations = [Population(f"n{b}", 1, "IF_cond_exp") for b in sorted(blocks)]
    network = Network((*populations, Population("s", 1, "SpikeSourceArray", {"spike_times": [1.0]})))
    requests = [request_at(f"n{b}", [0], blocks=((123, b),)) for b in blocks]
    requests.append(request_at("s", [0], hicanns=(123,)))
    mapping = run(make_problem(network, placement=requests), *FEWEST, nearest)
    assert mapping.addresses.dnc.tolist() == [3] * len(blocks) + [7]


def test_input_beside_neurons_on_all_blocks_but_the_first(make_problem, run, request_at):
    populations = [Population(f"n{b}", 1, "IF_cond_exp") for b in range(1, 8)]
    network = Network((*populations, Population("s", 1, "SpikeSourceArray", {"spike_times": [1.0]})))
    requests = [request_at(f"n{b}", [0], blocks=((123, b),)) for b in range(1, 8)]
    requests.append(request_at("s", [0], hicanns=(123,)))
    mapping = run(make_problem(network, placement=requests), *FEWEST, nearest)
    assert mapping.addresses.dnc.tolist() == [3] * 7 + [0]
    assert mapping.placement.hicann[-1] == 123


def test_no_input_where_merged_neurons_would_be_heard(make_problem, run, request_at):
    """Blocks 0..4 leave on DNC merger 3: block 5 is silent, but block 4 passes the tap of DNC merger 5."""
    populations = [Population(f"n{b}", 1, "IF_cond_exp") for b in range(5)]
    network = Network((*populations, sources(177)))
    requests = [request_at(f"n{b}", [0], blocks=((123, b),)) for b in range(5)]
    requests.append(request_at("s", range(177), hicanns=(123,)))
    problem = make_problem(network, placement=requests, consider_firing_rate=False)
    with pytest.raises(PlacementError, match="59 sources of s do not fit"):
        run(problem, *FEWEST, nearest)


def test_gaps_between_merged_blocks(make_problem, run, request_at):
    populations = [Population(f"n{b}", 1, "IF_cond_exp") for b in (1, 3)]
    network = Network((*populations, sources(60)))
    requests = [request_at("n1", [0], blocks=((123, 1),)), request_at("n3", [0], blocks=((123, 3),))]
    requests.append(request_at("s", range(60), hicanns=(123,)))
    dead = Wafer(Defects.from_components(components={"dncmergers": [(123, d) for d in (0, 4, 5, 6)]}))
    problem = make_problem(network, placement=requests, wafer=dead, consider_firing_rate=False)
    with pytest.raises(PlacementError, match="1 sources of s do not fit"):
        run(problem, *FEWEST, nearest)
    mapping = run(problem, *FEWEST, partial(nearest, merged_gaps=True))
    assert sources_by_bus(mapping) == {123: [(7, 59), (2, 1)]}


def test_dead_mergers_take_no_input(placed):
    dead = Defects.from_components(components={"dncmergers": [(100, 7)], "mergers0": [(100, 6)]})
    assert sources_by_bus(placed(stimulated(sources(5)), wafer=Wafer(dead))) == {100: [(5, 5)]}


def test_far_reaching_populations_come_first(make_problem, run, request_at):
    """One DNC merger is free on the middle HICANN; the population with two target HICANNs gets it."""
    left, right = Population("left", 1, "IF_cond_exp"), Population("right", 1, "IF_cond_exp")
    one, two = sources(59, name="one"), sources(59, name="two")
    network = Network(
        (left, right, one, two),
        (
            Projection("1", (one.view(),), (left.view(),), "excitatory", AllToAll(), Static(0.01)),
            Projection("2", (two.view(),), (left.view(), right.view()), "excitatory", AllToAll(), Static(0.01)),
        ),
    )
    requests = [request_at("left", [0], hicanns=(100,)), request_at("right", [0], hicanns=(100,))]
    draft = run(make_problem(network, placement=requests), *NEURONS, partial(nearest, chain_aware=False))
    assert draft.placement.sequence.argsort().tolist()[:2] == [0, 1]
    apart = [request_at("left", [0], hicanns=(100,)), request_at("right", [0], hicanns=(102,))]
    mapping = run(make_problem(network, placement=apart), *NEURONS, nearest)
    assert mapping.placement.sequence[2:61].min() > mapping.placement.sequence[61:].max()
    assert mapping.placement.hicann[-1] == 101


def test_address_strategy(placed):
    stages = (linear, marocco_greedy, low_first, partial(nearest, address_strategy="low_first"))
    mapping = placed(stimulated(sources(3)), stages=stages)
    assert mapping.addresses.address.tolist() == [2, 2, 3, 4]
    with pytest.raises(ValueError, match="unknown address strategy 'random': there are high_first, low_first"):
        placed(stimulated(sources(3)), stages=(*NEURONS, partial(nearest, address_strategy="random")))


def test_addresses_ascend_with_the_part_that_was_inserted(placed):
    mapping = placed(stimulated(sources(30)))
    # halving left the last 7 sources for DNC merger 7, then the 4 before them
    assert mapping.addresses.address[-7:].tolist() == list(range(63, 56, -1))
    assert mapping.addresses.address[-11:-7].tolist() == list(range(56, 52, -1))


def test_shared_bus_of_sources(placed):
    network = stimulated(sources(50), 50)
    shared = network.populations[1].view()
    assert len(placed(network).addresses.dnc[50:].tolist()) == 50
    assert sources_by_bus(placed(network, shared_buses=[shared])) == {100: [(7, 50)]}
    large = stimulated(sources(60), 1)
    with pytest.raises(PlacementError, match="shared bus: the sources of s need 2 DNC mergers; share at most 59"):
        placed(large, shared_buses=[large.populations[1].view()])


@settings(max_examples=40, deadline=None)
@given(
    blocks=st.dictionaries(st.integers(0, 7), st.integers(1, 16), max_size=8),
    n_sources=st.integers(1, 200),
    strategy=st.sampled_from(["minimize_as_possible", "minimize_number_of_sending_repeaters", "one_to_one"]),
    merged_gaps=st.booleans(),
)
def test_every_hicann_stays_realisable(blocks, n_sources, strategy, merged_gaps):
    targets = [Population(f"n{b}", n, "IF_cond_exp") for b, n in blocks.items()] or [Population("n", 1, "IF_cond_exp")]
    source = sources(n_sources)
    projections = [
        Projection(t.name, (source.view(),), (t.view(),), "excitatory", AllToAll(), Static(0.01)) for t in targets
    ]
    network = Network((*targets, source), tuple(projections))
    requests = [PlacementRequest(p.view(), blocks=((100, b),)) for p, b in zip(targets, blocks, strict=False)]
    problem = Problem(Instance("h", network, placement=tuple(requests)))
    mapping = problem.blank_mapping()
    stages = (linear, partial(marocco_greedy, strategy=strategy), high_first, partial(nearest, merged_gaps=merged_gaps))
    for stage in stages:
        mapping = stage(problem, mapping, Context())
    for hicann in np.unique(mapping.placement.hicann):
        active = mapping.merging.block_to_dnc[hicann].tolist()
        for dnc in np.flatnonzero(mapping.merging.mode[hicann] == INPUT).tolist():
            assert active[dnc] < 0
            active[dnc] = dnc
        assert is_realisable(active)
    net = nets_of(mapping.placement, mapping.addresses)
    assert (net >= 0).all()
    keys = net * 64 + mapping.addresses.address
    assert len(set(keys.tolist())) == len(keys)
    used = mapping.merging.mode.ravel()[np.unique(net)]
    assert set(used.tolist()) <= {INPUT, OUTPUT}
    required = requirements(problem, mapping)
    assert (required.drivers[np.isin(required.net, net[network.is_source])] <= 3).all()
