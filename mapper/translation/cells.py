"""The biological parameters of every cell as arrays, and which denmems make its neuron."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.hardware.neurons import N_COLUMNS
from models.mapping import Placement
from models.network import Network, Population
from models.network.cells import CELL_TYPES, MAX_RECEPTORS

Floats = NDArray[np.float64]

_SCALARS = ("cm", "tau_m", "tau_refrac", "v_rest", "v_thresh", "v_reset", "v_spike", "delta_T", "a", "b", "tau_w")


@dataclass(frozen=True, slots=True, eq=False)
class CellParameters:
    """What the network asks of each cell, in PyNN units; NaN where a cell has no such parameter.

    Attributes
    ----------
    scalar : mapping of str to (n_cells,) float64
        By PyNN name.
    tau_syn, e_rev : (n_cells, 4) float64
        By receptor.
    adaptive : (n_cells,) bool
        AdEx cells.
    """

    scalar: Mapping[str, Floats]
    tau_syn: Floats
    e_rev: Floats
    adaptive: NDArray[np.bool_]


def cell_parameters(network: Network) -> CellParameters:
    """Return the parameters of all cells of a network."""
    n = network.n_cells
    scalar = {name: np.full(n, np.nan) for name in _SCALARS}
    tau_syn, e_rev = np.full((n, MAX_RECEPTORS), np.nan), np.full((n, MAX_RECEPTORS), np.nan)
    adaptive = np.zeros(n, dtype=np.bool_)
    for population, first in zip(network.populations, network.offsets, strict=False):
        kind = CELL_TYPES[population.cell]
        if kind.is_source:
            continue
        cells = slice(int(first), int(first) + population.size)
        for name in scalar:
            if name in kind.defaults:
                scalar[name][cells] = population.parameter(name)
        for table, name in ((tau_syn, "tau_syn"), (e_rev, "e_rev")):
            values = _receptor_values(population, name)
            table[cells, : values.shape[1]] = values
        adaptive[cells] = "delta_T" in kind.defaults
    return CellParameters(scalar, tau_syn, e_rev, adaptive)


def _receptor_values(population: Population, name: str) -> Floats:
    """Return the values of a parameter that each receptor has, (size or 1, n_receptors)."""
    kind = CELL_TYPES[population.cell]
    if kind.multi_conductance:
        values: Any = population.params.get(name, kind.defaults[name])
        return np.asarray(values, dtype=np.float64)[None, :]
    return np.stack([population.parameter(f"{name}_{side}") for side in "EI"], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """The denmems of all placed neurons.

    Attributes
    ----------
    cell, hicann, denmem : (n,) int64
        Whose, and where.
    """

    cell: NDArray[np.int64]
    hicann: NDArray[np.int64]
    denmem: NDArray[np.int64]

    @property
    def half(self) -> NDArray[np.int64]:
        """Top 0 or bottom 1 half, (n,)."""
        return self.denmem // N_COLUMNS


def members(placement: Placement) -> Members:
    """Return the denmems of the placed neurons: both rows of their columns."""
    cells = np.flatnonzero(placement.column >= 0)
    width = placement.width[cells].astype(np.int64)
    cell = np.repeat(cells, width)
    inside = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width)
    column = placement.column[cell].astype(np.int64) + inside
    cell, column = np.tile(cell, 2), np.tile(column, 2)
    column[len(column) // 2 :] += N_COLUMNS
    return Members(cell, placement.hicann[cell].astype(np.int64), column)
