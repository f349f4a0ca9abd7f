"""How CP-SAT is called: reproducibly, interruptibly, within the budget."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from mapper.context import Context
from mapper.parameters import apply

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

_log = logging.getLogger("mapper.cpsat")


def run_solver(model: cp_model.CpModel, context: Context, seconds: float) -> cp_model.CpSolver | None:
    """Solve a model; return the solver with a solution loaded, or None if none was found.

    Under a deterministic budget the limit is CP-SAT's deterministic time with one worker, else the clock.  The solver
    leaves SIGINT alone (by default it would swallow it) and is stopped when the context's stop event is set.  The
    context's raw parameters have the last word; a search log that they ask for goes to the logger ``mapper.cpsat``.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = context.seed
    if context.det_limit is not None:
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.num_workers = context.threads
        solver.parameters.max_time_in_seconds = seconds
    apply(context.parameters, solver)
    if solver.parameters.log_search_progress:
        solver.parameters.log_to_stdout = False
        solver.log_callback = _log.info
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.05):
            if context.stop.is_set():
                solver.stop_search()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        status = solver.solve(model)
    finally:
        finished.set()
        watcher.join()
    return solver if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None
