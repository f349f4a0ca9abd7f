"""marocco's merging: few buses per HICANN, as far as no bus needs too long a driver chain.

The constraint looks at one bus at a time: the most drivers it needs on any target HICANN, with addresses given out
highest first, against the calibrated chain length (not the ``driver_chain_length`` that later stages use).

Cells of ``shared_buses`` must leave on one DNC merger: on their HICANNs the strategy is
``minimize_number_of_sending_repeaters``, whatever was asked for, which is how marocco merged until 2018.

Sources: marocco ``MergerRouting``, ``ConstrainMergers``; departures from it in `mapper.merging.router`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mapper.addresses.pool import ORDERS
from mapper.context import Context
from mapper.merging.router import Unroutable, greedy_map, reaches
from mapper.problem import Problem
from mapper.requirements import drivers_of_bus
from models.errors import OptionError, PlacementError
from models.hardware.coordinates import name as hicann_name
from models.mapping import OUTPUT, Mapping, Merging

AS_POSSIBLE: Final = "minimize_as_possible"
FEWEST: Final = "minimize_number_of_sending_repeaters"
ONE_TO_ONE: Final = "one_to_one"
STRATEGIES: Final = (AS_POSSIBLE, FEWEST, ONE_TO_ONE)


def marocco_greedy(problem: Problem, draft: Mapping, context: Context, *, strategy: str = AS_POSSIBLE) -> Mapping:
    """Merge the neuron blocks of every HICANN.

    Parameters
    ----------
    strategy : str
        ``minimize_as_possible``, ``minimize_number_of_sending_repeaters`` (without constraint), ``one_to_one``.

    Raises
    ------
    ValueError
        If the strategy is unknown.
    PlacementError
        If defect mergers cut off a neuron block, or the cells of a shared bus do not fit onto one.
    """
    if strategy not in STRATEGIES:
        raise OptionError(f"unknown merging strategy {strategy!r}: there are {', '.join(STRATEGIES)}")
    merging = Merging.empty()
    sharing = _sharing_hicanns(problem, draft)
    for hicann, cells in _cells_by_block(draft).items():
        here = FEWEST if hicann in sharing else strategy
        try:
            chosen = _map(problem, draft, hicann, cells, here)
        except Unroutable as error:
            raise PlacementError(
                f"unroutable mergers: on {hicann_name(hicann)} {error}; blacklist the HICANN or its neurons"
            ) from None
        merging.block_to_dnc[hicann] = chosen
        merging.mode[hicann, [dnc for dnc in chosen if dnc >= 0]] = OUTPUT
    merged = replace(draft, merging=merging)
    _check_shared(problem, merged)
    return merged


def _cells_by_block(draft: Mapping) -> dict[int, list[NDArray[np.int32]]]:
    """Return the neurons of the eight blocks of every HICANN that hosts any, in the order of placement."""
    placement = draft.placement
    neurons = np.flatnonzero(placement.column >= 0).astype(np.int32)
    block = placement.hicann[neurons].astype(np.int64) * 8 + placement.block[neurons]
    order = np.lexsort((placement.sequence[neurons], block))
    neurons, block = neurons[order], block[order]
    grouped: dict[int, list[NDArray[np.int32]]] = {}
    for hicann in np.unique(block // 8).tolist():
        bounds = np.searchsorted(block, np.arange(8 * hicann, 8 * hicann + 9))
        grouped[hicann] = [neurons[bounds[b] : bounds[b + 1]] for b in range(8)]
    return grouped


def _map(
    problem: Problem, draft: Mapping, hicann: int, cells: list[NDArray[np.int32]], strategy: str
) -> tuple[int, ...]:
    nodes = problem.wafer.merger_nodes[hicann].tolist()
    dncs = problem.wafer.working("dncmergers")[hicann].tolist()
    counts = [len(part) for part in cells]
    limit = problem.limits.sources_per_bus
    if strategy == ONE_TO_ONE:
        return _own_numbers(counts, nodes, dncs)

    def accept(dnc: int, blocks: Sequence[int]) -> bool:
        if strategy == FEWEST or not blocks:
            return True
        bus = np.concatenate([cells[block] for block in blocks])
        drivers, _ = drivers_of_bus(problem, draft.placement, bus, ORDERS["high_first"][: len(bus)])
        return drivers <= problem.limits.calibrated_chain_length

    return greedy_map(counts, nodes, dncs, limit, accept)


def _own_numbers(counts: Sequence[int], nodes: Sequence[bool], dncs: Sequence[bool]) -> tuple[int, ...]:
    for block in range(8):
        if counts[block] and not reaches(block, block, nodes, dncs):
            raise Unroutable(block)
    return tuple(block if counts[block] else -1 for block in range(8))


def _shared_neurons(problem: Problem) -> list[tuple[str, NDArray[np.int32]]]:
    views = [(view.population, problem.network.cells(view)) for view in problem.instance.shared_buses]
    return [(name, cells) for name, cells in views if not problem.network.is_source[cells].any()]


def _sharing_hicanns(problem: Problem, draft: Mapping) -> set[int]:
    return {h for _, cells in _shared_neurons(problem) for h in draft.placement.hicann[cells].tolist()}


def _check_shared(problem: Problem, draft: Mapping) -> None:
    placement = draft.placement
    for name, cells in _shared_neurons(problem):
        hicann = placement.hicann[cells]
        dnc = draft.merging.block_to_dnc[hicann, placement.block[cells]]
        buses = sorted(set(zip(hicann.tolist(), dnc.tolist(), strict=True)))
        if len(buses) > 1:
            listed = ", ".join(f"DNC merger {d} of {hicann_name(h)}" for h, d in buses)
            raise PlacementError(
                f"shared bus: the cells of {name} leave on {listed}; place at most "
                f"{problem.limits.sources_per_bus} of them, side by side on one HICANN"
            )
