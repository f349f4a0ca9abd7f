"""The placement loop that all of marocco's strategies share: fill one neuron block after the other.

Source: marocco ``PlacePopulationsBase``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mapper.placement.blocks import NeuronBlocks


@dataclass(frozen=True, slots=True)
class Request:
    """Consecutive cells of one population, ``first .. first + count - 1``, each of ``size`` denmems."""

    population: int
    first: int
    count: int
    size: int

    def split(self, count: int) -> tuple[Request, Request]:
        """Return the first ``count`` cells and the others."""
        front = Request(self.population, self.first, count, self.size)
        return front, Request(self.population, self.first + count, self.count - count, self.size)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Cells side by side on neuron block ``block`` (8 hicann + block) from column 0..31 of the block on."""

    request: Request
    block: int
    column: int


#: Sorts blocks (8 hicann + block) and requests: what is used first stands first.
Strategy = Callable[[NeuronBlocks, Sequence[int], Sequence[Request]], tuple[Sequence[int], Sequence[Request]]]


def fill(
    blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request], cap: int | None = None
) -> tuple[list[Chunk], list[Request]]:
    """Place requests in their order on blocks in their order.

    A block is left when it has no room for one neuron of the present size, or when defects leave no gap for one;
    smaller neurons that follow do not come back to it.  A request that meets no gap is halved, second half first.

    Parameters
    ----------
    order : sequence of int
        Blocks, first one first.
    requests : sequence of Request
        First one first.
    cap : int, optional
        Most neurons on a block.

    Returns
    -------
    placed, left : list of Chunk, list of Request
    """
    todo, queue = list(reversed(order)), list(reversed(requests))
    placed: list[Chunk] = []
    while queue and todo:
        block, request = todo[-1], queue.pop()
        room = blocks.available(block) // request.size
        if cap is not None:
            room = min(room, cap - blocks.neurons(block))
        if room <= 0:
            todo.pop()
            queue.append(request)
            continue
        chunk, rest = request.split(min(room, request.count))
        if rest.count:
            queue.append(rest)
        column = blocks.add(block, chunk.count, chunk.size)
        if column >= 0:
            placed.append(Chunk(chunk, block, column))
        elif chunk.count > 1:
            queue.extend(chunk.split((chunk.count + 1) // 2))
        else:
            todo.pop()
            queue.append(chunk)
    return placed, list(reversed(queue))
