"""The kernels of the search are compiled once per machine, before the clock of the first solve starts.

Numba compiles a kernel at its first call, a minute in all, and keeps the result on disk.  Within a time limit that
minute would leave nothing for the search, so it is spent before: a small network that loses synapses in every way takes
the search through all of its kernels.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from mapper.bounds import bound_any_placement, bound_these_buses, bound_this_placement
from mapper.context import BudgetExhausted, Context
from mapper.improvement import MOVES, improve
from mapper.problem import Problem
from mapper.solvers import Search
from models.hardware import Wafer, random_defects
from models.instance import Instance
from models.mapping import Mapping
from models.network import network_from_edges

#: A strip of HICANNs, neurons and their connection probability: more than the drivers and buses of the strip can carry.
_REGION: Final = frozenset(range(170, 180))
_NEURONS, _CONNECTED = 240, 0.35
#: Deterministic budgets of the search and of every move of the improvement.
_BUDGET: Final = 0.05
_MOVE_BUDGET: Final = 0.5


def is_compiled() -> bool:
    """Tell whether the kernels are on disk; the last one that `compile_kernels` calls stands for all."""
    from mapper.kernels import steiner_bound

    kernel: Any = steiner_bound.profit_bound
    source = Path(steiner_bound.__file__)
    compiled = Path(kernel.stats.cache_path).glob(f"{source.stem}.{kernel.__name__}-*.nbi")
    return any(index.stat().st_mtime >= source.stat().st_mtime for index in compiled)


def compile_kernels(search: Search, stop: threading.Event | None = None) -> None:
    """Take a search through all kernels.

    Parameters
    ----------
    search : callable
        The solver whose kernels these are.
    stop : threading.Event, optional
        Set by somebody who wants to end the solve; then what is left is compiled when it is called.
    """
    rng = np.random.default_rng(0)
    pre, post = np.nonzero(rng.random((_NEURONS, _NEURONS)) < _CONNECTED)
    wafer = Wafer(random_defects(3, {"drivers": 0.4, "vbuses": 0.2, "hbuses": 0.2}), _REGION)
    problem = Problem(Instance("first use", network_from_edges(pre, post, neurons=_NEURONS), wafer=wafer))
    context = Context(det_limit=_BUDGET, stop=stop or threading.Event())
    found: list[Mapping] = []

    def report(mapping: Mapping) -> bool:
        found.append(mapping)
        return context.over

    try:
        search(problem, context, report, {}, None)
    except BudgetExhausted:
        if not context.over:
            raise
    if context.over:
        return
    best = min(found, key=lambda mapping: mapping.lost)
    for name in MOVES:
        improve(problem, best, replace(context, det_limit=_MOVE_BUDGET), report, {"improve.moves": name})
    if not context.over:
        placed = bound_this_placement(problem, best.placement, bound_any_placement(problem))
        bound_these_buses(problem, best, placed, context)
