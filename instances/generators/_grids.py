"""Parameter grids of published benchmarks: which networks of a family they map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from instances.generators._cortical import SCALES
from instances.generators._parameters import GeneratorError, hint

_BENCHMARKS: Final = "brainscales-benchmarks"


@dataclass(frozen=True, slots=True)
class Grid:
    """A series of networks of one family.

    Attributes
    ----------
    name, family, source : str
        Name of the grid, family of its networks, and who maps it.
    fixed : mapping
        Parameters that all have in common.
    parameter : str
        Parameter that varies.
    points : tuple
        Its values.
    neuron_sizes : tuple of int
        Denmems per neuron; each point is made with each of them.
    """

    name: str
    family: str
    source: str
    fixed: Mapping[str, Any]
    parameter: str
    points: tuple[Any, ...]
    neuron_sizes: tuple[int, ...] = (4,)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the arguments of `generate` for every network."""
        for point in self.points:
            for size in self.neuron_sizes:
                yield {**self.fixed, self.parameter: point, "neuron_size": size}

    def __len__(self) -> int:
        """Return the number of networks."""
        return len(self.points) * len(self.neuron_sizes)


_N_RANDOM: Final = (100, 200, 400, 800, 1600, 3200)
_N_MACHINE: Final = (10, 100, 200, 500, 750, 1000)
_LAYER: Final = (5, 10, 15, 20, 30, 50, 100)
_LAYERED: Final = {"both": False, "sources": False}

#: Grids by name; those of brainscales-benchmarks have the names of its file benchmarks.json.
GRIDS: Final[Mapping[str, Grid]] = {
    grid.name: grid
    for grid in (
        Grid("random10_network", "random", _BENCHMARKS, {"p": 0.1, "exc": 1.0}, "n", _N_RANDOM),
        Grid("random30_network", "random", _BENCHMARKS, {"p": 0.3, "exc": 1.0}, "n", _N_RANDOM),
        Grid(
            "ising2d_network", "ising", _BENCHMARKS, {}, "length",
            (20, 40, 60, 70, 72, 74, 76, 78, 80, 100, 120, 140, 150, 160),
        ),
        Grid("fullyVisibleBm_network", "bm", _BENCHMARKS, {}, "n", (*_N_MACHINE, 1500, 2000)),
        Grid("rbm_network", "rbm", _BENCHMARKS, {}, "visible", (*_N_MACHINE, 1250)),
        Grid("pfeilsNoise_network", "noise", _BENCHMARKS, {"k": 20}, "n", (*_N_MACHINE[1:], 1250)),
        Grid(
            "rbmLocalReceptiveFields_network", "rbm-local", _BENCHMARKS, {"k": 8, "labels": 10}, "n",
            (10, 12, 14, 18, 22, 26, 28, 30, 35, 40, 45),
        ),
        Grid(
            "2layer_feedforward_network", "ff", _BENCHMARKS, _LAYERED, "layers", tuple(f"{n}-{n}" for n in _LAYER)
        ),
        Grid(
            "3layer_feedforward_network", "ff", _BENCHMARKS, _LAYERED, "layers", tuple(f"{n}-{n}-{n}" for n in _LAYER)
        ),
        Grid("cortical_column_network", "column", _BENCHMARKS, {}, "scale", SCALES, (8, 16)),
        Grid(
            "synfire-wafer", "synfire", "arXiv:2303.12359: 190 links of 100 neurons", {"exc": 80, "inh": 20}, "links",
            (10, 30, 100, 190),
        ),
        Grid("big_network", "ring", "marocco's tests", {"size": 80, "p": 0.2, "p_inh": 0.1}, "groups", (119,), (2,)),
    )
}  # fmt: skip


def grid(name: str) -> Grid:
    """Return a grid.

    Raises
    ------
    GeneratorError
        If there is none of that name.
    """
    if name not in GRIDS:
        raise GeneratorError(f"no grid {name!r}{hint(name, GRIDS)}")
    return GRIDS[name]
