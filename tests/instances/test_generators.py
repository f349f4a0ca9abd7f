"""Generators: the same bytes again, the numbers that the literature states, and one clear line for each mistake."""

from __future__ import annotations

import hashlib
import io
import tempfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import audit
from instances.generators import FAMILIES, GRIDS, SHIPPED, GeneratorError, family, generate, grid
from instances.generators._cortical import SIZES, column_sizes, column_synapses
from models.configuration import configuration_from_arrays
from models.instance import library, load_instance
from models.instance.loader import load_yaml

#: Parameters with which a family is small.
SMALL = {
    "random": {"n": 40},
    "balanced": {"n": 60, "k_exc": 10, "k_inh": 5, "k_ext": 8},
    "noise": {"n": 40, "k": 5},
    "small-world": {"n": 60, "k": 6},
    "clustered": {"clusters": 4, "size": 12},
    "sheet": {"length": 9},
    "ring": {"groups": 4, "size": 8},
    "synfire": {"links": 3, "exc": 12, "inh": 4, "k": 7, "k_inh": 3},
    "ff": {"layers": "12-8-3"},
    "bm": {"n": 12},
    "rbm": {"visible": 9, "hidden": 5},
    "rbm-local": {"n": 6, "k": 4, "labels": 3},
    "ising": {"length": 4, "noise": 40},
    "column": {"scale": 0.002},
    "attractor": {"hypercolumns": 2, "minicolumns": 3, "pyramidal": 8},
    "guidebook-random": {"n": 20},
    "planted": {"width": 1, "height": 2},
}
RESERVED = {"seed", "neuron_size", "defects", "called", "name"}


def network_of(name, seed=1, **parameters):
    return generate(name, seed, **parameters).instance().network


def counts_of(network):
    names = [projection.name for projection in network.projections]
    return dict(zip(names, network.synapses.count_by_projection().tolist(), strict=True))


def in_degrees(network, projection):
    index = [p.name for p in network.projections].index(projection)
    mine = network.synapses.projection == index
    cells = network.cells(network.projections[index].post[0])
    return np.bincount(network.synapses.post[mine], minlength=network.n_cells)[cells]


def digest_of(one):
    state = hashlib.sha256()
    for path, data in sorted(files_of(one).items()):
        state.update(path.encode() + data)
    return state.hexdigest()[:16]


def files_of(one):
    """The files of an instance by path, without the planted bits, which are compressed."""
    with tempfile.TemporaryDirectory() as folder:
        written = {path.relative_to(folder).as_posix(): path for path in one.write(folder)}
        return {name: path.read_bytes() for name, path in written.items() if not name.startswith("solutions/")}


def test_every_family_has_an_example_here():
    assert set(SMALL) == set(FAMILIES)
    for one in FAMILIES.values():
        assert not RESERVED & {p.name for p in one.parameters}
        assert all(p.value(p.default) == p.default for p in one.parameters)
        assert one.summary
        assert all(p.meaning for p in one.parameters)


@pytest.mark.parametrize("name", FAMILIES)
def test_same_seed_same_bytes_other_seed_other_bytes(name):
    first, again, other = (generate(name, seed, **SMALL[name]) for seed in (3, 3, 4))
    assert files_of(first) == files_of(again)
    assert first.instance().digest == again.instance().digest
    a, b = first.instance().network.synapses, other.instance().network.synapses
    fixed = name in ("bm", "rbm", "rbm-local", "ring", "ff")
    assert fixed == (len(a) == len(b) and bool((a.pre == b.pre).all() and (a.post == b.post).all()))


#: First 16 digits of SHA-256 over the files of the small examples with seed 1: what is made is part of the format.
FROZEN = {
    "random": "a8089dde53b7cf21",
    "balanced": "45d1c0c5a77ef452",
    "noise": "e7e3ec47de24fd81",
    "small-world": "0c66d2862a18d464",
    "clustered": "2a9336adbcd5b5f1",
    "sheet": "d98be0af97518878",
    "ring": "5e23da3e0f794325",
    "synfire": "2ffb1345f1dd424c",
    "ff": "c328d6bec610386f",
    "bm": "a4dc97859beb7620",
    "rbm": "2538d60010f3a062",
    "rbm-local": "c284535c9496283b",
    "ising": "b16d41c91b46022f",
    "column": "3de51ed5ce329e9e",
    "attractor": "0a3c545b4a19ec1d",
    "guidebook-random": "396dd2d057afb4a3",
    "planted": "dc3783c85a946ea7",
}


@pytest.mark.parametrize("name", FAMILIES)
def test_bytes_are_those_of_the_first_release(name):
    assert digest_of(generate(name, 1, **SMALL[name])) == FROZEN[name]


# a synfire chain is two seconds of YAML: test_the_synfire_chains_fill_a_wafer makes one of them
@pytest.mark.parametrize("name", [name for name, recipe in SHIPPED.items() if recipe.family != "synfire"])
def test_shipped_instances_are_made_again_byte_by_byte(name):
    for path, data in files_of(SHIPPED[name].make(name)).items():
        assert (library.find(name).parent / path).read_bytes() == data, path


def test_the_synfire_chains_fill_a_wafer():
    # 190 links of 100 neurons, 1.4 million synapses: KIP news of 2020-10-01, arXiv:2303.12359
    made = SHIPPED["synfire-190x80-20-g1"].make("synfire-190x80-20-g1")
    expected = [body["expect"]["synapses"] for body in made.document["network"]["projections"].values()]
    assert sum(expected) == 190 * (80 * 60 + 20 * 60 + 80 * 20) == 1_444_000
    assert made.document == load_yaml(library.find("synfire-190x80-20-g1")).data


# --- numbers of the literature


def test_the_column_has_the_published_numbers():
    # neurons and synapses of every scale of brainscales-benchmarks; the full column has 77,169 neurons
    published = {
        1.0: (77169, 298_880_968), 0.1: (7713, 2_987_316), 0.08: (6170, 1_911_753), 0.06: (4625, 1_074_869),
        0.04: (3083, 477_724), 0.02: (1539, 119_226), 0.01: (767, 29_697), 0.005: (382, 7_408),
    }  # fmt: skip
    for scale, (neurons, synapses) in published.items():
        assert sum(column_sizes(scale)) == neurons
        assert sum(column_synapses(t, s, scale) for t in range(8) for s in range(8)) == synapses
    assert sum(SIZES) == 77169
    network = network_of("column")
    assert (network.n_cells, len(network.synapses)) == (767, 29_697)


def test_the_column_without_multapses_has_every_pair_once():
    network = network_of("column", multapses=False)
    synapses = network.synapses
    pair = synapses.pre.astype(np.int64) * network.n_cells + synapses.post
    assert len(np.unique(pair)) == len(pair)
    # with probability p of at least one connection, p N_pre N_post pairs are connected; the full column's in-degree
    # divided by 100 gives the same p
    assert 0.95 * 28_500 < len(pair) < 29_697


def test_the_balanced_network_has_the_demonstrated_numbers():
    # brainscales1-demos: 2,083 neurons, 431,181 recurrent and 416,600 external synapses
    counts = counts_of(network_of("balanced"))
    external = counts["XE"] + counts["XI"]
    assert (sum(counts.values()) - external, external) == (431_181, 416_600)


def test_in_degrees_are_fixed_and_nobody_feeds_itself():
    network = network_of("balanced", **SMALL["balanced"])
    for name, k in (("EE", 10), ("EI", 10), ("IE", 5), ("II", 5), ("XE", 8)):
        assert set(in_degrees(network, name).tolist()) == {k}
    assert (network.synapses.pre != network.synapses.post).all()


def test_the_ising_lattice_has_four_neighbours():
    network = network_of("ising", length=5, noise=40)
    assert counts_of(network) == {
        "noise": 40 * 30, "noise-excitatory": 125, "noise-inhibitory": 125, "bias": 25, "lattice": 100,
    }  # fmt: skip
    mine = network.synapses.projection == 4
    step = (network.synapses.post[mine] - network.synapses.pre[mine]) % 25
    assert sorted(np.unique(step).tolist()) == [1, 4, 5, 20, 21, 24]
    assert set(in_degrees(network, "lattice").tolist()) == {4}


def test_boltzmann_machines_are_complete():
    assert counts_of(network_of("bm", n=100)) == {"excitatory": 9900, "inhibitory": 9900}
    assert sum(counts_of(network_of("rbm", visible=50)).values()) == 10_000
    # N = 10, K = 8, L = 10: 9 hidden neurons with 64 inputs, 10 labels, every connection in 2 signs and 2 directions
    assert sum(counts_of(network_of("rbm-local")).values()) == 4 * (9 * 64 + 9 * 10)


def test_big_network_of_marocco_has_its_size():
    network = SHIPPED["big-network-119x80-g1-d2"].make("x").instance().network
    assert network.n_cells == 119 * 81
    n = 119 * 80 * 80
    expected = 0.2 * n + 0.1 * n + 119 * 80
    assert abs(len(network.synapses) - expected) < 4 * np.sqrt(0.2 * 0.8 * n + 0.1 * 0.9 * n)


def test_the_attractor_connects_what_it_should():
    network = network_of("attractor", hypercolumns=3, minicolumns=3, pyramidal=10)
    synapses, counts = network.synapses, counts_of(network)
    pyr = synapses.projection == 0
    home_pre, home_post = synapses.pre[pyr] // 10, synapses.post[pyr] // 10
    assert (home_pre % 3 == home_post % 3).all()
    against = synapses.projection == 1
    home_pre, home_post = synapses.pre[against] // 10, (synapses.post[against] - 90) // 2
    assert (home_pre % 3 != home_post % 3).all()
    assert (home_pre // 3 != home_post // 3).all()
    assert set(counts) == {"PYR-PYR", "PYR-RSNP", "RSNP-PYR", "PYR-BAS", "BAS-PYR", "IN-PYR"}
    n = 90 * 9
    assert abs(counts["PYR-PYR"] - 0.25 * n - 0.1 * 90 * 20) < 4 * np.sqrt(0.1875 * n + 0.09 * 1800)


def test_the_sheet_connects_neighbours_only():
    made = generate("sheet", 2, length=12, radius=3.0, exc=1.0, peak=1.0)
    network = made.instance().network
    dx = network.synapses.pre % 12 - network.synapses.post % 12
    dy = network.synapses.pre // 12 - network.synapses.post // 12
    square = dx * dx + dy * dy
    assert square.min() == 1
    assert square.max() < 9
    near, pairs = int((square == 1).sum()), 4 * 12 * 11
    assert abs(near - pairs * 8 / 9) < 4 * np.sqrt(pairs * 8 / 81)
    torus = network_of("sheet", 2, length=12, radius=3.0, exc=1.0, peak=1.0, torus=True)
    assert len(torus.synapses) > len(network.synapses)


def test_small_world_between_lattice_and_random():
    lattice = network_of("small-world", n=50, k=4, rewire=0)
    step = (lattice.synapses.post - lattice.synapses.pre) % 50
    assert np.bincount(step).nonzero()[0].tolist() == [1, 2, 48, 49]
    assert len(lattice.synapses) == 200
    rewired = network_of("small-world", n=2000, k=20, rewire=0.5).synapses
    step = (rewired.post - rewired.pre) % 2000
    far = int(((step > 10) & (step < 1990)).sum())
    assert abs(far - 20_000 * 0.98) < 5 * np.sqrt(40_000 * 0.25)


# --- planted instances


@given(st.integers(0, 10_000), st.integers(2, 3), st.integers(1, 2), st.sampled_from([0.0, 0.4]))
@settings(max_examples=5, deadline=None)
def test_planted_bits_lose_nothing(seed, width, height, share):
    made = generate("planted", seed, width=width, height=height, defect_share=share)
    with np.load(io.BytesIO(made.extra["solutions/planted.npz"]), allow_pickle=False) as arrays:
        bits = configuration_from_arrays(dict(arrays))
    verdict = audit(made.instance(), bits, 0)
    assert [str(v) for v in verdict.violations] == []
    assert verdict.valid


# --- blacklists, names, grids


def test_blacklist_variants():
    perfect = generate("random", 5, n=40).instance()
    named = generate("random", 5, n=40, defects="blacklist-7")
    wafer = named.instance().wafer
    assert named.name == "random-n40-p0.3-g5-blacklist-7"
    assert wafer.defects == library.load("guidebook-s0+blacklist-7").wafer.defects
    drawn = generate("random", 5, n=40, defects="random:0.1").instance()
    assert len({perfect.digest, named.instance().digest, drawn.digest}) == 3
    assert abs(len(drawn.wafer.defects.indices("drivers")) - 0.1 * 384 * 224) < 4 * np.sqrt(0.09 * 384 * 224)
    assert abs(len(drawn.wafer.defects.hicanns) - 19.2) < 4 * np.sqrt(0.05 * 384)
    np.testing.assert_array_equal(drawn.network.synapses.post, perfect.network.synapses.post)


def test_names_say_what_was_asked_for():
    assert generate("random", 1, n=800, p=0.3).name == "random-n800-p0.3-g1"
    assert generate("random", 7, n="80", p="0.25", self="no").name == "random-n80-p0.25-selfoff-g7"
    assert generate("bm", 1, n=10, called="mine").name == "mine"
    # what the generator makes is another sample than the shipped edge lists, so it never has their names
    assert not {generate(name, 1, **SMALL[name]).name for name in SMALL} & set(library.names())


def test_text_and_values_mean_the_same():
    as_text = family("random").values({"n": "40", "p": "0.5", "self": "false"})
    assert as_text == family("random").values({"n": 40, "p": 0.5, "self": False})
    assert family("random").values({"n": 40.0, "p": 1})["p"] == 1.0


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("rnadom", {}, "no family 'rnadom' - did you mean 'random'?"),
        ("zzz", {}, "no family 'zzz': there are random, "),
        ("random", {"N": 3}, "random has no parameter 'N' - did you mean 'n'?"),
        ("random", {"n": "many"}, "n must be a whole number (got 'many')"),
        ("random", {"n": True}, "n must be a whole number (got True)"),
        ("random", {"n": 2.5}, "n must be a whole number (got 2.5)"),
        ("random", {"p": float("nan")}, "p must be a number (got nan)"),
        ("random", {"n": 0}, "n must be 1 to 100000 (got 0)"),
        ("random", {"p": 1.5}, "p must be 0 to 1 (got 1.5)"),
        ("random", {"p": 0.0}, "random-n800-p0-g1: these parameters give a network without synapses"),
        ("random", {"neuron_size": 5}, "the neuron size must be even, 2 to 64 (got 5)"),
        ("random", {"defects": "random:lots"}, "random:SHARE needs a share from 0 to 1 (got 'lots')"),
        ("random", {"called": "a b"}, "'a b' cannot be a name"),
        ("ff", {"layers": "10"}, "layers must be two or more sizes like 784-100-10 (got '10')"),
        ("noise", {"n": 10}, "k must be 9 or less, there are no more presynaptic cells (got 20)"),
        ("small-world", {"k": 3}, "k must be even and below n = 1000 (got 3)"),
        ("rbm-local", {"n": 5}, "k must be n = 5 or less (got 8)"),
        ("column", {"scale": 0.9}, "more than the 44040192 synapses of a wafer"),
        ("clustered", {"size": 10_000}, "the network has more than the 196608 cells of a wafer"),
        ("column", {"scale": 0.0}, "scale must be 0.001 to 1 (got 0.0)"),
        ("planted", {"width": 36, "height": 16}, "no box of 36 x 16 HICANNs fits onto the wafer"),
        (
            "planted",
            {"defects": "blacklist-7"},
            "a blacklist may disable what the planted bits use: defect_share=SHARE",
        ),
        ("planted", {"neuron_size": 64}, "planted brings its own neuron size"),
    ],
)
def test_mistakes_are_one_line(name, arguments, message):
    with pytest.raises(GeneratorError) as caught:
        generate(name, 1, **arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_blacklist_and_seed():
    with pytest.raises(GeneratorError, match="the seed must be a whole number, 0 or more"):
        generate("bm", -1)
    with pytest.raises(ValueError, match="no defects 'blacklist-8' are shipped"):
        generate("bm", 1, n=4, defects="blacklist-8")


def test_grids_of_brainscales_benchmarks():
    sizes = {name: len(one) for name, one in GRIDS.items() if one.source == "brainscales-benchmarks"}
    assert sizes == {
        "random10_network": 6, "random30_network": 6, "ising2d_network": 14, "fullyVisibleBm_network": 8,
        "rbm_network": 7, "pfeilsNoise_network": 6, "rbmLocalReceptiveFields_network": 11,
        "2layer_feedforward_network": 7, "3layer_feedforward_network": 7, "cortical_column_network": 14,
    }  # fmt: skip
    for one in GRIDS.values():
        values = [family(one.family).values({k: v for k, v in point.items() if k != "neuron_size"}) for point in one]
        assert len({str(v) for v in values}) == len(one.points)
    first = generate(grid("2layer_feedforward_network").family, 1, **next(iter(grid("2layer_feedforward_network"))))
    assert counts_of(first.instance().network) == {"L0L1e": 25}
    assert first.instance().network.is_source.sum() == 0
    with pytest.raises(GeneratorError, match="no grid 'rbm_netwrk' - did you mean 'rbm_network'"):
        grid("rbm_netwrk")


def test_written_files_are_the_instance(tmp_path):
    made = generate("sheet", 1, length=9)
    paths = made.write(tmp_path / "there")
    assert sorted(path.relative_to(tmp_path / "there").as_posix() for path in paths) == [
        "data/edges.npz", "instance.yaml",
    ]  # fmt: skip
    assert load_instance(tmp_path / "there").digest == made.instance().digest
