"""``mapper bound``: the bound of an instance, without a mapping."""

from __future__ import annotations

import json

from models.instance import library
from models.instance.references import records


def test_bounds_of_several_instances(run):
    result = run("bound", "guidebook-merged", "guidebook-s0+blacklist-7")
    assert result.exit_code == 0, result.stderr
    header, _, first, second = result.stdout.splitlines()
    assert header.split() == ["instance", "synapses", "bound", "%", "kind"]
    known = records(library.find("guidebook-merged").parent)[0].bound.lost
    assert first.split()[:4] == ["guidebook-merged", "2485", str(known), f"{100 * known / 2485:.2f}"]
    assert first.endswith("fan-in over the shared buses")
    assert second.split()[:4] == ["guidebook-s0+blacklist-7", "2507", "0", "0.00"]


def test_as_json(run, tiny):
    (found,) = json.loads(run("bound", tiny, "--json").stdout)["bounds"]
    assert (found["instance"], found["synapses"], found["lost"], found["lost_percent"]) == ("tiny-test", 6, 0, 0.0)
    assert found["digest"].startswith("sha256:")


def test_what_is_no_instance(run):
    result = run("bound", "guidebok")
    assert result.exit_code == 2
    assert "did you mean 'guidebook'?" in result.stderr
