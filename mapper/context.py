"""Budget, randomness, interruption and progress of one solve: the only things that stages share besides data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from models.errors import MapperError


class BudgetExhausted(MapperError, TimeoutError):
    """The budget ended before a stage had anything complete to return."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of progress.

    Attributes
    ----------
    kind : str
        ``stage``, ``incumbent``, ``bound``, ``warning``, ``notice`` (worth showing) or ``status``.
    t : float
        Seconds since the solve began.
    stage : str
        Which stage speaks.
    lost, bound : int or None
        Best loss and best lower bound so far [synapses].
    message : str
        For people.
    """

    kind: str
    t: float
    stage: str = ""
    lost: int | None = None
    bound: int | None = None
    message: str = ""


@dataclass(slots=True)
class Context:
    """What a stage may ask for.

    Attributes
    ----------
    seed : int
        Seed of every random choice.
    threads : int
        Processor cores that solvers may use.
    time_limit : float or None
        Wall-clock seconds for the whole solve; None: no limit.
    det_limit : float or None
        Deterministic budget: work is counted, not timed, and results do not depend on the machine.
    max_hicanns : int or None
        HICANNs that a mapping may configure, transit included; None: the whole wafer.
    listener : callable or None
        Gets every `Event`.
    stop : threading.Event
        Set from outside to end the solve with the best mapping found.
    pace : dict
        Fewest wall-clock seconds that each algorithm of each stage needed so far.
    parameters : mapping
        Raw parameters of CP-SAT, see `mapper.parameters`.
    """

    seed: int = 0
    threads: int = 1
    time_limit: float | None = None
    det_limit: float | None = None
    max_hicanns: int | None = None
    listener: Callable[[Event], None] | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    started: float = field(default_factory=time.monotonic)
    pace: dict[tuple[str, str], float] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def rng(self, name: str) -> np.random.Generator:
        """Return the random generator of a named purpose; purposes do not disturb each other."""
        from zlib import crc32

        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, crc32(name.encode())])))

    @property
    def elapsed(self) -> float:
        """Return the seconds since the solve began."""
        return time.monotonic() - self.started

    @property
    def remaining(self) -> float:
        """Return the wall-clock seconds left, infinity without a time limit or under a deterministic one."""
        if self.time_limit is None or self.det_limit is not None:
            return float("inf")
        return self.time_limit - self.elapsed

    def part(self, share: float) -> Context:
        """Return this context with a share of the time that is left; a deterministic budget is not shared out."""
        if share >= 1.0 or self.remaining == float("inf"):
            return self
        return replace(self, time_limit=self.elapsed + share * max(0.0, self.remaining))

    def keeping(self, seconds: float) -> Context:
        """Return this context with the end of its wall-clock time kept free for something else."""
        if self.remaining == float("inf"):
            return self
        return replace(self, time_limit=self.elapsed + max(0.0, self.remaining - seconds))

    def endless(self) -> Context:
        """Return this context without a wall-clock limit and deaf to interrupts, for what must be complete."""
        return replace(self, time_limit=None, stop=threading.Event())

    def note(self, stage: str, algorithm: str, seconds: float, granted: float) -> None:
        """Remember how long an algorithm took; what used the time that it was granted can do with a quarter of it.

        What was granted nothing says nothing.
        """
        if granted <= 0:
            return
        needed = min(seconds, 0.25 * granted)
        self.pace[stage, algorithm] = min(needed, self.pace.get((stage, algorithm), needed))

    def fits(self, *steps: tuple[str, str]) -> bool:
        """Tell whether steps (stage, algorithm) can end in time, by what they or others of their stage needed."""
        return not self.over and sum(self._need(*step) for step in steps) < self.remaining

    def _need(self, stage: str, algorithm: str) -> float:
        """Return the seconds that an algorithm is expected to need at least, with a margin of a quarter."""
        others = [seconds for (of, _), seconds in self.pace.items() if of == stage]
        return 1.25 * self.pace.get((stage, algorithm), max(others, default=0.0))

    def work(self, per_ten_seconds: int) -> int:
        """Return how much work of a kind fits the budget: ten seconds' worth, or that of a deterministic budget."""
        return per_ten_seconds if self.det_limit is None else int(per_ten_seconds * self.det_limit / 10.0)

    @property
    def over(self) -> bool:
        """Tell whether the solve must end now: interrupted or out of time."""
        return self.stop.is_set() or self.remaining <= 0

    def emit(
        self, kind: str, stage: str = "", message: str = "", lost: int | None = None, bound: int | None = None
    ) -> None:
        """Send an event to the listener, if any."""
        if self.listener is not None:
            self.listener(Event(kind, self.elapsed, stage, lost, bound, message))
