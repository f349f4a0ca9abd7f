"""Matrices and graphs become networks: every entry and edge is a synapse of the right sign, weight and place."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InstanceError
from models.network.graphs import network_from_graph, network_from_matrix


def edges_of(network):
    """Return (pre, post, signed weight) of all synapses, sorted."""
    synapses = network.synapses
    sign = np.where(synapses.projection_receptor[synapses.projection] == 1, -1.0, 1.0)
    rows = zip(synapses.pre.tolist(), synapses.post.tolist(), (sign * synapses.weight).tolist(), strict=True)
    return sorted((i, j, round(w, 6)) for i, j, w in rows)


@given(st.integers(1, 8), st.integers(0, 2**32 - 1), st.booleans())
def test_entries_of_a_matrix(n, seed, sparse):
    rng = np.random.default_rng(seed)
    matrix = np.round(rng.normal(size=(n, n)), 3) * (rng.random((n, n)) < 0.5)
    network = network_from_matrix(sp.csr_array(matrix) if sparse else matrix)
    expected = sorted((int(i), int(j), round(float(matrix[i, j]), 6)) for i, j in np.argwhere(matrix))
    assert edges_of(network) == expected
    assert network.populations[0].size == n


def test_inputs_and_one_weight():
    network = network_from_matrix(
        np.array([[0, -3.0], [2.0, 0]]), inputs=sp.coo_array(np.array([[1.0, 0], [0, 0], [0, 7.0]])), weight=0.01,
        params={"cm": 0.2}, rate=5.0,
    )  # fmt: skip
    assert edges_of(network) == [(0, 1, -0.01), (1, 0, 0.01), (2, 0, 0.01), (4, 1, 0.01)]
    assert [(p.name, p.size, p.cell) for p in network.populations] == [
        ("neuron", 2, "IF_cond_exp"), ("source", 3, "SpikeSourcePoisson")
    ]  # fmt: skip
    assert [p.name for p in network.projections] == ["neuron-excitatory", "neuron-inhibitory", "source-excitatory"]
    assert network.populations[0].parameter("cm").tolist() == [0.2, 0.2]
    assert network.populations[1].parameter("rate").tolist() == [5.0] * 3


def test_entry_that_stands_twice_is_two_synapses():
    matrix = sp.coo_array((np.array([0.1, 0.2]), (np.array([0, 0]), np.array([1, 1]))), shape=(2, 2))
    assert edges_of(network_from_matrix(matrix)) == [(0, 1, 0.1), (0, 1, 0.2)]


@pytest.mark.parametrize(
    ("matrix", "inputs", "message"),
    [
        (np.ones((2, 3)), None, "matrix: it must be square"),
        (np.ones((2, 2)), np.ones((2, 3)), "inputs: 2 columns are needed, one per neuron .got 3."),
        (np.array([[0, np.nan], [0, 0]]), None, r"matrix: weights must be finite .got nan at 0, 1."),
        (np.ones(3), None, "matrix: a matrix is needed"),
    ],
)
def test_wrong_matrices(matrix, inputs, message):
    with pytest.raises(InstanceError, match=message):
        network_from_matrix(matrix, inputs=inputs)


def test_attributes_of_a_graph():
    graph = nx.DiGraph()
    graph.add_node("a", population="exc", cm=0.2)
    graph.add_node("b", population="inh", inhibitory=True)
    graph.add_node("c", population="exc", cm=0.3)
    graph.add_node("in", cell="SpikeSourceArray", spike_times=[1.0, 2.0])
    graph.add_edges_from([("a", "b"), ("b", "c"), ("in", "a", {"weight": 0.01}), ("c", "a", {"weight": -0.02})])
    graph.add_edge("b", "a", receptor="excitatory")
    network = network_from_graph(graph, weight=0.005)
    # cells: a 0, c 1, b 2, in 3
    assert edges_of(network) == [
        (0, 2, 0.005), (1, 0, -0.02), (2, 0, 0.005), (2, 1, -0.005), (3, 0, 0.01)
    ]  # fmt: skip
    assert [(p.name, p.size) for p in network.populations] == [("exc", 2), ("inh", 1), ("source", 1)]
    assert network.populations[0].parameter("cm").tolist() == [0.2, 0.3]
    assert [p.name for p in network.projections] == [
        "exc-exc-inhibitory", "exc-inh-excitatory", "inh-exc-excitatory", "inh-exc-inhibitory", "source-exc-excitatory"
    ]  # fmt: skip


@given(st.integers(1, 12), st.floats(0, 1), st.integers(0, 1000), st.booleans())
def test_edges_of_random_graphs(n, p, seed, directed):
    graph = nx.gnp_random_graph(n, p, seed=seed, directed=directed)
    graph.add_edge(0, 0)
    expected = {(a, b) for a, b in graph.edges} | (set() if directed else {(b, a) for a, b in graph.edges})
    assert edges_of(network_from_graph(graph)) == sorted((a, b, 0.004) for a, b in expected)


def test_parallel_edges():
    graph = nx.MultiDiGraph([(0, 1), (0, 1), (1, 0)])
    assert len(network_from_graph(graph).synapses) == 3


@pytest.mark.parametrize(
    ("nodes", "edges", "message"),
    [
        ([], [], "graph: it has no nodes"),
        ([(0, {"cell": "HH"})], [], "node 0: unknown cell type 'HH'"),
        ([(0, {"cm": 1.0}), (1, {})], [], "node 1: all nodes of population 'neuron' need the same parameters, cm"),
        ([(0, {"population": "x"}), (1, {"population": "x", "cell": "SpikeSourceArray"})], [], "has IF_cond_exp cells"),
        ([(0, {}), (1, {})], [(0, 1, {"weight": "heavy"})], "edge 0 -> 1: the weight must be a finite number"),
    ],
)
def test_wrong_graphs(nodes, edges, message):
    graph = nx.DiGraph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    with pytest.raises(InstanceError, match=message):
        network_from_graph(graph)
