"""The ``cpsat`` solver: searches over solver tables with the loss in view, never worse than the baseline.

1. The baseline's mapping is the first incumbent.
2. Drafts are priced without routing (`estimated_loss`): the baseline's own placement, and spreads of the neurons
   with fewer neurons per neuron block, so that no bus carries more sources than its driver chains can serve.
3. The cheapest drafts get everything else decided again: decoder groups, negotiated routes, exact drivers, exact
   rows.

The search ends when the loss meets the bound for any placement, when no draft is left that promises less loss than
the incumbent, or with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mapper.context import Context
from mapper.demand import CellTables, demand, service_curves
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Step, Table, run_steps, with_settings
from models.errors import PlacementError, ResourceExhausted
from models.hardware.neurons import neurons_per_block
from models.mapping import Mapping as WaferMapping

Report = Callable[[WaferMapping], bool]
"""Takes a complete mapping; returns whether the search may end because nothing better exists."""

#: What is decided again for every draft; settings reach these stages.
LATER: Table = (
    Step("addresses", "decoder_groups"),
    Step("routing", "pathfinder"),
    Step("drivers", "set_packing"),
    Step("rows", "exact"),
)
#: Share of the drivers that packing can be expected to use; the rest is lost to fragments.
_PACKING = 0.95
#: Share of the remaining time that pricing may take.
_PRICING_TIME = 0.25
#: How many of the priced drafts are completed.
_COMPLETED_DRAFTS = 8


@dataclass(frozen=True, slots=True)
class _Draft:
    """A placed and addressed network, its estimated loss, the part that the chain limit causes, its HICANNs."""

    estimate: int
    chain_loss: int
    hicanns: int
    mapping: WaferMapping


def search(problem: Problem, context: Context, report: Report, settings: Mapping[str, str]) -> None:
    """Report the baseline's mapping and every better one that is found."""
    later = with_settings(LATER, settings)
    baseline = _attempt(problem, MAROCCO, context)
    if baseline is not None and report(baseline):
        return
    lost = None if baseline is None else baseline.lost
    for draft in _drafts(problem, context, baseline)[:_COMPLETED_DRAFTS]:
        if lost is not None and (context.over or draft.estimate > lost):
            context.emit("status", "search", f"left out: a draft with an estimated loss of {draft.estimate}")
            continue
        mapping = run_steps(problem, later, context, draft.mapping)
        lost = mapping.lost if lost is None else min(lost, mapping.lost)
        if report(mapping):
            return


def search_fixed_placement(problem: Problem, context: Context, report: Report, settings: Mapping[str, str]) -> None:
    """Report the baseline's mapping and the one that keeps its placement, merging and inputs."""
    baseline = run_steps(problem, MAROCCO, context)
    if not report(baseline) and not context.over:
        report(run_steps(problem, with_settings(LATER, settings), context, baseline))


def _drafts(problem: Problem, context: Context, baseline: WaferMapping | None) -> list[_Draft]:
    """Return the drafts worth completing, best first; at the same estimate the one with fewer HICANNs."""
    found = [] if baseline is None else [_priced(problem, baseline)]
    until = context.elapsed + _PRICING_TIME * context.remaining
    for per_block in _spread_sizes(problem):
        for placement in ("linear", "dealt"):
            spread = _attempt(problem, _spread_steps(placement, per_block), context)
            if spread is None:
                continue
            found.append(_priced(problem, spread))
            if found[-1].estimate == 0 or (found and context.elapsed > until) or context.over:
                return sorted(found, key=lambda draft: (draft.estimate, draft.hicanns))
            if found[-1].chain_loss == 0:
                break
    return sorted(found, key=lambda draft: (draft.estimate, draft.hicanns))


def _spread_sizes(problem: Problem) -> list[int]:
    """Return the numbers of neurons per block worth trying, largest (fewest HICANNs) first."""
    sizes = problem.size[~problem.network.is_source]
    if len(sizes) == 0:
        return []
    full = neurons_per_block(int(sizes.min()))
    tried = {max(1, full * eighths // 8) for eighths in range(1, 9)}
    blocks = 8 * int(problem.wafer.hicanns.sum())
    return sorted((n for n in tried if n * blocks >= len(sizes)), reverse=True)


def _spread_steps(placement: str, per_block: int) -> Table:
    return (
        Step("placement", placement, {"neurons_per_block": per_block}),
        Step("merging", "driver_aware"),
        Step("addresses", "high_first"),
        Step("inputs", "nearest"),
    )


def _attempt(problem: Problem, steps: Table, context: Context) -> WaferMapping | None:
    """Run steps; None if this way of placing the network does not fit onto the wafer."""
    try:
        return run_steps(problem, steps, context)
    except (ResourceExhausted, PlacementError) as error:
        context.emit("status", "search", f"{steps[0].algorithm} {dict(steps[0].options)}: {error}")
        return None


def _priced(problem: Problem, mapping: WaferMapping) -> _Draft:
    estimate, chain_loss = estimated_loss(problem, mapping)
    return _Draft(estimate, chain_loss, len(mapping.hicanns_in_use), mapping)


def estimated_loss(problem: Problem, draft: WaferMapping) -> tuple[int, int]:
    """Return the loss to expect from a placed and addressed network, and how much of it the chain limit alone causes.

    Besides what the chain limit loses, on every HICANN what is left over when its drivers go to the buses with the
    largest marginal gains.  With all drivers usable the estimate is a lower bound for these addresses; here
    ``_PACKING`` of them are.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    limit = problem.limits.driver_chain_length
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, limit)
    gain = np.diff(curve, axis=1).ravel()
    hicann = np.repeat(wanted.hicann, limit)
    order = np.lexsort((-gain, hicann))
    first = np.searchsorted(hicann[order], np.arange(384))
    rank = np.arange(len(order)) - first[hicann[order]]
    room = _PACKING * problem.wafer.drivers.sum(axis=1)
    served = int(gain[order][rank < room[hicann[order]]].sum())
    placed = int(wanted.size.sum())
    return len(problem.synapses) - served, placed - int(curve[:, -1].sum())
