"""The placement loop that all of marocco's strategies share: fill one neuron block after the other.

Source: marocco ``PlacePopulationsBase``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

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


class Agenda(Protocol):
    """Which block is filled next, and with what."""

    def block(self) -> int | None:
        """Return the block (8 hicann + block) that is filled next, None if there is none left."""

    def leave(self) -> None:
        """Give up this block for good."""

    def take(self) -> Request | None:
        """Remove and return the request that comes next, None if there is none left."""

    def put_back(self, request: Request) -> None:
        """Add a request that comes next."""

    def placed(self, chunk: Chunk) -> None:
        """Take note of what was placed."""

    def settle(self) -> None:
        """Choose the next block and request anew; called after every attempt to place."""

    def left(self) -> list[Request]:
        """Return the requests that are not placed, next one first."""


class Ordered:
    """Blocks and requests in a fixed order.

    Parameters
    ----------
    blocks : sequence of int
        Blocks (8 hicann + block), first one first.
    requests : sequence of Request
        First one first.
    """

    def __init__(self, blocks: Sequence[int], requests: Sequence[Request]) -> None:
        self._blocks, self._requests = list(reversed(blocks)), list(reversed(requests))

    def block(self) -> int | None:
        """Return the first block that was not given up."""
        return self._blocks[-1] if self._blocks else None

    def leave(self) -> None:
        """Give up the first block."""
        self._blocks.pop()

    def take(self) -> Request | None:
        """Remove and return the first request."""
        return self._requests.pop() if self._requests else None

    def put_back(self, request: Request) -> None:
        """Put a request in front."""
        self._requests.append(request)

    def placed(self, chunk: Chunk) -> None:
        """Do nothing: the order is fixed."""

    def settle(self) -> None:
        """Do nothing: the order is fixed."""

    def left(self) -> list[Request]:
        """Return the requests that are not placed."""
        return list(reversed(self._requests))


#: Makes an agenda of blocks (8 hicann + block) and requests.
Strategy = Callable[[NeuronBlocks, Sequence[int], Sequence[Request]], Agenda]


def fill(blocks: NeuronBlocks, agenda: Agenda, cap: int | None = None) -> list[Chunk]:
    """Place requests on blocks by an agenda; what finds no room is left on it.

    A block is left when it has no room for one neuron of the present size, or when defects leave no gap for one;
    smaller neurons that follow do not come back to it.  A request that meets no gap is halved, second half first.

    Parameters
    ----------
    cap : int, optional
        Most neurons on a block.
    """
    placed: list[Chunk] = []
    while (block := agenda.block()) is not None and (request := agenda.take()) is not None:
        room = blocks.available(block) // request.size
        if cap is not None:
            room = min(room, cap - blocks.neurons(block))
        if room <= 0:
            agenda.leave()
            agenda.put_back(request)
            continue
        chunk, rest = request.split(min(room, request.count))
        if rest.count:
            agenda.put_back(rest)
        column = blocks.add(block, chunk.count, chunk.size)
        if column >= 0:
            placed.append(Chunk(chunk, block, column))
            agenda.placed(placed[-1])
        elif chunk.count > 1:
            for half in chunk.split((chunk.count + 1) // 2):
                agenda.put_back(half)
        else:
            agenda.leave()
            agenda.put_back(chunk)
        agenda.settle()
    return placed
