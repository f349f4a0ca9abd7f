"""The constraint groups of `mapper.placement.assignment_cpsat`, one function each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

#: Neurons of every class (rows) on every run; None where the class may not stand.
Counts = list[list["cp_model.IntVar | None"]]


def add_demand(
    model: cp_model.CpModel, neurons: Sequence[int], allowed: Sequence[Sequence[bool]]
) -> tuple[Counts, list[cp_model.IntVar]]:
    """Constraint (demand): every neuron of a class is on an allowed run or left.

    Parameters
    ----------
    neurons : sequence of int
        Neurons of every class.
    allowed : sequence of sequences of bool
        ``allowed[c][r]``: class c may stand on run r.

    Returns
    -------
    x, left
        Variables of neurons by class and run, and without a place by class.
    """
    x: Counts = [
        [model.new_int_var(0, n, f"x_{c}_{r}") if may else None for r, may in enumerate(row)]
        for c, (n, row) in enumerate(zip(neurons, allowed, strict=True))
    ]
    left = [model.new_int_var(0, n, f"left_{c}") for c, n in enumerate(neurons)]
    for n, row, rest in zip(neurons, x, left, strict=True):
        model.add(sum(v for v in row if v is not None) + rest == n)
    return x, left


def add_room(model: cp_model.CpModel, x: Counts, widths: Sequence[int], lengths: Sequence[int]) -> None:
    """Constraint (room): the neurons of a run have no more columns together than it has."""
    for r, length in enumerate(lengths):
        terms = [width * v for width, row in zip(widths, x, strict=True) if (v := row[r]) is not None]
        if terms:
            model.add(sum(terms) <= length)


def add_cap(model: cp_model.CpModel, x: Counts, block_of_run: Sequence[int], cap: int) -> None:
    """Constraint (cap): the classes in ``x`` have at most ``cap`` neurons on a block together."""
    by_block: dict[int, list[cp_model.IntVar]] = {}
    for row in x:
        for block, variable in zip(block_of_run, row, strict=True):
            if variable is not None:
                by_block.setdefault(block, []).append(variable)
    for variables in by_block.values():
        model.add(sum(variables) <= cap)


def add_presence(
    model: cp_model.CpModel, x: Counts, neurons: Sequence[int], home_of_run: Sequence[int]
) -> tuple[list[list[cp_model.IntVar]], list[cp_model.IntVar]]:
    """Constraint (presence): a class with neurons on a HICANN is present there, and the HICANN is used.

    Returns
    -------
    on, used
        Presence by class and HICANN, and use by HICANN (numbers of ``home_of_run``).
    """
    homes = range(max(home_of_run, default=-1) + 1)
    used = [model.new_bool_var(f"used_{h}") for h in homes]
    on = [[model.new_bool_var(f"on_{c}_{h}") for h in homes] for c in range(len(x))]
    for n, row, present in zip(neurons, x, on, strict=True):
        for h in homes:
            here = [v for v, home in zip(row, home_of_run, strict=True) if home == h and v is not None]
            model.add(sum(here) <= n * present[h])
            model.add_implication(present[h], used[h])
    return on, used
