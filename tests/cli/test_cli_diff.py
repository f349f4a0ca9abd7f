"""``mapper diff``: two solutions of one instance side by side."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import mapper
from mapper.runs.differences import difference_document
from models.instance import library, load_instance
from models.mapping import NO_ROW
from models.solution import save


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Two solutions of a shipped instance, in files."""
    folder, instance = tmp_path_factory.mktemp("solved"), library.load("guidebook-s0")
    found = [mapper.solve(instance, name, det_limit=1.0) for name in ("marocco-2015", "marocco")]
    for name, solution in zip("ab", found, strict=True):
        save(folder / f"{name}.sol.zip", solution)
    return folder, found


def test_counts_add_up(run, solved):
    folder, (first, second) = solved
    result = run("diff", folder / "a.sol.zip", folder / "b.sol.zip", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["solver"] == ["marocco-2015", "marocco"]
    assert found["lost"] == [586, 0]
    assert found["synapses"] == {"both": 2507 - 586, "first": 0, "second": 586, "neither": 0}
    assert [sum(column) for column in zip(*found["lost_by_projection"].values(), strict=True)] == [586, 0]
    assert [sum(column) for column in zip(*found["lost_by_cause"].values(), strict=True)] == [586, 0]
    assert set(found["lost_by_projection"]) == {"stim", "rec"}
    assert sum(found["cells"].values()) == len(first.mapping.placement.hicann) == 100
    nets = [len(np.unique(one.mapping.routing.net)) for one in (first, second)]
    shared = found["nets"]["same"] + found["nets"]["different"]
    assert [shared + found["nets"]["first"], shared + found["nets"]["second"]] == nets


def test_nothing_differs_from_itself(run, solved):
    folder, _ = solved
    lines = run("diff", folder / "a.sol.zip", folder / "a.sol.zip").stdout.splitlines()
    assert all(line.split()[-1] == "0" for line in lines[3:-3])
    assert [line.split(maxsplit=1)[1] for line in lines[-2:]] == [
        "100 at the same place, 0 elsewhere on the same HICANN, 0 on another HICANN",
        f"{len(np.unique(solved[1][0].mapping.routing.net))} the same, 0 on other lines, 0 of the first only, "
        "0 of the second only",
    ]


def test_a_lost_synapse_a_moved_cell_and_a_rerouted_net_are_counted(solved):
    _, (_, good) = solved
    mapping = good.mapping
    cause, hicann, column, parent = (
        array.copy()
        for array in (
            mapping.synapses.cause, mapping.placement.hicann, mapping.placement.column, mapping.routing.parent,
        )
    )  # fmt: skip
    cause[3] = NO_ROW
    neurons = np.flatnonzero(column >= 0)
    hicann[neurons[0]] += 1
    column[neurons[1]] += 1
    parent[0] = 5
    changed = replace(
        mapping,
        synapses=replace(mapping.synapses, cause=cause),
        placement=replace(mapping.placement, hicann=hicann, column=column),
        routing=replace(mapping.routing, parent=parent),
    )
    found = difference_document(good, replace(good, mapping=changed), ("stim", "rec"))
    assert found["synapses"] == {"both": 2506, "first": 1, "second": 0, "neither": 0}
    assert found["cells"] == {"same": 98, "same_hicann": 1, "moved": 1}
    assert found["nets"]["different"] == 1
    assert found["hicanns_of_one"] == [[], [int(hicann[neurons[0]])]]


def test_the_table_for_people(run, solved):
    folder, _ = solved
    head, _, _, lost, *rest = run("diff", folder / "a.sol.zip", folder / "b.sol.zip").stdout.splitlines()
    assert head == "guidebook-s0, 2507 synapses"
    assert lost.split() == ["lost", "synapses", "586", "0", "-586"]
    assert [line.split()[:2] for line in rest if line.startswith("  in ")] in (
        [["in", "stim"], ["in", "rec"]],
        [["in", "rec"], ["in", "stim"]],
    )


def test_solutions_of_two_instances_and_wrong_instances_are_refused(run, solved, tiny, tmp_path):
    folder, _ = solved
    save(tmp_path / "t.sol.zip", mapper.solve(load_instance(tiny), "marocco", det_limit=1.0))
    other = run("diff", folder / "a.sol.zip", tmp_path / "t.sol.zip")
    assert (other.exit_code, "compare solutions of one instance" in other.stderr) == (2, True)
    wrong = run("diff", folder / "a.sol.zip", folder / "b.sol.zip", "--instance", tiny)
    assert (wrong.exit_code, "name the right one with --instance" in wrong.stderr) == (2, True)
    unknown = run("diff", tmp_path / "t.sol.zip", tmp_path / "t.sol.zip", "--json")
    assert next(iter(json.loads(unknown.stdout)["lost_by_projection"])) == "projection 0"
    named = run("diff", tmp_path / "t.sol.zip", tmp_path / "t.sol.zip", "--json", "--instance", tiny)
    assert "projection 0" not in json.loads(named.stdout)["lost_by_projection"]
