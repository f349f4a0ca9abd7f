"""Placement by annealing on an estimate of everything that a placement makes the later stages lose.

Model
-----
Variables
    Which neuron has which place (denmems of a HICANN); the places are those of a start placement, and some free ones
    in the blocks that it uses (`mapper.placement.holes`).
Constraints
    Neurons that change places are equally wide and stand under the same placement request, so that every request and
    every defect is kept; only neurons without request go to free places.  Neurons on exact denmems and of shared buses
    stay.
Objective
    `mapper.placement.load_model`: what the chain limit and the drivers of the HICANNs lose, plus small prices of
    routes, their length, and drivers.  An exchange is priced in time proportional to the synapses of both neurons.

Method: the best of several starts (the given one, marocco's own placement, and a min-cut placement, see
`mapper.placement.multilevel`) is annealed with a fixed number of exchanges, half of them towards a HICANN with a
partner of the neuron; before and after, whole HICANNs change places to shorten the routes.  The result is never
worse than the start by this estimate.

Source: S. Kirkpatrick, C. D. Gelatt and M. P. Vecchi, Optimization by simulated annealing, 1983.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mapper.context import Context
from mapper.kernels.placement import Net, State, anneal, arrange
from mapper.placement.dealt import dealt
from mapper.placement.holes import Holes, fullest, holes
from mapper.placement.linear import linear
from mapper.placement.load_model import LoadModel, load_model, price_of_usage, regular_buses, units_of
from mapper.placement.multilevel import assign_by_min_cut
from mapper.problem import Problem
from models.errors import OptionError, PlacementError, ResourceExhausted
from models.hardware.coordinates import X, Y
from models.hardware.neurons import COLUMNS_PER_BLOCK, N_BLOCKS
from models.mapping import Mapping, Placement

Ints = NDArray[np.int64]

#: Synapses added to or removed from the tables in ten seconds on the machine it was written on.
_WORK = 40_000_000
#: Temperatures over the mean size of a change of the cost, at the beginning and at the end.
_HOT, _COLD = 0.03, 0.001
#: Share of the first temperature at which the better of two starts goes on.
_AGAIN = 0.5
#: Exchanges that measure the mean change.
_MEASURED = 200
#: Parts into which the exchanges are cut to look at the budget.
_PARTS = 50
#: Exchanges of whole HICANNs tried per HICANN.
_ARRANGED = 2000
_STARTS = ("linear", "dealt")
#: Neurons that a block of an annealed draft may get beyond those of the fullest one.
_BEYOND = 1


def annealing(
    problem: Problem,
    draft: Mapping,
    context: Context,
    *,
    start: str = "linear",
    moves: int = 200_000,
    neurons_per_block: int | None = None,
    blocks_per_hicann: int = N_BLOCKS,
    separate_populations: bool = False,
    sending_blocks: bool = False,
    hicann_order: str = "enum",
) -> Mapping:
    """Place like ``start``, then anneal.

    Parameters
    ----------
    start : str
        ``linear`` or ``dealt``, which get the other options.
    moves : int
        Exchanges tried, if the budget allows.

    Raises
    ------
    OptionError, PlacementError, ResourceExhausted
        As the start raises them.
    """
    if start not in _STARTS:
        raise OptionError(f"start must be one of {', '.join(_STARTS)} (got {start!r})")
    if moves < 0:
        raise OptionError(f"moves must not be negative (got {moves})")
    place = linear if start == "linear" else dealt
    first = place(
        problem,
        draft,
        context,
        neurons_per_block=neurons_per_block,
        blocks_per_hicann=blocks_per_hicann,
        separate_populations=separate_populations,
        sending_blocks=sending_blocks,
        hicann_order=hicann_order,
    )
    placements = [first.placement]
    if neurons_per_block is None and blocks_per_hicann == N_BLOCKS and not (separate_populations or sending_blocks):
        placements += _others(problem, draft, context)
    found = _Annealer(problem, context, None, neurons_per_block).best(placements, moves)
    return replace(draft, placement=found)


def annealed(problem: Problem, draft: Mapping, context: Context, *, moves: int = 50_000) -> Mapping:
    """Anneal the placement of a draft whose neurons are placed, and that may be merged, addressed and given inputs.

    No further neuron block comes into use.  The estimate takes the draft's buses if it has any.

    Returns
    -------
    Mapping
        A mapping with the new placement only, sources not placed: merging, addresses and inputs must follow.
    """
    merged = draft if draft.merging.mode.any() else None
    found = _Annealer(problem, context, merged, fullest(draft.placement) + _BEYOND).best([draft.placement], moves)
    return replace(problem.blank_mapping(), placement=found)


def expected_loss(problem: Problem, draft: Mapping) -> LoadModel:
    """Return the tables of a draft's placement, with its buses if it has any."""
    merged = draft.merging.mode.any()
    buses = draft.merging.block_to_dnc.astype(np.int64) if merged else regular_buses(problem, 1)
    units = units_of(problem, draft.placement, buses, draft)
    return load_model(problem, draft.placement, units, price_of_usage(problem, draft.placement, units))


def _others(problem: Problem, draft: Mapping, context: Context) -> list[Placement]:
    """Return other placements of the same density; the first is marocco's own."""
    found = []
    for place in (linear, dealt):
        try:
            found.append(place(problem, draft, context).placement)
        except (PlacementError, ResourceExhausted):
            continue
    return found


def exchange_groups(problem: Problem, placement: Placement) -> Ints:
    """Return which neurons may take each other's place: those of equal number; -1 for those that stay, (n_cells,)."""
    width = placement.width.astype(np.int64)
    group = np.where(placement.column >= 0, width, -1)
    for number, request in enumerate(problem.instance.placement, start=1):
        cells = problem.network.cells(request.view)
        if request.neurons:
            group[cells] = -1
        elif request.hicanns or request.blocks:
            group[cells] = 64 * number + width[cells]
    for view in problem.instance.shared_buses:
        group[problem.network.cells(view)] = -1
    group[problem.network.is_source] = -1
    return group


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A placement, the bus of every block (384, 8) that its estimate assumes, and its cost [synapses]."""

    placement: Placement
    buses: Ints
    cost: float = 0.0


class _Annealer:
    """Looks for the best placement with at most so many neurons on a block.

    The estimate takes the buses of ``merged``, or regular ones.
    """

    def __init__(self, problem: Problem, context: Context, merged: Mapping | None, most: int | None) -> None:
        self.problem, self.context, self.merged = problem, context, merged
        self.most = COLUMNS_PER_BLOCK if most is None else most
        self.rng = context.rng("placement/annealing")
        self.price = 0.0

    def best(self, placements: list[Placement], moves: int) -> Placement:
        """Return the annealed best of some placements and a min-cut one, or one of them if that is better."""
        start, *others = (_without_sources(self.problem, placement) for placement in placements)
        group = exchange_groups(self.problem, start)
        if np.count_nonzero(group >= 0) < 2 or len(self.problem.synapses) == 0:
            return start
        try:
            return self._best(start, others, group, moves)
        except MemoryError as error:
            self.context.emit("status", "placement", f"not annealed: {error}")
            return start

    def _best(self, start: Placement, others: list[Placement], group: Ints, moves: int) -> Placement:
        units = units_of(self.problem, start, regular_buses(self.problem, 1), self.merged)
        self.price = price_of_usage(self.problem, start, units)
        known = [self._with_cheapest_buses(placement) for placement in (start, *others)]
        best = min(known, key=_cost)
        if self.context.over:
            return best.placement
        begun = [
            self._improved(candidate, group, moves // 4, _HOT)
            for candidate in (best, self._with_cheapest_buses(self._min_cut(start, group)))
        ]
        ended = self._improved(min(begun, key=_cost), group, moves - moves // 4 * 2, _HOT * _AGAIN)
        return min([*known, *begun, ended], key=_cost).placement

    def _improved(self, candidate: _Candidate, group: Ints, moves: int, hot: float) -> _Candidate:
        candidate = self._arranged(candidate, group, self._model(candidate))
        placement = self._annealed(candidate.placement, group, self._model(candidate), moves, hot)
        return self._priced(placement, candidate.buses)

    def _model(self, candidate: _Candidate) -> LoadModel:
        units = units_of(self.problem, candidate.placement, candidate.buses, self.merged)
        return load_model(self.problem, candidate.placement, units, self.price)

    def _priced(self, placement: Placement, buses: Ints) -> _Candidate:
        return _Candidate(placement, buses, self._model(_Candidate(placement, buses)).cost)

    def _with_cheapest_buses(self, placement: Placement) -> _Candidate:
        """Return the placement with the given buses, or with the cheapest of several regular merger maps."""
        if self.merged is not None:
            return self._priced(placement, self.merged.merging.block_to_dnc.astype(np.int64))
        found = []
        for blocks in (1, 2, 4, 8):
            buses = regular_buses(self.problem, blocks)
            net = units_of(self.problem, placement, buses).net[placement.column >= 0]
            if blocks > 1 and np.bincount(net[net >= 0]).max(initial=0) > self.problem.limits.sources_per_bus:
                break
            found.append(self._priced(placement, buses))
        return min(found, key=_cost)

    def _min_cut(self, placement: Placement, group: Ints) -> Placement:
        order = np.arange(len(group))
        for number in np.unique(group[group >= 0]):
            cells = np.flatnonzero(group == number)
            place = assign_by_min_cut(self.problem, cells, placement.hicann[cells].astype(np.int64), self.rng)
            order[cells] = cells[place]
        return _taken_from(placement, order)

    def _annealed(self, placement: Placement, group: Ints, model: LoadModel, moves: int, hot: float) -> Placement:
        free = holes(self.problem, placement, (group >= 0) & (group < 64), self.most)
        group = np.concatenate([group, free.width])
        net, state = _with_holes(model, free)
        movable = np.flatnonzero(group >= 0)
        home = state.home_of[movable]
        slot_cell = movable[np.argsort(home, kind="stable")]
        slot_start = np.searchsorted(np.sort(home), np.arange(len(model.homes) + 1))
        slot_of = np.full(len(group), -1, dtype=np.int64)
        slot_of[slot_cell] = np.arange(len(slot_cell))
        place_of_slot = slot_cell.copy()
        tables = (movable, group, slot_start, slot_cell, slot_of, net, model.buses, state, model.touched)
        random = np.uint64(int(self.rng.integers(1 << 62)) | 1)
        _, random, typical = anneal(*tables, random, 0, _MEASURED, _MEASURED, np.inf, 1.0)
        per_move = 8.0 * len(self.problem.synapses) / max(1, len(movable))
        moves = min(moves, int(self.context.work(_WORK) / max(1.0, per_move)))
        hot, cold = max(1e-9, hot * typical), max(1e-10, _COLD * typical)
        for part in range(_PARTS):
            if self.context.over:
                break
            first, last = moves * part // _PARTS, moves * (part + 1) // _PARTS
            _, random, _ = anneal(*tables, np.uint64(random), first, last, moves, hot, cold)
        order = np.arange(len(group))
        order[slot_cell] = place_of_slot
        return _taken_from(placement, order[: len(placement.hicann)], free)

    def _arranged(self, candidate: _Candidate, group: Ints, model: LoadModel) -> _Candidate:
        """Return the candidate with whole HICANNs exchanged, buses included, so that routes are shorter."""
        placement = candidate.placement
        n = len(model.homes)
        allowed = _places(self.problem, placement, group, model)
        movable = np.flatnonzero(allowed.sum(axis=1) > 1)
        if len(movable) < 2:
            return candidate
        x, y = X[model.homes].astype(np.int64), Y[model.homes].astype(np.int64)
        distance = 4 * np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
        traffic = np.zeros((n, n))
        home, bus = np.nonzero(model.state.total)
        sender = model.home_of_bus[bus]
        np.add.at(traffic, (sender[sender >= 0], home[sender >= 0]), 1.0)
        place = np.arange(n)
        random = np.uint64(int(self.rng.integers(1 << 62)) | 1)
        arrange(traffic + traffic.T, distance, place, movable, allowed, random, _ARRANGED * n)
        buses = candidate.buses.copy()
        buses[model.homes[place]] = candidate.buses[model.homes]
        hicann = placement.hicann.copy()
        placed = placement.column >= 0
        hicann[placed] = model.homes[place[model.state.home_of[placed]]]
        return _Candidate(replace(placement, hicann=hicann), buses)


def _cost(candidate: _Candidate) -> float:
    return candidate.cost


def _without_sources(problem: Problem, placement: Placement) -> Placement:
    return replace(placement, hicann=np.where(problem.network.is_source, np.int16(-1), placement.hicann))


def _with_holes(model: LoadModel, free: Holes) -> tuple[Net, State]:
    """Return a model's tables with a cell without synapses in every free place."""
    net, state, n = model.net, model.state, len(free)
    return (
        net._replace(
            out_start=np.concatenate([net.out_start, np.repeat(net.out_start[-1:], n)]),
            in_start=np.concatenate([net.in_start, np.repeat(net.in_start[-1:], n)]),
        ),
        state._replace(
            unit_of=np.concatenate([state.unit_of, state.unit_of[free.beside]]),
            home_of=np.concatenate([state.home_of, state.home_of[free.beside]]),
        ),
    )


def _taken_from(placement: Placement, order: Ints, free: Holes | None = None) -> Placement:
    """Return the placement in which cell i has the place that cell ``order[i]`` had, or that free place behind all."""
    hicann, column, sequence = placement.hicann, placement.column, placement.sequence
    if free is not None:
        hicann = np.concatenate([hicann, free.hicann.astype(hicann.dtype)])
        column = np.concatenate([column, free.column.astype(column.dtype)])
        behind = sequence.max(initial=-1) + 1 + np.arange(len(free))
        sequence = np.concatenate([sequence, behind.astype(sequence.dtype)])
    return replace(placement, hicann=hicann[order], column=column[order], sequence=sequence[order])


def _places(problem: Problem, placement: Placement, group: Ints, model: LoadModel) -> NDArray[np.bool_]:
    """Return on which of the HICANNs each one's neurons might lie as they are, (n_homes, n_homes).

    Their columns work, their blocks can send as well, and the drivers suffice or are not fewer.
    """
    wafer, homes = problem.wafer, model.homes
    allowed = np.eye(len(homes), dtype=np.bool_)
    drivers = wafer.drivers[homes].sum(axis=1)
    enough = np.minimum(model.drivers / 0.95, drivers)
    for i, home in enumerate(homes):
        here = np.flatnonzero((placement.hicann == home) & (placement.column >= 0))
        if not np.all((group[here] >= 0) & (group[here] < 64)):
            continue
        first, width = placement.column[here], placement.width[here]
        columns = np.repeat(first, width) + np.concatenate([np.arange(w) for w in width])
        allowed[i] |= wafer.columns[homes][:, columns].all(axis=1) & (drivers >= enough[i])
        allowed[i] &= (wafer.can_leave[homes] | ~wafer.can_leave[home]).all(axis=1)
    return allowed
