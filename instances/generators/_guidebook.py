"""The network of the platform guidebook's example of synapse loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from instances.generators._draft import Draft, probability
from instances.generators._parameters import Family, Parameter

#: Weight [uS] of the example.
_WEIGHT: Final = 0.00425


def _guidebook(values: Mapping[str, Any], seed: int) -> Draft:
    draft = Draft(f"{values['n']} x {values['n']} network of the platform guidebook")
    draft.population("neuron", values["n"])
    draft.sources("source", values["n"], 2.0)
    for name, pre in (("stim", "source"), ("rec", "neuron")):
        draft.connect(name, pre, "neuron", "excitatory", probability(values["p"], seed), _WEIGHT)
    draft.hardware["limits"] = {"driver_chain_length": values["chain"]}
    return draft


GUIDEBOOK = Family(
    "guidebook-random",
    "neurons with random recurrent connections and as many Poisson sources, short driver chains",
    (
        Parameter("n", 50, "neurons, and sources", 1, 10_000),
        Parameter("p", 0.5, "connection probability", 0, 1),
        Parameter("chain", 5, "drivers of a chain", 1, 56),
    ),
    _guidebook,
    'HBP Neuromorphic Computing Platform Guidebook, "Using the BrainScaleS system", synapse loss example',
    named_by=("n",),
)

FAMILIES = (GUIDEBOOK,)
