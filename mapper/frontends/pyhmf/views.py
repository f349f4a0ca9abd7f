"""Views on populations, and assemblies of several of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends.errors import TypeRejected, ValueRejected
from mapper.frontends.pyhmf.populations import ID, Population
from mapper.frontends.pyhmf.randomness import RandomDistribution
from mapper.frontends.pyhmf.recorded import Cells


class PopulationView(Cells):
    """Some cells of one population.

    Parameters
    ----------
    parent : Population or PopulationView
        Where the selector counts.
    selector : slice, list of int or mask
        Which cells.
    """

    def __init__(self, parent: Population | PopulationView, selector: Any, label: str | None = None) -> None:
        if not isinstance(parent, Population | PopulationView):
            raise TypeRejected(f"a population is needed (got {parent!r})")
        self.parent = parent
        self.population: Population = parent.population
        self.label = label or f"view of {parent.label}"
        chosen: Any = selector
        if not isinstance(selector, slice):
            chosen = np.asarray(list(selector) if not isinstance(selector, np.ndarray) else selector)
            chosen = chosen.astype(np.int64) if chosen.dtype != np.bool_ else chosen
        try:
            self.indices: NDArray[np.int64] = parent.indices[chosen]
        except IndexError as error:
            raise ValueRejected(f"{parent} has no such cells: {error}") from None
        if len(np.unique(self.indices)) < len(self.indices):
            raise ValueRejected(f"a cell stands twice in the view (got {selector!r})")

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.indices)

    @property
    def celltype(self) -> Any:
        """Cell type."""
        return self.population.celltype

    def parts(self) -> list[tuple[Population, NDArray[np.int64]]]:
        """Return (population, local indices)."""
        return [(self.population, self.indices)]

    def __len__(self) -> int:
        return len(self.indices)

    def __iter__(self) -> Iterator[ID]:
        return (ID(self.population, int(i)) for i in self.indices)

    def __getitem__(self, index: Any) -> Any:
        """Return a cell, or a view of the view."""
        if isinstance(index, int | np.integer):
            return ID(self.population, int(self.indices[index]))
        return PopulationView(self, index)

    def __add__(self, other: Cells) -> Assembly:
        return Assembly(self, other)

    def set(self, param: str | Mapping[str, Any], val: Any = None) -> None:
        """Set a parameter of these cells."""
        for name, value in ({param: val} if isinstance(param, str) else param).items():
            drawn = isinstance(value, RandomDistribution)
            values = np.atleast_1d(value.next(len(self))) if drawn else [value] * len(self)
            self.population.set_values(name, self.indices, values)

    def tset(self, parametername: str, value_array: Any) -> None:
        """Set a parameter from one value per cell."""
        self.population.set_values(parametername, self.indices, value_array)

    def rset(self, parametername: str, rand_distr: RandomDistribution) -> None:
        """Draw a parameter for each cell."""
        self.set(parametername, rand_distr)

    def get(self, parameter_name: str, gather: bool = False) -> list[Any]:
        """Return the value of a parameter for each cell."""
        return [self.population.value_of(parameter_name, int(i)) for i in self.indices]

    def __str__(self) -> str:
        return f"PopulationView({self.population}, {len(self)} cells)"

    __repr__ = __str__


class Assembly(Cells):
    """Several populations and views, one after the other."""

    def __init__(self, *populations: Cells, label: str | None = None) -> None:
        given: tuple[object, ...] = populations
        wrong = [part for part in given if not isinstance(part, Cells)]
        if wrong:
            raise TypeRejected(f"populations and views are needed (got {wrong[0]!r})")
        self.populations: list[Cells] = []
        for part in populations:
            self.populations += part.populations if isinstance(part, Assembly) else [part]
        self.label = label or "assembly"

    def parts(self) -> list[tuple[Population, NDArray[np.int64]]]:
        """Return (population, local indices) of each member."""
        return [part for member in self.populations for part in member.parts()]

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self)

    def __len__(self) -> int:
        return sum(len(indices) for _, indices in self.parts())

    def __iter__(self) -> Iterator[ID]:
        return (ID(population, int(i)) for population, indices in self.parts() for i in indices)

    def __getitem__(self, index: int) -> ID:
        """Return a cell."""
        return list(self)[index]

    def __add__(self, other: Cells) -> Assembly:
        return Assembly(self, other)

    def __iadd__(self, other: Cells) -> Assembly:
        self.populations += other.populations if isinstance(other, Assembly) else [other]
        return self

    def __str__(self) -> str:
        return f"Assembly({len(self.populations)} members, {len(self)} cells)"

    __repr__ = __str__
