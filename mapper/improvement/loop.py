"""The loop of the improvement: choose a move by what the moves have gained, try it, keep what loses no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from mapper.context import Context
from mapper.drivers.sides import plain
from mapper.improvement import merging, moves, regrouping, relocation
from mapper.improvement.state import State, Workshop
from mapper.problem import Problem
from mapper.solvers import STAGES
from mapper.warm_start.kept import KeptProblem, keeps
from models.errors import OptionError
from models.mapping import Mapping as WaferMapping

Move = Callable[[Workshop, State, np.random.Generator], State | None]
Report = Callable[[WaferMapping], bool]

#: All moves by name.
MOVES: Final[Mapping[str, Move]] = {
    "packing": moves.pack,
    "exact": moves.exact,
    "sides": moves.relieve,
    "routing": moves.reroute,
    "addresses": regrouping.regroup,
    "placement": relocation.relocate,
    "merging": merging.remerge,
}
#: The first stage whose decisions a move changes.
_CHANGES: Final[Mapping[str, str]] = {
    "packing": "drivers",
    "exact": "drivers",
    "sides": "routing",
    "routing": "routing",
    "addresses": "addresses",
    "placement": "placement",
    "merging": "merging",
}
#: Algorithms beside which the moves may decide; a setting that names another one keeps its stage as it is.
_ALGORITHMS: Final = ("benders", "driver_aware", "decoder_groups", "pathfinder", "annealed", "set_packing", "exact")
#: What a round of each move costs, as measured in tenths of a second on a network of a million synapses, less for the
#: moves that gained most there; fixed, so that the clock has no say in which move comes next.
_COST: Final[Mapping[str, float]] = {
    "packing": 6.0,
    "exact": 30.0,
    "sides": 2.0,
    "routing": 10.0,
    "addresses": 12.0,
    "placement": 16.0,
    "merging": 4.0,
}
#: Rounds that ten seconds allow, for a deterministic budget and for none.
_ROUNDS = 60
#: Weight of a move that gains nothing, against one that gains most per round.
_LEAST_WEIGHT = 0.05
#: Share of the loss that a move is expected to gain before it was tried.
_FIRST_GAIN = 0.05
#: How fast the memory of gains fades.
_MEMORY = 0.6
#: How much longer than expected a move may take.
_MARGIN = 2.0
#: Rounds with gains after which the mapping is reported at the latest.
_REPORTED_AFTER = 20


def chosen_moves(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the moves that settings allow: all, none (``improve=off``), or ``improve.moves=a,b``.

    Raises
    ------
    OptionError
        If a setting or a move does not exist.
    """
    for key in settings:
        if key.split(".")[0] == "improve" and key not in ("improve", "improve.moves"):
            raise OptionError(f"no setting {key!r}: there are improve=on, improve=off and improve.moves=NAME,...")
    switch = settings.get("improve", "on")
    if switch not in ("on", "off"):
        raise OptionError(f"improve must be on or off (got {switch!r})")
    names = tuple(settings["improve.moves"].split(",")) if "improve.moves" in settings else tuple(MOVES)
    unknown = [name for name in names if name not in MOVES]
    if unknown:
        raise OptionError(f"no move {unknown[0]!r}: there are {', '.join(MOVES)}")
    return () if switch == "off" else names


def improve(
    problem: Problem, mapping: WaferMapping, context: Context, report: Report, settings: Mapping[str, str]
) -> None:
    """Improve a complete mapping until nothing is lost or the budget ends, and report what is better.

    Parameters
    ----------
    mapping : Mapping
        The mapping to start from.
    report : callable
        Takes every better mapping; tells whether nothing better exists.
    settings : mapping
        ``improve=off`` or ``improve.moves=NAME,...``.
    """
    names = tuple(name for name in chosen_moves(settings) if _may(problem, name) and not _decided(name, settings))
    if not names or mapping.lost == 0 or context.over:
        return
    if not plain(mapping.routing):
        context.emit("status", "improve", "left out: a bus serves a HICANN over several or over adjacent VLines")
        return
    context.emit("stage", "improvement", ", ".join(names))
    _Loop(problem, mapping, context, report, names).run()


def _may(problem: Problem, name: str) -> bool:
    """Tell whether a move changes nothing that a warm start keeps."""
    stage = _CHANGES[name]
    return not keeps(problem, stage) and (stage in ("routing", "drivers") or not isinstance(problem, KeptProblem))


def _decided(name: str, settings: Mapping[str, str]) -> bool:
    """Tell whether a move decides a stage, its own or a later one, that the settings give to another algorithm."""
    concerned = STAGES[STAGES.index(_CHANGES[name]) :]
    return any(settings.get(stage, "") not in ("", *_ALGORITHMS) for stage in concerned if stage != "inputs")


class _Loop:
    """One improvement: the state, the moves' gains, what is still to be reported."""

    def __init__(
        self, problem: Problem, mapping: WaferMapping, context: Context, report: Report, names: tuple[str, ...]
    ) -> None:
        self._context, self._report, self._names = context, report, names
        self._total = len(problem.synapses)
        self._least = mapping.lost
        self._shop = Workshop(problem, context)
        self._state = self._shop.state_of(mapping)
        self._rng = context.rng("improve")
        self._gain = dict.fromkeys(names, _FIRST_GAIN * self._lost(self._state))
        self._unreported = 0
        self._seconds = 0.0
        self._pace = 0.0

    def run(self) -> None:
        """Run rounds until the budget ends."""
        ended = self._lost(self._state) < self._least and self._told()
        ended = ended or self._lost(self._state) == 0
        rounds = self._context.work(_ROUNDS) if self._context.remaining == float("inf") else None
        done = 0
        while not ended and not self._closing and (rounds is None or done < rounds):
            names = [name for name in self._names if self._fits(name)]
            if not names:
                break
            done += 1
            self._round(names)
            nothing_left = self._lost(self._state) == 0
            if self._unreported >= _REPORTED_AFTER or (self._unreported and nothing_left):
                ended = self._told() or nothing_left
        if self._unreported and not ended:
            self._told()

    def _round(self, names: Sequence[str]) -> None:
        weight = np.array([self._gain[name] / _COST[name] for name in names])
        weight = np.maximum(weight, _LEAST_WEIGHT * weight.max() + 1e-9)
        name = names[int(self._rng.choice(len(weight), p=weight / weight.sum()))]
        before = self._lost(self._state)
        begun = self._context.elapsed
        trial = MOVES[name](self._shop, self._state, self._rng)
        self._pace = max(_MEMORY * self._pace, (self._context.elapsed - begun) / _COST[name])
        gain = 0
        if trial is not None and self._allowed(trial) and self._lost(trial) <= before:
            gain = before - self._lost(trial)
            self._state = trial
        self._unreported += gain > 0
        self._gain[name] = _MEMORY * self._gain[name] + (1.0 - _MEMORY) * gain if trial is not None else 0.0

    def _fits(self, name: str) -> bool:
        """Tell whether a move can be expected to end in time, by what others took."""
        return _MARGIN * self._pace * _COST[name] <= self._context.remaining - 2.0 * self._seconds

    @property
    def _closing(self) -> bool:
        """Tell whether the time left is only enough to report what was found."""
        return self._context.over or self._context.remaining < 2.0 * self._seconds

    def _allowed(self, state: State) -> bool:
        most = self._context.max_hicanns
        return most is None or state.hicanns <= most

    def _lost(self, state: State) -> int:
        return self._total - state.served

    def _told(self) -> bool:
        """Report the present mapping if it is better than all before; tell whether nothing better exists."""
        self._unreported = 0
        begun = self._context.elapsed
        mapping = self._shop.mapping_of(self._state)
        self._seconds = self._context.elapsed - begun
        if mapping.lost >= self._least:
            return False
        self._least = mapping.lost
        return self._report(mapping)
