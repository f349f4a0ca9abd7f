"""Solve an instance: run a solver, keep the best mapping, prove bounds, write the bits."""

from __future__ import annotations

import math
import os
import platform
import threading
import time
from collections.abc import Callable, Sequence
from collections.abc import Mapping as ReadMapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mapper.bounds import bound_any_placement, bound_these_buses, bound_this_placement
from mapper.configure import configure
from mapper.context import BudgetExhausted, Context, Event
from mapper.first_use import compile_kernels, is_compiled
from mapper.parameters import check_parameters, split
from mapper.problem import Problem
from mapper.search import DRAFT, LATER, search, stages
from mapper.sizes import as_placed
from mapper.solvers import REPAIR, SEARCHES, Table, check_settings, find_solver, is_built_in, run_steps, with_settings
from mapper.version import __version__
from mapper.warm_start import Beginning, StartError, begin, check_nothing_fixed_is_set, fingerprint
from models.errors import OptionError, PlacementError, ResourceExhausted
from models.instance import Instance
from models.mapping import Mapping
from models.solution import Bound, Bounds, Solution

#: Time that the bounds and the bits of a mapping take: so many times what the bound for any placement took, and a
#: share of the time limit, by which the effort for the bound of these buses goes; and the greatest share kept for them.
_CLOSING = 6.0
_BOUNDING = 0.05
_MOST_CLOSING = 0.2


@dataclass
class _Incumbent:
    """The best mapping so far and how it got there."""

    context: Context
    bound: Bound
    mapping: Mapping | None = None
    timeline: list[list[float]] = field(default_factory=list)

    def offer(self, mapping: Mapping) -> bool:
        """Take a mapping if it is better and not too large; tell whether the best one meets the bound.

        Of mappings that lose nothing the last one stays.
        """
        hicanns = len(mapping.hicanns_in_use)
        if self.context.max_hicanns is not None and hicanns > self.context.max_hicanns:
            self.context.emit("status", message=f"left out: a mapping with {hicanns} HICANNs", lost=mapping.lost)
            return False
        if mapping.lost < self.bound.value:
            raise AssertionError(f"a mapping loses {mapping.lost} synapses, fewer than the bound {self.bound.value}")
        if self.mapping is None or mapping.lost < self.mapping.lost:
            self.mapping = mapping
            self.timeline.append([round(self.context.elapsed, 3), mapping.lost, self.bound.value])
            self.context.emit("incumbent", lost=mapping.lost, bound=self.bound.value)
        elif mapping.lost == 0:
            self.mapping = mapping
        return self.mapping.lost <= self.bound.value


def solve(
    instance: Instance,
    solver: str = "cpsat",
    *,
    time_limit: float | None = None,
    det_limit: float | None = None,
    seed: int = 0,
    threads: int = 1,
    max_hicanns: int | None = None,
    options: ReadMapping[str, str] | None = None,
    events: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
    start: Solution | Mapping | None = None,
    fix: Sequence[str] = (),
    remap: Sequence[str] = (),
) -> Solution:
    """Map an instance onto the wafer.

    Parameters
    ----------
    instance : Instance
        What to map, onto what, under which constraints.
    solver : str
        Name from `mapper.solvers`.
    time_limit : float, optional
        Wall-clock seconds; the best mapping found until then is returned.
    det_limit : float, optional
        Deterministic budget instead: the clock is ignored and equal calls return equal solutions.
    seed, threads : int
        Seed of all random choices; cores to use.
    max_hicanns : int, optional
        HICANNs that the mapping may configure, those that only pass signals on included.
    options : mapping, optional
        ``stage=algorithm``, ``stage.option=value`` and ``param.NAME=VALUE`` settings; the last are raw parameters of
        CP-SAT.
    events : callable, optional
        Gets every progress `Event`.
    stop : threading.Event, optional
        Set it to end the solve with the best mapping found.
    start : Solution or Mapping, optional
        A mapping to begin with.  Where it is legal for the instance, the result is never worse; where it is not, its
        placement is taken over as far as it is.
    fix : sequence of str
        Stages that stay exactly as in ``start``; a stage fixes all stages before it.
    remap : sequence of str
        Populations and HICANNs (``hicann:N``) whose cells may change place; all other cells stay.

    Raises
    ------
    OptionError
        If a limit, the seed or the number of threads makes no sense.
    SolverError
        If the solver or an option does not exist.
    StartError
        If the start has other cells than the instance, or ``fix`` or ``remap`` cannot be met.
    PlacementError, ResourceExhausted
        If no mapping was found: manual placement impossible, or the wafer is too small.
    """
    settings = dict(options or {})
    _check_effort(time_limit, det_limit, seed, threads)
    check_settings(solver, settings)
    check_nothing_fixed_is_set(fix, settings)
    decided, raw = split(settings)
    check_parameters(raw, det_limit is not None)
    context = Context(
        seed, threads, time_limit, det_limit, max_hicanns, events, stop or threading.Event(), parameters=raw
    )  # fmt: skip
    if solver in SEARCHES and context.remaining < float("inf") and not is_compiled():
        context.emit("notice", "first use", "compiling for about a minute, only this once; the time limit begins then")
        compile_kernels(search, context.stop)
        context.started = time.monotonic()
    cpu = time.process_time()
    weighted = [projection.name for projection in instance.network.projections if projection.loss_weight != 1]
    if weighted and is_built_in(solver):
        context.emit(
            "warning", "objective", f"loss_weight of {', '.join(weighted)}: no effect, every synapse counts once"
        )
    problem = Problem(instance)
    beginning = _begin(problem, start, fix, remap)
    best = _Incumbent(context, bound_any_placement(problem))
    context.emit("bound", bound=best.bound.value, message=best.bound.kind)
    _search(problem, solver, decided, context.keeping(_closing(context)), best, beginning)
    if best.mapping is None:
        allowed = "the wafer" if max_hicanns is None else f"{max_hicanns} HICANNs"
        raise ResourceExhausted(f"no mapping found: the network does not fit onto {allowed} in any way tried")
    run = {
        "seconds": round(context.elapsed, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "timeline": best.timeline,
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }
    configured = {
        "seed": seed,
        "time_limit": time_limit,
        "det_limit": det_limit,
        "threads": threads if det_limit is None else None,
        "max_hicanns": max_hicanns,
        **settings,
    }
    if start is not None:
        configured |= {"start": fingerprint(start), "fix": ",".join(fix), "remap": ",".join(remap)}
    return _solution(problem, solver, best, configured, run)


def _check_effort(time_limit: float | None, det_limit: float | None, seed: int, threads: int) -> None:
    """Refuse numbers that are no budget, no seed, or no number of cores."""
    if time_limit is not None and math.isnan(time_limit):
        raise OptionError(f"time_limit must be a number of seconds (got {time_limit})")
    if det_limit is not None and not 0 <= det_limit < math.inf:
        raise OptionError(f"det_limit must be at least 0 and finite (got {det_limit})")
    if seed < 0 or threads < 1:
        raise OptionError(f"seed must be at least 0 and threads at least 1 (got {seed} and {threads})")


def _closing(context: Context) -> float:
    """Return the seconds to keep for the bounds and the bits of the mapping found, from what the first bound took."""
    if context.time_limit is None or context.remaining == float("inf"):
        return 0.0
    return min(_CLOSING * context.elapsed + _BOUNDING * context.time_limit, _MOST_CLOSING * context.remaining)


def _begin(
    problem: Problem, start: Solution | Mapping | None, fix: Sequence[str], remap: Sequence[str]
) -> Beginning | None:
    if start is not None:
        return begin(problem, start, fix, remap)
    if fix or remap:
        raise StartError(f"{'fix' if fix else 'remap'} needs a start: give the solution to start from")
    return None


def _search(
    problem: Problem,
    solver: str,
    settings: ReadMapping[str, str],
    context: Context,
    best: _Incumbent,
    beginning: Beginning | None,
) -> None:
    """Offer the start, if any, and everything that the solver finds."""
    found = find_solver(solver)
    table = with_settings(found, settings) if isinstance(found, tuple) else None
    start = None
    if beginning is not None:
        context.emit("status", "start", beginning.message)
        start, problem = beginning.mapping, beginning.problem
        if start is None and beginning.takeover is not None:
            start = _repaired(beginning.takeover, table or _repair(solver, settings), context)
        if start is not None and (best.offer(start) or (context.over and best.mapping is not None)):
            return
    try:
        if table is not None:
            best.offer(run_steps(problem, table, context))
        elif callable(found):
            found(problem, context, best.offer, settings, start)
    except (ResourceExhausted, PlacementError, BudgetExhausted) as error:
        if best.mapping is None:
            raise
        context.emit("status", message=f"the search ends with what it has: {error}", lost=best.mapping.lost)


def _repair(solver: str, settings: ReadMapping[str, str]) -> Table:
    """Return the steps that complete a start with a solver that searches; one of another package has own settings."""
    known = settings if solver in SEARCHES else {}
    return (*REPAIR, *stages(known, DRAFT + LATER)[2:])


def _repaired(problem: Problem, steps: Table, context: Context) -> Mapping | None:
    """Return the start with what is illegal decided anew, None if there is no room beside what stays."""
    try:
        return run_steps(problem, steps, context)
    except (ResourceExhausted, PlacementError, BudgetExhausted) as error:
        context.emit("status", "start", f"its placement cannot be kept: {error}")
        return None


def _solution(
    problem: Problem, solver: str, best: _Incumbent, options: dict[str, Any], run: dict[str, Any]
) -> Solution:
    mapping = best.mapping
    assert mapping is not None
    lost_projection = problem.synapses.projection[mapping.synapses.cause != 0]
    by_projection = np.bincount(lost_projection, minlength=len(problem.network.projections))
    problem = as_placed(problem, mapping.placement)
    proven = mapping.lost <= best.bound.value
    placed = best.bound if proven else bound_this_placement(problem, mapping.placement, best.bound)
    bounds = Bounds(best.bound, placed, bound_these_buses(problem, mapping, placed, best.context))
    return Solution(
        instance=problem.instance.name,
        digest=problem.instance.digest,
        solver=solver,
        version=__version__,
        status="optimal" if mapping.lost <= best.bound.value else "feasible",
        synapses=len(problem.synapses),
        lost=mapping.lost,
        lost_l1=mapping.lost_l1,
        lost_by_projection=tuple(int(n) for n in by_projection),
        lost_by_cause=mapping.lost_by_cause(),
        bounds=bounds,
        options=options,
        run=run,
        mapping=mapping,
        configuration=configure(problem.instance, mapping),
    )
