"""``mapper instances``, ``mapper schema`` and ``mapper doctor``."""

from __future__ import annotations

import json

import pytest

from mapper.report.summary_schema import summary_schema
from models.instance import instance_schema, library, load_instance
from models.instance.schema_references import references_schema


def test_list_names_every_shipped_instance(run):
    result = run("instances", "list")
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.stdout.splitlines()[2:]] == list(library.names())


def test_list_by_tag(run):
    document = json.loads(run("instances", "list", "--tag", "golden", "--json").stdout)
    assert [entry["name"] for entry in document["instances"]] == ["guidebook", "guidebook-merged"]


def test_show_tells_contents_and_references(run):
    result = run("instances", "show", "guidebook-merged", "--json")
    document = json.loads(result.stdout)
    assert document["projections"] == {"stim": 1247, "rec": 1238}
    assert document["references"]["published"][0]["lost"] == 581
    text = run("instances", "show", "guidebook-merged").stdout
    assert document["digest"] in text
    assert "driver_chain_length = 5" in text
    assert "lost 581" in text


def test_show_a_file_without_references(run, tiny):
    document = json.loads(run("instances", "show", tiny, "--json").stdout)
    assert (document["synapses"], document["references"]) == (6, None)
    assert "6" in run("instances", "show", tiny).stdout


@pytest.mark.parametrize(
    ("args", "file"),
    [([], "guidebook/instance.yaml"), (["-o", "here"], "here/instance.yaml"), (["-o", "g.yaml"], "g.yaml")],
)
def test_get_copies_an_instance_that_loads(run, tmp_path, args, file):
    result = run("instances", "get", "guidebook", *args)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[0] == file
    assert load_instance(tmp_path / file).digest == load_instance(library.find("guidebook")).digest
    assert not list(tmp_path.rglob("references.yaml"))
    again = run("instances", "get", "guidebook", *args)
    assert again.exit_code == 2
    assert "--force overwrites it" in again.stderr
    assert run("instances", "get", "guidebook", *args, "--force").exit_code == 0


def test_get_unknown(run):
    result = run("instances", "get", "guidebok")
    assert result.exit_code == 2
    assert "'guidebook'" in result.stderr


def test_validate_goes_through_all_files(run, tiny, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(tiny.read_text().replace("pre: source", "pre: sourze"))
    result = run("instances", "validate", bad, tiny)
    assert result.exit_code == 2
    assert result.stdout == f"{tiny}: valid, tiny-test with 6 synapses\n"
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"{bad}:10:")
    document = json.loads(run("instances", "validate", bad, tiny, "--json").stdout)
    assert [file["valid"] for file in document["files"]] == [False, True]


def test_validate_good_files(run, tiny):
    assert run("instances", "validate", tiny, "guidebook").exit_code == 0


def test_digest(run, tiny):
    before = run("instances", "digest", tiny).stdout
    assert before.startswith("sha256:")
    tiny.write_text("# a comment\n" + tiny.read_text())
    assert run("instances", "digest", tiny).stdout == before


def test_schema_is_that_of_the_instances(run):
    assert json.loads(run("schema").stdout) == json.loads(json.dumps(instance_schema()))
    assert run("schema", "instance").stdout == run("schema").stdout
    assert run("schema", "solutions").exit_code == 2


@pytest.mark.parametrize(("kind", "make"), [("references", references_schema), ("summary", summary_schema)])
def test_schemas_of_references_and_summaries(run, kind, make):
    assert json.loads(run("schema", kind).stdout) == json.loads(json.dumps(make()))


def test_doctor_finds_all_well(run):
    document = json.loads(run("doctor", "--json").stdout)
    assert document["libraries"].keys() >= {"numpy", "ortools"}
    assert None not in document["libraries"].values()
    # best value of the sample's packing, by dynamic programming over the drivers
    sizes, gains = [1 + r * 7 % 5 for r in range(28)], [1 + r * 11 % 13 for r in range(28)]
    best = [0] * 57
    for size, gain in zip(sizes, gains, strict=True):
        best = [max(best[n], best[n - size] + gain) if n >= size else best[n] for n in range(57)]
    assert document["sample"]["gain"] == best[-1]
    assert document["cores"] >= 1
    text = run("doctor")
    assert text.exit_code == 0
    assert text.stdout.splitlines()[-1].split(maxsplit=1) == ["verdict", "all is well"]


def test_doctor_misses_a_library(run, monkeypatch):
    monkeypatch.setattr("mapper.cli.doctor._CORE", ("numpy", "no-such-distribution"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "no-such-distribution missing" in result.stdout
