"""marocco's placement before 2019: fewest available denmems first, then a spiral from the wafer's centre.

Without defects all blocks are equal and the network grows around the centre; with defects it is scattered.

Sources: marocco ``bySmallerNeuronBlockAndPopulationID``, ``spiral_ordering``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.loop import Request
from mapper.placement.run import place
from mapper.problem import Problem
from models.hardware.coordinates import HEIGHT, N_HICANNS, WIDTH, X, Y
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

    def smallest(
        blocks: NeuronBlocks, order: Sequence[int], requests: Sequence[Request]
    ) -> tuple[Sequence[int], Sequence[Request]]:
        return (
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


def spiral(centre_x: float = (WIDTH - 1) / 2, centre_y: float = (HEIGHT - 1) / 2) -> NDArray[np.int16]:
    """Return all HICANNs in squares of growing distance about a centre, each from its north-east corner on, (384,).

    The angle is taken in single precision, turned by 45 degrees, as marocco does; ties go to the smaller enum.
    """
    dx, dy = (X - centre_x).astype(np.float32), (Y - centre_y).astype(np.float32)
    cos, sin = np.float32(np.cos(-np.pi / 4)), np.float32(np.sin(-np.pi / 4))
    angle = np.arctan2(dx * sin + dy * cos, dx * cos - dy * sin)
    return np.lexsort((angle, np.maximum(np.abs(dx), np.abs(dy)))).astype(np.int16)
