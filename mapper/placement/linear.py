"""marocco's default placement: populations in order, HICANNs in order, neuron blocks from left to right.

Sources: marocco ``byNeuronBlockEnumAndPopulationIDasc`` and ``byNeuronBlockEnumAndPopulationID``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mapper.context import Context
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Agenda, Ordered, Request
from mapper.placement.orders import spiral
from mapper.placement.run import Spread, place
from mapper.problem import Problem
from models.errors import OptionError
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
    sending_blocks: bool = False,
    hicann_order: str = "enum",
) -> Mapping:
    """Place the first population first; see `mapper.placement.run.place`.

    ``hicann_order`` ``enum`` begins at the northern rim like marocco, ``spiral`` in the middle of the wafer, where
    routes are short and have room on all sides.
    """
    if hicann_order not in ("enum", "spiral"):
        raise OptionError(f"hicann_order must be enum or spiral (got {hicann_order!r})")
    return place(
        problem,
        draft,
        _ascending if hicann_order == "enum" else _from_the_middle,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
        spread=Spread(neurons_per_block, blocks_per_hicann, separate_populations, sending_blocks),
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


def _from_the_middle(blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
    rank = np.argsort(spiral())
    return Ordered(
        sorted(order, key=lambda block: (rank[block // N_BLOCKS], block)), sorted(requests, key=lambda r: r.population)
    )


def _descending(blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
    return Ordered(sorted(order), sorted(requests, key=lambda r: -r.population))
