"""The conformance suite as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mapper.solvers import Search, Table, as_search, find_solver
from mapper.testing.cases import small_instances
from mapper.testing.checks import (
    CHECKS,
    Failure,
    from_start,
    impossible,
    in_time,
    repeatable,
    settings_refused,
)
from models.errors import MapperError
from models.instance import Instance


class ConformanceError(MapperError, AssertionError):
    """A solver or an algorithm fails its conformance suite; one line for each failure."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a suite found.

    Attributes
    ----------
    what : str
        What was examined.
    failures : tuple of Failure
        What is wrong; empty: it passes.
    checks : mapping
        All checks by name, with what each asks for.
    """

    what: str
    failures: tuple[Failure, ...]
    checks: Mapping[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Return the checks that failed."""
        return tuple(name for name in self.checks if any(failure.check == name for failure in self.failures))

    def __str__(self) -> str:
        if not self.failures:
            return f"{self.what} passes all {len(self.checks)} checks"
        lines = [f"{self.what} fails {len(self.failed)} of {len(self.checks)} checks:"]
        for name in self.failed:
            lines.append(f"  {name}: {self.checks[name]}")
            lines += [f"    on {f.instance}: {f.message}" for f in self.failures if f.check == name]
        return "\n".join(lines)


def check_solver(
    solver: str | Table | Search,
    instances: Iterable[Instance] | None = None,
    *,
    det_limit: float = 1.0,
    time_limit: float = 1.0,
    grace: float = 60.0,
) -> None:
    """Check that a solver keeps the contract; made for pytest.

    Parameters
    ----------
    solver : str, table or function
        A name, ``module:function``, a tuple of `mapper.solvers.Step`, or a function like `mapper.solvers.Search`.
    instances : iterable of Instance, optional
        What to map, each possible; none: `small_instances`.
    det_limit, time_limit : float
        Budgets: deterministic time, seconds.
    grace : float
        Seconds by which a solver may be late after its time limit or a stop: generous, because a machine may be busy.

    Raises
    ------
    ConformanceError
        With one line for each failure.
    SolverError, PluginError
        If there is no such solver or it cannot be loaded.
    """
    verdict = examine(solver, instances, det_limit=det_limit, time_limit=time_limit, grace=grace)
    if verdict.failures:
        raise ConformanceError(str(verdict))


def examine(
    solver: str | Table | Search,
    instances: Iterable[Instance] | None = None,
    *,
    det_limit: float = 1.0,
    time_limit: float = 1.0,
    grace: float = 60.0,
) -> Verdict:
    """Return what the suite finds; see `check_solver`."""
    search = as_search(find_solver(solver) if isinstance(solver, str) else solver)
    given = small_instances() if instances is None else tuple(instances)
    failures: list[Failure] = []
    for instance in given:
        failures += repeatable(search, instance, det_limit)
    failures += in_time(search, given[0], time_limit, grace)
    failures += from_start(search, given[0], det_limit)
    failures += settings_refused(search, given[0], det_limit)
    failures += impossible(search, det_limit)
    name = solver if isinstance(solver, str) else getattr(solver, "__name__", "table")
    return Verdict(f"solver {name!r}", tuple(dict.fromkeys(failures)), CHECKS)
