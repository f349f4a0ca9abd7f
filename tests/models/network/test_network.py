"""The network: numbering of cells, order of synapses, checks, and the size of what it holds."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from models.errors import InstanceError
from models.network import (
    AllToAll,
    FixedNumberPre,
    FixedProbability,
    FromArrays,
    FromList,
    Network,
    Normal,
    OneToOne,
    Population,
    Projection,
    Static,
    TsodyksMarkram,
    View,
    network_from_edges,
)

EXC = Population("exc", 3, "IF_cond_exp")
STIM = Population("stim", 2, "SpikeSourcePoisson", {"rate": 5.0})
INH = Population("inh", 2, "EIF_cond_exp_isfa_ista")


def projection(name, pre, post, connector, receptor="excitatory", synapse=None, **extra):
    pre = pre if isinstance(pre, tuple) else (pre,)
    post = post if isinstance(post, tuple) else (post,)
    return Projection(name, pre, post, receptor, connector, synapse or Static(0.1), **extra)


def synapses(*projections, populations=(EXC, STIM, INH)):
    built = Network(populations, projections).synapses
    return list(zip(built.pre.tolist(), built.post.tolist(), strict=True))


def test_cells_count_through_all_populations():
    network = Network((EXC, STIM, INH))
    assert network.n_cells == 7
    assert network.offsets.tolist() == [0, 3, 5, 7]
    assert network.population_of.tolist() == [0, 0, 0, 1, 1, 2, 2]
    assert network.is_source.tolist() == [False] * 3 + [True] * 2 + [False] * 2
    assert network.receptor_count.tolist() == [2, 2, 2, 0, 0, 2, 2]
    assert network.cells(View("inh", (1, 0))).tolist() == [6, 5]
    assert network.cells(INH.view()).dtype == np.int32
    assert len(network.synapses) == 0


def test_synapses_are_ordered_by_projection_pre_post():
    assert synapses(
        projection("b", STIM.view(), EXC.view(0, 2), AllToAll()),
        projection("a", INH.view(), EXC.view(2), FromList([(1, 0), (0, 0)]), "inhibitory"),
    ) == [(3, 0), (3, 1), (4, 0), (4, 1), (5, 2), (6, 2)]


def test_assemblies_are_ordered_by_view_pair():
    pre, post = (EXC.view(0, 2), STIM.view()), (INH.view(0, 1), EXC.view(2))
    assert synapses(projection("p", pre, post, AllToAll())) == [
        *[(0, 5), (1, 5), (0, 2), (1, 2)],
        *[(3, 5), (4, 5), (3, 2), (4, 2)],
    ]


def test_the_connector_sees_the_whole_assembly():
    assert synapses(projection("p", (STIM.view(), INH.view(0, 1)), EXC.view(), OneToOne())) == [
        (3, 0),
        (4, 1),
        (5, 2),
    ]


def test_self_connections_are_recognised_across_views():
    made = synapses(projection("p", EXC.view(0, 2), EXC.view(1, 3), AllToAll(allow_self_connections=False)))
    assert made == [(0, 1), (0, 2), (1, 2)]


def test_only_positive_weights_are_synapses():
    weight = np.array([0.1, 0.0, np.nan, -0.1])
    network = Network(
        (EXC, INH),
        [projection("p", EXC.view(), INH.view(), FromArrays(np.arange(4) % 3, np.arange(4) % 2, weight))],
    )
    assert len(network.synapses) == 1
    assert network.synapses.weight.tolist() == pytest.approx([0.1])


def test_properties_per_synapse():
    network = Network(
        (EXC, STIM),
        (
            projection("s", STIM.view(), EXC.view(), AllToAll()),
            projection("e", EXC.view(), EXC.view(), FixedProbability(0.0, 1)),
            projection("f", EXC.view(), EXC.view(), OneToOne(), "inhibitory", TsodyksMarkram(0.2)),
        ),
    )
    made = network.synapses
    assert made.count_by_projection().tolist() == [6, 0, 3]
    assert made.receptor.tolist() == [0] * 6 + [1] * 3
    assert made.stp.tolist() == [0] * 6 + [1] * 3
    assert made.projection.tolist() == [0] * 6 + [2] * 3
    assert made is network.synapses


def test_rates():
    populations = (
        EXC,
        STIM,
        Population("array", 1, "SpikeSourceArray", {"spike_times": [10.0, 20.0, 510.0]}),
        Population("each", 3, "SpikeSourceArray", {"spike_times": [[], [4.0], [0.0, 100.0]]}),
        Population("default", 1, "SpikeSourceArray"),
        Population("drawn", 2, "SpikeSourcePoisson", {"rate": Normal(100.0, 1.0, 1)}),
    )
    rates = Network(populations).rates
    assert rates[:10].tolist() == [0, 0, 0, 5, 5, 4, 0, 1, 10, 0]
    assert rates[10:] == pytest.approx(100, abs=5)
    assert rates[10] != rates[11]


def test_parameters_cell_by_cell():
    population = Population("p", 2, "IF_cond_exp", {"tau_m": np.array([10.0, 12.0])})
    assert population.parameter("tau_m").tolist() == [10, 12]
    assert population.parameter("v_rest").tolist() == [-65, -65]


@pytest.mark.parametrize(
    ("populations", "projections", "lines"),
    [
        ([EXC, EXC], [], ["network.populations.exc: the name 'exc' stands twice"]),
        (
            [Population("p", 0, "IF_cond_exp")],
            [],
            ["network.populations.p.size: a population needs at least one"],
        ),
        ([Population("p", 1, "HH")], [], ["network.populations.p.cell: unknown cell type 'HH'"]),
        (
            [Population("p", 1, "IF_cond_exp", {"tau_n": 1.0})],
            [],
            ["no parameter 'tau_n' - did you mean 'tau_m'?"],
        ),
        ([Population("p", 1, "IF_cond_exp", {"i_offset": 0.1})], [], ["no constant current input"]),
        ([Population("p", 2, "IF_cond_exp", {"cm": [1.0] * 3})], [], ["one value or 2 values needed"]),
        ([Population("p", 1, "IF_cond_exp", {"cm": float("nan")})], [], ["cm must be a finite number (got nan)"]),
        ([Population("p", 1, "SpikeSourcePoisson", {"rate": -1.0})], [], ["rate must be 0 or more [Hz] (got -1)"]),
        ([Population("p", 3, "SpikeSourceArray", {"spike_times": [[1.0]]})], [], ["3 lists needed (got 1)"]),
        ([Population("p", 1, "SpikeSourceArray", {"spike_times": 5.0})], [], ["must be a list of numbers"]),
        ([Population("p", 1, "IF_multicond_exp", {"tau_syn": [1.0]})], [], ["equally long"]),
        (
            [EXC],
            [projection("q", View("ex", (0,)), EXC.view(), AllToAll())],
            ["q.pre: unknown population 'ex'"],
        ),
        (
            [EXC],
            [projection("q", EXC.view(), View("exc", (3,)), AllToAll())],
            ["q.post: population 'exc' has no cell 3"],
        ),
        ([EXC], [projection("q", (EXC.view(), EXC.view(0, 1)), EXC.view(), AllToAll())], ["stands twice"]),
        ([EXC, STIM], [projection("q", EXC.view(), STIM.view(), AllToAll())], ["cannot be a target"]),
        (
            [EXC],
            [projection("q", EXC.view(), EXC.view(), AllToAll(), "0")],
            ["no receptor '0' - it has excitatory"],
        ),
        (
            [EXC],
            [projection("q", EXC.view(), EXC.view(), AllToAll(), loss_weight=-1.0)],
            ["must be 0 or more"],
        ),
        (
            [Population("p", 0, "IF_cond_exp"), Population("r", 1, "HH")],
            [projection("q", View("x", (0,)), View("y", (0,)), AllToAll())],
            ["p.size", "r.cell", "q.pre", "q.post"],
        ),
    ],
)
def test_faults_are_collected(populations, projections, lines):
    with pytest.raises(InstanceError) as error:
        Network(tuple(populations), tuple(projections))
    found = str(error.value).splitlines()
    assert len(found) == len(lines)
    assert all(line in text for line, text in zip(lines, found, strict=True))


def test_a_connector_that_fails_names_its_projection():
    network = Network((EXC, INH), (projection("q", EXC.view(), INH.view(), OneToOne()),))
    with pytest.raises(InstanceError, match=r"network.projections.q: one_to_one needs"):
        _ = network.synapses


def test_network_from_edges():
    network = network_from_edges(
        np.array([0, 2, 3, 1]),
        np.array([1, 0, 0, 1]),
        neurons=2,
        sources=2,
        inhibitory=np.array([0, 0, 1, 0], bool),
    )
    assert [population.name for population in network.populations] == ["neuron", "source"]
    made = network.synapses
    assert sorted(zip(made.pre.tolist(), made.post.tolist(), made.receptor.tolist(), strict=True)) == [
        (0, 1, 0),
        (1, 1, 0),
        (2, 0, 0),
        (3, 0, 1),
    ]


def test_a_million_synapses_stay_arrays():
    cells = Population("cells", 10_000, "IF_cond_exp")
    tracemalloc.start()
    try:
        made = Network(
            (cells,),
            (
                projection("random", cells.view(), cells.view(0, 5000), FixedProbability(0.016, 1)),
                projection("fixed", cells.view(0, 2000), cells.view(), FixedNumberPre(20, 1)),
            ),
        ).synapses
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(made) == pytest.approx(1_000_000, rel=0.01)
    held = sum(array.nbytes for array in (made.pre, made.post, made.projection, made.weight))
    assert held == 14 * len(made)
    # 3 million synapses in 500 MB are 166 bytes each
    assert peak < 166 * len(made)
