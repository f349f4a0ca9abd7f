"""Conditions of the runs, and how to do them again."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from typing import Any, Final

from mapper.report.blocks import Section, Table, Value
from mapper.report.comparison import Comparison
from mapper.report.runs import Run
from mapper.report.sections import count, number
from mapper.runs.variants import parse_variants
from models.errors import OptionError

#: Keys of the machine in a run file, and what the report calls them.
_MACHINE: Final = (
    ("cpu", "machine"),
    ("cores", "cores"),
    ("python", "Python"),
    ("ortools", "OR-Tools"),
    ("numpy", "NumPy"),
)


def conditions(comparison: Comparison) -> Table:
    """Return under which conditions the runs were done."""
    runs = comparison.runs
    rows = [
        ("instances", f"{len(comparison.instances)}, set digest {set_digest(comparison)}"),
        ("solvers", ", ".join(comparison.solvers)),
        ("seeds", ", ".join(map(str, sorted({run.seed for run in runs})))),
        ("time limit [s]", _all(run.conditions.get("time_limit") for run in runs)),
        ("deterministic limit", _all(run.conditions.get("det_limit") for run in runs)),
        ("threads", _all(run.conditions.get("threads") for run in runs)),
        ("hicann-mapper", _all(run.version or None for run in runs)),
        *((label, _all(run.machine.get(key) for run in runs)) for key, label in _MACHINE),
        ("load before a run", _range([run.machine.get("load_before") for run in runs])),
        ("runs on an overloaded machine", str(sum(run.overloaded for run in runs))),
        ("started", _range_text([str(run.machine["started"]) for run in runs if run.machine.get("started")])),
    ]
    return Table(
        "conditions", "Conditions", ("what", "value"), tuple((Value(a), Value(b)) for a, b in rows), (0, 1)
    )  # fmt: skip


def set_digest(comparison: Comparison) -> str:
    """Return the first 16 digits of the digest of all instances: SHA-256 over the sorted ``NAME DIGEST`` lines."""
    lines = sorted({f"{run.instance} {run.digest}" for run in comparison.runs})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def reproduce_section(comparison: Comparison) -> Section:
    """Return the digests, the command lines and all runs."""
    runs = comparison.runs
    digests = Table(
        "digests", "Instances", ("instance", "digest"),
        tuple((Value(name), Value(digest)) for name, digest in {run.instance: run.digest for run in runs}.items()),
        (0, 1),
    )  # fmt: skip
    lines = tuple((Value(line),) for line in dict.fromkeys(map(_command, runs)))
    commands = Table("commands", "Every run again", ("command",), lines)
    files = Table(
        "files", "Runs", ("instance", "solver", "seed", "status", "lost", "seconds", "solution", "remark"),
        tuple(
            (
                Value(run.instance), Value(run.solver), count(run.seed), Value(run.letter), count(run.lost),
                number(run.seconds, 1), Value(run.solution, link=comparison.links.get(run.solution, "")),
                Value(run.reason),
            )
            for run in runs
        ),
        (0, 1, 3, 6, 7),
    )  # fmt: skip
    again = _all_at_once(runs)
    note = (f"All of them again: {again}. " if again else "") + (
        "The conditions stand below the headline. mapper check INSTANCE SOLUTION checks a solution again from its "
        "bits; mapper view SOLUTION shows it on the wafer."
    )
    return Section("Reproduce", (note, digests, commands, files))


def _all_at_once(runs: Sequence[Run]) -> str:
    """Return one command that does all runs, empty if none does."""
    first, solvers = runs[0], list(dict.fromkeys(run.solver for run in runs))
    instances = list(dict.fromkeys(run.instance for run in runs))
    seeds = sorted({run.seed for run in runs})
    alike = all(run.conditions == first.conditions for run in runs)
    listed = ",".join(solvers)
    if len(runs) < len(instances) * len(solvers) * len(seeds) or not alike or not _is_list(listed, solvers):
        return ""
    numbers = ",".join(map(str, seeds)) + ("," if len(seeds) == 1 else "")
    words = ["mapper", "compare", *instances, "--solvers", listed, "--seeds", numbers, *_limits(first)]
    return shlex.join([*words, "-o", "RUNS"])


def _is_list(listed: str, solvers: Sequence[str]) -> bool:
    """Tell whether ``--solvers`` reads the list as these solvers: a comma or an @ may stand in a value of ``--set``."""
    try:
        return [variant.name for variant in parse_variants(listed)] == list(solvers)
    except OptionError:
        return False


def _limits(run: Run) -> list[str]:
    words = []
    for option, key in (("--time-limit", "time_limit"), ("--det-limit", "det_limit"), ("--threads", "threads")):
        value = run.conditions.get(key)
        if value is not None:
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    return words


def _command(run: Run) -> str:
    solver, settings = run.solver, []
    if not _is_list(solver, [solver]):
        solver, *settings = (run.name, *(f"{path}={value}" for path, value in run.settings.items()))
    words = ["mapper", "compare", run.instance, "--solvers", solver, "--seeds", f"{run.seed},"]
    words += _limits(run)
    for setting in settings:
        words += ["--set", setting]
    return shlex.join([*words, "-o", "RUNS"])


def _all(values: Any) -> str:
    texts = ("-" if value is None else f"{value:g}" if isinstance(value, float) else str(value) for value in values)
    found = list(dict.fromkeys(texts))
    return ", ".join(sorted(found)) if found else "-"


def _range(values: list[Any]) -> str:
    known = [float(value) for value in values if value is not None]
    return f"{min(known):.1f} to {max(known):.1f}" if known else "-"


def _range_text(values: list[str]) -> str:
    return f"{min(values)} to {max(values)}" if values else "-"
