"""The counting model of `mapper.explain.feasible` for CP-SAT: several widths, shared buses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mapper.explain.room import Room
from models.hardware.neurons import DENMEMS_PER_BLOCK, N_BLOCKS

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from mapper.explain.feasible import Cells

#: (block, buses, sends) of a neuron at an exact place.
Fixed = tuple[int, frozenset[int], bool]


def countable(
    room: Room,
    classes: Sequence[Cells],
    fixed: Sequence[Fixed],
    homes: Mapping[int, Sequence[int]],
    limit: int,
    effort: float,
) -> bool:
    """Tell whether the model has a solution; True if that is not decided within ``effort``."""
    from ortools.sat.python import cp_model

    if any(not hicanns for hicanns in homes.values()):
        return False
    model = cp_model.CpModel()
    counts = _counts(model, room, classes, homes)
    _shared_buses(model, counts, fixed, homes, limit)
    solver = cp_model.CpSolver()
    solver.parameters.catch_sigint_signal = False
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = effort
    return solver.solve(model) != cp_model.INFEASIBLE


#: By class: its description and the (block, variable) of every run where its cells may lie.
Counts = list[tuple["Cells", list[tuple[int, "cp_model.IntVar"]]]]


def _counts(
    model: cp_model.CpModel, room: Room, classes: Sequence[Cells], homes: Mapping[int, Sequence[int]]
) -> Counts:
    """Add n[class, run], (cells) and (run)."""
    block_of, length = room.runs
    start = np.searchsorted(block_of, np.arange(len(room.capacity(1)) + 1))
    in_run: dict[int, list[cp_model.LinearExpr]] = defaultdict(list)
    found: Counts = []
    for i, group in enumerate(classes):
        runs = range(len(block_of))
        blocks = group.blocks
        for bus in group.buses & homes.keys():
            here = {N_BLOCKS * h + b for h in homes[bus] for b in range(N_BLOCKS)}
            blocks = tuple(sorted(here if blocks is None else here & set(blocks)))
        chosen = runs if blocks is None else [r for b in blocks for r in range(int(start[b]), int(start[b + 1]))]
        own: list[tuple[int, cp_model.IntVar]] = []
        for run in chosen:
            most = min(group.count, int(length[run]) // group.width)
            if most:
                variable = model.new_int_var(0, most, f"n{i},{run}")
                own.append((int(block_of[run]), variable))
                in_run[run].append(group.width * variable)
        model.add(sum(variable for _, variable in own) == group.count)
        found.append((group, own))
    for run, widths in in_run.items():
        model.add(sum(widths) <= int(length[run]))
    return found


def _shared_buses(
    model: cp_model.CpModel, counts: Counts, fixed: Sequence[Fixed], homes: Mapping[int, Sequence[int]], limit: int
) -> None:
    """Add y, p, (home) and (addresses)."""
    for bus, hicanns in homes.items():
        home = {h: model.new_bool_var(f"y{bus},{h}") for h in hicanns}
        model.add_exactly_one(home.values())
        for h in hicanns:
            for group, own in counts:
                if bus in group.buses:
                    model.add(sum(v for block, v in own if block // N_BLOCKS == h) == group.count * home[h])
            addresses = []
            for block in range(N_BLOCKS * h, N_BLOCKS * (h + 1)):
                present = model.new_bool_var(f"p{bus},{block}")
                if any(b == block and bus in own_buses for b, own_buses, _ in fixed):
                    model.add(present == 1)
                sending = [v for group, own in counts if group.sends for b, v in own if b == block]
                there = sum(1 for b, _, sends in fixed if b == block and sends)
                for group, own in counts:
                    for b, variable in own:
                        if b == block and bus in group.buses:
                            model.add(variable <= group.count * present)
                total = model.new_int_var(0, DENMEMS_PER_BLOCK, f"a{bus},{block}")
                model.add(total >= sum(sending) + there).only_enforce_if(present)
                addresses.append(total)
            model.add(sum(addresses) <= limit)
