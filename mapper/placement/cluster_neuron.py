"""marocco's placement around connected neurons: like `cluster_population`, but one neuron after the other.

A neuron's degree is the number of its placed partners, weighted; partners are all neurons and sources that a synapse
connects it with, once per projection.  The best connected neuron comes next, of several the one that was queued last;
sorting is stable, so a neuron that rises to a degree comes before those that have it already and is taken after them.

``single_source`` queues nothing when a neuron is placed: when the queue is empty, all unplaced targets of the neuron
placed last that still has any are queued.

One error of the original is kept: at the beginning of every pass (each placement request with HICANNs or blocks is
one) the degrees of all partners of placed neurons grow again.

Here the queue is an array of numbers that sort like marocco's queue, so that a step costs a few vector operations.

Source: marocco ``ClusterByNeuronConnectivity``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.cluster import (
    HICANN_FIRST,
    MERGER_TREE_FRIENDLY,
    NEIGHBOURS,
    SINGLE_SOURCE,
    SPIRAL,
    TARGET_AND_SOURCE,
    ClusterOptions,
    Room,
    mean_position,
)
from mapper.placement.loop import Agenda, Chunk, Request
from mapper.placement.run import place
from mapper.problem import Problem
from models.hardware.coordinates import X, Y
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping

Cells = NDArray[np.int32]
#: Bits for the place within one degree; the middle one is where the first cell goes.
_PLACE_BITS: Final = 36
_MIDDLE: Final = 1 << (_PLACE_BITS - 1)


def cluster_neuron(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    neuron_block_on_hicann_ordering: str = MERGER_TREE_FRIENDLY,
    neuron_block_on_wafer_ordering: str = HICANN_FIRST,
    hicann_on_wafer_ordering: str = SPIRAL,
    spiral_center: str = NEIGHBOURS,
    sort_priority_targets: int = 1,
    sort_priority_sources: int = 1,
    population_placement_priority: str = TARGET_AND_SOURCE,
    minimize_number_of_sending_repeaters: bool = False,
    restrict_rightmost_neuron_blocks: bool = False,
) -> Mapping:
    """Place neurons near those that they are connected with.

    The options are those of `mapper.placement.cluster.ClusterOptions` and of `mapper.placement.run.place`.

    Raises
    ------
    ValueError
        If an option has an unknown value.
    """
    options = ClusterOptions(
        neuron_block_on_hicann_ordering,
        neuron_block_on_wafer_ordering,
        hicann_on_wafer_ordering,
        spiral_center,
        sort_priority_targets,
        sort_priority_sources,
        population_placement_priority,
    )
    return place(
        problem,
        draft,
        _Cluster(problem, options).begin,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
    )


class _Queue:
    """Cells sorted by degree, ascending, with every sort stable; the last one is taken first."""

    def __init__(self, n_cells: int) -> None:
        self.degree = np.zeros(n_cells, dtype=np.int64)
        self._rank = np.full(n_cells, -1, dtype=np.int64)
        self._low = self._high = _MIDDLE
        self._end: list[int] = []
        self._risen: list[Cells] = []

    def append(self, cells: Sequence[int]) -> None:
        """Add cells at the end, whatever their degree; the next sort puts them in their places."""
        self._end += cells

    def pop(self) -> int | None:
        """Remove and return the last cell."""
        cell = self.last()
        if self._end:
            self._end.pop()
        elif cell is not None:
            self._rank[cell] = -1
        return cell

    def last(self) -> int | None:
        """Return the last cell."""
        if self._end:
            return self._end[-1]
        cell = int(self._rank.argmax())
        return cell if self._rank[cell] >= 0 else None

    def raise_degrees(self, cells: Cells, by: int) -> None:
        """Raise the degrees of cells, once per mention; they change places at the next sort."""
        if by:
            np.add.at(self.degree, cells, by)
            self._risen.append(cells)

    def sort(self) -> None:
        """Sort by degree, stably."""
        if self._risen:
            risen = np.unique(np.concatenate(self._risen))
            risen = risen[self._rank[risen] >= 0]
            risen = risen[np.argsort(self._rank[risen])]
            self._low -= len(risen)
            self._rank[risen] = (self.degree[risen] << _PLACE_BITS) + self._low + np.arange(len(risen))
            self._risen = []
        for cell in self._end:
            self._rank[cell] = (int(self.degree[cell]) << _PLACE_BITS) + self._high
            self._high += 1
        self._end = []

    def cells(self) -> list[int]:
        """Return all cells, first one taken first, as after a sort."""
        self.sort()
        waiting = np.flatnonzero(self._rank >= 0)
        found: list[int] = waiting[np.argsort(-self._rank[waiting])].tolist()
        return found

    def clear(self) -> None:
        """Remove all cells; degrees stay."""
        self._rank[:] = -1
        self._end, self._risen = [], []
        self._low = self._high = _MIDDLE


class _Cluster:
    """The agenda of all passes over one wafer, with the memory of what was placed."""

    def __init__(self, problem: Problem, options: ClusterOptions) -> None:
        self._options = options
        self._population, self._size = problem.network.population_of, problem.size
        self._targets, self._sources = _partner_lists(problem)
        n = problem.n_cells
        self._queue = _Queue(n)
        self._where = np.full(n, -1, dtype=np.int16)
        self._sequence = np.full(n, -1, dtype=np.int64)
        self._gained = np.zeros(n, dtype=np.int64)
        self._history: list[int] = []
        self._placed = 0
        self._unconnected = np.zeros(n, dtype=np.bool_)
        self._order: list[int] = []
        self._room = Room((), options)

    def begin(self, blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
        """Begin a pass: what is connected to placed neurons comes first."""
        self._order = _single_neurons(requests)
        self._unconnected[:] = False
        self._unconnected[self._order] = True
        self._queue.clear()
        self._queue.degree += self._gained
        if self._placed:
            mine = [part[cell] for cell in self._order for part in (self._targets, self._sources)]
            near = np.unique(np.concatenate(mine)) if mine else np.empty(0, np.int32)
            near = near[self._sequence[near] >= 0]
            for cell in near[np.argsort(self._sequence[near])].tolist():
                self._connect(cell)
        self._room = Room(order, self._options)
        self.settle()
        return self

    def block(self) -> int | None:
        """Return the block nearest to the centre."""
        return self._room.block()

    def leave(self) -> None:
        """Give up this block."""
        self._room.leave()

    def take(self) -> Request | None:
        """Remove and return the neuron at the end of the queue."""
        cell = self._queue.pop()
        return None if cell is None else self._request(cell)

    def put_back(self, request: Request) -> None:
        """Put a neuron at the end of the queue."""
        self._queue.append([request.first])

    def placed(self, chunk: Chunk) -> None:
        """Count a neuron for its partners, and queue them."""
        cell = chunk.request.first
        self._where[cell] = chunk.block // N_BLOCKS
        self._sequence[cell] = self._placed
        self._placed += 1
        self._history.append(cell)
        by = self._options.sort_priority_sources, self._options.sort_priority_targets
        for partners, weight in zip((self._targets[cell], self._sources[cell]), by, strict=True):
            self._queue.raise_degrees(partners, weight)
            np.add.at(self._gained, partners, weight)
        self._connect(cell)

    def settle(self) -> None:
        """Sort the queue and turn to the partners of its end."""
        self._queue.sort()
        if self._queue.last() is None:
            self._refill()
        cell = self._queue.last()
        if cell is not None:
            self._room.turn_to(self._centre(cell))

    def left(self) -> list[Request]:
        """Return the neurons that are not placed."""
        rest = [cell for cell in reversed(self._order) if self._unconnected[cell]]
        return [self._request(cell) for cell in self._queue.cells() + rest]

    def _request(self, cell: int) -> Request:
        return Request(int(self._population[cell]), cell, 1, int(self._size[cell]))

    def _connect(self, cell: int) -> None:
        for wanted, partners in zip(self._options.queues, (self._targets[cell], self._sources[cell]), strict=True):
            if wanted:
                self._enqueue(partners)

    def _enqueue(self, cells: Cells) -> bool:
        """Queue those of the cells that are unconnected; tell whether there were any."""
        new = list(dict.fromkeys(cells[self._unconnected[cells]].tolist()))
        self._unconnected[new] = False
        self._queue.append(new)
        return bool(new)

    def _refill(self) -> None:
        """Put something into the empty queue."""
        if self._options.population_placement_priority == SINGLE_SOURCE:
            while self._history:
                if self._enqueue(self._targets[self._history.pop()]):
                    self._queue.sort()
                    return
        while self._order:
            cell = self._order.pop()
            if self._unconnected[cell]:
                self._enqueue(np.array([cell], dtype=np.int32))
                return

    def _centre(self, cell: int) -> tuple[float, float]:
        partners = (self._targets[cell], self._sources[cell])
        made_of = [part for wanted, part in zip(self._options.centre_of, partners, strict=True) if wanted]
        hicann = self._where[np.unique(np.concatenate(made_of))]
        hicann = hicann[hicann >= 0]
        return mean_position(len(hicann), int(X[hicann].sum()), int(Y[hicann].sum()))


def _partner_lists(problem: Problem) -> tuple[list[Cells], list[Cells]]:
    """Return the targets and the sources of every cell, in the order of projections and of partners.

    Parallel synapses of one projection are one connection.
    """
    pre, post, projection = problem.synapses.pre, problem.synapses.post, problem.synapses.projection
    new = np.ones(len(pre), dtype=np.bool_)
    new[1:] = (pre[1:] != pre[:-1]) | (post[1:] != post[:-1]) | (projection[1:] != projection[:-1])
    pre, post = pre[new], post[new]
    return _grouped(pre, post, problem.n_cells), _grouped(post, pre, problem.n_cells)


def _grouped(key: Cells, value: Cells, n: int) -> list[Cells]:
    ends = np.cumsum(np.bincount(key, minlength=n))
    return np.split(value[np.argsort(key, kind="stable")], ends[:-1])


def _single_neurons(requests: Sequence[Request]) -> list[int]:
    """Return the cells of requests in marocco's order: the last cell of every request, then the others of each."""
    last = [request.first + request.count - 1 for request in requests]
    others = [cell for request in requests for cell in range(request.first, request.first + request.count - 1)]
    return last + others
