"""Named solvers: a solver is a table of stages, each with its algorithm and options.

``marocco*`` are the heuristics of the incumbent; ``cpsat`` searches over tables of its own, see `mapper.search`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Final

from mapper.context import Context
from mapper.problem import Problem
from models.errors import MapperError
from models.mapping import Mapping as WaferMapping

Algorithm = Callable[..., WaferMapping]

#: Stages in the order in which they run.
STAGES: Final = ("placement", "merging", "addresses", "inputs", "routing", "drivers", "rows")


class SolverError(MapperError, ValueError):
    """An unknown solver, stage, algorithm or option."""


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a solver: algorithm name, keyword options, and the share of the remaining time that it may take."""

    stage: str
    algorithm: str
    options: Mapping[str, Any] = field(default_factory=dict)
    share: float = 1.0


Table = tuple[Step, ...]


def table(**algorithms: str) -> Table:
    """Return a solver table with one algorithm per stage, in stage order."""
    return tuple(Step(stage, algorithms[stage]) for stage in STAGES)


MAROCCO: Final = table(
    placement="linear",
    merging="marocco_greedy",
    addresses="high_first",
    inputs="nearest",
    routing="backbone",
    drivers="fieres",
    rows="proportional",
)


def _replaced(base: Table, stage: str, algorithm: str | None = None, **options: Any) -> Table:
    def changed(step: Step) -> Step:
        return replace(step, algorithm=algorithm or step.algorithm, options={**step.options, **options})

    return tuple(changed(step) if step.stage == stage else step for step in base)


TABLES: Final[Mapping[str, Table]] = {
    "marocco": MAROCCO,
    "marocco-2015": _replaced(
        _replaced(MAROCCO, "merging", strategy="minimize_number_of_sending_repeaters"),
        "inputs",
        chain_aware=False,
    ),
    "marocco-cluster-neuron": _replaced(MAROCCO, "placement", "cluster_neuron"),
    "marocco-cluster-population": _replaced(MAROCCO, "placement", "cluster_population"),
    "marocco-dijkstra": _replaced(MAROCCO, "routing", "dijkstra"),
}
#: What places anew the cells that a start cannot keep, for solvers that search.
REPAIR: Final = (
    Step("placement", "linear", {"sending_blocks": True, "hicann_order": "spiral"}),
    Step("merging", "driver_aware"),
    Step("addresses", "high_first"),
    Step("inputs", "nearest", {"working_buses": True}),
)
#: Solvers that search over tables, by the function ``module:name`` that runs them.
SEARCHES: Final[Mapping[str, str]] = {
    "cpsat": "mapper.search:search",
    "cpsat-fixed-placement": "mapper.search:search_fixed_placement",
}


def solver_names() -> tuple[str, ...]:
    """Return the names of all solvers."""
    return (*TABLES, *SEARCHES)


def find_algorithm(stage: str, name: str) -> Algorithm:
    """Return an algorithm of a stage.

    Raises
    ------
    SolverError
        If the stage or the algorithm does not exist.
    """
    if stage not in STAGES:
        raise SolverError(f"no stage {stage!r}: the stages are {', '.join(STAGES)}")
    algorithms: Mapping[str, Algorithm] = import_module(f"mapper.{stage}").ALGORITHMS
    if name not in algorithms:
        raise SolverError(f"{stage} has no algorithm {name!r}: it has {', '.join(algorithms)}")
    return algorithms[name]


def with_settings(base: Table, settings: Mapping[str, str]) -> Table:
    """Return a table changed by ``stage=algorithm`` and ``stage.option=value`` settings.

    Raises
    ------
    SolverError
        If a stage, algorithm or option does not exist or a value has the wrong type.
    """
    for key, value in settings.items():
        stage, _, option = key.partition(".")
        if stage in STAGES and not any(step.stage == stage for step in base):
            fixed = ", ".join(dict.fromkeys(step.stage for step in base))
            raise SolverError(f"this solver decides {stage!r} itself: settings reach {fixed}")
        if not option:
            find_algorithm(stage, value)
            other = {step.stage for step in base if step.algorithm != value} & {stage}
            base = tuple(replace(s, algorithm=value, options={}) if s.stage in other else s for s in base)
            continue
        if stage not in STAGES:
            raise SolverError(f"no stage {stage!r}: the stages are {', '.join(STAGES)}")
        step = next(s for s in base if s.stage == stage)
        base = _replaced(base, stage, **{option: _parsed(step, option, value)})
    return base


def _parsed(step: Step, option: str, value: str) -> Any:
    parameters = {
        name: p
        for name, p in signature(find_algorithm(step.stage, step.algorithm)).parameters.items()
        if p.kind is Parameter.KEYWORD_ONLY
    }
    if option not in parameters:
        known = ", ".join(parameters) or "no options"
        raise SolverError(f"{step.stage} {step.algorithm!r} has no option {option!r}: it has {known}")
    default = parameters[option].default
    try:
        if isinstance(default, bool):
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
        if isinstance(default, str):
            return value
        return float(value) if isinstance(default, float) else int(value)
    except (KeyError, ValueError):
        raise SolverError(f"{step.stage}.{option} must be of type {type(default).__name__} (got {value!r})") from None


def check_settings(solver: str, settings: Mapping[str, str]) -> None:
    """Check a solver's name and the settings for it before any work is done.

    Raises
    ------
    SolverError
        If the solver, a stage, an algorithm or an option does not exist, or a value has the wrong type.
    """
    if solver not in solver_names():
        raise SolverError(f"no solver {solver!r}: there are {', '.join(solver_names())}")
    if solver in TABLES:
        with_settings(TABLES[solver], settings)
        return
    searching = import_module("mapper.search")
    searching.check_switches(settings)
    fixed = solver == "cpsat-fixed-placement"
    searching.stages(settings, searching.LATER if fixed else searching.DRAFT + searching.LATER)


def run_steps(problem: Problem, steps: Table, context: Context, draft: WaferMapping | None = None) -> WaferMapping:
    """Run the steps one after the other, each on the mapping so far; a `KeptProblem` keeps what it has to."""
    from mapper.warm_start.kept import KeptProblem

    mapping = problem.blank_mapping() if draft is None else draft
    for step in steps:
        context.emit("stage", step.stage, step.algorithm)
        algorithm = find_algorithm(step.stage, step.algorithm)
        if isinstance(problem, KeptProblem):
            mapping = problem.run(step, algorithm, mapping, context.part(step.share))
        else:
            mapping = algorithm(problem, mapping, context.part(step.share), **step.options)
    return mapping
