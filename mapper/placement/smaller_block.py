"""marocco's placement before 2019: fewest available denmems first, then a spiral from the wafer's centre.

Without defects all blocks are equal and the network grows around the centre; with defects it is scattered.

Source: marocco ``bySmallerNeuronBlockAndPopulationID``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mapper.context import Context
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Agenda, Ordered, Request
from mapper.placement.orders import spiral
from mapper.placement.run import place
from mapper.problem import Problem
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping


def smaller_block(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    minimize_number_of_sending_repeaters: bool = False,
    restrict_rightmost_neuron_blocks: bool = False,
) -> Mapping:
    """Place the last population first, on the block with least room; see `mapper.placement.run.place`."""
    rank = np.empty(N_HICANNS, dtype=np.int64)
    rank[spiral()] = np.arange(N_HICANNS)

    def smallest(blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]) -> Agenda:
        return Ordered(
            sorted(order, key=lambda b: (blocks.available(b), rank[b // N_BLOCKS], b % N_BLOCKS)),
            sorted(requests, key=lambda r: -r.population),
        )

    return place(
        problem,
        draft,
        smallest,
        minimize_number_of_sending_repeaters=minimize_number_of_sending_repeaters,
        restrict_rightmost_neuron_blocks=restrict_rightmost_neuron_blocks,
    )
