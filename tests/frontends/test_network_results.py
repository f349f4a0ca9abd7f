"""Resources, graph and routes of a mapping, and result files: what they keep, and those of other programs."""

from __future__ import annotations

import gzip
import shutil
import zipfile

import numpy as np
import pytest

from mapper.frontends import coordinates as C
from mapper.frontends import pyhmf as pynn
from mapper.frontends import session
from mapper.frontends.errors import TypeRejected
from mapper.frontends.pymarocco import PyMarocco, Runtime
from mapper.frontends.pymarocco.results import Marocco
from models.errors import FormatError
from models.solution import load
from models.solution import save as save_solution

#: What the archives of boost::serialization begin with.
XML = b'<?xml version="1.0"?>\n<!DOCTYPE boost_serialization>\n<boost_serialization signature="serialization::archive">'
BINARY = b"\x16\x00\x00\x00\x00\x00\x00\x00serialization::archive\x12\x00\x04\x08\x04\x08"


@pytest.fixture
def chain(marocco):
    """A source, and three populations in a chain on HICANNs of a row; HICANN 0 is dead."""
    marocco.defects.wafer().hicanns().disable(C.HICANNOnWafer(C.Enum(0)))
    marocco.param_trafo.alpha_v, marocco.experiment.speedup = 8.0, 2e4
    marocco.continue_despite_synapse_loss = True
    runtime = Runtime(marocco.default_wafer)
    pynn.setup(marocco=marocco, marocco_runtime=runtime)
    populations = [pynn.Population(4, pynn.IF_cond_exp) for _ in range(3)]
    source = pynn.Population(1, pynn.SpikeSourcePoisson, {"rate": 2.0})
    for population, hicann in zip(populations, (170, 172, 174), strict=True):
        marocco.manual_placement.on_hicann(population, C.HICANNOnWafer(C.Enum(hicann)))
    for pre, post in ((source, populations[0]), (populations[0], populations[1]), (populations[1], populations[2])):
        pynn.Projection(pre, post, pynn.AllToAllConnector(weights=0.004))
    pynn.run(0)
    return populations, source, runtime


def test_resources(chain):
    resources = chain[2].results().resources
    assert resources.has(C.HICANNOnWafer(C.Enum(174)))
    assert resources.has(C.HICANNGlobal(C.HICANNOnWafer(C.Enum(174)), C.Wafer(33)))
    assert not resources.has(C.HICANNOnWafer(C.Enum(0)))
    assert resources.has(C.HICANNOnWafer(C.Enum(0)).toFPGAOnWafer())
    with pytest.raises(TypeRejected, match="HICANNOnWafer or FPGAOnWafer is needed"):
        resources.has(174)


def test_graph_of_populations(chain):
    graph = chain[2].results().bio_graph
    assert dict(graph.nodes(data="size")) == {0: 4, 1: 4, 2: 4, 3: 1}
    assert [n for n, is_source in graph.nodes(data="is_source") if is_source] == [3]
    assert sorted(graph.edges(keys=True)) == [(0, 1, 1), (1, 2, 2), (3, 0, 0)]
    assert [graph.edges[edge]["synapses"] for edge in ((3, 0, 0), (0, 1, 1), (1, 2, 2))] == [4, 16, 16]
    mapping = chain[2].results().tables.solution.mapping
    assert sum(n for *_, n in graph.edges(data="realised")) == 36 - mapping.lost


def test_routes_with_what_they_end_in(chain):
    populations, source, runtime = chain
    results = runtime.results()
    items = results.l1_properties()
    assert sorted((int(i.route.target), i.projection_ids()) for i in items) == [(170, [0]), (172, [1]), (174, [2])]
    synapses = results.synapse_routing.synapses()
    for item in items:
        projection = session.current().projections[item.projection_ids()[0]]
        realised = [s.hardware_synapse() for s in synapses.find(projection) if s.hardware_synapse() is not None]
        assert sorted(map(str, item.synapses)) == sorted(str(place.toSynapseOnHICANN()) for place in realised)
        assert {int(place.toSynapseOnHICANN().y()) // 2 for place in realised} <= set(map(int, item.drivers))
        cells = [cell for population in (*populations, source) for cell in population]
        senders = {str(s.source_neuron()) for s in synapses.find(projection)}
        found = [placed for cell in cells for placed in results.placement.find(cell)]
        addresses = [int(p.address().toL1Address()) for p in found if str(p.bio_neuron()) in senders]
        assert [int(a) for a in item.l1_addresses()] == sorted(addresses)
    middle = results.properties(C.HICANNOnWafer(C.Enum(171)))
    assert (middle.is_available(), middle.is_transit_only(), middle.has_neurons()) == (True, True, False)
    assert [i.projection_ids() for i in middle.l1_properties()] == [[1]]
    last = results.properties(C.HICANNOnWafer(C.Enum(174)))
    assert (last.has_neurons(), last.has_inputs(), last.is_transit_only()) == (True, False, False)


def test_results_in_a_file_are_the_same(chain, tmp_path):
    results = chain[2].results()
    for name in ("results.bin", "results.xml", "results.xml.gz"):
        results.save(name)
        again = Marocco.from_file(name)
        assert not again.resources.has(C.HICANNOnWafer(C.Enum(0)))
        assert list(again.bio_graph.edges(data=True)) == list(results.bio_graph.edges(data=True))
        assert again.l1_properties() == results.l1_properties()
        weights = [[item.get_weight() for item in r.synapse_routing.synapses()] for r in (results, again)]
        np.testing.assert_array_equal(*weights)
        again.save("second", overwrite=True)
        assert (tmp_path / name).read_bytes() == (tmp_path / "second").read_bytes()
        assert load(tmp_path / name).lost == results.tables.solution.lost
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "results.bin",
        "results.xml",
        "results.xml.gz",
        "second",
    ]


@pytest.mark.parametrize("content", [XML, BINARY, gzip.compress(XML)], ids=["xml", "bin", "xml.gz"])
def test_archives_of_marocco(content, tmp_path):
    (tmp_path / "old").write_bytes(content + bytes(5000))
    with pytest.raises(FormatError, match=r"^old: an archive of marocco, whose format is not specified") as caught:
        Marocco.from_file("old")
    assert "\n" not in str(caught.value)


def test_other_files(chain, tmp_path):
    results = chain[2].results()
    (tmp_path / "text").write_text("no results")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(XML)[:20])
    for name in ("text", "cut.gz"):
        with pytest.raises(FormatError, match=f"^{name}: not a solution file or damaged"):
            Marocco.from_file(name)
    save_solution(tmp_path / "plain.sol.zip", results.tables.solution)
    with pytest.raises(FormatError, match=r"a solution without the network of a script \(frontend\.offsets is missing"):
        Marocco.from_file("plain.sol.zip")


def test_another_session_runs_a_mapping_of_a_file(chain, tmp_path):
    """skip_mapping with persist: the weights are those of this session's scaling, not of the file."""
    results = chain[2].results()
    results.save("kept")
    shutil.copy(tmp_path / "kept", tmp_path / "results.bin")
    assert zipfile.ZipFile("kept").testzip() is None
    runs = []
    for speedup in (2e4, 1e4):
        session.new()
        marocco = PyMarocco()
        marocco.defects.wafer().hicanns().disable(C.HICANNOnWafer(C.Enum(0)))
        marocco.param_trafo.alpha_v, marocco.experiment.speedup = 8.0, speedup
        marocco.persist, marocco.skip_mapping = "results.bin", True
        runtime = Runtime(marocco.default_wafer)
        pynn.setup(marocco=marocco, marocco_runtime=runtime)
        populations = [pynn.Population(4, pynn.IF_cond_exp) for _ in range(3)]
        source = pynn.Population(1, pynn.SpikeSourcePoisson, {"rate": 2.0})
        for pre, post in ((source, populations[0]), (populations[0], populations[1]), (populations[1], populations[2])):
            pynn.Projection(pre, post, pynn.AllToAllConnector(weights=0.004))
        pynn.run(0)
        runs.append(runtime.results())
    assert all(again.tables.stored is None for again in runs)
    first, second = ([item.get_weight() for item in r.synapse_routing.synapses()] for r in runs)
    np.testing.assert_array_equal(first, [item.get_weight() for item in results.synapse_routing.synapses()])
    np.testing.assert_allclose(np.divide(second, first), 2.0)
