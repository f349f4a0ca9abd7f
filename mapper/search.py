"""The ``cpsat`` solver: searches over solver tables with the loss in view, never worse than the baseline.

1. The baseline's mapping is the first incumbent.
2. Drafts are priced without routing (`mapper.estimate`): the baseline's own placement, and spreads of the neurons
   with fewer neurons per neuron block, so that no bus carries more sources than its driver chains can serve.
3. The cheapest drafts get everything else decided again: decoder groups, negotiated routes, exact drivers, exact
   rows.

The search ends when the loss meets the bound for any placement, when no draft is left that promises less loss than
the incumbent, or with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mapper.context import BudgetExhausted, Context
from mapper.estimate import estimate
from mapper.problem import Problem
from mapper.sizes import sized
from mapper.solvers import MAROCCO, Step, Table, run_steps, with_settings
from mapper.warm_start import keeps, moves
from models.errors import PlacementError, ResourceExhausted
from models.hardware.neurons import N_BLOCKS, neurons_per_block
from models.mapping import Mapping as WaferMapping

Report = Callable[[WaferMapping], bool]
"""Takes a complete mapping; returns whether the search may end because nothing better exists."""

#: What is decided again for every draft; settings reach these stages.
LATER: Table = (
    Step("addresses", "decoder_groups", share=0.2),
    Step("routing", "pathfinder", share=0.6),
    Step("drivers", "set_packing", share=0.8),
    Step("rows", "exact"),
)
#: Share of the remaining time that pricing may take.
_PRICING_TIME = 0.25
#: Neurons per block that fill decoder groups of 15 addresses, alone, as halves, or two groups.
_GROUP_FILLING = (30, 15, 7)
#: Synapses above which pricing is slow: what fills groups is tried first, and one placement before the other.
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
    """A placed and addressed network, its estimated loss [synapses], its HICANNs, and its spread if it is one.

    ``problem`` is the instance with the sizes of neurons that the draft has.
    """

    problem: Problem
    estimate: int
    hicanns: int
    mapping: WaferMapping
    spread: _Spread | None

    def rank(self) -> tuple[int, int]:
        """Return the key that sorts the most promising draft first."""
        return self.estimate, self.hicanns


def search(
    problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None = None
) -> None:
    """Report the baseline's mapping and every better one that is found."""
    later = with_settings(LATER, settings)
    baseline = _attempt(problem, MAROCCO, context)
    if baseline is not None and report(baseline):
        return
    known = [mapping for mapping in (start, baseline) if mapping is not None]
    lost = min((mapping.lost for mapping in known), default=None)
    for draft in _drafts(problem, context, known)[:_COMPLETED_DRAFTS]:
        if lost is not None and (context.over or draft.estimate > lost):
            context.emit("status", "search", f"left out: a draft with an estimated loss of {draft.estimate}")
            continue
        mapping = run_steps(draft.problem, later, context, draft.mapping)
        lost = mapping.lost if lost is None else min(lost, mapping.lost)
        if report(mapping):
            return


def search_fixed_placement(
    problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None = None
) -> None:
    """Report the start, else the baseline's mapping, and the one that keeps its placement, merging and inputs."""
    baseline = start if start is not None and not moves(problem) else run_steps(problem, MAROCCO, context)
    if not report(baseline) and not context.over:
        report(run_steps(problem, with_settings(LATER, settings), context, baseline))


def _drafts(problem: Problem, context: Context, known: list[WaferMapping]) -> list[_Draft]:
    """Return the drafts worth completing, best first; at the same estimate the one with fewer HICANNs."""
    found = [_priced(problem, mapping, None) for mapping in known]
    until = context.elapsed + _PRICING_TIME * context.remaining
    for variant in sized(problem):
        _price(variant, context, _wide_spreads(variant), until, found)
    for draft in [draft for draft in sorted(found, key=_Draft.rank) if draft.spread is not None][:_REFINED_SPREADS]:
        assert draft.spread is not None
        _price(draft.problem, context, _variants(draft.spread), until, found)
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
    if len(sizes) == 0 or keeps(problem, "merging"):
        return []
    full = neurons_per_block(int(sizes.min()))
    tried = {max(1, full * eighths // 8) for eighths in range(1, 9)} | {n for n in _GROUP_FILLING if n <= full}
    blocks = N_BLOCKS * int(problem.wafer.hicanns.sum())
    if keeps(problem, "placement"):
        return [_Spread("linear", full)]
    fitting = [n for n in sorted(tried, reverse=True) if n * blocks >= len(sizes)]
    if len(problem.synapses) > _LARGE:
        fitting.sort(key=lambda n: n not in _GROUP_FILLING)
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
    return _Draft(problem, estimate(problem, mapping).lost, len(mapping.hicanns_in_use), mapping, spread)
