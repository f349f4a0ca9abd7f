"""The checks: what each finds is a sentence that says what is wrong on which instance."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from emulator import audit
from emulator.audit import Audit
from mapper.bounds import bound_any_placement
from mapper.configure import configure
from mapper.context import BudgetExhausted, Context
from mapper.problem import Problem
from mapper.solvers import MAROCCO, Search, run_steps
from mapper.testing.cases import too_large
from mapper.testing.trial import Trial, copies, differing, snapshot
from models.errors import MapperError, PlacementError, ResourceExhausted
from models.instance import Instance
from models.mapping import Mapping as WaferMapping

#: Every check and what a solver must do to pass it.
CHECKS: Final[Mapping[str, str]] = {
    "maps": "it reports a complete mapping of every instance that can be mapped, and raises nothing",
    "rules": "the bits break no rule of the hardware, and no synapse is realised that nobody asked for",
    "constraints": "cells are where and as large as the instance wants them, and nothing broken is used",
    "claim": "a mapping loses exactly what it says, in all and by projection",
    "bound": "no mapping loses less than the proven bound",
    "repeatable": "under det_limit the same seed gives the same mapping, whatever Python's and numpy's generators do",
    "inputs": "instance, settings, start and mappings that were reported already stay as they are",
    "stop": "it ends soon after context.stop is set",
    "time": "it ends soon after context.time_limit",
    "start": "it takes a mapping to start from",
    "settings": "it refuses a setting that it does not know, with a MapperError",
    "impossible": "it raises PlacementError or ResourceExhausted, or reports nothing, where no mapping exists",
    "quiet": "it prints nothing; progress goes to context.emit",
}
#: Violations of what the instance asks for, not of what the hardware can do.
_CONSTRAINTS: Final = ("placement", "shared_bus", "neuron_size", "absent_hicann", "no_link")
#: How many mappings of one solve are audited, the best one included.
_AUDITED: Final = 4


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that a solver does wrong: which check, on which instance, what."""

    check: str
    instance: str
    message: str

    def __str__(self) -> str:
        return f"{self.check}: on {self.instance}: {self.message}"


def repeatable(search: Search, instance: Instance, det_limit: float) -> Iterator[Failure]:
    """Solve twice and look at everything."""
    before, settings = snapshot(instance), dict[str, str]()
    first = Trial(instance).run(search, Context(det_limit=det_limit), settings=settings)
    for name in differing(before, snapshot(instance)):
        yield Failure("inputs", instance.name, f"it changed {name} of the instance")
    if settings:
        yield Failure("inputs", instance.name, f"it changed the settings: {settings}")
    yield from _outcome(first)
    if first.best is None:
        return
    with _other_generators():
        second = Trial(instance).run(search, Context(det_limit=det_limit))
    if second.best is None:
        yield Failure("repeatable", instance.name, "a second run with seed 0 reported no mapping")
        return
    names = [name.removeprefix("mapping.") for name in differing(first.best_arrays, second.best_arrays)]
    if names:
        yield Failure("repeatable", instance.name, f"two runs with seed 0 differ in {listed(names)}")


@contextmanager
def _other_generators() -> Iterator[None]:
    """Put the generators that belong to nobody into another state, and back."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - a solver must not depend on it
    random.seed(f"not {python}")
    np.random.seed(random.getrandbits(32))  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def listed(names: list[str], most: int = 4) -> str:
    """Return some of the names as text."""
    return f"{', '.join(names[:most])}{', ...' if len(names) > most else ''}"


def _outcome(trial: Trial) -> Iterator[Failure]:
    """Judge what a solver reported."""
    name = trial.instance.name
    if trial.error is not None:
        yield Failure("maps", name, f"it raised {type(trial.error).__name__}: {trial.error}")
    elif trial.best is None:
        yield Failure("maps", name, "it reported no mapping")
    if trial.output:
        yield Failure("quiet", name, f"it printed {trial.output.splitlines()[0][:60]!r}")
    for mapping, taken in zip(trial.reported, trial.taken, strict=True):
        late = differing(taken, copies(mapping))
        if late:
            yield Failure("inputs", name, f"it changed {listed(late)} of a mapping that it had reported")
    if trial.best is None:
        return
    bound = bound_any_placement(Problem(trial.instance))
    if trial.best.lost < bound.value:
        message = f"a mapping says that it loses {trial.best.lost}, the bound ({bound.kind}) is {bound.value}"
        yield Failure("bound", name, message)
    for mapping in _sample(trial):
        yield from audited(trial.instance, mapping)


def _sample(trial: Trial) -> list[WaferMapping]:
    """Return the best mapping, and some others."""
    chosen = trial.reported[:: max(1, len(trial.reported) // (_AUDITED - 1))][: _AUDITED - 1]
    others = [mapping for mapping in chosen if mapping is not trial.best]
    return [*others, trial.best] if trial.best is not None else others


def audited(instance: Instance, mapping: WaferMapping) -> Iterator[Failure]:
    """Compare a mapping with what its bits do."""
    name = instance.name
    if len(mapping.synapses.cause) != len(instance.network.synapses):
        message = f"a mapping has {len(mapping.synapses.cause)} synapses of {len(instance.network.synapses)}"
        yield Failure("maps", name, message)
        return
    network = instance.network
    homeless = int(np.count_nonzero((mapping.placement.hicann < 0) & ~network.is_source))
    if homeless:
        yield Failure("maps", name, f"a mapping does not place {homeless} of {int((~network.is_source).sum())} neurons")
        return
    try:
        found = audit(instance, configure(instance, mapping), mapping.lost)
    except (MapperError, ValueError, IndexError, KeyError) as error:
        yield Failure("maps", name, f"a mapping cannot be written as bits ({type(error).__name__}: {error})")
        return
    for check, kinds in _by_check(found).items():
        for messages in kinds.values():
            more = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
            yield Failure(check, name, f"{messages[0]}{more}")
    if found.spurious:
        yield Failure("rules", name, f"{found.spurious} synapses that nobody asked for: {found.spurious_examples[0]}")
    if found.lost != mapping.lost:
        yield Failure("claim", name, f"a mapping says that it loses {mapping.lost}, its bits lose {found.lost}")
    else:
        yield from _by_projection(instance, mapping, found)


def _by_check(found: Audit) -> dict[str, dict[str, list[str]]]:
    """Return the violations by check and kind."""
    sorted_out: dict[str, dict[str, list[str]]] = {}
    for violation in found.violations:
        kind = violation.kind
        check = "constraints" if kind in _CONSTRAINTS or kind.startswith("blacklisted") else "rules"
        sorted_out.setdefault(check, {}).setdefault(kind, []).append(str(violation))
    return sorted_out


def _by_projection(instance: Instance, mapping: WaferMapping, found: Audit) -> Iterator[Failure]:
    projections = instance.network.projections
    projection = instance.network.synapses.projection[mapping.synapses.cause != 0]
    claimed = np.bincount(projection, minlength=len(projections))
    for i in np.flatnonzero(claimed != found.lost_by_projection):
        message = f"{projections[i].name}: says {claimed[i]} lost, the bits lose {found.lost_by_projection[i]}"
        yield Failure("claim", instance.name, message)


def in_time(search: Search, instance: Instance, time_limit: float, grace: float) -> Iterator[Failure]:
    """Solve against the clock, and with a stop after the first mapping."""
    trial = Trial(instance).run(search, Context(time_limit=time_limit), patience=time_limit + grace)
    if trial.seconds > time_limit + grace:
        message = f"still running {grace:g} s after its time limit of {time_limit:g} s"
        yield Failure("time", instance.name, message)
    elif trial.error is not None and not isinstance(trial.error, BudgetExhausted):
        yield Failure("time", instance.name, f"it raised {type(trial.error).__name__}: {trial.error}")
    trial = Trial(instance).run(search, Context(), patience=grace, stop_at_first=True)
    if trial.seconds > grace:
        yield Failure("stop", instance.name, f"still running {grace:g} s after context.stop was set")
    elif trial.error is not None and not isinstance(trial.error, BudgetExhausted):
        yield Failure("stop", instance.name, f"it raised {type(trial.error).__name__}: {trial.error}")


def from_start(search: Search, instance: Instance, det_limit: float) -> Iterator[Failure]:
    """Solve with a mapping to start from."""
    start = run_steps(Problem(instance), MAROCCO, Context(det_limit=det_limit))
    before = copies(start)
    trial = Trial(instance).run(search, Context(det_limit=det_limit), start=start)
    if trial.error is not None:
        yield Failure("start", instance.name, f"it raised {type(trial.error).__name__}: {trial.error}")
    late = differing(before, copies(start))
    if late:
        yield Failure("inputs", instance.name, f"it changed {listed(late)} of the start")
    for failure in () if trial.best is None else audited(instance, trial.best):
        yield replace(failure, message=f"with a start: {failure.message}")


def settings_refused(search: Search, instance: Instance, det_limit: float) -> Iterator[Failure]:
    """Solve with a setting that does not exist."""
    trial = Trial(instance).run(search, Context(det_limit=det_limit), settings={"no-such-setting": "1"})
    if not isinstance(trial.error, MapperError):
        said = "took it" if trial.error is None else f"raised {type(trial.error).__name__}"
        yield Failure("settings", instance.name, f"it was given no-such-setting=1 and {said}")


def impossible(search: Search, det_limit: float) -> Iterator[Failure]:
    """Solve what has no solution."""
    instance = too_large()
    trial = Trial(instance).run(search, Context(det_limit=det_limit))
    allowed = PlacementError | ResourceExhausted | BudgetExhausted
    if trial.error is not None and not isinstance(trial.error, allowed):
        yield Failure("impossible", instance.name, f"it raised {type(trial.error).__name__}: {trial.error}")
    if trial.best is not None:
        yield from audited(instance, trial.best)
        yield Failure("impossible", instance.name, "it reported a mapping of 200 neurons onto a HICANN that holds 128")
