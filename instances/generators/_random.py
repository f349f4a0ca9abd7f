"""Random recurrent networks: unstructured, balanced, small-world, clustered, on a sheet, and Pfeil's noise network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instances.generators._draft import (
    Draft,
    Ints,
    in_degree,
    integers,
    pairs_by_row,
    permutation,
    probability,
)
from instances.generators._parameters import Family, GeneratorError, Parameter
from models.network.streams import bernoulli, stream

_N = Parameter("n", 800, "neurons", 1, 100_000)
_EXC = Parameter("exc", 0.8, "share of excitatory neurons", 0, 1)


def _split(n: int, share: float) -> tuple[int, int]:
    """Return how many of ``n`` neurons are excitatory and inhibitory."""
    excitatory = int(n * share + 0.5)
    return excitatory, n - excitatory


def _random(values: Mapping[str, Any], seed: int) -> Draft:
    n, p, exc = values["n"], values["p"], values["exc"]
    draft = Draft(f"Random network of {n} neurons, connection probability {p:g}")
    sizes = dict(zip("EI", _split(n, exc), strict=True))
    present = [name for name, size in sizes.items() if size]
    for name in present:
        draft.population(name, sizes[name])
    for pre in present:
        for post in present:
            receptor = "excitatory" if pre == "E" else "inhibitory"
            draft.connect(f"{pre}{post}", pre, post, receptor, probability(p, seed, values["self"]))
    return draft


RANDOM = Family(
    "random",
    "every pair of neurons with the same probability",
    (
        _N,
        Parameter("p", 0.3, "connection probability", 0, 1),
        _EXC,
        Parameter("self", True, "self-connections allowed"),
    ),
    _random,
    "brainscales-benchmarks, random network (there all neurons are excitatory: exc=1)",
    named_by=("n", "p"),
)


def _balanced(values: Mapping[str, Any], seed: int) -> Draft:
    n_exc, n_inh = _split(values["n"], values["exc"])
    if not n_exc or not n_inh:
        raise GeneratorError(f"exc must leave neurons of both kinds (got {values['exc']:g} of {values['n']})")
    n_ext = values["sources"] or values["n"]
    title = f"Balanced random network of {values['n']} neurons, in-degree {values['k_exc']} + {values['k_inh']}"
    draft = Draft(f"{title} + {values['k_ext']} external")
    draft.population("E", n_exc)
    draft.population("I", n_inh)
    inputs = [("E", n_exc, "k_exc", "excitatory"), ("I", n_inh, "k_inh", "inhibitory")]
    if values["k_ext"]:
        draft.sources("X", n_ext, values["rate"])
        inputs.append(("X", n_ext, "k_ext", "excitatory"))
    for post in ("E", "I"):
        for pre, size, count, receptor in inputs:
            connector = in_degree(values[count], size, seed, count, allow_self=pre != post)
            draft.connect(f"{pre}{post}", pre, post, receptor, connector)
    return draft


BALANCED = Family(
    "balanced",
    "balanced random network with fixed in-degrees and external Poisson sources",
    (
        Parameter("n", 2083, "neurons", 2, 100_000),
        _EXC,
        Parameter("k_exc", 166, "excitatory inputs of a neuron", 0, 100_000),
        Parameter("k_inh", 41, "inhibitory inputs of a neuron", 0, 100_000),
        Parameter("k_ext", 200, "external inputs of a neuron", 0, 100_000),
        Parameter("sources", 0, "external sources; 0: as many as neurons", 0, 100_000),
        Parameter("rate", 2.0, "rate of a source [Hz]", 0),
    ),
    _balanced,
    "Brunel, J. Comput. Neurosci. 8 (2000) 183; defaults: network of 1/6 size in brainscales1-demos",
    neuron_size=8,
    named_by=("n",),
)


def _noise(values: Mapping[str, Any], seed: int) -> Draft:
    draft = Draft(f"Noise network of {values['n']} inhibitory neurons with {values['k']} inputs each")
    draft.population("N", values["n"])
    draft.connect("noise", "N", "N", "inhibitory", in_degree(values["k"], values["n"], seed, "k", allow_self=False))
    return draft


NOISE = Family(
    "noise",
    "inhibitory neurons with a fixed number of inputs from each other",
    (Parameter("n", 500, "neurons", 2, 100_000), Parameter("k", 20, "inputs of a neuron", 1, 100_000)),
    _noise,
    "brainscales-benchmarks, pfeilsNoise, after Pfeil et al., Phys. Rev. X 6 (2016) 021023",
    named_by=("n", "k"),
)


def _small_world(values: Mapping[str, Any], seed: int) -> Draft:
    n, k = values["n"], values["k"]
    if k % 2 or k >= n:
        raise GeneratorError(f"k must be even and below n = {n} (got {k})")
    draft = Draft(f"Small-world network of {n} neurons with {k} neighbours, {values['rewire']:g} of them rewired")
    draft.population("N", n)
    steps = np.concatenate([np.arange(1, k // 2 + 1), -np.arange(1, k // 2 + 1)])
    source = np.repeat(np.arange(n), k)
    target = (source + np.tile(steps, n)) % n
    bits = stream(seed, "small-world")
    rewired = bernoulli(bits, n * k, values["rewire"])
    target = np.where(rewired, integers(bits, n * k, n), target)
    distinct = np.unique(source[source != target] * n + target[source != target])
    draft.edges("e", "N", "N", "excitatory", (distinct // n, distinct % n))
    return draft


SMALL_WORLD = Family(
    "small-world",
    "ring lattice whose connections end anywhere with some probability; repeated pairs and loops are dropped",
    (
        Parameter("n", 1000, "neurons", 3, 100_000),
        Parameter("k", 40, "neighbours that a neuron projects to, half on either side", 2, 10_000),
        Parameter("rewire", 0.1, "probability that a connection ends at a random neuron", 0, 1),
    ),
    _small_world,
    "Watts and Strogatz, Nature 393 (1998) 440",
    named_by=("n", "k"),
)


def _clustered(values: Mapping[str, Any], seed: int) -> Draft:
    clusters, size = values["clusters"], values["size"]
    n = clusters * size
    outside = values["k_out"] / (n - size) if clusters > 1 else 0.0
    if outside > 1:
        raise GeneratorError(f"k_out must be {n - size} or less, there are no more other neurons")
    draft = Draft(f"Random network of {clusters} clusters of {size} neurons")
    draft.population("N", n)

    def row(cell: int) -> NDArray[np.float64]:
        chance = np.full(n, outside)
        first = cell // size * size
        chance[first : first + size] = values["p_in"]
        chance[cell] = 0.0
        return chance

    draft.edges("e", "N", "N", "excitatory", pairs_by_row(stream(seed, "clustered"), n, n, row))
    return draft


CLUSTERED = Family(
    "clustered",
    "groups that are densely connected inside and sparsely to the others",
    (
        Parameter("clusters", 20, "clusters", 1, 10_000),
        Parameter("size", 50, "neurons of a cluster", 1, 10_000),
        Parameter("p_in", 0.3, "connection probability inside a cluster", 0, 1),
        Parameter("k_out", 5.0, "mean number of targets in other clusters", 0),
    ),
    _clustered,
    named_by=("clusters", "size"),
)


def _sheet(values: Mapping[str, Any], seed: int) -> Draft:
    length, radius, peak = values["length"], values["radius"], values["peak"]
    sites = length * length
    order = permutation(stream(seed, "sites"), sites)
    n_exc, _ = _split(sites, values["exc"])
    place = {"E": np.sort(order[:n_exc]), "I": np.sort(order[n_exc:])}
    draft = Draft(f"Sheet of {length} x {length} neurons with connections to the neighbourhood")
    for name, where in place.items():
        if len(where):
            draft.population(name, len(where))
    for pre in draft.populations:
        for post in draft.populations:
            name, receptor = f"{pre}{post}", "excitatory" if pre == "E" else "inhibitory"
            chance = _Neighbourhood(length, radius, peak, values["torus"], place[pre], place[post])
            pairs = pairs_by_row(stream(seed, name), len(place[pre]), len(place[post]), chance)
            draft.edges(name, pre, post, receptor, pairs)
    return draft


class _Neighbourhood:
    """Probability ``peak (1 - (d / radius)^2)`` within the radius, none beyond, none with itself."""

    def __init__(self, length: int, radius: float, peak: float, torus: bool, pre: Ints, post: Ints) -> None:
        self.length, self.radius, self.peak, self.torus = length, radius, peak, torus
        self.pre, self.post = pre, post

    def __call__(self, cell: int) -> NDArray[np.float64]:
        dx = np.abs(self.post % self.length - self.pre[cell] % self.length)
        dy = np.abs(self.post // self.length - self.pre[cell] // self.length)
        if self.torus:
            dx, dy = np.minimum(dx, self.length - dx), np.minimum(dy, self.length - dy)
        square = (dx * dx + dy * dy).astype(np.float64)
        chance = self.peak * np.maximum(0.0, 1.0 - square / (self.radius * self.radius))
        return np.asarray(np.where(square == 0, 0.0, chance), dtype=np.float64)


SHEET = Family(
    "sheet",
    "neurons on a square lattice, connected to their neighbourhood",
    (
        Parameter("length", 28, "neurons along an edge", 2, 200),
        Parameter("radius", 6.0, "distance beyond which nothing is connected [lattice constants]", 1),
        Parameter("peak", 0.8, "connection probability at distance 0; it falls with the squared distance", 0, 1),
        _EXC,
        Parameter("torus", False, "opposite edges are neighbours"),
    ),
    _sheet,
    "structure after the asynchronous irregular network of Petrovici et al., PLoS ONE 9 (2014) e108590",
    named_by=("length",),
)

FAMILIES = (RANDOM, BALANCED, NOISE, SMALL_WORLD, CLUSTERED, SHEET)
