"""The shipped instances: each loads, its digest is the recorded one, and its references name their source.

Only the small ones are loaded here; of the others the records are compared.
"""

from __future__ import annotations

import numpy as np
import pytest

from models.errors import InstanceError
from models.instance import library, load_instance
from models.instance.loader import load_yaml

#: cells, sources, synapses, and marocco's loss, of the set "tiny"
SHIPPED = {
    "bm-100-s1-d4": (100, 0, 19800, 11820),
    "column-0.01-s1-d8": (771, 0, 28528, 0),
    "ff-100-100-s1-d4": (200, 100, 20000, 0),
    "guidebook": (100, 50, 2485, None),
    "guidebook-merged": (100, 50, 2485, None),
    "ising-20-s1": (900, 0, 28559, 0),
    "random-n100-p0.3-s1": (100, 0, 2990, 0),
    "random-n400-p0.3-s1": (400, 0, 47953, 1),
    "rbm-50-50-s1-d4": (100, 0, 10000, 5800),
    "ring-10x32-s1": (330, 10, 10560, 2560),
    "smallworld-n1000-k40-s1": (1000, 0, 39835, 3742),
    "synfire-11x8-8-s1": (184, 8, 2112, 288),
}


#: What marocco was measured with.
VARIANTS = {"default", "defects7", "dijkstra", "clusterpop", "2015"}
SETS = ("large", "standard", "tiny")
#: Made by the generators of this project.
GENERATED = (
    "attractor-9x9-g1", "big-network-119x80-g1-d2", "column-0.005-g1-d8", "noise-n500-k20-g1", "planted-3x2-g2",
    "planted-3x2-g4", "planted-4x3-defects-g3", "planted-6x4-g1", "rbm-local-10-8-g1", "rbm-local-22-8-g1",
    "synfire-190x100-g1", "synfire-190x80-20-g1",
)  # fmt: skip
FIGURES = (
    "lost", "lost_l1", "lost_no_driver", "lost_no_row", "chips_with_neurons", "chips_used", "buses", "routes",
    "drivers",
)  # fmt: skip


#: Solutions and logs, which are no part of an instance.
SOLUTIONS = "solutions"


def references_of(name):
    return load_yaml(library.find(name).parent / "references.yaml").data


def test_names():
    assert set(SHIPPED) <= set(library.names())
    assert library.names() == tuple(sorted(library.names()))
    assert len(library.names()) == 44 + len(GENERATED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_instance(name):
    cells, sources, synapses, lost = SHIPPED[name]
    instance = load_instance(library.find(name))
    assert instance.name == name
    assert (instance.network.n_cells, instance.network.is_source.sum()) == (cells, sources)
    assert len(instance.network.synapses) == synapses
    assert instance.limits.neuron_size == (8 if name.endswith("-d8") else 4)
    assert instance.origin["license"] == "CC-BY-4.0"
    references = references_of(name)
    assert references["format"] == "wafer-references/1"
    assert references["instance"] == {"name": name, "digest": instance.digest}
    entries = [*references.get("published", []), *references.get("measured", [])]
    assert entries
    assert all(entry["source"] and 0 <= entry["lost"] <= entry["total"] for entry in entries)
    if lost is not None:
        by_default = [entry for entry in entries if entry["variant"] == "default"]
        assert [(entry["lost"], entry["total"]) for entry in by_default] == [(lost, synapses)]


def test_the_tiny_set():
    members = dict(library.members("tiny"))
    assert set(members) == set(SHIPPED)
    assert all(load_instance(library.find(name)).digest == digest for name, digest in members.items())


def test_every_instance_is_in_one_set():
    assert library.sets() == tuple(sorted([*SETS, *(f"{name}-blacklist-7" for name in SETS)]))
    members = [member for name in SETS for member in library.members(name)]
    assert sorted(name for name, _ in members) == list(library.names())
    for name, digest in members:
        assert references_of(name)["instance"] == {"name": name, "digest": digest}


@pytest.mark.parametrize("name", SETS)
def test_sets_on_blacklisted_wafers(name):
    plain, blacklisted = library.members(name), library.members(f"{name}-blacklist-7")
    spared = [member for member, _ in plain if not member.startswith("planted")]
    assert [reference for reference, _ in blacklisted] == [f"{member}+blacklist-7" for member in spared]
    for reference, digest in blacklisted:
        (variant,) = references_of(reference.partition("+")[0])["variants"]
        assert (variant["defects"], variant["digest"]) == ("blacklist-7", digest)
    reference, digest = blacklisted[0]
    assert library.load(reference).digest == digest


def test_references_hold_what_marocco_does():
    for name in library.names():
        for entry in references_of(name).get("measured", []):
            if "variant" not in entry:
                assert name == "guidebook-merged"
                continue
            assert entry["variant"] in VARIANTS
            assert entry["source"].startswith("marocco HEAD 910c8dc")
            assert entry["lost"] == entry["lost_l1"] + entry["lost_no_driver"] + entry["lost_no_row"]
            assert all(0 <= entry[figure] <= entry["total"] for figure in FIGURES)
            assert entry["cpu_s"] > 0
            assert ("defects" in entry) == (entry["variant"] == "defects7")


def size_of(folder, without=""):
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in files if without not in path.relative_to(folder).parts)


def test_the_shipped_files_are_small():
    assert sum(size_of(library.folder() / name, without=SOLUTIONS) for name in SHIPPED) < 1_000_000
    assert size_of(library.folder(), without=SOLUTIONS) < 16_000_000
    assert size_of(library.folder()) < 30_000_000


def test_generated_instances_say_so():
    for name in GENERATED:
        document = load_yaml(library.find(name)).data
        assert document["origin"]["tags"][0] == "generated"
        assert document["origin"]["source"].startswith("mapper instances generate ")


def test_guidebook_stimulus_is_the_published_matrix():
    network = load_instance(library.find("guidebook")).network
    stim = network.synapses.projection == 0
    groups = (network.synapses.pre[stim] - 50) // 15
    # requested synapses of the groups of sources 0-14, 15-29, 30-44, 45-49
    assert np.bincount(groups).tolist() == [395, 368, 356, 128]
    inputs = np.bincount(network.synapses.post[stim], minlength=50)
    assert np.maximum(inputs - 20, 0).sum() == 258
    served = [np.bincount(network.synapses.post[stim][groups == g], minlength=50) for g in range(4)]
    lost = sum(np.maximum(n - cap, 0).sum() for n, cap in zip(served, (6, 6, 6, 2), strict=True))
    assert lost == 294


def test_guidebook_merged_is_the_same_network_on_two_buses():
    free, merged = (load_instance(library.find(name)) for name in ("guidebook", "guidebook-merged"))
    np.testing.assert_array_equal(free.network.synapses.pre, merged.network.synapses.pre)
    np.testing.assert_array_equal(free.network.synapses.post, merged.network.synapses.post)
    assert free.shared_buses == ()
    assert [view.population for view in merged.shared_buses] == ["source", "neuron"]


def test_unknown_names():
    with pytest.raises(InstanceError, match="no instance 'guidebok' is shipped - did you mean 'guidebook'"):
        library.find("guidebok")
    with pytest.raises(InstanceError, match="no set 'tini' is shipped - did you mean 'tiny'"):
        library.members("tini")
