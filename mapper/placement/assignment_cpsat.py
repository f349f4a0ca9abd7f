"""Which neuron block takes how many neurons of which kind, as a CP-SAT model: for small regions and narrow room.

Filling blocks in an order fails when defects, requests and mixed neuron sizes leave room that no order comes back to.
Here all neurons are placed at once, and if no placement exists, that is proven and said.

Model, with classes c of neurons (one population, size and placement request) and runs r of free columns (between
defects and neurons on exact denmems, within one block):

Variables
    x[c, r] = 0, 1, ...: neurons of class c on run r;  left[c] = 0, 1, ...: neurons without a place;
    on[c, h] in {0, 1}: class c has neurons on HICANN h;  used[h] in {0, 1}: HICANN h has neurons.
Constraints
    (demand)    sum_r x[c, r] + left[c] = neurons of class c, over the runs that the request allows;
    (room)      sum_c width_c x[c, r] <= columns of run r;
    (cap)       sum of x[c, r] over classes without request and runs of a block <= neurons_per_block;
    (presence)  sum of x[c, r] over the runs of h <= neurons of class c on[c, h];  on[c, h] <= used[h].
Objective
    First least sum of left (those with a request count most).  With all left = 0, least routes to expect: sum of
    on[c, h] times the fewest buses that the sources of class c take; then fewest HICANNs, near the middle first.

Neurons side by side need no more columns than the sum of their widths, so counting columns per run is exact.  What
the solver finds is carried out as a placement on exact denmems, which checks it once more.

Source: capacities from halco; rectangular neurons within a block from marocco ``OnNeuronBlock``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mapper.context import BudgetExhausted, Context
from mapper.cpsat import run_solver
from mapper.placement.assignment_model import add_cap, add_demand, add_presence, add_room
from mapper.placement.blocks import NeuronBlocks
from mapper.placement.linear import linear
from mapper.placement.loop import Ordered
from mapper.placement.manual import IMPOSSIBLE, check_available, failure, manual_pass
from mapper.placement.orders import spiral
from mapper.problem import Problem
from models.errors import OptionError, PlacementError, ResourceExhausted
from models.hardware.coordinates import N_HICANNS
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.instance.instance import PlacementRequest
from models.mapping import Mapping
from models.network import View

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

#: Seconds, or deterministic seconds, for each of the two solves.
_TIME = 5.0
#: Room that the first HICANNs tried must have, relative to what is needed.
_MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class NeuronClass:
    """Neurons of one population, size and request.

    Attributes
    ----------
    cells : (n,) int64
        Global cells, ascending.
    width : int
        Columns of one neuron.
    request : PlacementRequest or None
        What fixes their HICANNs or blocks.
    """

    cells: NDArray[np.int64]
    width: int
    request: PlacementRequest | None

    def allows(self, block: int, everywhere: frozenset[int]) -> bool:
        """Tell whether neurons may stand on a block (8 hicann + block); ``everywhere`` is for those without request."""
        if self.request is None:
            return block in everywhere
        return block // N_BLOCKS in self.request.hicanns or divmod(block, N_BLOCKS) in self.request.blocks


@dataclass(frozen=True, slots=True)
class Run:
    """Free columns side by side: ``length`` from column 0..255 of a HICANN on, within one block."""

    block: int
    column: int
    length: int


def assignment_cpsat(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    neurons_per_block: int | None = None,
    sending_blocks: bool = False,
    hicanns: int = 48,
) -> Mapping:
    """Place all neurons that can be placed at all.

    Parameters
    ----------
    neurons_per_block : int, optional
        Most neurons without request on a block.
    sending_blocks : bool
        Neurons without request keep off blocks whose spikes cannot leave their HICANN.
    hicanns : int
        HICANNs tried first, from the middle of the wafer on; all others only if these have no room.

    Raises
    ------
    PlacementError
        If a placement request is impossible.
    ResourceExhausted
        If there is no room for all neurons; proven.
    BudgetExhausted
        If the budget ends before either is known.
    """
    for name, number in (("neurons_per_block", neurons_per_block), ("hicanns", hicanns)):
        if number is not None and number < 1:
            raise OptionError(f"{name} must be at least 1 (got {number})")
    classes, columns = _classes(problem)
    wafer = problem.wafer
    blocks = wafer.hicanns[:, None] & (wafer.can_leave if sending_blocks else np.ones((N_HICANNS, N_BLOCKS), np.bool_))
    near = [h for h in spiral().tolist() if wafer.hicanns[h]]
    first = _first_hicanns(classes, columns, near, hicanns)
    for region in dict.fromkeys((first, frozenset(near))):
        everywhere = frozenset(N_BLOCKS * h + b for h in region for b in range(N_BLOCKS) if blocks[h, b])
        solved = _Assignment(problem, classes, _runs(classes, columns, everywhere), everywhere, neurons_per_block)
        counts = solved.feasible(context, last=len(region) == len(near))
        if counts is not None:
            counts = solved.improved(counts, near, context)
            return _carried_out(problem, draft, context, classes, solved.runs, counts)
    raise AssertionError("the last region either has room or raises")


def _classes(problem: Problem) -> tuple[list[NeuronClass], NDArray[np.bool_]]:
    """Return the classes and the columns that neurons on exact denmems leave free, (384, 256)."""
    requests = problem.instance.placement
    request_of = np.full(problem.n_cells, -1, dtype=np.int64)
    for number, request in enumerate(requests):
        if not problem.network.is_source[problem.network.cells(request.view)].any():
            for hicann in request.hicanns:
                check_available(problem, request, hicann, "HICANN")
            for hicann, _ in request.blocks:
                check_available(problem, request, hicann, "NeuronBlock")
        if request.hicanns or request.blocks:
            request_of[problem.network.cells(request.view)] = number
    anywhere = tuple(replace(request, hicanns=(), blocks=()) for request in requests)
    relaxed = replace(problem, instance=replace(problem.instance, placement=anywhere))
    exact, movable = manual_pass(relaxed, NeuronBlocks.of(problem.wafer), lambda _, order, parts: Ordered(order, parts))
    columns = problem.wafer.columns.copy()
    for chunk in exact:
        hicann, block = divmod(chunk.block, N_BLOCKS)
        start = COLUMNS_PER_BLOCK * block + chunk.column
        columns[hicann, start : start + chunk.request.size // 2] = False
    cells: dict[tuple[int, int, int], list[NDArray[np.int64]]] = {}
    for part in movable:
        key = (part.population, int(request_of[part.first]), part.size)
        cells.setdefault(key, []).append(np.arange(part.first, part.first + part.count))
    classes = [
        NeuronClass(np.sort(np.concatenate(runs)), size // 2, requests[number] if number >= 0 else None)
        for (_, number, size), runs in cells.items()
    ]
    return classes, columns


def _first_hicanns(
    classes: list[NeuronClass], columns: NDArray[np.bool_], near: list[int], at_least: int
) -> frozenset[int]:
    """Return the first of ``near`` that have room to spare for the neurons without request."""
    wanted = _MARGIN * sum(len(c.cells) * c.width for c in classes if c.request is None)
    room = np.cumsum(columns[near].sum(axis=1))
    return frozenset(near[: max(at_least, int(np.searchsorted(room, wanted)) + 1)])


def _runs(classes: list[NeuronClass], columns: NDArray[np.bool_], everywhere: frozenset[int]) -> list[Run]:
    """Return the runs of free columns on which any class may stand, by block and column."""
    named = {N_BLOCKS * h + b for c in classes if c.request for h in c.request.hicanns for b in range(N_BLOCKS)}
    named |= {N_BLOCKS * h + b for c in classes if c.request for h, b in c.request.blocks}
    found = []
    for block in sorted(everywhere | named):
        hicann, first = block // N_BLOCKS, block % N_BLOCKS * COLUMNS_PER_BLOCK
        free = np.concatenate([[False], columns[hicann, first : first + COLUMNS_PER_BLOCK], [False]])
        edges = np.flatnonzero(np.diff(free.astype(np.int8)))
        found += [Run(block, first + int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return found


class _Assignment:
    """The model of one region."""

    def __init__(
        self,
        problem: Problem,
        classes: list[NeuronClass],
        runs: list[Run],
        everywhere: frozenset[int],
        cap: int | None,
    ) -> None:
        from ortools.sat.python import cp_model

        self.problem, self.classes, self.runs = problem, classes, runs
        self.model = cp_model.CpModel()
        allowed = [[c.allows(run.block, everywhere) for run in runs] for c in classes]
        counts = [len(c.cells) for c in classes]
        self.x, self.left = add_demand(self.model, counts, allowed)
        add_room(self.model, self.x, [c.width for c in classes], [run.length for run in runs])
        if cap is not None:
            automatic = [row for row, c in zip(self.x, classes, strict=True) if c.request is None]
            add_cap(self.model, automatic, [run.block for run in runs], cap)

    def feasible(self, context: Context, last: bool) -> NDArray[np.int64] | None:
        """Return how many neurons of each class stand on each run, or None if not all do and it is not the last try."""
        weights = [1 if c.request is None else self.problem.n_cells for c in self.classes]
        self.model.minimize(sum(weight * left for weight, left in zip(weights, self.left, strict=True)))
        solver = run_solver(self.model, replace(context, threads=1), _seconds(context))
        if solver is None or solver.objective_value - solver.best_objective_bound > 0.5:
            raise BudgetExhausted("placement: the budget ended before a placement was found or excluded")
        left = [solver.value(variable) for variable in self.left]
        if not any(left):
            return self._values(solver)
        if last or any(n for n, c in zip(left, self.classes, strict=True) if c.request is not None):
            raise self._no_room(left)
        return None

    def improved(self, counts: NDArray[np.int64], near: list[int], context: Context) -> NDArray[np.int64]:
        """Return counts with fewer routes to expect, at worst ``counts``."""
        homes = sorted({run.block // N_BLOCKS for run in self.runs})
        home_of_run = [homes.index(run.block // N_BLOCKS) for run in self.runs]
        on, used = add_presence(self.model, self.x, [len(c.cells) for c in self.classes], home_of_run)
        for left in self.left:
            self.model.add(left == 0)
        rank = {h: i for i, h in enumerate(near)}
        last = len(near)
        routes = sum(
            buses * variable
            for buses, row in zip(_buses_of_sources(self.problem, self.classes), on, strict=True)
            for variable in row
        )
        self.model.minimize(
            routes * 4 * last * len(homes)
            + sum((2 * last + rank.get(h, last)) * variable for h, variable in zip(homes, used, strict=True))
        )
        self.model.clear_hints()  # type: ignore[no-untyped-call]
        for row, known in zip(self.x, counts, strict=True):
            for variable, value in zip(row, known, strict=True):
                if variable is not None:
                    self.model.add_hint(variable, int(value))
        solver = run_solver(self.model, replace(context, threads=1), _seconds(context))
        return counts if solver is None else self._values(solver)

    def _values(self, solver: cp_model.CpSolver) -> NDArray[np.int64]:
        return np.array([[0 if v is None else solver.value(v) for v in row] for row in self.x], dtype=np.int64).reshape(
            len(self.classes), len(self.runs)
        )

    def _no_room(self, left: list[int]) -> PlacementError | ResourceExhausted:
        names = []
        for n, c in zip(left, self.classes, strict=True):
            population = self.problem.network.populations[self.problem.network.population_of[c.cells[0]]].name
            if n and c.request is not None:
                detail = f"no room for {n} of {len(c.cells)} neurons of {2 * c.width} denmems of {population} (proven)"
                return failure(c.request, IMPOSSIBLE, detail)
            if n:
                names.append(population)
        return ResourceExhausted(
            f"unable to place all populations: no room for {sum(left)} neurons of {', '.join(sorted(set(names)))} "
            "(proven: no placement exists); enlarge the region or choose a smaller neuron size"
        )


def _seconds(context: Context) -> float:
    return max(0.01, min(_TIME, context.remaining / 4, context.det_limit or _TIME))


def _buses_of_sources(problem: Problem, classes: list[NeuronClass]) -> list[int]:
    """Return the fewest buses that carry all sources of each class."""
    class_of = np.full(problem.n_cells, -1, dtype=np.int64)
    for number, c in enumerate(classes):
        class_of[c.cells] = number
    synapses = problem.synapses
    pairs = np.unique(class_of[synapses.post].astype(np.int64) * problem.n_cells + synapses.pre)
    sources = np.bincount(pairs[pairs >= 0] // problem.n_cells, minlength=len(classes))
    return [int(n) for n in -(-sources // problem.limits.sources_per_bus)]


def _carried_out(
    problem: Problem,
    draft: Mapping,
    context: Context,
    classes: list[NeuronClass],
    runs: list[Run],
    counts: NDArray[np.int64],
) -> Mapping:
    """Return the placement on exact denmems: cells in order, HICANN by HICANN, the wide neurons of a run first."""
    taken = [run.column for run in runs]
    requests = [r for r in problem.instance.placement if r.neurons or _is_for_sources(problem, r)]
    for number in sorted(range(len(classes)), key=lambda c: -classes[c].width):
        c, at, exact = classes[number], 0, []
        for i, run in enumerate(runs):
            for _ in range(int(counts[number, i])):
                exact.append((run.block // N_BLOCKS, taken[i], 2 * c.width))
                taken[i] += c.width
                at += 1
        requests.append(PlacementRequest(_view(problem, c.cells), neurons=tuple(exact)))
    instance = replace(problem.instance, placement=tuple(requests))
    return linear(replace(problem, instance=instance), draft, context)


def _is_for_sources(problem: Problem, request: PlacementRequest) -> bool:
    return bool(problem.network.is_source[problem.network.cells(request.view)].any())


def _view(problem: Problem, cells: NDArray[np.int64]) -> View:
    number = int(problem.network.population_of[cells[0]])
    first = int(problem.network.offsets[number])
    return View(problem.network.populations[number].name, tuple(int(c) - first for c in cells))
