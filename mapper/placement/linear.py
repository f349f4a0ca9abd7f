"""marocco's default placement: populations in order, HICANNs in order, neuron blocks from left to right.

Sources: marocco ``byNeuronBlockEnumAndPopulationIDasc`` and ``byNeuronBlockEnumAndPopulationID``.
"""

from __future__ import annotations

from collections.abc import Sequence

from mapper.context import Context
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Agenda, Ordered, Request
from mapper.placement.run import Spread, place
from mapper.problem import Problem
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping


def linear(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    minimize_number_of_sending_repeaters: bool = False,
    restrict_rightmost_neuron_blocks: bool = False,
    neurons_per_block: int | None = None,
    blocks_per_hicann: int = N_BLOCKS,
    separate_populations: bool = False,
) -> Mapping:
    """Place the first population first, from the first HICANN on; see `mapper.placement.run.place`."""
    return place(
        problem,
        draft,
        _ascending,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
        spread=Spread(neurons_per_block, blocks_per_hicann, separate_populations),
    )


def linear_descending(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    minimize_number_of_sending_repeaters: bool = False,
    restrict_rightmost_neuron_blocks: bool = False,
    neurons_per_block: int | None = None,
    blocks_per_hicann: int = N_BLOCKS,
    separate_populations: bool = False,
) -> Mapping:
    """Place the last population first, from the first HICANN on; see `mapper.placement.run.place`."""
    return place(
        problem,
        draft,
        _descending,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
        spread=Spread(neurons_per_block, blocks_per_hicann, separate_populations),
    )


def _ascending(blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
    return Ordered(sorted(order), sorted(requests, key=lambda r: r.population))


def _descending(blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
    return Ordered(sorted(order), sorted(requests, key=lambda r: -r.population))
