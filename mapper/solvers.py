"""Named solvers: a solver is a table of stages, each with its algorithm and options.

``marocco*`` are the heuristics of the incumbent; ``cpsat`` searches over tables of its own, see `mapper.search`.
Other packages add solvers, see `mapper.plugins`: each is a table, or a function with the signature of `Search`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Final

from mapper.context import Context
from mapper.parameters import check_parameters, split
from mapper.plugins import (
    PluginError,
    find_entry,
    is_reference,
    load_entry,
    load_reference,
    package,
    plugin_names,
)
from mapper.problem import Problem
from models.errors import MapperError
from models.mapping import Mapping as WaferMapping

Algorithm = Callable[..., WaferMapping]
Report = Callable[[WaferMapping], bool]
"""Takes a complete mapping; returns whether the search may end because nothing better exists."""
Search = Callable[[Problem, Context, Report, Mapping[str, str], WaferMapping | None], None]
"""``search(problem, context, report, settings, start)``: a solver that is no table.

It reports complete mappings, the best of which is kept.  ``settings`` are those of ``--set``; ``start`` is a legal
mapping that is known already, or None.
"""

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


def names(steps: Iterable[Step]) -> list[tuple[str, str]]:
    """Return stage and algorithm of every step."""
    return [(step.stage, step.algorithm) for step in steps]


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
    "cpsat": "mapper.weaker_limits:search",
    "cpsat-fixed-placement": "mapper.search:search_fixed_placement",
}


def is_built_in(name: str) -> bool:
    """Tell whether a solver is one of this package's own."""
    return name in TABLES or name in SEARCHES


def solver_names() -> tuple[str, ...]:
    """Return the names of all solvers, those of other packages last."""
    built_in = (*TABLES, *SEARCHES)
    return (*built_in, *plugin_names(built_in))


def find_solver(name: str) -> Table | Search:
    """Return a solver by its name or as ``module:function``; nothing foreign is imported for one that is built in.

    Raises
    ------
    SolverError
        If there is none of that name.
    PluginError
        If it belongs to another package and cannot be used.
    """
    if name in TABLES:
        return TABLES[name]
    if name in SEARCHES:
        search: Search = load_reference(SEARCHES[name])
        return search
    if is_reference(name):
        return _foreign(load_reference(name), f"solver {name!r}")
    entry = find_entry(name)
    if entry is None:
        raise SolverError(f"no solver {name!r}: there are {', '.join(solver_names())}")
    return _foreign(load_entry(entry), f"solver {name!r} of {package(entry)}")


def as_search(solver: Table | Search) -> Search:
    """Return a solver as a function, whatever it is."""
    if not isinstance(solver, tuple):
        return solver
    steps = solver

    def search(
        problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None
    ) -> None:
        report(run_steps(problem, with_settings(steps, settings), context))

    return search


def _foreign(found: Any, what: str) -> Table | Search:
    """Return a solver of another package; what goes wrong in it is said to be its fault."""
    if isinstance(found, tuple) and found and all(isinstance(step, Step) for step in found):
        return found
    if not callable(found):
        raise PluginError(f"{what} is a {type(found).__name__}; it must be a function or a tuple of Step")

    def search(
        problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None
    ) -> None:
        try:
            found(problem, context, report, settings, start)
        except (MapperError, MemoryError):
            raise
        except Exception as error:
            raise PluginError(f"{what} failed ({type(error).__name__}: {error})") from error

    return search


def find_algorithm(stage: str, name: str) -> Algorithm:
    """Return an algorithm of a stage by its name or as ``module:function``.

    Raises
    ------
    SolverError
        If the stage or the algorithm does not exist.
    PluginError
        If ``module:function`` cannot be imported.
    """
    if stage not in STAGES:
        raise SolverError(f"no stage {stage!r}: the stages are {', '.join(STAGES)}")
    if is_reference(name):
        own = load_reference(name)
        if not callable(own):
            raise PluginError(f"{name!r} is a {type(own).__name__}; an algorithm is a function")
        algorithm: Algorithm = own
        return algorithm
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
    SolverError, OptionError
        If the solver, a stage, an algorithm, an option or a raw parameter does not exist, or a value is wrong.
    PluginError
        If the solver belongs to another package and cannot be used; it checks its settings itself, when it begins.
    """
    settings, raw = split(settings)
    check_parameters(raw)
    found = find_solver(solver)
    if isinstance(found, tuple):
        with_settings(found, settings)
    if solver not in SEARCHES:
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
        begun, part = context.elapsed, context.part(step.share)
        granted = part.remaining
        if isinstance(problem, KeptProblem):
            mapping = problem.run(step, algorithm, mapping, part)
        else:
            mapping = algorithm(problem, mapping, part, **step.options)
        context.note(step.stage, step.algorithm, context.elapsed - begun, granted)
    return mapping
