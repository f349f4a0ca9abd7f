"""Populations and single cells of the PyNN 0.7 dialect; views and assemblies are in `views`.

A cell's number counts through all populations of the session, so it is the ``cell`` of `models.network`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mapper.frontends import session as sessions
from mapper.frontends.errors import NotImplementedHere, TypeRejected, ValueRejected
from mapper.frontends.pyhmf.cells import CellType
from mapper.frontends.pyhmf.randomness import RandomDistribution
from mapper.frontends.pyhmf.recorded import Cells
from mapper.frontends.pyhmf.structures import Grid2D, Grid3D, Line, Positions, Structure

if TYPE_CHECKING:
    from mapper.frontends.pyhmf.views import Assembly, PopulationView

#: Parameters whose value for one cell is a list.
_LISTS = frozenset({"spike_times", "tau_syn", "e_rev"})


class ID(int):
    """One cell: its number, which population it is of, and its place there."""

    parent: Population
    index: int

    def __new__(cls, parent: Population, index: int) -> ID:
        """Return the cell at a place of a population."""
        cell = super().__new__(cls, parent.first_id + index)
        cell.parent, cell.index = parent, index
        return cell

    @property
    def cellclass(self) -> type[CellType]:
        """Cell type."""
        return self.parent.celltype

    @property
    def position(self) -> NDArray[np.float64]:
        """Where it is, (3,)."""
        return self.parent.positions[:, self.index].copy()

    @property
    def local(self) -> bool:
        """Always true: there is one process."""
        return True

    def __getattr__(self, name: str) -> Any:
        """Return a parameter of the cell, ``cell.tau_m``."""
        if name in ("parent", "index") or name not in self.parent.celltype.default_parameters:
            raise AttributeError(f"a cell of {self.parent} has no {name!r}")
        return self.parent.value_of(name, self.index)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set a parameter of the cell."""
        if name in ("parent", "index"):
            super().__setattr__(name, value)
        else:
            self.parent.set_values(name, [self.index], [value])

    def get_parameters(self) -> dict[str, Any]:
        """Return all parameters of the cell."""
        return {name: self.parent.value_of(name, self.index) for name in self.parent.celltype.default_parameters}

    def set_parameters(self, **parameters: Any) -> None:
        """Set parameters of this cell only."""
        for name, value in parameters.items():
            self.parent.set_values(name, [self.index], [value])


class Population(Cells):
    """Cells of one type.

    Parameters
    ----------
    size : int or tuple of int
        Number of cells; a tuple is a grid.
    cellclass : type
        Cell type.
    cellparams : mapping or None
        PyNN parameters; values are numbers, distributions or one value per cell.
    structure : any
        Accepted; positions have no meaning here.
    label : str or None
        Any text.
    """

    def __init__(
        self,
        size: int | tuple[int, ...],
        cellclass: type[CellType],
        cellparams: Mapping[str, Any] | None = None,
        structure: Any = None,
        label: str | None = None,
    ) -> None:
        if not _is_cell_type(cellclass):
            raise TypeRejected(f"a cell type is needed, e.g. IF_cond_exp (got {cellclass!r})")
        self.size = math.prod(size) if isinstance(size, tuple) else int(size)
        if self.size < 1:
            raise ValueRejected(f"a population needs at least one cell (got {size!r})")
        self.session = sessions.current()
        self.celltype = cellclass
        self.label = "" if label is None else str(label)
        self.structure: Structure = _structure(structure, size)
        self._positions: Positions | None = None
        self.first_id = self.session.n_cells
        self.session.n_cells += self.size
        self.number = len(self.session.populations)
        self.session.populations.append(self)
        self.parameters: dict[str, Any] = {}
        self.recorded: dict[str, NDArray[np.bool_]] = {}
        for name, value in (cellparams or {}).items():
            self.set(name, value)

    # --- what the base class needs

    @property
    def population(self) -> Population:
        """The population itself."""
        return self

    @property
    def indices(self) -> NDArray[np.int64]:
        """Local indices of the cells, (size,)."""
        return np.arange(self.size)

    def parts(self) -> list[tuple[Population, NDArray[np.int64]]]:
        """Return (population, local indices)."""
        return [(self, self.indices)]

    # --- cells

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[ID]:
        return (ID(self, i) for i in range(self.size))

    def __getitem__(self, index: Any) -> Any:
        """Return a cell, or a view for a slice, a list of indices or a mask."""
        if isinstance(index, int | np.integer):
            place = int(index) + (self.size if index < 0 else 0)
            if not 0 <= place < self.size:
                raise IndexError(f"the population has the cells 0..{self.size - 1} (got {index})")
            return ID(self, place)
        from mapper.frontends.pyhmf.views import PopulationView

        return PopulationView(self, index)

    def __add__(self, other: Cells) -> Assembly:
        from mapper.frontends.pyhmf.views import Assembly

        return Assembly(self, other)

    def sample(self, n: int, rng: Any = None) -> PopulationView:
        """Return a view of ``n`` cells chosen at random."""
        from mapper.frontends.pyhmf.randomness import NumpyRNG

        return self[np.sort((rng or NumpyRNG(0)).permutation(np.arange(self.size))[:n])]  # type: ignore[no-any-return]

    @property
    def last_id(self) -> int:
        """Number of the last cell."""
        return self.first_id + self.size - 1

    def euter_id(self) -> int:
        """Return the number of the population in the session."""
        return self.number

    def id_to_index(self, cell: int) -> int:
        """Return the place of a cell in the population."""
        return int(cell) - self.first_id

    def describe(self, template: Any = None, engine: Any = None) -> str:
        """Return one line about the population."""
        return str(self)

    def __str__(self) -> str:
        return f'Population(id={self.number}, type={self.celltype.__name__}, size={self.size}, label="{self.label}")'

    __repr__ = __str__

    # --- positions

    @property
    def positions(self) -> Positions:
        """Position of each cell, (3, size); connectors that depend on the distance look at them."""
        if self._positions is None:
            self._positions = self.structure.generate_positions(self.size)
        return self._positions

    @positions.setter
    def positions(self, given: Any) -> None:
        table = np.asarray(given, dtype=np.float64)
        if table.shape != (3, self.size):
            raise ValueRejected(f"positions must be (3, {self.size}) numbers (got the shape {table.shape})")
        self._positions = table

    def nearest(self, position: Any) -> ID:
        """Return the cell nearest to a position (x, y, z)."""
        distance = np.sum((self.positions - np.reshape(position, (3, 1))) ** 2, axis=0)
        return ID(self, int(np.argmin(distance)))

    def save_positions(self, file: str | Path) -> None:
        """Write index and position of every cell as text."""
        np.savetxt(file, np.column_stack([np.arange(self.size), self.positions.T]), fmt="%g", delimiter="\t")

    # --- parameters

    def set(self, param: str | Mapping[str, Any], val: Any = None) -> None:
        """Set a parameter, or several, of all cells: one value, or a distribution."""
        for name, value in ({param: val} if isinstance(param, str) else param).items():
            self._check(name)
            if isinstance(value, RandomDistribution):
                value = np.atleast_1d(value.next(self.size))
            self._put(name, value)

    def tset(self, parametername: str, value_array: Any) -> None:
        """Set a parameter from one value per cell."""
        self._check(parametername)
        if len(value_array) != self.size:
            raise ValueRejected(f"{parametername}: {self.size} values needed (got {len(value_array)})")
        given = parametername in _LISTS
        self._put(parametername, list(value_array) if given else np.asarray(value_array, np.float64).ravel())

    def _put(self, name: str, value: Any) -> None:
        self.parameters[name] = value
        self.session.changes += not self.celltype.is_source

    def rset(self, parametername: str, rand_distr: RandomDistribution) -> None:
        """Draw a parameter for each cell."""
        self.set(parametername, rand_distr)

    def get(self, parameter_name: str, gather: bool = False) -> list[Any]:
        """Return the value of a parameter for each cell."""
        self._check(parameter_name)
        return [self.value_of(parameter_name, i) for i in range(self.size)]

    def value_of(self, name: str, index: int) -> Any:
        """Return the value of a parameter of one cell."""
        value = self.parameters.get(name, self.celltype.default_parameters[name])
        if name == "spike_times":
            nested = len(value) > 0 and np.ndim(value[0]) > 0
            return value[index] if nested else value
        return float(value[index]) if np.shape(value) == (self.size,) and name not in _LISTS else value

    def set_values(self, name: str, indices: Any, values: Any) -> None:
        """Set a parameter of some cells, one value for each of them."""
        self._check(name)
        if name in ("tau_syn", "e_rev"):
            raise NotImplementedHere(f"{name} is common to all cells of a population")
        table = self.get(name)
        for index, value in zip(indices, values, strict=True):
            table[index] = value
        self.tset(name, table)

    def _check(self, name: str) -> None:
        known = self.celltype.default_parameters
        if self.celltype.can_be_mapped and name not in known:
            raise ValueRejected(f"{self.celltype.__name__} has no parameter {name!r}: it has {', '.join(known)}")


def _structure(given: Any, size: int | tuple[int, ...]) -> Structure:
    """Return where cells are: as the script says, on a grid of the size that it gives, or on a line."""
    if given is None and isinstance(size, tuple) and len(size) == 2:
        return Grid2D(aspect_ratio=size[0] / size[1])
    if given is None and isinstance(size, tuple) and len(size) == 3:
        return Grid3D(aspect_ratioXY=size[0] / size[1], aspect_ratioXZ=size[0] / size[2])
    if given is None:
        return Line()
    if not isinstance(given, Structure):
        raise TypeRejected(f"a structure is needed, e.g. Grid2D() (got {given!r})")
    return given


def _is_cell_type(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, CellType)
