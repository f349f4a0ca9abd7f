"""The conformance suite for one algorithm of one stage, put into the baseline's table in the place of its stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mapper.context import Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, STAGES, Algorithm, SolverError, find_algorithm, run_steps
from mapper.testing.cases import small_instances
from mapper.testing.checks import CHECKS, Failure, audited, listed
from mapper.testing.suite import ConformanceError, Verdict
from mapper.testing.trial import Arrays, copies, differing
from models.instance import Instance
from models.mapping import Mapping as WaferMapping

#: Every check and what an algorithm must do to pass it.
STAGE_CHECKS: Final[Mapping[str, str]] = {
    "ends": "it returns a mapping and raises nothing, where the baseline finds room",
    "draft": "it does not write into the draft that it gets: arrays are shared",
    "part": "it replaces the part of its stage only, with arrays of the same type and shape",
    "repeatable": "the same draft and seed give the same mapping",
} | {check: CHECKS[check] for check in ("maps", "rules", "constraints", "claim")}
#: Parts of a mapping that a stage may replace, where they are not just the one of its name.
_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "inputs": ("placement", "merging", "addresses"),
    "rows": ("rows", "synapses"),
}
#: Parts that have one entry for every cell or synapse; the others are as long as there is something to say.
_FIXED: Final = ("placement", "synapses")


def check_algorithm(
    stage: str,
    algorithm: str | Algorithm,
    instances: Iterable[Instance] | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    after: str | None = None,
    det_limit: float = 1.0,
) -> None:
    """Check that an algorithm keeps the contract of its stage; made for pytest.

    Parameters
    ----------
    stage : str
        One of `mapper.solvers.STAGES`.
    algorithm : str or function
        A name, ``module:function``, or the function.
    instances : iterable of Instance, optional
        What to map; none: `small_instances`.
    options : mapping, optional
        Keyword arguments of the algorithm.
    after : str, optional
        A later stage after which the algorithm refines what the baseline's did; none: it replaces the baseline's.
    det_limit : float
        Deterministic time.

    Raises
    ------
    ConformanceError
        With one line for each failure.
    SolverError, PluginError
        If there is no such stage or algorithm.
    """
    verdict = examine_algorithm(stage, algorithm, instances, options=options, after=after, det_limit=det_limit)
    if verdict.failures:
        raise ConformanceError(str(verdict))


def examine_algorithm(
    stage: str,
    algorithm: str | Algorithm,
    instances: Iterable[Instance] | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    after: str | None = None,
    det_limit: float = 1.0,
) -> Verdict:
    """Return what the suite finds; see `check_algorithm`."""
    for name in (stage, after or stage):
        if name not in STAGES:
            raise SolverError(f"no stage {name!r}: the stages are {', '.join(STAGES)}")
    function = find_algorithm(stage, algorithm) if isinstance(algorithm, str) else algorithm
    stage_trial = _Stage(stage, function, dict(options or {}), after, Context(det_limit=det_limit))
    failures: list[Failure] = []
    for instance in small_instances() if instances is None else instances:
        failures += stage_trial.failures(instance)
    name = algorithm if isinstance(algorithm, str) else getattr(algorithm, "__name__", "function")
    return Verdict(f"{stage} algorithm {name!r}", tuple(dict.fromkeys(failures)), STAGE_CHECKS)


@dataclass(frozen=True)
class _Stage:
    """An algorithm in its place in the baseline's table."""

    stage: str
    algorithm: Algorithm
    options: dict[str, Any]
    after: str | None
    context: Context = field(default_factory=Context)

    def failures(self, instance: Instance) -> Iterator[Failure]:
        """Run it twice on the same draft, complete the mapping, and look at everything."""
        problem = Problem(instance)
        first = STAGES.index(self.after) + 1 if self.after else STAGES.index(self.stage)
        draft = run_steps(problem, MAROCCO[:first], self.context)
        before = copies(draft)
        try:
            made: Any = self.algorithm(problem, draft, self.context, **self.options)
            again = self.algorithm(problem, draft, self.context, **self.options)
        except Exception as error:
            yield Failure("ends", instance.name, f"it raised {type(error).__name__}: {error}")
            return
        if not isinstance(made, WaferMapping):
            yield Failure("ends", instance.name, f"it returned a {type(made).__name__}, not a Mapping")
            return
        late = differing(before, copies(draft))
        if late:
            yield Failure("draft", instance.name, f"it changed {listed(late)} in place")
        unequal = differing(copies(made), copies(again))
        if unequal:
            yield Failure("repeatable", instance.name, f"two calls differ in {listed(unequal)}")
        yield from self._foreign(instance, before, copies(made))
        rest = MAROCCO[first:] if self.after else MAROCCO[first + 1 :]
        try:
            complete = run_steps(problem, rest, self.context, made)
        except Exception as error:
            message = f"the baseline's later stages cannot go on with it ({type(error).__name__}: {error})"
            yield Failure("maps", instance.name, message)
            return
        yield from audited(instance, complete)

    def _foreign(self, instance: Instance, before: Arrays, made: Arrays) -> Iterator[Failure]:
        """Look for arrays that belong to other stages, and for arrays of another kind."""
        own = _PARTS.get(self.stage, (self.stage,))
        foreign = [name for name in differing(before, made) if name.split(".")[1] not in own]
        if foreign:
            yield Failure("part", instance.name, f"{self.stage} must not touch {listed(foreign)}")
        for name, array in made.items():
            same = array.shape == before[name].shape or name.split(".")[1] not in _FIXED
            if array.dtype != before[name].dtype or not same:
                was, now = (f"{a.dtype}{list(a.shape)}" for a in (before[name], array))
                yield Failure("part", instance.name, f"{name} is {now}, must be {was}")
