"""Warm start and partial re-map: begin a solve with a mapping that exists, keep some of it, move only some cells.

`begin` compares a start with the instance and says what of it can be used: the whole mapping as first incumbent where
it is legal, else its placement where that is legal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from mapper.problem import Problem
from mapper.solvers import STAGES
from mapper.warm_start.kept import KeptProblem, keeps, moves
from mapper.warm_start.legality import first_fault, legal_cells
from models.errors import MapperError
from models.hardware.coordinates import N_HICANNS
from models.mapping import Mapping, to_arrays
from models.solution import Solution

__all__ = [
    "Beginning",
    "KeptProblem",
    "StartError",
    "begin",
    "check_nothing_fixed_is_set",
    "fingerprint",
    "keeps",
    "moves",
]

Bools = NDArray[np.bool_]


class StartError(MapperError, ValueError):
    """A start that does not belong to the instance, or an impossible wish about what of it is kept."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What of a start can be used.

    Attributes
    ----------
    problem : Problem
        What the solver works on; it keeps what was asked for.
    mapping : Mapping or None
        The start, if it is legal: the first incumbent.
    takeover : KeptProblem or None
        Otherwise: the instance with all cells kept that may stay where the start has them.
    message : str
        One line for people.
    """

    problem: Problem
    mapping: Mapping | None
    takeover: KeptProblem | None
    message: str


def begin(problem: Problem, start: Solution | Mapping, fix: Sequence[str], remap: Sequence[str]) -> Beginning:
    """Compare a start with an instance.

    Parameters
    ----------
    start : Solution or Mapping
        A solution with the instance's digest is trusted; everything else is checked.
    fix, remap : sequence of str
        See `mapper.solve`.

    Raises
    ------
    StartError
        If the start has other cells, what is to be fixed is illegal here, or a name does not exist.
    """
    mapping = start.mapping if isinstance(start, Solution) else start
    _check_cells(problem, mapping)
    sized = _sized(problem, mapping)
    trusted = isinstance(start, Solution) and bool(start.digest) and start.digest == problem.instance.digest
    fault = None if trusted else first_fault(sized, mapping)
    n_fixed = n_fixed_stages(fix)
    if n_fixed and remap:
        raise StartError("fixed stages leave nothing to remap: give either fix or remap")
    if fault is not None and STAGES.index(fault.stage) < n_fixed:
        legal = ", ".join(STAGES[: STAGES.index(fault.stage)])
        remedy = f"fix only {legal}" if legal else "leave out fix: what is legal is kept anyway as far as possible"
        raise StartError(f"cannot fix {fault.stage}: in the start {fault.message}; {remedy}")
    wanted = _remapped(problem, mapping, remap)
    illegal = np.zeros(problem.n_cells, dtype=np.bool_) if trusted else ~legal_cells(sized, mapping)
    free = _whole_shared_buses(problem, wanted | illegal, fault is not None)
    incumbent = mapping if fault is None else None
    message = _message(problem, mapping, fault.message if fault else "", free & (illegal | ~wanted))
    if n_fixed:
        free = problem.network.is_source & (n_fixed <= STAGES.index("inputs"))
        return Beginning(_kept(sized, mapping, n_fixed, free), incumbent, None, message)
    kept = _kept(sized, mapping, 0, free)
    if remap:
        return Beginning(kept, incumbent, None, message)
    return Beginning(problem, incumbent, None if incumbent else kept, message)


def n_fixed_stages(fix: Sequence[str]) -> int:
    """Return how many stages are fixed: a fixed stage fixes all before it, because it rests on them.

    Raises
    ------
    StartError
        If there is no such stage.
    """
    for stage in fix:
        if stage not in STAGES:
            raise StartError(f"cannot fix {stage!r}: the stages are {', '.join(STAGES)}")
    return max((1 + STAGES.index(stage) for stage in fix), default=0)


def check_nothing_fixed_is_set(fix: Sequence[str], settings: Iterable[str]) -> None:
    """Refuse ``stage=..`` and ``stage.option=..`` settings of stages that are fixed.

    Raises
    ------
    StartError
        Naming the setting.
    """
    fixed = STAGES[: n_fixed_stages(fix)]
    for key in settings:
        if key.partition(".")[0] in fixed:
            raise StartError(f"the setting {key!r} has no effect: {key.partition('.')[0]} is fixed; leave out either")


def fingerprint(start: Solution | Mapping) -> str:
    """Return ``sha256:..`` of the decisions of a start; it is among the options of what grew from it."""
    digest = sha256()
    for name, array in sorted(to_arrays(start.mapping if isinstance(start, Solution) else start, "mapping").items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return f"sha256:{digest.hexdigest()}"


def _check_cells(problem: Problem, mapping: Mapping) -> None:
    placement, name = mapping.placement, problem.instance.name
    remedy = "map without a start, or start from a solution of this network"
    if len(placement.hicann) != problem.n_cells:
        raise StartError(f"the start has {len(placement.hicann)} cells, {name} has {problem.n_cells}: {remedy}")
    source = problem.network.is_source
    differs = np.where(source, placement.column >= 0, (placement.hicann >= 0) & (placement.column < 0))
    if differs.any():
        cell = int(np.argmax(differs))
        population = problem.network.populations[problem.network.population_of[cell]].name
        kinds = ("neuron", "spike source") if source[cell] else ("spike source", "neuron")
        raise StartError(
            f"cell {cell} is a {kinds[0]} in the start, but a {kinds[1]} of {population} in {name}: {remedy}"
        )


def _kept(problem: Problem, mapping: Mapping, n_fixed: int, free: Bools) -> KeptProblem:
    return KeptProblem(problem.instance, problem.sizes, start=mapping, n_fixed=n_fixed, free=free)


def _sized(problem: Problem, mapping: Mapping) -> Problem:
    """Return the problem with the neuron sizes of the start, where the solver chooses them."""
    if not problem.chooses_sizes:
        return problem
    sizes = []
    for i in range(len(problem.network.populations)):
        width = mapping.placement.width[problem.network.offsets[i] : problem.network.offsets[i + 1]]
        usual = int(np.bincount(width).argmax())
        sizes.append(2 * usual if usual else problem.default_size(i))
    return replace(problem, sizes=tuple(sizes))


def _remapped(problem: Problem, mapping: Mapping, remap: Sequence[str]) -> Bools:
    """Return the cells of the populations and HICANNs named, (n_cells,)."""
    free = np.zeros(problem.n_cells, dtype=np.bool_)
    names = [population.name for population in problem.network.populations]
    for item in remap:
        if item in names:
            free |= problem.network.population_of == names.index(item)
            continue
        prefix, _, number = item.partition(":")
        if prefix == "hicann" and number.isdecimal() and int(number) < N_HICANNS:
            free |= mapping.placement.hicann == int(number)
            continue
        close = get_close_matches(item, names, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(names)} and hicann:0..{N_HICANNS - 1}"
        raise StartError(f"cannot remap {item!r}: no such population or HICANN - {hint}")
    return free


def _whole_shared_buses(problem: Problem, free: Bools, suspicious: bool) -> Bools:
    """Return the cells, with all of a shared bus where one of them is free or the bus may be illegal."""
    free = free.copy()
    for view in problem.instance.shared_buses:
        cells = problem.network.cells(view)
        if suspicious or free[cells].any():
            free[cells] = True
    return free


def _message(problem: Problem, mapping: Mapping, fault: str, lost_places: Bools) -> str:
    if not fault:
        return f"the start is legal and loses {mapping.lost} synapses: it is the first incumbent"
    names = [problem.network.populations[i].name for i in np.unique(problem.network.population_of[lost_places])]
    stay = f"{np.count_nonzero(~lost_places)} of {problem.n_cells} cells keep their places"
    anew = f"; placed anew: {np.count_nonzero(lost_places)} of {', '.join(names)}" if names else ""
    return f"the start is not legal here ({fault}): {stay}{anew}"
