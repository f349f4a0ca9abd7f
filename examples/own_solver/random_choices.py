"""An own solver: draw an algorithm for every stage at random, as often as the budget allows, and keep the best."""

from collections.abc import Mapping

from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Report, run_steps, with_settings
from models.errors import PlacementError, ResourceExhausted
from models.mapping import Mapping as WaferMapping

CHOICES = {
    "placement": ("linear", "linear_descending", "smaller_block", "cluster_neuron", "cluster_population"),
    "merging": ("marocco_greedy", "driver_aware", "one_to_one"),
    "addresses": ("high_first", "low_first", "alternating"),
    "routing": ("backbone", "dijkstra", "pathfinder"),
    "rows": ("proportional", "exact"),
}


def search(
    problem: Problem,
    context: Context,
    report: Report,
    settings: Mapping[str, str],
    start: WaferMapping | None = None,
) -> None:
    """Report the baseline's mapping and some with other algorithms; settings fix the algorithms of their stages."""
    steps = with_settings(MAROCCO, settings)
    if report(run_steps(problem, steps, context)):
        return
    rng = context.rng("random-choices")
    fixed = {key.partition(".")[0] for key in settings}
    for _ in range(context.work(20)):
        if context.over:
            return
        drawn = {stage: str(rng.choice(names)) for stage, names in CHOICES.items() if stage not in fixed}
        try:
            mapping = run_steps(problem, with_settings(steps, drawn), context)
        except (PlacementError, ResourceExhausted) as error:
            context.emit("status", "search", f"{drawn}: {error}")
            continue
        if report(mapping):
            return
