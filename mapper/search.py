"""The ``cpsat`` solver: searches over solver tables with the loss in view, never worse than the baseline.

1. The baseline's mapping is the first incumbent.
2. Its placement is kept and every later decision is made again: decoder groups, negotiated routes, exact drivers,
   exact rows.
3. Neurons are spread: fewer neurons per neuron block, so that no bus carries more sources than its driver chains
   can serve.  Every spread is priced without routing (synapses beyond the chain limit, drivers beyond the sides);
   the cheapest ones are routed.

The search ends when the loss meets the bound for any placement, when nothing is left to try, or with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mapper.context import Context
from mapper.demand import CellTables, demand, drivers_needed, service_curves
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Step, Table, run_steps, with_settings
from models.errors import PlacementError, ResourceExhausted
from models.hardware.neurons import neurons_per_block
from models.mapping import Mapping

Report = Callable[[Mapping], bool]
"""Takes a complete mapping; returns whether the search may end because nothing better exists."""

_LATER: Table = (
    Step("addresses", "decoder_groups"),
    Step("routing", "pathfinder"),
    Step("drivers", "set_packing"),
    Step("rows", "exact"),
)
#: Share of the drivers that packing can be expected to use; the rest is lost to fragments.
_PACKING = 0.95
#: How many of the priced spreads are routed.
_ROUTED_SPREADS = 6


def search(problem: Problem, context: Context, report: Report, settings: dict[str, str]) -> None:
    """Report the baseline's mapping and every better one that is found."""
    baseline = _attempt(problem, MAROCCO, context)
    if baseline is not None and (report(baseline) or context.over):
        return
    if baseline is not None and report(run_steps(problem, with_settings(_LATER, settings), context, baseline)):
        return
    for candidate in _spreads(problem, context):
        if context.over:
            return
        if report(run_steps(problem, with_settings(_LATER[1:], settings), context, candidate.draft)):
            return


def search_fixed_placement(problem: Problem, context: Context, report: Report, settings: dict[str, str]) -> None:
    """Report the baseline's mapping and the one that keeps its placement, merging and inputs."""
    baseline = run_steps(problem, MAROCCO, context)
    if report(baseline) or context.over:
        return
    report(run_steps(problem, with_settings(_LATER, settings), context, baseline))


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A placed and addressed network with its estimated loss [synapses] and its number of HICANNs."""

    estimate: float
    hicanns: int
    draft: Mapping


def _spreads(problem: Problem, context: Context) -> Iterator[_Candidate]:
    """Yield the most promising spreads, best first."""
    found: list[_Candidate] = []
    for per_block in _spread_sizes(problem):
        if context.over:
            break
        candidate = _spread(problem, context, per_block)
        if candidate is not None:
            found.append(candidate)
            if candidate.estimate == 0:
                break
    found.sort(key=lambda c: (c.estimate, c.hicanns))
    yield from found[:_ROUTED_SPREADS]


def _spread_sizes(problem: Problem) -> list[int]:
    """Return the numbers of neurons per block worth trying, largest (fewest HICANNs) first."""
    sizes = problem.size[~problem.network.is_source]
    if len(sizes) == 0:
        return []
    full = neurons_per_block(int(sizes.min()))
    blocks = 8 * int(problem.wafer.hicanns.sum())
    return [n for n in range(full, 0, -1) if n * blocks >= len(sizes)]


def _spread(problem: Problem, context: Context, per_block: int) -> _Candidate | None:
    steps = (
        Step("placement", "linear", {"neurons_per_block": per_block}),
        Step("merging", "driver_aware"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest"),
        Step("addresses", "decoder_groups"),
    )
    draft = _attempt(problem, steps, context)
    if draft is None:
        return None
    return _Candidate(estimated_loss(problem, draft), len(draft.hicanns_in_use), draft)


def _attempt(problem: Problem, steps: Table, context: Context) -> Mapping | None:
    """Run steps; None if this way of placing the network does not fit onto the wafer."""
    try:
        return run_steps(problem, steps, context)
    except (ResourceExhausted, PlacementError) as error:
        context.emit("warning", "search", f"{steps[0].algorithm} {dict(steps[0].options)}: {error}")
        return None


def estimated_loss(problem: Problem, draft: Mapping) -> float:
    """Return the loss to expect from a placed and addressed network, before routing [synapses].

    Counts what the chain limit loses and, on HICANNs that want more drivers than packing can give, the synapses of
    the drivers in excess at the HICANN's average.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    limit = problem.limits.driver_chain_length
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, limit)
    chain_loss = float((wanted.size - curve[:, -1]).sum())
    need = drivers_needed(curve, wanted.size)
    asked = np.bincount(wanted.hicann, weights=need, minlength=384)
    served = np.bincount(wanted.hicann, weights=curve[:, -1], minlength=384)
    room = _PACKING * problem.wafer.drivers.sum(axis=1)
    excess = np.maximum(0.0, asked - room)
    return chain_loss + float((excess / np.maximum(asked, 1.0) * served).sum())
