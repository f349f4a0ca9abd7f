"""Which of the shipped instances were made by the generators, and from what: they can be made again byte by byte."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from instances.generators._generate import Generated, generate


@dataclass(frozen=True, slots=True)
class Recipe:
    """The arguments of `generate` for a shipped instance.

    Attributes
    ----------
    family : str
        Name of the family.
    seed : int
        Seed.
    arguments : mapping
        Parameters of the family and further arguments.
    """

    family: str
    seed: int = 1
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def make(self, name: str) -> Generated:
        """Return the instance under its name."""
        return generate(self.family, self.seed, called=name, **self.arguments)


#: Shipped instances by name.
SHIPPED: Final[Mapping[str, Recipe]] = {
    "rbm-local-10-8-g1": Recipe("rbm-local", 1, {"n": 10, "k": 8}),
    "column-0.005-g1-d8": Recipe("column", 1, {"scale": 0.005}),
    "noise-n500-k20-g1": Recipe("noise", 1, {"n": 500, "k": 20}),
    "planted-3x2-g2": Recipe("planted", 2, {"width": 3, "height": 2}),
    "planted-3x2-g4": Recipe("planted", 4, {"width": 3, "height": 2}),
    "planted-4x3-defects-g3": Recipe("planted", 3, {"width": 4, "height": 3, "defect_share": 0.2}),
    "planted-6x4-g1": Recipe("planted", 1, {"width": 6, "height": 4}),
    "rbm-local-22-8-g1": Recipe("rbm-local", 1, {"n": 22, "k": 8}),
    "attractor-9x9-g1": Recipe("attractor"),
    "big-network-119x80-g1-d2": Recipe(
        "ring", 1, {"groups": 119, "size": 80, "p": 0.2, "p_inh": 0.1, "neuron_size": 2}
    ),
    "synfire-190x100-g1": Recipe("synfire", 1, {"links": 190, "exc": 100, "inh": 0}),
    "synfire-190x80-20-g1": Recipe("synfire", 1, {"links": 190, "exc": 80, "inh": 20}),
}
