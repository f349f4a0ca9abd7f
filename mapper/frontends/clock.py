"""Time that the stages of a mapping take, summed over all passes of a search."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mapper.context import Event

#: Stages of the mapper and the times of marocco's statistics.
PLACEMENT: Final = frozenset({"placement", "merging", "addresses", "inputs"})
L1_ROUTING: Final = frozenset({"routing"})
SYNAPSE_ROUTING: Final = frozenset({"drivers", "rows"})


@dataclass(slots=True)
class StageClock:
    """Listens to the events of a solve.

    Attributes
    ----------
    seconds : dict
        Time of each stage so far [s]; what passes between the stages of a search counts for the one before.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _since: float = 0.0

    def __call__(self, event: Event) -> None:
        """Take an event."""
        self.stop(event.t)
        if event.kind == "stage":
            self._stage = event.stage

    def stop(self, t: float) -> None:
        """Count the time until ``t`` seconds after the solve began."""
        if self._stage:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + t - self._since
        self._since = t

    def total(self, stages: frozenset[str]) -> float:
        """Return the time of some stages [s]."""
        return sum(self.seconds.get(stage, 0.0) for stage in sorted(stages))
