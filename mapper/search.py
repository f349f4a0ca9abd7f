"""The ``cpsat`` solver: searches over solver tables with the loss in view, never worse than the baseline.

1. The baseline's mapping, and a start if there is one, are the first incumbents.  A small network that loses nothing
   moves to the middle of the wafer.
2. Drafts are priced without routing (`mapper.drafts`): the known placements, spreads of the neurons, and annealed ones.
3. The cheapest drafts get everything else decided again: decoder groups, negotiated routes, annealed drivers, exact
   rows.
4. The best mapping is improved by moves that the prices of what is lost propose (`mapper.improvement`).
5. It is finished by what is too slow for drafts: routes that may end next door, exact drivers, and an integer program
   for rows of odd widths and dead cells.

The search ends when the loss meets the bound for any placement or with the budget.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from mapper.context import BudgetExhausted, Context, Event
from mapper.drafts import Draft, Drafts
from mapper.improvement import chosen_moves, improve
from mapper.problem import Problem
from mapper.sizes import as_placed
from mapper.solvers import MAROCCO, SolverError, Step, Table, names, run_steps, with_settings
from mapper.warm_start import moves
from models.errors import MapperError, OptionError, PlacementError, ResourceExhausted
from models.mapping import Mapping as WaferMapping

Report = Callable[[WaferMapping], bool]
"""Takes a complete mapping; returns whether the search may end because nothing better exists."""

#: What follows the placement of a draft, and what is decided again for every draft; settings reach these stages.
DRAFT: Final[Table] = (Step("merging", "driver_aware"), Step("inputs", "nearest", {"working_buses": True}))
LATER: Final[Table] = (
    Step("addresses", "decoder_groups", share=0.2),
    Step("routing", "pathfinder", {"adjacent": False}, share=0.6),
    Step("drivers", "annealed", share=0.8),
    Step("rows", "exact"),
)
#: Parts of the search that can be switched off: ``spread=off``.
SWITCHES: Final = ("spread", "annealing", "benders", "improve")
#: The baseline, begun in the middle of the wafer, and most synapses of a network that is tried there.
_CENTRAL: Final = (replace(MAROCCO[0], options={"hicann_order": "spiral"}), *MAROCCO[1:])
_SMALL: Final = 100_000
#: How many of the priced drafts are completed.
_COMPLETED_DRAFTS = 8
#: Shares of the remaining time for drafts, for completing drafts and for improving the best mapping.
_DRAFTING_TIME = 0.5
_COMPLETION_TIME = 0.6
_IMPROVEMENT_TIME = 0.8


def is_switch(key: str) -> bool:
    """Tell whether a setting switches a part of the search and does not belong to a stage."""
    return key.partition(".")[0] in SWITCHES


def switched_on(settings: Mapping[str, str], name: str) -> bool:
    """Tell whether a part of the search is on.

    Raises
    ------
    SolverError
        If it is set to anything but ``on`` and ``off``.
    """
    value = settings.get(name, "on")
    if value not in ("on", "off"):
        raise SolverError(f"{name} must be on or off (got {value!r})")
    return value == "on"


def check_switches(settings: Mapping[str, str]) -> None:
    """Check the settings that switch parts of the search.

    Raises
    ------
    SolverError
        If one does not exist or has another value than on and off.
    """
    for key in settings:
        if is_switch(key) and key not in (*SWITCHES, "improve.moves"):
            raise SolverError(f"no setting {key!r}: there are {', '.join(SWITCHES)} and improve.moves")
    for name in SWITCHES:
        switched_on(settings, name)
    try:
        chosen_moves(settings)
    except OptionError as error:
        raise SolverError(str(error)) from None


def stages(settings: Mapping[str, str], base: Table) -> Table:
    """Return a table changed by the settings that belong to stages."""
    return with_settings(base, {key: value for key, value in settings.items() if not is_switch(key)})


def search(
    problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None = None
) -> None:
    """Report the baseline's mapping and every better one that is found."""
    merging, inputs, *rest = stages(settings, DRAFT + LATER)
    later = tuple(rest)
    best = _Best(report, start, context.max_hicanns)
    baseline, failed = _baseline(problem, context)
    if baseline is not None and best.take(baseline):
        if baseline.lost == 0 and not context.over:
            _move_to_the_middle(problem, context, best)
        return
    drafts = Drafts(problem, context.part(_DRAFTING_TIME), (merging, Step("addresses", "high_first"), inputs))
    for known in (start, baseline):
        if known is not None:
            drafts.add(problem, known)
    if switched_on(settings, "spread"):
        drafts.spread()
        if switched_on(settings, "annealing"):
            drafts.anneal()
        if switched_on(settings, "benders") and not any(key.startswith("merging") for key in settings):
            drafts.merge_jointly()
    else:
        drafts.dense()
    if failed is not None and start is None and not drafts.found:
        drafts.assign(context.part(_DRAFTING_TIME))
        if not drafts.found:
            raise failed
    if _complete(drafts.ranked()[:_COMPLETED_DRAFTS], later, context, best) or best.mapping is None:
        return
    problem = as_placed(problem, best.mapping.placement)
    if context.fits(*names(later[-2:])):
        improve(problem, best.mapping, context.part(_IMPROVEMENT_TIME), best.take, settings)
    _finish(problem, best, later, context, settings)


def search_fixed_placement(
    problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None = None
) -> None:
    """Report the start, else the baseline's mapping, and the one that keeps its placement, merging and inputs."""
    baseline = start if start is not None and not moves(problem) else None
    if baseline is None:
        baseline = run_steps(problem, MAROCCO, _discreet(context.endless()))
    best = _Best(report, None, context.max_hicanns)
    later = stages(settings, LATER)
    if not best.take(baseline) and not context.over and not best.take(run_steps(problem, later, context, baseline)):
        _finish(problem, best, later, context, settings)


def _baseline(problem: Problem, context: Context) -> tuple[WaferMapping | None, MapperError | None]:
    """Return the baseline's mapping or why there is none."""
    mapping, error = _mapped(problem, MAROCCO, context)
    if error is not None:
        context.emit("status", "search", f"the baseline has no mapping: {error}")
    return mapping, error


def _mapped(problem: Problem, steps: Table, context: Context) -> tuple[WaferMapping | None, MapperError | None]:
    """Return the mapping of a solver table, whatever time it takes, or why there is none."""
    try:
        return run_steps(problem, steps, _discreet(context.endless())), None
    except (ResourceExhausted, PlacementError, BudgetExhausted) as error:
        return None, error


def _move_to_the_middle(problem: Problem, context: Context, best: _Best) -> None:
    """Report the baseline's mapping begun in the middle of the wafer if it loses nothing, as marocco's until 2019."""
    if len(problem.synapses) <= _SMALL:
        mapping, _ = _mapped(problem, _CENTRAL, context)
        if mapping is not None and mapping.lost == 0:
            best.take(mapping)


def _discreet(context: Context) -> Context:
    """Return this context with warnings of unserved buses as status: they are not about the result."""

    def tell(event: Event) -> None:
        kept = event.kind != "warning" or event.stage not in ("routing", "drivers")
        assert context.listener is not None
        context.listener(event if kept else replace(event, kind="status"))

    return context if context.listener is None else replace(context, listener=tell)


class _Best:
    """The best mapping that was reported and is not too large."""

    def __init__(self, report: Report, mapping: WaferMapping | None, max_hicanns: int | None) -> None:
        self._report, self._most = report, max_hicanns
        self.mapping = mapping if mapping is not None and self._fits(mapping) else None
        self.done = False

    def _fits(self, mapping: WaferMapping) -> bool:
        return self._most is None or len(mapping.hicanns_in_use) <= self._most

    @property
    def lost(self) -> float:
        """Return its loss, infinite if there is none."""
        return float("inf") if self.mapping is None else self.mapping.lost

    def take(self, mapping: WaferMapping) -> bool:
        """Report a mapping; tell whether the search may end."""
        if mapping.lost < self.lost and self._fits(mapping):
            self.mapping = mapping
        self.done = self._report(mapping)
        return self.done


def _finish(problem: Problem, best: _Best, later: Table, context: Context, settings: Mapping[str, str]) -> None:
    """Route the best mapping again if layer 1 loses, with VLines of neighbours, pack its drivers and rows exactly.

    Stages that the settings decide stay as they are.
    """
    if best.done or best.mapping is None or context.over:
        return
    decided = {key.partition(".")[0] for key in settings}
    rows = later[-1] if "rows" in decided else replace(later[-1], options={**later[-1].options, "ilp": True})
    steps = []
    routing = Step("routing", "pathfinder", share=0.5)
    if best.mapping.lost_l1 and "routing" not in decided and context.fits(*names((routing, rows))):
        steps.append(routing)
    if "drivers" not in decided:
        # it keeps what is there and ends in time
        steps.append(Step("drivers", "set_packing", share=0.7))
    if (steps or "rows" not in decided) and context.fits(*names((rows,))):
        steps.append(rows)
        best.take(run_steps(problem, tuple(steps), context, best.mapping))


def _complete(drafts: list[Draft], later: Table, context: Context, best: _Best) -> bool:
    """Decide everything else for drafts that promise less loss than is known; tell whether the search may end."""
    until = context.elapsed + _COMPLETION_TIME * context.remaining
    for number, draft in enumerate(drafts):
        late = not context.fits(*names(later)) or (number > 0 and context.elapsed > until)
        if best.mapping is not None and (late or draft.estimate > best.lost):
            context.emit("status", "search", f"left out: a draft with an estimated loss of {draft.estimate}")
            continue
        if best.take(run_steps(draft.problem, later, context, draft.mapping)):
            return True
    return False
