"""What is measured of a solution, against the mapping itself."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import mapper
from emulator import audit
from emulator.realised_synapses import DELAY_CONSTANT, DELAY_PER_HICANN
from mapper.report.measures import measure
from mapper.report.runs import load_runs, parse_run
from mapper.report.views import solution_links, write_views
from models.errors import FormatError
from models.instance import library
from models.solution import save

NAME = "ring-10x32-s1"


@pytest.fixture(scope="module")
def measured():
    instance = library.load(NAME)
    solution = mapper.solve(instance, "marocco", seed=0)
    checked = audit(instance, solution.configuration, solution.lost)
    return instance, solution, measure(instance, solution.mapping, checked.realised)


def test_every_synapse_is_counted_once(measured):
    instance, solution, found = measured
    pairs = found["lost_by_pair"]
    assert sum(required for _, _, required, _ in pairs) == len(instance.network.synapses)
    assert sum(lost for _, _, _, lost in pairs) == solution.lost
    assert sum(found["paths"]["histogram"]) == len(instance.network.synapses) - solution.lost
    assert {(pre, post) for pre, post, *_ in pairs} == {
        (view.population, target.population)
        for projection in instance.network.projections
        for view in projection.pre
        for target in projection.post
    }


def test_wiring_is_that_of_the_routing(measured):
    _, solution, found = measured
    routing, wiring = solution.mapping.routing, found["wiring"]
    assert wiring["crossbar switches"] + wiring["HICANN borders crossed"] == np.count_nonzero(routing.parent >= 0)
    assert wiring["synapse switches"] == len(solution.mapping.drivers.net)
    flat = np.count_nonzero(routing.segment % 320 < 64)
    assert wiring["length of bus lines [mm]"] == 5 * flat + 10 * (len(routing.segment) - flat)


def test_delays_follow_from_the_hops(measured):
    *_, found = measured
    counts = np.array(found["paths"]["histogram"])
    delays = DELAY_CONSTANT + DELAY_PER_HICANN * (np.arange(len(counts)) + 1)
    assert found["paths"]["delay_most"] == pytest.approx(delays[-1], abs=1e-4)
    assert found["paths"]["delay_mean"] == pytest.approx(counts @ delays / counts.sum(), abs=1e-4)
    assert len(counts) - 1 <= found["hops"]["most"]


def test_measures_survive_a_run_file(document, measured):
    *_, found = measured
    run = parse_run(json.loads(json.dumps(document() | {"measures": found})))
    assert run.measures["lost_by_pair"] == [tuple(pair) for pair in found["lost_by_pair"]]
    assert run.measures["paths"] == found["paths"]
    assert run.measures["wiring"] == found["wiring"]
    assert run.measures["resources"]["DNC mergers used"]["available"] == 8


def test_viewer_pages_beside_the_report(document, measured, tmp_path):
    instance, solution, _ = measured
    (tmp_path / "runs").mkdir()
    save(tmp_path / "runs" / "a b.sol.zip", solution)
    told = document(instance=NAME) | {"digest": instance.digest, "solution": "elsewhere/a b.sol.zip"}
    run = replace(parse_run(told), file=str(tmp_path / "runs" / "a.json"))
    gone = replace(parse_run(document(instance="other")), file=str(tmp_path / "runs" / "b.json"))
    assert solution_links([run, gone], tmp_path) == {"elsewhere/a b.sol.zip": "runs/a%20b.sol.zip"}
    assert write_views([run, gone], tmp_path / "views", tmp_path) == {(NAME, "cpsat"): f"views/{NAME}.html#a=0"}
    assert (tmp_path / "views" / f"{NAME}.html").read_text().startswith("<!doctype html>")
    assert [path.name for path in (tmp_path / "views").iterdir()] == [f"{NAME}.html"]


def test_a_solution_can_be_reported_alone(document, measured, tmp_path):
    _, solution, found = measured
    path = tmp_path / "x.sol.zip"
    save(path, solution)
    (run,) = load_runs([path])
    assert (run.instance, run.solver, run.seed, run.lost, run.letter) == (NAME, "marocco", 0, solution.lost, "F")
    assert run.measures["wiring"] == found["wiring"]
    save(path, replace(solution, digest="sha256:other"))
    with pytest.raises(FormatError, match="but the shipped one has sha256:"):
        load_runs([path])
    save(path, replace(solution, instance="nowhere"))
    with pytest.raises(FormatError, match="nowhere, which is no shipped instance"):
        load_runs([path])
    (tmp_path / "x.json").write_text(json.dumps(document(lost=7)))
    (told,) = load_runs([path])
    assert (told.instance, told.lost) == ("net", 7)
