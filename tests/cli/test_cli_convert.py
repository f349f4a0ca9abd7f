"""``mapper convert``: scripts, graphs and matrices become instances, solutions networks, defects files each other."""

from __future__ import annotations

import csv
import json
import re
import shlex
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp

from models.hardware.defects import Defects
from models.hardware.redman_xml import read_redman
from models.instance import load_instance, read_defects

EXAMPLES = Path(__file__).parents[2] / "examples" / "brainscales"

SCRIPT = """\
import sys
import pyhmf as pynn
from pymarocco import PyMarocco
from pyhalbe.Coordinate import HICANNOnWafer, Enum

marocco = PyMarocco()
marocco.neuron_placement.default_neuron_size(8)
marocco.merger_routing.strategy(marocco.merger_routing.one_to_one)
marocco.synapse_routing.driver_chain_length(1)
marocco.continue_despite_synapse_loss = True
for n in (60, 20):
    pynn.setup(marocco=marocco)
    cells = pynn.Population(n, pynn.IF_cond_exp, {"cm": 0.2}, label="my cells")
    noise = pynn.Population(2 * n, pynn.SpikeSourcePoisson, {"rate": 5.0})
    marocco.manual_placement.on_hicann(cells[:4], HICANNOnWafer(Enum(297)))
    connector = pynn.FixedProbabilityConnector(0.9, weights=pynn.RandomDistribution("uniform", (0.001, 0.01)))
    pynn.Projection(noise, cells, connector)
    pynn.Projection(cells, cells[2:], pynn.AllToAllConnector(weights=0.02), target="inhibitory")
    pynn.run(0)
    print(marocco.stats.getSynapseLoss(), marocco.stats.getSynapses(), sys.argv[1:])
    marocco = PyMarocco()
    marocco.continue_despite_synapse_loss = True
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "two_networks.py"
    path.write_text(SCRIPT)
    return path


@pytest.mark.parametrize("number", [1, 2])
def test_a_converted_script_loses_as_much_as_when_it_runs(run, script, number, tmp_path):
    ran = run("run", "--solver", "marocco", script, "--x", "1").stdout.splitlines()
    assert len(ran) == 2, ran
    lost, synapses = ran[number - 1].split()[:2]
    result = run("convert", script, "--x", "1", "-o", "net.yaml", "--solver", "marocco", "--run", number)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == ["net.yaml", "net.npz"]
    command = re.search(r"mapped with: mapper (.*)", result.stderr)
    assert command, result.stderr
    words = shlex.split(command[1])
    assert ("merging.strategy=one_to_one" in words) == (number == 1)
    solved = run(*words, "-o", "net.sol.zip", "--json")
    assert solved.exit_code == 0, solved.stderr
    from models.solution import load

    solution = load(tmp_path / "net.sol.zip")
    assert (solution.lost, solution.synapses) == (int(lost), int(synapses))
    assert solution.lost > 0
    instance = load_instance(tmp_path / "net.yaml")
    assert instance.network.populations[0].name == "my_cells"
    assert instance.limits.neuron_size == (8 if number == 1 else 4)
    assert instance.title == "Network of two_networks.py"


def test_nothing_is_mapped_and_the_script_stops_there(run, script, fake_solve):
    result = run("convert", script, "-o", "net.yaml", "--run", "2")
    assert result.exit_code == 0, result.stderr
    assert fake_solve.calls == []
    assert result.stdout.splitlines() == ["net.yaml", "net.npz"]
    assert result.stderr.splitlines()[0] == "0 0 []"


def test_a_modern_pynn_script(run, tmp_path):
    pytest.importorskip("pyNN")
    (tmp_path / "modern.py").write_text(
        "import mapper.frontends.pynn as sim\n"
        "from models.hardware.limits import Limits\n"
        "sim.setup(solver='marocco', limits=Limits(neuron_size=8, driver_chain_length=1), det_limit=2)\n"
        "cells = sim.Population(30, sim.IF_cond_exp(cm=0.2), label='cells')\n"
        "noise = sim.Population(70, sim.SpikeSourcePoisson(rate=5.0), label='noise')\n"
        "projection = sim.Projection(noise, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.004))\n"
        "sim.run(0)\n"
        "print(sim.loss)\n"
    )
    lost = run("run", "modern.py").stdout
    result = run("convert", "modern.py", "-o", "net.yaml")
    assert (result.exit_code, result.stdout) == (0, "net.yaml\nnet.npz\n"), result.stderr
    command = re.search(r"mapped with: mapper (.*)", result.stderr)
    assert command, result.stderr
    solved = run(*shlex.split(command[1]), "--json")
    assert json.loads(solved.stdout)["lost"] == int(lost) > 0
    assert load_instance(tmp_path / "net.yaml").limits.neuron_size == 8


def test_a_script_that_catches_everything(run, tmp_path):
    (tmp_path / "a.py").write_text(
        "import pyhmf as pynn\npynn.setup()\npynn.Population(3, pynn.IF_cond_exp)\n"
        "try:\n    pynn.run(1)\nexcept BaseException:\n    pynn.Population(1, pynn.IF_cond_exp)\n"
    )
    assert run("convert", "a.py", "-o", "a.yaml").exit_code == 0
    assert load_instance(tmp_path / "a.yaml").network.n_cells == 3


def test_script_without_run_and_script_without_network(run, tmp_path):
    head = "import pyhmf as pynn\npynn.setup()\n"
    (tmp_path / "a.py").write_text(f"{head}pynn.Population(3, pynn.IF_cond_exp)\n")
    assert run("convert", "a.py", "-o", "a.yaml").exit_code == 0
    assert load_instance(tmp_path / "a.yaml").network.n_cells == 3
    (tmp_path / "b.py").write_text(head)
    result = run("convert", "b.py", "-o", "b.yaml")
    assert (result.exit_code, result.stderr) == (2, "Error: b.py builds no network: nothing is created between "
                                                    "setup() and run()\n")  # fmt: skip
    result = run("convert", "a.py", "-o", "c.yaml", "--run", "3")
    assert result.exit_code == 2
    (tmp_path / "d.py").write_text("raise ValueError('no')\n")
    result = run("convert", "d.py", "-o", "d.yaml")
    assert result.exit_code == 1
    assert result.stderr.endswith("ValueError: no\n")
    assert not (tmp_path / "d.yaml").exists()


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.py") if path.name != "plot_spikes.py"))
def test_every_example_can_be_converted(run, name, tmp_path, monkeypatch):
    args = ["--scale", "0.1"] if name == "balanced_network.py" else []
    result = run("convert", EXAMPLES / name, *args, "-o", "net.yaml")
    assert result.exit_code == 0, result.stderr
    assert len(load_instance(tmp_path / "net.yaml").network.populations) >= 1


def test_graphs(run, tmp_path):
    graph = nx.DiGraph([("a", "b"), ("b", "c")])
    graph.add_node("d", cell="SpikeSourcePoisson", rate=7.0)
    graph.add_edge("d", "a", weight=0.02)
    nx.write_graphml(graph, tmp_path / "net.graphml")
    result = run("convert", "net.graphml", "-o", "net.yaml", "--weight", "0.01", "--neuron-size", "8", "--wafer", "30")
    assert result.exit_code == 0, result.stderr
    instance = load_instance(tmp_path / "net.yaml")
    assert sorted(instance.network.synapses.weight.tolist()) == pytest.approx([0.01, 0.01, 0.02])
    assert (instance.limits.neuron_size, instance.wafer.number, instance.name) == (8, 30, "net")
    (tmp_path / "bad.gml").write_text("graph [ nonsense ]]")
    result = run("convert", "bad.gml", "-o", "bad.yaml")
    assert result.exit_code == 2
    assert "bad.gml is no gml file" in result.stderr


@pytest.mark.parametrize("suffix", [".npz", ".mtx", ".npy"])
def test_matrices(run, suffix, tmp_path):
    rng = np.random.default_rng(1)
    matrix = np.round(rng.normal(size=(30, 30)), 3) * (rng.random((30, 30)) < 0.3)
    path = tmp_path / f"matrix{suffix}"
    if suffix == ".npz":
        sp.save_npz(path, sp.csr_array(matrix))
    elif suffix == ".mtx":
        scipy.io.mmwrite(path, sp.coo_array(matrix))
    else:
        np.save(path, matrix)
    np.save(tmp_path / "inputs.npy", np.full((2, 30), 0.5))
    result = run("convert", path.name, "--inputs", "inputs.npy", "--name", "from-matrix", "-o", "net.yaml")
    assert result.exit_code == 0, result.stderr
    instance = load_instance(tmp_path / "net.yaml")
    assert instance.name == "from-matrix"
    assert len(instance.network.synapses) == np.count_nonzero(matrix) + 60
    assert run("convert", path.name, "--force", "-o", "net.yaml").exit_code == 0


def test_realised_network(run, tiny, tmp_path):
    libsonata = pytest.importorskip("libsonata")
    assert run("solve", tiny, "--solver", "marocco", "-o", "t.sol.zip").exit_code == 0
    for name in ("out.csv", "out.npz", "out.h5"):
        result = run("convert", tiny, "t.sol.zip", "-o", name)
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{name}\n", "6 synapses\n")
    with (tmp_path / "out.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["pre"], row["post"]) for row in rows] == [(str(i), str(j)) for i in range(2) for j in range(3)]
    assert {row["delay_ms"] for row in rows} == {f"{0.6444 + 0.0397 * int(rows[0]['hops']):.4f}"}
    with np.load(tmp_path / "out.npz") as data:
        np.testing.assert_allclose(data["weight"], [float(row["weight_uS"]) for row in rows], rtol=1e-5)
    edges = libsonata.EdgeStorage(str(tmp_path / "out.h5")).open_population("drive")
    assert (edges.size, edges.source, edges.target) == (6, "source", "neuron")


def test_defects(run, tmp_path):
    dead = Defects.from_components([9], [5], [(12, 0)], {"neurons": [(100, 7), (3, 0)]})
    (tmp_path / "dead.yaml").write_text(
        "wafer: 21\nhicanns: [9]\nfpgas: [5]\nhslinks: [[12, 0]]\n"
        "components: [{hicann: 3, neurons: [0]}, {hicann: 100, neurons: [7]}]\n"
    )
    result = run("convert", "dead.yaml", "-o", "redman")
    assert result.exit_code == 0, result.stderr
    assert "redman/wafer-Wafer(21).xml" in result.stdout.splitlines()
    assert read_redman(tmp_path / "redman", 21) == dead
    assert run("convert", "redman", "--wafer", 21, "-o", "again.yaml").exit_code == 0
    assert read_defects(tmp_path / "again.yaml") == dead
    fpgas = ", ".join(f"{{fpga: {i}}}" for i in range(48) if i != 12)
    (tmp_path / "db.yaml").write_text(f"---\nwafer: 33\nsetuptype: bsswafer\nfpgas: [{fpgas}]\n")
    assert run("convert", "db.yaml", "-o", "db-dead.yaml").exit_code == 0
    assert read_defects(tmp_path / "db-dead.yaml").fpgas == (12,)
    assert run("convert", "db.yaml", "-o", "redman2", "--redman-version", "1").exit_code == 0
    assert read_redman(tmp_path / "redman2", 33).fpgas == (12,)
    (tmp_path / "net.yaml").write_text(
        "format: wafer-instance/1\nname: x\nnetwork: {populations: {n: {size: 1, cell: IF_cond_exp}}}\n"
        "hardware: {wafer: 5, defects: {hicanns: [77]}}\n"
    )
    assert run("convert", "net.yaml", "-o", "redman3").exit_code == 0
    assert read_redman(tmp_path / "redman3", 5).hicanns == (77,)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("tiny.yaml", "-o", "x.csv"), "tiny.yaml alone cannot become .csv: name a SOLUTION"),
        (("nothing.mtx", "-o", "x.yaml"), "'nothing.mtx' is no file"),
        (("tiny.yaml", "nothing.sol.zip", "-o", "x.csv"), "'nothing.sol.zip' is no solution file"),
        (("tiny.yaml", "tiny.yaml", "-o", "x.txt"), "must end in .npz, .csv, .h5, .hdf5 (got x.txt)"),
        (("tiny.yaml", "a", "b", "-o", "x.csv"), "does not go together with 'b'"),
        (("m.npy", "-o", "tiny.yaml"), "tiny.yaml exists; --force overwrites it"),
        (("m.npy", "-o", "m.yaml"), "m.npz exists, where the arrays may have to go"),
        (("m.npz", "-o", "y.yaml"), "m.npz holds no matrix"),
        (("m.npy", "--inputs", "tiny.yaml", "-o", "y.yaml"), "matrices are read from .npz, .npy, .mtx"),
    ],
)
def test_refusals(run, tiny, tmp_path, args, message):
    np.save(tmp_path / "m.npy", np.eye(2))
    np.savez(tmp_path / "m.npz", a=np.eye(2))
    result = run("convert", *args)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
