"""The stage ``placement`` by a strategy of the script: its hooks sort the neuron blocks, the loop is marocco's.

Source: marocco ``PlacePopulationsBase``.
"""

from __future__ import annotations

from collections.abc import Sequence

from mapper.context import Context
from mapper.frontends import session as sessions
from mapper.frontends.coordinates import HICANNOnWafer, NeuronBlockOnHICANN, NeuronBlockOnWafer
from mapper.frontends.errors import FrontendError
from mapper.frontends.pymarocco.strategies import NeuronBlockList, PlacePopulationsBase
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Agenda, Chunk, Request
from mapper.placement.run import place
from mapper.problem import Problem
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping


def place_by_script(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    minimize_number_of_sending_repeaters: bool = False,
    restrict_rightmost_neuron_blocks: bool = False,
) -> Mapping:
    """Place by the strategy of the script that runs; see `mapper.placement.run.place`.

    Raises
    ------
    FrontendError
        If no script runs: a file does not hold its strategy.
    """
    marocco = sessions.current().marocco
    if marocco is None:
        raise FrontendError("this placement strategy is a class of a script: run the script with mapper run")
    strategy: PlacePopulationsBase = marocco.neuron_placement.default_placement_strategy()
    return place(
        problem,
        draft,
        lambda blocks, order, requests: _Hooked(strategy, blocks, order, requests),
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
    )


def _coordinate(block: int) -> NeuronBlockOnWafer:
    return NeuronBlockOnWafer(NeuronBlockOnHICANN(block % N_BLOCKS), HICANNOnWafer(block // N_BLOCKS))


def _number(block: NeuronBlockOnWafer) -> int:
    return N_BLOCKS * int(block.hicann) + int(block.block)


class _Hooked(Agenda):
    """Blocks and requests as stacks, which the hooks of a strategy may change between two attempts."""

    def __init__(
        self, strategy: PlacePopulationsBase, blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]
    ) -> None:
        self._strategy = strategy
        self._list = NeuronBlockList(map(_coordinate, reversed(order)), lambda block: blocks.available(_number(block)))
        self._queue = list(requests)
        strategy.m_neuron_blocks, strategy.m_queue = self._list, self._queue
        strategy.initialise()

    def block(self) -> int | None:
        """Return the last block of the list."""
        left = self._list.value()
        return _number(left[-1]) if left else None

    def leave(self) -> None:
        """Give up the last block."""
        self._list.value().pop()

    def take(self) -> Request | None:
        """Remove and return the last request."""
        return self._queue.pop() if self._queue else None

    def put_back(self, request: Request) -> None:
        """Add a request that comes next."""
        self._queue.append(request)

    def placed(self, chunk: Chunk) -> None:
        """Do nothing: the hooks see the room on the blocks."""

    def settle(self) -> None:
        """Let the strategy sort the blocks anew."""
        self._strategy.loop()

    def left(self) -> list[Request]:
        """Let the strategy finish and return the requests that are not placed."""
        self._strategy.finalise()
        return list(reversed(self._queue))
