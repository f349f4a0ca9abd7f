"""marocco's placement around connected populations.

Of the populations that are connected with placed ones, the one with most connections to placed chunks comes next; it
goes to the neuron block nearest to the mean position of its placed partners.  A chunk is what one step puts on one
neuron block, and counts once per projection between two populations, whatever its size.

1. All requests are *unconnected*; when no other request is queued, the last of them is (on a new wafer: the last
   population).
2. When a chunk of a population is placed, its targets' and sources' requests are queued.
3. After every step the queue is sorted by degree (stably; marocco leaves the order of ties to ``std::sort``, which is
   stable for up to 16 elements in libstdc++), and the blocks by distance from the centre of what comes next.

Chunks put on HICANNs or blocks by placement requests are remembered and attract their partners; neurons put on exact
denmems are not, since marocco places them without its strategy.

Source: marocco ``ClusterByPopulationConnectivity``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

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
from models.errors import OptionError
from models.hardware.coordinates import X, Y
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping as Draft
from models.network import Network


def cluster_population(
    problem: Problem,
    draft: Draft,
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
) -> Draft:
    """Place populations near those that they are connected with.

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
    if population_placement_priority == SINGLE_SOURCE:
        raise OptionError(f"population_placement_priority {SINGLE_SOURCE!r} needs placement cluster_neuron")
    return place(
        problem,
        draft,
        _Cluster(problem.network, options).begin,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
    )


class _Cluster:
    """The agenda of all passes over one wafer, with the memory of what was placed."""

    def __init__(self, network: Network, options: ClusterOptions) -> None:
        self._options = options
        self._targets, self._sources = _neighbours(network)
        n = len(network.populations)
        self._degree = [0] * n
        self._chunks, self._x, self._y = [0] * n, [0] * n, [0] * n
        self._history: list[int] = []
        self._queue: list[Request] = []
        self._unconnected: dict[int, Request] = {}
        self._numbers: dict[int, list[int]] = {}
        self._room = Room((), options)

    def begin(self, blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
        """Begin a pass: what is connected to placed chunks comes first."""
        self._queue = []
        self._unconnected = dict(enumerate(requests))
        self._numbers = {}
        for number, request in enumerate(requests):
            self._numbers.setdefault(request.population, []).append(number)
        for population in dict.fromkeys(self._history):
            self._connect(population)
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
        """Remove and return the request at the end of the queue."""
        return self._queue.pop() if self._queue else None

    def put_back(self, request: Request) -> None:
        """Put a request at the end of the queue."""
        self._queue.append(request)

    def placed(self, chunk: Chunk) -> None:
        """Count a chunk for its partners, and queue them."""
        population, hicann = chunk.request.population, chunk.block // N_BLOCKS
        self._history.append(population)
        self._chunks[population] += 1
        self._x[population] += int(X[hicann])
        self._y[population] += int(Y[hicann])
        for target, edges in self._targets[population].items():
            self._degree[target] += self._options.sort_priority_sources * edges
        for source, edges in self._sources[population].items():
            self._degree[source] += self._options.sort_priority_targets * edges
        self._connect(population)

    def settle(self) -> None:
        """Sort the queue and turn to the partners of its end."""
        self._queue.sort(key=lambda request: self._degree[request.population])
        if not self._queue and self._unconnected:
            self._queue.append(self._unconnected.popitem()[1])
        if self._queue:
            self._room.turn_to(self._centre(self._queue[-1].population))

    def left(self) -> list[Request]:
        """Return the requests that are not placed."""
        return [*reversed(self._queue), *self._unconnected.values()]

    def _connect(self, population: int) -> None:
        for wanted, partners in zip(self._options.queues, self._partners(population), strict=True):
            for partner in partners if wanted else ():
                for number in self._numbers.pop(partner, ()):
                    if number in self._unconnected:
                        self._queue.append(self._unconnected.pop(number))

    def _partners(self, population: int) -> tuple[Mapping[int, int], Mapping[int, int]]:
        return self._targets[population], self._sources[population]

    def _centre(self, population: int) -> tuple[float, float]:
        chunks = x = y = 0
        for wanted, partners in zip(self._options.centre_of, self._partners(population), strict=True):
            for partner, edges in partners.items() if wanted else ():
                chunks += edges * self._chunks[partner]
                x += edges * self._x[partner]
                y += edges * self._y[partner]
        return mean_position(chunks, x, y)


def _neighbours(network: Network) -> tuple[list[Counter[int]], list[Counter[int]]]:
    """Return the targets and the sources of every population, with the number of edges to each, in edge order."""
    targets: list[Counter[int]] = [Counter() for _ in network.populations]
    sources: list[Counter[int]] = [Counter() for _ in network.populations]
    for pre, post in _edges(network):
        targets[pre][post] += 1
        sources[post][pre] += 1
    return targets, sources


def _edges(network: Network) -> Iterator[tuple[int, int]]:
    index = {population.name: i for i, population in enumerate(network.populations)}
    for projection in network.projections:
        for pre in projection.pre:
            for post in projection.post:
                yield index[pre.population], index[post.population]
