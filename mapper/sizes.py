"""Sizes of neurons where the instance leaves them to the solver (``neuron_size: auto``).

A neuron of s denmems has s / 2 columns, each crossed by the rows of its array half, so it takes at most 224 s synapses;
a larger neuron takes more from every row, hence fewer drivers for the same bus, but leaves room for fewer neurons.
Which size is best depends on what the buses look like, so a few assignments are proposed and priced like any draft:
for every population the least size that loses nothing to fan-in, that size doubled and quadrupled, and the default.

Source: halbe and halco for rows and columns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.problem import DEFAULT_SIZE, Problem
from models.mapping import Placement

#: Sizes proposed; marocco knows the powers of two and 6.
_SIZES: Final = (2, 4, 8, 16, 32, 64)
#: Proposals are the least sizes times these.
_FACTORS: Final = (1, 2, 4)


def sized(problem: Problem) -> list[Problem]:
    """Return the problem with every proposal of neuron sizes that fits onto the wafer; alone if none are asked for."""
    if not problem.chooses_sizes:
        return [problem]
    least = _least_sizes(problem)
    proposals = [[min(_SIZES[-1], factor * max(DEFAULT_SIZE, size)) for size in least] for factor in _FACTORS]
    proposals += [[DEFAULT_SIZE] * len(least), least]
    room = int(problem.wafer.columns.sum())
    found = []
    is_source = problem.network.is_source[problem.network.offsets[:-1]]
    for sizes in dict.fromkeys(tuple(np.where(is_source, DEFAULT_SIZE, sizes).tolist()) for sizes in proposals):
        candidate = replace(problem, sizes=sizes)
        if int(candidate.size.astype(np.int64).sum()) // 2 <= room:
            found.append(candidate)
    return found or [problem]


def widest(problem: Problem) -> Problem:
    """Return the problem with the largest size for all neurons whose size is left to the solver."""
    if not problem.chooses_sizes:
        return problem
    return replace(problem, sizes=(_SIZES[-1],) * len(problem.network.populations))


def as_placed(problem: Problem, placement: Placement) -> Problem:
    """Return the problem with the sizes that a placement gives the neurons whose size is left to the solver."""
    if not problem.chooses_sizes:
        return problem
    asked = np.zeros(problem.n_cells, dtype=np.bool_)
    for request in problem.instance.placement:
        asked[problem.network.cells(request.view)] = request.size is not None or bool(request.neurons)
    chosen = np.where(asked, 0, 2 * placement.width.astype(np.int64))
    largest = np.zeros(len(problem.network.populations), dtype=np.int64)
    np.maximum.at(largest, problem.network.population_of, chosen)
    return replace(problem, sizes=tuple(int(size) or DEFAULT_SIZE for size in largest))


def _least_sizes(problem: Problem) -> list[int]:
    """Return for every population the least size at which fan-in alone loses nothing, (n_populations,)."""
    network, synapses = problem.network, problem.synapses
    counts = np.zeros((problem.n_cells, 4), dtype=np.int64)
    np.add.at(counts, (synapses.post, synapses.receptor), 1)
    rows = int(problem.wafer.rows.sum(axis=1).max(initial=0))
    least = []
    for first, last in zip(network.offsets[:-1], network.offsets[1:], strict=True):
        receptors = int(network.receptor_count[first:last].max(initial=1))
        fits = (s for s in _SIZES if s >= receptors and _fits(counts[first:last], receptors, s, rows))
        least.append(next(fits, _SIZES[-1]))
    return least


def _fits(counts: NDArray[np.int64], receptors: int, size: int, rows: int) -> bool:
    """Tell whether rows hold the synapses of all neurons; with 3 or 4 receptors each has every other column."""
    columns = size // 2 if receptors <= 2 else size // 4
    if columns == 0:
        return False
    needed = -(-counts // columns)
    by_side = needed if receptors <= 2 else np.maximum(needed[:, :2], needed[:, 2:])
    return bool((by_side.sum(axis=1) <= rows).all())
