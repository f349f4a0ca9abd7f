"""Raw parameters of CP-SAT: settings ``param.NAME=VALUE``, for every model that a run solves with it.

The models are those of the placement ``assignment_cpsat``, the merging ``benders`` (which the solver ``cpsat`` tries
unless ``benders=off``) and the polish of the addresses ``decoder_groups``.  HiGHS, which scipy calls, takes none.

Source of the names: OR-Tools, ``ortools/sat/sat_parameters.proto``.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from models.errors import OptionError

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

PREFIX: Final = "param."

#: What the mapper decides itself, and how it is told to.
_OURS: Final = {
    "max_time_in_seconds": "use --time-limit",
    "max_deterministic_time": "use --det-limit",
    "random_seed": "use --seed",
    "catch_sigint_signal": "the mapper handles signals",
    "log_to_stdout": "the log goes to --log-file",
}
_WORKERS: Final = ("num_workers", "num_search_workers")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def split(settings: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the settings of stages and of the search, and the raw parameters by name."""
    others = {path: value for path, value in settings.items() if not path.startswith(PREFIX)}
    raw = {path.removeprefix(PREFIX): value for path, value in settings.items() if path.startswith(PREFIX)}
    return others, raw


def check_parameters(raw: Mapping[str, str], deterministic: bool = False) -> None:
    """Check raw parameters by giving them to CP-SAT with an empty model.

    Parameters
    ----------
    raw : mapping
        Values by name.
    deterministic : bool
        Whether the run has a deterministic limit, under which every model has one worker.

    Raises
    ------
    OptionError
        If a parameter does not exist, is not free, or has a value that CP-SAT refuses.
    """
    if not raw:
        return
    from ortools.sat.python import cp_model

    for name in _WORKERS if deterministic else ():
        if name in raw and raw[name] != "1":
            raise OptionError(f"{PREFIX}{name}: under a deterministic limit every model has one worker")
    solver = cp_model.CpSolver()
    apply(raw, solver)
    solver.parameters.log_search_progress = False
    if solver.solve(cp_model.CpModel()) != cp_model.OPTIMAL:
        values = ", ".join(f"{name}={value}" for name, value in raw.items())
        raise OptionError(f"CP-SAT refuses {values} {solver.solution_info()}".rstrip())


def apply(raw: Mapping[str, str], solver: cp_model.CpSolver) -> None:
    """Set raw parameters of a solver.

    Raises
    ------
    OptionError
        If a parameter does not exist, is not free, or has a value of another type.
    """
    for name, value in raw.items():
        if name in _OURS:
            raise OptionError(f"{PREFIX}{name} is not free: {_OURS[name]}")
        _set(solver.parameters, name, value)


def _set(parameters: Any, name: str, value: str) -> None:
    now = getattr(parameters, name, None) if re.fullmatch("[a-z][a-z0-9_]*", name) else None
    if now is None or callable(now):
        raise OptionError(f"CP-SAT has no parameter {name!r}{_hint(parameters, name)}")
    try:
        if isinstance(now, bool):
            setattr(parameters, name, _BOOLEANS[value.lower()])
        elif isinstance(now, float):
            setattr(parameters, name, float(value))
        elif hasattr(now, "append"):
            now.append(value)
        elif isinstance(now, str):
            setattr(parameters, name, value)
        elif re.fullmatch("[A-Z][A-Z0-9_]*", value):  # an enumeration
            setattr(parameters, name, getattr(parameters, value))
        else:
            setattr(parameters, name, int(value))
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
        raise OptionError(f"{PREFIX}{name} cannot be {value!r}; its default is {now}") from None


def _hint(parameters: Any, name: str) -> str:
    known = [other for other in dir(parameters) if re.fullmatch("[a-z][a-z0-9_]*", other)]
    close = difflib.get_close_matches(name, [n for n in known if not callable(getattr(parameters, n, None))], n=1)
    return f" - did you mean {close[0]!r}?" if close else "; they are listed in OR-Tools' sat_parameters.proto"
