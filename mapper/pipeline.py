"""Solve an instance: run a solver, keep the best mapping, prove bounds, write the bits."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping as ReadMapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from mapper.bounds import bound_any_placement, bound_this_placement
from mapper.configure import configure
from mapper.context import Context, Event
from mapper.problem import Problem
from mapper.solvers import SEARCHES, TABLES, check_settings, run_steps, with_settings
from mapper.version import __version__
from models.errors import ResourceExhausted
from models.instance import Instance
from models.mapping import Mapping
from models.solution import Bound, Bounds, Solution


@dataclass
class _Incumbent:
    """The best mapping so far and how it got there."""

    context: Context
    bound: Bound
    mapping: Mapping | None = None
    timeline: list[list[float]] = field(default_factory=list)

    def offer(self, mapping: Mapping) -> bool:
        """Take a mapping if it is better and not too large; tell whether the best one meets the bound."""
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
        ``stage=algorithm`` and ``stage.option=value`` settings.
    events : callable, optional
        Gets every progress `Event`.
    stop : threading.Event, optional
        Set it to end the solve with the best mapping found.

    Raises
    ------
    SolverError
        If the solver or an option does not exist.
    PlacementError, ResourceExhausted
        If no mapping was found: manual placement impossible, or the wafer is too small.
    """
    settings = dict(options or {})
    check_settings(solver, settings)
    context = Context(seed, threads, time_limit, det_limit, max_hicanns, events, stop or threading.Event())
    cpu = time.process_time()
    problem = Problem(instance)
    best = _Incumbent(context, bound_any_placement(problem))
    context.emit("bound", bound=best.bound.value, message=best.bound.kind)
    if solver in TABLES:
        best.offer(run_steps(problem, with_settings(TABLES[solver], settings), context))
    else:
        module, name = SEARCHES[solver].split(":")
        getattr(import_module(module), name)(problem, context, best.offer, settings)
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
    return _solution(problem, solver, best, configured, run)


def _solution(
    problem: Problem, solver: str, best: _Incumbent, options: dict[str, Any], run: dict[str, Any]
) -> Solution:
    mapping = best.mapping
    assert mapping is not None
    lost_projection = problem.synapses.projection[mapping.synapses.cause != 0]
    by_projection = np.bincount(lost_projection, minlength=len(problem.network.projections))
    bounds = Bounds(best.bound, bound_this_placement(problem, mapping.placement, best.bound))
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
