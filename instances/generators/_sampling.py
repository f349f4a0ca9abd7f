"""Networks for sampling: Boltzmann machines, restricted, with local receptive fields, and the Ising lattice.

As in brainscales-benchmarks every connection of a Boltzmann machine exists twice, excitatory and inhibitory, so that
training can change its sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from instances.generators._draft import Draft, Ints, all_to_all, in_degree
from instances.generators._parameters import Family, GeneratorError, Parameter

_SIGNS = ("excitatory", "inhibitory")


def _boltzmann(values: Mapping[str, Any], seed: int) -> Draft:
    draft = Draft(f"Boltzmann machine of {values['n']} neurons")
    draft.population("N", values["n"])
    for receptor in _SIGNS:
        draft.connect(receptor, "N", "N", receptor, all_to_all(allow_self=False))
    return draft


BOLTZMANN = Family(
    "bm",
    "fully visible Boltzmann machine: all to all without self-connections, in both signs",
    (Parameter("n", 100, "neurons", 2, 100_000),),
    _boltzmann,
    "brainscales-benchmarks, fullyVisibleBM",
    named_by=("n",),
)


def _restricted(values: Mapping[str, Any], seed: int) -> Draft:
    visible, hidden = values["visible"], values["hidden"] or values["visible"]
    draft = Draft(f"Restricted Boltzmann machine, {visible} visible and {hidden} hidden neurons")
    draft.population("V", visible)
    draft.population("H", hidden)
    for pre, post in (("V", "H"), ("H", "V")):
        for receptor in _SIGNS:
            draft.connect(f"{pre}{post}{receptor[0]}", pre, post, receptor, all_to_all())
    return draft


RESTRICTED = Family(
    "rbm",
    "restricted Boltzmann machine: visible and hidden layer, all to all, in both signs and directions",
    (
        Parameter("visible", 50, "visible neurons", 1, 100_000),
        Parameter("hidden", 0, "hidden neurons; 0: as many as visible ones", 0, 100_000),
    ),
    _restricted,
    "brainscales-benchmarks, rbm",
    named_by=("visible",),
)


def _local(values: Mapping[str, Any], seed: int) -> Draft:
    n, k = values["n"], values["k"]
    if k > n:
        raise GeneratorError(f"k must be n = {n} or less (got {k})")
    edge = n - k + 1
    draft = Draft(f"Restricted Boltzmann machine, {n} x {n} visible neurons, receptive fields of {k} x {k}")
    draft.population("V", n * n)
    draft.population("H", edge * edge)
    draft.population("L", values["labels"])
    corner = np.arange(edge * edge) // edge * n + np.arange(edge * edge) % edge
    field = np.arange(k * k) // k * n + np.arange(k * k) % k
    visible = (corner[:, None] + field).ravel()
    hidden = np.repeat(np.arange(edge * edge), k * k)
    for receptor in _SIGNS:
        draft.edges(f"VH{receptor[0]}", "V", "H", receptor, (visible, hidden))
        draft.edges(f"HV{receptor[0]}", "H", "V", receptor, (hidden, visible))
        draft.connect(f"HL{receptor[0]}", "H", "L", receptor, all_to_all())
        draft.connect(f"LH{receptor[0]}", "L", "H", receptor, all_to_all())
    return draft


LOCAL = Family(
    "rbm-local",
    "restricted Boltzmann machine whose hidden neurons see a square of the visible layer, with a label layer",
    (
        Parameter("n", 10, "visible neurons along an edge", 1, 300),
        Parameter("k", 8, "visible neurons along an edge of a receptive field", 1, 300),
        Parameter("labels", 10, "label neurons", 1, 10_000),
    ),
    _local,
    "brainscales-benchmarks, rbmLocalReceptive",
    named_by=("n", "k"),
)


def _lattice(length: int, dimension: int) -> tuple[Ints, Ints]:
    """Return every pair of nearest neighbours of a periodic lattice, in both directions."""
    site = np.arange(length**dimension)
    source, target = [], []
    for d in range(dimension):
        stride = length**d
        along = site // stride % length
        for step in (1, -1):
            source.append(site)
            target.append(site + ((along + step) % length - along) * stride)
    return np.concatenate(source), np.concatenate(target)


def _ising(values: Mapping[str, Any], seed: int) -> Draft:
    length, dimension = values["length"], values["dimension"]
    sites = length**dimension
    draft = Draft(f"Ising lattice of {' x '.join([str(length)] * dimension)} neurons with a noise network")
    draft.population("N", sites)
    draft.population("Z", values["noise"])
    inside = in_degree(values["k_noise"], values["noise"], seed, "k_noise", allow_self=False)
    draft.connect("noise", "Z", "Z", "inhibitory", inside)
    for receptor in _SIGNS:
        connector = in_degree(values["k"], values["noise"], seed, "k")
        draft.connect(f"noise-{receptor}", "Z", "N", receptor, connector)
    if values["bias"]:
        draft.population("B", values["bias"])
        draft.connect("bias", "B", "N", "inhibitory", in_degree(1, values["bias"], seed, "bias"))
    draft.edges("lattice", "N", "N", "excitatory", _lattice(length, dimension))
    return draft


ISING = Family(
    "ising",
    "periodic Ising lattice, driven by a recurrent inhibitory noise network and bias neurons",
    (
        Parameter("length", 20, "neurons along an edge", 3, 1000),
        Parameter("dimension", 2, "dimensions of the lattice", 1, 4),
        Parameter("noise", 500, "neurons of the noise network", 2, 100_000),
        Parameter("k_noise", 30, "inputs of a noise neuron from the others", 1, 10_000),
        Parameter("k", 5, "excitatory and as many inhibitory noise inputs of a lattice neuron", 1, 10_000),
        Parameter("bias", 1, "bias neurons, each lattice neuron has one; 0: none", 0, 10_000),
    ),
    _ising,
    "brainscales-benchmarks, ising",
    named_by=("length",),
)

FAMILIES = (BOLTZMANN, RESTRICTED, LOCAL, ISING)
