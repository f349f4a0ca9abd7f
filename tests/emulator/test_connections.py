"""The realised network as a list: every synapse with its weight, delay and hops; files that others read."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from emulator.connections import COLUMNS, connections, write_csv, write_npz
from emulator.planted import planted_instance
from emulator.realised import realise
from emulator.realised_synapses import DELAY_CONSTANT, DELAY_PER_HICANN
from emulator.sonata_network import write_network
from models.hardware.coordinates import X, Y

SEED = 3


@pytest.fixture(scope="module")
def realisation():
    instance, bits = planted_instance(SEED)
    return realise(instance.network, bits, wafer=instance.wafer, limits=instance.limits)


@pytest.fixture(scope="module")
def found(realisation):
    return connections(realisation)


def test_planted_network_is_there_in_its_order(realisation, found):
    synapses = realisation.network.synapses
    for name in ("pre", "post", "projection"):
        np.testing.assert_array_equal(getattr(found, name), getattr(synapses, name))
    np.testing.assert_array_equal(found.requested, synapses.weight)
    assert len(found) == len(realisation.circuits.synapses) > 100
    assert (found.weight > 0).all()


def test_delay_follows_the_hops(realisation, found):
    np.testing.assert_allclose(found.delay, DELAY_CONSTANT + DELAY_PER_HICANN * found.hops, rtol=1e-6)
    bits = realisation.configuration
    home = np.full(realisation.network.n_cells, -1)
    home[bits.neuron_cell], home[bits.input_cell] = bits.neuron_hicann, bits.input_hicann
    pre, post = home[found.pre], home[found.post]
    distance = np.abs(X[pre] - X[post]) + np.abs(Y[pre] - Y[post])
    assert (found.hops >= distance + 1).all()  # a route has at least the HICANNs of the shortest way
    assert (found.hops[distance == 0] >= 1).all()
    assert found.hops.max() > 1


def test_what_nothing_requires_comes_last(realisation):
    synapses = realisation.network.synapses
    instance, bits = planted_instance(SEED)
    network = instance.network
    short = type(network)(network.populations, network.projections[:-1])
    found = connections(realise(short, bits, wafer=instance.wafer, limits=instance.limits))
    extra = len(synapses) - len(short.synapses)
    assert extra > 0
    assert (found.projection[-extra:] == -1).all()
    assert (found.projection[:-extra] >= 0).all()
    assert np.isnan(found.requested[-extra:]).all()


def test_csv(found, tmp_path):
    write_csv(found, tmp_path / "net.csv")
    with (tmp_path / "net.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert tuple(header) == COLUMNS
    assert len(rows) == len(found)
    network, i = found.network, len(found) // 2
    populations = {p.name: int(first) for p, first in zip(network.populations, network.offsets, strict=False)}
    row = dict(zip(header, rows[i], strict=True))
    assert populations[row["pre_population"]] + int(row["pre"]) == found.pre[i]
    assert populations[row["post_population"]] + int(row["post"]) == found.post[i]
    assert row["projection"] == network.projections[found.projection[i]].name
    assert float(row["weight_uS"]) == pytest.approx(found.weight[i], rel=1e-5)
    assert float(row["delay_ms"]) == pytest.approx(found.delay[i], abs=1e-4)
    assert int(row["hops"]) == found.hops[i]


def test_npz(found, tmp_path):
    write_npz(found, tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz", allow_pickle=False) as data:
        for name in ("pre", "post", "weight", "delay", "hops", "projection"):
            np.testing.assert_array_equal(data[name], getattr(found, name))
        assert data["populations"].tolist() == [p.name for p in found.network.populations]
        assert data["offsets"].tolist() == found.network.offsets.tolist()


def test_libsonata_reads_the_same_network(found, tmp_path):
    libsonata = pytest.importorskip("libsonata")
    path = tmp_path / "net.h5"
    write_network(found, path, {"hicann": np.arange(found.network.n_cells)})
    network = found.network
    nodes, edges = libsonata.NodeStorage(str(path)), libsonata.EdgeStorage(str(path))
    assert nodes.population_names == {p.name for p in network.populations}
    seen = []
    first = dict(zip((p.name for p in network.populations), network.offsets.tolist(), strict=False))
    for name in edges.population_names:
        population = edges.open_population(name)
        everything = population.select_all()
        columns = [
            population.source_nodes(everything).astype(int) + first[population.source],
            population.target_nodes(everything).astype(int) + first[population.target],
            population.get_attribute("syn_weight", everything),
            population.get_attribute("delay", everything),
            population.get_attribute("hops", everything),
        ]
        seen += list(zip(*(column.tolist() for column in columns), strict=True))
    expected = zip(found.pre, found.post, found.weight, found.delay, found.hops, strict=True)
    assert sorted(seen) == sorted(tuple(value.item() for value in row) for row in expected)
    name = network.populations[0].name
    population = nodes.open_population(name)
    assert population.size == network.populations[0].size
    np.testing.assert_array_equal(
        population.get_attribute("hicann", population.select_all()), np.arange(network.populations[0].size)
    )
    assert population.get_enumeration("model_template", libsonata.Selection([0]))[0] == 0


def test_indices_of_edges(found, tmp_path):
    libsonata = pytest.importorskip("libsonata")
    write_network(found, tmp_path / "net.h5")
    edges = libsonata.EdgeStorage(str(tmp_path / "net.h5"))
    for name in edges.population_names:
        population = edges.open_population(name)
        source = population.source_nodes(population.select_all()).tolist()
        target = population.target_nodes(population.select_all()).tolist()
        for node in set(target):
            ids = population.afferent_edges([node]).flatten().tolist()
            assert ids == [i for i, one in enumerate(target) if one == node]
        for node in list(set(source))[:5]:
            ids = population.efferent_edges([node]).flatten().tolist()
            assert sorted(ids) == [i for i, one in enumerate(source) if one == node]
