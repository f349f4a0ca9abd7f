"""Drafts of the search: placed, merged and addressed networks, priced by the loss to expect.

Spreads place neurons thinly, so that no bus carries more sources than its driver chains can serve; the best of them
are varied and annealed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mapper.context import BudgetExhausted, Context
from mapper.estimate import estimate
from mapper.fragments import fragmented
from mapper.placement.annealing import annealed
from mapper.problem import Problem
from mapper.sizes import sized
from mapper.solvers import MAROCCO, Step, Table, names, run_steps
from mapper.warm_start import keeps, moves
from models.errors import PlacementError, ResourceExhausted
from models.hardware.neurons import N_BLOCKS, neurons_per_block
from models.mapping import Mapping

#: Shares of the remaining time that pricing spreads, annealing them, and merging the best one jointly may take.
_PRICING_TIME = 0.5
_ANNEALING_TIME = 0.4
_JOINT_TIME = 0.2
#: Neurons per block that fill decoder groups of 15 addresses, alone, as halves, or two groups.
_GROUP_FILLING = (30, 15, 7)
#: Synapses above which pricing is slow, and drafts that must fit otherwise: what fills groups is tried first, and one
#: placement before the other.
_LARGE = 500_000
_SEVERAL = 6
#: How many spreads are varied further, and how many drafts of different density are annealed.
_REFINED_SPREADS = 3
_ANNEALED_DRAFTS = 3
#: Spreads without expected loss that end the pricing, and as many where the drivers are in fragments: there packing
#: may need other sides than the routes take.
_ENOUGH, _ENOUGH_IN_FRAGMENTS = 1, 4


@dataclass(frozen=True, slots=True)
class Spread:
    """A way to place neurons thinly; the fields are options of the placement algorithm."""

    placement: str
    per_block: int
    blocks: int = N_BLOCKS
    apart: bool = False

    def step(self) -> Step:
        """Return the step that places the network like this."""
        options = {
            "neurons_per_block": self.per_block,
            "blocks_per_hicann": self.blocks,
            "separate_populations": self.apart,
            "sending_blocks": True,
            "hicann_order": "spiral",
        }
        return Step("placement", self.placement, options)

    def variants(self) -> list[Spread]:
        """Return it with populations kept apart, and with fewer blocks per HICANN."""
        thinner = [replace(self, blocks=blocks) for blocks in (4, 2)]
        return [replace(self, apart=True), *thinner, replace(thinner[0], apart=True)]


@dataclass(frozen=True, slots=True)
class Draft:
    """A placed and addressed network.

    Attributes
    ----------
    problem : Problem
        The instance, with the sizes of neurons that the draft has.
    estimate : int
        Loss to expect [synapses].
    hicanns : int
        HICANNs in use.
    mapping : Mapping
        What is decided.
    spread : Spread or None
        How it was placed, if by a spread.
    """

    problem: Problem
    estimate: int
    hicanns: int
    mapping: Mapping
    spread: Spread | None = None

    def rank(self) -> tuple[int, int]:
        """Return the key that sorts the most promising draft first."""
        return self.estimate, self.hicanns


class Drafts:
    """The drafts found so far.

    Parameters
    ----------
    problem, context
        What to map, and the budget.
    after : tuple of Step
        What merges, addresses and injects a placed network.
    """

    def __init__(self, problem: Problem, context: Context, after: Table) -> None:
        self._problem, self._context, self._after = problem, context, after
        self.found: list[Draft] = []

    def add(self, problem: Problem, mapping: Mapping, spread: Spread | None = None) -> None:
        """Price a draft and keep it if it is not too large."""
        draft = Draft(problem, estimate(problem, mapping).lost, len(mapping.hicanns_in_use), mapping, spread)
        most = self._context.max_hicanns
        if spread is None or most is None or draft.hicanns <= most:
            self.found.append(draft)

    def dense(self) -> None:
        """Add the baseline's placement, merged, addressed and injected anew."""
        mapping = attempt(self._problem, (MAROCCO[0], *self._after), self._context)
        if mapping is not None:
            self.add(self._problem, mapping)

    def assign(self, context: Context) -> None:
        """Add a placement found by CP-SAT, for networks that fill their region so that greedy placement fails."""
        if keeps(self._problem, "placement") or moves(self._problem):
            return
        mapping = attempt(self._problem, (Step("placement", "assignment_cpsat"), *self._after), context)
        if mapping is not None:
            self.add(self._problem, mapping)

    def spread(self) -> None:
        """Add spreads of the neurons, from the wide ones to variants of the best."""
        until = self._context.elapsed + _PRICING_TIME * self._context.remaining
        for problem in sized(self._problem):
            self._price(problem, wide_spreads(problem, self._hurried()), until)
        for draft in self._best_spreads(_REFINED_SPREADS):
            if draft.spread is not None:
                self._price(draft.problem, draft.spread.variants(), until)

    def anneal(self) -> None:
        """Add the best spreads of different density with their placement annealed."""
        if keeps(self._problem, "placement") or moves(self._problem):
            return
        until = self._context.elapsed + _ANNEALING_TIME * self._context.remaining
        densities: set[object] = set()
        for draft in self._best_spreads(len(self.found)):
            assert draft.spread is not None
            density = (draft.problem.sizes, draft.spread.per_block, draft.spread.blocks)
            if density in densities:
                continue
            densities.add(density)
            rest = self._context.part(1.0 - _ANNEALING_TIME)
            late = self._context.elapsed > until or not rest.fits(*names(self._after))
            if len(densities) > _ANNEALED_DRAFTS or late or self._promising():
                return
            self._context.emit("stage", "placement", "annealing")
            fresh = annealed(draft.problem, draft.mapping, self._context.part(_ANNEALING_TIME))
            mapping = attempt(draft.problem, self._after, self._context, fresh)
            if mapping is not None:
                self.add(draft.problem, mapping, draft.spread)

    def merge_jointly(self) -> None:
        """Add the best spread with the merger maps of many HICANNs chosen together, where drivers are short."""
        best = self.ranked()[:1]
        if not best or best[0].spread is None or best[0].estimate == 0 or keeps(self._problem, "merging"):
            return
        problem, known = best[0].problem, best[0].mapping.placement
        is_source = problem.network.is_source
        placed = replace(
            problem.blank_mapping(), placement=replace(known, hicann=np.where(is_source, -1, known.hicann))
        )
        steps = (Step("merging", "benders", share=_JOINT_TIME), *self._after[1:])
        mapping = attempt(problem, steps, self._context, placed)
        if mapping is not None:
            self.add(problem, mapping, best[0].spread)

    def ranked(self) -> list[Draft]:
        """Return all drafts, the most promising first; at the same estimate the one with fewer HICANNs."""
        return sorted(self.found, key=Draft.rank)

    def _hurried(self) -> bool:
        """Tell whether there is no time to price all wide spreads."""
        several = names(self._after) * _SEVERAL
        return len(self._problem.synapses) > _LARGE or not self._context.part(_PRICING_TIME).fits(*several)

    def _best_spreads(self, number: int) -> list[Draft]:
        return [draft for draft in self.ranked() if draft.spread is not None][:number]

    def _promising(self) -> bool:
        """Tell whether enough spreads promise no loss."""
        free = sum(draft.spread is not None and draft.estimate == 0 for draft in self.found)
        return free >= (_ENOUGH_IN_FRAGMENTS if fragmented(self._problem.wafer) else _ENOUGH)

    def _price(self, problem: Problem, spreads: Sequence[Spread], until: float) -> None:
        """Price spreads until one promises no loss or time is up."""
        for spread in spreads:
            if self.found and (self._promising() or self._context.elapsed > until or self._context.over):
                return
            mapping = attempt(problem, (spread.step(), *self._after), self._context)
            if mapping is not None:
                self.add(problem, mapping, spread)


def wide_spreads(problem: Problem, hurried: bool) -> list[Spread]:
    """Return spreads from dense (few HICANNs) to thin: eighths of a full block, and what fills decoder groups.

    In a hurry what fills groups comes first.
    """
    sizes = problem.size[~problem.network.is_source]
    if len(sizes) == 0 or keeps(problem, "merging"):
        return []
    full = neurons_per_block(int(sizes.min()))
    if keeps(problem, "placement"):
        return [Spread("linear", full)]
    tried = {max(1, full * eighths // 8) for eighths in range(1, 9)} | {n for n in _GROUP_FILLING if n <= full}
    tried.add(min(full, problem.limits.sources_per_bus))
    blocks = N_BLOCKS * int(problem.wafer.hicanns.sum())
    # as thin as the region allows, if that is not thinner than an eighth
    tried.add(max(min(tried), -(-len(sizes) // max(1, blocks))))
    fitting = [n for n in sorted(tried, reverse=True) if n * blocks >= len(sizes)]
    return list(_groups_first(fitting) if hurried else _by_density(fitting))


def _by_density(per_block: list[int]) -> Iterator[Spread]:
    for n in per_block:
        yield Spread("linear", n)
        yield Spread("dealt", n)


def _groups_first(per_block: list[int]) -> Iterator[Spread]:
    for placement in ("linear", "dealt"):
        for n in sorted(per_block, key=lambda n: n not in _GROUP_FILLING):
            yield Spread(placement, n)


def attempt(problem: Problem, steps: Table, context: Context, draft: Mapping | None = None) -> Mapping | None:
    """Run steps; None if this way of placing the network does not fit onto the wafer or into the budget."""
    try:
        return run_steps(problem, steps, context, draft)
    except (ResourceExhausted, PlacementError, BudgetExhausted) as error:
        context.emit("status", "search", f"{steps[0].algorithm} {dict(steps[0].options)}: {error}")
        return None
