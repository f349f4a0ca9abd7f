"""Linear placement whose neurons are dealt out to the neuron blocks of each HICANN like cards.

Neurons that stand next to each other in a population often project to the same targets.  On one bus they would each
need a half row of those targets' drivers; on different buses they share out the load.  So the neurons that `linear`
puts on a HICANN keep their HICANN, but neighbours go to different blocks.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.placement.linear import linear
from mapper.problem import Problem
from models.hardware.neurons import N_BLOCKS
from models.mapping import Mapping


def dealt(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    neurons_per_block: int | None = None,
    blocks_per_hicann: int = N_BLOCKS,
    separate_populations: bool = False,
    sending_blocks: bool = False,
    hicann_order: str = "enum",
) -> Mapping:
    """Place like `linear`, then deal the neurons of every HICANN over its blocks."""
    draft = linear(
        problem,
        draft,
        context,
        neurons_per_block=neurons_per_block,
        blocks_per_hicann=blocks_per_hicann,
        separate_populations=separate_populations,
        sending_blocks=sending_blocks,
        hicann_order=hicann_order,
    )
    placement = draft.placement
    column, sequence = placement.column.copy(), placement.sequence.copy()
    free = (placement.column >= 0) & ~_fixed(problem)
    for hicann in placement.hicanns_with_neurons:
        here = np.flatnonzero(free & (placement.hicann == hicann))
        for width in np.unique(placement.width[here]):
            cells = here[placement.width[here] == width]
            cells = cells[np.argsort(placement.sequence[cells], kind="stable")]
            order = _dealing_order(placement.block[cells])
            column[cells] = placement.column[cells[order]]
            sequence[cells] = placement.sequence[cells[order]]
    return replace(draft, placement=replace(placement, column=column, sequence=sequence))


def _fixed(problem: Problem) -> NDArray[np.bool_]:
    """Return the cells whose block or denmems the instance fixes, (n_cells,)."""
    fixed = np.zeros(problem.n_cells, dtype=np.bool_)
    for request in problem.instance.placement:
        if request.blocks or request.neurons:
            fixed[problem.network.cells(request.view)] = True
    return fixed


def _dealing_order(block: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return the places in the order in which cards are dealt: the first of every block, then the second, ..."""
    rank = np.empty(len(block), dtype=np.int64)
    for b in np.unique(block):
        members = np.flatnonzero(block == b)
        rank[members] = np.arange(len(members))
    return np.lexsort((block, rank))
