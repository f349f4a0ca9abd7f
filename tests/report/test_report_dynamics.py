"""The dynamics section: what an emulation says, as tables, rasters and distributions."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.circuits import NeuronParameters
from emulator.comparison import Analysis, Run
from emulator.pictures import BINS, MOST_ROWS, MOST_SPIKES, distributions, raster
from emulator.requested import requested
from emulator.run import run
from mapper.report import build, load_runs
from mapper.report.blocks import Chart, Raster, Table
from mapper.report.dynamics import load_emulations
from mapper.report.page import html, markdown
from mapper.report.rasters import raster_svg
from models.errors import FormatError
from models.network import AllToAll, Network, Population, Projection, Static


def make_network(neurons=5, rate=400.0):
    a, b = Population("a", neurons, "IF_cond_exp", {"cm": 0.2}), Population("b", 2, "IF_cond_exp", {"cm": 0.2})
    source = Population("s", 3, "SpikeSourcePoisson", {"rate": rate})
    drive = [
        Projection(f"s{p.name}", (source.view(),), (p.view(),), "excitatory", AllToAll(), Static(0.01)) for p in (a, b)
    ]
    return Network((source, a, b), tuple(drive))


def make_run(network, seed=0, duration=500.0):
    circuits = requested(network)
    assert isinstance(circuits.neurons, NeuronParameters)
    return Run(circuits, run(circuits, duration, seed=seed))


@pytest.fixture(scope="module")
def network():
    return make_network()


@pytest.fixture(scope="module")
def runs(network):
    return [make_run(network, seed) for seed in (0, 1)]


def test_a_raster_shows_the_spikes_of_the_neurons_by_population(network, runs):
    shown = raster(network, runs, Analysis(start=100.0))
    assert (shown["start"], shown["stop"]) == (100.0, 500.0)
    assert shown["populations"] == [{"name": "a", "first": 0, "end": 5}, {"name": "b", "first": 5, "end": 7}]
    for made, entry in zip(runs, shown["runs"], strict=True):
        record = made.recording
        inside = (record.spike_unit < 7) & (record.spike_time >= 100.0)
        expected = sorted(zip(record.spike_unit[inside].tolist(), record.spike_time[inside].round(1), strict=True))
        assert sorted(zip(entry["row"], entry["time"], strict=True)) == expected
        assert len(expected) > 50


def test_a_raster_has_few_rows_and_spikes():
    network = make_network(neurons=400, rate=3000.0)
    runs = [make_run(network, duration=1500.0)]
    shown = raster(network, runs, Analysis())
    assert shown["populations"][-1]["end"] <= MOST_ROWS
    assert 0 < len(shown["runs"][0]["row"]) <= MOST_SPIKES
    assert shown["start"] > 500.0


def test_distributions_count_every_neuron_once(network, runs):
    found = distributions(network, [runs, runs[:1]], Analysis())
    for name in ("rate", "in_degree"):
        assert np.sum(found[name]["counts"], axis=1).tolist() == [14, 7]
        assert len(found[name]["edges"]) == BINS + 1
    edges, counts = np.array(found["rate"]["edges"]), np.array(found["rate"]["counts"][1])
    true = runs[0].recording.rates()[:7].mean()
    assert (counts * (edges[1:] + edges[:-1]) / 2).sum() / 7 == pytest.approx(true, abs=edges[1])
    assert found["in_degree"]["counts"][1][-1] == 7
    assert np.sum(found["correlation"]["counts"], axis=1).tolist() == [42, 21]


def test_silent_networks_have_no_irregularity():
    network = make_network(rate=0.0)
    found = distributions(network, [[make_run(network, duration=50.0)]], Analysis())
    assert set(found) == {"rate", "in_degree"}
    assert found["rate"]["counts"][0][0] == 7


def emulation(network, runs, digest="sha256:net"):
    def measures(name, rate):
        rest = dict.fromkeys(("excitation", "rate_sd", "cv", "correlation", "synchrony", "distance"))
        return {"population": name, "neurons": 5, "in_degree": 3.0, "rate": rate, **rest}

    def entry(label, lost, rate):
        populations = [measures("a", rate), measures("b", 2 * rate), measures("all", 1.5 * rate)]
        return {"label": label, "solver": None if lost is None else "cpsat", "synapses": lost and 100, "lost": lost,
                "spikes": 77, "lost_spikes": {"encoder": 2, "merger": 0, "fpga": 1, "link": 0},
                "populations": populations}  # fmt: skip

    return {
        "format": "wafer-emulation/1", "instance": "net", "digest": digest, "duration": 500.0, "dt": 0.1, "trials": 1,
        "runs": [entry("requested", None, 20.0), entry("<b>mine</b>", 25, 12.5)],
        "raster": raster(network, runs, Analysis()),
        "distributions": distributions(network, [[one] for one in runs], Analysis()),
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path, document, network, runs):
    (tmp_path / "net.cpsat.s0.json").write_text(json.dumps(document()))
    (tmp_path / "net.emulation.json").write_text(json.dumps(emulation(network, runs)))
    return tmp_path


def report(folder):
    loaded = load_runs([folder])
    return build(loaded, emulations=load_emulations([folder], {one.instance: one.digest for one in loaded}))


def section(made):
    (found,) = [one for one in made.sections if "dynamics" in one.title]
    return found


def test_the_section_has_tables_rasters_and_distributions(folder):
    blocks = section(report(folder)).blocks
    overview, populations = (block for block in blocks if isinstance(block, Table))
    mine = dict(zip(overview.header, (value.text for value in overview.rows[1]), strict=True))
    assert mine["run"] == "<b>mine</b> (cpsat)"
    assert (mine["synapses lost"], mine["[%]"], mine["spikes lost"]) == ("25", "25.00", "3")
    assert (mine["rate [Hz]"], mine["in-degree"], mine["CV"]) == ("18.75", "3.0", "")
    assert [row[0].text for row in populations.rows] == ["a", "a", "b", "b"]
    assert sum(isinstance(block, Raster) for block in blocks) == 2
    assert sum(isinstance(block, Chart) for block in blocks) == 4
    chart = next(block for block in blocks if isinstance(block, Chart))
    assert sum(chart.series[0].y[:-1]) == pytest.approx(100.0)


@pytest.mark.parametrize("matplotlib", [False, True])
def test_the_page_holds_it_and_is_the_same_again(folder, matplotlib):
    if matplotlib:
        pytest.importorskip("matplotlib")
    page = html(report(folder), matplotlib)
    assert page == html(report(folder), matplotlib)
    assert "<b>mine" not in page
    assert page.count("Spikes: net, ") >= 2
    assert "http://" not in re.sub(r"http://(www\.w3\.org|purl\.org|creativecommons\.org)", "", page)
    assert "Rates: net" in markdown(report(folder))


def test_without_emulation_it_says_how(tmp_path, document):
    (tmp_path / "net.cpsat.s0.json").write_text(json.dumps(document()))
    (text,) = section(report(tmp_path)).blocks
    assert "mapper emulate" in text


def test_an_emulation_of_another_instance_is_refused(folder, network, runs):
    (folder / "net.emulation.json").write_text(json.dumps(emulation(network, runs, "sha256:other")))
    with pytest.raises(FormatError, match=r"net.emulation.json emulates another net \(sha256:other\)"):
        report(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("raster"),
        lambda d: d["runs"].pop(),
        lambda d: d["raster"].update(stop=-1.0),
        lambda d: d["distributions"]["rate"]["edges"].pop(),
        lambda d: d["runs"][0].update(populations=[]),
        lambda d: d.update(trials="x"),
    ],
    ids=["no raster", "a run less", "window", "edges", "no populations", "trials"],
)
def test_a_damaged_emulation_is_one_line(folder, change):
    content = json.loads((folder / "net.emulation.json").read_text())
    change(content)
    (folder / "net.emulation.json").write_text(json.dumps(content))
    with pytest.raises(FormatError, match=r"net.emulation.json: damaged emulation") as error:
        report(folder)
    assert "\n" not in str(error.value)


def test_a_truncated_file_is_one_line(folder):
    path = folder / "net.emulation.json"
    path.write_text(path.read_text()[:1000])
    with pytest.raises(FormatError, match=r"net.emulation.json: not a run file or damaged"):
        report(folder)


@given(st.lists(st.tuples(st.integers(0, 6), st.floats(10.0, 20.0)), max_size=20))
def test_every_spike_is_one_stroke(spikes):
    bands = (("a", 0, 4), ("\x00<b>", 4, 7))
    made = Raster("t", 10.0, 20.0, bands, tuple(r for r, _ in spikes), tuple(t for _, t in spikes))
    element = ElementTree.fromstring(raster_svg(made))
    paths = [p.attrib["d"] for p in element.iter("{http://www.w3.org/2000/svg}path") if "stroke" in p.attrib]
    strokes = [d for d in paths if "v-" in d]
    assert sum(d.count("v-") for d in strokes) == len(spikes)
    assert raster_svg(replace(made, title="t")) == raster_svg(made)
