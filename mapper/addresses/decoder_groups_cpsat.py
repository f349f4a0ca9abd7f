"""Decoder groups of one bus as a CP-SAT model, for buses with few target HICANNs.

Model, for one bus with sources i and target HICANNs t, neurons of even width (cap = half their columns):

Variables
    x[i, d] in {0, 1}: source i is in group d;
    rows[t, s]: rows granted on HICANN t to input side s;  half[t, s, d]: half rows of group d on side s;
    y[n, s, d]: synapses of neuron n served from group d on side s.
Constraints
    (group)    sum_d x[i, d] = 1, sum_i x[i, d] <= addresses of group d;
    (chain)    sum_s rows[t, s] <= 2 driver_chain_length;
    (half row) sum_d half[t, s, d] <= 2 rows[t, s];
    (served)   y[n, s, d] <= cap_n half[t, s, d],  y[n, s, d] <= sum of x[i, d] over the synapses i -> n on side s.
Objective
    maximise the sum of y.

The present grouping is the complete hint, so the result is never worse.  Buses with several STP modes, other than two
receptors, or neurons of odd width are left as they are.

Source: groups of addresses and half rows from halbe ``SynapseDecoder`` and ``RowConfig``; chain limit from marocco and
calibtic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mapper.bus import BusModel
from mapper.context import Context
from mapper.problem import Problem
from models.hardware.mergers import GROUP_CAPACITY
from models.mapping import Placement

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

#: More targets than this make the model too weak to pay (measured on random buses).
_MAX_TARGETS = 4
#: Seconds, or deterministic seconds, for all buses, and the least that makes sense for one.
_TIME = 20.0
_LEAST_TIME = 2.0


def polished(
    problem: Problem,
    placement: Placement,
    model: BusModel,
    cells: NDArray[np.int32],
    groups: NDArray[np.int64],
    context: Context,
    shares: int,
) -> NDArray[np.int64]:
    """Return a grouping that loses no more synapses than ``groups``, (n,); ``shares`` buses share the time."""
    seconds = min(_TIME, context.remaining / 4, context.det_limit or _TIME) / shares
    counts = _counts(problem, placement, cells) if seconds >= _LEAST_TIME else None
    if counts is None:
        return groups
    x, solver_model = build(problem, placement, cells, counts)
    for i in range(len(cells)):
        for d in range(4):
            solver_model.add_hint(x[i][d], int(groups[i] == d))
    values = _solve(solver_model, x, seconds, context)
    if values is None or model.cost(cells, values).lost >= model.cost(cells, groups).lost:
        return groups
    return values


#: Synapses by (neuron, input side): source position -> multiplicity.
Counts = dict[tuple[int, int], dict[int, int]]


def _counts(problem: Problem, placement: Placement, cells: NDArray[np.int32]) -> Counts | None:
    """Return who projects to whom, or None if the model does not cover this bus."""
    post_of, receptor_of, stp_of = problem.synapses.post, problem.synapses.receptor, problem.synapses.stp
    counts: Counts = {}
    targets = set()
    for position, cell in enumerate(cells):
        for s in problem.synapses_from(np.array([cell], dtype=np.int32)):
            post = int(post_of[s])
            if placement.hicann[post] < 0:
                continue
            covered = problem.network.receptor_count[post] == 2 and placement.width[post] % 2 == 0
            if not covered or stp_of[s]:
                return None
            targets.add(int(placement.hicann[post]))
            sources = counts.setdefault((post, int(receptor_of[s])), {})
            sources[position] = sources.get(position, 0) + 1
    return counts if len(targets) <= _MAX_TARGETS else None


def build(
    problem: Problem, placement: Placement, cells: NDArray[np.int32], counts: Counts
) -> tuple[list[list[cp_model.IntVar]], cp_model.CpModel]:
    """Return the group variables and the model of one bus."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = [[model.new_bool_var(f"x_{i}_{d}") for d in range(4)] for i in range(len(cells))]
    add_groups(model, x)
    half = {
        hicann: add_rows(model, hicann, problem.limits.driver_chain_length)
        for hicann in sorted({int(placement.hicann[n]) for n, _ in counts})
    }
    served: list[cp_model.IntVar] = []
    for (neuron, side), sources in sorted(counts.items()):
        cap = int(placement.width[neuron]) // 2
        served += add_served(model, x, half[int(placement.hicann[neuron])][side], sources, cap, f"{neuron}_{side}")
    model.maximize(sum(served))
    return x, model


def add_groups(model: cp_model.CpModel, x: list[list[cp_model.IntVar]]) -> None:
    """Constraint (group): every source is in one group, no group has more sources than addresses."""
    for row in x:
        model.add_exactly_one(row)
    for d, capacity in enumerate(GROUP_CAPACITY):
        model.add(sum(row[d] for row in x) <= capacity)


def add_rows(model: cp_model.CpModel, hicann: int, chain_length: int) -> list[list[cp_model.IntVar]]:
    """Constraints (chain) and (half row) of one HICANN; returns half[side][group]."""
    most = 4 * chain_length
    rows = [model.new_int_var(0, 2 * chain_length, f"rows_{hicann}_{side}") for side in (0, 1)]
    half = [[model.new_int_var(0, most, f"half_{hicann}_{side}_{d}") for d in range(4)] for side in (0, 1)]
    model.add(sum(rows) <= 2 * chain_length)
    for side in (0, 1):
        model.add(sum(half[side]) <= 2 * rows[side])
    return half


def add_served(
    model: cp_model.CpModel,
    x: list[list[cp_model.IntVar]],
    half: list[cp_model.IntVar],
    sources: dict[int, int],
    cap: int,
    name: str,
) -> list[cp_model.IntVar]:
    """Constraint (served): half rows and the sources in a group limit what a neuron gets from it; returns y[group]."""
    found = []
    for d in range(4):
        y = model.new_int_var(0, sum(sources.values()), f"y_{name}_{d}")
        model.add(y <= cap * half[d])
        model.add(y <= sum(multiplicity * x[i][d] for i, multiplicity in sources.items()))
        found.append(y)
    return found


def _solve(
    model: cp_model.CpModel, x: list[list[cp_model.IntVar]], seconds: float, context: Context
) -> NDArray[np.int64] | None:
    from mapper.cpsat import run_solver

    solver = run_solver(model, context, seconds)
    if solver is None:
        return None
    return np.array([next(d for d in range(4) if solver.boolean_value(row[d])) for row in x], dtype=np.int64)
