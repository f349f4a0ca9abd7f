"""The ``cpsat`` solver where dead drivers leave few long chains: it searches under weaker limits, too.

Every mapping for a chain limit is legal for a longer one, but a search that expects long chains places neurons more
densely, and may so end with a greater loss; where several VLines or chains may serve a bus, the improvement is left
out.  So where most working drivers are in short runs, `mapper.search` runs once for every chain limit up to the one in
force (or up to the longest run: greater limits are all alike), and again with a single chain for every bus, each time
as if these were the limits.  Under a deterministic budget a longer chain limit then never raises the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mapper.context import Context
from mapper.fragments import fragmented, run_lengths
from mapper.problem import Problem
from mapper.search import Report
from mapper.search import search as search_once
from mapper.solvers import MAROCCO, names
from mapper.warm_start.kept import KeptProblem
from models.hardware.limits import Limits
from models.mapping import Mapping as WaferMapping


def search(
    problem: Problem, context: Context, report: Report, settings: Mapping[str, str], start: WaferMapping | None = None
) -> None:
    """Report the baseline's mapping and every better one, found under the limits in force or weaker ones.

    A start is taken over by the first search only: it may not be legal for the others.
    """
    several = limits_to_try(problem)
    done = False

    def tell(mapping: WaferMapping) -> bool:
        nonlocal done
        done = report(mapping)
        return done

    for number, limits in enumerate(several):
        part = context.part(1.0 / (len(several) - number))
        if number == 0 and limits == problem.limits:
            search_once(problem, part, tell, settings, start)
        elif number == 0 or (not done and context.fits(*names(MAROCCO))):
            context.emit("stage", "search", f"as if chains of {limits.driver_chain_length} drivers were the limit")
            weaker = replace(problem, instance=replace(problem.instance, limits=limits))
            search_once(weaker, part, tell, settings, start if number == 0 else None)


def limits_to_try(problem: Problem) -> list[Limits]:
    """Return the limits to search under: those in force, if the drivers are in fragments cut to the longest run.

    In that case the weaker ones follow.
    """
    limits = problem.limits
    if isinstance(problem, KeptProblem) or not fragmented(problem.wafer):
        return [limits]
    longest = max(1, int(run_lengths(problem.wafer).max()))
    shorter = [replace(limits, driver_chain_length=n) for n in range(min(limits.driver_chain_length, longest), 0, -1)]
    single = [replace(some, vlines_per_route=1, synapse_switches_per_vline=1) for some in shorter]
    return list(dict.fromkeys([*shorter, *single]))
