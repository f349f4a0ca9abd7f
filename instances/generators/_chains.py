"""Chains of groups: rings, synfire chains, layered feed-forward networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instances.generators._draft import Draft, in_degree, probability
from instances.generators._parameters import Family, GeneratorError, Parameter


def _ring(values: Mapping[str, Any], seed: int) -> Draft:
    groups, size = values["groups"], values["size"]
    draft = Draft(f"Ring of {groups} groups of {size} neurons, each connected to the next")
    for i in range(groups):
        draft.population(f"P{i}", size)
        if values["source"]:
            draft.sources(f"S{i}", 1, 2.0)
    for i in range(groups):
        if values["source"]:
            draft.connect(f"s{i}", f"S{i}", f"P{i}", "excitatory", probability(1.0, seed))
    for i in range(groups):
        for receptor, p in (("excitatory", values["p"]), ("inhibitory", values["p_inh"])):
            if p:
                draft.connect(f"{receptor[0]}{i}", f"P{i}", f"P{(i + 1) % groups}", receptor, probability(p, seed))
    return draft


RING = Family(
    "ring",
    "groups in a ring, each projecting to the next, each with a Poisson source",
    (
        Parameter("groups", 50, "groups", 1, 2000),
        Parameter("size", 64, "neurons of a group", 1, 10_000),
        Parameter("p", 1.0, "excitatory connection probability to the next group", 0, 1),
        Parameter("p_inh", 0.0, "inhibitory connection probability to the next group", 0, 1),
        Parameter("source", True, "a Poisson source for each group"),
    ),
    _ring,
    "big network of marocco's tests: groups=119 size=80 p=0.2 p_inh=0.1",
    named_by=("groups", "size"),
)


def _synfire(values: Mapping[str, Any], seed: int) -> Draft:
    links, exc, inh = values["links"], values["exc"], values["inh"]
    draft = Draft(f"Synfire chain of {links} groups of {exc} excitatory and {inh} inhibitory neurons")
    for i in range(links):
        draft.population(f"E{i}", exc)
        if inh:
            draft.population(f"I{i}", inh)
    draft.sources("S", exc, values["rate"])
    for i in range(links):
        before = f"E{i - 1}" if i else "S"
        # the fan-in of a small group is the whole group
        forward = in_degree(min(values["k"], exc), exc, seed, "k")
        draft.connect(f"{before}E", before, f"E{i}", "excitatory", forward)
        if inh:
            draft.connect(f"{before}I", before, f"I{i}", "excitatory", forward)
            back = in_degree(min(values["k_inh"], inh), inh, seed, "k_inh")
            draft.connect(f"I{i}E{i}", f"I{i}", f"E{i}", "inhibitory", back)
    return draft


SYNFIRE = Family(
    "synfire",
    "synfire chain with feed-forward inhibition",
    (
        Parameter("links", 20, "groups of the chain", 1, 2000),
        Parameter("exc", 100, "excitatory neurons of a group", 1, 10_000),
        Parameter("inh", 25, "inhibitory neurons of a group", 0, 10_000),
        Parameter("k", 60, "inputs of a neuron from the group before, at most all of it", 1, 10_000),
        Parameter("k_inh", 25, "inhibitory inputs of an excitatory neuron, at most the whole group", 1, 10_000),
        Parameter("rate", 1.0, "rate of the sources before the first group [Hz]", 0),
    ),
    _synfire,
    "Kremkow et al., J. Neurosci. 30 (2010) 15760; on a wafer: arXiv:2303.12359 (190 links of 100 neurons)",
    named_by=("links", "exc", "inh"),
)


def _layers(text: str) -> list[int]:
    parts = text.replace(",", "-").split("-")
    if len(parts) < 2 or not all(part.strip().isdecimal() and 0 < int(part) <= 100_000 for part in parts):
        raise GeneratorError(f"layers must be two or more sizes like 784-100-10 (got {text!r})")
    return [int(part) for part in parts]


def _feed_forward(values: Mapping[str, Any], seed: int) -> Draft:
    layers = _layers(values["layers"])
    draft = Draft(f"Feed-forward network of {'-'.join(map(str, layers))} cells")
    for i, size in enumerate(layers):
        if i == 0 and values["sources"]:
            draft.sources("L0", size, 5.0)
        else:
            draft.population(f"L{i}", size)
    for i in range(1, len(layers)):
        for receptor in ("excitatory", "inhibitory") if values["both"] else ("excitatory",):
            name = f"L{i - 1}L{i}{receptor[0]}"
            draft.connect(name, f"L{i - 1}", f"L{i}", receptor, probability(values["p"], seed))
    return draft


FEED_FORWARD = Family(
    "ff",
    "layers, each connected to the next",
    (
        Parameter("layers", "784-100-10", "sizes of the layers"),
        Parameter("p", 1.0, "connection probability", 0, 1),
        Parameter("both", True, "excitatory and inhibitory synapses, so that training may choose the sign"),
        Parameter("sources", True, "the first layer are Poisson sources, not neurons"),
    ),
    _feed_forward,
    "brainscales-benchmarks, feedforward (there excitatory only and without sources: both=false sources=false)",
    named_by=("layers",),
)

FAMILIES = (RING, SYNFIRE, FEED_FORWARD)
