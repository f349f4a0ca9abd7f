"""What all placement strategies do: manual placement first, then the automatic one, then write it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mapper.placement.blocks import NeuronBlocks, close_rightmost, leave_room_for_few_buses
from mapper.placement.loop import Chunk, Request, Strategy, fill
from mapper.placement.manual import manual_pass
from mapper.problem import Problem
from models.errors import OptionError, PlacementError, ResourceExhausted
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS, N_DENMEMS
from models.mapping import Mapping, Placement


@dataclass(frozen=True, slots=True)
class Spread:
    """How thinly neurons are placed.

    Attributes
    ----------
    neurons_per_block : int or None
        Most neurons on a block; None: as many as fit.
    blocks_per_hicann : int
        Only the first so many blocks of every HICANN are used.
    separate_populations : bool
        Begin every population on a HICANN of its own.
    sending_blocks : bool
        Only blocks are used whose spikes can leave the HICANN.

    Raises
    ------
    OptionError
        If a number is out of range.
    """

    neurons_per_block: int | None = None
    blocks_per_hicann: int = N_BLOCKS
    separate_populations: bool = False
    sending_blocks: bool = False

    def __post_init__(self) -> None:
        if self.neurons_per_block is not None and self.neurons_per_block < 1:
            raise OptionError(f"neurons_per_block must be at least 1 (got {self.neurons_per_block})")
        if not 1 <= self.blocks_per_hicann <= N_BLOCKS:
            raise OptionError(f"blocks_per_hicann must be 1..{N_BLOCKS} (got {self.blocks_per_hicann})")


def place(
    problem: Problem,
    draft: Mapping,
    strategy: Strategy,
    *,
    minimize_number_of_sending_repeaters: bool,
    restrict_rightmost_neuron_blocks: bool,
    spread: Spread | None = None,
) -> Mapping:
    """Place all neurons by a strategy.

    Parameters
    ----------
    strategy : Strategy
        Sorts blocks and requests.
    minimize_number_of_sending_repeaters, restrict_rightmost_neuron_blocks : bool
        Keep room on the blocks, see `mapper.placement.blocks`.
    spread : Spread, optional
        How thinly to place; manual placement is exempt.

    Raises
    ------
    PlacementError
        If manual placement is impossible, or a neuron is too small for its receptors.
    ResourceExhausted
        If there is no room for all neurons.
    """
    spread = spread or Spread()
    _check(problem)
    blocks = NeuronBlocks.of(problem.wafer)
    if minimize_number_of_sending_repeaters:
        leave_room_for_few_buses(blocks, problem.limits.default_size)
    if restrict_rightmost_neuron_blocks:
        close_rightmost(blocks)
    placed, requests = manual_pass(problem, blocks, strategy)
    everywhere = [
        N_BLOCKS * h + b
        for h in np.flatnonzero(problem.wafer.hicanns).tolist()
        for b in range(spread.blocks_per_hicann)
        if not spread.sending_blocks or problem.wafer.can_leave[h, b]
    ]
    if spread.separate_populations:
        chunks, left = _fill_apart(blocks, strategy, everywhere, requests, spread.neurons_per_block)
    else:
        agenda = strategy(blocks, everywhere, requests)
        chunks, left = fill(blocks, agenda, spread.neurons_per_block), agenda.left()
    if left:
        names = sorted({problem.network.populations[r.population].name for r in left})
        raise ResourceExhausted(
            f"unable to place all populations: no room for {sum(r.count for r in left)} neurons of "
            f"{', '.join(names)}; enlarge the region or choose a smaller neuron size"
        )
    return replace(draft, placement=_placement(problem, placed + chunks))


def _fill_apart(
    blocks: NeuronBlocks, strategy: Strategy, order: Sequence[int], requests: Sequence[Request], cap: int | None
) -> tuple[list[Chunk], list[Request]]:
    """Place like `fill`, but no two populations on one HICANN."""
    placed: list[Chunk] = []
    left: list[Request] = []
    for population in dict.fromkeys(request.population for request in strategy(blocks, order, requests).left()):
        agenda = strategy(blocks, order, [r for r in requests if r.population == population])
        chunks = fill(blocks, agenda, cap)
        taken = {chunk.block // N_BLOCKS for chunk in chunks}
        order = [block for block in order if block // N_BLOCKS not in taken]
        placed += chunks
        left += agenda.left()
    return placed, left


def _check(problem: Problem) -> None:
    neurons = int(np.count_nonzero(~problem.network.is_source))
    if neurons > N_HICANNS * N_DENMEMS:
        raise ResourceExhausted(f"hardware capacity too low: {neurons} neurons on {N_HICANNS * N_DENMEMS} denmems")
    narrow = np.flatnonzero(problem.network.receptor_count > problem.size)
    if len(narrow):
        cell = int(narrow[0])
        population = problem.network.populations[problem.network.population_of[cell]].name
        raise PlacementError(
            f"{population}: {problem.network.receptor_count[cell]} synaptic targets do not fit on a neuron of "
            f"{problem.size[cell]} denmems; choose a larger neuron size"
        )


def _placement(problem: Problem, chunks: Sequence[Chunk]) -> Placement:
    placement = Placement.empty(problem.n_cells)
    sequence = 0
    for chunk in chunks:
        request = chunk.request
        cells = slice(request.first, request.first + request.count)
        hicann, block = divmod(chunk.block, N_BLOCKS)
        width = request.size // 2
        placement.hicann[cells] = hicann
        placement.column[cells] = (
            COLUMNS_PER_BLOCK * block + chunk.column + width * np.arange(request.count, dtype=np.int16)
        )
        placement.width[cells] = width
        placement.sequence[cells] = np.arange(sequence, sequence + request.count, dtype=np.int32)
        sequence += request.count
    return placement
