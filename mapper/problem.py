"""The instance as the stages see it: flat arrays, computed once.

All stages share one signature, ``stage(problem, draft, context, **options) -> Mapping``: they get the mapping so far
and return it with their own part replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.hardware import Limits, Wafer
from models.hardware.limits import AUTO_SIZE, LIMITS
from models.hardware.synapses import TARGETS
from models.instance import Instance
from models.mapping import Addresses, Drivers, Mapping, Merging, Placement, Routing, Rows, SynapseCells
from models.network import Network, Synapses

#: Denmems of a neuron where nobody chooses; marocco's default.
DEFAULT_SIZE: Final = int(LIMITS["neuron_size"].default)


@dataclass(frozen=True)
class Problem:
    """One instance, ready for mapping.

    Attributes
    ----------
    instance : Instance
        Network, wafer, constraints and limits.
    sizes : tuple of int, optional
        Denmems of the neurons of every population, where the instance leaves them to the solver; none:
        ``DEFAULT_SIZE``.  Manual sizes come first.
    """

    instance: Instance
    sizes: tuple[int, ...] | None = None

    @property
    def network(self) -> Network:
        """Return the network."""
        return self.instance.network

    @property
    def wafer(self) -> Wafer:
        """Return the wafer, defects and region applied."""
        return self.instance.wafer

    @property
    def limits(self) -> Limits:
        """Return the limits in force."""
        return self.instance.limits

    @property
    def synapses(self) -> Synapses:
        """Return the synapses of the network."""
        return self.instance.network.synapses

    @property
    def n_cells(self) -> int:
        """Return the number of cells, sources included."""
        return self.instance.network.n_cells

    @cached_property
    def size(self) -> NDArray[np.int16]:
        """Return the denmems that every cell takes, 0 for sources, (n_cells,)."""
        by_population = [self.default_size(i) for i in range(len(self.network.populations))]
        size = np.array(by_population, dtype=np.int16)[self.network.population_of]
        for request in self.instance.placement:
            cells = self.network.cells(request.view)
            if request.size is not None:
                size[cells] = request.size
            for cell, (_, _, neuron_size) in zip(cells, request.neurons, strict=False):
                size[cell] = neuron_size
        size[self.network.is_source] = 0
        return size

    @property
    def chooses_sizes(self) -> bool:
        """Tell whether the solver chooses the sizes of neurons."""
        return self.limits.neuron_size == AUTO_SIZE

    def default_size(self, population: int) -> int:
        """Return the denmems of the neurons of a population for which no size is asked."""
        return self.limits.default_size if self.sizes is None else self.sizes[population]

    @property
    def least_size(self) -> int:
        """Return the fewest denmems that a neuron may have for which no size is asked."""
        return int(LIMITS["neuron_size"].minimum) if self.chooses_sizes else self.limits.default_size

    @cached_property
    def population_sends(self) -> NDArray[np.bool_]:
        """Return which populations have outgoing projections, (n_populations,)."""
        sends = np.zeros(len(self.network.populations), dtype=np.bool_)
        names = {p.name: i for i, p in enumerate(self.network.populations)}
        for projection in self.network.projections:
            for view in projection.pre:
                sends[names[view.population]] = True
        return sends

    @cached_property
    def outgoing(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (start, synapse): CSR lists of the synapses of every cell as source, network order."""
        return _csr(self.synapses.pre, self.n_cells)

    @cached_property
    def incoming(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (start, synapse): CSR lists of the synapses of every cell as target, network order."""
        return _csr(self.synapses.post, self.n_cells)

    def synapses_from(self, cells: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the synapses whose source is one of ``cells``, cell by cell."""
        start, synapse = self.outgoing
        if len(cells) == 0:
            return np.empty(0, dtype=np.int64)
        return np.concatenate([synapse[start[c] : start[c + 1]] for c in cells])

    def blank_mapping(self) -> Mapping:
        """Return a mapping in which nothing has been decided."""
        n = len(self.synapses)
        nowhere = np.full(n, -1, np.int16)
        return Mapping(
            Placement.empty(self.n_cells),
            Merging.empty(),
            Addresses.empty(self.n_cells),
            Routing.empty(),
            Drivers.empty(),
            Rows.empty(),
            SynapseCells(nowhere, nowhere.copy(), np.zeros(n, np.int8)),
        )


def _csr(ends: NDArray[np.int32], n: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    start = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=n), out=start[1:])
    return start, np.argsort(ends, kind="stable").astype(np.int64)


def columns_for(
    n_receptors: NDArray[np.int8],
    receptor: NDArray[np.int8],
    column: NDArray[np.int16],
    width: NDArray[np.int8],
) -> NDArray[np.int16]:
    """Return how many columns of neurons serve a receptor, by input side and column parity.

    Parameters
    ----------
    n_receptors, receptor, column, width : (n,) arrays
        Receptors of the cell type, the receptor asked for, and the neuron's rectangle.

    Returns
    -------
    (n, 2, 2) int16
        ``[:, side, parity]``; hardware: marocco ``SynapseTargetMapping``.
    """
    odd_start = column % 2
    even = (width + 1 - odd_start) // 2
    by_parity = np.stack([even, width - even], axis=1)
    served = np.zeros((5, 4, 2, 2), dtype=np.int16)
    for n, parities in TARGETS.items():
        for parity, sides in enumerate(parities):
            for side, target in enumerate(sides):
                served[n, target, side, parity] = 1
    columns: NDArray[np.int16] = (served[n_receptors, receptor] * by_parity[:, None, :]).astype(np.int16)
    return columns
