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
from dataclasses import dataclass, replace

import numpy as np

from mapper.context import BudgetExhausted, Context
from mapper.demand import CellTables, demand, service_curves
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Step, Table, run_steps, with_settings
from models.errors import PlacementError, ResourceExhausted
from models.hardware.neurons import N_BLOCKS, neurons_per_block
from models.mapping import Mapping as WaferMapping
from models.mapping import usable_buses

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
#: Neurons per block that fill decoder groups of 15 addresses, alone, as halves, or two groups.
_GROUP_FILLING = (30, 15, 7)
#: Synapses above which pricing is slow, so that one placement is tried in all densities before the other.
_LARGE = 500_000
#: How many spreads are varied further.
_REFINED_SPREADS = 3
#: How many of the priced drafts are completed.
_COMPLETED_DRAFTS = 8


@dataclass(frozen=True, slots=True)
class _Spread:
    """A way to place neurons thinly; the fields are options of the placement algorithm."""

    placement: str
    per_block: int
    blocks: int = N_BLOCKS
    apart: bool = False

    def steps(self) -> Table:
        """Return the steps that place, merge and address the network like this."""
        options = {
            "neurons_per_block": self.per_block,
            "blocks_per_hicann": self.blocks,
            "separate_populations": self.apart,
            "sending_blocks": True,
            "hicann_order": "spiral",
        }
        return (
            Step("placement", self.placement, options),
            Step("merging", "driver_aware"),
            Step("addresses", "high_first"),
            Step("inputs", "nearest", {"working_buses": True}),
        )


@dataclass(frozen=True, slots=True)
class _Draft:
    """A placed and addressed network, its estimated loss [synapses], its HICANNs, and its spread if it is one."""

    estimate: int
    hicanns: int
    mapping: WaferMapping
    spread: _Spread | None

    def rank(self) -> tuple[int, int]:
        """Return the key that sorts the most promising draft first."""
        return self.estimate, self.hicanns


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
    found = [] if baseline is None else [_priced(problem, baseline, None)]
    until = context.elapsed + _PRICING_TIME * context.remaining
    _price(problem, context, _wide_spreads(problem), until, found)
    best = [draft.spread for draft in sorted(found, key=_Draft.rank) if draft.spread is not None][:_REFINED_SPREADS]
    _price(problem, context, [variant for spread in best for variant in _variants(spread)], until, found)
    return sorted(found, key=_Draft.rank)


def _price(problem: Problem, context: Context, spreads: list[_Spread], until: float, found: list[_Draft]) -> None:
    """Price spreads into ``found`` until one promises no loss or time is up."""
    for spread in spreads:
        promising = any(draft.spread is not None and draft.estimate == 0 for draft in found)
        if found and (promising or context.elapsed > until or context.over):
            return
        mapping = _attempt(problem, spread.steps(), context)
        if mapping is None:
            continue
        draft = _priced(problem, mapping, spread)
        if context.max_hicanns is None or draft.hicanns <= context.max_hicanns:
            found.append(draft)


def _wide_spreads(problem: Problem) -> list[_Spread]:
    """Return spreads from dense (few HICANNs) to thin: eighths of a full block, and what fills decoder groups."""
    sizes = problem.size[~problem.network.is_source]
    if len(sizes) == 0:
        return []
    full = neurons_per_block(int(sizes.min()))
    tried = {max(1, full * eighths // 8) for eighths in range(1, 9)} | {n for n in _GROUP_FILLING if n <= full}
    blocks = N_BLOCKS * int(problem.wafer.hicanns.sum())
    fitting = [n for n in sorted(tried, reverse=True) if n * blocks >= len(sizes)]
    if len(problem.synapses) > _LARGE:
        return [_Spread(placement, n) for placement in ("linear", "dealt") for n in fitting]
    return [_Spread(placement, n) for n in fitting for placement in ("linear", "dealt")]


def _variants(spread: _Spread) -> list[_Spread]:
    """Return a spread with populations kept apart, and with fewer blocks per HICANN."""
    thinner = [replace(spread, blocks=blocks) for blocks in (4, 2)]
    return [replace(spread, apart=True), *thinner, replace(thinner[0], apart=True)]


def _attempt(problem: Problem, steps: Table, context: Context) -> WaferMapping | None:
    """Run steps; None if this way of placing the network does not fit onto the wafer or into the budget."""
    try:
        return run_steps(problem, steps, context)
    except (ResourceExhausted, PlacementError, BudgetExhausted) as error:
        context.emit("status", "search", f"{steps[0].algorithm} {dict(steps[0].options)}: {error}")
        return None


def _priced(problem: Problem, mapping: WaferMapping, spread: _Spread | None) -> _Draft:
    return _Draft(estimated_loss(problem, mapping), len(mapping.hicanns_in_use), mapping, spread)


def estimated_loss(problem: Problem, draft: WaferMapping) -> int:
    """Return the loss to expect from a placed and addressed network, before routing [synapses].

    Nothing arrives from a bus that cannot be driven.  Besides what the chain limit loses, on every HICANN what is
    left over when its drivers go to the buses with the largest marginal gains.  With all drivers usable the estimate
    is a lower bound for these addresses; here ``_PACKING`` of them are.
    """
    wanted = demand(problem, draft.placement, draft.addresses)
    limit = problem.limits.driver_chain_length
    curve = service_curves(CellTables.of(problem, draft.placement, draft.addresses), wanted, limit)
    sends = usable_buses(draft.merging, problem.wafer).ravel()[wanted.net]
    gain = (np.diff(curve, axis=1) * sends[:, None]).ravel()
    hicann = np.repeat(wanted.hicann, limit)
    order = np.lexsort((-gain, hicann))
    first = np.searchsorted(hicann[order], np.arange(384))
    rank = np.arange(len(order)) - first[hicann[order]]
    room = _PACKING * problem.wafer.drivers.sum(axis=1)
    served = int(gain[order][rank < room[hicann[order]]].sum())
    return len(problem.synapses) - served
