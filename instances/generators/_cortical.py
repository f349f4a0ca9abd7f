"""Cortical networks: the microcircuit of Potjans and Diesmann, and a layer 2/3 attractor network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from instances.generators._draft import Draft, Ints, integers, pairs_by_row
from instances.generators._parameters import Family, GeneratorError, Parameter
from models.network.streams import stream

#: Populations and their sizes, and the probability that two neurons are connected at least once, by target (row) and
#: source (column): T. C. Potjans and M. Diesmann, Cereb. Cortex 24 (2014) 785, tables 1 and 5.
POPULATIONS: Final = ("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I")
SIZES: Final = (20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948)
PROBABILITIES: Final = (
    (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
    (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
    (0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0),
    (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
    (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
    (0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0),
    (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
    (0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443),
)
#: Scales that brainscales-benchmarks maps.
SCALES: Final = (0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1)


def column_sizes(scale: float) -> tuple[int, ...]:
    """Return the sizes of the populations at a scale, rounded down as brainscales-benchmarks does."""
    return tuple(int(size * scale) for size in SIZES)


def column_synapses(target: int, source: int, scale: float) -> int:
    """Return the synapses of one projection.

    The number of synapses of the full column follows from the probability ``p`` of at least one,
    ``ln(1 - p) / ln(1 - 1 / (N_target N_source))``; the in-degree is scaled like the populations (van Albada et al.,
    PLoS Comput. Biol. 11 (2015) e1004490), so the synapses go with the square of the scale.
    """
    n_target, n_source = SIZES[target], SIZES[source]
    whole = math.log(1.0 - PROBABILITIES[target][source]) / math.log(1.0 - 1.0 / (n_target * n_source))
    return round(whole / n_target * scale * int(n_target * scale))


def _column(values: Mapping[str, Any], seed: int) -> Draft:
    scale = values["scale"]
    sizes = column_sizes(scale)
    if not all(sizes):
        raise GeneratorError(f"scale leaves a population without neurons: 0.001 or more (got {scale:g})")
    draft = Draft(f"Cortical column after Potjans and Diesmann, scaled to {100 * scale:g} percent")
    for name, size in zip(POPULATIONS, sizes, strict=True):
        draft.population(name, size)
    everything = range(len(SIZES))
    draft.room_for(sum(column_synapses(target, source, scale) for target in everything for source in everything))
    for target, post in enumerate(POPULATIONS):
        for source, pre in enumerate(POPULATIONS):
            n = column_synapses(target, source, scale)
            bits = stream(seed, f"{pre}-{post}")
            pairs = integers(bits, n, sizes[source]), integers(bits, n, sizes[target])
            if not values["multapses"]:
                pairs = _distinct(pairs, sizes[target])
            draft.edges(f"{pre}-{post}", pre, post, "excitatory" if pre.endswith("E") else "inhibitory", pairs)
    return draft


def _distinct(pairs: tuple[Ints, Ints], n_target: int) -> tuple[Ints, Ints]:
    keys = np.unique(pairs[0] * n_target + pairs[1])
    return keys // n_target, keys % n_target


COLUMN = Family(
    "column",
    "cortical microcircuit of Potjans and Diesmann with scaled populations and in-degrees",
    (
        Parameter("scale", 0.01, "share of the full column of 77,169 neurons", 0.001, 1),
        Parameter("multapses", True, "pairs may be connected several times; else repeated ones count once"),
    ),
    _column,
    "Potjans and Diesmann, Cereb. Cortex 24 (2014) 785; scaling of brainscales-benchmarks, cortical",
    neuron_size=8,
    named_by=("scale",),
)


def _attractor(values: Mapping[str, Any], seed: int) -> Draft:
    hyper, mini = values["hypercolumns"], values["minicolumns"]
    n_pyr, n_rsnp, n_basket = values["pyramidal"], values["rsnp"], values["basket"]
    columns = hyper * mini
    draft = Draft(f"Layer 2/3 attractor network of {hyper} hypercolumns with {mini} minicolumns each")
    homes = {"PYR": np.repeat(np.arange(columns), n_pyr), "RSNP": np.repeat(np.arange(columns), n_rsnp)}
    homes["BAS"] = np.repeat(np.arange(hyper) * mini, n_basket)
    for name, home in homes.items():
        draft.population(name, len(home))
    if values["sources"]:
        homes["IN"] = np.repeat(np.arange(columns), values["sources"])
        draft.sources("IN", len(homes["IN"]), values["rate"])
    for name, pre, post, receptor, chance in _rules(values):
        if len(homes.get(pre, ())) and len(homes.get(post, ())):
            rule = _Columns(homes[pre], homes[post], mini, chance, same=pre == post)
            pairs = pairs_by_row(stream(seed, name), len(homes[pre]), len(homes[post]), rule)
            draft.edges(name, pre, post, receptor, pairs)
    return draft


def _rules(values: Mapping[str, Any]) -> tuple[tuple[str, str, str, str, tuple[float, float, float, float]], ...]:
    """Return name, pre, post, receptor and probabilities of every projection, see `_Columns`."""
    p_in, p_far, p_against, p_local = (values[name] for name in ("p_in", "p_far", "p_against", "p_local"))
    return (
        ("PYR-PYR", "PYR", "PYR", "excitatory", (p_in, 0.0, p_far, 0.0)),
        ("PYR-RSNP", "PYR", "RSNP", "excitatory", (0.0, 0.0, 0.0, p_against)),
        ("RSNP-PYR", "RSNP", "PYR", "inhibitory", (p_local, 0.0, 0.0, 0.0)),
        ("PYR-BAS", "PYR", "BAS", "excitatory", (p_local, p_local, 0.0, 0.0)),
        ("BAS-PYR", "BAS", "PYR", "inhibitory", (p_local, p_local, 0.0, 0.0)),
        ("IN-PYR", "IN", "PYR", "excitatory", (p_local, 0.0, 0.0, 0.0)),
    )


class _Columns:
    """Probabilities by where two cells are.

    Attributes
    ----------
    chance : tuple of float
        In the same minicolumn; elsewhere in the same hypercolumn; in another hypercolumn in the minicolumn of the same
        attractor; in another hypercolumn elsewhere.
    """

    def __init__(self, pre: Ints, post: Ints, mini: int, chance: tuple[float, float, float, float], same: bool) -> None:
        self.pre, self.post, self.mini, self.same = pre, post, mini, same
        self.chance = np.array(chance)

    def __call__(self, cell: int) -> NDArray[np.float64]:
        home = self.pre[cell]
        far = self.post // self.mini != home // self.mini
        other = np.where(far, self.post % self.mini != home % self.mini, self.post != home)
        chance = self.chance[2 * far + other]
        if self.same:
            chance[cell] = 0.0
        return np.asarray(chance, dtype=np.float64)


ATTRACTOR = Family(
    "attractor",
    "layer 2/3 attractor network: hypercolumns of minicolumns that compete, minicolumns of one attractor that help",
    (
        Parameter("hypercolumns", 9, "hypercolumns", 1, 100),
        Parameter("minicolumns", 9, "minicolumns of a hypercolumn: the attractors", 1, 100),
        Parameter("pyramidal", 30, "pyramidal cells of a minicolumn", 1, 1000),
        Parameter("rsnp", 2, "regular spiking non-pyramidal cells of a minicolumn", 0, 1000),
        Parameter("basket", 8, "basket cells of a hypercolumn", 0, 1000),
        Parameter("sources", 5, "Poisson sources of a minicolumn", 0, 1000),
        Parameter("rate", 10.0, "rate of a source [Hz]", 0),
        Parameter("p_in", 0.25, "pyramidal to pyramidal in the same minicolumn", 0, 1),
        Parameter("p_far", 0.1, "pyramidal to pyramidal of the same attractor in other hypercolumns", 0, 1),
        Parameter("p_against", 0.05, "pyramidal to RSNP of other attractors in other hypercolumns", 0, 1),
        Parameter("p_local", 0.7, "RSNP, basket and source connections within mini- or hypercolumn", 0, 1),
    ),
    _attractor,
    "structure of Lundqvist et al., Network 17 (2006) 253, on wafers in Petrovici et al., PLoS ONE 9 (2014) e108590; "
    "sizes and probabilities are this generator's",
    named_by=("hypercolumns", "minicolumns"),
)

FAMILIES = (COLUMN, ATTRACTOR)
