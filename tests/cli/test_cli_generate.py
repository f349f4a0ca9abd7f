"""``mapper instances generate``, ``families``, ``best`` and ``submit``."""

from __future__ import annotations

import json
import shutil

import pytest

import mapper
from instances.generators import FAMILIES, GRIDS, generate
from models.instance import library, load_instance
from models.solution import save


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A library of two instances whose files may be changed."""
    shipped, copy = library.folder(), tmp_path / "shelf"
    for name in ("guidebook-s0", "bm-100-s1-d4", "defects", "sets"):
        shutil.copytree(shipped / name, copy / name)
    monkeypatch.setattr(library, "folder", lambda: copy)
    return copy


def test_generate_writes_an_instance_that_can_be_used(run, tmp_path):
    result = run("instances", "generate", "random", "--param", "n=80", "--param", "p=0.3", "--seed", "1")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "random-n80-p0.3-g1/instance.yaml\n"
    made = load_instance(tmp_path / "random-n80-p0.3-g1")
    assert made.digest == generate("random", 1, n=80, p=0.3).instance().digest
    again = run("instances", "generate", "random", "--param", "n=80", "--param", "p=0.3", "--seed", "1")
    assert again.exit_code == 2
    assert "--force overwrites it" in again.stderr
    assert run("instances", "validate", "random-n80-p0.3-g1/instance.yaml").exit_code == 0


def test_generate_with_all_options(run, tmp_path):
    arguments = ["--neuron-size", "8", "--defects", "blacklist-7", "--name", "mine", "-o", "there"]
    result = run("instances", "generate", "sheet", "--param", "length=9", "--seed", "3", *arguments)
    assert result.exit_code == 0, result.stderr
    assert sorted(result.stdout.splitlines()) == [
        "there/data/blacklist-7.yaml", "there/data/edges.npz", "there/instance.yaml",
    ]  # fmt: skip
    made = load_instance(tmp_path / "there")
    assert (made.name, made.limits.neuron_size, len(made.wafer.defects.hicanns)) == ("mine", 8, 3)


def test_generate_a_grid(run, tmp_path):
    result = run("instances", "generate", "--grid", "2layer_feedforward_network", "-o", "all")
    assert result.exit_code == 0, result.stderr
    made = [load_instance(path) for path in sorted((tmp_path / "all").iterdir())]
    assert sorted(len(one.network.synapses) for one in made) == [25, 100, 225, 400, 900, 2500, 10000]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a family, or a grid with --grid"),
        (["bm", "--grid", "rbm_network"], "name a family, or a grid with --grid"),
        (["rnadom"], "no family 'rnadom' - did you mean 'random'?"),
        (["bm", "--param", "n"], "'n' must read NAME=VALUE, e.g. n=800"),
        (["bm", "--param", "seed=3"], "seed is no parameter of the family: use --seed"),
        (["bm", "--param", "n=1"], "n must be 2 to 100000 (got 1)"),
        (["--grid", "rbm_network", "--param", "n=1"], "a grid has its own parameters"),
        (["bm", "--defects", "nowhere"], "no defects 'nowhere' are shipped"),
    ],
)
def test_mistakes_end_with_one_line(run, arguments, message):
    result = run("instances", "generate", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_help_and_families_list_all(run):
    text = run("instances", "generate", "--help").stdout
    assert all(name in text for name in [*FAMILIES, *GRIDS])
    text = run("instances", "families").stdout
    assert all(any(line.startswith(name) for line in text.splitlines()) for name in [*FAMILIES, *GRIDS])
    document = json.loads(run("instances", "families", "--json").stdout)
    assert [one["name"] for one in document["families"]] == list(FAMILIES)
    assert {g["name"]: len(g["points"]) for g in document["grids"]} == {n: len(g) for n, g in GRIDS.items()}
    lines = run("instances", "families", "synfire").stdout.splitlines()
    assert [line.split()[0] for line in lines[6:]] == ["links", "exc", "inh", "k", "k_inh", "rate"]


def test_best_shows_what_is_known(run):
    result = run("instances", "best", "tiny", "--json")
    documents = json.loads(result.stdout)["best"]
    assert {one["name"] for one in documents} == {name for name, _ in library.members("tiny")}
    assert {one["defects"] for one in documents} == {"", "blacklist-7"}
    text = run("instances", "best", "guidebook-s0+blacklist-7", "--audit")
    assert text.exit_code == 0
    (row,) = text.stdout.splitlines()[2:]
    assert row.split()[:6] == ["guidebook-s0+blacklist-7", "2507", "316", "0", "0.00", "0"]
    assert row.endswith("bits agree")
    assert run("instances", "best", "guidebook-s0", "--open").stdout.splitlines()[2:] == []
    wrong = run("instances", "best", "guidebook-s0+blacklist-8")
    assert wrong.exit_code == 2
    assert "of guidebook-s0+blacklist-8; there are references for guidebook-s0, guidebook-s0+bl" in wrong.stderr


def test_best_notices_a_wrong_record(run, shelf):
    path = shelf / "guidebook-s0/references.yaml"
    path.write_text(path.read_text().replace("best: {lost: 0,", "best: {lost: 1,", 1))
    refused = run("instances", "best", "guidebook-s0")
    assert refused.exit_code == 2
    assert "references.yaml:1:1: status is optimal, best and bound say open" in refused.stderr
    path.write_text(path.read_text().replace("status: optimal", "status: open", 1))
    result = run("instances", "best", "guidebook-s0", "--audit")
    assert result.exit_code == 1
    assert "bits lose 0, claimed 1" in result.stdout


def test_submit_takes_only_what_is_better(run, shelf, tmp_path):
    instance = library.load("guidebook-s0")
    save(tmp_path / "a.sol.zip", mapper.solve(instance, "marocco-2015", det_limit=1.0))
    path = shelf / "guidebook-s0/references.yaml"
    before = path.read_text()
    refused = run("instances", "submit", tmp_path / "a.sol.zip")
    assert (refused.exit_code, path.read_text()) == (1, before)
    assert "not better: it loses 586, the best known one 0" in refused.stdout
    save(tmp_path / "b.sol.zip", mapper.solve(instance, "marocco", det_limit=1.0))
    taken = run("instances", "submit", tmp_path / "b.sol.zip", "--by", "A. Person", "--equal")
    assert taken.exit_code == 0, taken.stdout
    assert "by: A. Person" in path.read_text()
    assert run("instances", "best", "guidebook-s0", "--audit").exit_code == 0


def test_an_installed_package_says_where_the_solutions_are(run, shelf, tmp_path):
    (tmp_path / "a.sol.zip").write_bytes(b"not even read")
    for folder in shelf.glob("*/solutions"):
        shutil.rmtree(folder)
    (row, _) = run("instances", "best", "guidebook-s0").stdout.splitlines()[2:]
    assert row.endswith("in the repository")
    for command, words in ((["best", "--audit"], "audit them"), (["submit", tmp_path / "a.sol.zip"], "submit to them")):
        result = run("instances", *command)
        assert result.exit_code == 2
        assert "the best known solutions are not part of the installed package" in result.stderr
        assert f"{words} in a clone of the repository" in result.stderr


def test_names_with_blacklists_are_instances_everywhere(run):
    document = json.loads(run("instances", "show", "guidebook-s0+blacklist-7", "--json").stdout)
    assert (document["name"], document["hicanns"]) == ("guidebook-s0+blacklist-7", 381)
    assert run("instances", "digest", "guidebook-s0+blacklist-7").stdout.strip() == document["digest"]
    wrong = run("instances", "digest", "guidebook-s0+blacklist-8")
    assert wrong.exit_code == 2
